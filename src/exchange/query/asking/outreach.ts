// How one question of this node reaches the members it is for: directly or by echo, then each missing one once more.
import { QUERY_HOPS, QueryDone, QueryHop } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock, Timers } from '../../../base/clock.ts'
import { toHex } from '../../../base/hex.ts'
import type { Log } from '../../../base/run/log.ts'
import type { Config } from '../../../config/index.ts'
import type { Link, Mesh } from '../../../mesh/index.ts'
import type { Member } from '../../../trust/peers/index.ts'
import type { Echo, Routed, Router } from '../answering/router.ts'

/** One repair dial: a LAN peer that is there answers in a tenth of it. */
const REPAIR_MS = 300
const REPAIRS_AT_ONCE = 8
/**
 * A member without a link that said goodbye, or that nobody has heard of for three presences (of five minutes), is most
 * likely gone. It is dialled as everybody else, at once, but no whole mesh is troubled to look for it: else one machine
 * that is switched off would make every question of a small mesh an echo.
 */
const AWAY_AFTER_MS = 15 * 60_000

export interface OutreachDeps {
  readonly config: Pick<Config, 'overlay'>
  readonly link: Pick<Link, 'peers' | 'sendHop'>
  readonly mesh: Pick<Mesh, 'reach'>
  readonly router: Pick<Router, 'begin' | 'end'>
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

export interface Aim {
  readonly question: Routed
  readonly members: ReadonlyMap<NodeId, Member>
  /** Members this node knows, whether they are asked or not. */
  readonly known: number
  /** Monotonic, ms. */
  readonly deadlineAt: number
  /**
   * Nothing will come from this member any more; called at most once for each, never after `end`. `busy`: it was asked
   * and said that it has no time to read the question.
   */
  readonly lost: (node: NodeId, busy: boolean) => void
}

export interface Outreach {
  start(): void
  /** It was handed the question to carry, so it brings answers of others; else it speaks for itself only. */
  carriedBy(node: NodeId): boolean
  /** The member's answer is there. */
  settled(node: NodeId): void
  /** It says that nothing more will come; `busy`: because it has no time to read the question. */
  done(node: NodeId, busy: boolean): void
  down(node: NodeId): void
  /** With `tell`, those still at work hear that nothing more is wanted. */
  end(tell: boolean): void
}

export function createOutreach(deps: OutreachDeps, aim: Aim): Outreach {
  const { link, mesh, router, clock, timers, log } = deps
  const { question, members } = aim
  /** Members that neither answered nor are lost. */
  const awaited = new Set(members.keys())
  /** Asked directly, and not heard of since. */
  const pending = new Set<NodeId>()
  /** Neighbours that carry the question further. */
  let carriers: ReadonlySet<NodeId> = new Set()
  /** Members that had their second chance, and those of them that still have to be dialled. */
  const repaired = new Set<NodeId>()
  const queue: NodeId[] = []
  const dials = new Set<AbortController>()
  let ended = false

  const left = (): number => Math.max(0, Math.floor(aim.deadlineAt - clock.monotonic()))

  function lose(node: NodeId, busy = false): void {
    pending.delete(node)
    if (!ended && awaited.delete(node)) aim.lost(node, busy)
  }

  /** False: there is no link to ask over. */
  function askDirectly(node: NodeId): boolean {
    const { query_id, document, trace } = question
    pending.add(node)
    const body = { query_id, remaining_ms: left(), hops: QUERY_HOPS, document }
    if (!link.sendHop(node, QueryHop, body, trace)) {
      pending.delete(node)
      return false
    }
    return true
  }

  /** Once for each member: over the link that is there, or by one dial. */
  function repair(node: NodeId): void {
    if (ended || !awaited.has(node) || pending.has(node)) return
    if (repaired.has(node)) {
      lose(node)
      return
    }
    repaired.add(node)
    if (askDirectly(node)) return
    queue.push(node)
    if (dials.size < REPAIRS_AT_ONCE) void dialNext()
  }

  async function dialNext(): Promise<void> {
    const node = queue.shift()
    if (node === undefined || ended) return
    const control = new AbortController()
    dials.add(control)
    const stop = timers.after(REPAIR_MS, () => control.abort())
    // It never rejects.
    const reached = await mesh.reach(node, control.signal)
    stop()
    dials.delete(control)
    if (ended) return
    // Its answer may have come another way meanwhile.
    if (awaited.has(node) && !(reached && askDirectly(node))) lose(node)
    await dialNext()
  }

  function echoOver({ silent, answered, lost }: Echo): void {
    const trace_id = question.trace === undefined ? null : toHex(question.trace)
    log.debug({ trace_id, answered, lost, missing: awaited.size }, 'the echo is over')
    for (const node of [...awaited]) {
      // It has had the question all the time over a link that still stands: asking it again changes nothing.
      if (silent.has(node)) lose(node)
      else repair(node)
    }
  }

  return {
    start() {
      const linked = new Set(link.peers().map((peer) => peer.nodeId))
      const apart = [...members.values()].filter((member) => !linked.has(member.node_id))
      // Where everybody has a link to everybody, one that broke says that its other end is gone, or wants none.
      const linksToAll = aim.known <= deps.config.overlay.full_mesh_up_to
      const expected = apart.filter(
        ({ offline, unsure, last_seen }) =>
          !offline && !(unsure && linksToAll) && clock.now() - last_seen < AWAY_AFTER_MS,
      )
      if (expected.length > 0) carriers = router.begin(question, left(), echoOver)
      if (carriers.size === 0) {
        router.end(question, false)
        for (const node of members.keys()) {
          if (!linked.has(node) || !askDirectly(node)) repair(node)
        }
        return
      }
      const looked = new Set(expected.map((member) => member.node_id))
      for (const { node_id } of apart) if (!looked.has(node_id)) repair(node_id)
    },
    carriedBy: (node) => carriers.has(node),
    settled(node) {
      pending.delete(node)
      awaited.delete(node)
    },
    done(node, busy) {
      if (pending.has(node)) lose(node, busy)
    },
    down(node) {
      if (pending.delete(node)) repair(node)
    },
    end(tell) {
      if (ended) return
      ended = true
      for (const dial of dials) dial.abort()
      router.end(question, tell)
      if (!tell) return
      const { author, query_id } = question
      for (const node of pending) link.sendHop(node, QueryDone, { author, query_id, answered: 0, lost: 0 })
    },
  }
}
