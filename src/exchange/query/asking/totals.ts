// A question at level 2: nobody is asked for numbers; what two aggregators released for the asker's role is read and added up.

import { DAY_MS } from '../../../base/calendar.ts'
import { toHex } from '../../../base/hex.ts'
import type { Ambient } from '../../../base/run/ambient.ts'
import type { Acting } from '../../../trust/operators/index.ts'
import { isMissing, type Trust } from '../../../trust/peers/index.ts'
import { onlyTotals, type Policy, type Principal } from '../../../trust/policy/index.ts'
import { CLAMP } from '../../aggregates/index.ts'
import { openedIn, readingOf } from '../../totals/reading.ts'
import type { BucketTotals, ReleasesAsked, Totals, TotalsReader } from '../../totals/types.ts'
import { type FirstTotals, missingWords, offOf } from '../../totals/words.ts'
import { filteredBy, queryType } from '../query-types/index.ts'
import { rfc3339 } from '../range.ts'
import type { QueryResult } from '../result.ts'
import type { AskRequest } from '../types.ts'
import { askedAs } from './collect.ts'
import type { Fetch, FetchAbout, Fetched } from './fetch.ts'
import { membersOf } from './team.ts'
import { machinesOfTeam, teamTotals, whyNoTeam } from './team-totals.ts'
import { coverageOf, isWhole, teamCoverage } from './totals-coverage.ts'
import { absentWords, changeWords, fetchedWords } from './totals-words.ts'

export interface TotalsDeps extends Pick<Ambient, 'clock' | 'random'> {
  readonly totals: TotalsReader
  /** This node as the one who asks. */
  readonly self: () => Principal
  readonly policy: Pick<Policy, 'reads'>
  readonly trust: Pick<Trust, 'members' | 'opinion' | 'known'>
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

/** What was found, or why nobody may look. */
type Found =
  | {
      readonly totals: Totals
      readonly audience: string
      readonly others: readonly BucketTotals[] | undefined
      readonly fetched: Fetched | undefined
      /** False: of a team alone. */
      readonly seesAll: boolean
    }
  | { readonly refused: string }
  | { readonly withheld: string }

async function find(deps: TotalsDeps, request: AskRequest, range: Range, about: FetchAbout): Promise<Found> {
  const { totals, policy, clock } = deps
  const { query_type, acting, team } = request
  const audiences = totals.audiences()
  if (audiences.length === 0) return { withheld: absentWords.aggregators(totals.problem()) }
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
      const { totals, fetched } = await readOrFetch(
        seesAll ? deps : { totals: deps.totals },
        request,
        { audience, type: query_type, range },
        about,
      )
      if (team === undefined) return { totals, audience, fetched, others: undefined, seesAll }
      const { buckets, others } = teamTotals(totals.buckets, team)
      return {
        totals: { ...totals, buckets },
        audience,
        fetched,
        others: seesAll ? others : undefined,
        seesAll,
      }
    }
    if (principal.roles.includes(audience)) return { refused: absentWords.refused(audience, decision.reason) }
  }
  return { refused: absentWords.role(audiences) }
}

/** What is held here; where something is missing, what other nodes hold as well, as far as they show it to this asker. */
async function readOrFetch(
  { totals, fetch }: Pick<TotalsDeps, 'totals' | 'fetch'>,
  request: AskRequest,
  asked: ReleasesAsked,
  about: FetchAbout,
): Promise<{ readonly totals: Totals; readonly fetched: Fetched | undefined }> {
  const local = await totals.read(asked.audience, asked.type, asked.range)
  const fetched = await fetch?.(request, asked, local, about)
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
  { audience, first }: Totals,
  type: string,
): Promise<FirstTotals | undefined> {
  const now = clock.now()
  if (first === undefined || now >= first.end + FIRST_MS) return undefined
  const { buckets } = await totals.read(audience, type, { start: first.start - WEEK_MS, end: now })
  if (buckets.some(({ why }) => why === undefined)) return undefined
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
  const totals = 'totals' in found ? found.totals : undefined
  const { query_type, filters = [] } = request
  const row = queryType(query_type)
  const released = totals?.buckets.filter(({ why }) => why === undefined) ?? []
  const first =
    released.length > 0 || totals === undefined ? undefined : await firstOf(deps, totals, query_type)
  const before = await beforeOf(deps, found, request, about)
  const opened = { buckets: openedIn(released), ...(before && { before: openedIn(before) }) }
  const whole = row.released?.fromReleased(opened) ?? row.merge([], [])
  const elsewhere = 'others' in found ? elsewhereOf(found.others, request) : undefined
  // Filters leave 0 where they leave something out, which would look like a number here.
  const data = released.length === 0 ? whole : row.filterResult(whole, filteredBy(filters))
  const elapsed = Math.round((deps.clock.monotonic() - begun) * 10) / 10
  return {
    query_id: toHex(deps.random.bytes(16)),
    trace_id: toHex(about.trace),
    query_type,
    level: 2,
    time_range: { start: rfc3339(range.start), end: rfc3339(range.end) },
    status: statusOf(found, released),
    ...(filters.length === 0 ? {} : { filters }),
    ...(request.team === undefined ? {} : { team: request.team }),
    ...(request.acting === undefined ? {} : { asked_as: askedAs(request.acting) }),
    data,
    as_of: released.length === 0 ? null : rfc3339(Math.min(...released.map(({ end }) => end))),
    coverage: request.team === undefined ? coverageOf(totals, released) : teamCoverage(totals, request.team),
    reach: null,
    compared: comparedOf(released, before),
    ...(totals === undefined
      ? {}
      : { released: releasedOf(totals, released, fetchedIn(found), request.team, first) }),
    ...(elsewhere === undefined ? {} : { elsewhere }),
    ...(request.opened === undefined ? {} : { opened: totals?.buckets ?? [] }),
    privacy: {
      mode: 'aggregate',
      k_min: Math.max(0, ...released.map(({ k }) => k)),
      cells_suppressed:
        request.team === undefined ? null : Math.max(0, ...released.map(({ ofAllOnly = 0 }) => ofAllOnly)),
      noise: offOf(released) ?? null,
    },
    ended_by: 'all_done',
    timing: { first_ms: null, last_ms: null, elapsed_ms: elapsed },
    notes: notesOf(found, before, first, request),
  }
}

