// The router by itself: what it holds, what it passes up and when it lets go, at every bound.
import { expect, test } from 'vitest'
import { QUERY_HOPS, TREE_BYTES } from '../../../../protocols/messages/query.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { query as queryStream } from '../../../../protocols/registry.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { createAlarms } from '../../../../src/base/timers.ts'
import {
  ANSWER_BYTES,
  ANSWERS_OF_RESPONDER_MAX,
  CARRIED_MAX,
  CARRIED_OF_NEIGHBOUR_MAX,
  createRelay,
  RELAYED_BYTES_MAX,
  STRANGERS_BYTES_MAX,
} from '../../../../src/exchange/query/state/relay.ts'
import { treeOf } from '../../../../src/exchange/query/state/trees.ts'
import type { Done, Echo, QueryTimer, Routed } from '../../../../src/exchange/query/state/types.ts'
import type { PeerRef } from '../../../../src/mesh/index.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'

function peer(): PeerRef {
  const publicKey = systemRandom.bytes(32)
  return { nodeId: formatNodeId(publicKey), publicKey }
}

const question = (): Routed => ({
  author: systemRandom.bytes(32),
  query_id: systemRandom.bytes(16),
  document: new Uint8Array(100),
  trace: undefined,
})

interface Answer {
  readonly signer: Uint8Array
  readonly of: Routed
  readonly size: number
}
const answer = (of: Routed, signer = systemRandom.bytes(32), size = 100): Answer => ({ signer, of, size })
const ending = ({ author, query_id }: Routed, lost = 0): Done => ({ author, query_id, answered: 0, lost })

interface Hop {
  readonly to: NodeId
  readonly name: string
  readonly body: object
}

function node(neighbours: number, admits: (one: NodeId) => boolean = () => true) {
  const time = new VirtualTime()
  const peers = Array.from({ length: neighbours }, peer)
  const hops: Hop[] = []
  const documents: { to: NodeId; bytes: Uint8Array }[] = []
  const echoes: Echo[] = []
  /** Neighbours without a link. */
  const deaf = new Set<NodeId>()
  const self = peer()
  const alarms = createAlarms<QueryTimer>(time, (timer) => relay.timeIsOver(timer.slice('echo '.length)))
  const linked = (one: NodeId): boolean => !deaf.has(one)
  const relay = createRelay({
    self: self.nodeId,
    peers: () => peers.map(({ nodeId }) => nodeId).filter(linked),
    linked,
    admits,
    clock: time.clock,
    emit(action) {
      if ('did' in action) {
        if (action.did === 'echo') echoes.push(action.echo)
      } else if (action.do === 'timer') alarms.set(action)
      else if (action.do === 'hand') hops.push({ to: action.to, name: 'QueryHop', body: action.hop })
      else if (action.do === 'end') hops.push({ to: action.to, name: 'QueryDone', body: action.done })
      else if (action.do === 'pass') documents.push(action)
    },
  })
  const router = {
    ...relay,
    response({ nodeId }: PeerRef, { signer, of: { author, query_id }, size }: Answer): boolean {
      const sealed = new Uint8Array(1)
      return relay.response(nodeId, signer, { author, query_id, sealed }, new Uint8Array(size))
    },
    done: ({ nodeId }: PeerRef, done: Done): void => relay.done(nodeId, done),
    down: ({ nodeId }: PeerRef): void => relay.down(nodeId),
  }
  const sent = (name: string): Hop[] => hops.filter((hop) => hop.name === name)
  const grafts = (): Hop[] => sent('QueryDone').filter(({ body }) => (body as Done).graft === true)
  return { self, time, peers, hops, documents, deaf, router, sent, grafts, echoes }
}

const nobody: ReadonlySet<NodeId> = new Set()
const FIRST = { tree: undefined, remaining_ms: 10_000, hops: 0 }

/** A node that carries a question of its first neighbour. */
function carrying(neighbours: number, hop: Partial<typeof FIRST> = {}, admits?: (one: NodeId) => boolean) {
  const one = node(neighbours, admits)
  const asked = question()
  const [parent, child, other, third] = one.peers as [PeerRef, PeerRef, PeerRef, PeerRef]
  one.router.carry(asked, parent.nodeId, { ...FIRST, ...hop })
  return { ...one, asked, parent, child, other, third }
}

