// Tallies as signed documents: what one aggregator tells the other about a bucket, for nobody else to read.
import { tallies } from '../../../../protocols/aggregate.ts'
import { type Bucket, slotOfTally, TALLY_KEPT_MS } from '../../../../protocols/buckets.ts'
import { Tally, type TallyBody, type TallyPlain } from '../../../../protocols/messages/tally.ts'
import type { Clock, Random } from '../../../base/clock.ts'
import { signStatement, verifyStatement } from '../../../trust/identity/index.ts'
import { type Opener, type Self, sealBox } from '../../boxes/index.ts'
import { checkAbout, plaintextIn, tallyData } from './associated.ts'

interface Attempt {
  readonly mesh: Uint8Array
  readonly bucket: Bucket
  readonly attempt: number
}

/**
 * The frame of an edition for the other aggregator, and for this one to read after a restart. `version`: milliseconds,
 * above that of the edition before. FrameErrors: `malformed` for what is out of bounds, `too_large`.
 */
export function writeTally(
  self: Self,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  { mesh, bucket, attempt }: Attempt,
  other: Uint8Array,
  version: number,
  plain: TallyPlain,
): Uint8Array {
  const author = self.identity.publicKey
  const edition = { slot: slotOfTally(bucket, attempt), version }
  const aad = tallyData(mesh, bucket, attempt, version, author)
  const box = sealBox(self, random, edition, [other, author], tallies.encode(plain), aad)
  const { length, start, end } = bucket
  const body: TallyBody = {
    mesh,
    length,
    start,
    end,
    attempt,
    version,
    expires_at: end + TALLY_KEPT_MS,
    ...box,
  }
  return signStatement(Tally, body, self.identity, clock.now(), random)
}

interface OpenedTally {
  readonly attempt: number
  readonly version: number
  readonly plain: TallyPlain
}

/**
 * An edition as the other aggregator, or its author, reads it. FrameErrors: those of decodeFrame and of the plaintext;
 * `malformed` when it is of another mesh or bucket, not for this node, or does not open.
 */
export function openTally(
  openers: readonly Opener[],
  bytes: Uint8Array,
  { mesh, bucket }: Omit<Attempt, 'attempt'>,
): OpenedTally {
  const { key: author, body } = verifyStatement(Tally, bytes)
  checkAbout(body, { mesh, bucket })
  const { attempt, version } = body
  const aad = tallyData(mesh, bucket, attempt, version, author)
  const plain = plaintextIn(openers, author, { slot: slotOfTally(bucket, attempt), version }, body, aad)
  return { attempt, version, plain: tallies.decode(plain) }
}
