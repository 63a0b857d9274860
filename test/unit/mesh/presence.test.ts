// Presence: when a node speaks, what it makes of what others say, and that one member's word removes nobody.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Frame } from '../../../protocols/frame.ts'
import { LOST_MAX, Presence, type PresenceBody } from '../../../protocols/messages/presence.ts'
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { createPresence, type PresenceRoom } from '../../../src/mesh/gossip/presence.ts'
import { createFakeTrust, type FakeTrust } from '../../support/fake-trust.ts'
import { testIdentity } from '../../support/identity.ts'

const [self, ann, bob, cid] = [0, 1, 2, 3].map((n) => testIdentity(n).nodeId) as [
  NodeId,
  NodeId,
  NodeId,
  NodeId,
]
const keyOf = (node: NodeId): Uint8Array => parseNodeId(node) as Uint8Array
const refOf = (nodeId: NodeId) => ({ nodeId, publicKey: keyOf(nodeId) })

const capabilities = {
  protocol_version: 1,
  karo_version: '0.1.0',
  supports_level1: true,
  supports_level2: false,
  can_aggregate: false,
}

interface World {
  readonly room: PresenceRoom
  readonly trust: FakeTrust
  readonly said: PresenceBody[]
  readonly heard: { node: NodeId; addresses: readonly string[]; worthATry: boolean }[]
  readonly neighbours: Set<NodeId>
  readers: number
  listen: string[]
  /** A presence of `author`, through `from`. */
  hears(author: NodeId, body: Partial<PresenceBody>, from?: NodeId): 'accept' | 'ignore' | 'reject'
}

beforeEach(() => void vi.useFakeTimers({ now: 1_763_626_500_000 }))
afterEach(() => void vi.useRealTimers())

function world(): World {
  const trust = createFakeTrust([ann])
  const neighbours = new Set<NodeId>()
  const said: PresenceBody[] = []
  const heard: World['heard'] = []
  const it: World = {
    room: createPresence({
      self,
      trust,
      clock: { now: () => Date.now(), monotonic: () => Date.now() },
      random: { bytes: (n) => new Uint8Array(n), float: () => 0.5 },
      about: () => ({ name: 'self', capabilities, listen: it.listen }),
      believable: (listen) => listen,
      connected: (node) => neighbours.has(node),
      neighbours: () => neighbours.size,
      onHeard: (node, addresses, worthATry) => heard.push({ node, addresses, worthATry }),
    }),
    trust,
    said,
    heard,
    neighbours,
    readers: 1,
    listen: ['/ip4/10.0.0.9/tcp/9238'],
    hears: (author, body, from = ann) =>
      it.room.message(
        refOf(author),
        {
          message: Presence,
          body: {
            version: Date.now(),
            state: 'online',
            name: 'somebody',
            capabilities,
            listen: [],
            lost: [],
            asks: false,
            ...body,
          },
        } as unknown as Frame,
        refOf(from),
      ),
  }
  it.room.start({
    publish: (_, body) => {
      said.push(body as unknown as PresenceBody)
      return Promise.resolve()
    },
    readers: () => it.readers,
  })
  return it
}

const minutes = (n: number): number => n * 60_000

test('it speaks when somebody can hear it, asks the others once, and then every five minutes', async () => {
  const it = world()
  it.readers = 0
  it.neighbours.add(ann)
  it.room.came(ann)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(it.said).toEqual([])
  it.readers = 1
  await vi.advanceTimersByTimeAsync(1_000)
  expect(it.said).toMatchObject([{ state: 'online', name: 'self', asks: true, listen: it.listen }])
  await vi.advanceTimersByTimeAsync(minutes(15.1))
  expect(it.said.map(({ asks }) => asks)).toEqual([true, false, false, false])
  const versions = it.said.map(({ version }) => version)
  expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
})

test('a new address is told; nothing new is not', async () => {
  const it = world()
  it.room.came(ann)
  await vi.advanceTimersByTimeAsync(5_000)
  it.room.look()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(it.said).toHaveLength(1)
  it.listen = ['/ip4/10.0.0.10/tcp/9238']
  it.room.look()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(it.said.at(-1)).toMatchObject({ listen: it.listen })
})

