// How much one connection may send: a stranger's little in its whole life, a member's much, at a rate that follows the key.
import type { NodeId } from '../../protocols/node-id.ts'
import { createQuota, type Rate } from '../base/quota.ts'
import { createRecent } from '../base/recent.ts'

export interface MemberAllowance extends Allowance {
  /** When the last message to it was written, monotonic ms. */
  spokeAt(): number
}

/**
 * A stranger's whole life. Hello needs one stream, about 10 frames each way, and at most 8 KiB; the rest is for other
 * programs, which look which protocols there are.
 */
export const LOBBY_ALLOWANCE = { streams: 16, frames: 512, bytes: 64 * 1024, replies: 512 } as const

/**
 * A member's rates, far above what the quotas of all streams together permit. They are kept by key, so a new connection
 * does not reset them. A member that opens 100 streams a second costs about a thirtieth of a processor.
 */
export const MEMBER_RATES = {
  streams: { frames: 200, perMs: 2_000 },
  frames: { frames: 40_000, perMs: 10_000 },
  /** Karo itself sends none, other programs one every 30 s. */
  pings: { frames: 20, perMs: 60_000 },
} as const

/** Members whose rates are remembered after they left; a forgotten member starts with its full rate. */
const MEMBERS_MAX = 1_024

export function lobbyAllowance() {
  const left = { ...LOBBY_ALLOWANCE } as Record<keyof typeof LOBBY_ALLOWANCE, number>
  const use = (what: keyof typeof left, count = 1): boolean => {
    left[what] -= count
    return left[what] >= 0
  }
  return {
    /** A stream was opened that got a place. */
    stream: () => use('streams'),
    /** A frame of the muxer, or a message of the encryption below it, which may be empty. */
    frame: () => use('frames'),
    /** A ping of the muxer: each is answered. It is a frame, and its answer a reply. */
    ping: () => true,
    /** Bytes, as announced by a frame's header, before they are kept. */
    bytes: (count: number) => use('bytes', count),
    /** A message to the other side; a stranger's questions are answered at our expense. */
    reply: () => use('replies'),
  }
}

/** Every method counts, and answers false when that was too much. */
export type Allowance = ReturnType<typeof lobbyAllowance>

/** The allowance of each member, the same one for all its connections. `now` is monotonic, in milliseconds. */
export function memberAllowances(now: () => number): (node: NodeId) => MemberAllowance {
  const members = createRecent<NodeId, MemberAllowance>(MEMBERS_MAX)
  const make = (): MemberAllowance => {
    let spokeAt = Number.NEGATIVE_INFINITY
    const within = (rate: Rate) => {
      const quota = createQuota(rate)
      return (): boolean => quota.take(now())
    }
    return {
      stream: within(MEMBER_RATES.streams),
      frame: within(MEMBER_RATES.frames),
      ping: within(MEMBER_RATES.pings),
      // The quotas of the streams limit the data on them, and the window limits how much of it is buffered.
      bytes: () => true,
      reply() {
        spokeAt = now()
        return true
      },
      spokeAt: () => spokeAt,
    }
  }
  return (node) => members.getOrInsert(node, make)
}
