// A question at level 2: nobody is asked for numbers; what two aggregators released for the asker's role is read and added up, and
// people are told in words what is missing.
import { DAY_MS } from '../../../base/calendar.ts'
import { toHex } from '../../../base/hex.ts'
import type { Acting } from '../../../trust/operators/index.ts'
import { isMissing } from '../../../trust/peers/index.ts'
import { onlyTotals, type Policy, type Principal } from '../../../trust/policy/index.ts'
import { CLAMP } from '../../aggregates/index.ts'
import { openedIn, readingOf } from '../../totals/reading.ts'
import type { BucketTotals, ReleasesAsked, Totals, TotalsReader } from '../../totals/types.ts'
import { type FirstTotals, missingWords, offOf } from '../../totals/words.ts'
import { filteredBy, queryType } from '../query-types/index.ts'
import { dated, rfc3339 } from '../range.ts'
import type { Coverage, QueryResult } from '../schema.ts'
import type { AskRequest, QueryDeps } from '../types.ts'
import { askedAs } from './collect.ts'
import { type Fetch, type FetchAbout, type Fetched, MISSING } from './fetch.ts'
import { membersOf } from './team.ts'
import { machinesIn, machinesOfTeam, teamTotals, whyNoTeam } from './team-totals.ts'

export interface TotalsDeps extends Pick<QueryDeps, 'clock' | 'random' | 'self' | 'trust'> {
  readonly totals: TotalsReader
  readonly policy: Pick<Policy, 'reads'>
  /** Asks other nodes for what this one does not hold; absent: nobody is asked. */
  readonly fetch?: Fetch
}

/**
 * Whether a question is answered with totals, or by why there are none: it asks for level 2, or names no level and its asker may
 * have no other one. Anomalies they may have by name too, which is what is left where nobody computes totals.
 */
export function asksTotals(
  { level, acting, query_type }: AskRequest,
  { self, totals }: Pick<TotalsDeps, 'self' | 'totals'>,
): boolean {
  if (level !== undefined || queryType(query_type).levelOneOnly) return level === 2
  const { roles } = acting ?? self()
  return onlyTotals(roles) && (totals.audiences().length > 0 || !queryType(query_type).namedBesideTotals)
}

/** The person, as this node itself decides about them: a login is checked when it begins, and ends with its certificate. */
const asOperator = (self: Principal, { roles, teams }: Acting): Principal => ({
  ...self,
  roles,
  teams,
  trust_level: 'peer',
})

/** What was found. */
interface Shown {
  readonly totals: Totals
  readonly audience: string
  /** Of the machines beside the team that was asked about. */
  readonly others: readonly BucketTotals[]
  readonly fetched: Fetched | undefined
  /** False: of a team alone. */
  readonly seesAll: boolean
}

/** Why there is nothing to show. */
interface Hidden {
  readonly status: 'access_denied' | 'withheld'
  readonly why: string
}

async function find(
  deps: TotalsDeps,
  request: AskRequest,
  range: Range,
  about: FetchAbout,
): Promise<Shown | Hidden> {
  const { policy, clock } = deps
  const { query_type, acting, team } = request
  const audiences = deps.totals.audiences()
  if (audiences.length === 0)
    return { status: 'withheld', why: absentWords.aggregators(deps.totals.problem()) }
  const self = deps.self()
  const principal = acting === undefined ? self : asOperator(self, acting)
  const { action } = queryType(query_type)
  for (const audience of audiences) {
    const circumstances = { at: clock.now(), range }
    const decision = policy.reads(principal, audience, action, circumstances, team)
    if (decision.effect === 'allow') {
      // An asker with the right to one team does not see the other teams, nor the statement, which is about all machines.
      const seesAll =
        team === undefined || policy.reads(principal, audience, action, circumstances).effect === 'allow'
      const asked = { audience, type: query_type, range }
      const { totals, fetched } = await readOrFetch(deps, request, asked, about, seesAll)
      if (team === undefined) return { totals, audience, fetched, others: [], seesAll }
      const { buckets, others } = teamTotals(totals.buckets, team)
      return {
        totals: { ...totals, buckets },
        audience,
        fetched,
        others: seesAll ? others : [],
        seesAll,
      }
    }
    if (principal.roles.includes(audience))
      return { status: 'access_denied', why: absentWords.refused(audience, decision.reason) }
  }
  return { status: 'access_denied', why: absentWords.role(audiences) }
}

