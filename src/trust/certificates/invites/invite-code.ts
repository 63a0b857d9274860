// The parts of an invite: the secret in a code that people can type, and the proofs that two nodes make with it.
import { createHmac, hkdfSync } from 'node:crypto'
import { isIP } from 'node:net'
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
/** Version, secret, commitment, minutes since the epoch, checksum: whole groups of digits while there is no address. */
const BARE_BYTES = 1 + SECRET_BYTES + COMMITMENT_BYTES + 4 + CHECK_BYTES
/** Addresses of the inviter by family, behind the minutes: how many at most, and bytes of each with its port. */
const FAMILIES = [
  { family: 4, most: 2, bytes: 4 + 2 },
  { family: 6, most: 1, bytes: 16 + 2 },
] as const
/** The version is in the lower half of the first byte; the upper half counts the addresses: two bits for each family. */
const countsOf = (first: number): readonly number[] => [(first >> 4) & 3, first >> 6]
/** A group of eight digits holds five bytes; zeros before the checksum fill the last one. */
const GROUP_BYTES = 5
/** Crockford's base 32: no I, L, O, U, and either case may be typed. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const GROUP = 8
/** Digits of the longest code. */
const DIGITS_MAX = (codeBytes(FAMILIES.map(({ most }) => most)) / GROUP_BYTES) * GROUP

export interface Invitation {
  readonly secret: Uint8Array
  readonly commitment: Uint8Array
  /** Milliseconds since the epoch, of a whole minute. */
  readonly expires_at: number
  /** `host:port` where the inviter listens. A code holds IP addresses only, two of IPv4 and one of IPv6; others are left out. */
  readonly places: readonly string[]
}

export const commitmentTo = (inviter: Uint8Array): Uint8Array => blake3([inviter], COMMITMENT_BYTES)

/** Up to the next whole minute, which is what a code can say. */
export const wholeMinute = (ms: number): number => Math.ceil(ms / MINUTE_MS) * MINUTE_MS

export function formatCode({ secret, commitment, expires_at, places }: Invitation): string {
  const held = FAMILIES.map(({ family, most }) =>
    places.flatMap((place) => addressBytes(place, family) ?? []).slice(0, most),
  )
  const counts = held.map(({ length }) => length)
  const bytes = Buffer.alloc(codeBytes(counts))
  bytes[0] = VERSION | ((counts[0] ?? 0) << 4) | ((counts[1] ?? 0) << 6)
  bytes.set(secret, 1)
  bytes.set(commitment, 1 + SECRET_BYTES)
  bytes.writeUInt32BE(expires_at / MINUTE_MS, 1 + SECRET_BYTES + COMMITMENT_BYTES)
  bytes.set(Buffer.concat(held.flat()), BARE_BYTES - CHECK_BYTES)
  const body = bytes.subarray(0, bytes.length - CHECK_BYTES)
  bytes.set(blake3([body], CHECK_BYTES), body.length)
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  let digits = ''
  for (let at = 0; at < (bytes.length / GROUP_BYTES) * GROUP; at++) {
    digits = DIGITS[Number(bits & 31n)] + digits
    bits >>= 5n
  }
  return digits.match(new RegExp(`.{${GROUP}}`, 'g'))?.join('-') ?? digits
}

/** Undefined if the text is not a code, or one of its digits is wrong. Spaces, dashes and case are ignored. */
export function parseCode(text: string): Invitation | undefined {
  if (text.length > 4 * DIGITS_MAX) return undefined
  const digits = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  if (digits.length > DIGITS_MAX || digits.length % GROUP !== 0) return undefined
  let bits = 0n
  for (const digit of digits) {
    const value = DIGITS.indexOf(digit)
    if (value < 0) return undefined
    bits = (bits << 5n) | BigInt(value)
  }
  const bytes = Buffer.from(bits.toString(16).padStart((digits.length / GROUP) * GROUP_BYTES * 2, '0'), 'hex')
  const [first = 0] = bytes
  const counts = countsOf(first)
  if ((first & 15) !== VERSION || FAMILIES.some(({ most }, at) => (counts[at] ?? 0) > most)) return undefined
  const body = bytes.subarray(0, -CHECK_BYTES)
  if (bytes.length !== codeBytes(counts) || !bytes.subarray(body.length).equals(blake3([body], CHECK_BYTES)))
    return undefined
  const commitmentAt = 1 + SECRET_BYTES
  const expiryAt = commitmentAt + COMMITMENT_BYTES
  return {
    secret: Uint8Array.from(bytes.subarray(1, commitmentAt)),
    commitment: Uint8Array.from(bytes.subarray(commitmentAt, expiryAt)),
    expires_at: bytes.readUInt32BE(expiryAt) * MINUTE_MS,
    places: placesIn(bytes.subarray(expiryAt + 4), counts),
  }
}

/** Bytes of a code with so many addresses of each family: whole groups. */
function codeBytes(counts: readonly number[]): number {
  const addresses = FAMILIES.reduce((sum, { bytes }, at) => sum + bytes * (counts[at] ?? 0), 0)
  return Math.ceil((BARE_BYTES + addresses) / GROUP_BYTES) * GROUP_BYTES
}

/** `10.0.0.5:9238` or `[fd00::5]:9238` as bytes; undefined where it is no address of that family. */
function addressBytes(place: string, family: 4 | 6): Buffer | undefined {
  const [, host = '', port = ''] = /^\[?(.+?)\]?:(\d+)$/.exec(place) ?? []
  if (isIP(host) !== family || host.includes('%') || Number(port) > 0xffff) return undefined
  const bytes = family === 4 ? Buffer.from(host.split('.').map(Number)) : groupsOf(host)
  return Buffer.concat([bytes, Buffer.from([Number(port) >> 8, Number(port) & 255])])
}

/** The 16 bytes of an IPv6 address, whose host name in a URL is its shortest form without dotted decimals. */
function groupsOf(ip: string): Buffer {
  const [before = '', after] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::')
  const hex = (part: string): string[] =>
    part === '' ? [] : part.split(':').map((one) => one.padStart(4, '0'))
  const [head, tail] = [hex(before), hex(after ?? '')]
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0000')
  return Buffer.from([...head, ...zeros, ...tail].join(''), 'hex')
}

function placesIn(bytes: Buffer, counts: readonly number[]): string[] {
  let at = 0
  return FAMILIES.flatMap(({ family, bytes: length }, index) =>
    Array.from({ length: counts[index] ?? 0 }, () => {
      const ip = bytes.subarray(at, at + length - 2)
      const port = bytes.readUInt16BE(at + length - 2)
      at += length
      if (family === 4) return `${ip.join('.')}:${port}`
      const groups = ip.toString('hex').match(/.{4}/g)?.join(':')
      return `${new URL(`http://[${groups}]`).hostname}:${port}`
    }),
  )
}

/**
 * Values derived from the secret. The issuer stores these, and never the secret itself. `id`: 16 hex digits that name the
 * invite; not secret.
 */
export function keysOf(secret: Uint8Array) {
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
