// Echo routing: hands a question on to the neighbours, passes answers up unread, and says when nothing more will come.
// After E. J. H. Chang, "Echo Algorithms: Depth Parallel Operations on General Graphs", IEEE TSE 8(4), 1982.
import { bodyOf } from '../../../../protocols/frame.ts'
import { QUERY_HOPS, QueryDone, QueryHop, Response } from '../../../../protocols/messages/query.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { query as queryStream } from '../../../../protocols/registry.ts'
import type { Clock, Timers } from '../../../base/clock.ts'
import { blake3 } from '../../../base/hash.ts'
import { toHex } from '../../../base/hex.ts'
import { createQuotas } from '../../../base/quota.ts'
import type { Link, PeerRef } from '../../../mesh/index.ts'
import { sameBytes } from '../document.ts'
import type { Echo, Routed, RoutedId, Router } from './router.ts'

/** Neighbours get this part of the time a node has, so that what they say is there before its own time is over. */
const SHARE_OF_TIME = 0.9
/** Questions of others carried at once; they live at most a minute. */
export const CARRIED_MAX = 256
/** Of those, how many one neighbour may have handed on: nobody fills the table alone. */
export const CARRIED_OF_NEIGHBOUR_MAX = 64
/** Owners whose answers to one question are passed up; several times the largest mesh this is meant for. */
export const RESPONDERS_MAX = 1_024
/**
 * Answers of one owner to one question that are passed up: its `busy` and its `error` may come first, over a neighbour
 * that used up its quota there, and are always the same bytes (answer.ts).
 */
export const ANSWERS_OF_RESPONDER_MAX = 3
/** Bytes of answers to one question passed up: a thousand of 16 KiB. */
export const RELAYED_BYTES_MAX = 16 * 1024 * 1024
/** Part of a neighbour's quota that relayed answers may use; the rest is for questions, own answers and endings. */
const ANSWERS_SHARE = 0.8
/** Neighbours whose pace is remembered. */
const PACES_MAX = 1_024
const COUNT_MAX = 0xffff_ffff

export interface RouterDeps {
  readonly self: PeerRef
  readonly link: Pick<Link, 'peers' | 'sendHop' | 'sendDocument'>
  readonly clock: Clock
  readonly timers: Timers
}

interface Carried extends RoutedId {
  /** Undefined: this node asks. */
  readonly parent: NodeId | undefined
  /** Neighbours it was handed to. */
  readonly asked: Set<NodeId>
  /** Neighbours among `asked` that are not done. */
  readonly open: Set<NodeId>
  /** The neighbours hand it no further: what each says for itself ends it. */
  readonly last: boolean
  /** Owners whose answers were passed up, and the digests of those. */
  readonly responders: Map<NodeId, readonly string[]>
  bytes: number
  answered: number
  lost: number
  ownIsOver: boolean
  readonly over: (echo: Echo) => void
  stopTimer: () => void
}

