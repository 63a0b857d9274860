// What a type of question can be totalled by: its layout, and one machine's counts of it.
import type { TimeRange } from '../../insight/statistics/index.ts'
import type { QueryAction } from '../../trust/policy/index.ts'
import type { Counts, Layout } from '../aggregates/index.ts'

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
