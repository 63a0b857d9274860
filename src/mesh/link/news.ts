// Tells trust and the audit ledger about peers: who was met, who came, who left, and who waits for approval.
import type { HelloBody } from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../base/calendar.ts'
import { createQuota, type Quota, type Rate } from '../../base/quota.ts'
import { createRecent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createSparing, REST } from '../../base/sparing.ts'
import type { Audit, AuditRecord } from '../../trust/audit/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import { type Conn, type EndReason, isBroken, type Outcome } from '../state/types.ts'

export type News = ReturnType<typeof createNews>

/** Admitted here; connections to it opened and then stalled, more than once within the last ten minutes, and none has lasted a minute since. */
export interface Stalled {
  readonly node_id: NodeId
  /** IP address of the last one. */
  readonly ip: string
}

export interface NewsDeps extends Pick<Ambient, 'clock' | 'log'> {
  readonly trust: Pick<Trust, 'admits' | 'refuses' | 'sawMember' | 'sawStranger' | 'pending'>
  readonly audit: Pick<Audit, 'record'>
}

/** Strangers that get an audit entry of their own, ten a minute and a hundred a day: keys cost nothing, the ledger does. */
const STRANGERS_AUDITED = { frames: 10, perMs: 60_000 }
const STRANGERS_A_DAY = { frames: 100, perMs: DAY_MS }
/** Comings and goings of one member that get an entry, so that a member that reconnects all day does not fill the ledger. */
const VISITS_AUDITED = { frames: 30, perMs: DAY_MS }
/** Warnings about clocks, for all members and for all strangers together: the log is not to be flooded by them. */
const SKEWS_TOLD = { frames: 10, perMs: 60_000 }
/** A machine that is refused dials on for as long as it runs: that it does is worth an entry or two a day. */
const REFUSED_AUDITED = { frames: 1, perMs: DAY_MS }
/** For all refused keys together, of which one machine may have many: they are not to roll the entries of others out. */
const REFUSED_A_DAY = { frames: 100, perMs: DAY_MS }
/** Nodes whose entries are counted; the one that was away longest is forgotten first. */
const VISITORS_MAX = 1_024
/** Clocks further apart than this are worth a warning (wire format, "Replay"). */
const SKEW_WARN_MS = 60_000
const TELL_EVERY_MS = 60_000
/** A connection that opened and ended without an admission was over sooner where the other side ended it with a reason. */
const STALL_MS = 2_000
/** One stall may be a machine that was switched off; two within this time are told, until as long after the last one. */
const STALLED_MS = 10 * 60_000