/** What is held here; where something is missing, what other nodes hold as well, as far as they show it to an asker who sees all. */
async function readOrFetch(
  { totals, fetch }: TotalsDeps,
  request: AskRequest,
  asked: ReleasesAsked,
  about: FetchAbout,
  seesAll: boolean,
): Promise<{ readonly totals: Totals; readonly fetched: Fetched | undefined }> {
  const local = await totals.read(asked.audience, asked.type, asked.range)
  const fetched = seesAll ? await fetch?.(request, asked, local, about) : undefined
  return { totals: sinceFirst(fetched?.totals ?? local), fetched }
}

/** Of a time before totals began it is no miss that nobody has any, as some have: machines also give what their people did before. */
const sinceFirst = (totals: Totals): Totals => ({
  ...totals,
  buckets: totals.buckets.filter(
    ({ start, why }) => start >= (totals.first?.start ?? 0) || (why !== 'none' && why !== 'pending'),
  ),
})

/** Totals that nobody has after so long are missing, and not the first ones that are waited for. */
const FIRST_MS = DAY_MS
/** As long as aggregators wait for the last few machines. */
const COMES_MS = 15 * 60_000

/** What is waited for where nothing was released yet: not of the time before either, of which machines give what they have. */
async function firstOf(
  { totals, trust, clock }: TotalsDeps,
  { audience, first, buckets: found }: Totals,
  type: string,
): Promise<FirstTotals | undefined> {
  const now = clock.now()
  if (first === undefined || now >= first.end + FIRST_MS) return undefined
  // Of another time, after the first ones were to come, nothing says whether they did.
  if (found.length === 0 && now >= first.end) return undefined
  const { buckets } = await totals.read(audience, type, { start: first.start - WEEK_MS, end: now })
  const isTold = ({ start, why }: BucketTotals) =>
    why === undefined || (start >= first.start && !MISSING.has(why))
  if ([...found, ...buckets].some(isTold)) return undefined
  const all = [...membersOf(trust, undefined).members.values()]
  const others = all.filter(({ node_id }) => trust.opinion(node_id).why === 'certificate')
  return {
    start: rfc3339(first.start),
    end: rfc3339(first.end),
    comes: rfc3339(first.end + COMES_MS),
    machines: 1 + others.length,
    present: 1 + others.filter((one) => !isMissing(one, now)).length,
  }
}

type Range = { readonly start: number; readonly end: number }

/** Resolves with a result whatever was found; a range is whole UTC hours. */
export async function askTotals(
  deps: TotalsDeps,
  request: AskRequest,
  range: Range,
  about: FetchAbout,
): Promise<QueryResult> {
  const begun = deps.clock.monotonic()
  const found = await find(deps, request, range, about)
  const shown = 'why' in found ? undefined : found
  const { query_type, filters = [], team } = request
  const row = queryType(query_type)
  const released = releasedIn(shown?.totals.buckets ?? [])
  const first = released.length > 0 ? undefined : shown && (await firstOf(deps, shown.totals, query_type))
  const before = shown && (await beforeOf(deps, shown, request, about))
  const opened = { buckets: openedIn(released), before: before && openedIn(before) }
  const whole = row.released?.fromReleased(opened) ?? row.merge([], [])
  const elsewhere = shown && elsewhereOf(releasedIn(shown.others), request)
  // Filters leave 0 where they leave something out, which would look like a number here.
  const data = released.length === 0 ? whole : row.filterResult(whole, filteredBy(filters))
  const elapsed = Math.round((deps.clock.monotonic() - begun) * 10) / 10
  return {
    query_id: toHex(deps.random.bytes(16)),
    trace_id: toHex(about.trace),
    query_type,
    level: 2,
    // Periods are whole, so that totals are of a part of what was asked.
    time_range: dated({
      start: released[0]?.start ?? range.start,
      end: released.at(-1)?.end ?? range.end,
    }),
    status: statusOf(found, released),
    filters: filters.length === 0 ? undefined : filters,
    team,
    asked_as: request.acting && askedAs(request.acting),
    data,
    as_of: released.length === 0 ? null : rfc3339(Math.min(...released.map(({ end }) => end))),
    coverage: coverageOf(shown?.totals, released, team),
    reach: null,
    compared: comparedOf(released, before),
    released: shown && releasedOf(shown, released, team, first),
    elsewhere,
    opened: request.opened && (shown?.totals.buckets ?? []),
    privacy: {
      mode: 'aggregate',
      k_min: Math.max(0, ...released.map(({ k }) => k)),
      cells_suppressed:
        team === undefined ? null : Math.max(0, ...released.map(({ ofAllOnly = 0 }) => ofAllOnly)),
      noise: offOf(released) ?? null,
    },
    ended_by: 'all_done',
    timing: { first_ms: null, last_ms: null, elapsed_ms: elapsed },
    notes: 'why' in found ? [found.why] : notesOf(found, before, first, request),
  }
}

