// From what was collected for one question of this node to its result: coverage, reach, notes and merged numbers; a pure function,
// the same for every way a question ends.
import type { MeshQueryBody, QueryFilter } from '../../../../protocols/messages/query.ts'
import { byText } from '../../../base/by-text.ts'
import { ago } from '../../../base/format.ts'
import { toHex } from '../../../base/hex.ts'
import { clockWords } from '../../../base/words/clock-words.ts'
import type { TimeRange } from '../../../insight/statistics/index.ts'
import type { Apart } from '../../../mesh/index.ts'
import type { Acting } from '../../../trust/operators/index.ts'
import type { Member } from '../../../trust/peers/index.ts'
import {
  type AbsentMember,
  type AskedType,
  filteredBy,
  filterNode,
  filterResult,
  type NodeData,
  type QueryData,
  queryType,
} from '../query-types/index.ts'
import { dated, rfc3339 } from '../range.ts'
import type { Coverage, MemberOutcome, PerNode, QueryResult } from '../schema.ts'
import type { Collected } from '../state/types.ts'
import type { AbsentData } from './absent.ts'

/** This node's own part; empty for a team. */
export interface OwnData {
  readonly data?: NodeData | undefined
  /** The part of the asked range that this person's records reach over; absent: none of it. */
  readonly covers?: TimeRange | undefined
  /** The asking person's own numbers do not belong to the result. */
  readonly none?: true
  /** The node's own part could not be read, or not in time. */
  readonly failed?: true
}

/** The machine may seem to be there, and nothing that it gives counts until somebody decides which key is its own. */
export const FROZEN =
  "The key of a machine has several successors, and one may be a thief's: karo doctor --only peers.lineage names its keys."

export interface Collection {
  /** 32 hex digits. */
  readonly trace_id: string
  readonly question: Pick<MeshQueryBody, 'query_id' | 'level' | 'time_range'> & {
    readonly query_type: AskedType
  }
  readonly perNode: boolean
  /** All filters. The asking node applies owners' filters too, so that an owner that ignored them changes nothing. */
  readonly filters: readonly QueryFilter[]
  readonly team: string | undefined
  /** The operator who asked; undefined: this node did. */
  readonly acting?: Pick<Acting, 'operator' | 'fingerprint' | 'name' | 'roles' | 'teams'> | undefined
  readonly self: { readonly fingerprint: string; readonly name: string; readonly as_of: number }
  readonly own: OwnData
  /** Every member that was known when the query began. */
  readonly members: readonly {
    readonly member: Member
    readonly collected: Collected
    /** With `from_summary`: what the member published before it went away. */
    readonly summary?: AbsentData
    /** Why an unreachable member did not answer. */
    readonly unreached?: Pick<MemberOutcome, 'why' | 'clock_off_ms' | 'last_seen' | 'ended_at'>
  }[]
  /** Members that are known by gossip alone and not trusted here; they were not asked. */
  readonly hearsay: number
  /** Nodes that are trusted here and were never met, and why. */
  readonly strays?: readonly { readonly name: string; readonly apart: Apart }[]
  /** No revocation list came here for a week, so that certificates of members open nothing here, nor there if none came. */
  readonly stale?: boolean
  /** The key of a member has several successors. */
  readonly frozen?: boolean
  readonly k_min: number
  readonly ended_by: QueryResult['ended_by']
  readonly elapsed_ms: number
}

/** One node's part of the data. */
interface Part {
  readonly fingerprint: string
  readonly name: string
  readonly as_of: number
  readonly source: PerNode['source']
  readonly data: NodeData
}

export function resultOf(collection: Collection): QueryResult {
  const { question, members, filters } = collection
  const parts = partsOf(collection)
  const coverage = coverageOf(members)
  const giving = new Set(
    parts
      .filter(({ data }) => queryType(data.query_type).contributes(data))
      .map(({ fingerprint }) => fingerprint),
  )
  // Numbers that are all zero, or that the filters leave nothing of, say no more than that there are none.
  const noData = members.filter(
    ({ member, collected: { answer } }) =>
      answer?.status === 'no_data' || (answer?.status === 'success' && !giving.has(member.fingerprint)),
  ).length
  const status = statusOf(giving.size > 0, coverage, noData)
  // The question named no level, so each owner chose one; owners withhold at level 2 only.
  const level = question.level ?? (status === 'withheld' ? 2 : 1)
  const given = parts.map(({ data }) => data)
  const row = queryType(question.query_type)
  const merged = row.merge(given, absentOf(members))
  const data = filterResult(question.query_type, merged, filters)
  const perNode = collection.perNode && level === 1
  const oldest = Math.min(...parts.map(({ as_of }) => as_of))
  const { compares } = row
  return {
    query_id: toHex(question.query_id),
    trace_id: collection.trace_id,
    query_type: question.query_type,
    level,
    time_range: dated(question.time_range),
    status,
    filters: filters.length === 0 ? undefined : filters,
    team: collection.team,
    asked_as: collection.acting && askedAs(collection.acting),
    own_missing: collection.own.failed,
    data,
    nodes: perNode ? parts.flatMap((part) => perNodeOf(part, data, filters)).sort(byName) : undefined,
    as_of: parts.length === 0 ? null : rfc3339(oldest),
    coverage,
    reach: reachIn(collection),
    compared: compares ? { nodes: given.filter(compares).length, of: given.length } : null,
    privacy: {
      mode: level === 1 ? 'per_node' : 'aggregate',
      k_min: collection.k_min,
      cells_suppressed: 0,
      noise: null,
    },
    ended_by: collection.ended_by,
    timing: timingOf(collection),
    notes: notesOf(collection, row.unknownTo?.(merged, filteredBy(filters)) ?? 0),
  }
}

