// Shares as signed documents: what a machine contributes, a half for each aggregator, and what each of them reads.
import { decodeShare, encodeShare, shareHeaders } from '../../../../protocols/aggregate.ts'
import { type Bucket, SHARE_KEPT_MS, slotOfBucket } from '../../../../protocols/buckets.ts'
import { PROOF_BYTES, SCHEME } from '../../../../protocols/messages/aggregate.ts'
import { Share, type ShareBody, type ShareHeader } from '../../../../protocols/messages/share.ts'
import { FrameError } from '../../../../protocols/reject.ts'
import { byText } from '../../../base/by-text.ts'
import type { Clock, Random } from '../../../base/clock.ts'
import { blake3 } from '../../../base/hash.ts'
import { isSame, signStatement, verifyStatement } from '../../../trust/identity/index.ts'
import { type Opener, type Self, sealBox } from '../../boxes/index.ts'
import { cellsOf, encodeVector, hashOf } from '../layout.ts'
import { halfBytes, readHalf, splitProved } from '../proved.ts'
import type { Contribution, HeldShare, Pair } from '../types.ts'
import { checkAbout, plaintextIn, proofData, shareData } from './associated.ts'

const OWN = 2
const CHECK_DOMAIN = 'karo-share-check-v1'
const CHECK_BYTES = 16
/** The largest `k_min` of a header takes the most bytes. */
const K_MIN_MOST = 1_000
const NONE = new Uint8Array(0)
const NO_PROOF = new Uint8Array(PROOF_BYTES)

/** All shares of a bucket are of one version, so nobody replaces what they gave. */
const editionOf = (bucket: Bucket) => ({ slot: slotOfBucket(bucket), version: bucket.end })

function headerOf({ kMin, sections, declined }: Contribution, proof: Uint8Array): ShareHeader {
  return {
    scheme: SCHEME,
    k_min: kMin,
    sections: sections.map(({ layout, audiences }) => ({
      type: layout.type,
      layout: hashOf(layout),
      rows: layout.rows.length,
      cells: cellsOf(layout),
      audiences: [...audiences].sort(byText),
    })),
    proof,
    declined: declined.map(({ type, audiences }) => ({ type, audiences: [...audiences].sort(byText) })),
  }
}

/**
 * Bytes of the longest header and half of each box that a machine with these layouts and audiences could write, whatever it
 * gives, declines or gives to some of the audiences only.
 */
function fullestOf({ layouts, sections, declined }: Contribution) {
  const audiences = [...new Set([...sections, ...declined].flatMap((one) => one.audiences))]
  const most = headerOf(
    {
      kMin: K_MIN_MOST,
      layouts,
      sections: layouts.map((layout) => ({ layout, counts: new Map(), audiences })),
      declined: layouts.map(({ type }) => ({ type, audiences })),
    },
    NO_PROOF,
  )
  const header = shareHeaders.encode(most).length
  return [halfBytes(most.sections, 0), halfBytes(most.sections, 1), 0].map((share) => ({ header, share }))
}

/**
 * The frame of what a machine gives of a bucket. To be written once: a second one of the same bucket would be about other
 * random halves. FrameErrors: `malformed` for what is out of bounds or a pair without usable keys, `too_large`.
 */
export function writeShare(
  self: Self,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  to: { readonly mesh: Uint8Array; readonly bucket: Bucket; readonly pair: Pair },
  contribution: Contribution,
): Uint8Array {
  const { mesh, bucket, pair } = to
  const author = self.identity.publicKey
  const sections = [...contribution.sections].sort((a, b) => byText(a.layout.type, b.layout.type))
  const given =
    sections.length === 0
      ? undefined
      : splitProved(
          sections.map(({ layout, counts }) => ({
            rows: layout.rows.length,
            vector: encodeVector(layout, counts),
          })),
          proofData(mesh, bucket, pair, author),
          random,
        )
  const header = shareHeaders.encode(headerOf({ ...contribution, sections }, given?.proof ?? NO_PROOF))
  const halves = [...(given?.halves ?? [NONE, NONE]), NONE]
  const fullest = fullestOf(contribution)
  const boxes = [...pair, author].map((recipient, index) => {
    const aad = shareData(mesh, bucket, author, recipient, index)
    const plaintext = encodeShare(header, halves[index] as Uint8Array, fullest[index]!)
    const { recipients, epk, sealed } = sealBox(self, random, editionOf(bucket), [recipient], plaintext, aad)
    return { ...recipients[0]!, epk, sealed }
  })
  const { length, start, end } = bucket
  const body: ShareBody = {
    mesh,
    length,
    start,
    end,
    expires_at: end + SHARE_KEPT_MS,
    pair: [...pair],
    boxes,
  }
  return signStatement(Share, body, self.identity, clock.now(), random)
}

/** What everybody who keeps a share can read of it. FrameErrors: those of decodeFrame. */
export function readShare(bytes: Uint8Array): {
  readonly author: Uint8Array
  readonly body: ShareBody
  readonly ts: number
} {
  const { key: author, body, ts } = verifyStatement(Share, bytes)
  return { author, body, ts }
}

const checkOf = (bytes: Uint8Array, header: Uint8Array): Uint8Array =>
  blake3([CHECK_DOMAIN, blake3([bytes]), header], CHECK_BYTES)

function openOne(openers: readonly Opener[], bytes: Uint8Array, index: number) {
  const { author, body, ts } = readShare(bytes)
  const recipient = index === OWN ? author : (body.pair[index] as Uint8Array)
  const { hint, key, epk, sealed } = body.boxes[index]!
  const own = openers.filter(({ identity }) => isSame(identity.publicKey, recipient))
  const box = { recipients: [{ hint, key }], epk, sealed }
  const aad = shareData(body.mesh, body, author, recipient, index)
  const { header: bare, share } = decodeShare(plaintextIn(own, author, editionOf(body), box, aad))
  const header = shareHeaders.decode(bare)
  // Only one way of writing counts, because the other aggregator compares bytes.
  if (!isSame(shareHeaders.encode(header), bare)) {
    throw new FrameError('malformed', 'the header is not canonical')
  }
  return { author, body, ts, bare, header, share }
}

/**
 * A share as the aggregator with that place in the pair holds it. FrameErrors: those of decodeFrame and of the plaintexts;
 * `malformed` when it is of another mesh or bucket, names another pair, does not open, or holds no half of what its header
 * says.
 */
export function openShare(
  openers: readonly Opener[],
  bytes: Uint8Array,
  { mesh, bucket, pair, index }: { mesh: Uint8Array; bucket: Bucket; pair: Pair; index: 0 | 1 },
): HeldShare {
  const { author, body, bare, header, share } = openOne(openers, bytes, index)
  checkAbout(body, { mesh, bucket, pair })
  const check = checkOf(bytes, bare)
  try {
    const half = readHalf(header, index, share, proofData(mesh, bucket, pair, author))
    return { author, check, header, ...half }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new FrameError('malformed', error.message)
  }
}

/** What this node gave, and when, from its own share; FrameErrors as `openShare`. The halves are nobody's but the pair's. */
export function openOwnShare(
  openers: readonly Opener[],
  bytes: Uint8Array,
): {
  readonly header: ShareHeader
  readonly check: Uint8Array
  readonly body: ShareBody
  readonly ts: number
} {
  const { header, body, bare, ts } = openOne(openers, bytes, OWN)
  return { header, check: checkOf(bytes, bare), body, ts }
}