test('hands a question to all but its parent, one hop further and with nine tenths of the time', () => {
  const { router, peers, hops, deaf } = node(5)
  const [parent, closed] = peers as [PeerRef, PeerRef]
  deaf.add(closed.nodeId)
  const left = router.carry(question(), parent.nodeId, { remaining_ms: 1_001, hops: 3, tree: undefined })
  expect(left).toBeCloseTo(900.9)
  expect(hops.map(({ to }) => to)).toEqual(peers.slice(2).map(({ nodeId }) => nodeId))
  expect(hops[0]?.body).toMatchObject({ remaining_ms: 900, hops: 4 })
})

test('hands nothing on when no time is left', () => {
  const { router, asked, parent, hops, sent } = carrying(3, { remaining_ms: 1 })
  expect(hops).toEqual([])
  router.settle(asked, nobody)
  expect(sent('QueryDone')).toMatchObject([{ to: parent.nodeId, body: { answered: 0, lost: 0 } }])
})

test('ends with what it knows when its children’s time is over, once', async () => {
  const { router, asked, parent, child: one, time, sent } = carrying(4)
  router.response(one, answer(asked))
  router.done(one, ending(asked, 5))
  expect(await time.pass(() => sent('QueryDone').length > 0)).toBe(9_000)
  // Five behind the one, and two that said nothing.
  expect(sent('QueryDone')).toMatchObject([{ to: parent.nodeId, body: { answered: 1, lost: 7 } }])
  router.settle(asked, nobody)
  router.response(one, answer(asked))
  await time.pass(() => false)
  expect(sent('QueryDone')).toHaveLength(1)
  expect(router.counts()).toEqual({ carried: 0, relayed: 1, dropped: 1 })
})

test('what neighbours claim to have lost adds up to no more than fits', async () => {
  const { router, asked, peers, time, sent } = carrying(4)
  for (const one of peers.slice(1)) router.done(one, ending(asked, 0xffff_ffff))
  router.settle(asked, nobody)
  await time.pass(() => true)
  expect(sent('QueryDone')).toMatchObject([{ body: { lost: 0xffff_ffff } }])
})

test('a last hop is done when it has answered for itself', () => {
  const { router, asked, parent, child: one, other, sent } = carrying(3, { hops: QUERY_HOPS - 1 })
  expect(sent('QueryHop')[0]?.body).toMatchObject({ hops: QUERY_HOPS })
  router.settle(asked, new Set([parent.nodeId]))
  router.response(one, answer(asked, one.publicKey))
  expect(sent('QueryDone')).toEqual([])
  router.response(other, answer(asked, other.publicKey))
  expect(sent('QueryDone')).toMatchObject([{ body: { answered: 3, lost: 0 } }])
})

test('carries so many, and so many of one neighbour; own questions need no place', async () => {
  const { router, peers, time } = node(10)
  const carry = (parent: PeerRef) => router.carry(question(), parent.nodeId, FIRST) !== undefined
  const [one] = peers as [PeerRef]
  for (let i = 0; i < CARRIED_OF_NEIGHBOUR_MAX; i++) expect(carry(one)).toBe(true)
  expect(carry(one)).toBe(false)
  for (let i = CARRIED_OF_NEIGHBOUR_MAX; i < CARRIED_MAX; i++) {
    expect(carry(peers[1 + (i % 9)]!)).toBe(true)
  }
  expect(carry(peers[9]!)).toBe(false)
  expect(router.begin(question(), 10_000).size).toBe(10)
  await time.pass(() => false)
  expect(router.counts().carried).toBe(0)
  expect(carry(one)).toBe(true)
})

