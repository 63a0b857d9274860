// The shape of a query type: rooms that handle questions use these members and know no type by name.
import type * as Zod from 'zod'
import type { COUNTED_TYPES } from '../../../../protocols/messages/counted-types.ts'
import type * as numbers from '../../../../protocols/messages/numbers.ts'
import type { NodeHealthStatus, ReleaseFetch } from '../../../../protocols/messages/numbers.ts'
import type { QueryFilter, SealedAnswer } from '../../../../protocols/messages/query.ts'
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Insight, Numbers, TimeRange } from '../../../insight/statistics/index.ts'
import type { QueryAction } from '../../../trust/policy/index.ts'
import type { Counts, Layout } from '../../aggregates/index.ts'
import type { SummaryParts } from '../../summaries/index.ts'
import type { OpenedBucket } from '../../totals/reading.ts'
import { passes } from '../passes.ts'

/** One node's numbers, as an answer carries them. */
export type NodeData = Extract<SealedAnswer, { status: 'success' }>['data']
export type NodeDataOf<T extends NodeData['query_type']> = Extract<NodeData, { query_type: T }>
/** The types that an answer can carry: what this release can be asked about. */
export type AskedType = NodeData['query_type']
/** Those whose numbers are counted rows. */
export type CountedType = (typeof COUNTED_TYPES)[number]

export interface FilterField {
  readonly kind: 'text' | 'number'
  /** `owners`: sent with the question, so that the rest never leaves them; `here`: compared with the merged rows. */
  readonly applied: 'owners' | 'here'
  readonly meaning: string
  /** All values it can have, where that is known. */
  readonly values?: readonly string[]
  /** The least and the most value of a number. */
  readonly range?: readonly [number, number]
}

/** Whether all filters (or those on `field`) let these values through. A field that is absent or null passes no filter. */
type Passes = (fields: Readonly<Record<string, string | number | null>>) => boolean
export interface Filtered {
  readonly filters: readonly QueryFilter[]
  readonly all: Passes
  /** Only the filters on one field are applied. */
  readonly on: (field: string, value: string | number | null) => boolean
}

export const filteredBy = (filters: readonly QueryFilter[]): Filtered => ({
  filters,
  all: (fields) => filters.every((filter) => passes(filter, fields[filter.field] ?? null)),
  on: (field, value) => filters.every((filter) => filter.field !== field || passes(filter, value)),
})

/** Rows that the filters leave out only because a value of theirs is not known. */
export const unknownIn = (
  rows: readonly Readonly<Record<string, string | number | null>>[],
  { filters }: Filtered,
): number =>
  rows.filter((row) => {
    const known = filters.filter(({ field }) => row[field] !== null)
    return known.length < filters.length && filteredBy(known).all(row)
  }).length

/** A member that nobody could reach, as far as this node knows it. */
export interface AbsentMember {
  readonly node_id: NodeId
  readonly fingerprint: string
  readonly name: string
  /** RFC 3339 UTC. */
  readonly last_seen: string
}

/** Zod and shared schemas, handed in because a command that only checks a filter must not load Zod. */
interface SchemaKit {
  readonly z: typeof Zod
  readonly numbers: typeof numbers
}

export type GatherInsight = Pick<
  Insight,
  'during' | 'nodeHealth' | 'recordedSince' | 'anomaliesKnownSince'
> & {
  /** Who fetched released totals from this node; absent: it cannot tell. */
  readonly fetched?: () => Promise<readonly ReleaseFetch[]>
  /** The settings of the fleet that are in force here; undefined: no policy bundle came. */
  readonly settings?: () => NodeHealthStatus['settings']
}

export interface ReleasedTotals {
  /** In the order of time; several of one bucket are of different nodes. */
  readonly buckets: readonly OpenedBucket[]
  /** The buckets of an earlier period of equal length; absent: nothing is compared. */
  readonly before?: readonly OpenedBucket[] | undefined
}

export interface Released<Result extends object> {
  readonly layout: Layout
  /**
   * What one node gives for a closed bucket: the people `uids` added up, only rows with anything in them, no value below 0.
   * A value of what is counted once for a node (a state) is 1. `gives`: whether all who get these numbers are given those
   * of another type too, so that a row may show what the other type's category is about.
   */
  count(
    insight: GatherInsight,
    uids: readonly number[],
    bucket: TimeRange,
    gives: (type: string) => boolean,
  ): Promise<Counts>
  /** Totals as a result; null in it is what was withheld, or what totals do not hold. */
  fromReleased(totals: ReleasedTotals): Result
}

