// Refused frames: counted by code, and told to the audit ledger and the log as often as a person can read, with the peer.
import { REJECT_CODES, type RejectCode } from '../../../protocols/frame.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../base/calendar.ts'
import { createQuota } from '../../base/quota.ts'
import { createRecent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createSparing, REST } from '../../base/sparing.ts'
import type { Audit } from '../../trust/audit/index.ts'

export type RejectionCounts = Readonly<Record<RejectCode, number>>

export type Rejections = ReturnType<typeof createRejections>

/** A member, or the inviter, that was refused because of its clock. */
export interface WrongClock {
  readonly node_id: NodeId
  /** The member's clock minus this one, milliseconds, when it was last refused. */
  readonly clock_off_ms: number
}

/** All strangers together: keys cost them nothing. Ten a minute, and a hundred a day. */
const STRANGERS_AUDITED = { frames: 10, perMs: 60_000 }
const STRANGERS_A_DAY = { frames: 100, perMs: DAY_MS }
/** A member that repeats its offence gets its next ledger entry after a minute, then two, four, up to an hour. */
const MEMBERS_AUDITED = { everyMs: 60_000, mostMs: 3_600_000 }

const STALE_REMEMBERED_MS = 15 * 60_000
/** The clock here was set: it went further from the time this process runs than clocks do that are kept, or drift. */
const CLOCK_SET_MS = 10_000
/** More members with a wrong clock would help nobody; the member that was refused longest ago gives way. */
const STALE_MAX = 64
/** Strangers make keys at no cost, so few are kept: enough for a person who waits for one new machine to be listed. */
const STALE_STRANGERS_MAX = 4

export interface RejectionsDeps extends Pick<Ambient, 'clock' | 'log'> {
  readonly audit: Pick<Audit, 'record'>
  readonly admits: (node: NodeId) => boolean
  /** Whether this node waits for an answer of that one, which nobody admits yet: the inviter that it looks for. */
  readonly seeks: (node: NodeId) => boolean
}

