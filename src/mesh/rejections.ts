// Refused frames and connections: counted by code, and told to the audit ledger as often as a person can read.
import { REJECT_CODES, type RejectCode } from '../../protocols/frame.ts'
import type { NodeId } from '../../protocols/node-id.ts'
import { createQuota } from '../../protocols/quota.ts'
import type { Audit } from '../audit/index.ts'
import type { Clock } from '../base/clock.ts'

export type RejectionCounts = Readonly<Record<RejectCode, number>>

export interface Rejections {
  /**
   * `protocol` is the stream's id; `clockOffMs` the peer's clock minus this one, when the frame was refused for that.
   * True: it got an entry in the ledger, and is worth a person's look.
   */
  count(code: RejectCode, protocol: string, peer: NodeId, clockOffMs?: number): boolean
  counts(): RejectionCounts
  /** Members whose frames were too old or too new within the last quarter of an hour: their clock, or ours, is wrong. */
  stale(): readonly WrongClock[]
  /** As `stale`, of one member: its clock minus this one, milliseconds. */
  clockOff(peer: NodeId): number | undefined
  /** The peer is connected, so its clock is right again. */
  connected(peer: NodeId): void
}

/** A member that was refused because of its clock. */
export interface WrongClock {
  readonly node_id: NodeId
  /** The member's clock minus this one, milliseconds, when it was last refused. */
  readonly clock_off_ms: number
}

/** Of members one entry per peer and code in this time; what comes between is told as `times` in the next. */
const AUDIT_EVERY_MS = 60_000
/** Pairs of peer and code that are remembered; beyond, and until they age, only the counters count. */
const AUDITED_MAX = 256
/** All strangers together: keys cost them nothing, and the ledger's oldest entries give way to its newest. */
const STRANGERS_AUDITED = { frames: 10, perMs: 60_000 }

const STALE_REMEMBERED_MS = 15 * 60_000
/** More tell nobody more; the one that was refused longest ago gives way. */
const STALE_MAX = 64

export interface RejectionsDeps {
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
  readonly admits: (node: NodeId) => boolean
}

export function createRejections({ audit, clock, admits }: RejectionsDeps): Rejections {
  const counts = Object.fromEntries(REJECT_CODES.map((code) => [code, 0])) as Record<RejectCode, number>
  const audited = new Map<string, { at: number; since: number }>()

  /** When each was last refused for its clock, oldest first. */
  const stale = new Map<NodeId, { readonly at: number; readonly clock_off_ms: number }>()

  const isRecent = ({ at }: { readonly at: number }): boolean => clock.monotonic() - at <= STALE_REMEMBERED_MS

  const strangers = createQuota(STRANGERS_AUDITED)
  /** Of strangers, since the last entry about one. */
  let untold = 0

  const forgetOld = (now: number): void => {
    for (const [key, { at }] of audited) if (now - at >= AUDIT_EVERY_MS) audited.delete(key)
  }

  /** How often it happened since the last entry, with this time; undefined when there shall be none now. */
  const timesOfMember = (key: string, now: number): number | undefined => {
    const last = audited.get(key)
    if (last !== undefined && now - last.at < AUDIT_EVERY_MS) {
      last.since++
      return undefined
    }
    if (audited.size >= AUDITED_MAX) forgetOld(now)
    if (last === undefined && audited.size >= AUDITED_MAX) return undefined
    audited.set(key, { at: now, since: 0 })
    return (last?.since ?? 0) + 1
  }

  return {
    count(code, protocol, peer, clockOffMs) {
      counts[code]++
      const now = clock.monotonic()
      // A question that has expired is stale too, and says nothing of a clock.
      if (clockOffMs !== undefined && admits(peer)) {
        stale.delete(peer)
        stale.set(peer, { at: now, clock_off_ms: Math.round(clockOffMs) })
        if (stale.size > STALE_MAX) stale.delete(stale.keys().next().value as NodeId)
      }
      const details: Record<string, string | number> = { reason: code, protocol }
      if (admits(peer)) {
        const times = timesOfMember(`${peer} ${code}`, now)
        if (times === undefined) return false
        details.times = times
      } else {
        if (!strangers.take(now)) {
          untold++
          return false
        }
        details.times = 1
        if (untold > 0) details.unrecorded = untold
        untold = 0
      }
      void audit.record({ type: 'policy_violation', success: false, peer, details })
      return true
    },
    counts: () => ({ ...counts }),
    stale: () =>
      [...stale]
        .filter(([, one]) => isRecent(one))
        .map(([node_id, { clock_off_ms }]) => ({ node_id, clock_off_ms })),
    clockOff(peer) {
      const one = stale.get(peer)
      return one !== undefined && isRecent(one) ? one.clock_off_ms : undefined
    },
    connected: (peer) => void stale.delete(peer),
  }
}
