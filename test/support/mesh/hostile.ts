// Peers that misbehave as fast as they can, admitted ones and strangers, with a count of what must have been refused.
import type { Connection } from '@libp2p/interface'
import type { Stream } from '../../../protocols/define.ts'
import { encodeFrame, type RejectCode } from '../../../protocols/frame.ts'
import { MeshQuery, QueryHop, Response } from '../../../protocols/messages/query.ts'
import { hello, query } from '../../../protocols/registry.ts'
import { createQuota } from '../../../src/base/quota.ts'
import { MEMBER_RATES } from '../../../src/mesh/allowance.ts'
import { pick, type Random, randomOf } from '../run/random.ts'
import { type Aim, ATTACKS, type Attack, fitting, linkOf } from './attacks.ts'
import { type RawPeer, type RawStream, rawPeer } from './raw-peer.ts'

/**
 * Correctly framed, and still nothing that anybody asked for or that means anything.
 */
function nuisance(aim: Aim, random: Random): Uint8Array {
  const { peer, stream } = aim
  const kind = random.below(20)
  if (kind === 0) return fitting(aim)
  if (kind === 1) {
    const query_id = random.bytes(16)
    return stream.frame(QueryHop, {
      query_id,
      remaining_ms: random.below(60_000),
      hops: random.below(16),
      document: expiredQuestion(peer, query_id, random),
    })
  }
  // An answer to no question of theirs.
  return stream.frame(Response, {
    query_id: random.bytes(16),
    author: peer.identity.publicKey,
    sealed: random.bytes(1 + random.below(500)),
  })
}

/** Well signed, and nobody's business any more. */
function expiredQuestion(peer: RawPeer, query_id: Uint8Array, random: Random): Uint8Array {
  const { publicKey, sign } = peer.identity
  const expires_at = Date.now() - 60_000
  return encodeFrame(
    MeshQuery,
    { sender: publicKey, ts: expires_at, nonce: random.bytes(16), seq: 0 },
    {
      query_id,
      query_type: 'NodeHealth',
      time_range: { start: 0, end: 1 },
      filters: [],
      audience_key: random.bytes(32),
      created_at: expires_at - 60_000,
      expires_at,
    },
    sign,
  )
}

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

export type Tally = Partial<Record<RejectCode, number>>

export interface Assault {
  /** Writes `frames` frames that must be refused, each answered by a reset. */
  run(frames: number): Promise<void>
  /** Frames that must have been refused so far, by code. */
  readonly refused: Readonly<Tally>
  /** Frames that must have been swallowed. */
  ignored(): number
}

/** Half of what the query stream allows: this way every frame is refused for what it is, none for being many. */
const PACE = { frames: query.quota.frames / 2, perMs: query.quota.perMs }
/** The same for the streams that a member may open: the connection of one that opens more is ended. */
const STREAMS = { frames: MEMBER_RATES.streams.frames * 0.9, perMs: MEMBER_RATES.streams.perMs }
/** One attack in so many is on the control stream, which costs the connection; one in so many comes from the lobby. */
const HELLO_ONE_IN = 50

const CHEAP = ATTACKS.filter((attack) => !attack.whole)

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
    const streams = createQuota(STREAMS)
    const open = async (to: Connection, { id }: Stream): Promise<RawStream> => {
      while (!streams.take(performance.now())) await new Promise((resolve) => setTimeout(resolve, 5))
      return await peer.open(to, id)
    }
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
      // An attack costs up to two frames of the quota.
      const affordable = mayWrite() && mayWrite()
      const attack = pick(random, affordable ? ATTACKS : CHEAP)
      const protocol = linkOf(attack)
      const aim = { peer, protocol, stream: await open(connection, protocol) }
      for (let more = random.below(3); protocol === query && more > 0 && mayWrite(); more--) {
        aim.stream.send(nuisance(aim, random))
        ignored++
      }
      await strike(attack, aim, random)
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

export const hostilePeers = (count: number): Promise<RawPeer[]> =>
  Promise.all(Array.from({ length: count }, () => rawPeer()))