export function createRejections({ audit, clock, log, admits, seeks }: RejectionsDeps) {
  const counts = Object.fromEntries(REJECT_CODES.map((code) => [code, 0])) as Record<RejectCode, number>
  /** Members: one ledger entry per peer and code at a time; the next entry counts in `times` what came between. */
  const entries = createSparing({ clock, ...MEMBERS_AUDITED })
  /** At most one log line a minute per peer, protocol and code. */
  const lines = createSparing({ clock })

  /** When each was last refused for its clock, oldest first, and how far our clock was from our running time then. */
  const refused = (most: number) =>
    createRecent<NodeId, { readonly at: number; readonly offset: number; readonly clock_off_ms: number }>(
      most,
    )
  const stale = refused(STALE_MAX)
  const strangersStale = refused(STALE_STRANGERS_MAX)
  const offset = (): number => clock.now() - clock.monotonic()

  /** The refusal is recent, and this node's clock was not set since. */
  const holds = (one: { readonly at: number; readonly offset: number }): boolean =>
    clock.monotonic() - one.at <= STALE_REMEMBERED_MS && Math.abs(offset() - one.offset) <= CLOCK_SET_MS

  const holding = (all: typeof stale): readonly WrongClock[] =>
    [...all].filter(([, one]) => holds(one)).map(([node_id, { clock_off_ms }]) => ({ node_id, clock_off_ms }))

  const strangers = createQuota(STRANGERS_AUDITED)
  const strangersToday = createQuota(STRANGERS_A_DAY)
  /** Refused frames of strangers since the last ledger entry about a stranger. */
  let untold = 0

  /** Strangers share a line per protocol and code: their keys cost them nothing. */
  const nameOf = (peer: NodeId): string => (admits(peer) ? peer : 'stranger')

  const say = (code: RejectCode, protocol: string, peer: NodeId, reason: string, told: boolean): void => {
    const happened = lines.times(`${nameOf(peer)} ${protocol} ${code}`)
    if (happened === undefined) return
    const { key, times } = happened
    if (key === REST) {
      log.debug({ times }, 'frames of more peers were refused than are told apart')
      return
    }
    const fields = { peer, protocol, code, times, reason }
    // Only a wrong clock has a cause that people should look for; the log says it as often as the ledger.
    if (code === 'stale' && told)
      log.warn(fields, 'a frame was refused: compare the clocks of the two machines')
    else log.debug(fields, 'a frame was refused')
  }

  /** True when the ledger gets an entry about this peer now. */
  const enter = (code: RejectCode, protocol: string, peer: NodeId): boolean => {
    const details: Record<string, string | number> = { reason: code, protocol }
    if (admits(peer)) {
      const happened = entries.times(`${peer} ${code}`)
      if (happened === undefined) return false
      const { key, times } = happened
      if (key === REST) {
        // The count is of several members, for several reasons, so it names none of them.
        const rest = { reason: 'further_members', times }
        void audit.record({ type: 'policy_violation', success: false, details: rest })
        return false
      }
      details.times = times
    } else {
      const now = clock.monotonic()
      if (!strangers.take(now) || !strangersToday.take(now)) {
        untold++
        return false
      }
      details.times = 1
      if (untold > 0) details.unrecorded = untold
      untold = 0
    }
    void audit.record({ type: 'policy_violation', success: false, peer, details })
    return true
  }

  return {
    /**
     * A frame of `peer` was refused. `protocol` is the stream's or topic's id; `clockOffMs` the peer's clock minus this one,
     * when the frame was refused for that; `reason` is for the log, and holds nothing of the frame. True: it got an entry in
     * the ledger, and is worth a person's look.
     */
    count(
      code: RejectCode,
      protocol: string,
      peer: NodeId,
      { reason = code, clockOffMs }: { reason?: string; clockOffMs?: number | undefined } = {},
    ) {
      counts[code]++
      const now = clock.monotonic()
      // A question that has expired is stale too, and says nothing of a clock.
      if (clockOffMs !== undefined) {
        const known = admits(peer) || seeks(peer)
        const one = { at: now, offset: offset(), clock_off_ms: Math.round(clockOffMs) }
        ;(known ? stale : strangersStale).set(peer, one)
      }
      const told = enter(code, protocol, peer)
      say(code, protocol, peer, reason, told)
      return told
    },
    /** A frame was dropped through no fault of a known node: it is counted, and stands neither in the ledger nor in the log. */
    tally(code: RejectCode): void {
      counts[code]++
    },
    /** A frame of `peer` made code of this node throw: a mistake of ours, and told in the log. */
    failed(protocol: string, peer: NodeId, error: unknown) {
      const happened = lines.times(`${nameOf(peer)} ${protocol} failed`)
      if (happened === undefined) return
      const { key, times } = happened
      // The error is this frame's, so an entry that counts several peers' frames leaves it out.
      const whose = key === REST ? {} : { peer, protocol }
      log.error({ ...whose, times, reason: String(error) }, 'a frame could not be handled')
    },
    counts: (): RejectionCounts => ({ ...counts }),
    /** A frame of this peer was in time: whichever of the two clocks was wrong is right now. */
    inTime(peer: NodeId) {
      stale.delete(peer)
      strangersStale.delete(peer)
    },
    /**
     * Members, and the inviter that this node looks for, whose frames were too old or too new within the last quarter of an
     * hour, by clocks that nobody has set since: their clock, or ours, is wrong.
     */
    stale: () => holding(stale),
    /** The same of the last few nodes that are not known here: nobody is asked to trust them until their clock, or ours, is right. */
    staleStrangers: () => holding(strangersStale),
    /** A member whose frames were refused as `stale`: its clock minus this one, milliseconds. */
    clockOff(peer: NodeId) {
      const one = stale.peek(peer)
      return one !== undefined && holds(one) ? one.clock_off_ms : undefined
    },
  }
}