/** In whose name a question was asked. */
export const askedAs = (acting: NonNullable<Collection['acting']>): NonNullable<QueryResult['asked_as']> => {
  const { operator, fingerprint, name, roles, teams } = acting
  return { operator, fingerprint, name, roles, teams }
}

function partsOf({ own, self, members, filters }: Collection): Part[] {
  const parts: Part[] = []
  const add = (part: Omit<Part, 'data'>, given: NodeData): void => {
    const known = queryType(given.query_type).identified?.(given, part) ?? given
    const data = filterNode(known, filters)
    if (data !== null) parts.push({ ...part, data })
  }
  if (own.data !== undefined) add({ ...self, source: 'live' }, own.data)
  for (const { member, collected, summary } of members) {
    const { fingerprint, name } = member
    const { answer } = collected
    if (answer?.status === 'success') {
      add({ fingerprint, name, as_of: answer.as_of, source: 'live' }, answer.data)
    } else if (summary !== undefined) {
      add({ fingerprint, name, as_of: summary.as_of, source: 'summary' }, summary.data)
    }
  }
  return parts
}

/** The unreachable, for query types that show them too. */
const absentOf = (members: Collection['members']): readonly AbsentMember[] =>
  members
    .filter(({ collected }) => collected.outcome === 'unreachable')
    .map(({ member: { node_id, fingerprint, name, last_seen } }) => ({
      node_id,
      fingerprint,
      name,
      last_seen: rfc3339(last_seen),
    }))

/** A node is shown as far as its rows are among the merged rows that the filters left, so that both lists agree. */
function perNodeOf(part: Part, merged: QueryData, filters: readonly QueryFilter[]): PerNode | [] {
  const { fingerprint, name, as_of, source, data } = part
  const shown = queryType(data.query_type).perNode(data, merged, filteredBy(filters))
  return shown === undefined ? [] : { fingerprint, name, as_of: rfc3339(as_of), source, ...shown }
}

function timingOf({ members, elapsed_ms }: Collection): QueryResult['timing'] {
  const times = members.flatMap(({ collected }) => collected.at_ms ?? [])
  const edge = (of: typeof Math.min) => (times.length === 0 ? null : tenths(of(...times)))
  return {
    first_ms: edge(Math.min),
    last_ms: edge(Math.max),
    elapsed_ms: tenths(elapsed_ms),
  }
}

const byName = (a: Pick<PerNode, 'name' | 'fingerprint'>, b: typeof a): number =>
  byText(a.name, b.name) || byText(a.fingerprint, b.fingerprint)
const tenths = (ms: number): number => Math.round(ms * 10) / 10

/**
 * Exactly one outcome for each known member: who was busy, gave an error or an answer with a bad signature, or does not know
 * the question, has failed. `nodes` is in order of fingerprints, without any number.
 */
export function coverageOf(members: Collection['members']): Coverage {
  const counts = { answered: 0, from_summary: 0, denied: 0, withheld: 0, failed: 0, unreachable: 0 }
  const nodes = members.map(({ member: { fingerprint, name }, collected: { outcome }, unreached }) => {
    counts[outcome in counts ? (outcome as keyof typeof counts) : 'failed'] += 1
    return { fingerprint, name, outcome, ...unreached }
  })
  return {
    known: nodes.length,
    ...counts,
    complete: counts.answered === nodes.length,
    nodes: nodes.sort((a, b) => byText(a.fingerprint, b.fingerprint)),
  }
}

/**
 * Success when anybody contributed, else what most members said; `noData`: how many said that. A tie goes to the refusal, which
 * `no_data` would hide. When nobody said anything: `no_data`.
 */
export function statusOf(
  contributed: boolean,
  { denied, withheld }: Pick<Coverage, 'denied' | 'withheld'>,
  noData: number,
): QueryResult['status'] {
  if (contributed) return 'success'
  const most = Math.max(denied, withheld, noData)
  if (most === 0) return 'no_data'
  if (denied === most) return 'access_denied'
  return withheld === most ? 'withheld' : 'no_data'
}

interface Heard {
  readonly fingerprint: string
  readonly name: string
  readonly source: PerNode['source']
  readonly covers: TimeRange | undefined
  /** It gave numbers and did not say of which part of the time they are. */
  readonly unsaid?: true | undefined
}

