// The sections of a report about the mesh's numbers: tools, risk, anomalies and counts by names, from what was released of each.
import { statesOf } from '../../../protocols/counts.ts'
import { GUARD_STATES } from '../../../protocols/messages/numbers.ts'
import { ruleList } from '../../assist/risk/index.ts'
import { byText } from '../../base/by-text.ts'
import { toolOf } from '../../base/words/dictionary.ts'
import { RISK_LEVELS } from '../../base/words/risk-levels.ts'
import { BANDS } from '../../base/words/signal.ts'
import type { Reading } from '../totals/reading.ts'
import type { BucketTotals } from '../totals/types.ts'
import { type FirstTotals, missingWords, offOf } from '../totals/words.ts'
import { figureOf, machinesIn, type Pair, type Period, pairsOf, periodsOf, together } from './periods.ts'
import type {
  AnomalySection,
  CountedSection,
  Figure,
  Ground,
  RiskSection,
  ToolMove,
  ToolsSection,
} from './types.ts'
import { ACTS } from './words.ts'

/** What was found of one kind of numbers. */
export interface Found {
  /** Why there is nothing at all; undefined: it was read. */
  readonly withheld: string | undefined
  /** What is waited for, where the mesh has no totals yet. */
  readonly first?: FirstTotals | undefined
  /** Closed periods of the time, oldest first. */
  readonly now: readonly BucketTotals[]
  /** The periods that `now` is compared with. */
  readonly before: readonly BucketTotals[]
  /** Milliseconds between the two. */
  readonly back: number
}

interface Read {
  readonly ground: Ground
  readonly now: readonly Period[]
  readonly before: readonly Period[]
  readonly pairs: readonly Pair[]
  /** All of `now`. */
  readonly all: Reading
}

function read({ withheld, first, now: buckets, before: earlier, back }: Found): Read {
  const [now, before] = [periodsOf(buckets), periodsOf(earlier)]
  const state = withheld === undefined ? (now.length === 0 ? 'nothing' : 'shown') : 'withheld'
  return {
    ground: {
      state,
      notes: withheld === undefined ? missingWords(buckets, first) : [withheld],
      periods: now.length,
      of: buckets.length,
      machines: machinesIn(now),
    },
    now,
    before,
    pairs: pairsOf(now, before, back),
    all: together(now),
  }
}

export const rfc3339 = (ms: number): string => new Date(ms).toISOString()

/** The told rows that `labelled` knows, by rank, then the most first, then by the label `name`. */
function toldRows<Labels extends object>(
  { all, pairs }: Pick<Read, 'all' | 'pairs'>,
  labelled: (row: string) => Labels | undefined,
  name: keyof Labels,
  rank: (labels: Labels) => number = () => 0,
): readonly (Labels & Figure)[] {
  return all
    .names()
    .flatMap((row) => {
      const labels = labelled(row)
      return labels === undefined ? [] : [{ ...labels, ...figureOf(all, pairs, row) }]
    })
    .sort(
      (a, b) =>
        rank(b) - rank(a) || (b.value ?? 0) - (a.value ?? 0) || byText(String(a[name]), String(b[name])),
    )
}

/** Without rows that nobody has anything of. */
const rowsOf: typeof toldRows = (...of) => toldRows(...of).filter(({ value }) => value)

/** A point for each closed period of the time; `of` gets none where nothing was released. */
function trendOf<Point extends object>(
  { now }: Read,
  { now: buckets }: Found,
  of: (period: Period | undefined) => Point,
) {
  const released = new Map(now.map((period) => [period.start, period]))
  return buckets.map(({ start, end }) => {
    const period = released.get(start)
    const machines = period?.machines ?? null
    return { start: rfc3339(start), end: rfc3339(end), ...of(period), machines }
  })
}

/** Rows of failures, and sums of all names, have a word before a colon. */
const isName = (row: string): boolean => !row.includes(':')
const toolIn = (row: string) => (isName(row) ? { tool: row, category: toolOf(row).category } : undefined)

export function toolsOf(found: Found): ToolsSection {
  const of = read(found)
  return {
    ...of.ground,
    rows: rowsOf(of, toolIn, 'tool').map((row) => {
      const { value, machines } = figureOf(of.all, [], `failed:${row.tool}`)
      return { ...row, failed: value === null ? null : value / (row.value ?? 0), failed_machines: machines }
    }),
    ...movesOf(of),
    all: allOf(of.now),
  }
}

function allOf(periods: readonly Period[]): ToolsSection['all'] {
  const whole = periods.filter((period) => period.isWhole('all:uses') && period.isWhole('all:failed'))
  if (whole.length === 0) return null
  const all = together(whole)
  return {
    uses: all.value('all:uses') ?? 0,
    failed: all.value('all:failed') ?? 0,
    unknown: all.isWhole('all:unknown') ? all.value('all:unknown') : null,
    periods: whole.length,
  }
}

/**
 * Tools that one of two compared times tells, and that no period of the other time tells, compared or not: there no machine had
 * them, or too few.
 */
