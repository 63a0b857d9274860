// The schema of a query's result, as the API returns it and `karo query --json` prints it, and its types.
import * as z from 'zod'
import * as numbers from '../../../protocols/messages/numbers.ts'
import { QUERY_TYPES, queryFilter } from '../../../protocols/messages/query.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import {
  count,
  fingerprint,
  integer,
  LIST_MAX,
  labels,
  level,
  listOf,
  moment,
  nodeId,
  nodeName,
  oneOf,
  pattern,
  rowsOf,
  text,
  timeRange,
  traceId,
} from '../../base/shape/fields.ts'
import { contributions, firstTotals } from '../totals/schema.ts'
import { type BucketTotals, UNRELEASED } from '../totals/types.ts'
import { ASKED_TYPES, type NodePart, type QueryData, queryType } from './query-types/index.ts'
import { ENDINGS, OUTCOMES, UNREACHED } from './words.ts'

export const coverage = z
  .strictObject({
    known: count('other members; the next six counts add up to it'),
    answered: count('members that answered, also those without numbers'),
    from_summary: count('absent members whose published summaries are used instead'),
    denied: count('that refused'),
    withheld: count('members whose numbers may not be shown, because too few people are in them'),
    failed: count('members that were busy, failed, do not support the question, or signed badly'),
    unreachable: count('members that could not be reached'),
    complete: z.boolean().describe('answered = known'),
    nodes: rowsOf(LIST_MAX, {
      fingerprint: fingerprint(),
      name: nodeName(),
      outcome: z.enum(OUTCOMES),
      why: oneOf(
        UNREACHED,
        'why the member is unreachable, if this node knows. clock: its clock is more than five minutes off, so it is refused; not_trusted_there: it does not trust this node; encryption: its setting transport.security is another one; stalls: connections to it open and then carry nothing; links_full: it trusts few nodes, this one keeps the links of overlay.leaves_up_to others, and it could not be dialed; links_full_there: the other way round; left: it was stopped; lost: its connection broke; silent: it is connected and did not answer in time; away: nothing was heard of it lately; ended: its certificate ended, at most 30 days ago',
      ).exactOptional(),
      clock_off_ms: integer('with `clock`: its clock minus this one').exactOptional(),
      last_seen: moment('with `left`, `lost` and `away`: when it was last met').exactOptional(),
      ended_at: moment('with `ended`: when its certificate ended').exactOptional(),
    }).describe('outcomes only, never numbers'),
  })
  .meta({ id: 'Coverage', description: 'The outcome for every known member, each counted once.' })

const reach = z
  .strictObject({
    nodes: count('nodes that were heard, live or by their last summary, this one included'),
    whole: count('those whose records reach over the whole range, as far as it has come'),
    short: rowsOf(LIST_MAX, {
      fingerprint: fingerprint(),
      name: nodeName(),
      source: z.enum(['live', 'summary']),
      covers: timeRange.nullable().describe('null: there are no records in the range, or `unsaid`'),
      unsaid: z
        .literal(true)
        .optional()
        .describe('the node gave numbers without saying which part of the time they cover'),
    }).describe('the others'),
  })
  .meta({ id: 'Reach', description: 'Which part of the asked range the numbers rest on.' })

const holders = (description: string) =>
  rowsOf(64, { node_id: nodeId<NodeId>(), fingerprint: fingerprint(), name: nodeName() }).describe(
    description,
  )

const released = z
  .strictObject({
    audience: text(64, 'the role that the totals were computed for'),
    first: firstTotals.optional(),
    partly: listOf(z.string().max(64), 512).describe(
      'rows that some periods do not tell, or not of all machines: what is shown of them is the least',
    ),
    team: z
      .strictObject({
        name: text(64, 'the team that was asked about'),
        machines: count('machines of it in the newest of these periods'),
        of: count('machines that it had then').nullable().describe('null: not known'),
      })
      .optional()
      .describe('of a team that was asked about'),
    holders: holders('nodes that showed releases which the asking one does not hold; empty when it held all'),
    refused: holders('nodes that sent something altered, or about something else, in their place'),
    buckets: rowsOf(LIST_MAX, {
      ...timeRange.shape,
      why: z
        .enum(UNRELEASED)
        .nullable()
        .describe('why there are no totals of this period; null when there are'),
      contributions: contributions.nullable().describe('null: this node does not know'),
      k: count('fewest machines behind a row that is shown'),
    }).describe('the closed periods in the range, oldest first'),
    most: count('so much of one number of one machine counts in a period'),
  })
  .meta({ id: 'Released', description: 'Which closed periods the totals are of, at level 2.' })

