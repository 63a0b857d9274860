// Echo routing: hands a question on to the neighbours, or to those that a tree leaves, passes answers up unread, and says
// when nothing more will come.
// After E. J. H. Chang, "Echo Algorithms: Depth Parallel Operations on General Graphs", IEEE TSE 8(4), 1982.
import { QUERY_HOPS } from '../../../../protocols/messages/query.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { query as queryStream } from '../../../../protocols/registry.ts'
import type { Clock } from '../../../base/clock.ts'
import { blake3 } from '../../../base/hash.ts'
import { toHex } from '../../../base/hex.ts'
import { createQuotas } from '../../../base/quota.ts'
import { createTrees, type Tree } from './trees.ts'
import type { Done, Emit, Hop, Routed, RoutedId, Sealed } from './types.ts'

/** Neighbours get this part of the time a node has, so that their endings arrive before its own time is over. */
const SHARE_OF_TIME = 0.9
/** Questions of others carried at once; they live at most a minute. */
export const CARRIED_MAX = 256
/** Carried questions that may come from one neighbour, so that no neighbour fills the table alone. */
export const CARRIED_OF_NEIGHBOUR_MAX = 64
/**
 * Answers of one owner to one question that are passed up. Its `busy` and its `error` may come before its answer, over a
 * neighbour that used up its quota there; the owner says each of them in the same bytes to everybody (owner.ts).
 */
export const ANSWERS_OF_RESPONDER_MAX = 3
/** Bytes of answers to one question passed up, and what a shorter answer counts as: a thousand answers; several times the largest mesh this is meant for. */
export const RELAYED_BYTES_MAX = 16 * 1024 * 1024
export const ANSWER_BYTES = 16 * 1024
/** Up to here also those of owners that are not admitted here. Keys cost nothing, and a neighbour may invent them: the rest is for the others. */
export const STRANGERS_BYTES_MAX = RELAYED_BYTES_MAX / 4
/** Part of a neighbour's quota that relayed answers may use; the rest is for questions, own answers and endings. */
const ANSWERS_SHARE = 0.8
/** Neighbours whose pace is remembered. */
const PACES_MAX = 1_024
/** With fewer links to take back, the nodes behind this one take theirs back too. */
const ENOUGH_TO_MEND = 2
/** Largest count that QueryDone can say. */
const COUNT_MAX = 0xffff_ffff

export interface RelayDeps {
  readonly self: NodeId
  /** Neighbours whose link is usable now. */
  readonly peers: () => readonly NodeId[]
  readonly linked: (node: NodeId) => boolean
  readonly admits: (node: NodeId) => boolean
  readonly clock: Clock
  readonly emit: Emit
}

interface Carried extends RoutedId {
  /** Undefined: this node asks. */
  readonly parent: NodeId | undefined
  /** Neighbours it was handed to. */
  readonly asked: Set<NodeId>
  /** Neighbours among `asked` that are not done. */
  readonly open: Set<NodeId>
  /** Neighbours that had the question from elsewhere, so that the tree goes without them; of a tree that is not known: undefined. */
  readonly needless: Set<NodeId> | undefined
  /** The neighbours hand it no further, so each is done when its own answer came. */
  readonly last: boolean
  /** Owners whose answers were passed up, each with the digests of its answers. */
  readonly responders: Map<NodeId, readonly string[]>
  bytes: number
  answered: number
  lost: number
  ownIsOver: boolean
}

export type Relay = ReturnType<typeof createRelay>

