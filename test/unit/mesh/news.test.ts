// What the ledger is told of members that come and go: each visit, but never so many that others' entries roll out.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createNews } from '../../../src/mesh/link/news.ts'
import type { Conn } from '../../../src/mesh/state/types.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'

/** The news of a node whose clock the test moves. */
function newsOf(members: readonly NodeId[] = []) {
  const clock = { time: 0, now: () => clock.time, monotonic: () => clock.time }
  const entries: AuditRecord[] = []
  const warned: unknown[] = []
  const trust = createFakeTrust(members, clock.now)
  const news = createNews({
    trust,
    audit: { record: async (entry) => void entries.push(entry) },
    clock,
    log: { ...silentLog, warn: (fields) => void warned.push((fields as { peer: NodeId }).peer) },
  })
  return { clock, entries, warned, trust, news }
}

test('a member that reconnects all day gets 30 entries at once and then one every 48 minutes', () => {
  const { clock, entries, news } = newsOf()
  const { nodeId } = testIdentity()
  const conn = { node: nodeId, ip: '10.0.0.5', introduced: undefined } as unknown as Conn

  for (let i = 0; i < 500; i++) {
    news.came(conn)
    news.left(conn, 'cut')
  }
  expect(entries).toHaveLength(30)
  clock.time += 48 * 60_000
  news.came(conn)
  expect(entries).toHaveLength(31)
  expect(entries.at(-1)).toMatchObject({ type: 'peer_connected', peer: nodeId, details: { unrecorded: 970 } })

  const other = testIdentity()
  news.came({ ...conn, node: other.nodeId })
  expect(entries.at(-1)).toMatchObject({ peer: other.nodeId, details: { address: '10.0.0.5' } })
})

test('strangers whose clocks differ are warned of ten times a minute, and members all the same', () => {
  const member = testIdentity().nodeId
  const { warned, news } = newsOf([member])
  const meet = (nodeId: NodeId): void =>
    news.met({ node: nodeId, ip: '10.0.0.5', skewMs: 120_000 } as never, rawHello(), [])
  for (let n = 0; n < 100; n++) meet(`karo:ed25519:${n}` as NodeId)
  expect(warned).toHaveLength(10)
  meet(member)
  expect(warned.at(-1)).toBe(member)
})

test('a node that is refused waits for nobody, however often it comes', async () => {
  const { entries, trust, news } = newsOf()
  const [stranger, revoked] = [testIdentity().nodeId, testIdentity().nodeId]
  await trust.revoke(revoked)
  for (const node of [stranger, revoked, stranger, revoked])
    news.met({ node, ip: '10.0.0.5' } as unknown as Conn, rawHello(), [])
  expect(entries.map(({ type, peer }) => [type, peer])).toEqual([['peer_pending', stranger]])
})

test('a key that is refused leaves an entry or two a day however often it is tried, all of them together a hundred, and when each was tried last; others leave none', async () => {
  const { clock, entries, trust, news } = newsOf()
  const [stranger, revoked, denied] = [testIdentity().nodeId, testIdentity().nodeId, testIdentity().nodeId]
  await trust.revoke(revoked)
  await trust.deny(denied)
  for (let i = 0; i < 100; i++) for (const node of [stranger, revoked, denied]) news.proved(node, '10.0.0.5')
  const details = { reason: 'refused_key', address: '10.0.0.5' }
  expect(entries).toEqual(
    [revoked, denied].map((peer) => ({ type: 'policy_violation', success: false, details, peer })),
  )
  clock.time += DAY_MS
  news.proved(revoked, '10.0.0.6')
  expect(entries.slice(2)).toMatchObject([
    { peer: revoked, details: { address: '10.0.0.6', unrecorded: 99 } },
  ])
  expect([revoked, denied].map((node) => trust.met(node)?.last_seen)).toEqual([DAY_MS, 0])
  expect(trust.met(stranger)).toBeUndefined()
  expect(trust.pending()).toEqual([])
  for (let hour = 1; hour <= 10 * 24; hour++) {
    clock.time = DAY_MS + hour * 3_600_000
    news.proved(revoked, '10.0.0.6')
  }
  const told = entries.slice(3)
  expect(told.length).toBeGreaterThanOrEqual(9)
  expect(told.length).toBeLessThanOrEqual(11)
  // More keys than are counted one by one: whoever has them all leaves no more for it.
  const many = Array.from({ length: 1_100 }, (_, n) => `karo:ed25519:${n}` as NodeId)
  for (const node of many) await trust.revoke(node)
  for (let i = 0; i < 3; i++) for (const node of many) news.proved(node, '10.0.0.7')
  expect(entries.filter(({ details }) => details?.address === '10.0.0.7')).toHaveLength(100)
})

test('connections that open and then stall, or fall silent, are told from the second within ten minutes on, and for as long after the last one', () => {
  const { nodeId } = testIdentity()
  const { clock, warned, news } = newsOf([nodeId])
  const open = (over: Partial<Conn> = {}): Conn =>
    ({ node: nodeId, ip: '10.0.0.5', openedAt: clock.time, ...over }) as Conn
  const end = (ms: number, reason: 'cut' | 'lobby' | 'replaced' | 'refused', conn = open()): void => {
    clock.time += ms
    news.settled(conn, { kind: 'ended', reason })
  }
  // Over at once, or ended by the other side for a reason; and a node that is not trusted here.
  for (let i = 0; i < 3; i++) {
    end(100, 'cut')
    end(3_000, 'replaced')
    end(3_000, 'refused')
    end(10_000, 'lobby', open({ node: testIdentity().nodeId }))
  }
  end(3_000, 'cut')
  expect(news.stalled()).toEqual([])
  news.left(open(), 'silent')
  expect(news.stalled()).toEqual([{ node_id: nodeId, ip: '10.0.0.5' }])
  end(10_000, 'lobby')
  expect(warned).toEqual([nodeId])
  clock.time += 10 * 60_000
  expect(news.stalled()).toEqual([])
  end(3_000, 'cut')
  expect(news.stalled()).toEqual([])
  end(3_000, 'cut')
  expect(news.isStalled(nodeId)).toBe(true)
  // One that lasts a minute shows that the way is mended, and that only lives and breaks is no such way.
  for (let i = 0; i < 3; i++) {
    const lasting = open()
    news.came(lasting)
    clock.time += 60_000
    news.alive(lasting)
    expect(news.stalled()).toEqual([])
    news.left(lasting, 'silent')
    expect(news.stalled()).toEqual([])
  }
})
