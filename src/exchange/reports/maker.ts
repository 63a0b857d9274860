// Makes one report: asks this node three questions at level 2 in the asker's name, asks for anomalies that may be named, and
// adds this node's data about machines.
import { byText } from '../../base/by-text.ts'
import { DAY_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import type { Certificates } from '../../trust/certificates/index.ts'
import type { Acting } from '../../trust/operators/index.ts'
import { isMissing, type Member, type Trust } from '../../trust/peers/index.ts'
import { type AskedType, COUNTED, FROZEN, type Query, whyNoTeam } from '../query/index.ts'
import {
  CATEGORIES,
  type Findings,
  type Found,
  type FoundCounts,
  type Report,
  reportOf,
  spanName,
} from '../report/index.ts'
import type { BucketTotals } from '../totals/types.ts'
import type { Figures } from './figures.ts'

export interface ReportRequest {
  /** Milliseconds since the epoch, at most 366 days. */
  readonly range: { readonly start: number; readonly end: number }
  readonly team?: string
  readonly uid: number
  /** The operator whom the person is logged in as; absent: the node asks. */
  readonly acting?: Acting
  readonly traceId?: string
}

export interface MakerDeps {
  readonly query: Pick<Query, 'ask'>
  readonly fleet: Pick<Certificates, 'certified' | 'lately'>
  readonly trust: Pick<
    Trust,
    | 'members'
    | 'member'
    | 'memberOf'
    | 'met'
    | 'known'
    | 'opinion'
    | 'keysOf'
    | 'keyState'
    | 'admits'
    | 'refuses'
  >
  readonly figures: Pick<Figures, 'of'>
  readonly self: Pick<Member, 'node_id' | 'name' | 'fingerprint'>
  readonly clock: Pick<Clock, 'now'>
}

const TYPES: Readonly<Record<(typeof CATEGORIES)[number], AskedType>> = {
  tool_usage: 'ToolUsage',
  safety_stats: 'SafetyPosture',
  anomalies: 'Anomalies',
}

const WEEK_MS = 7 * DAY_MS
/** The longest time that one question may be about. */
const RANGE_MAX_MS = 366 * DAY_MS
/** Totals are read and not asked for, so this bounds nothing but a mistake. */
const TIMEOUT_MS = 60_000
/** Machines that are away must not hold a report up. */
const NAMED_TIMEOUT_MS = 5_000
const NAMED_MAX = 1_000
/** Missing machines that a report names. */
const MISSING_MAX = 200

interface Answer {
  readonly withheld: string | undefined
  readonly denied: boolean
  readonly audience: string | undefined
  readonly buckets: readonly BucketTotals[]
  readonly first: Found['first']
  /** Why the newest period tells nothing of the team apart; undefined: it does, or no team was asked about. */
  readonly apart: string | undefined
  /** Of a team: its machines in the newest period, and all it had; null: not known. */
  readonly team: { readonly machines: number; readonly of: number | null } | undefined
}

/** Rejects with KaroError `refused` if the asker may have none of it, and with what a question may reject with. */
export async function makeReport(deps: MakerDeps, request: ReportRequest): Promise<Report> {
  const { trust } = deps
  const { range, team, acting } = request
  // The same days of the week, as far back as the time is long; a range that is too long for that is compared week by week.
  const long = Math.ceil((range.end - range.start) / WEEK_MS) * WEEK_MS
  const room = RANGE_MAX_MS - (range.end - range.start) - 2 * DAY_MS
  const reach = long <= room ? long : Math.max(0, Math.min(WEEK_MS, room))
  const all: Answer[] = []
  for (const category of CATEGORIES) all.push(await ask(deps, request, TYPES[category], reach))
  if (all.every(({ denied }) => denied))
    throw new KaroError('refused', all[0]?.withheld ?? 'you may not read totals', {
      hint: 'karo whoami shows as whom you ask; a page asks as its machine, whoever is logged in.',
    })
  const back = backOf(all, range, long === reach ? [long, WEEK_MS] : [WEEK_MS])
  const found = Object.fromEntries(
    all.map((answer, at) => [CATEGORIES[at], foundIn(answer, range, back)]),
  ) as Findings['found']
  const counted: FoundCounts[] = []
  for (const { query_type, title, headings } of COUNTED) {
    const found = foundIn(await ask(deps, request, query_type, reach), range, back)
    counted.push({ query_type, title, names: headings.name, counts: headings.count, found })
  }
  return reportOf({
    now: deps.clock.now(),
    period: range,
    found,
    counted,
    node: { name: deps.self.name, fingerprint: deps.self.fingerprint },
    askedAs: acting?.name ?? null,
    team: team ?? null,
    audience: all.find(({ audience }) => audience)?.audience ?? null,
    named: await namedIn(deps, request),
    machines: machinesOf(deps),
    source: deps.figures.of(),
    notes: [
      ...teamNotes(team, all),
      ...(trust.known().some((node) => trust.keyState(node).kind === 'frozen') ? [FROZEN] : []),
    ],
  })
}

async function ask(
  { query }: Pick<MakerDeps, 'query'>,
  { range, ...whose }: ReportRequest,
  query_type: AskedType,
  reach: number,
): Promise<Answer> {
  const { team } = whose
  const { status, opened, notes, released } = await query.ask(
    {
      query_type,
      level: 2,
      perNode: false,
      timeoutMs: TIMEOUT_MS,
      opened: true,
      range: { start: Math.max(0, range.start - reach), end: range.end },
      ...whose,
    },
    new AbortController().signal,
  )
  return {
    withheld: released === undefined ? (notes[0] ?? 'there are no totals of it') : undefined,
    denied: status === 'access_denied',
    audience: released?.audience,
    first: released?.first,
    // What became of machines is counted over all of them, which would be told as if it were the team's.
    buckets: (opened ?? []).map((one) => (team === undefined ? one : { ...one, contributions: undefined })),
    apart: team === undefined ? undefined : whyNoTeam(opened ?? [], team),
    team: released?.team,
  }
}

/** Anomalies of machines whose people chose to be named: asked of each now, because they are in no totals. */
async function namedIn(
  { query, self, fleet, trust }: Pick<MakerDeps, 'query' | 'self' | 'fleet' | 'trust'>,
  { range, ...whose }: ReportRequest,
): Promise<NonNullable<Findings['named']>> {
  const { nodes = [] } = await query.ask(
    {
      query_type: 'Anomalies',
      level: 1,
      perNode: true,
      timeoutMs: NAMED_TIMEOUT_MS,
      range,
      ...whose,
    },
    new AbortController().signal,
  )
  // What is unusual here is its person's own affair, and not the report's.
  const others = nodes.filter(({ fingerprint }) => fingerprint !== self.fingerprint)
  const teams = new Map(
    fleet.certified().map(({ node_id, teams }) => [trust.opinion(node_id).fingerprint, teams]),
  )
  const rows = others.flatMap(({ name, fingerprint, anomalies }) =>
    (anomalies?.signals ?? []).map((signal) => ({
      name,
      fingerprint,
      teams: teams.get(fingerprint) ?? [],
      ...signal,
    })),
  )
  rows.sort((a, b) => b.severity - a.severity || byText(b.hour, a.hour) || byText(a.name, b.name))
  return { nodes: others.length, rows: rows.slice(0, NAMED_MAX) }
}

function teamNotes(team: string | undefined, answers: readonly Answer[]): readonly string[] {
  if (team === undefined) return []
  const { machines, of } = answers.find((answer) => (answer.team?.machines ?? 0) > 0)?.team ?? {}
  const counted =
    machines === undefined
      ? `There are no totals of the team ${team} alone`
      : `In the newest period the totals of the team ${team} are of ${machines} ${of === null || of === undefined ? '' : `of its ${of} `}machines`
  const why = answers.find(({ apart }) => apart !== undefined)?.apart
  return [
    ...(why === undefined ? [] : [why]),
    `${counted}. Coverage (who contributed, declined or was absent) is known for all machines only: leave out --team.`,
  ]
}

type Range = ReportRequest['range']
const isIn = ({ start, end }: BucketTotals, range: Range): boolean => start >= range.start && end <= range.end
const isReleased = ({ why }: BucketTotals): boolean => why === undefined

/** Fewer pairs of periods say little, where there could be more. */
const PAIRS_ENOUGH = 3

/**
 * How long before each period the one lies that it is compared with, in ms; 0: nothing is compared. The first of `choices` with
 * enough pairs of released periods; in the first weeks of a mesh half of the days that there are, whatever days these are.
 */
function backOf(answers: readonly Answer[], range: Range, choices: readonly number[]): number {
  const all = answers.map(({ buckets }) => buckets.filter(isReleased))
  const pairs = (back: number): number =>
    Math.max(
      ...all.map((buckets) => {
        const spans = new Set(buckets.map((bucket) => spanName(bucket)))
        return buckets.filter((bucket) => isIn(bucket, range) && spans.has(spanName(bucket, back))).length
      }),
    )
  const [periods = []] = [...all].sort((a, b) => b.length - a.length)
  const inRange = periods.filter((bucket) => isIn(bucket, range)).length
  const days = new Set(periods.map(({ start }) => Math.floor(start / DAY_MS))).size
  const half = Math.floor(days / 2) * DAY_MS
  return (
    choices.find((back) => pairs(back) >= Math.max(1, Math.min(PAIRS_ENOUGH, inRange))) ??
    [half, ...choices].find((back) => back > 0 && pairs(back) > 0) ??
    0
  )
}

const foundIn = ({ withheld, first, buckets }: Answer, range: Range, back: number): Found => ({
  withheld,
  first,
  now: buckets.filter((bucket) => isIn(bucket, range)),
  before: back === 0 ? [] : buckets,
  back,
})

/**
 * Presence, which every member knows: nothing here says what a machine gave. A machine whose certificate ended lately is among them,
 * and missing. While a key has several successors, they are one machine, which is there when one of them is that is
 * admitted here, under the name that was certified: any other name is its own claim.
 */
function machinesOf({ fleet, trust, self, clock }: MakerDeps): Findings['machines'] {
  const now = clock.now()
  const isEnrolled = (node: Member['node_id']) => trust.keysOf(node).some(fleet.lately)
  const keys = [self.node_id, ...trust.known()].filter((node) => isEnrolled(node) && !trust.refuses(node))
  const machines = [...Map.groupBy(keys, trust.memberOf).values()]
  const seen = (node: Member['node_id']) => trust.met(node)?.last_seen ?? 0
  const missing = machines
    .filter((all) =>
      all.every(
        (key) =>
          key !== self.node_id &&
          ((all.length > 1 && !trust.admits(key)) || isMissing(trust.member(key), now)),
      ),
    )
    .flatMap((all) => all.find(fleet.lately) ?? all[0] ?? [])
    .sort((a, b) => seen(a) - seen(b))
  return {
    enrolled: machines.length,
    seen: machines.length - missing.length,
    missing: missing.slice(0, MISSING_MAX).map((node) => {
      const { name, fingerprint } = trust.opinion(node)
      return { name, fingerprint, last_seen: seen(node) ? new Date(seen(node)).toISOString() : null }
    }),
    missing_total: missing.length,
    never_enrolled: trust.members().filter(({ node_id }) => !isEnrolled(node_id)).length,
  }
}