test('passes up few different answers of one owner: a better one may follow', () => {
  const { router, asked, child, documents } = carrying(2)
  const owner = systemRandom.bytes(32)
  for (let size = 100; size < 110; size++) {
    for (let copy = 0; copy < 2; copy++) router.response(child, answer(asked, owner, size))
  }
  expect(documents.map(({ bytes }) => bytes.length)).toEqual([100, 101, 102])
  expect(documents).toHaveLength(ANSWERS_OF_RESPONDER_MAX)
})

const RESPONDERS_MAX = RELAYED_BYTES_MAX / ANSWER_BYTES
const STRANGERS_MAX = STRANGERS_BYTES_MAX / ANSWER_BYTES

test.each([
  [100, RESPONDERS_MAX],
  [60 * 1024, Math.floor(RELAYED_BYTES_MAX / (60 * 1024))],
])('passes up answers of %i bytes of so many owners to one question, each once', (size, most) => {
  const { router, asked, parent, child, documents, time } = carrying(2)
  const owner = systemRandom.bytes(32)
  for (let i = 0; i < 3; i++) router.response(child, answer(asked, owner, size))
  expect(documents).toHaveLength(1)
  expect(time.clock.monotonic()).toBe(0)
  for (let i = 0; i < most + 5; i++) router.response(child, answer(asked, undefined, size))
  expect(documents).toHaveLength(most)
  expect(documents.every(({ to }) => to === parent.nodeId)).toBe(true)
  expect(router.counts()).toMatchObject({ relayed: most, dropped: 8 })
})

test.each([100, 60 * 1024])(
  'a neighbour that invents owners of answers of %i bytes takes no room of those that are admitted here',
  (size) => {
    const known = peer()
    const { router, asked, child, other, documents } = carrying(3, {}, (one) => one === known.nodeId)
    for (let i = 0; i < 2 * RESPONDERS_MAX; i++) router.response(child, answer(asked, undefined, size))
    const most = Math.min(STRANGERS_MAX, Math.floor(STRANGERS_BYTES_MAX / size))
    expect(documents).toHaveLength(most)
    router.response(other, answer(asked, known.publicKey, size))
    expect(documents).toHaveLength(most + 1)
  },
)

test('does not pass up its own answer, which it gave itself', () => {
  const { self, router, asked, child, documents } = carrying(2)
  router.response(child, answer(asked, self.publicKey))
  expect(documents).toEqual([])
})

test('passes up what comes from whom it handed the question to, until that one is done', () => {
  const { router, asked, parent, child, other, documents } = carrying(3)
  for (const from of [peer(), parent]) router.response(from, answer(asked))
  expect(documents).toEqual([])
  router.response(child, answer(asked))
  router.done(child, ending(asked))
  router.response(child, answer(asked))
  expect(documents).toHaveLength(1)
  router.response(other, answer(asked))
  expect(documents).toHaveLength(2)
})

test('keeps within the quota that its neighbours have for it, so that being a relay cuts no link', () => {
  const { router, peers, documents } = node(2)
  const [parent, child] = peers as [PeerRef, PeerRef]
  const { frames } = queryStream.quota
  for (let i = 0; i < 6; i++) {
    const asked = question()
    router.carry(asked, parent.nodeId, FIRST)
    for (let owners = 0; owners < 1_000; owners++) router.response(child, answer(asked))
  }
  expect(documents.length).toBe(0.8 * frames)
  expect(router.counts().dropped).toBe(6_000 - 0.8 * frames)
})

test('an answer that could not be sent may come again', () => {
  const { router, asked, parent, child: one, other, documents, deaf } = carrying(3)
  const owner = systemRandom.bytes(32)
  deaf.add(parent.nodeId)
  router.response(one, answer(asked, owner))
  deaf.clear()
  router.response(other, answer(asked, owner))
  expect(documents).toHaveLength(1)
})

test('an answer goes up once to a neighbour that handed the question on over a tree and as an echo, and counts for both', () => {
  const { router, asked, parent, child: one, other: two, third: three, documents, sent } = carrying(4)
  const tree = systemRandom.bytes(TREE_BYTES)
  router.carry(asked, parent.nodeId, { ...FIRST, tree })
  router.response(one, answer(asked))
  expect(documents.map(({ to }) => to)).toEqual([parent.nodeId])
  expect(router.counts().relayed).toBe(1)
  router.settle(asked, nobody)
  for (const from of [one, two, three]) {
    router.done(from, { ...ending(asked), tree })
    router.done(from, ending(asked))
  }
  expect(sent('QueryDone').map(({ body }) => (body as Done).answered)).toEqual([1, 1])
})

