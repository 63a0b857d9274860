// Every way a frame can be wrong, each with the code it must be refused with.
import { randomBytes } from 'node:crypto'
import type { Message, Stream } from '../../../protocols/define.ts'
import { type Envelope, type RejectCode, UNSIGNED } from '../../../protocols/frame.ts'
import { encodeValue } from '../../../protocols/messagepack.ts'
import { Ping } from '../../../protocols/messages/hello.ts'
import { QueryDone } from '../../../protocols/messages/query.ts'
import { SyncRequest } from '../../../protocols/messages/sync.ts'
import { hello, query, sync } from '../../../protocols/registry.ts'
import { junk } from '../../fuzz/frames.ts'
import type { Random } from '../run/random.ts'
import { rawFrame } from './frames.ts'
import { testIdentity } from './identity.ts'
import type { RawPeer, RawStream } from './raw-peer.ts'

/** One open stream to write on, as one peer. */
export interface Aim {
  readonly peer: RawPeer
  readonly protocol: Stream
  readonly stream: RawStream
}

export interface Attack {
  readonly name: string
  readonly code: RejectCode
  /** False: refused by its header or its end, before it counts against the peer's quota. */
  readonly whole: boolean
  /** True: only against signatures or remembered nonces, which a stream whose proof is the connection has not. */
  readonly signed?: boolean
  /** Writes what must be refused, after whatever has to come before it. */
  strike(aim: Aim, random: Random): void
}

/** A key nobody trusts. */
const other = testIdentity(new Uint8Array(32).fill(9))
const MINUTE_MS = 60_000

/** A frame that fits the stream: it is accepted, and leads to nothing. */
export function fitting(
  { protocol, stream }: Aim,
  change: Parameters<RawStream['frame']>[2] = {},
): Uint8Array {
  if (protocol === hello) return stream.frame(Ping, { id: 7 }, change)
  if (protocol === query)
    return stream.frame(
      QueryDone,
      { query_id: randomBytes(16), author: randomBytes(32), answered: 0, lost: 0 },
      change,
    )
  const ask = { of: 'documents', documents: [] } as const
  return stream.frame(SyncRequest, { id: 7, index: new Uint8Array(8), through: 0, ask }, change)
}

const messageOf = ({ protocol }: Aim): Message =>
  protocol === hello ? Ping : protocol === query ? QueryDone : SyncRequest

/** The link for an attack: the one with the least to check on which it is one. */
export const linkOf = ({ signed }: Attack): Stream => (signed === true ? sync : query)

const changed = (bytes: Uint8Array, at: number, to: Uint8Array | readonly number[]): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy.set(to, at)
  return copy
}
const u32 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** As the stream wants it signed by the peer, with any payload. */
const signed = (aim: Aim, payload: Uint8Array): Uint8Array =>
  rawFrame({
    type: messageOf(aim).type,
    payload,
    sign: aim.protocol.proof === 'connection' ? () => UNSIGNED : aim.peer.identity.sign,
  })

const envelopeOf = ({ peer }: Aim): Envelope => ({
  sender: peer.identity.publicKey,
  ts: Date.now(),
  nonce: randomBytes(16),
  // Beyond whatever the stream has counted to.
  seq: 2 ** 40,
})

