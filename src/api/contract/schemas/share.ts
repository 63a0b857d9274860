// Schemas of /share and /summaries: consent, and what leaves this machine because of it.
import * as z from 'zod'
import { nodeSummary, RECIPIENTS_MAX } from '../../../../protocols/messages/summary.ts'
import { GRANULARITIES } from '../../../../protocols/periods.ts'
import { UNGIVEN } from '../../../exchange/totals/preview.ts'
import { ANOMALY_CHOICES, SHARING_CATEGORIES, type SharingCategory } from '../../../trust/policy/index.ts'
import {
  count,
  digest,
  flag,
  listOf,
  moment,
  named,
  nodeFields,
  nodeRef,
  oneOf,
  rowsOf,
  sharingCategory,
  someText,
  text,
  timeRange,
  totalsReaders,
  trustLevel,
  who,
  whole,
} from './fields.ts'

/** Most entries of one list of a person. */
const ENTRIES_MAX = 256
const entries = (what: string) => listOf(text(256, 'node id, `team:x`, `role:x` or `*`')).describe(what)

const parts = (what: string) =>
  rowsOf(
    ENTRIES_MAX,
    {
      who: text(256, 'node id, `team:x`, `role:x` or `*`'),
      categories: listOf(sharingCategory(), SHARING_CATEGORIES.length),
    },
    what,
  )

const sharedWith = named(
  'SharedWith',
  {
    ...nodeFields,
    trust_level: trustLevel(),
    level_1: listOf(sharingCategory(), 8, 'categories of which it may have the numbers of this node'),
    summaries: listOf(sharingCategory(), 8, 'categories in the summaries that it gets'),
    level_2: listOf(sharingCategory(), 8, 'categories of which it may have totals over many nodes'),
    rule: text(128, 'the rule that decided about tool usage'),
    reason: text(1024, 'for people'),
  },
  'What one known node may have of one person right now.',
)

export const sharingView = named('Sharing', {
  sharing: z.enum(['on', 'off']),
  source: oneOf(['config', 'decision'], 'decision: this person decided; config: the file still holds'),
  max_level: z.literal([0, 1, 2]).meta({ type: 'integer', description: '0 nothing, 1 summaries, 2 totals' }),
  categories: z.strictObject(
    Object.fromEntries(SHARING_CATEGORIES.map((one) => [one, z.boolean()])) as Record<
      SharingCategory,
      z.ZodBoolean
    >,
  ),
  anomalies: oneOf(
    ANOMALY_CHOICES,
    'how far anomalies leave: off, anonymous (only in totals of many nodes) or identified (also in answers of this node)',
  ),
  allow: z.strictObject({
    peers: entries('who may have level 1'),
    supervisors: entries('who may have level 2'),
  }),
  allow_only: parts('who may have some categories, besides what `allow` gives'),
  stopped: listOf(text(256, 'node id, `team:x` or `role:x`'), ENTRIES_MAX, 'nothing goes to these'),
  stopped_only: parts('from whom some categories are kept, whatever else is allowed'),
  peers: listOf(sharedWith),
  totals: totalsReaders,
})
export type SharingView = z.infer<typeof sharingView>

const summary = named(
  'Summary',
  {
    ...nodeSummary.shape,
    start: moment('start of the period'),
    end: moment('end of the period, exclusive'),
    generated_at: moment('when it was derived'),
  },
  "One node's numbers of one period: level 1.",
)

const previewed = named('PreviewedSummary', {
  recipients: listOf(nodeRef, RECIPIENTS_MAX, 'every node that could read it, in the order of their ids'),
  summary,
  bytes: count('bytes of the plaintext'),
  digest: digest('hash of the plaintext'),
})
export type SummaryShape = z.infer<typeof previewed>

const totalsType = z.strictObject({
  type: text(48, 'a type of question'),
  given: z.boolean(),
  reason: text(1024, 'why it is not given, for people; null when it is').nullable(),
  rows: count('rows of its layout; those that are not in `own` are 0'),
  own: rowsOf(
    512,
    {
      row: text(64, 'a tool, an hour, a level of risk'),
      values: z.record(z.string(), z.number()).describe('by name, none above 1000000'),
    },
    "rows that the caller has any of; other people's parts are added before it is split",
  ),
})