test('it never speaks faster than its topic allows, whatever is lost or asked', async () => {
  const it = world()
  it.room.came(ann)
  for (let second = 0; second < 120; second++) {
    it.room.lost(bob)
    it.hears(cid, { asks: true })
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(it.said.length).toBeLessThanOrEqual(41)
})

test('neighbours that broke off are named, at most sixteen, until they are heard again', async () => {
  const it = world()
  it.room.came(ann)
  await vi.advanceTimersByTimeAsync(5_000)
  it.room.lost(bob)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(it.said.at(-1)?.lost).toEqual([keyOf(bob)])
  it.hears(bob, {})
  it.room.lost(cid)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(it.said.at(-1)?.lost).toEqual([keyOf(cid)])
  for (let n = 10; n < 40; n++) it.room.lost(testIdentity(n).nodeId)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(it.said.at(-1)?.lost).toHaveLength(LOST_MAX)
})

test('one that comes back was perhaps the link between two halves: everybody is asked', async () => {
  const it = world()
  for (const node of [ann, bob, cid]) {
    it.neighbours.add(node)
    it.room.came(node)
  }
  await vi.advanceTimersByTimeAsync(5_000)
  it.room.lost(bob)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(it.said.at(-1)?.asks).toBe(false)
  it.room.came(bob)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(it.said.at(-1)).toMatchObject({ asks: true, lost: [] })
})

test('what is heard makes a member; its last word marks it gone; older words change nothing', () => {
  const it = world()
  const version = Date.now()
  expect(it.hears(bob, { version, name: 'bob', listen: ['/ip4/10.0.0.2/tcp/1'] })).toBe('accept')
  expect(it.trust.member(bob)).toMatchObject({ name: 'bob', known_by: 'gossip', offline: false })
  expect(it.heard).toEqual([{ node: bob, addresses: ['/ip4/10.0.0.2/tcp/1'], worthATry: true }])
  expect(it.hears(bob, { version, state: 'leaving' })).toBe('ignore')
  expect(it.hears(bob, { version: version - 1, state: 'leaving' })).toBe('ignore')
  expect(it.trust.member(bob)?.offline).toBe(false)
  expect(it.hears(bob, { version: version + 1, state: 'leaving' })).toBe('accept')
  expect(it.trust.member(bob)?.offline).toBe(true)
  expect(it.heard.at(-1)?.worthATry).toBe(false)
})

test('one that is refused here is not passed on', async () => {
  const it = world()
  await it.trust.deny(bob)
  expect(it.hears(bob, {})).toBe('ignore')
  expect(it.heard).toEqual([])
})

test('a neighbour’s word that somebody is lost marks it, and removes nobody', () => {
  const it = world()
  const version = Date.now()
  it.hears(bob, { version })
  it.hears(ann, { version: version + 1, lost: [keyOf(bob)] })
  expect(it.trust.member(bob)).toMatchObject({ unsure: true, offline: false })
  // Heard again; that the same member goes on saying so is no news.
  it.hears(bob, { version: version + 2 })
  it.hears(ann, { version: version + 3, lost: [keyOf(bob)] })
  expect(it.trust.member(bob)?.unsure).toBe(false)
})

test('nor does it count against one that was heard later, or that is connected here', () => {
  const it = world()
  const version = Date.now()
  it.hears(bob, { version: version + 10 })
  it.hears(ann, { version: version + 5, lost: [keyOf(bob)] })
  expect(it.trust.member(bob)?.unsure).toBe(false)
  it.hears(cid, { version })
  it.neighbours.add(cid)
  it.hears(ann, { version: version + 6, lost: [keyOf(cid)] })
  expect(it.trust.member(cid)?.unsure).toBe(false)
})

test('who hears that it is lost says that it is here', async () => {
  const it = world()
  it.room.came(ann)
  await vi.advanceTimersByTimeAsync(10_000)
  const before = it.said.length
  it.hears(ann, { lost: [keyOf(self)] })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(it.said).toHaveLength(before + 1)
})

test('who has just come is answered', async () => {
  const it = world()
  it.room.came(ann)
  await vi.advanceTimersByTimeAsync(10_000)
  const before = it.said.length
  it.hears(bob, { asks: true })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(it.said).toHaveLength(before + 1)
})

test('the last word is said at once, and nothing after it', async () => {
  const it = world()
  it.room.came(ann)
  await vi.advanceTimersByTimeAsync(5_000)
  await it.room.leave()
  expect(it.said.at(-1)).toMatchObject({ state: 'leaving', asks: false, lost: [] })
  const { length } = it.said
  it.room.lost(bob)
  await vi.advanceTimersByTimeAsync(minutes(20))
  expect(it.said).toHaveLength(length)
})
