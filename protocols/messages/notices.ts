// Notices: how two neighbours find out which of what is told to all the other one lacks, and give it to each other.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { bytes, listOf, timestamp } from './fields.ts'

/** Notices are compared in so many groups, each by a sum of this length: the first byte of a name says in which. */
export const GROUPS = 64
export const SUM_BYTES = 4
/** Names a notice: of an author's newest its author's fingerprint, of any other one the first bytes of the BLAKE3 of its frame. */
export const NAME_BYTES = 8
/** A notice is told of by its name and its version. */
export const VERSION_BYTES = 6
export const KEY_BYTES = NAME_BYTES + VERSION_BYTES
/** Keys in one NoticeKeys. */
export const KEYS_MAX = 1_024
/** Notices that are asked for at a time. */
export const WANTED_MAX = 128
/** Neighbours that are named as having the sender's own. */
export const TO_MAX = 64
/** What is sent of them at a time; of one that alone is longer nothing. */
export const NOTICES_BYTES = 40 * 1_024

export const NoticeKeys = defineMessage({
  type: 0x0012,
  name: 'NoticeKeys',
  purpose:
    'Compares with a neighbour which notices each has, tells it of new ones, and asks for those that are missing.',
  limit: 16 * 1024,
  carried: 'hop',
  body: z.object({
    until: timestamp('notices of a later version are left out of the comparison').optional(),
    sums: bytes(GROUPS * SUM_BYTES)
      .optional()
      .describe('of the notices in each group; the other side answers with `groups`'),
    groups: bytes(GROUPS / 8)
      .optional()
      .describe('one bit for each group that differs and of which `keys` has all that the sender has'),
    keys: bytes(0, KEYS_MAX * KEY_BYTES)
      .optional()
      .describe(
        'notices that the sender has: eight bytes of the name, six of the version, one behind the other',
      ),
    more: z.boolean().optional().describe('further groups differ: compare again'),
    wanted: bytes(0, WANTED_MAX * NAME_BYTES)
      .optional()
      .describe('notices that the sender asks for by their names, eight bytes each'),
  }),
})
export type NoticeKeysBody = z.infer<typeof NoticeKeys.body>

export const Notices = defineMessage({
  type: 0x0013,
  name: 'Notices',
  purpose: "Notices that a NoticeKeys asked for, and the sender's own when they are new.",
  limit: NOTICES_BYTES + 4 * 1024,
  carried: 'hop',
  body: z.object({
    frames: listOf(bytes(1, NOTICES_BYTES), WANTED_MAX).describe(
      'notices as whole frames, as their authors signed them',
    ),
    to: bytes(0, TO_MAX * NAME_BYTES)
      .optional()
      .describe("fingerprints of the neighbours that get the same, which is the sender's own"),
  }),
})