export function createNews({ trust, audit, clock, log }: NewsDeps) {
  const strangers = createQuota(STRANGERS_AUDITED)
  const strangersToday = createQuota(STRANGERS_A_DAY)
  const skews = { member: createQuota(SKEWS_TOLD), stranger: createQuota(SKEWS_TOLD) }
  const lines = createSparing({ clock })
  const told = new WeakMap<Conn, number>()
  const met = new WeakMap<Conn, { readonly name: string; readonly addresses: readonly string[] }>()
  const oneSided = createRecent<NodeId, true>(VISITORS_MAX)
  const stalls = createRecent<NodeId, { readonly ip: string; readonly times: number; readonly at: number }>(
    VISITORS_MAX,
  )
  const isRecent = ({ at }: { readonly at: number }): boolean => clock.monotonic() - at < STALLED_MS

  const isStalled = (node: NodeId): boolean => {
    const last = stalls.peek(node)
    return last !== undefined && last.times > 1 && isRecent(last) && trust.admits(node)
  }

  /** A connection was open, and nothing came through it any more. */
  const stall = ({ node, ip }: Conn): void => {
    const last = stalls.peek(node)
    const times = last !== undefined && isRecent(last) ? last.times + 1 : 1
    stalls.set(node, { ip, times, at: clock.monotonic() })
    if (times === 2)
      log.warn(
        { peer: node, address: ip },
        'connections to this node open and then stall, as where large packets are dropped on the way',
      )
  }

  /** Writes entries of each node at this rate; the next one counts in `unrecorded` those that were left out. */
  const atMost = (rate: Rate, success: boolean, all?: Quota) => {
    const nodes = createRecent<NodeId, { readonly quota: Quota; unrecorded: number }>(VISITORS_MAX)
    return (type: AuditRecord['type'], peer: NodeId, details: AuditRecord['details']): void => {
      const one = nodes.getOrInsert(peer, () => ({ quota: createQuota(rate), unrecorded: 0 }))
      const now = clock.monotonic()
      if (!one.quota.take(now) || all?.take(now) === false) {
        one.unrecorded++
        return
      }
      const { unrecorded } = one
      one.unrecorded = 0
      void audit.record({ type, success, peer, details: { ...details, unrecorded: unrecorded || undefined } })
    }
  }
  const visit = atMost(VISITS_AUDITED, true)
  const refused = atMost(REFUSED_AUDITED, false, createQuota(REFUSED_A_DAY))

  /** At most one log line a minute for each neighbour and kind. */
  const say = (peer: NodeId, fields: Readonly<Record<string, string>>, message: string): void => {
    const happened = lines.times(`${peer} ${message}`)
    if (happened === undefined) return
    const { key, times } = happened
    if (key === REST) log.info({ times }, 'more neighbours came and went than the ledger tells apart')
    else log.info({ peer, ...fields, times: times > 1 ? times : undefined }, message)
  }

  return {
    /** A machine has proven, from `address`, that it has this key. A refused machine is recorded here, every other one when it has said hello. */
    proved(peer: NodeId, address: string | undefined): void {
      if (!trust.refuses(peer)) return
      trust.sawStranger(peer, { name: '', addresses: [] })
      refused('policy_violation', peer, { reason: 'refused_key', address })
    },
    /** `addresses` are those of its claims that may be believed. */
    met(conn: Conn, body: HelloBody, addresses: readonly string[]): void {
      const { node } = conn
      const seen = { name: body.name, addresses }
      met.set(conn, seen)
      const skew = conn.skewMs ?? 0
      const quota = skews[trust.admits(node) ? 'member' : 'stranger']
      if (Math.abs(skew) > SKEW_WARN_MS && quota.take(clock.monotonic()))
        log.warn({ peer: node, skew_ms: skew }, 'the clocks differ')
      // Trusted here; whether this node is trusted there shows when it has answered.
      if (trust.admits(node)) return
      const waits = (): boolean => trust.pending().some((one) => one.node_id === node)
      const isKnown = waits()
      trust.sawStranger(node, seen)
      const now = clock.monotonic()
      // A node that is refused here waits for nobody, however often it comes back to hear why.
      if (isKnown || !waits() || !strangers.take(now) || !strangersToday.take(now)) return
      log.info({ peer: node }, 'a new node waits for approval')
      void audit.record({
        type: 'peer_pending',
        success: true,
        peer: node,
        details: { address: conn.ip },
      })
    },
    /** The outcome of the peer's connection is certain. */
    settled(conn: Conn, outcome: Outcome): void {
      const seen = met.get(conn)
      if (!trust.admits(conn.node)) return
      if (outcome.kind === 'ended') {
        const isMute = outcome.reason === 'cut' || outcome.reason === 'lobby'
        if (isMute && clock.monotonic() - conn.openedAt >= STALL_MS) stall(conn)
      }
      if (outcome.kind !== 'pending' || seen === undefined) return
      trust.sawStranger(conn.node, seen)
      oneSided.set(conn.node, true)
    },
    came(conn: Conn): void {
      const { node, ip } = conn
      const name = conn.introduced?.name
      oneSided.delete(node)
      told.set(conn, clock.monotonic())
      const addresses = met.get(conn)?.addresses ?? []
      trust.sawMember(node, { name, addresses })
      say(node, { address: ip }, 'neighbour connected')
      visit('peer_connected', node, { address: ip })
    },
    left(conn: Conn, reason: EndReason): void {
      const { node } = conn
      if (reason === 'silent') stall(conn)
      // A node that was just refused is no member any more.
      // Where the connection broke, the state machine has told trust, and nothing was heard of the node since.
      if (trust.admits(node) && !isBroken(reason))
        trust.sawMember(node, reason === 'goodbye' ? { offline: true } : {})
      say(node, { reason }, 'neighbour gone')
      visit('peer_disconnected', node, { reason })
    },
    /** A message of the peer arrived. The room of trust is notified at most once a minute. */
    alive(conn: Conn): void {
      const now = clock.monotonic()
      if (now - (told.get(conn) ?? 0) < TELL_EVERY_MS) return
      told.set(conn, now)
      // A connection that still brings messages after a minute has not stalled.
      stalls.delete(conn.node)
      trust.sawMember(conn.node, {})
    },
    /** Admitted here; when they were last connected they did not admit this node. At most 1024, newest last. */
    oneSided: (): readonly NodeId[] => [...oneSided].map(([node]) => node).filter(trust.admits),
    /** Whether the node is one of these. */
    isOneSided: (node: NodeId): boolean => oneSided.has(node) && trust.admits(node),
    stalled: (): readonly Stalled[] =>
      [...stalls].filter(([node]) => isStalled(node)).map(([node_id, { ip }]) => ({ node_id, ip })),
    isStalled,
  }
}
