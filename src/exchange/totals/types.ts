// What the rooms around totals give and read: what a query type can be totalled by; and for an audience, type and range, what was
// released of each closed bucket, and why not.
import type * as z from 'zod'
import type { ShownStatement } from '../../../protocols/messages/release.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TimeRange } from '../../insight/statistics/index.ts'
import type { QueryAction } from '../../trust/policy/index.ts'
import type { Counts, Layout, Stated } from '../aggregates/index.ts'
import type { contributions } from './schema.ts'

/** One query type that has totals; handed in, because this room knows no type by name. */
export interface Measure {
  /** A query type, `ToolUsage`. */
  readonly type: string
  readonly action: QueryAction
  readonly layout: Layout
  /**
   * The counts of these people in a bucket; rows that they have nothing of are left out. `gives`: whether the audiences of
   * this type are given another one too.
   */
  count(uids: readonly number[], bucket: TimeRange, gives: (type: string) => boolean): Promise<Counts>
}

/** Why nothing of a closed bucket is shown. */
export const UNRELEASED = [
  /** No release came here that this node can read: nobody computed totals then, or it had not the role, or others computed them. */
  'none',
  /** The two aggregators have not released it yet. */
  'pending',
  /** One of the two releases has not come here. */
  'half',
  /** The two aggregators released different numbers: one of them is not honest, or broken. */
  'disagree',
  /** Too few machines contributed. */
  'few',
  /** The sums cannot be: a contributor or an aggregator is not honest, or broken. */
  'implausible',
  /** Another release of Karo computed it, with rows that this one does not know. */
  'layout',
  /** The total was released without a part of its own for the team that was asked about. */
  'team',
  /** Others hold it, and one question does not fetch so much. */
  'unfetched',
] as const
export type Unreleased = (typeof UNRELEASED)[number]

/** What became of this machine's part of a bucket. */
export const OUTCOMES = [
  'counted',
  /** Too few machines share the same, or the machine is in no set as small. */
  'waiting',
  /** It was given later than machines are waited for, and is in no total. */
  'late',
  /** It was given in time, and neither of the two says that it had it. */
  'left_out',
  /** The two say that its proof fails. */
  'unproved',
  /** The two say different things about it, or name different sets of machines. */
  'disagree',
] as const
export type Outcome = (typeof OUTCOMES)[number]

/** One row of a total: how many machines have any of it, and the sums of its values. */
export interface TotalRow {
  readonly nodes: number
  readonly values: readonly number[]
}

export type Contributions = z.infer<typeof contributions>

/** How far 95 of 100 numbers of machines, and values, are off at most because of noise. */
export interface Off {
  readonly nodes: number
  readonly values: number
}

export interface BatchTotals {
  readonly contributors: number
  /** Absent: its numbers have no noise. Of a part it is that of the whole, which is at least as large. */
  readonly off?: Off | undefined
  /** The rows that are told. Nothing is known of a missing row: no machine has it, too few have it, or such a row would follow from it. */
  readonly rows: ReadonlyMap<string, TotalRow>
  /** The rows that are told of some of the contributors only. */
  readonly partly: ReadonlySet<string>
}

/** Some of the machines of a total, told apart by the teams of their certificates. */
export interface PartTotals extends BatchTotals {
  /** Exactly these; empty: machines that are in no part, of whatever teams. */
  readonly teams: readonly string[]
  /** Which group of machines it was cut from: parts of one number are disjoint and of the same ones. */
  readonly split: number
  /** The fewest machines behind a row of it that is shown. */
  readonly k: number
}

export interface ApartTotals {
  /** A row that is not in `rows` is told of the whole only. */
  readonly parts: readonly PartTotals[]
  /** Expected machines by team, the largest teams, as the aggregators knew them last. */
  readonly teams: ReadonlyMap<string, number>
  /** Machines that are not told apart because the two aggregators know other teams of them. */
  readonly undivided: number
}

export interface BucketTotals {
  /** Milliseconds since the epoch; end is exclusive. */
  readonly start: number
  readonly end: number
  /** Undefined: it was released. */
  readonly why: Unreleased | undefined
  /** Whose release has not come, where the other one's has. */
  readonly lacks?: NodeId | undefined
  /** What was opened, of sets that have no machine in common: one, or of a team one for each part; empty unless it was released. */
  readonly batches: readonly BatchTotals[]
  /** The same, as far as it was told apart by teams; absent: nothing was released. */
  readonly apart?: ApartTotals | undefined
  /** Of a team: rows that are told of all machines together and not of these. */
  readonly ofAllOnly?: number
  /** Sums of some of its machines cannot be, so what is shown is of the others. */
  readonly implausible: boolean
  /** The fewest machines behind a row that is shown, aggregators and readers not counted. */
  readonly k: number
  readonly contributions: Contributions | undefined
}

export interface Totals {
  readonly audience: string
  /** Closed buckets in the range, oldest first. */
  readonly buckets: readonly BucketTotals[]
  /** The bucket with which totals of this mesh begin, wherever the range is; absent: nobody said when they began. */
  readonly first?: TimeRange | undefined
}

export interface TotalsReader {
  /**
   * Roles whose totals the mesh's policy has computed; empty when it names no two aggregators of different operators, or
   * this node is in no mesh.
   */
  audiences(): readonly string[]
  /** Why the newest policy bundle, which may name other nodes, is not in force, for people, if it is not. */
  problem(): string | null | undefined
  /**
   * What was released to this node, bucket by bucket, and why there is nothing of the others. `stated`: what other nodes
   * showed, as `check` returned it.
   */
  read(audience: string, type: string, range: TimeRange, stated?: readonly Stated[]): Promise<Totals>
}

/** A question about totals, as one node asks another. */
export interface ReleasesAsked {
  readonly audience: string
  readonly type: string
  readonly range: TimeRange
}

/** Releases on their way from a node that holds them to one that may read them and holds none. */
export interface ReleasesShown {
  /**
   * What this node holds of closed buckets in the range, the newest first, as far as it fits into one answer. Whether the
   * asker may read it the caller decides.
   */
  show(
    asked: ReleasesAsked,
  ): Promise<{ readonly statements: readonly ShownStatement[]; readonly more: boolean }>
  /**
   * What another node showed, checked: each is of this mesh, audience and type, of a closed bucket in the range, of the pair
   * drawn for it, and signed. FrameErrors `malformed` and `bad_signature`: one is not, so nothing of the answer is used.
   */
  check(statements: readonly ShownStatement[], asked: ReleasesAsked): readonly Stated[]
  /** Who may hold them: those who compute totals, then those with the role; without this node. */
  holders(audience: string): readonly NodeId[]
}