test('an answer goes up to both where the tree and the echo came from two neighbours', () => {
  const { router, asked, parent, child: second, other: behind, documents } = carrying(3)
  router.carry(asked, second.nodeId, { ...FIRST, tree: systemRandom.bytes(TREE_BYTES) })
  router.response(behind, answer(asked))
  expect(new Set(documents.map(({ to }) => to))).toEqual(new Set([parent.nodeId, second.nodeId]))
})

test('lets go when the parent’s link is gone, and tells those who still work', () => {
  const { router, asked, parent, child: one, other: two, third: three, hops, sent } = carrying(4)
  router.done(one, ending(asked))
  hops.length = 0
  router.down(parent)
  const endings = sent('QueryDone').filter(({ body }) => !('graft' in body))
  expect(endings.map(({ to }) => to)).toEqual([two.nodeId, three.nodeId])
  expect(router.counts().carried).toBe(0)
})

/** A node whose echo has left a tree: from its first neighbour to the second one, and not to the others. */
function inTree() {
  const one = node(5)
  const echo = question()
  const [parent, child, ...needless] = one.peers as [PeerRef, PeerRef, ...PeerRef[]]
  one.router.carry(echo, parent.nodeId, FIRST)
  for (const from of needless) one.router.crossed(echo, from.nodeId)
  one.router.done(child, { ...ending(echo), answered: 1 })
  one.router.settle(echo, new Set([parent.nodeId]))
  one.hops.length = 0
  /** Another question of the same asker, whose tree it is. */
  const next = () => ({ ...question(), author: echo.author })
  /** Whom the next question over the tree is handed to. */
  const handedTo = (from: PeerRef): NodeId[] => {
    one.hops.length = 0
    one.router.carry(next(), from.nodeId, { ...FIRST, tree: treeOf(echo) })
    return one.sent('QueryHop').map(({ to }) => to)
  }
  return { ...one, echo, parent, child, needless, next, handedTo }
}

test('who loses the neighbour above it in a tree takes its other links back into it, and says so once', () => {
  const { router, peers, echo, parent, child, needless, handedTo, grafts } = inTree()
  router.down(child)
  router.down(needless[0]!)
  expect(grafts()).toEqual([])
  router.down(parent)
  const { author, query_id } = echo
  expect(grafts()).toEqual(
    needless.slice(1).map(({ nodeId: to }) => ({
      to,
      name: 'QueryDone',
      body: { author, query_id, answered: 0, lost: 0, graft: true },
    })),
  )
  router.down(parent)
  expect(grafts()).toHaveLength(2)
  // From one of them it comes then; the links that were lost are new ones when they are there again.
  const [from] = needless.slice(1) as [PeerRef]
  expect(handedTo(from)).toEqual(peers.map(({ nodeId }) => nodeId).filter((to) => to !== from.nodeId))
})

test('who has no other link to take back tells those behind it, and they take back theirs', () => {
  const leaf = carrying(2)
  const { parent: above, child: behind } = leaf
  leaf.router.down(above)
  expect(leaf.grafts().map(({ to }) => to)).toEqual([behind.nodeId])
  const next = inTree()
  next.router.graft(next.child.nodeId, next.echo)
  expect(next.grafts()).toEqual([])
  // Only who is above may say so, and once for each question that it hands on.
  for (let i = 0; i < 3; i++) next.router.graft(next.parent.nodeId, next.echo)
  expect(next.grafts().map(({ to }) => to)).toEqual(next.needless.map(({ nodeId }) => nodeId))
})

