// What is bounded of documents: how many are verified of a slot, an author, and all whom a neighbour invents, and the room that tallies have.
import { expect, test } from 'vitest'
import { ATTEMPTS_MAX } from '../../../../protocols/messages/aggregate.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { MESSAGES } from '../../../../protocols/registry.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { BOUNDS, createMakeRoom } from '../../../../src/exchange/documents/bounds.ts'
import { createCatalog } from '../../../../src/exchange/documents/catalog.ts'
import type { DocumentsParts } from '../../../../src/exchange/documents/deps.ts'
import { createKeeper } from '../../../../src/exchange/documents/keeper.ts'
import { DOCUMENT_KINDS, type DocumentKind, KINDS } from '../../../../src/exchange/documents/kinds.ts'
import type { Document } from '../../../../src/exchange/documents/read.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'

const NOW = 1_763_626_500_000
type Four = readonly [NodeId, NodeId, NodeId, NodeId]
const HOUR = 3_600_000
/** The largest of each kind. */
const bytesOf = (kind: DocumentKind): number => Math.min(64 * 1024, KINDS[kind].perAuthor.bytes)
const [self, author, other, sponsor] = [0, 1, 2, 3].map((n) => testIdentity(n).nodeId) as unknown as Four
const invented = Array.from({ length: 64 }, (_, n) => testIdentity(100 + n).nodeId)

/** Signed by its author, and documents of all kinds are kept or not from there on. */
const KEPT_NOWHERE: Readonly<Record<string, string>> = {
  MeshQuery: 'read and admitted at the pace of src/exchange/query/state/owner.ts',
  Response: 'to a question of this node or one that it relays, once for each member',
  Presence: 'a notice: a pace of neighbours and authors in src/mesh/notices/intake.ts',
  Heads: 'a notice, as presences',
  Delegation: 'inside of a question or request, which has a pace',
  ShareLink: 'inside of a request for an artifact, which has a pace',
}

test('what an author signs is a kind of document, which has a pace, or has its own bound', () => {
  const kinds = new Set(Object.values(KINDS).map(({ message }) => message))
  const others = [...MESSAGES.values()].filter((one) => one.carried === 'document' && !kinds.has(one))
  expect(others.map(({ name }) => name).sort()).toEqual(Object.keys(KEPT_NOWHERE).sort())
})

/** Nothing is wanted of anybody, so that what is counted was verified and no more. */
function reader(kind: DocumentKind) {
  const clock = { time: 0, now: () => NOW, monotonic: () => clock.time }
  const keeper = createKeeper({
    identity: testIdentity(0),
    self,
    catalog: createCatalog(),
    members: {
      keepsFrom: () => false,
      sponsorOf: (node: NodeId) => (invented.includes(node) ? sponsor : undefined),
    },
    clock,
    log: silentLog,
  } as unknown as DocumentsParts)
  /** How many are taken of those that are offered one after the other; more than `most` are none that are bounded. */
  const taken = async (most: number, name: (n: number) => Document['head']): Promise<number> => {
    for (let n = 0; n <= most; n++) {
      const head = name(n)
      if (keeper.wait(head) > 0) return n
      const frame = { bytes: { length: bytesOf(kind) } }
      await keeper.keep([{ head, kind, version: head.version, frame } as unknown as Document])
    }
    return Number.POSITIVE_INFINITY
  }
  return { clock, taken, wait: keeper.wait }
}

test.each(DOCUMENT_KINDS)('no more of %s is asked for than at its pace', async (kind) => {
  const named = (of = author, slot = 'one', version = NOW) =>
    ({ author: of, kind, slot, version, digest: new Uint8Array(32) }) as Document['head']
  const ofSlot = reader(kind)
  const { documents, bytes } = KINDS[kind].perAuthor
  const ofBytes = Math.ceil((2 * bytes) / bytesOf(kind))
  const inAll = BOUNDS.bytes / 4 / bytesOf(kind)
  const first = await ofSlot.taken(40, (n) => named(author, 'one', NOW + n))
  expect(first).toBeLessThanOrEqual(Math.min(33, ofBytes + 1))
  ofSlot.clock.time += HOUR
  expect(ofSlot.wait(named())).toBe(0)

  const ofAuthor = reader(kind)
  const most = Math.min(ofBytes, inAll, Math.max(64, 2 * documents)) + 1
  expect(await ofAuthor.taken(most, (n) => named(author, `${n}`))).toBeLessThanOrEqual(most)
  expect(ofAuthor.wait(named(other))).toBe(0)

  const ofNeighbour = reader(kind)
  const together = Math.min(inAll, invented.length * most) + 1
  const told = (n: number) => named(invented[n % invented.length] as NodeId, `${n}`)
  expect(await ofNeighbour.taken(together, told)).toBeLessThanOrEqual(together)
  expect(ofNeighbour.wait(named(author))).toBe(0)
  expect(ofNeighbour.wait(named(sponsor)), 'its own are apart from those it tells of').toBe(0)
})

test('an author is read at a pace whatever it signs, and its kinds take nothing of each other before that', async () => {
  const { taken, wait } = reader('summary')
  const name = (kind: DocumentKind, n: number) =>
    ({ author, kind, slot: `${n}`, version: NOW, digest: new Uint8Array(32) }) as Document['head']
  expect(await taken(1_000, (n) => name('summary', n))).toBeLessThan(260)
  expect(wait(name('share', 0))).toBe(0)
  const kinds = ['tally', 'check', 'release'] as const
  expect(await taken(2_000, (n) => name(kinds[n % 3] as DocumentKind, n))).toBeLessThan(1_025 - 255)
  expect(DOCUMENT_KINDS.filter((kind) => wait(name(kind, 0)) === 0)).toEqual([])
})

const { nodeId, publicKey } = testIdentity(1)
/** Hours of nine days, and the attempts that one bucket may have. */
const ALL = 216 * ATTEMPTS_MAX

function roomFor(kind: DocumentKind, count: number) {
  const catalog = createCatalog()
  for (let seq = 1; seq <= count; seq++) {
    const row = { author: publicKey, kind, slot: `hour:1:${seq}`, version: seq, digest: new Uint8Array(32) }
    catalog.add({
      ...row,
      hints: new Uint8Array(0),
      seq,
      role: 'own',
      received_at: 1,
      expires_at: 9,
      size: 600,
    })
  }
  const makeRoom = createMakeRoom(catalog, { sponsorOf: () => undefined }, silentLog, BOUNDS)
  return (slot: string, version: number) => {
    const head = { author: nodeId as NodeId, kind, slot, version, digest: new Uint8Array(32) }
    const document = { head, version, author: publicKey, kind, frame: { bytes: new Uint8Array(600) } }
    return makeRoom(document as unknown as Document, 'own', new Set(), [])
  }
}

test('an aggregator has room for all attempts at all buckets whose tallies are kept', () => {
  expect(roomFor('tally', ALL - 1)('hour:2:0', ALL)).toEqual([])
})

test('nothing that it said before is pushed out by more, and what it said can be followed by a newer edition', () => {
  const room = roomFor('tally', ALL)
  expect(room('hour:2:0', ALL + 1)).toBeUndefined()
  expect(room('hour:1:1', ALL + 1)).toEqual([])
  // Other kinds give way to what is newer, the oldest first.
  expect(roomFor('summary', 511)('hour:2', 512)).toEqual([])
  expect(roomFor('summary', 512)('hour:2', 513)).toMatchObject([{ slot: 'hour:1:1' }])
  expect(roomFor('share', 256)('hour:2', 257)).toHaveLength(1)
})
