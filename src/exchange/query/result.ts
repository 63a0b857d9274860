// The types of a query's result, as its schema has them.
import type * as z from 'zod'
import type { BucketTotals } from '../totals/types.ts'
import type { queryResult } from './schema.ts'

export type QueryResult = z.infer<typeof queryResult> & {
  /** With `opened` of the request: the closed buckets in the range, none without `released`; it never leaves the process. */
  readonly opened?: readonly BucketTotals[]
}

/** Every known member is in exactly one count; the counts add up to `known`. */
export type Coverage = QueryResult['coverage']
/** What became of one member: never its numbers. */
export type MemberOutcome = Coverage['nodes'][number]
export type Outcome = MemberOutcome['outcome']

/** One node by itself, with the member of its query type. */
export type PerNode = NonNullable<QueryResult['nodes']>[number]

/** Which part of the asked range the numbers rest on. */
export type ResultReach = NonNullable<QueryResult['reach']>
