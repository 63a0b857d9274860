// The parts of an invite: the secret in a code that people can type, and the proofs that two nodes make with it.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { WireValue } from '../../../../protocols/define.ts'
import { encodeValue } from '../../../../protocols/messagepack.ts'
import { blake3 } from '../../../base/hash.ts'

/** 128 bits: nobody guesses it, so that no slow exchange (PAKE) is needed. */
const SECRET_BYTES = 16
/** First bytes of BLAKE3 of the inviter's key: the joiner proves itself to nobody else. */
const COMMITMENT_BYTES = 16
const CHECK_BYTES = 3
const VERSION = 1
const MINUTE_MS = 60_000
/** Version, secret, commitment, minutes since the epoch, checksum. */
const CODE_BYTES = 1 + SECRET_BYTES + COMMITMENT_BYTES + 4 + CHECK_BYTES
/** Crockford's base 32: no I, L, O, U, and either case may be typed. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CODE_DIGITS = (CODE_BYTES * 8) / 5
const GROUP = 8

export interface Invitation {
  readonly secret: Uint8Array
  readonly commitment: Uint8Array
  /** Milliseconds since the epoch, of a whole minute. */
  readonly expires_at: number
}

/** Values derived from the secret. The issuer stores these, and never the secret itself. */
export interface InviteKeys {
  /** 16 hex digits that name the invite; not secret. */
  readonly id: string
  readonly key: Uint8Array
}

export const commitmentTo = (inviter: Uint8Array): Uint8Array => blake3([inviter], COMMITMENT_BYTES)

/** Up to the next whole minute, which is what a code can say. */
export const wholeMinute = (ms: number): number => Math.ceil(ms / MINUTE_MS) * MINUTE_MS

export function formatCode({ secret, commitment, expires_at }: Invitation): string {
  const bytes = Buffer.alloc(CODE_BYTES)
  bytes[0] = VERSION
  bytes.set(secret, 1)
  bytes.set(commitment, 1 + SECRET_BYTES)
  bytes.writeUInt32BE(expires_at / MINUTE_MS, 1 + SECRET_BYTES + COMMITMENT_BYTES)
  const body = bytes.subarray(0, CODE_BYTES - CHECK_BYTES)
  bytes.set(blake3([body], CHECK_BYTES), body.length)
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  let digits = ''
  for (let at = 0; at < CODE_DIGITS; at++) {
    digits = DIGITS[Number(bits & 31n)] + digits
    bits >>= 5n
  }
  return digits.match(new RegExp(`.{${GROUP}}`, 'g'))?.join('-') ?? digits
}

/** Undefined if the text is not a code, or one of its digits is wrong. Spaces, dashes and case are ignored. */
export function parseCode(text: string): Invitation | undefined {
  if (text.length > 4 * CODE_DIGITS) return undefined
  const digits = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  if (digits.length !== CODE_DIGITS) return undefined
  let bits = 0n
  for (const digit of digits) {
    const value = DIGITS.indexOf(digit)
    if (value < 0) return undefined
    bits = (bits << 5n) | BigInt(value)
  }
  const bytes = Buffer.from(bits.toString(16).padStart(2 * CODE_BYTES, '0'), 'hex')
  const body = bytes.subarray(0, CODE_BYTES - CHECK_BYTES)
  if (bytes[0] !== VERSION || !bytes.subarray(body.length).equals(Buffer.from(blake3([body], CHECK_BYTES))))
    return undefined
  const commitmentAt = 1 + SECRET_BYTES
  const expiryAt = commitmentAt + COMMITMENT_BYTES
  return {
    secret: Uint8Array.from(bytes.subarray(1, commitmentAt)),
    commitment: Uint8Array.from(bytes.subarray(commitmentAt, expiryAt)),
    expires_at: bytes.readUInt32BE(expiryAt) * MINUTE_MS,
  }
}

export function keysOf(secret: Uint8Array): InviteKeys {
  const derived = (info: string, length: number): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, length))
  return {
    id: Buffer.from(derived('karo-invite-id-v1', 8)).toString('hex'),
    key: derived('karo-invite-v1', 32),
  }
}

export const newSecret = (random: { bytes(length: number): Uint8Array }): Uint8Array =>
  Uint8Array.from(random.bytes(SECRET_BYTES))

/** Both keys and the end of the invite: both sides know these before they exchange messages. */
export interface JoinTerms {
  readonly joiner: Uint8Array
  readonly inviter: Uint8Array
  readonly expires_at: number
}

/** 32 bytes: the joiner knows the secret, and means this inviter. */
export const joinProof = (key: Uint8Array, { joiner, inviter, expires_at }: JoinTerms): Uint8Array =>
  proof(key, ['join', joiner, inviter, expires_at])

/** 32 bytes: the inviter knows the secret as well, and gives this root and these certificates to this joiner. */
export const acceptProof = (
  key: Uint8Array,
  { joiner, inviter, expires_at }: JoinTerms,
  root: Uint8Array,
  chain: readonly Uint8Array[],
): Uint8Array => proof(key, ['accept', joiner, inviter, expires_at, root, [...chain]])

/** Canonical MessagePack under the HMAC: no two lists of parts have the same bytes. */
const proof = (key: Uint8Array, parts: WireValue): Uint8Array =>
  new Uint8Array(createHmac('sha256', key).update(encodeValue(parts)).digest())

export const sameProof = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b)
