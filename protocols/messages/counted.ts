// Counted: which shares of a bucket are in its totals, as marks that only the author of a share and the pair recognise.
import * as z from 'zod'
import { TALLY_KEPT_MS } from '../buckets.ts'
import { defineMessage } from '../define.ts'
import { aboutBucket, bucket, LISTED_MAX, mesh, pair } from './aggregate.ts'
import { bytes, timestamp } from './fields.ts'

/** Bytes that stand for one share. Nobody but its author and the pair can tell whose they are. */
export const MARK_BYTES = 8

const marks = bytes(0, LISTED_MAX * MARK_BYTES).refine(
  ({ length }) => length % MARK_BYTES === 0,
  'not whole marks',
)

export const Counted = defineMessage({
  type: 0x0214,
  name: 'Counted',
  purpose:
    'Which shares of a bucket are in its totals: each machine finds its own, and does not recognise those of others.',
  limit: 32 * 1024,
  carried: 'document',
  body: aboutBucket(
    TALLY_KEPT_MS,
    z.object({
      mesh,
      ...bucket,
      version: timestamp('when it was made'),
      expires_at: timestamp('when nobody keeps it any more'),
      pair,
      set: bytes(32).describe('BLAKE3 of list and agreement, as in the releases of this bucket'),
      counted: marks.describe('marks of the shares that are in a group, 8 bytes each, ascending'),
      waiting: marks.describe('of those that are in none, because too few share the same'),
      unproved: marks.describe('of those whose proofs fail'),
    }),
  ),
})
export type CountedBody = z.infer<typeof Counted.body>
