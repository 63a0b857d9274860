// From what was collected to the result of a query: a pure function, the same for every way a query ends.
import type { QueryFilter } from '../../../../protocols/messages/query.ts'
import { byText } from '../../../base/by-text.ts'
import { toHex } from '../../../base/hex.ts'
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
import { rfc3339 } from '../range.ts'
import type { PerNode, QueryResult } from '../result.ts'
import { coverageOf, statusOf } from './coverage.ts'
import { notesOf } from './notes.ts'
import { reachIn } from './reach.ts'
import type { Collection } from './types.ts'

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
  const coverage = coverageOf(
    members.map(({ member, collected, unreached }) => ({
      fingerprint: member.fingerprint,
      name: member.name,
      outcome: collected.outcome,
      ...unreached,
    })),
  )
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
  const status = statusOf({
    contributed: giving.size > 0,
    denied: coverage.denied,
    withheld: coverage.withheld,
    no_data: noData,
  })
  // The question named no level, so each owner chose one; owners withhold at level 2 only.
  const level = question.level ?? (status === 'withheld' ? 2 : 1)
  const given = parts.map(({ data }) => data)
  const row = queryType(question.query_type)
  const merged = row.merge(given, absentOf(members))
  const data = filterResult(question.query_type, merged, filters)
  const unknown = row.unknownTo?.(merged, filteredBy(filters)) ?? 0
  const perNode = collection.perNode && level === 1
  const oldest = parts.reduce((least, { as_of }) => Math.min(least, as_of), Number.POSITIVE_INFINITY)
  return {
    query_id: toHex(question.query_id),
    trace_id: collection.trace_id,
    query_type: question.query_type,
    level,
    time_range: { start: rfc3339(question.time_range.start), end: rfc3339(question.time_range.end) },
    status,
    ...(filters.length === 0 ? {} : { filters }),
    ...(collection.team === undefined ? {} : { team: collection.team }),
    ...(collection.acting === undefined ? {} : { asked_as: askedAs(collection.acting) }),
    ...(collection.own.failed ? { own_missing: true } : {}),
    data,
    ...(perNode ? { nodes: parts.flatMap((part) => perNodeOf(part, data, filters)).sort(byName) } : {}),
    as_of: oldest === Number.POSITIVE_INFINITY ? null : rfc3339(oldest),
    coverage,
    reach: reachIn(collection),
    compared: comparedOf(question.query_type, given),
    privacy: {
      mode: level === 1 ? 'per_node' : 'aggregate',
      k_min: collection.k_min,
      cells_suppressed: 0,
      noise: null,
    },
    ended_by: collection.ended_by,
    timing: timingOf(collection),
    notes: [...notesOf(collection), ...unknownNote(unknown)],
  }
}

/** A filter leaves out what is not known, which is not the same as what does not match. */
const unknownNote = (rows: number): readonly string[] =>
  rows === 0
    ? []
    : [
        `${rows} ${rows === 1 ? 'row is' : 'rows are'} left out because the change is not known: no node that has it knows the time before.`,
      ]

function comparedOf(type: AskedType, given: readonly NodeData[]): QueryResult['compared'] {
  const { compares } = queryType(type)
  return compares === undefined ? null : { nodes: given.filter(compares).length, of: given.length }
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
  for (const { member, collected } of members) {
    const { fingerprint, name } = member
    const { answer, summary } = collected
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
  return {
    first_ms: times.length === 0 ? null : tenths(Math.min(...times)),
    last_ms: times.length === 0 ? null : tenths(Math.max(...times)),
    elapsed_ms: tenths(elapsed_ms),
  }
}

const byName = (a: PerNode, b: PerNode): number =>
  byText(a.name, b.name) || byText(a.fingerprint, b.fingerprint)
const tenths = (ms: number): number => Math.round(ms * 10) / 10