const totalsPreview = named(
  'TotalsPreview',
  {
    bucket: timeRange
      .nullable()
      .describe('the closed period that is previewed; null: the mesh computes no totals'),
    state: oneOf(
      ['open', 'due', 'given'],
      'open: it is not over, so numbers are those so far; given: it has left this machine',
    ),
    why: z.enum(UNGIVEN).nullable().describe('why nothing at all is given; null: the types say'),
    pair: rowsOf(
      2,
      { node: nodeRef, operator: text(64, 'who runs it') },
      'the two nodes that get half of each number each',
    ),
    readers: listOf(nodeRef, RECIPIENTS_MAX, 'nodes with the role, which may read the totals'),
    operators: listOf(nodeRef, RECIPIENTS_MAX, 'people with the role, who may read them anywhere'),
    k: count('fewest machines of a total'),
    k_min: count('of this machine: it is in no total of fewer'),
    counted: flag("the caller's numbers are among those that this machine adds up"),
    types: listOf(totalsType, 16),
  },
  "What this machine would give to a role's totals.",
)
export type TotalsPreviewShape = z.infer<typeof totalsPreview>

export const sharePreview = named(
  'SharePreview',
  {
    to: nodeRef.nullable().describe('the node it was narrowed to'),
    role: z.string().nullable().describe('the role it was narrowed to'),
    categories: listOf(sharingCategory(), 4)
      .nullable()
      .describe('what is shown would leave if just these were allowed; null: what leaves as things are'),
    summaries: listOf(previewed),
    totals: totalsPreview
      .nullable()
      .describe('for the role; null where no role, or none with totals, is named'),
  },
  'What would be sealed now, for whom.',
)
export type SharePreviewShape = z.infer<typeof sharePreview>

const period = named('Period', {
  granularity: oneOf(GRANULARITIES, 'of UTC, weeks from Monday'),
  ...timeRange.shape,
})

const edition = {
  period,
  published_at: moment('when its author made this edition'),
  expires_at: moment('when all nodes delete it'),
  bytes: count('bytes of the signed document as it travels'),
}

export const publishedSummaries = named('PublishedSummaries', {
  summaries: listOf(
    named('PublishedSummary', {
      ...edition,
      recipients: listOf(nodeRef, RECIPIENTS_MAX, 'who can open numbers of the caller in it'),
    }),
  ).describe('newest period first'),
})

export const heldSummaries = named('HeldSummaries', {
  summaries: listOf(
    named('HeldSummary', {
      author: nodeRef,
      ...edition,
      received_at: moment('when this node got it'),
      age_ms: count('milliseconds since its author derived the numbers'),
    }),
  ).describe('newest period first'),
  total: count('all that match, also those beyond the limit'),
})

export const whom = z.strictObject({
  who: someText(256, 'a node id, a fingerprint in any grouping, a name, `team:x`, `role:x` or `*`'),
  categories: z
    .array(sharingCategory())
    .min(1)
    .max(SHARING_CATEGORIES.length)
    .readonly()
    .exactOptional()
    .describe('those only; absent: all'),
})

export const anomalyChoice = z.strictObject({
  choice: oneOf(['anonymous', 'identified'], 'only in totals of many nodes, or also in answers of this node'),
})

export const getPreviewQuery = z.strictObject({
  to: who().exactOptional(),
  role: someText(64, 'only numbers that nodes with this role could read').exactOptional(),
  category: someText(
    128,
    'what would leave if just these were allowed: categories with commas, `tool_usage,safety_stats`',
  ).exactOptional(),
  at: moment(
    'with `role`: a time in the closed period whose totals are previewed; default now',
  ).exactOptional(),
})

const SUMMARIES_LIMIT_MAX = 1_000

export const getSummariesQuery = z.strictObject({
  author: who().exactOptional(),
  since: moment('only periods that ended after this time; absent: the last 7 days').exactOptional(),
  limit: whole(1, SUMMARIES_LIMIT_MAX, 'how many; `total` counts all').default(100),
})