/**
 * The period that it is compared with, where all of both was released: the one just before, and for days the last before it
 * of the same days of the week.
 */
async function beforeOf(
  deps: TotalsDeps,
  found: Found,
  request: AskRequest,
  about: FetchAbout,
): Promise<readonly BucketTotals[] | undefined> {
  if (!('totals' in found) || !isWhole(found.totals)) return undefined
  const { audience, buckets } = found.totals
  const [first, last] = [buckets[0], buckets.at(-1)] as [BucketTotals, BucketTotals]
  const length = last.end - first.start
  const areDays = buckets.every(({ start, end }) => end - start === DAY_MS)
  const back = areDays ? Math.ceil(length / WEEK_MS) * WEEK_MS : length
  const range = { start: first.start - back, end: last.end - back }
  const asked = { audience, type: request.query_type, range }
  const { totals: all } = await readOrFetch(
    found.seesAll ? deps : { totals: deps.totals },
    request,
    asked,
    about,
  )
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
  buckets.map(({ batches }) => batches.reduce((sum, { contributors }) => sum + contributors, 0))

function statusOf(found: Found, released: readonly BucketTotals[]): QueryResult['status'] {
  if ('refused' in found) return 'access_denied'
  if ('withheld' in found) return 'withheld'
  if (released.length === 0 && isRefusedByAll(found.fetched)) return 'access_denied'
  if (released.length > 0) return 'success'
  return found.totals.buckets.length === 0 ? 'no_data' : 'withheld'
}

const fetchedIn = (found: Found): Fetched | undefined => ('totals' in found ? found.fetched : undefined)

/** Each node that was asked and spoke said that this asker may not have it. */
const isRefusedByAll = (fetched: Fetched | undefined): boolean =>
  fetched !== undefined && fetched.denied > 0 && fetched.denied + fetched.silent === fetched.asked

/** The same numbers of the machines beside the team, under the same filters. */
function elsewhereOf(
  others: readonly BucketTotals[] | undefined,
  { query_type, filters = [] }: AskRequest,
): QueryResult['elsewhere'] {
  const released = others?.filter(({ why }) => why === undefined) ?? []
  const row = queryType(query_type)
  const data = row.released?.fromReleased({ buckets: openedIn(released) })
  if (released.length === 0 || data === undefined) return undefined
  return { machines: machinesOf(released).at(-1) ?? 0, data: row.filterResult(data, filteredBy(filters)) }
}

const releasedOf = (
  { audience, buckets }: Totals,
  released: readonly BucketTotals[],
  fetched: Fetched | undefined,
  team: string | undefined,
  first: FirstTotals | undefined,
): NonNullable<QueryResult['released']> => ({
  audience,
  ...(first === undefined ? {} : { first }),
  holders: fetched?.holders ?? [],
  refused: fetched?.refused ?? [],
  partly: partlyOpened(released),
  most: CLAMP,
  ...(team === undefined ? {} : { team: { name: team, ...machinesOfTeam(buckets, team) } }),
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
  found: Found,
  before: readonly BucketTotals[] | undefined,
  first: FirstTotals | undefined,
  { team, perNode, query_type }: Pick<AskRequest, 'team' | 'perNode' | 'query_type'>,
): readonly string[] {
  if ('refused' in found) return [found.refused]
  if ('withheld' in found) return [found.withheld]
  const { buckets } = found.totals
  const changes = before && changeWords(machinesOf(buckets), machinesOf(before))
  const { fetched, audience } = found
  const none = team === undefined ? undefined : whyNoTeam(buckets, team)
  return [
    ...missingWords(buckets, first),
    ...fetchedWords(audience, fetched, buckets),
    ...(none === undefined ? [] : [none]),
    ...(team === undefined || found.seesAll || isWhole(found.totals)
      ? []
      : [absentWords.ownTeam(team, audience)]),
    ...(changes === undefined ? [] : [changes]),
    ...(perNode && queryType(query_type).namedBesideTotals !== true ? [absentWords.nodes] : []),
  ]
}
