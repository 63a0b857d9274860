// From what was collected to the result of a query: a pure function, the same for every way a query ends.
import type { NodeHealthStatus, ToolUse } from '../../protocols/messages/numbers.ts'
import type { MeshQueryBody, SealedAnswer } from '../../protocols/messages/query.ts'
import { byText } from '../base/by-text.ts'
import type { Member } from '../trust/index.ts'
import { coverageOf, statusOf } from './coverage.ts'
import { hex } from './document.ts'
import { mergeHealth, mergeTools } from './merge.ts'
import type { Outcome, PerNode, QueryResult } from './result.ts'

/** What one member came to. */
export interface Collected {
  readonly outcome: Outcome
  readonly answer?: SealedAnswer
  /** Since the query began. Absent: it said nothing. */
  readonly at_ms?: number
}

/** This node's own part; empty for level 2. */
export interface OwnData {
  readonly tools?: readonly ToolUse[]
  readonly health?: NodeHealthStatus
  /** It could not be read, or not in time. */
  readonly failed?: true
}

export interface Collection {
  readonly question: Pick<MeshQueryBody, 'query_id' | 'query_type' | 'level' | 'time_range'>
  readonly perNode: boolean
  readonly self: { readonly fingerprint: string; readonly name: string; readonly as_of: number }
  readonly own: OwnData
  /** Every member that was known when the query began. */
  readonly members: readonly { readonly member: Member; readonly collected: Collected }[]
  readonly k_min: number
  readonly ended_by: QueryResult['ended_by']
  readonly elapsed_ms: number
}

/** One node's part of the data. */
interface Part extends OwnData {
  readonly fingerprint: string
  readonly name: string
  readonly as_of: number
}

/** Different reasons, should owners of several versions give them; more would only repeat. */
const REASONS_MAX = 4

export function resultOf(collection: Collection): QueryResult {
  const { question, members } = collection
  const parts = partsOf(collection)
  const coverage = coverageOf(
    members.map(({ member, collected }) => ({
      fingerprint: member.fingerprint,
      name: member.name,
      outcome: collected.outcome,
    })),
  )
  const noData = members.filter(({ collected }) => collected.answer?.status === 'no_data').length
  const status = statusOf(
    {
      contributed: parts.some((part) => part.health !== undefined || (part.tools?.length ?? 0) > 0),
      denied: coverage.denied,
      withheld: coverage.withheld,
      no_data: noData,
    },
    question.level,
  )
  // Without a wish each owner chose; only level 2 is ever withheld.
  const level = question.level ?? (status === 'withheld' ? 2 : 1)
  const perNode = collection.perNode && level === 1
  return {
    query_id: hex(question.query_id),
    query_type: question.query_type,
    level,
    time_range: { start: rfc3339(question.time_range.start), end: rfc3339(question.time_range.end) },
    status,
    data:
      question.query_type === 'NodeHealth'
        ? { nodes: mergeHealth(parts.flatMap((part) => part.health ?? [])) }
        : { tools: mergeTools(parts.flatMap((part) => (part.tools === undefined ? [] : [part.tools]))) },
    ...(perNode ? { nodes: parts.map(perNodeOf).sort(byName) } : {}),
    coverage,
    privacy: {
      mode: level === 1 ? 'per_node' : 'aggregate',
      k_min: collection.k_min,
      cells_suppressed: 0,
      noise: 'none',
    },
    ended_by: collection.ended_by,
    timing: timingOf(collection),
    notes: notesOf(collection),
  }
}

function partsOf({ own, self, members }: Collection): Part[] {
  const parts: Part[] = own.tools === undefined && own.health === undefined ? [] : [{ ...self, ...own }]
  for (const { member, collected } of members) {
    const { answer } = collected
    if (answer?.status !== 'success') continue
    const { fingerprint, name } = member
    const { data, as_of } = answer
    parts.push(
      data.query_type === 'NodeHealth'
        ? { fingerprint, name, as_of, health: data.health }
        : { fingerprint, name, as_of, tools: data.tools },
    )
  }
  return parts
}

function perNodeOf({ fingerprint, name, as_of, tools, health }: Part): PerNode {
  return {
    fingerprint,
    name,
    as_of: rfc3339(as_of),
    ...(tools === undefined ? {} : { tools: mergeTools([tools]) }),
    ...(health === undefined ? {} : { health }),
  }
}

function timingOf({ members, elapsed_ms }: Collection): QueryResult['timing'] {
  const times = members.flatMap(({ collected }) => collected.at_ms ?? [])
  return {
    first_ms: times.length === 0 ? null : tenths(Math.min(...times)),
    last_ms: times.length === 0 ? null : tenths(Math.max(...times)),
    elapsed_ms: tenths(elapsed_ms),
  }
}

function notesOf({ own, members, question }: Collection): string[] {
  const reasons = new Set<string>()
  for (const { collected } of members) {
    if (collected.answer?.status === 'withheld' && reasons.size < REASONS_MAX)
      reasons.add(collected.answer.reason)
  }
  const notes = [...reasons].sort(byText)
  if (own.failed) notes.push("This node's own numbers are missing: they could not be read in time.")
  if (question.level === 2 && notes.length === 0) {
    notes.push('Level 2 totals need two aggregators, which this release cannot run yet.')
  }
  return notes
}

const byName = (a: PerNode, b: PerNode): number =>
  byText(a.name, b.name) || byText(a.fingerprint, b.fingerprint)
const rfc3339 = (ms: number): string => new Date(ms).toISOString()
const tenths = (ms: number): number => Math.round(ms * 10) / 10
