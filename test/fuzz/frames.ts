// Throws hostile frames at the reader and the decoder: seeded, counted by code, with the heap watched.
import type { WireValue } from '../../protocols/define.ts'
import {
  type DecodeOptions,
  decodeFrame,
  encodeFrame,
  FrameError,
  HEADER_BYTES,
  type RejectCode,
  SIGNATURE_BYTES,
} from '../../protocols/frame.ts'
import { encodeValue } from '../../protocols/messagepack.ts'
import { FrameReader } from '../../protocols/reader.ts'
import { MESSAGES } from '../../protocols/registry.ts'
import { alice, mallory, rawFrame } from '../support/mesh/frames.ts'
import { goldenFrames, signerOf, verifyEd25519 } from '../support/mesh/vectors.ts'
import { memoryInUse } from '../support/run/garbage.ts'
import { pick, type Random, randomOf } from '../support/run/random.ts'

export interface FuzzReport {
  readonly rounds: number
  /** Frames refused, by code. */
  readonly refused: Readonly<Partial<Record<RejectCode, number>>>
  /** Frames decoded; and how many of those had been tampered with, which must be none. */
  readonly accepted: number
  readonly forged: number
  /** Honest frames that were refused, which must be none. */
  readonly lost: number
  /** Heap after garbage collection, bytes: after 10 000 rounds (a tenth of fewer than 100 000), and at the end. */
  readonly heapWarm: number
  readonly heapEnd: number
}

const honest = goldenFrames
  .map((vector) =>
    encodeFrame(MESSAGES.get(vector.type)!, vector.envelope, vector.body, signerOf(vector.seed).sign),
  )
  .filter((bytes) => bytes.length < 8_192)
const types = [...MESSAGES.keys()]
/** Of messages that have to say something: a body without any member is none of theirs. */
const demanding = types.filter((type) => !MESSAGES.get(type)!.body.safeParse({}).success)

/** A correct envelope, signed by the sender it names, around a body that fits no message. */
function signedBody(random: Random): Uint8Array {
  const envelope = {
    sender: alice.publicKey,
    ts: random.below(2 ** 31),
    nonce: random.bytes(16),
    seq: random.below(2 ** 31),
  }
  return rawFrame({
    type: pick(random, demanding),
    payload: encodeValue({ ...envelope, body: junk(random, 4) }),
  })
}

/** A value of any kind that MessagePack has, at most `depth` deep. */
export function junk(random: Random, depth: number): WireValue {
  const kind = random.below(depth === 0 ? 4 : 7)
  if (kind === 0) return random.below(2 ** 32) - 2 ** 31
  if (kind === 1) return random.bytes(random.below(64))
  if (kind === 2) return 'x'.repeat(random.below(64))
  if (kind === 3) return null
  if (kind === 4) return Array.from({ length: random.below(8) }, () => junk(random, depth - 1))
  const names = ['name', 'query_id', 'document', 'sealed', 'seq', 'constructor', 'toString', 'stage']
  return Object.fromEntries(
    Array.from({ length: random.below(8) }, () => [pick(random, names), junk(random, depth - 1)]),
  )
}

/** Ways to be hostile; each makes something that must be refused. */
const attacks: readonly ((random: Random) => Uint8Array)[] = [
  // Noise.
  (random) => random.bytes(1 + random.below(300)),
  // A right header over noise, signed.
  (random) => rawFrame({ type: pick(random, types), payload: random.bytes(random.below(300)) }),
  // One to four bytes of an honest frame changed.
  (random) => {
    const bytes = Uint8Array.from(pick(random, honest))
    for (let change = 0; change <= random.below(4); change++) {
      // Every change at a place of its own, so that none undoes another.
      const at = (random.below(bytes.length >> 2) << 2) + change
      if (at < bytes.length - 1) bytes[at]! ^= 1 + random.below(255)
    }
    bytes[bytes.length - 1]! ^= 0x80
    return bytes
  },
  // An honest payload under somebody else's signature.
  (random) => {
    const bytes = pick(random, honest)
    const payload = bytes.subarray(HEADER_BYTES, bytes.length - SIGNATURE_BYTES)
    return rawFrame({ type: (bytes[10]! << 8) | bytes[11]!, payload, sign: mallory.sign })
  },
  // Another version, an unknown type, a huge length.
  (random) => rawFrame({ type: 1, payload: random.bytes(8), version: 2 + random.below(0xfffe - 2) }),
  (random) => rawFrame({ type: 0x0900 + random.below(0xff), payload: random.bytes(8) }),
  (random) =>
    rawFrame({
      type: pick(random, types),
      payload: random.bytes(8),
      length: 2 ** 31 + random.below(2 ** 31),
    }),
  // Correctly signed, but not what any schema says.
  signedBody,
  // Ten thousand nested lists, or a header that promises four billion values.
  (random) => rawFrame({ type: 0x0201, payload: new Uint8Array(10_000).fill(0x91 + random.below(2)) }),
  (random) =>
    rawFrame({
      type: 0x0001,
      payload: Uint8Array.of(0xdd + 2 * random.below(2), 0xff, 0xff, 0xff, 0xff, ...random.bytes(8)),
    }),
  // An extension, such as msgpackr's own clone references and records.
  (random) =>
    rawFrame({
      type: 0x0001,
      payload: Uint8Array.of(0x81, 0xa1, 0x61, 0xd4 + random.below(5), 0x70, ...random.bytes(20)),
    }),
]

/**
 * `rounds` frames, one in eight of them honest, each cut into pieces for a reader of its own and then decoded.
 * Throws whatever is thrown that is not a FrameError: there must be nothing.
 */
export function fuzzFrames(rounds: number, seed: number): FuzzReport {
  const random = randomOf(seed)
  const options: DecodeOptions = { messages: MESSAGES, verify: verifyEd25519 }
  const refused: Partial<Record<RejectCode, number>> = {}
  let accepted = 0
  let forged = 0
  let lost = 0
  let heapWarm = 0
  const warmAt = Math.min(Math.ceil(rounds / 10), 10_000)
  for (let round = 1; round <= rounds; round++) {
    const isHonest = random.below(8) === 0
    const bytes = isHonest ? pick(random, honest) : pick(random, attacks)(random)
    const outcome = received(bytes, random, options)
    if (outcome === 'accepted') {
      accepted++
      if (!isHonest) forged++
    } else {
      refused[outcome] = (refused[outcome] ?? 0) + 1
      if (isHonest) lost++
    }
    if (round === warmAt) heapWarm = memoryInUse().heapUsed
  }
  return { rounds, refused, accepted, forged, lost, heapWarm, heapEnd: memoryInUse().heapUsed }
}

/** What becomes of `bytes` when a peer sends them and then closes the stream. */
function received(bytes: Uint8Array, random: Random, options: DecodeOptions): RejectCode | 'accepted' {
  const reader = new FrameReader(options.messages)
  let decoded = 0
  try {
    for (let start = 0; start < bytes.length; ) {
      const end = Math.min(bytes.length, start + 1 + random.below(bytes.length))
      for (const frame of reader.push(bytes.subarray(start, end))) {
        decodeFrame(frame, options)
        decoded++
      }
      start = end
    }
  } catch (error) {
    if (error instanceof FrameError) return error.code
    throw error
  }
  // A stream that ends inside a frame has sent a truncated one.
  return decoded === 1 && !reader.midFrame ? 'accepted' : 'malformed'
}
