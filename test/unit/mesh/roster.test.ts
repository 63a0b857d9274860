// How presences get around: whoever was apart, missed some or came late ends with what the others have, in few messages.
import { expect, test } from 'vitest'
import type { PresenceBody } from '../../../protocols/messages/presence.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createAlarms } from '../../../src/base/timers.ts'
import { createRoster, type Opened, type Roster } from '../../../src/mesh/roster/roster.ts'
import type { Command, Conn, Telling } from '../../../src/mesh/state/types.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import fc from '../../support/run/properties.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

const LATENCY_MS = 10
const ids = Array.from({ length: 40 }, (_, n) => testIdentity(n).nodeId)

/** So many nodes without a link; what each knows is by author. */
function mesh(count: number) {
  const time = new VirtualTime(1_763_626_500_000)
  const opened = new Map<Uint8Array, Opened>()
  const frameOf = (author: number, version = time.clock.now()): Uint8Array => {
    const frame = new Uint8Array(300)
    opened.set(frame, { author: ids[author] as NodeId, body: { version } as PresenceBody })
    return frame
  }
  let sent = 0
  let verified = 0
  const nodes = ids.slice(0, count).map((id, index) => {
    const links = new Map<NodeId, Conn>()
    const known = new Map<NodeId, number>()
    const alarms = createAlarms<string>(time, () => node.roster.tell())
    const roster: Roster = createRoster({
      self: id,
      clock: time.clock,
      random: { float: () => ((index * 7 + sent) % 11) / 11 },
      connections: { neighbours: () => [...links.values()] },
      open(frame, _, isExpected) {
        const one = opened.get(frame)
        if (one === undefined || !isExpected(one.author)) return undefined
        verified++
        return one
      },
      hear({ author, body }) {
        known.set(author, body.version)
        return true
      },
      emit(action) {
        if (!('do' in action)) return
        if (action.do === 'timer') alarms.set(action)
        if (action.do === 'say') say(index, action)
      },
    })
    const node = {
      id,
      links,
      known,
      roster,
      speaks(now = false) {
        const version = Math.max(time.clock.now(), (known.get(id) ?? 0) + 1)
        known.set(id, version)
        roster.own(frameOf(index, version), version, now)
      },
    }
    return node
  })
  type Node = (typeof nodes)[number]
  const say = (from: number, { id: to, say: told }: Extract<Command, { readonly do: 'say' }>): void => {
    sent++
    time.after(LATENCY_MS, () => {
      const node = nodes[to] as Node
      const conn = node.links.get((nodes[from] as Node).id)
      if (conn === undefined) return
      const telling = told as Telling
      if ('roster' in telling) node.roster.said(conn, telling.roster)
      else node.roster.brought(conn, telling.presences)
    })
  }
  return {
    nodes,
    frameOf,
    pass: (ms: number) => time.advance(ms),
    sent: () => sent,
    verified: () => verified,
    link(a: number, b: number) {
      for (const [one, other, dialed] of [
        [a, b, true],
        [b, a, false],
      ] as const) {
        const { links, roster } = nodes[one] as Node
        const conn = { id: other, node: (nodes[other] as Node).id, dialed } as Conn
        if (links.has(conn.node)) continue
        links.set(conn.node, conn)
        roster.came(conn)
      }
    },
    cut(a: number, b: number) {
      for (const [one, other] of [
        [a, b],
        [b, a],
      ] as const) {
        const node = (nodes[other] as Node).id
        if ((nodes[one] as Node).links.delete(node)) (nodes[one] as Node).roster.left(node)
      }
    },
    /** Now and then, as the heartbeat has it. */
    rest(ms: number) {
      for (let left = ms; left > 0; left -= 15_000) {
        for (const { roster } of nodes) roster.look()
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
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const it = mesh(8)
      for (const { do: what, a, b } of steps) {
        if (what === 'speak') it.nodes[a]?.speaks()
        else if (a !== b) it[what](a, b)
        it.pass(a * 50)
      }
      for (let n = 1; n < 8; n++) it.link(n - 1, n)
      it.rest(3 * 60_000)
      expect(it.whole()).toBe(true)
    }),
    { numRuns: 30 },
  )
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

test('presences that nobody asked for are not looked at, but for what a neighbour says of itself', () => {
  const it = mesh(3)
  it.link(0, 1)
  const [victim] = it.nodes
  const conn = victim?.links.get(ids[1] as NodeId) as Conn
  const [foreign, own] = [it.frameOf(2), it.frameOf(1)]
  victim?.roster.brought(conn, [foreign])
  expect(it.verified()).toBe(0)
  victim?.roster.brought(conn, [own])
  expect(it.verified()).toBe(1)
})
