// Checks as signed documents: what one aggregator tells the other of the proofs of shares, for nobody else to read.
import { checks } from '../../../../protocols/aggregate.ts'
import { type Bucket, slotOfCheck, TALLY_KEPT_MS } from '../../../../protocols/buckets.ts'
import { LISTED_BYTES, SCHEME, VERIFIER_BYTES } from '../../../../protocols/messages/aggregate.ts'
import { Check, type CheckBody } from '../../../../protocols/messages/check.ts'
import { FrameError } from '../../../../protocols/reject.ts'
import type { Clock, Random } from '../../../base/clock.ts'
import { toHex } from '../../../base/hex.ts'
import { signStatement, verifyStatement } from '../../../trust/identity/index.ts'
import { type Opener, type Self, sealBox } from '../../boxes/index.ts'
import { checkAbout, checkData, plaintextIn } from './associated.ts'

const RECORD_BYTES = LISTED_BYTES + VERIFIER_BYTES

/** What is told of shares, by their entries in a list, in hexadecimal digits. */
export type Checked = ReadonlyMap<string, Uint8Array>

/** The frame of one part of what is told of a bucket, of at most 60 shares, for the other aggregator and for this one. */
export function writeCheck(
  self: Self,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  { mesh, bucket, part }: { readonly mesh: Uint8Array; readonly bucket: Bucket; readonly part: number },
  other: Uint8Array,
  checked: Checked,
): Uint8Array {
  const author = self.identity.publicKey
  const version = Math.max(clock.now(), bucket.end)
  const records = [...checked].flatMap(([entry, verifier]) => [Buffer.from(entry, 'hex'), verifier])
  const plain = checks.encode({ scheme: SCHEME, checks: Buffer.concat(records) })
  const aad = checkData(mesh, bucket, part, version, author)
  const edition = { slot: slotOfCheck(bucket, part), version }
  const box = sealBox(self, random, edition, [other, author], plain, aad)
  const { length, start, end } = bucket
  const body: CheckBody = {
    mesh,
    length,
    start,
    end,
    part,
    version,
    expires_at: end + TALLY_KEPT_MS,
    ...box,
  }
  return signStatement(Check, body, self.identity, clock.now(), random)
}

/** One part as the other aggregator, or its author, reads it. FrameErrors as `openTally`. */
export function openCheck(
  openers: readonly Opener[],
  bytes: Uint8Array,
  { mesh, bucket }: { readonly mesh: Uint8Array; readonly bucket: Bucket },
): Checked {
  const { key: author, body } = verifyStatement(Check, bytes)
  checkAbout(body, { mesh, bucket })
  const { part, version } = body
  const aad = checkData(mesh, bucket, part, version, author)
  const plain = plaintextIn(openers, author, { slot: slotOfCheck(bucket, part), version }, body, aad)
  const { checks: records } = checks.decode(plain)
  if (records.length % RECORD_BYTES !== 0) throw new FrameError('malformed', 'not whole records')
  const found = new Map<string, Uint8Array>()
  for (let at = 0; at < records.length; at += RECORD_BYTES) {
    const record = records.subarray(at, at + RECORD_BYTES)
    found.set(toHex(record.subarray(0, LISTED_BYTES)), record.subarray(LISTED_BYTES))
  }
  return found
}