/**
 * `Data`: one node's numbers. `Result`: those of all nodes in a query's result. `Part`: the member of `nodes` that
 * `--per-node` adds for each node.
 */
export interface QueryTypeRow<Data extends NodeData, Result extends object, Part extends object> {
  /** The type's name for people: the argument of `karo query`, and the name in the MCP tool. */
  readonly word: string
  /** After `<word>: `, for the help of the command. */
  readonly meaning: string
  /** What it is called on the page in a browser. */
  readonly title: string
  /** Of counted rows: what their names are, and what is counted. */
  readonly headings?: { readonly name: string; readonly count: string }
  /** The right that the policy decides on, for each person of the machine that is asked. */
  readonly action: QueryAction
  /** Each node speaks for itself only, so level 2 (totals of many) does not exist. */
  readonly levelOneOnly?: true
  /** The numbers are of now, whatever range is asked for. */
  readonly ofNow?: true
  /** What else a person must have chosen before a node answers, for whoever was denied; absent: consent is enough. */
  readonly asksFor?: string
  /**
   * Since when these numbers of `uids` are known, ms since the epoch; undefined: of none of them. Absent: since the first
   * command of theirs.
   */
  knownSince?(insight: GatherInsight, uids: readonly number[]): Promise<number | undefined>
  /** The fields that `--where` can name. */
  readonly fields: Readonly<Record<string, FilterField>>
  /**
   * Numbers of `uids` in `range` (whole UTC hours); null: there is nothing to say. `before`: the period to compare with;
   * undefined where these people's records do not reach back over all of it.
   */
  gather(
    insight: GatherInsight,
    uids: readonly number[],
    range: TimeRange,
    before: TimeRange | undefined,
  ): Promise<Data | null>
  /** Whether nodes whose people chose it are told by name beside totals, to askers who get totals only. */
  readonly namedBesideTotals?: boolean
  /** What is left for an asker who may not know of single tools. Absent: the type names none, or is about nothing else. */
  withoutTools?(data: Data): Data
  /** The numbers under the name and fingerprint that the asking node knows their owner by, where they hold them. */
  identified?(data: Data, owner: { readonly fingerprint: string; readonly name: string }): Data
  /** False for numbers that cannot be. `filtered`: filters left something out, so parts may be less than their sum. */
  plausible(data: Data, about: { readonly responder: NodeId; readonly filtered: boolean }): boolean
  /**
   * What the filters that owners apply leave of one node's numbers; null: nothing. Applied twice it changes nothing,
   * so the asking node applies it too, whatever an owner did.
   */
  filterNode(data: Data, filtered: Filtered): Data | null
  /** Whether one node's numbers have those of the period before beside them; absent: the type compares nothing. */
  compares?(data: Data): boolean
  /** False for a node on which nothing happened: it must not hide that all others refused. */
  contributes(data: Data): boolean
  /** Adds up nodes' numbers; the order in which they come changes nothing. */
  merge(parts: readonly Data[], absent: readonly AbsentMember[]): Result
  /** What the filters leave of the merged numbers. */
  filterResult(result: Result, filtered: Filtered): Result
  /** Rows that the filters leave out only because a value of theirs is not known; absent: each value always is. */
  unknownTo?(result: Result, filtered: Filtered): number
  /** One node's row of `--per-node`; undefined: the filters leave nothing of it in `merged`. */
  perNode(data: Data, merged: Result, filtered: Filtered): Part | undefined
  /**
   * The same numbers out of published summaries, oldest first; undefined: none of them shares any. `before`: those of the
   * period before, where they reach over all of it.
   */
  fromSummaries?(summaries: readonly NodeSummary[], before?: readonly NodeSummary[]): Data | undefined
  /** What a published summary has of these numbers. */
  forSummaries?(numbers: Numbers, uids: readonly number[]): Promise<SummaryParts>
  /** What it gives to totals of many nodes (level 2); absent where `levelOneOnly` is. */
  readonly released?: Released<Result>
  /** Schemas of `Result` and `Part` for the API; called once. */
  schemas(kit: SchemaKit): {
    readonly result: Zod.ZodType
    readonly part: Readonly<Record<string, Zod.ZodType>>
  }
}

/** Keeps the types of a row and checks it against them. */
export const defineQueryType = <T extends AskedType, Result extends object, Part extends object>(
  _type: T,
  row: QueryTypeRow<NodeDataOf<T>, Result, Part>,
): QueryTypeRow<NodeDataOf<T>, Result, Part> => row