test('a neighbour is told no more often than its quota allows that it is back in a tree', () => {
  const { router, peers, grafts, parent, needless } = inTree()
  const [, other] = needless as [PeerRef, PeerRef]
  const { frames } = queryStream.quota
  for (let i = 0; i < 6; i++) {
    const asked = question()
    router.carry(asked, parent.nodeId, FIRST)
    for (let owners = 0; owners < 1_000; owners++) router.response(other, answer(asked))
    router.settle(asked, nobody)
    for (const from of peers.slice(1)) router.done(from, ending(asked))
  }
  router.down(parent)
  const told = grafts().map(({ to }) => to)
  expect(told.filter((to) => to === other.nodeId)).toHaveLength(7)
  expect(frames).toBeGreaterThan(7)
})

test('who is cut off from a tree gets the next question over it; of another tree, or of none, nothing changes', () => {
  const { router, echo, parent, child, needless, handedTo, hops } = inTree()
  const [cut, other] = needless as [PeerRef, PeerRef]
  router.graft(cut.nodeId, question())
  router.graft(cut.nodeId, { ...echo, author: systemRandom.bytes(32) })
  expect(handedTo(parent)).toEqual([child.nodeId])
  hops.length = 0
  for (let i = 0; i < 100; i++) router.graft(cut.nodeId, echo)
  expect(hops).toEqual([])
  expect(new Set(handedTo(parent))).toEqual(new Set([child.nodeId, cut.nodeId]))
  expect(handedTo(parent)).not.toContain(other.nodeId)
})

test('a question of another author that names a tree cuts no link out of it', () => {
  const { router, echo, parent, child, handedTo } = inTree()
  const asked = question()
  router.carry(asked, parent.nodeId, { ...FIRST, tree: treeOf(echo) })
  // As it would where it had the question from elsewhere.
  router.done(child, { ...ending(asked), tree: treeOf(echo) })
  expect(handedTo(parent)).toEqual([child.nodeId])
})

test('a link over which a question of a tree came needlessly is left out of it again', () => {
  const { router, echo, parent, child, needless, next, handedTo } = inTree()
  const [cut] = needless as [PeerRef]
  router.graft(cut.nodeId, echo)
  const asked = next()
  router.carry(asked, parent.nodeId, { ...FIRST, tree: treeOf(echo) })
  router.done(cut, { ...ending(asked), tree: treeOf(echo) })
  expect(handedTo(parent)).toEqual([child.nodeId])
})

test('an own question is over when all are done, crossed, or gone, and tells who kept silent', async () => {
  const { router, peers, time, echoes: overs } = node(4)
  const asked = question()
  expect(router.begin(asked, 10_000).size).toBe(4)
  const [one, two, three, four] = peers as [PeerRef, PeerRef, PeerRef, PeerRef]
  router.done(one, ending(asked, 2))
  expect(router.crossed(asked, two.nodeId)).toBe(true)
  expect(router.crossed(asked, peer().nodeId)).toBe(false)
  router.down(three)
  expect(overs).toEqual([])
  expect(await time.pass(() => overs.length > 0)).toBe(9_000)
  // Two behind the one, the third, whose link is gone, and the fourth.
  expect(overs).toEqual([{ silent: new Set([four.nodeId]), answered: 0, lost: 4 }])
  router.begin(asked, 10_000)
  router.end(asked, true)
  await time.pass(() => false)
  expect(overs).toHaveLength(1)
})

test('a neighbour is in use from being asked until it is done, and whoever asked until it has heard all', () => {
  const { router, peers } = node(3)
  const asked = question()
  const [parent, one, two] = peers as [PeerRef, PeerRef, PeerRef]
  const used = () => peers.map(({ nodeId }) => router.inUse(nodeId))
  expect(used()).toEqual([false, false, false])
  router.carry(asked, parent.nodeId, FIRST)
  expect(used()).toEqual([true, true, true])
  router.done(one, ending(asked))
  expect(used()).toEqual([true, false, true])
  router.settle(asked, new Set([parent.nodeId]))
  router.done(two, ending(asked))
  expect(used()).toEqual([false, false, false])
})

test('nothing goes on after it was stopped', async () => {
  const { router, hops, time } = carrying(3)
  router.stop()
  hops.length = 0
  await time.pass(() => false)
  expect(hops).toEqual([])
})