export const ATTACKS: readonly Attack[] = [
  {
    name: 'noise',
    code: 'bad_magic',
    whole: false,
    strike: ({ stream }, random) =>
      stream.send(changed(random.bytes(12 + random.below(3_000)), 0, [random.below(0x4b)])),
  },
  {
    name: 'another version',
    code: 'bad_version',
    whole: false,
    strike: (aim, random) => aim.stream.send(changed(fitting(aim), 4, [1 + random.below(255)])),
  },
  {
    name: 'longer than its type may be',
    code: 'too_large',
    whole: false,
    strike(aim, random) {
      const { limit } = messageOf(aim)
      const length = limit + 1 + (random.below(2) === 0 ? 0 : random.below(2 ** 32 - limit - 1))
      aim.stream.send(changed(fitting(aim), 6, u32(length)))
    },
  },
  {
    name: 'a type nobody knows',
    code: 'unknown_type',
    whole: false,
    strike: (aim, random) => aim.stream.send(changed(fitting(aim), 10, [0x70, random.below(256)])),
  },
  {
    name: 'a type of another stream',
    code: 'unknown_type',
    whole: false,
    strike(aim) {
      const elsewhere = aim.protocol === hello ? query : hello
      aim.stream.send(fitting({ ...aim, protocol: elsewhere }))
    },
  },
  {
    name: 'truncated',
    code: 'malformed',
    whole: false,
    strike(aim, random) {
      const bytes = fitting(aim)
      aim.stream.send(bytes.subarray(0, 1 + random.below(bytes.length - 1)))
      void aim.stream.stream.close().catch(() => {})
    },
  },
  {
    name: 'a payload of noise',
    code: 'malformed',
    whole: true,
    strike: (aim, random) => aim.stream.send(signed(aim, random.bytes(random.below(200)))),
  },
  {
    name: 'a thousand nested lists',
    code: 'malformed',
    whole: true,
    strike: (aim, random) => aim.stream.send(signed(aim, new Uint8Array(200).fill(0x91 + random.below(2)))),
  },
  {
    name: 'a list of four billion',
    code: 'malformed',
    whole: true,
    strike: (aim, random) =>
      aim.stream.send(signed(aim, Uint8Array.of(0xdd + 2 * random.below(2), 255, 255, 255, 255))),
  },
  {
    name: 'an extension type',
    code: 'malformed',
    whole: true,
    strike: (aim, random) =>
      aim.stream.send(
        signed(aim, Uint8Array.of(0x81, 0xa1, 0x61, 0xd4 + random.below(5), 0x70, ...random.bytes(20))),
      ),
  },
  {
    name: 'a body of another shape',
    code: 'malformed',
    whole: true,
    strike(aim, random) {
      // No `id` and no `query_id`, which the bodies must have.
      const body = { body: { other: junk(random, 0) } }
      aim.stream.send(signed(aim, encodeValue({ ...envelopeOf(aim), ...body })))
    },
  },
  {
    name: 'signed by another key',
    code: 'bad_signature',
    whole: true,
    strike: (aim) => aim.stream.send(fitting(aim, { signedBy: other })),
  },
  {
    name: 'altered after signing',
    code: 'bad_signature',
    whole: true,
    signed: true,
    strike(aim, random) {
      const nonce = randomBytes(16)
      const bytes = fitting(aim, { nonce })
      const at = Buffer.from(bytes).indexOf(nonce) + random.below(16)
      aim.stream.send(changed(bytes, at, [bytes[at]! ^ (1 + random.below(255))]))
    },
  },
  {
    name: 'an altered signature',
    code: 'bad_signature',
    whole: true,
    strike(aim, random) {
      const bytes = fitting(aim)
      const at = bytes.length - 1 - random.below(64)
      aim.stream.send(changed(bytes, at, [bytes[at]! ^ (1 + random.below(255))]))
    },
  },
  {
    name: "somebody else's frame",
    code: 'not_admitted',
    whole: true,
    strike: (aim) => aim.stream.send(fitting(aim, { sender: other.publicKey, signedBy: other })),
  },
  {
    name: 'from yesterday',
    code: 'stale',
    whole: true,
    strike: (aim, random) =>
      aim.stream.send(fitting(aim, { ts: Date.now() - (6 + random.below(1_440)) * MINUTE_MS })),
  },
  {
    name: 'from tomorrow',
    code: 'stale',
    whole: true,
    strike: (aim, random) =>
      aim.stream.send(fitting(aim, { ts: Date.now() + (6 + random.below(1_440)) * MINUTE_MS })),
  },
  {
    name: 'the same frame twice',
    code: 'replayed',
    whole: true,
    signed: true,
    strike(aim) {
      const bytes = fitting(aim)
      aim.stream.send(bytes)
      aim.stream.send(bytes)
    },
  },
  {
    name: 'the same nonce in a new frame',
    code: 'replayed',
    whole: true,
    signed: true,
    strike(aim) {
      const nonce = randomBytes(16)
      aim.stream.send(fitting(aim, { nonce }))
      aim.stream.send(fitting(aim, { nonce }))
    },
  },
  {
    name: 'the same number in a new frame',
    code: 'out_of_order',
    whole: true,
    strike(aim) {
      aim.stream.send(fitting(aim, { seq: 1_000 }))
      aim.stream.send(fitting(aim, { seq: 1_000 }))
    },
  },
  {
    name: 'a smaller number than before',
    code: 'out_of_order',
    whole: true,
    strike(aim, random) {
      aim.stream.send(fitting(aim, { seq: 1_000 }))
      aim.stream.send(fitting(aim, { seq: random.below(1_000) }))
    },
  },
]
