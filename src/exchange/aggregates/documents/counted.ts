// Counted as a signed document: an aggregator says what became of each share of a bucket, and a machine finds its own.
import { type Bucket, TALLY_KEPT_MS } from '../../../../protocols/buckets.ts'
import { Counted, type CountedBody, MARK_BYTES } from '../../../../protocols/messages/counted.ts'
import { FrameError } from '../../../../protocols/reject.ts'
import type { Clock, Random } from '../../../base/clock.ts'
import { blake3 } from '../../../base/hash.ts'
import { isSame, signStatement, verifyStatement } from '../../../trust/identity/index.ts'
import type { Self } from '../../boxes/index.ts'
import type { CountedSet, Fate, HeldShare, Pair } from '../types.ts'
import { checkAbout } from './associated.ts'

const MARK_DOMAIN = 'karo-share-mark-v1'

/**
 * The public name of a share. A share's check covers the random bytes of its proof, which stand in sealed boxes, so that
 * the mark can be computed by the author and the pair alone.
 */
const markOf = (check: Uint8Array): Uint8Array => blake3([MARK_DOMAIN, check], MARK_BYTES)

const marksOf = (shares: readonly HeldShare[]): Uint8Array =>
  Buffer.concat(shares.map(({ check }) => markOf(check)).sort(Buffer.compare))

export function writeCounted(
  { identity }: Self,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  { mesh, bucket, pair }: { readonly mesh: Uint8Array; readonly bucket: Bucket; readonly pair: Pair },
  { hash, counted, waiting, unproved }: CountedSet,
): Uint8Array {
  const { length, start, end } = bucket
  const body: CountedBody = {
    mesh,
    length,
    start,
    end,
    version: Math.max(clock.now(), end),
    expires_at: end + TALLY_KEPT_MS,
    pair: [...pair],
    set: hash,
    counted: marksOf(counted),
    waiting: marksOf(waiting),
    unproved: marksOf(unproved),
  }
  return signStatement(Counted, body, identity, clock.now(), random)
}

/**
 * What one of the pair says of the share with this check, and of which set of machines. FrameErrors: those of
 * decodeFrame; `malformed` for another mesh, bucket or pair, and an author who is not of the pair.
 */
export function openCounted(
  bytes: Uint8Array,
  about: { readonly mesh: Uint8Array; readonly bucket: Bucket; readonly pair: Pair },
  check: Uint8Array,
): { readonly set: Uint8Array; readonly fate: Fate } {
  const { key: author, body } = verifyStatement(Counted, bytes)
  checkAbout(body, about)
  if (!about.pair.some((key) => isSame(key, author)))
    throw new FrameError('malformed', 'its author is not of the pair')
  const mark = markOf(check)
  const has = (marks: Uint8Array): boolean => {
    for (let at = 0; at < marks.length; at += MARK_BYTES)
      if (isSame(mark, marks.subarray(at, at + MARK_BYTES))) return true
    return false
  }
  const fates = ['counted', 'waiting', 'unproved'] as const
  return { set: body.set, fate: fates.find((fate) => has(body[fate])) ?? 'unlisted' }
}