function movesOf({ now, before: all, pairs }: Read): Pick<ToolsSection, 'new' | 'vanished'> {
  const before = pairs.map((pair) => pair.before)
  const earlier = all.filter(({ start }) => start < (now[0]?.start ?? 0))
  const only = (periods: readonly Period[], others: readonly Period[]): readonly ToolMove[] => {
    const other = together(others)
    const toolOnlyHere = (row: string) => (other.value(row) === null ? toolIn(row) : undefined)
    return toldRows({ all: together(periods), pairs: [] }, toolOnlyHere, 'tool').map(
      ({ tool, category, value, machines }) => ({
        tool,
        category,
        uses: value ?? 0,
        machines: machines ?? 0,
        periods: periods.filter((period) => period.value(tool) !== null).length,
        of: periods.length,
      }),
    )
  }
  const compared = pairs.map((pair) => pair.now)
  return { new: only(compared, [...before, ...earlier]), vanished: only(before, now) }
}

const RISKY = ['high', 'critical'] as const

/** High and critical, as far as they are told, and all commands, of a period that tells these of all machines, and some of those. */
function riskIn(period: Period): { readonly risky: number; readonly commands: number } | undefined {
  const risky = RISKY.flatMap((level) => period.value(`risk:${level}`) ?? [])
  if (!period.isWhole('all:commands') || risky.length === 0) return undefined
  return { risky: risky.reduce((sum, one) => sum + one, 0), commands: period.value('all:commands') ?? 0 }
}

/** Null: no period shows it. */
function riskyShare(periods: readonly Period[]): { readonly share: number | null; readonly periods: number } {
  const known = periods.flatMap((period) => riskIn(period) ?? [])
  const commands = known.reduce((sum, one) => sum + one.commands, 0)
  const risky = known.reduce((sum, one) => sum + one.risky, 0)
  return { share: commands === 0 ? null : risky / commands, periods: known.length }
}

/** A period that was released before rules were counted has none, and counts for none. */
function rulesOf(of: Read): RiskSection['rules'] {
  const why = new Map(ruleList().map((entry) => [entry.rule, entry.why]))
  const ruleIn = (row: string) => {
    const [kind, name, rule = ''] = row.split(':')
    const level = kind === 'rule' ? RISK_LEVELS.find((one) => one === name) : undefined
    return level && { level, rule, why: why.get(rule) ?? null }
  }
  return rowsOf(of, ruleIn, 'rule', ({ level }) => RISK_LEVELS.indexOf(level))
}
const showsRules = (period: Period): boolean => period.names().some((row) => row.startsWith('rule:'))

export function riskOf(found: Found): RiskSection {
  const of = read(found)
  const { ground, now, before, pairs, all } = of
  const byRule = now.filter(showsRules)
  const since = [...before, ...byRule].find(showsRules)?.start
  const both = pairs.filter((pair) => riskIn(pair.now) && riskIn(pair.before))
  const newest = now.at(-1)
  const told = (state: string): number | null => newest?.value(`guard:${state}`) ?? null
  const guard = statesOf(GUARD_STATES, told, offOf(found.now) === undefined ? newest?.machines : undefined)
  return {
    ...ground,
    commands: all.value('all:commands'),
    levels: RISK_LEVELS.map((level) => ({ level, ...figureOf(all, pairs, `risk:${level}`) })),
    rules: rulesOf(of),
    by_rule: {
      periods: byRule.length,
      since: since === undefined ? null : rfc3339(since),
    },
    acts: ACTS.map((act) => ({ act, ...figureOf(all, pairs, `act:${act}`) })),
    risky: {
      ...riskyShare(now),
      before: both.length === 0 ? null : riskyShare(both.map((pair) => pair.before)).share,
    },
    trend: trendOf(of, found, (period) => ({
      commands: period?.value('all:commands') ?? null,
      risky: (period && riskIn(period))?.risky ?? null,
    })),
    guard: GUARD_STATES.map((state) => ({ state, machines: guard[state] })),
  }
}

/** What a number is that is counted by names, and what was found of it. */
export type FoundCounts = Pick<CountedSection, 'query_type' | 'title' | 'names' | 'counts'> & {
  readonly found: Found
}

export function countedOf({ found, ...about }: FoundCounts): CountedSection {
  const of = read(found)
  return {
    ...of.ground,
    ...about,
    rows: rowsOf(of, (name) => (isName(name) ? { name } : undefined), 'name'),
  }
}

/** A row is of a type of anomaly and a band of severity. */
function signalIn(row: string) {
  const [type = '', band = ''] = row.split(':')
  const grades = BANDS[band]
  return grades && { type, ...grades }
}

export function anomaliesOf(found: Found): AnomalySection {
  const of = read(found)
  return {
    ...of.ground,
    rows: rowsOf(of, signalIn, 'type', ({ severity }) => severity),
    trend: trendOf(of, found, (period) => {
      const told = period?.names().filter(signalIn) ?? []
      const sum = told.reduce((total, row) => total + (period?.value(row) ?? 0), 0)
      return { count: told.length === 0 ? null : sum }
    }),
    learning: of.now.at(-1)?.value('learning') ?? null,
  }
}
