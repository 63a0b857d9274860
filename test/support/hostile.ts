// An admitted peer that misbehaves: every way a frame can be wrong, each with the code it must be refused with.
import { randomBytes } from 'node:crypto'
import type { Connection } from '@libp2p/interface'
import type { Message, Stream } from '../../protocols/define.ts'
import { type Envelope, FRAME_OVERHEAD, type RejectCode } from '../../protocols/frame.ts'
import { encodeValue } from '../../protocols/messagepack.ts'
import { Ping } from '../../protocols/messages/hello.ts'
import { QueryDone, QueryHop, Response } from '../../protocols/messages/query.ts'
import { createQuota } from '../../protocols/quota.ts'
import { hello, query } from '../../protocols/registry.ts'
import { junk, pick, type Random, randomOf } from '../fuzz/frames.ts'
import { rawFrame } from './frames.ts'
import { testIdentity } from './mesh-node.ts'
import { type RawPeer, type RawStream, rawPeer } from './raw-peer.ts'

/** One open stream to write on, as one peer. */
export interface Aim {
  readonly peer: RawPeer
  readonly protocol: Stream
  readonly stream: RawStream
}

interface Attack {
  readonly name: string
  readonly code: RejectCode
  /** False: refused by its header or its end, before it counts against the peer's quota. */
  readonly whole: boolean
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
  return protocol === hello
    ? stream.frame(Ping, { id: 7 }, change)
    : stream.frame(QueryDone, { query_id: randomBytes(16), answered: 0, denied: 0, lost: 0 }, change)
}

const messageOf = ({ protocol }: Aim): Message => (protocol === hello ? Ping : QueryDone)

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

/** Correctly signed by the peer, with any payload. */
const signed = (aim: Aim, payload: Uint8Array): Uint8Array =>
  rawFrame({ type: messageOf(aim).type, payload, sign: (bytes) => aim.peer.identity.sign(bytes) })

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

/** Correctly framed, and still nothing that anybody asked for or that means anything. */
const NUISANCES: readonly ((aim: Aim, random: Random) => Uint8Array)[] = [
  (aim) => fitting(aim),
  // An answer to no question of theirs.
  ({ peer, stream }, random) =>
    stream.frame(Response, {
      query_id: random.bytes(16),
      author: peer.identity.publicKey,
      sealed: random.bytes(1 + random.below(500)),
    }),
  // A question that nobody signed.
  ({ stream }, random) =>
    stream.frame(QueryHop, {
      query_id: random.bytes(16),
      remaining_ms: random.below(60_000),
      hops: random.below(16),
      document: random.bytes(FRAME_OVERHEAD + random.below(300)),
    }),
]

/** A refusal takes a round trip; on a machine with much else to do, a while. */
const RESET_MS = 30_000

/** Waits until the other side has reset the stream, or its connection: a refusal as it looks from outside. */
export function reset({ stream }: RawStream, what: string): Promise<void> {
  const gone = (): boolean => stream.status !== 'open' && stream.status !== 'closing'
  if (gone()) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} was not refused`)), RESET_MS)
    stream.addEventListener('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

export interface AssaultInit {
  /** Where the victim listens. */
  readonly address: { readonly host: string; readonly port: number }
  /** Node ids that the victim trusts, and ids it does not. */
  readonly members: readonly RawPeer[]
  readonly strangers: readonly RawPeer[]
  readonly seed: number
}

type Tally = Partial<Record<RejectCode, number>>

export interface Assault {
  /** Writes `frames` frames that must be refused, each answered by a reset. */
  run(frames: number): Promise<void>
  /** Frames that must have been refused so far, by code. */
  readonly refused: Readonly<Tally>
  /** Frames that must have been swallowed. */
  ignored(): number
}

/** A tenth below what the query stream allows: this way every frame is refused for what it is, none for being many. */
const PACE = { frames: query.quota.frames * 0.9, perMs: query.quota.perMs }
/** One attack in so many is on the control stream, which costs the connection; one in so many comes from the lobby. */
const HELLO_ONE_IN = 50

/** All members and strangers at once; deterministic in what it chooses, though not in who of them sends it. */
export function createAssault({ address, members, strangers, seed }: AssaultInit): Assault {
  const refused: Tally = {}
  let ignored = 0
  let left = 0

  const strike = async (attack: Attack, aim: Aim, random: Random): Promise<void> => {
    attack.strike(aim, random)
    await reset(aim.stream, `${attack.name}, on ${aim.protocol.id},`)
    refused[attack.code] = (refused[attack.code] ?? 0) + 1
  }

  /** An admitted peer: attacks on the link, and now and then on the control stream. */
  const asMember = (peer: RawPeer, random: Random): (() => Promise<void>) => {
    const quota = createQuota(PACE)
    const mayWrite = (): boolean => quota.take(performance.now())
    let connection: Connection | undefined
    let control: RawStream | undefined
    return async () => {
      if (connection?.status !== 'open' || control?.open() !== true) {
        connection = await peer.dial(address)
        control = await peer.join(connection)
      }
      if (random.below(HELLO_ONE_IN) === 0) {
        await strike(pick(random, ATTACKS), { peer, protocol: hello, stream: control }, random)
        return
      }
      const aim = { peer, protocol: query, stream: await peer.open(connection, query.id) }
      for (let more = random.below(3); more > 0 && mayWrite(); more--) {
        aim.stream.send(pick(random, NUISANCES)(aim, random))
        ignored++
      }
      // An attack costs up to two frames of the quota.
      const affordable = mayWrite() && mayWrite()
      await strike(pick(random, affordable ? ATTACKS : CHEAP), aim, random)
    }
  }

  /** From the lobby: the first frame a stranger ever says. */
  const asStranger = (peer: RawPeer, random: Random) => async () => {
    const connection = await peer.dial(address)
    const stream = await peer.open(connection, hello.id)
    await strike(pick(random, CHEAP), { peer, protocol: hello, stream }, random)
    connection.abort(new Error('done'))
  }

  const workers = [
    ...members.map((peer, i) => asMember(peer, randomOf(seed + i))),
    ...strangers.map((peer, i) => asStranger(peer, randomOf(seed + members.length + i))),
  ]

  return {
    refused,
    ignored: () => ignored,
    async run(frames) {
      left = frames
      await Promise.all(
        workers.map(async (next) => {
          while (left > 0) {
            left--
            await next()
          }
        }),
      )
    },
  }
}

const CHEAP = ATTACKS.filter((attack) => !attack.whole)

export const hostilePeers = (count: number): Promise<RawPeer[]> =>
  Promise.all(Array.from({ length: count }, () => rawPeer()))