/**
 * The period that it is compared with, where all of both was released: the one just before, and for days the last before it
 * of the same days of the week.
 */
async function beforeOf(
  deps: TotalsDeps,
  { totals, seesAll }: Shown,
  request: AskRequest,
  about: FetchAbout,
): Promise<readonly BucketTotals[] | undefined> {
  if (!isWhole(totals)) return undefined
  const { audience, buckets } = totals
  const [first, last] = [buckets[0], buckets.at(-1)] as [BucketTotals, BucketTotals]
  const length = last.end - first.start
  const areDays = buckets.every(({ start, end }) => end - start === DAY_MS)
  const back = areDays ? Math.ceil(length / WEEK_MS) * WEEK_MS : length
  const range = { start: first.start - back, end: last.end - back }
  const asked = { audience, type: request.query_type, range }
  const { totals: all } = await readOrFetch(deps, request, asked, about, seesAll)
  const { team } = request
  const earlier = team === undefined ? all : { ...all, buckets: teamTotals(all.buckets, team).buckets }
  const isAsLong = earlier.buckets.map(lengthOf).join() === buckets.map(lengthOf).join()
  return isWhole(earlier) && isAsLong ? earlier.buckets : undefined
}

const WEEK_MS = 7 * DAY_MS
/** The first bucket of a mesh of days is shorter than the others. */
const lengthOf = ({ start, end }: BucketTotals): number => end - start

/** Machines of the newest bucket, and of that of the fewest in the period before; they need not be the same machines. */
function comparedOf(
  released: readonly BucketTotals[],
  before: readonly BucketTotals[] | undefined,
): QueryResult['compared'] {
  return {
    nodes: before === undefined ? 0 : Math.min(...machinesOf(before)),
    of: machinesOf(released).at(-1) ?? 0,
  }
}

const machinesOf = (buckets: readonly BucketTotals[]): readonly number[] =>
  buckets.map(({ batches }) => machinesIn(batches))

const isWhole = ({ buckets }: Totals): boolean =>
  buckets.length > 0 && buckets.every(({ why }) => why === undefined)

const releasedIn = (buckets: readonly BucketTotals[]): readonly BucketTotals[] =>
  buckets.filter(({ why }) => why === undefined)

/**
 * How many machines of the newest bucket are in the totals, and what became of the others, in the same counts as a live question
 * has; who they are nobody knows but the aggregators. Who of a team declined, was late or is among too few nobody is told.
 */
function coverageOf(
  totals: Totals | undefined,
  released: readonly BucketTotals[],
  team: string | undefined,
): Coverage {
  const buckets = totals?.buckets ?? []
  const ofTeam = team === undefined ? undefined : machinesOfTeam(buckets, team)
  const ofAll = ofTeam === undefined ? (released.at(-1) ?? buckets.at(-1))?.contributions : undefined
  const { contributed, declined, late, absent, refused } = ofAll ?? NOBODY
  const answered = ofTeam?.machines ?? contributed
  const withheld = (ofTeam?.of ?? answered) - answered
  const known = answered + declined + late + absent + refused + withheld
  return {
    known,
    answered,
    from_summary: 0,
    denied: declined,
    withheld,
    failed: refused,
    unreachable: late + absent,
    complete: known > 0 && answered === known && totals !== undefined && isWhole(totals),
    nodes: [],
  }
}

const NOBODY = { contributed: 0, declined: 0, late: 0, absent: 0, refused: 0 }

function statusOf(found: Shown | Hidden, released: readonly BucketTotals[]): QueryResult['status'] {
  if ('why' in found) return found.status
  if (released.length > 0) return 'success'
  const outcomes = found.fetched?.outcomes ?? []
  // Each node that spoke said so; one that was busy may give them the next time.
  const isClosed = outcomes.every((one) => one === 'denied' || one === 'unreachable')
  if (isClosed && outcomes.includes('denied')) return 'access_denied'
  return found.totals.buckets.length === 0 ? 'no_data' : 'withheld'
}

/** The same numbers of the machines beside the team, under the same filters. */
function elsewhereOf(
  released: readonly BucketTotals[],
  { query_type, filters = [] }: AskRequest,
): QueryResult['elsewhere'] {
  const row = queryType(query_type)
  const data = row.released?.fromReleased({ buckets: openedIn(released) })
  if (released.length === 0 || data === undefined) return undefined
  return { machines: machinesOf(released).at(-1) ?? 0, data: row.filterResult(data, filteredBy(filters)) }
}

