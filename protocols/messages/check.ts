// Check: what one aggregator of the pair tells the other of the proofs of shares, before a set of machines is agreed to.
import * as z from 'zod'
import { TALLY_KEPT_MS } from '../buckets.ts'
import { defineMessage } from '../define.ts'
import {
  aboutBucket,
  bucket,
  CHECKED_MAX,
  CHECKS_MAX,
  LISTED_BYTES,
  mesh,
  place,
  scheme,
  sealed,
  TALLY_PLAIN_BYTES,
  VERIFIER_BYTES,
} from './aggregate.ts'
import { bytes, listOf, timestamp, uint } from './fields.ts'

export const Check = defineMessage({
  type: 0x0213,
  name: 'Check',
  purpose:
    'What one aggregator tells the other of the proofs of shares, so that both know which of them hold.',
  limit: 64 * 1024,
  carried: 'document',
  body: aboutBucket(
    TALLY_KEPT_MS,
    z.object({
      mesh,
      ...bucket,
      part: uint(CHECKS_MAX - 1).describe('which of the documents about this bucket'),
      version: timestamp('when it was made'),
      expires_at: timestamp('when nobody keeps it any more'),
      recipients: listOf(z.object(place), 2),
      ...sealed(TALLY_PLAIN_BYTES),
    }),
  ),
})
export type CheckBody = z.infer<typeof Check.body>

/** The plaintext of a Check. */
export const checkPlain = z.object({
  scheme,
  checks: bytes(0, CHECKED_MAX * (LISTED_BYTES + VERIFIER_BYTES)).describe(
    'of each share, as it is listed, 24 bytes ‖ its verifier share 992, zeros for one without sections',
  ),
})
export type CheckPlain = z.infer<typeof checkPlain>
