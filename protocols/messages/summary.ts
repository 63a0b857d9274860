// Summaries: one node's numbers of one period, and the sealed document in which they travel.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { GRANULARITIES, isPeriod, KEPT_MS } from '../periods.ts'
import { bytes, HINT_BYTES, listOf, nodeId, publicName, rowsOf, timestamp, typeName, uint } from './fields.ts'
import { activityPatterns, countedRows, safetyPosture, toolUsage } from './numbers.ts'

const period = {
  granularity: z
    .enum(GRANULARITIES)
    .describe('of UTC, weeks from Monday, so that periods of all nodes fit together'),
  start: timestamp('start of the period'),
  end: timestamp('end of the period, exclusive'),
}

const NO_PERIOD = 'not a whole hour, day or week of UTC'

/** The main source's PatternStat: commands of one category. */
const patternStat = z.object({
  category: publicName(24),
  count: uint(),
  failures: uint(),
  unknown: uint().describe('those whose exit code is not known; none of them is in `failures`'),
  avg_duration_ms: uint(),
})

export type PatternStat = z.infer<typeof patternStat>

/**
 * The main source's NodeSummary, the plaintext inside a box. A part is absent when its people do not share that
 * category with these recipients. Its failure rates are counts here, so that sums stay exact.
 */
export const nodeSummary = z
  .object({
    node_id: nodeId(),
    ...period,
    generated_at: timestamp('when it was derived'),
    closed: z.boolean().describe('the period was over when it was derived'),
    command_patterns: listOf(patternStat, 32).optional(),
    tool_usage: toolUsage.optional(),
    activity_pattern: activityPatterns.optional(),
    safety_stats: safetyPosture.optional(),
    counted: listOf(z.object({ query_type: typeName(), rows: countedRows }), 32)
      .optional()
      .describe('numbers that are counted rows, of which there are any'),
  })
  .refine(isPeriod, NO_PERIOD)
export type NodeSummary = z.infer<typeof nodeSummary>

/** Recipients of one document, over all its boxes. */
export const RECIPIENTS_MAX = 256
/** Groups of recipients that may read the same. */
export const BOXES_MAX = 8
const WRAPPED_KEY_BYTES = 32 + 16
/** Most bytes of one sealed plaintext. */
const BOX_BYTES = 36 * 1024
const TAG_BYTES = 16
export const SUMMARY_BYTES = BOX_BYTES - TAG_BYTES

const box = z.object({
  epk: bytes(32).describe('X25519 public key, fresh for this box'),
  recipients: rowsOf(RECIPIENTS_MAX, {
    hint: bytes(HINT_BYTES).describe('only author and recipient can tell whom it means'),
    key: bytes(WRAPPED_KEY_BYTES).describe('the content key, wrapped for that recipient'),
  }),
  sealed: bytes(TAG_BYTES + 1, BOX_BYTES).describe('a NodeSummary under the content key'),
})

export const SealedSummary = defineMessage({
  type: 0x0100,
  name: 'SealedSummary',
  purpose: "One node's summary of one period, sealed to those its people share it with.",
  limit: 64 * 1024,
  carried: 'document',
  body: z
    .object({
      ...period,
      version: timestamp('edition of this period; the highest holds'),
      expires_at: timestamp('when nobody keeps it any more'),
      boxes: listOf(box, BOXES_MAX).describe('none: nobody may read this period any more'),
    })
    .refine(isPeriod, NO_PERIOD)
    .refine((body) => body.expires_at <= body.end + KEPT_MS[body.granularity], 'kept for longer than of use')
    .refine(
      (body) => body.boxes.reduce((sum, { recipients }) => sum + recipients.length, 0) <= RECIPIENTS_MAX,
      'too many recipients',
    ),
})
export type SealedSummaryBody = z.infer<typeof SealedSummary.body>
