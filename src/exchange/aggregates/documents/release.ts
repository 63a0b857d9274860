// Releases as signed documents: totals for one audience, which count when both aggregators of the pair say the same.
import { releasePlains } from '../../../../protocols/aggregate.ts'
import { type Bucket, RELEASE_KEPT_MS, slotOfBucket, slotOfRelease } from '../../../../protocols/buckets.ts'
import { AUDIENCE_HASH_BYTES, READERS_MAX } from '../../../../protocols/messages/aggregate.ts'
import { Release, type ReleaseBody, type ReleaseContent } from '../../../../protocols/messages/release.ts'
import { FrameError } from '../../../../protocols/reject.ts'
import type { Clock, Random } from '../../../base/clock.ts'
import { blake3 } from '../../../base/hash.ts'
import { isSame, signStatement, verifyStatement } from '../../../trust/identity/index.ts'
import { type Opener, type Self, sealBox } from '../../boxes/index.ts'
import { isSameContent, type Said, signaturesOf } from '../statement.ts'
import { plaintextIn, releaseData } from './associated.ts'

export const hashOfAudience = (name: string): Uint8Array => blake3([name], AUDIENCE_HASH_BYTES)

/**
 * The frame of a content for the nodes that hold its audience's role, by their Ed25519 keys, at most 255, and for this
 * node. `version`: milliseconds, above that of the edition before. FrameErrors: `malformed`, `too_large`.
 */
export function writeRelease(
  self: Self,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  readers: readonly Uint8Array[],
  version: number,
  content: ReleaseContent,
): Uint8Array {
  const { mesh, length, start, end, set } = content
  const bucket: Bucket = { length, start, end }
  const author = self.identity.publicKey
  const audience = hashOfAudience(content.audience)
  const others = readers.filter((key) => !isSame(key, author))
  if (others.length >= READERS_MAX) throw new FrameError('too_large', `a release for ${others.length} nodes`)
  const edition = { slot: slotOfRelease(bucket, audience), version }
  const aad = releaseData(mesh, bucket, version, author, { audience, set })
  const plain = releasePlains.encode({ ...content, signatures: signaturesOf(content, self.identity) })
  const box = sealBox(self, random, edition, [...others, author], plain, aad)
  const body: ReleaseBody = {
    mesh,
    ...bucket,
    audience,
    set,
    version,
    expires_at: end + RELEASE_KEPT_MS,
    ...box,
  }
  return signStatement(Release, body, self.identity, clock.now(), random)
}

/**
 * What a release says to this node. FrameErrors: those of decodeFrame and of the plaintext; `malformed` when it is of
 * another mesh, not for this node, does not open, is about something else than its document says, or its author is not
 * one of the pair that it names.
 */
export function openRelease(openers: readonly Opener[], bytes: Uint8Array, mesh: Uint8Array): Said {
  const { key: author, body } = verifyStatement(Release, bytes)
  if (!isSame(body.mesh, mesh)) throw new FrameError('malformed', 'it is of another mesh')
  const { version, audience, set } = body
  const aad = releaseData(mesh, body, version, author, { audience, set })
  const edition = { slot: slotOfRelease(body, audience), version }
  const plain = plaintextIn(openers, author, edition, body, aad)
  const { signatures, ...content } = releasePlains.decode(plain)
  const isAbout =
    isSame(content.mesh, mesh) &&
    slotOfBucket(content) === slotOfBucket(body) &&
    isSame(content.set, set) &&
    isSame(hashOfAudience(content.audience), audience)
  if (!isAbout) throw new FrameError('malformed', 'it is about something else than its document says')
  if (!content.pair.some((key) => isSame(key, author))) {
    throw new FrameError('malformed', 'its author is not one of the pair')
  }
  return { author, content, signatures }
}

/** What two halves of the word come to. */
type Combined =
  | { readonly kind: 'released'; readonly content: ReleaseContent }
  /** The two documents do not come from the two aggregators of one pair. */
  | { readonly kind: 'unrelated' }
  /** The two aggregators say different things about one bucket, so nothing is shown. */
  | { readonly kind: 'unequal' }

/** Whether the pair is the one that the bucket has is the reader's to check, who has the policy bundle. */
export function combine(a: Said, b: Said): Combined {
  const { pair } = a.content
  const isByPair =
    pair.some((key) => isSame(key, a.author)) &&
    pair.some((key) => isSame(key, b.author)) &&
    !isSame(a.author, b.author)
  const isOfOne =
    slotOfBucket(a.content) === slotOfBucket(b.content) &&
    a.content.audience === b.content.audience &&
    isSame(a.content.mesh, b.content.mesh)
  if (!isByPair || !isOfOne) return { kind: 'unrelated' }
  return isSameContent(a.content, b.content) ? { kind: 'released', content: a.content } : { kind: 'unequal' }
}
