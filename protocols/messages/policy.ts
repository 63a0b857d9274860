// Policy bundles: what the root of a mesh asks of every node's own policy.
import * as z from 'zod'
import { BUCKET_LENGTHS } from '../buckets.ts'
import { defineMessage } from '../define.ts'
import { AUDIENCES_MAX, noise } from './aggregate.ts'
import { bytes, label, listOf, rowsOf, timestamp, uint } from './fields.ts'

/** Cedar text; some hundred policies. */
export const BUNDLE_POLICIES_BYTES = 32 * 1024
/** Two count at a time; the others take over. */
export const AGGREGATORS_MAX = 8
/** A total of fewer nodes is not released anywhere, and one of more would never be. */
const BUNDLE_K = { min: 3, max: 1_000 } as const

/** Settings of one bundle, and UTF-8 bytes of the value of one; the limit of the message bounds them together. */
export const SETTINGS_MAX = 64
export const SETTING_BYTES = 32 * 1024

/** Lists of aggregators that earlier bundles named. */
export const FORMER_MAX = 12

const aggregators = rowsOf(AGGREGATORS_MAX, { key: bytes(32), operator: label(64).describe('who runs it') })

export const PolicyBundle = defineMessage({
  type: 0x0308,
  name: 'PolicyBundle',
  purpose:
    'What the root of a mesh forbids on every node, beside what its owner forbids; signed by the root.',
  limit: 48 * 1024,
  carried: 'document',
  body: z.object({
    version: timestamp('when it was signed; the newest holds'),
    number: uint().describe('grows by one with every bundle of the root'),
    mesh: bytes(32).describe('BLAKE3 of the public key of the root'),
    policies: bytes(0, BUNDLE_POLICIES_BYTES).describe(
      'Cedar policies, UTF-8. Their `forbid` holds on every node; their `permit` only where the owner said so',
    ),
    max_level: uint(2).optional().describe('nodes give no level above this'),
    k_min: z
      .int()
      .min(BUNDLE_K.min)
      .max(BUNDLE_K.max)
      .optional()
      .describe('nodes are in no total of fewer nodes than this'),
    aggregators: aggregators.describe(
      'nodes that compute totals; the two of a bucket have different operators',
    ),
    bucket: z.enum(BUCKET_LENGTHS).optional().describe('what totals are about; absent: a day'),
    noise: noise.optional(),
    audiences: listOf(label(64), AUDIENCES_MAX)
      .optional()
      .describe('roles that get totals; absent: security and admin'),
    former: rowsOf(FORMER_MAX, {
      until: timestamp('when another list or length followed'),
      aggregators,
      bucket: z.enum(BUCKET_LENGTHS).optional().describe('absent: a day'),
    })
      .optional()
      .describe(
        'who computed totals before, the oldest first: of buckets that were over by then, theirs count',
      ),
    began: timestamp('when the root first named aggregators, which every later bundle repeats')
      .optional()
      .describe('totals begin with the quarter of a UTC day around three hours later, in place of that day'),
    settings: rowsOf(SETTINGS_MAX, {
      key: z
        .string()
        .max(64)
        .regex(/^[a-z_0-9]+(?:\.[a-z_0-9]+)+$/)
        .describe('a key of the configuration, as in its file'),
      value: bytes(1, SETTING_BYTES).describe('its value as JSON, UTF-8'),
    })
      .optional()
      .describe(
        'settings of every node, by key; each counts where it is stricter than the value of the node. One that a node does not know makes it refuse the whole bundle',
      ),
  }),
})
export type PolicyBundleBody = z.infer<typeof PolicyBundle.body>