/** Null for a type whose numbers are of now. A node that refused or stayed silent is in the coverage, and not here. */
function reachIn(collection: Collection): QueryResult['reach'] {
  const { question, self } = collection
  const { query_type, time_range } = question
  if (queryType(query_type).ofNow) return null
  const heard = heardIn(collection)
  const short = heard.filter((one) => !isWhole(one, time_range, self.as_of))
  return {
    nodes: heard.length,
    whole: heard.length - short.length,
    short: short
      .map(({ covers, ...one }) => ({
        ...one,
        covers: covers === undefined ? null : dated(covers),
      }))
      .sort(byName),
  }
}

function heardIn({ own, self, members, question }: Collection): readonly Heard[] {
  const heard: Heard[] = []
  if (!own.none && !own.failed) {
    const { fingerprint, name } = self
    heard.push({ fingerprint, name, source: 'live', covers: within(own.covers, question.time_range) })
  }
  for (const { member, collected, summary } of members) {
    const { fingerprint, name } = member
    const { answer } = collected
    if (answer?.status === 'success' || answer?.status === 'no_data') {
      const covers = within(answer.covers, question.time_range)
      const gave = answer.status === 'success' && queryType(question.query_type).contributes(answer.data)
      heard.push({
        fingerprint,
        name,
        source: 'live',
        covers,
        unsaid: (gave && !covers) || undefined,
      })
    } else if (summary !== undefined) {
      heard.push({ fingerprint, name, source: 'summary', covers: summary.covers })
    }
  }
  return heard
}

/** An owner's word is cut to what was asked: nobody covers more than that. */
function within(covers: TimeRange | undefined, range: TimeRange): TimeRange | undefined {
  if (covers === undefined) return undefined
  const cut = { start: Math.max(covers.start, range.start), end: Math.min(covers.end, range.end) }
  return cut.start < cut.end ? cut : undefined
}

/** A live answer is of the moment; clocks differ, so only its beginning is compared. A summary ends where it was derived. */
function isWhole({ covers, source }: Heard, range: TimeRange, now: number): boolean {
  if (covers === undefined || covers.start > range.start) return false
  return source === 'live' || covers.end >= Math.min(range.end, now)
}

/** Different reasons, should owners of several versions give them; more would only repeat. */
const REASONS_MAX = 4
/** Nodes that were never met, each in a line of its own; the rest is counted. */
const STRAYS_MAX = 4

/** What a person should read beside the numbers. `unknown`: rows that the filters leave out because a value of theirs is not known. */
export function notesOf(
  { own, members, hearsay, question, team, self, strays = [], stale, frozen }: Collection,
  unknown: number,
): string[] {
  const reasons = new Set<string>()
  for (const { collected } of members) {
    if (collected.answer?.status === 'withheld' && reasons.size < REASONS_MAX)
      reasons.add(collected.answer.reason)
  }
  const notes = [...reasons].sort(byText)
  const { asksFor } = queryType(question.query_type)
  if (asksFor !== undefined && members.some(({ collected }) => collected.outcome === 'denied'))
    notes.push(asksFor)
  if (frozen) notes.push(FROZEN)
  if (stale)
    notes.push(
      'No revocation list came for a week; members without one give no numbers: karo doctor --only mesh.lists.',
    )
  if (own.failed)
    notes.push(
      "This node's own numbers are missing: they could not be read in time. Ask again, or look with karo doctor.",
    )
  if (team !== undefined)
    notes.push("Only other members of the team are asked: this node's own numbers are left out.")
  if (hearsay > 0)
    notes.push(
      `Known only through other members and not trusted here, so not asked: ${hearsay} more. See karo peers.`,
    )
  const ages = members.flatMap(({ summary }) => (summary === undefined ? [] : [self.as_of - summary.as_of]))
  if (ages.length > 0)
    notes.push(
      `Shown from last summaries: ${ages.length} of ${members.length}, the oldest ${ago(Math.max(...ages))}.`,
    )
  for (const { name, apart } of strays.slice(0, STRAYS_MAX)) {
    notes.push(`${name} is trusted here, and was not asked: ${whyStray(apart)}.`)
  }
  if (strays.length > STRAYS_MAX)
    notes.push(`${strays.length - STRAYS_MAX} more trusted nodes were not asked: karo doctor says why.`)
  // A filter leaves out what is not known, which is not the same as what does not match.
  if (unknown > 0)
    notes.push(
      `${unknown} ${unknown === 1 ? 'row is' : 'rows are'} left out because the change is not known: no node that has it knows the time before.`,
    )
  return notes
}

const STRAY = {
  encryption: 'it uses another encryption (transport.security)',
  links_full: 'this node has no link left for it (overlay.leaves_up_to)',
  links_full_there: 'it has no free link for this node (overlay.leaves_up_to)',
  not_trusted_there: 'it does not trust this node yet',
  stalls: 'connections to it open, then stall (karo doctor)',
}

const whyStray = (apart: Apart): string =>
  apart.why === 'clock' ? `refused, its clock is ${clockWords(apart.clock_off_ms)}` : STRAY[apart.why]