export function createRouter({ self, link, clock, timers }: RouterDeps): Router {
  const table = new Map<string, Carried>()
  /** What this node may send to a neighbour without being cut off: an honest node keeps its neighbours' quota. */
  const { frames, perMs } = queryStream.quota
  const paceOf = createQuotas<NodeId>({ frames: frames * ANSWERS_SHARE, perMs }, PACES_MAX)
  let relayed = 0
  let dropped = 0

  const inPace = (node: NodeId): boolean => paceOf(node).take(clock.monotonic())

  /** Hands the question to every neighbour but the parent. Returns when (monotonic) their time is over. */
  function handOn(
    question: Routed,
    { remaining_ms, hops }: { readonly remaining_ms: number; readonly hops: number },
    parent: NodeId | undefined,
    over: Carried['over'],
  ): Carried {
    const { author, query_id, document, trace } = question
    const share = Math.floor(remaining_ms * SHARE_OF_TIME)
    const carried: Carried = {
      author,
      query_id,
      parent,
      asked: new Set(),
      open: new Set(),
      last: hops === QUERY_HOPS,
      responders: new Map(),
      bytes: 0,
      answered: 0,
      lost: 0,
      ownIsOver: parent === undefined,
      over,
      stopTimer: () => {},
    }
    table.set(keyOf(question), carried)
    const body = { query_id, remaining_ms: share, hops, document }
    for (const { nodeId } of share === 0 ? [] : link.peers()) {
      if (nodeId === parent || !link.sendHop(nodeId, QueryHop, body, trace)) continue
      carried.asked.add(nodeId)
      carried.open.add(nodeId)
    }
    carried.stopTimer = timers.after(share, () => close(carried))
    return carried
  }

  function forget(carried: Carried): void {
    carried.stopTimer()
    table.delete(keyOf(carried))
  }

  function close(carried: Carried): void {
    forget(carried)
    const { author, query_id, parent, answered } = carried
    const lost = Math.min(carried.lost + carried.open.size, COUNT_MAX)
    if (parent === undefined) carried.over({ silent: carried.open, answered, lost })
    else link.sendHop(parent, QueryDone, { author, query_id, answered, lost })
  }

  function closeIfDone(carried: Carried): void {
    if (carried.ownIsOver && carried.open.size === 0 && table.get(keyOf(carried)) === carried) close(carried)
  }

  /** No answer is wanted any more, and neighbours that still work on the question hear so. */
  function abandon(carried: Carried): void {
    forget(carried)
    for (const node of carried.open) decline(carried, node)
  }

  function decline({ author, query_id }: RoutedId, to: NodeId, lost: 0 | 1 = 0): void {
    link.sendHop(to, QueryDone, { author, query_id, answered: 0, lost })
  }

  /** True when it was passed up. */
  function passUp(carried: Carried, parent: NodeId, responder: NodeId, bytes: Uint8Array): boolean {
    if (responder === self.nodeId) return false
    const before = carried.responders.get(responder) ?? []
    if (
      before.length === 0
        ? carried.responders.size >= RESPONDERS_MAX
        : before.length >= ANSWERS_OF_RESPONDER_MAX
    ) {
      return false
    }
    const digest = toHex(blake3([bytes]))
    if (before.includes(digest)) return false
    if (carried.bytes + bytes.length > RELAYED_BYTES_MAX || !inPace(parent)) return false
    if (!link.sendDocument(parent, bytes)) return false
    carried.responders.set(responder, [...before, digest])
    carried.bytes += bytes.length
    carried.answered++
    return true
  }

  return {
    begin(question, remainingMs, over) {
      const hop = { remaining_ms: remainingMs, hops: 0 }
      return handOn(question, hop, undefined, over).asked
    },
    end(question, tell) {
      const carried = table.get(keyOf(question))
      if (carried === undefined) return
      if (tell) abandon(carried)
      else forget(carried)
    },
    carry(question, parent, { remaining_ms, hops }) {
      const others = [...table.values()].filter((one) => one.parent !== undefined)
      if (others.length >= CARRIED_MAX) return undefined
      if (others.filter((one) => one.parent === parent).length >= CARRIED_OF_NEIGHBOUR_MAX) return undefined
      handOn(question, { remaining_ms, hops: hops + 1 }, parent, () => {})
      return clock.monotonic() + remaining_ms * SHARE_OF_TIME
    },
    parentOf: (question) => table.get(keyOf(question))?.parent,
    settle(question, sentTo) {
      const carried = table.get(keyOf(question))
      if (carried?.parent === undefined || carried.ownIsOver) return
      carried.ownIsOver = true
      if (sentTo.has(carried.parent)) carried.answered++
      closeIfDone(carried)
    },
    crossed(question, from) {
      const carried = table.get(keyOf(question))
      if (carried === undefined || !carried.asked.has(from)) return false
      if (carried.open.delete(from)) closeIfDone(carried)
      return true
    },
    decline,
    response(peer, frame) {
      const body = bodyOf(frame, Response)
      if (sameBytes(body.author, self.publicKey)) return false
      const carried = table.get(keyOf(body))
      if (carried?.parent === undefined) {
        dropped++
        return true
      }
      const responder = formatNodeId(frame.envelope.sender)
      if (carried.open.has(peer.nodeId) && passUp(carried, carried.parent, responder, frame.bytes)) relayed++
      else dropped++
      if (carried.last && responder === peer.nodeId && carried.open.delete(peer.nodeId)) closeIfDone(carried)
      return true
    },
    done(peer, frame) {
      const body = bodyOf(frame, QueryDone)
      const carried = table.get(keyOf(body))
      if (carried === undefined) return
      if (peer.nodeId === carried.parent) {
        abandon(carried)
      } else if (carried.open.delete(peer.nodeId)) {
        carried.lost += body.lost
        if (carried.parent === undefined) carried.answered += body.answered
        closeIfDone(carried)
      }
    },
    down(peer) {
      for (const carried of [...table.values()]) {
        if (peer.nodeId === carried.parent) {
          abandon(carried)
        } else if (carried.open.delete(peer.nodeId)) {
          carried.lost++
          closeIfDone(carried)
        }
      }
    },
    inUse: (node) => [...table.values()].some(({ parent, open }) => parent === node || open.has(node)),
    stop() {
      for (const carried of [...table.values()]) forget(carried)
    },
    counts: () => {
      const others = [...table.values()].filter((one) => one.parent !== undefined)
      return { carried: others.length, relayed, dropped }
    },
  }
}

const keyOf = ({ author, query_id }: RoutedId): string => toHex(author) + toHex(query_id)
