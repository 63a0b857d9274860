// How notices get around: whoever was apart, missed some or came late ends with what the others have, in few messages.
import { expect, test } from 'vitest'
import type { Topic } from '../../../protocols/define.ts'
import { Presence } from '../../../protocols/messages/presence.ts'
import { Heads } from '../../../protocols/messages/sync.ts'
import { formatNodeId, type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { heads, hello, presences } from '../../../protocols/registry.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import { createQuota, type Rate } from '../../../src/base/quota.ts'
import { createAlarms } from '../../../src/base/timers.ts'
import { type Notice, noticeOf } from '../../../src/mesh/notices/intake.ts'
import { writeKeys } from '../../../src/mesh/notices/keys.ts'
import { createNotices } from '../../../src/mesh/notices/notices.ts'
import type { Command, Conn, Fact, Telling } from '../../../src/mesh/state/types.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import fc, { forAllIn } from '../../support/run/properties.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

const LATENCY_MS = 10
const ids = Array.from({ length: 40 }, (_, n) => testIdentity(n).nodeId)
/** Authors that are none of the nodes. */
const idOf = (author: number): NodeId => {
  const key = new Uint8Array(32)
  new DataView(key.buffer).setUint32(0, author)
  return ids[author] ?? formatNodeId(key)
}

/** So many nodes without a link; what each knows is by author. */
function mesh(count: number, handedOn?: Rate) {
  const time = new VirtualTime(1_763_626_500_000)
  const made = new Map<Uint8Array, Notice>()
  const noticeFrom = (author: number, topic: Topic = presences, version = time.clock.now()): Notice => {
    const sender = parseNodeId(idOf(author)) as Uint8Array
    const bytes = new Uint8Array(Buffer.alloc(300, `${made.size}`))
    const message = topic === presences ? Presence : Heads
    const envelope = { sender, ts: version, nonce: new Uint8Array(16), seq: 0 }
    const notice = noticeOf(topic, { type: message.type, message, envelope, body: { version }, bytes })
    made.set(bytes, notice)
    return notice
  }
  let sent = 0
  const sentBy = Array.from({ length: count }, () => 0)
  let verified = 0
  const nodes = ids.slice(0, count).map((id, index) => {
    const links = new Map<NodeId, Conn>()
    const known = new Map<NodeId, number>()
    const heard = new Map<string, number>()
    const news: Extract<Fact, { readonly did: 'notice' }>[] = []
    const alarms = createAlarms<string>(time, () => node.notices.tell())
    const quota = handedOn && createQuota(handedOn)
    const notices: ReturnType<typeof createNotices> = createNotices({
      self: id,
      clock: time.clock,
      random: { float: () => ((index * 7 + sent) % 11) / 11 },
      connections: { neighbours: () => [...links.values()], neighbour: (node) => links.get(node) },
      open(frame, from, asked) {
        const one = made.get(frame)
        if (one === undefined || (one.author !== from && !asked.has(one.name))) return undefined
        if (quota?.take(time.clock.monotonic()) === false) return undefined
        verified++
        return one
      },
      emit(action) {
        if ('did' in action) {
          if (action.did === 'notice') news.push(action)
        } else if (action.do === 'timer') alarms.set(action)
        else if (action.do === 'say') say(index, action)
      },
    })
    const node = {
      id,
      links,
      known,
      heard,
      notices,
      /** What it believes of what came it passes on: all of it. */
      hear() {
        for (const { notice, knowers } of news.splice(0)) {
          const { author, version, topic, name } = notice
          if (topic === presences) known.set(author, version)
          else heard.set(name, time.clock.monotonic())
          notices.passOn(notice, knowers)
        }
      },
      announces(): string {
        const notice = noticeFrom(index, heads)
        heard.set(notice.name, time.clock.monotonic())
        notices.own(notice, true)
        return notice.name
      },
      speaks(now = false) {
        const version = Math.max(time.clock.now(), (known.get(id) ?? 0) + 1)
        known.set(id, version)
        notices.own(noticeFrom(index, presences, version), now)
      },
    }
    return node
  })
  type Node = (typeof nodes)[number]
  const say = (from: number, { id: to, say: told }: Extract<Command, { readonly do: 'say' }>): void => {
    sent++
    sentBy[from]!++
    time.after(LATENCY_MS, () => {
      const node = nodes[to] as Node
      const conn = node.links.get((nodes[from] as Node).id)
      if (conn === undefined) return
      const telling = told as Telling
      if ('keys' in telling) node.notices.said(conn, telling.keys)
      else node.notices.brought(conn, telling.notices, telling.to)
      node.hear()
    })
  }
  return {
    nodes,
    noticeFrom,
    pass: (ms: number) => time.advance(ms),
    sent: () => sent,
    sentBy,
    verified: () => verified,
    link(a: number, b: number) {
      const ends = [a, b].map((at) => nodes[at] as Node)
      for (const [at, { links, notices }] of ends.entries()) {
        const conn = { id: at === 0 ? b : a, node: ends[1 - at]!.id, dialed: at === 0 } as Conn
        if (links.has(conn.node)) continue
        links.set(conn.node, conn)
        notices.came(conn)
      }
    },
    cut(a: number, b: number) {
      const ends = [a, b].map((at) => nodes[at] as Node)
      for (const [at, { links, notices }] of ends.entries()) {
        const { id } = ends[1 - at]!
        if (links.delete(id)) notices.left(id)
      }
    },
    /** Now and then, as the heartbeat has it. */
    rest(ms: number) {
      for (let left = ms; left > 0; left -= 15_000) {
        for (const { notices } of nodes) notices.look()
        time.advance(15_000)
      }
    },
    whole: () =>
      nodes.every(({ known }) => nodes.every((other) => known.get(other.id) === other.known.get(other.id))),
  }
}

test('all know all, whoever linked with whom, spoke and was cut off meanwhile', () => {
  const node = fc.nat({ max: 7 })
  const step = fc.oneof(
    fc.record({ do: fc.constant('link' as const), a: node, b: node }),
    fc.record({ do: fc.constant('cut' as const), a: node, b: node }),
    fc.record({ do: fc.constant('speak' as const), a: node, b: node }),
  )
  forAllIn({ numRuns: 30 }, fc.array(step, { maxLength: 40 }), (steps) => {
    const it = mesh(8)
    for (const { do: what, a, b } of steps) {
      if (what === 'speak') it.nodes[a]?.speaks()
      else if (a !== b) it[what](a, b)
      it.pass(a * 50)
    }
    for (let n = 1; n < 8; n++) it.link(n - 1, n)
    it.rest(3 * 60_000)
    expect(it.whole()).toBe(true)
  })
})

test('a newcomer gets what it lacks, and what both have is sent by nobody', () => {
  const it = mesh(40)
  for (let n = 1; n < 39; n++) it.link(n - 1, n)
  for (const { speaks } of it.nodes) speaks()
  it.rest(5 * 60_000)
  const verified = it.verified()
  it.link(38, 39)
  it.pass(10_000)
  expect(it.whole()).toBe(true)
  expect(it.verified() - verified).toBe(2 * 39)
  const sent = it.sent()
  it.link(0, 39)
  it.pass(20_000)
  expect([it.verified() - verified, it.sent() - sent]).toEqual([2 * 39, 1])
})

test('what clocks said that were ahead keeps nothing away of when they are right', () => {
  const it = mesh(3)
  it.link(0, 1)
  const [own, hearer] = it.nodes as [(typeof it.nodes)[0], (typeof it.nodes)[0]]
  const now = it.noticeFrom(0).version
  for (const version of [now + DAY_MS, now]) {
    own.notices.own(it.noticeFrom(0, presences, version), true)
    it.pass(1_000)
    expect(hearer.known.get(own.id)).toBe(version)
  }
  it.link(1, 2)
  it.rest(60_000)
  expect(it.nodes[2]?.known.get(own.id)).toBe(now)
})

test('as long as news keeps coming it is told in ever larger batches', () => {
  const it = mesh(40)
  for (let n = 0; n < 40; n++) for (const by of [1, 7, 13]) it.link(n, (n + by) % 40)
  const minute = (news: number): number => {
    it.rest(10 * 60_000)
    const before = it.sent()
    for (let n = 0; n < news; n++) {
      it.nodes[n % 40]?.speaks()
      it.pass(60_000 / news)
    }
    return it.sent() - before
  }
  const [few, many] = [minute(6), minute(240)]
  expect(many).toBeLessThan(6 * few)
})

test('the last word is out at once', () => {
  const it = mesh(2)
  it.link(0, 1)
  it.pass(60_000)
  it.nodes[0]?.speaks(true)
  it.pass(LATENCY_MS)
  expect(it.nodes[1]?.known.get(ids[0] as NodeId)).toBeGreaterThan(0)
})

test('what was named by somebody who does not bring it is asked of the next', () => {
  const it = mesh(3)
  it.nodes[0]?.speaks()
  it.link(0, 1)
  it.pass(1_000)
  it.cut(0, 1)
  // The link carries what node 2 asks for, and is gone before the answer.
  it.link(1, 2)
  it.pass(230)
  it.cut(1, 2)
  it.link(0, 2)
  it.rest(60_000)
  expect(it.nodes[2]?.known.get(ids[0] as NodeId)).toBeGreaterThan(0)
})

test('notices that nobody asked for are not looked at, but for what a neighbour says of itself', () => {
  const it = mesh(3)
  it.link(0, 1)
  const [victim] = it.nodes
  const conn = victim?.links.get(ids[1] as NodeId) as Conn
  const [foreign, own] = [it.noticeFrom(2).frame.bytes, it.noticeFrom(1).frame.bytes]
  victim?.notices.brought(conn, [foreign])
  expect(it.verified()).toBe(0)
  victim?.notices.brought(conn, [own])
  expect(it.verified()).toBe(1)
})

test('in a mesh where all speak all the time heads of documents reach everybody over many hops in seconds, and presences go with them', () => {
  const it = mesh(40)
  for (let n = 1; n < 40; n++) it.link(n - 1, n)
  for (let n = 0; n < 240; n++) {
    it.nodes[n % 40]?.speaks()
    it.pass(250)
  }
  const name = it.nodes[20]?.announces() as string
  for (let n = 0; n < 100; n++) {
    it.nodes[n % 40]?.speaks()
    it.pass(250)
  }
  const announcedAt = it.nodes[20]?.heard.get(name) as number
  for (const [n, { heard }] of it.nodes.entries()) {
    const hops = Math.abs(n - 20)
    expect((heard.get(name) ?? Number.POSITIVE_INFINITY) - announcedAt).toBeLessThan(hops * 1_100 + 100)
  }
})

test('who comes later is told of heads for as long as their topic says, and both halves of a mesh of what the other one said', () => {
  const it = mesh(6)
  for (const n of [1, 2, 4, 5]) it.link(n - 1, n)
  const old = it.nodes[0]?.announces() as string
  it.rest(heads.toldForMs)
  const names = [0, 1, 4, 5].map((n) => it.nodes[n]?.announces() as string)
  it.pass(60_000)
  it.link(3, 2)
  it.pass(10_000)
  for (const { heard } of it.nodes) for (const name of names) expect(heard.has(name)).toBe(true)
  expect(it.nodes[5]?.heard.has(old)).toBe(false)
})

test('what a neighbour named and does not bring is asked after five seconds of the one that named it as well', () => {
  const it = mesh(4)
  const [victim, liar, , author] = it.nodes
  for (const end of [1, 2]) it.link(0, end)
  it.link(2, 3)
  it.pass(60_000)
  // What it is asked for it does not hear.
  liar?.links.clear()
  const notice = it.noticeFrom(3, heads)
  const keys = { keys: writeKeys([[notice.name, notice.version]]) }
  victim?.notices.said(victim.links.get(liar?.id as NodeId) as Conn, keys)
  author?.notices.own(notice, true)
  it.pass(4_900)
  expect(victim?.heard.size).toBe(0)
  it.pass(1_100)
  expect(victim?.heard.has(notice.name)).toBe(true)
})

test('two that name it again and again and do not bring it keep nothing away that a third one named', () => {
  const it = mesh(5)
  const [victim, liar, , author, other] = it.nodes
  for (const end of [1, 2]) it.link(0, end)
  it.link(2, 3)
  it.link(0, 4)
  it.pass(60_000)
  for (const one of [liar, other]) one?.links.clear()
  const notice = it.noticeFrom(3, heads)
  const names = (node: typeof victim): void =>
    victim?.notices.said(victim.links.get(node?.id as NodeId) as Conn, {
      keys: writeKeys([[notice.name, notice.version]]),
    })
  names(liar)
  author?.notices.own(notice, true)
  for (let at = 0; at < 14; at++) {
    it.pass(500)
    for (const one of [liar, other]) names(one)
  }
  it.pass(10_000)
  expect(victim?.heard.has(notice.name)).toBe(true)
})

test('a neighbour that nobody else reaches is told within seconds, among however many others', () => {
  const it = mesh(40)
  for (let a = 0; a < 38; a++) for (let b = 0; b < a; b++) it.link(a, b)
  it.link(38, 0)
  it.link(37, 39)
  it.pass(60_000)
  const name = it.nodes[38]?.announces() as string
  it.pass(30_000)
  expect(it.nodes[39]?.heard.has(name)).toBe(true)
})

test('in a mesh where all are linked with all nobody is told of what its author told everybody', () => {
  const it = mesh(20)
  for (let a = 0; a < 20; a++) for (let b = 0; b < a; b++) it.link(a, b)
  it.pass(60_000)
  const before = it.sent()
  const name = it.nodes[0]?.announces() as string
  it.pass(30_000)
  for (const { heard } of it.nodes) expect(heard.has(name)).toBe(true)
  expect(it.sent() - before).toBe(19)
})

test('what is passed on after a newer one of its author has come takes nothing back', () => {
  const it = mesh(3)
  it.link(1, 2)
  it.pass(60_000)
  const [author, between, last] = it.nodes
  const older = it.noticeFrom(0)
  const newer = it.noticeFrom(0, presences, older.version + 1)
  const from = { id: 0, node: author?.id } as Conn
  between?.notices.brought(from, [older.frame.bytes, newer.frame.bytes])
  // Of the two, the newer one is not believed, as where its author is refused meanwhile.
  between?.notices.passOn(older, [])
  it.pass(30_000)
  expect(last?.known.size).toBe(0)
})

test('what a node said before it started anew it takes from its neighbours once, and does not hear', () => {
  const it = mesh(2)
  it.link(0, 1)
  it.pass(60_000)
  const { name, frame } = it.noticeFrom(0, heads)
  const [before, other] = it.nodes
  other?.notices.brought(other.links.get(before?.id as NodeId) as Conn, [frame.bytes])
  const verified = it.verified()
  it.rest(4 * 60_000)
  expect(other?.heard.has(name)).toBe(true)
  expect(before?.heard.has(name)).toBe(false)
  expect(it.verified()).toBe(verified + 1)
})

test('two that differ in more than is taken at once compare on at a pace that keeps within the quota of their stream', () => {
  const it = mesh(2, { frames: 2_000, perMs: 40_000 })
  const [ahead, behind] = it.nodes
  const authors = Array.from({ length: 4_000 }, (_, n) => 100 + n)
  const earlier = 1_763_626_500_000 - 60_000
  for (const author of authors) {
    behind?.notices.passOn(it.noticeFrom(author, presences, earlier), [])
    ahead?.notices.passOn(it.noticeFrom(author, presences, earlier + 30_000), [])
  }
  it.pass(60_000)
  it.link(0, 1)
  const { frames } = hello.quota
  for (let left = 20; left > 0; left--) {
    const before = [...it.sentBy]
    it.rest(15_000)
    for (const [n, sent] of it.sentBy.entries()) expect(sent - before[n]!).toBeLessThan(frames)
  }
  for (const author of authors) expect(behind?.known.get(idOf(author))).toBe(earlier + 30_000)
})
