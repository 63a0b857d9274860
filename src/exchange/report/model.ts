// Puts a report together from what was found of each kind of numbers; a function of values, with no clock and no I/O.
import { DAY_MS } from '../../base/calendar.ts'
import type { BucketTotals } from '../totals/types.ts'
import { whyWord } from '../totals/words.ts'
import { anomaliesOf, countedOf, type Found, type FoundCounts, rfc3339, riskOf, toolsOf } from './sections.ts'
import type {
  CoverageRow,
  CoverageSection,
  Ground,
  MachinesSection,
  NamedAnomalies,
  Report,
  SourceSection,
} from './types.ts'
import { CATEGORIES, LONE_NOTE } from './words.ts'

export interface Findings {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly period: { readonly start: number; readonly end: number }
  readonly node: { readonly name: string; readonly fingerprint: string }
  readonly askedAs: string | null
  readonly team: string | null
  readonly audience: string | null
  /** By category, in the order of `CATEGORIES`: tools, risk, anomalies. */
  readonly found: Readonly<Record<(typeof CATEGORIES)[number], Found>>
  /** Numbers that are counted by names. */
  readonly counted?: readonly FoundCounts[]
  /** Absent: nobody was asked. */
  readonly named?: NamedAnomalies
  readonly machines: MachinesSection
  readonly source: SourceSection
  /** What is known of the whole report beside its numbers. */
  readonly notes: readonly string[]
}

/** Where there is one machine alone, why there are no totals is of no use to anybody. */
const LONE: Found = { withheld: LONE_NOTE, now: [], before: [], back: 0 }

export function reportOf(findings: Findings): Report {
  const { period, now } = findings
  const found = isAlone(findings) ? { tool_usage: LONE, safety_stats: LONE, anomalies: LONE } : findings.found
  const tools = toolsOf(found.tool_usage)
  const risk = riskOf(found.safety_stats)
  const anomalies = { ...anomaliesOf(found.anomalies), named: findings.named }
  const counted = isAlone(findings) ? [] : (findings.counted ?? []).map(countedOf)
  const sections: readonly Ground[] = [tools, risk, anomalies, ...counted]
  const isShown = sections.some(({ state }) => state === 'shown')
  const { back } = found.tool_usage
  const buckets = CATEGORIES.flatMap((category) => found[category].now)
  return {
    version: 1,
    made_at: rfc3339(now),
    node: findings.node,
    asked_as: findings.askedAs,
    team: findings.team,
    audience: findings.audience,
    state: isShown ? 'shown' : 'nothing',
    period: { start: rfc3339(period.start), end: rfc3339(period.end) },
    compared: back === 0 ? null : { days_back: back / DAY_MS, same_weekdays: back % (7 * DAY_MS) === 0 },
    k: Math.max(0, ...buckets.filter(({ why }) => why === undefined).map(({ k }) => k)),
    coverage: coverageOf(found),
    tools,
    risk,
    anomalies,
    counted,
    machines: findings.machines,
    source: findings.source,
    notes: [
      ...findings.notes,
      ...notesOf(
        sections,
        isShown || found.tool_usage.first !== undefined || buckets.some(({ why }) => why === 'team'),
      ),
    ],
  }
}

const isAlone = ({ machines: { enrolled, never_enrolled }, found }: Findings): boolean =>
  enrolled + never_enrolled === 0 &&
  Object.values(found).every(({ now }) => now.every(({ why }) => why !== undefined))

/** What all sections say alike is said once; what to do about it where there is nothing at all. */
function notesOf(sections: readonly Ground[], isShown: boolean): readonly string[] {
  const [first, ...others] = sections.map(({ notes }) => notes)
  const shared = (first ?? []).filter((note) => others.every((notes) => notes.includes(note)))
  const isWaiting = !isShown && sections.some(({ state }) => state === 'nothing')
  return [
    ...shared,
    ...(isWaiting
      ? [
          'There are no totals for this time. They come when a period (a day by default) is over, two nodes computed them, and enough machines agreed: karo audit who-asked of a machine says whether it gave.',
        ]
      : []),
  ]
}

function coverageOf(found: Findings['found']): CoverageSection {
  const rows = CATEGORIES.flatMap((category): CoverageRow[] => {
    const newest = found[category].now.findLast(
      ({ why, contributions }) => why === undefined && contributions !== undefined,
    )
    return newest?.contributions === undefined ? [] : [rowOf(category, newest, newest.contributions)]
  })
  const known = CATEGORIES.find((category) => found[category].now.some(({ why }) => why === undefined))
  return {
    rows,
    trend: found[known ?? CATEGORIES[0]].now.map(({ start, end, why, contributions }) => ({
      start: rfc3339(start),
      end: rfc3339(end),
      why: why === undefined ? null : whyWord(why),
      counts: contributions ?? null,
    })),
  }
}

function rowOf(
  category: CoverageRow['category'],
  { start, end }: BucketTotals,
  counts: NonNullable<BucketTotals['contributions']>,
): CoverageRow {
  const { contributed, declined, late, absent, refused } = counts
  const heard = contributed + declined + late + refused
  return {
    category,
    start: rfc3339(start),
    end: rfc3339(end),
    contributed,
    declined,
    late,
    absent,
    refused,
    expected: heard + absent,
    heard,
    consent: heard === 0 ? null : (heard - declined) / heard,
  }
}