export function createRelay({ self, peers, linked, admits, clock, emit }: RelayDeps) {
  const table = new Map<string, Carried>()
  const trees = createTrees(clock)
  /** What this node may send to a neighbour without being cut off: an honest node keeps its neighbours' quota. */
  const { frames, perMs } = queryStream.quota
  const paceOf = createQuotas<NodeId>({ frames: frames * ANSWERS_SHARE, perMs }, PACES_MAX)
  let relayed = 0
  let dropped = 0

  const ofOthers = (): Carried[] => [...table.values()].filter(({ parent }) => parent !== undefined)

  /** As an echo and over a tree: the two are carried apart. */
  const bothOf = (question: RoutedId): Carried[] =>
    [keyOf(question), keyOf({ ...question, tree: SOME_TREE })].flatMap((key) => table.get(key) ?? [])

  /**
   * Undefined also if the tree belongs to another asker: a node that knows a tree's name could otherwise remove links
   * from it.
   */
  function treeOfAuthor(tree: Uint8Array, author: Uint8Array): Tree | undefined {
    const known = trees.of(tree)
    return known !== undefined && Buffer.compare(known.echo.author, author) === 0 ? known : undefined
  }

  /** Hands the question to every neighbour but the parent, or to those that the tree leaves. */
  function handOn(
    { author, query_id, document, trace }: Routed,
    { remaining_ms, hops, tree }: Pick<Hop, 'remaining_ms' | 'hops' | 'tree'>,
    parent: NodeId | undefined,
  ): Carried {
    const share = Math.floor(remaining_ms * SHARE_OF_TIME)
    const id = { author, query_id, tree }
    const known = tree === undefined ? trees.grow(id, parent) : treeOfAuthor(tree, author)
    if (known !== undefined) known.parent = parent
    const needless = known?.needless
    const others = peers().filter((node) => node !== parent && needless?.has(node) !== true)
    const asked = share === 0 ? [] : others
    const carried: Carried = {
      ...id,
      parent,
      asked: new Set(asked),
      open: new Set(asked),
      needless,
      last: hops === QUERY_HOPS,
      responders: new Map(),
      bytes: 0,
      answered: 0,
      lost: 0,
      ownIsOver: parent === undefined,
    }
    const key = keyOf(carried)
    table.set(key, carried)
    const hop = { query_id, remaining_ms: share, hops, document, tree }
    for (const to of asked) emit({ do: 'hand', to, hop, trace })
    emit({ do: 'timer', timer: `echo ${key}`, ms: share })
    return carried
  }

  function forget(carried: Carried): void {
    const key = keyOf(carried)
    emit({ do: 'timer', timer: `echo ${key}`, ms: undefined })
    table.delete(key)
  }

  function close(carried: Carried): void {
    forget(carried)
    const { parent, answered } = carried
    const lost = Math.min(carried.lost + carried.open.size, COUNT_MAX)
    if (parent === undefined)
      emit({ did: 'echo', question: carried, echo: { silent: carried.open, answered, lost } })
    else tellEnd(carried, parent, answered, lost)
  }

  function tellEnd({ author, query_id, tree }: RoutedId, to: NodeId, answered: number, lost: number): void {
    emit({ do: 'end', to, done: { author, query_id, answered, lost, tree } })
  }

  function closeIfDone(carried: Carried): void {
    if (carried.ownIsOver && carried.open.size === 0) close(carried)
  }

  /**
   * Tells a neighbour that handed on a question that nothing will come of it this way: the question is known here already
   * or, with `lost` 1, this node has no time to read it.
   */
  function decline(question: RoutedId, to: NodeId, lost: 0 | 1 = 0): void {
    // Both ends of this link have seen that it is not needed.
    if (lost === 0) table.get(keyOf(question))?.needless?.add(to)
    tellEnd(question, to, 0, lost)
  }

  /** No answer is wanted any more, and neighbours that still work on the question hear so. */
  function abandon(carried: Carried): void {
    forget(carried)
    for (const node of carried.open) tellEnd(carried, node, 0, 0)
  }

  /**
   * Takes the links that a tree went without back into it, because the one over which its questions came is gone. Where these
   * are few, they may all lead to nodes that are cut off with this one, and those behind it (all but `above`) do the same.
   */
  function mend({ echo, needless }: Tree, above: NodeId): void {
    const before = peers().filter((node) => node !== above)
    const back = before.filter((node) => needless.delete(node))
    for (const to of back.length < ENOUGH_TO_MEND ? before : back) {
      if (!paceOf(to).take(clock.monotonic())) continue
      emit({ do: 'end', to, done: { ...echo, answered: 0, lost: 0, graft: true } })
    }
  }

  /** Adds `parent` to `sentTo` when the answer is passed up; who is there has it already, from the other way of the question. */
  function passUp(
    carried: Carried,
    parent: NodeId,
    responder: NodeId,
    bytes: Uint8Array,
    sentTo: Set<NodeId>,
  ): void {
    const before = carried.responders.get(responder) ?? []
    const most = admits(responder) ? RELAYED_BYTES_MAX : STRANGERS_BYTES_MAX
    const sum = carried.bytes + Math.max(bytes.length, ANSWER_BYTES)
    if (responder === self || before.length >= ANSWERS_OF_RESPONDER_MAX || sum > most) return
    const digest = toHex(blake3([bytes]))
    if (before.includes(digest)) return
    if (!sentTo.has(parent)) {
      if (!linked(parent) || !paceOf(parent).take(clock.monotonic())) return
      emit({ do: 'pass', to: parent, bytes })
      sentTo.add(parent)
    }
    carried.responders.set(responder, [...before, digest])
    carried.bytes = sum
    carried.answered++
  }

  return {
    /**
     * Hands this node's own question to all neighbours, or to those of `tree`, for `remainingMs`, and returns those. The fact
     * `echo` says how it ended.
     */
    begin: (question: Routed, remainingMs: number, tree?: Uint8Array): ReadonlySet<NodeId> =>
      handOn(question, { remaining_ms: remainingMs, hops: 0, tree }, undefined).asked,
    /**
     * Ends this node's own question, over the tree and as an echo; with `tell`, neighbours that still work on it hear that
     * nothing more is wanted.
     */
    end(question: RoutedId, tell: boolean) {
      for (const carried of bothOf(question)) {
        if (tell) abandon(carried)
        else forget(carried)
      }
    },
    /**
     * Takes on another node's question: `parent` handed it on and gets the answers. Returns until when (monotonic, ms) this
     * node's own answer is waited for, or undefined when too many questions are carried. `settle` must be called in the end.
     */
    carry(
      question: Routed,
      parent: NodeId,
      { remaining_ms, hops, tree }: Pick<Hop, 'remaining_ms' | 'hops' | 'tree'>,
    ) {
      const others = ofOthers()
      if (others.length >= CARRIED_MAX) return undefined
      if (others.filter((one) => one.parent === parent).length >= CARRIED_OF_NEIGHBOUR_MAX) return undefined
      handOn(question, { remaining_ms, hops: hops + 1, tree }, parent)
      return clock.monotonic() + remaining_ms * SHARE_OF_TIME
    },
    /** The neighbour that handed on a question of another node that is carried now. */
    parentOf: (question: RoutedId) => table.get(keyOf(question))?.parent,
    /** This node's own part of a carried question is over; `sentTo` are the neighbours that got its answer. */
    settle(question: RoutedId, sentTo: ReadonlySet<NodeId>) {
      for (const carried of bothOf(question)) {
        if (carried.parent === undefined || carried.ownIsOver) continue
        carried.ownIsOver = true
        if (sentTo.has(carried.parent)) carried.answered++
        closeIfDone(carried)
      }
    },
    /**
     * A copy of a question came from a neighbour. True: this node handed its own copy to that neighbour. Each of the two has
     * then seen that the other has the question, so neither sends anything.
     */
    crossed(question: RoutedId, from: NodeId) {
      const carried = table.get(keyOf(question))
      if (carried === undefined || !carried.asked.has(from)) return false
      carried.needless?.add(from)
      if (carried.open.delete(from)) closeIfDone(carried)
      return true
    },
    decline,
    /** An answer came from the neighbour `from`; `signer` is the key that signed it. False: it is to this node's own question. */
    response(from: NodeId, signer: Uint8Array, response: Sealed, bytes: Uint8Array) {
      const responder = formatNodeId(signer)
      if (formatNodeId(response.author) === self) return false
      const waiting = bothOf(response).filter(({ open }) => open.has(from))
      // Over the tree and as an echo the question may have come from the same neighbour, which needs the answer once.
      const sentTo = new Set<NodeId>()
      for (const carried of waiting) {
        const { parent } = carried
        if (parent !== undefined) passUp(carried, parent, responder, bytes, sentTo)
        if (carried.last && responder === from && carried.open.delete(from)) closeIfDone(carried)
      }
      if (sentTo.size > 0) relayed++
      else dropped++
      return true
    },
    /** A neighbour is done with a question, or wants nothing more. */
    done(from: NodeId, done: Done) {
      const carried = table.get(keyOf(done))
      if (carried === undefined) return
      if (from === carried.parent) {
        abandon(carried)
      } else if (carried.open.delete(from)) {
        if (done.answered === 0 && done.lost === 0) carried.needless?.add(from)
        carried.lost += done.lost
        if (carried.parent === undefined) carried.answered += done.answered
        closeIfDone(carried)
      }
    },
    /** A neighbour is cut off from a tree, and takes the link to this node back into it. */
    graft(from: NodeId, echo: RoutedId) {
      const tree = trees.graft(echo, from)
      if (tree !== undefined) mend(tree, from)
    },
    down(node: NodeId) {
      for (const tree of trees.lose(node)) mend(tree, node)
      for (const carried of [...table.values()]) {
        if (node === carried.parent) {
          abandon(carried)
        } else if (carried.open.delete(node)) {
          carried.lost++
          closeIfDone(carried)
        }
      }
    },
    timeIsOver(key: string) {
      const carried = table.get(key)
      if (carried !== undefined) close(carried)
    },
    /** True while this neighbour works on a question it was handed, or waits for one it handed on. */
    inUse: (node: NodeId) =>
      [...table.values()].some(({ parent, open }) => parent === node || open.has(node)),
    /** Forgets everything. */
    stop() {
      for (const carried of [...table.values()]) forget(carried)
    },
    /** `relayed`: answers passed up since the start; `dropped`: answers that were not, because of a bound or an unknown question. */
    counts: () => ({ carried: ofOthers().length, relayed, dropped }),
  }
}

/** Whatever a tree is called, a question goes over one of them at most. */
const SOME_TREE = new Uint8Array()
const keyOf = ({ author, query_id, tree }: RoutedId): string =>
  `${toHex(author)}${toHex(query_id)}${tree === undefined ? '' : '/tree'}`