type NodePartShape = { readonly [K in keyof NodePart]-?: z.ZodType<NonNullable<NodePart[K]>> }

/** The schemas of each query type. They are made once, because two schemas with one id would be two shapes. */
const types = ASKED_TYPES.map((type) => queryType(type).schemas({ z, numbers }))
/** TypeScript cannot tell that the mapped list has several members, which `z.union` needs. */
type Several<T> = readonly [T, T, ...T[]]
const data: z.ZodType<QueryData> = z.union(
  types.map(({ result }) => result) as unknown as Several<z.ZodType<QueryData>>,
)
const parts = Object.assign({}, ...types.map(({ part }) => part)) as NodePartShape

const perNode = z
  .strictObject({
    fingerprint: fingerprint(),
    name: nodeName(),
    as_of: moment('when its owner computed it'),
    source: oneOf(
      ['live', 'summary'],
      'summary: the member is absent, and these are its last published numbers',
    ),
    ...(Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.exactOptional()])) as {
      readonly [K in keyof NodePartShape]: z.ZodExactOptional<NodePartShape[K]>
    }),
  })
  .meta({ id: 'PerNode' })

export const queryResult = z
  .strictObject({
    query_id: pattern(/^[0-9a-f]{32}$/, '32 hex digits'),
    trace_id: traceId(),
    query_type: z.enum(QUERY_TYPES),
    level: level('1: numbers of consenting nodes; 2: totals of many'),
    time_range: timeRange,
    status: z.enum(['success', 'access_denied', 'no_data', 'withheld']),
    filters: listOf(queryFilter, 16).optional().describe('the filters of the question, if any'),
    team: text(64, 'the team, if only a team was asked').optional(),
    asked_as: z
      .strictObject({
        operator: nodeId<NodeId>(),
        fingerprint: fingerprint(),
        name: nodeName(),
        roles: labels('roles of the operator'),
        teams: labels('teams of the operator'),
      })
      .optional()
      .describe('the operator who asked; absent: this node asked'),
    own_missing: z
      .literal(true)
      .optional()
      .describe("this node's own numbers are missing, because they could not be read in time"),
    data,
    nodes: listOf(perNode).optional().describe('with per_node'),
    as_of: moment('when the oldest of these numbers was computed; null without any').nullable(),
    age_ms: count('milliseconds since it was asked, where an earlier answer was kept').exactOptional(),
    coverage,
    reach: reach.nullable().describe('null for numbers that are of now'),
    compared: z
      .strictObject({
        nodes: count(
          'nodes whose records reach back over all of the period before; at level 2 the fewest machines of one period before',
        ),
        of: count('nodes that gave numbers; at level 2 the machines of the newest period'),
      })
      .nullable()
      .describe('the nodes behind each `change`; null for a type that compares nothing'),
    released: released.optional().describe('at level 2'),
    elsewhere: z
      .strictObject({ machines: count('machines beside the team'), data })
      .optional()
      .describe(
        'at level 2, of a team: the same numbers of the machines beside it, where they were released',
      ),
    privacy: z.strictObject({
      mode: z.enum(['per_node', 'aggregate']),
      k_min: count('fewest nodes that a total may include'),
      cells_suppressed: count(
        'rows left out because too few nodes were in them; of totals of a team those that are told of all machines only; null: of totals of all machines that is not told',
      ).nullable(),
      noise: z
        .strictObject({
          nodes: count('of numbers of nodes'),
          values: count('of all other numbers'),
        })
        .nullable()
        .describe('how far 95 of 100 numbers are off at most because of noise; null: they have none'),
    }),
    ended_by: z.enum(ENDINGS),
    timing: z.strictObject({
      first_ms: z.number().min(0).nullable().describe('milliseconds to the first answer; null without any'),
      last_ms: z.number().min(0).nullable().describe('milliseconds to the last one'),
      elapsed_ms: z.number().min(0).describe('milliseconds to the complete result'),
    }),
    notes: listOf(text(1024, 'for people'), 256).describe(
      'why something is withheld, and what to do about it',
    ),
  })
  .meta({ id: 'QueryResult' })

export type QueryResult = z.infer<typeof queryResult> & {
  /** With `opened` of the request: the closed buckets in the range, none without `released`; it never leaves the process. */
  readonly opened?: readonly BucketTotals[] | undefined
}

/** Every known member is in exactly one count; the counts add up to `known`. */
export type Coverage = QueryResult['coverage']
/** What became of one member: never its numbers. */
export type MemberOutcome = Coverage['nodes'][number]
export type Outcome = MemberOutcome['outcome']

/** One node by itself, with the member of its query type. */
export type PerNode = NonNullable<QueryResult['nodes']>[number]
