// Presence: when a node speaks, what it makes of what others say, and that one member's word removes nobody.
import { expect, test, vi } from 'vitest'
import { encodeFrame } from '../../../protocols/frame.ts'
import {
  AGAIN_MAX_S,
  LINK_BYTES,
  LINKS_MAX,
  LOST_MAX,
  Presence,
  type PresenceBody,
} from '../../../protocols/messages/presence.ts'
import { formatNodeId, type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import { createAlarms } from '../../../src/base/timers.ts'
import { createPresence } from '../../../src/mesh/state/presence.ts'
import type { Conn, Fact } from '../../../src/mesh/state/types.ts'
import { fingerprintOf } from '../../../src/trust/identity/index.ts'
import { CAPABILITIES } from '../../support/mesh/capabilities.ts'
import { createFakeTrust, type FakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity, testNodes } from '../../support/mesh/identity.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

const [self, ann, bob, cid] = testNodes(0, 1, 2, 3)
const keyOf = (node: NodeId): Uint8Array => parseNodeId(node) as Uint8Array

interface World {
  readonly room: ReturnType<typeof createPresence>
  readonly trust: FakeTrust
  readonly said: PresenceBody[]
  readonly heard: Extract<Fact, { readonly did: 'hear' }>[]
  readonly clock: VirtualTime['clock']
  advance(ms: number): void
  /** It is linked with the node, and has said what there was to say. */
  meets(node: NodeId): void
  readonly neighbours: Set<NodeId>
  readonly doubted: NodeId[]
  listen: string[]
  /** A presence of `author`, through `from`. */
  hears(author: NodeId, body: Partial<PresenceBody>, from?: NodeId): 'accept' | 'ignore'
}

function world(tell_links = true): World {
  const time = new VirtualTime(1_763_626_500_000)
  const trust = createFakeTrust([ann], time.clock.now)
  const neighbours = new Set<NodeId>()
  const doubted: NodeId[] = []
  const said: PresenceBody[] = []
  const heard: World['heard'] = []
  const alarms = createAlarms<string>(time, () => it.room.say())
  const conn = (node: NodeId): Conn | undefined => (neighbours.has(node) ? ({ node } as Conn) : undefined)
  const it: World = {
    room: createPresence({
      self,
      trust,
      clock: time.clock,
      config: {
        mesh: { lan_only: true, allow_cgnat: false, port: 0, listen: 'auto', ping_seconds: 15 },
        overlay: { tell_links },
      },
      random: { bytes: (n) => new Uint8Array(n), float: () => 0.5 },
      about: () => ({ name: 'self', capabilities: CAPABILITIES, listen: it.listen }),
      connections: { neighbour: conn, neighbours: () => [...neighbours].flatMap((node) => conn(node) ?? []) },
      emit(action) {
        if ('do' in action) {
          if (action.do === 'timer') alarms.set(action)
        } else if (action.did === 'speak') said.push(action.body)
        else if (action.did === 'hear') heard.push(action)
        else if (action.did === 'doubt') doubted.push(action.node)
      },
    }),
    trust,
    said,
    heard,
    neighbours,
    doubted,
    clock: time.clock,
    listen: ['/ip4/10.0.0.9/tcp/9238'],
    advance: (ms) => time.advance(ms),
    meets(node) {
      it.room.came(node)
      it.advance(5_000)
    },
    hears(author, body, from = ann) {
      const about = { name: 'somebody', capabilities: CAPABILITIES, again_s: 300 }
      const whole = { version: time.clock.now(), state: 'online' as const, ...about }
      return it.room.hear(author, { ...whole, listen: [], lost: [], ...body }, from) ? 'accept' : 'ignore'
    },
  }
  it.room.start()
  return it
}

const minutes = (n: number): number => n * 60_000

test('it speaks when it starts, and then every five minutes', () => {
  const it = world()
  it.advance(1_000)
  expect(it.said).toMatchObject([{ state: 'online', name: 'self', listen: it.listen }])
  it.advance(minutes(15.1))
  expect(it.said).toHaveLength(4)
  const versions = it.said.map(({ version }) => version)
  expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
})

test.each([
  [100, 300],
  [300, 900],
  [3_000, AGAIN_MAX_S],
])('of %i members each says every %i seconds that it is there, and how often it does', (members, everyS) => {
  const it = world()
  for (let n = 0; n < members; n++) {
    const key = new Uint8Array(32)
    key.set([1 + (n >> 8), n & 255])
    it.hears(formatNodeId(key), { name: `n${n}` })
  }
  it.advance(10 * everyS * 1_000)
  expect(it.said.length - 1).toBeGreaterThanOrEqual(8)
  expect(it.said.length - 1).toBeLessThanOrEqual(12)
  expect(it.said.at(-1)?.again_s).toBe(everyS)
})

test('a new address is told; nothing new is not', () => {
  const it = world()
  it.meets(ann)
  it.room.look()
  it.advance(5_000)
  expect(it.said).toHaveLength(1)
  it.listen = ['/ip4/10.0.0.10/tcp/9238']
  it.room.look()
  it.advance(5_000)
  expect(it.said.at(-1)).toMatchObject({ listen: it.listen })
})

test('it names its neighbours, and those that an admitted member names are known', () => {
  const it = world()
  it.neighbours.add(ann).add(bob)
  it.meets(ann)
  const { links } = it.said.at(-1) as PresenceBody
  const fingerprints = [ann, bob].map((node) => fingerprintOf(keyOf(node)))
  expect(Buffer.from(links ?? []).toString('hex')).toBe(fingerprints.join(''))
  it.hears(ann, { links: links as Uint8Array })
  expect(it.room.links(ann)).toEqual(fingerprints)
  // What is left over behind the last one is none, and the next presence counts alone.
  it.hears(ann, { links: new Uint8Array(LINK_BYTES + 3), version: it.clock.now() + 1 })
  expect(it.room.links(ann)).toEqual(['00'.repeat(LINK_BYTES)])
  it.hears(ann, { version: it.clock.now() + 2 })
  expect(it.room.links(ann)).toEqual([])
})

test('what a node that is not admitted says of its links is not told on', () => {
  const it = world()
  it.hears(cid, { links: new Uint8Array(LINK_BYTES) })
  expect(it.room.links(cid)).toEqual([])
})

test('a link that comes or goes is no reason to speak, and with tell_links off none is named', () => {
  const it = world(false)
  it.neighbours.add(ann)
  it.meets(ann)
  expect(it.said).toHaveLength(1)
  expect(it.said[0]).not.toHaveProperty('links')
  const telling = world()
  telling.neighbours.add(ann)
  telling.room.came(ann)
  telling.advance(5_000)
  telling.neighbours.add(bob)
  telling.room.look()
  telling.advance(5_000)
  expect(telling.said).toHaveLength(1)
})

test('of more neighbours than a presence can name the first are named', () => {
  const it = world()
  for (let n = 10; n < 12 + LINKS_MAX; n++) it.neighbours.add(testIdentity(n).nodeId)
  it.meets(ann)
  expect(it.said.at(-1)?.links).toHaveLength(LINKS_MAX * LINK_BYTES)
})

test('the largest presence fits into what older releases take', () => {
  const envelope = { sender: keyOf(ann), ts: Date.now(), nonce: new Uint8Array(16), seq: 0 }
  const body: PresenceBody = {
    version: Date.now(),
    state: 'online',
    again_s: AGAIN_MAX_S,
    name: '\u{1f600}'.repeat(64),
    capabilities: { ...CAPABILITIES, karo_version: '10.20.30-candidate.40' },
    listen: Array.from({ length: 8 }, () => '/ip6/fd00:1111:2222:3333:4444:5555:6666:7777/tcp/65535'),
    lost: Array.from({ length: LOST_MAX }, () => keyOf(bob)),
    links: new Uint8Array(LINKS_MAX * LINK_BYTES),
  }
  const traced = { ...envelope, trace: new Uint8Array(16) }
  const frame = encodeFrame(Presence, traced, body, () => new Uint8Array(64))
  expect(frame.length).toBeLessThan(Presence.limit)
})

test('it never speaks faster than others take of one author, whatever is lost', () => {
  const it = world()
  it.room.came(ann)
  for (let second = 0; second < 120; second++) {
    it.room.lost(bob)
    it.advance(1_000)
  }
  expect(it.said.length).toBeLessThanOrEqual(41)
})

test('neighbours that broke off are named, at most sixteen, until they are heard again', () => {
  const it = world()
  it.meets(ann)
  it.room.lost(bob)
  it.advance(5_000)
  expect(it.said.at(-1)?.lost).toEqual([keyOf(bob)])
  it.hears(bob, {})
  it.room.lost(cid)
  it.advance(5_000)
  expect(it.said.at(-1)?.lost).toEqual([keyOf(cid)])
  for (let n = 10; n < 40; n++) it.room.lost(testIdentity(n).nodeId)
  it.advance(5_000)
  expect(it.said.at(-1)?.lost).toHaveLength(LOST_MAX)
})

test('what is heard makes a member; its last word marks it gone; older words change nothing', () => {
  const it = world()
  const version = it.clock.now()
  expect(it.hears(bob, { version, name: 'bob', listen: ['/ip4/10.0.0.2/tcp/1'] })).toBe('accept')
  expect(it.trust.member(bob)).toMatchObject({ name: 'bob', known_by: 'gossip', offline: false })
  expect(it.heard).toMatchObject([{ author: bob, addresses: ['/ip4/10.0.0.2/tcp/1'], worthATry: true }])
  expect(it.hears(bob, { version, state: 'leaving' })).toBe('ignore')
  expect(it.hears(bob, { version: version - 1, state: 'leaving' })).toBe('ignore')
  expect(it.trust.member(bob)?.offline).toBe(false)
  expect(it.hears(bob, { version: version + 1, state: 'leaving' })).toBe('accept')
  expect(it.trust.member(bob)?.offline).toBe(true)
  expect(it.heard.at(-1)?.worthATry).toBe(false)
})

test('once clocks that were ahead are right, a node speaks as of now and is heard', () => {
  const it = world()
  const ahead = it.clock.now() + DAY_MS
  const now = vi.spyOn(it.clock, 'now').mockReturnValue(ahead)
  it.advance(1_000)
  expect(it.said).toMatchObject([{ version: ahead }])
  it.hears(bob, { version: ahead, name: 'bob' })
  now.mockRestore()
  it.advance(minutes(6))
  expect(it.said.at(-1)?.version).toBeLessThan(it.clock.now())
  expect(it.hears(bob, { name: 'robert' })).toBe('accept')
  expect(it.trust.member(bob)?.name).toBe('robert')
})

test('one that is refused here is not passed on', async () => {
  const it = world()
  await it.trust.deny(bob)
  expect(it.hears(bob, {})).toBe('ignore')
  expect(it.heard).toEqual([])
})

test('a neighbour’s word that somebody is lost marks it, and removes nobody', () => {
  const it = world()
  const version = it.clock.now()
  it.hears(bob, { version })
  it.hears(ann, { version: version + 1, lost: [keyOf(bob)] })
  expect(it.trust.member(bob)).toMatchObject({ unsure: true, offline: false })
  // Heard again; that the same member goes on saying so is no news.
  it.hears(bob, { version: version + 2 })
  it.hears(ann, { version: version + 3, lost: [keyOf(bob)] })
  expect(it.trust.member(bob)?.unsure).toBe(false)
})

test('the word that somebody is lost counts also where it is heard before what the lost one said last', () => {
  const it = world()
  const version = it.clock.now()
  it.hears(ann, { version: version + 1, lost: [keyOf(bob)] })
  it.hears(bob, { version })
  expect(it.trust.member(bob)).toMatchObject({ unsure: true })
  it.hears(bob, { version: version + 2 })
  expect(it.trust.member(bob)).toMatchObject({ unsure: false })
})

test('nor does it count against one that was heard later; one that is connected here is asked', () => {
  const it = world()
  const version = it.clock.now()
  it.hears(bob, { version: version + 10 })
  it.hears(ann, { version: version + 5, lost: [keyOf(bob)] })
  expect(it.trust.member(bob)?.unsure).toBe(false)
  it.hears(cid, { version })
  it.neighbours.add(cid)
  it.hears(ann, { version: version + 6, lost: [keyOf(cid)] })
  expect(it.trust.member(cid)?.unsure).toBe(false)
  expect(it.doubted).toEqual([cid])
})

test('who hears that it is lost says that it is here', () => {
  const it = world()
  it.room.came(ann)
  it.advance(10_000)
  const before = it.said.length
  it.hears(ann, { lost: [keyOf(self)] })
  it.advance(5_000)
  expect(it.said).toHaveLength(before + 1)
})

test('the last word is said at once, and nothing after it', () => {
  const it = world()
  it.meets(ann)
  it.room.leave()
  expect(it.said.at(-1)).toMatchObject({ state: 'leaving', lost: [] })
  const { length } = it.said
  it.room.lost(bob)
  it.advance(minutes(20))
  expect(it.said).toHaveLength(length)
})

/** So many members, each heard a moment ago. */
function large(count: number): World & { readonly members: readonly NodeId[] } {
  const it = world()
  const members = Array.from({ length: count }, (_, n) => testIdentity(100 + n).nodeId)
  it.neighbours.add(ann)
  it.room.came(ann)
  for (const member of members) it.hears(member, {})
  it.advance(30_000)
  it.said.length = 0
  return Object.assign(it, { members })
}

/** Names `self` and so many neighbours whose turn to tell is before. */
const before = (others: number): Uint8Array =>
  Buffer.concat([new Uint8Array(others * LINK_BYTES), Buffer.from(fingerprintOf(keyOf(self)), 'hex')])

test.each([
  ['the second', 1, 0],
  ['the third', 2, 10],
  ['the fifth', 4, 30],
  ['one of very many', 40, 60],
])('%s that a lost member of a large mesh has named tells of it in its turn', (_, others, seconds) => {
  const it = large(100)
  it.hears(bob, { links: before(others) })
  it.room.lost(bob)
  it.advance(seconds * 1_000)
  expect(it.said).toEqual([])
  it.advance(1_000)
  expect(it.said).toMatchObject([{ lost: [keyOf(bob)] }])
})

test('who was not named by a lost member of a large mesh tells of it within a minute', () => {
  const it = large(100)
  it.room.lost(bob)
  it.advance(61_000)
  expect(it.said).toMatchObject([{ lost: [keyOf(bob)] }])
})

test('a node that has found its neighbours names them after a minute, and then no sooner than before', () => {
  const it = world()
  it.advance(1_000)
  for (let n = 10; n < 18; n++) {
    it.neighbours.add(testIdentity(n).nodeId)
    it.room.came(testIdentity(n).nodeId)
  }
  it.advance(61_000)
  expect(it.said.map(({ links }) => links?.length)).toEqual([0, 8 * LINK_BYTES])
  it.neighbours.add(bob)
  it.room.came(bob)
  it.advance(120_000)
  expect(it.said).toHaveLength(2)
})

test('what two members of a large mesh say is lost is not said a third time', () => {
  const it = large(100)
  const [first, second] = it.members as [NodeId, NodeId]
  let back = 0
  const lostBy = (...tellers: readonly NodeId[]): readonly Uint8Array[] => {
    it.said.length = 0
    it.hears(bob, { version: it.clock.now() + back, links: before(2) })
    it.room.lost(bob)
    it.advance(100)
    for (const teller of tellers) {
      it.hears(teller, { lost: [keyOf(bob)] })
      it.advance(100)
    }
    it.advance(12_000)
    const told = it.said.flatMap(({ lost }) => lost)
    it.advance(2 * back)
    it.hears(bob, {})
    for (const teller of tellers) it.hears(teller, {})
    it.advance(100)
    return told
  }
  expect(lostBy(first, second)).toEqual([])
  // One of them may be refused where another is believed, and one that says it twice is still one.
  expect(lostBy(first, first)).toEqual([keyOf(bob)])
  expect(lostBy()).toEqual([keyOf(bob)])
  // Members that have heard it since these words were written take them for old, and so they count for nothing.
  back = 5_000
  expect(lostBy(first, second)).toEqual([keyOf(bob)])
})