const releasedOf = (
  { totals: { audience, buckets }, fetched }: Shown,
  released: readonly BucketTotals[],
  team: string | undefined,
  first: FirstTotals | undefined,
): NonNullable<QueryResult['released']> => ({
  audience,
  first,
  holders: fetched?.holders ?? [],
  refused: fetched?.refused ?? [],
  partly: partlyOpened(released),
  most: CLAMP,
  team: team === undefined ? undefined : { name: team, ...machinesOfTeam(buckets, team) },
  buckets: buckets.map(({ start, end, why, contributions, k }) => ({
    start: rfc3339(start),
    end: rfc3339(end),
    why: why ?? null,
    k,
    contributions: team === undefined ? (contributions ?? null) : null,
  })),
})

/** Rows that not every bucket tells, or not of all its machines: their sums are the least. */
function partlyOpened(released: readonly BucketTotals[]): readonly string[] {
  const all = readingOf(openedIn(released))
  return all.names().filter((name) => !all.isWhole(name))
}

function notesOf(
  { totals, audience, fetched, seesAll }: Shown,
  before: readonly BucketTotals[] | undefined,
  first: FirstTotals | undefined,
  { team, perNode, query_type }: Pick<AskRequest, 'team' | 'perNode' | 'query_type'>,
): readonly string[] {
  const { buckets } = totals
  const changes = before && changeWords(machinesOf(buckets), machinesOf(before))
  const none = team === undefined ? undefined : whyNoTeam(buckets, team)
  return [
    ...missingWords(buckets, first),
    ...fetchedWords(audience, fetched, buckets),
    ...(none === undefined ? [] : [none]),
    ...(team === undefined || seesAll || isWhole(totals) ? [] : [absentWords.ownTeam(team, audience)]),
    ...(changes === undefined ? [] : [changes]),
    ...(perNode && queryType(query_type).namedBesideTotals !== true ? [absentWords.nodes] : []),
  ]
}

const absentWords = {
  aggregators: (problem: string | null | undefined): string =>
    problem == null
      ? 'No nodes are named to compute totals. The root key names two: karo policy sign --aggregator <node>=<operator>, twice.'
      : `Which nodes compute totals is not known here, because the newest policy bundle is not in force: ${problem}.`,
  nodes: 'Totals hold no numbers of single nodes, so no machine is shown by itself.',
  refused: (audience: string, reason: string): string => `No totals for the role ${audience}: ${reason}.`,
  /** Statements of holders are about all machines of a type, so nobody shows them for the sake of a part. */
  ownTeam: (team: string, audience: string): string =>
    `You may read the totals of the team ${team} and not those of all machines, so no other node shows them to you: ask at a node with the role ${audience}, which holds them itself (karo login works there too).`,
  role: (audiences: readonly string[]): string =>
    `Totals are for nodes and people with the role ${audiences.join(' or ')}: karo ca assign NODE --role ${audiences[0]} gives it to a node, karo login signs a person in.`,
} as const

/** What became of asking other nodes; nothing where nobody was asked, or everything asked for is there. */
function fetchedWords(
  audience: string,
  fetched: Fetched | undefined,
  buckets: readonly BucketTotals[],
): readonly string[] {
  if (fetched === undefined) return []
  const { outcomes, refused, holders } = fetched
  const broken: string[] = refused.map(
    ({ name, fingerprint }) =>
      `The totals that ${name || fingerprint} sent were altered or are about something else, so they are not shown.`,
  )
  const cut = buckets.findLast(({ why }) => why === 'unfetched')
  if (cut !== undefined && holders.length > 0) {
    const until = rfc3339(cut.end)
    broken.push(
      `Older totals than ${until} were not fetched: karo query … --from … --to ${until} asks for those.`,
    )
  }
  if (cut === undefined && !buckets.some(({ why }) => MISSING.has(why))) return broken
  const parts = Object.entries(UNHEARD).flatMap(([outcome, said]) => {
    const many = outcomes.filter((one) => one === outcome).length
    return many === 0 ? [] : [`${many} ${said}`]
  })
  if (parts.length > 0)
    broken.push(
      `Of ${outcomes.length} nodes that may hold totals for the role ${audience}, ${parts.join(' and ')}.`,
    )
  return broken
}

const UNHEARD = {
  denied: 'refused',
  busy: 'took no more questions of this asker (ask again in ten seconds)',
  unreachable: 'did not answer',
}

/** `Changes compare 8 machines with 5 to 6.`; undefined: each bucket of both periods has as many machines. */
function changeWords(now: readonly number[], before: readonly number[]): string | undefined {
  if (now.length === 0 || before.length === 0 || new Set([...now, ...before]).size === 1) return undefined
  return `Changes compare ${spanOf(now)} machines with ${spanOf(before)}.`
}

function spanOf(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return least === most ? String(least) : `${least} to ${most}`
}
