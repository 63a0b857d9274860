// What the ledger is told of refused frames: of members each kind, of strangers so little that nothing rolls out.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createRejections } from '../../../src/mesh/link/rejections.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'

/** `admits`: those that are members beside the one; all others are strangers. */
function setUp(admits: (node: NodeId) => boolean = () => false) {
  const member = 'karo:ed25519:member' as NodeId
  const inviter = 'karo:ed25519:inviter' as NodeId
  const entries: AuditRecord[] = []
  // `set`: how far somebody has set the clock of the wall.
  const clock = { time: 0, set: 0, now: () => clock.time + clock.set, monotonic: () => clock.time }
  const rejections = createRejections({
    audit: { record: async (entry) => void entries.push(entry) },
    clock,
    log: silentLog,
    admits: (node) => node === member || admits(node),
    seeks: (node) => node === inviter,
  })
  return { member, inviter, entries, clock, rejections }
}

test('strangers share ten entries a minute, whatever keys they invent; the rest is a number', () => {
  const { entries, clock, rejections } = setUp()
  const told = Array.from({ length: 500 }, (_, n) =>
    rejections.count(n % 2 === 0 ? 'stale' : 'malformed', 'p', `karo:ed25519:${n}` as NodeId),
  )
  expect(told.filter(Boolean)).toHaveLength(10)
  expect(entries).toHaveLength(10)
  expect(rejections.counts()).toMatchObject({ stale: 250, malformed: 250 })
  clock.time += 60_000
  rejections.count('stale', 'p', 'karo:ed25519:last' as NodeId)
  expect(entries.at(-1)?.details).toEqual({ reason: 'stale', protocol: 'p', times: 1, unrecorded: 490 })
})

test('a member gets one entry per kind and minute, and strangers do not cost it its own', () => {
  const { member, entries, clock, rejections } = setUp()
  for (let n = 0; n < 500; n++) rejections.count('stale', 'p', `karo:ed25519:${n}` as NodeId)
  for (let n = 0; n < 100; n++) rejections.count('stale', 'p', member)
  rejections.count('malformed', 'p', member)
  clock.time += 60_000
  expect(rejections.count('stale', 'p', member)).toBe(true)
  expect(entries.filter(({ peer }) => peer === member).map(({ details }) => details)).toEqual([
    { reason: 'stale', protocol: 'p', times: 1 },
    { reason: 'malformed', protocol: 'p', times: 1 },
    { reason: 'stale', protocol: 'p', times: 100 },
  ])
})

test('members with a wrong clock are remembered for a quarter of an hour, and strangers do not crowd them out', () => {
  const { member, clock, rejections } = setUp()
  rejections.count('malformed', 'p', member)
  expect(rejections.stale()).toEqual([])
  // A question that has expired says nothing of a clock.
  rejections.count('stale', 'p', member)
  expect(rejections.stale()).toEqual([])
  rejections.count('stale', 'p', member, { clockOffMs: 600_000.4 })
  for (let n = 0; n < 500; n++)
    rejections.count('stale', 'p', `karo:ed25519:${n}` as NodeId, { clockOffMs: 600_000 })
  expect(rejections.stale()).toEqual([{ node_id: member, clock_off_ms: 600_000 }])
  expect(rejections.staleStrangers().map(({ node_id }) => node_id)).toEqual(
    [496, 497, 498, 499].map((n) => `karo:ed25519:${n}`),
  )
  rejections.inTime('karo:ed25519:497' as NodeId)
  expect(rejections.staleStrangers()).toHaveLength(3)
  clock.time += 15 * 60_000
  expect(rejections.stale()).toEqual([{ node_id: member, clock_off_ms: 600_000 }])
  expect(rejections.clockOff(member)).toBe(600_000)
  clock.time += 1
  expect([...rejections.stale(), ...rejections.staleStrangers()]).toEqual([])
  expect(rejections.clockOff(member)).toBeUndefined()
})

test('a clock that is right again is no fault any more: the other one by its frames, ours by having been set', () => {
  const { member, clock, rejections } = setUp()
  const off = { clockOffMs: -600_000 }
  const wrong = [{ node_id: member, clock_off_ms: -600_000 }]
  rejections.count('stale', 'p', member, off)
  clock.time += 30_000
  rejections.inTime('karo:ed25519:another' as NodeId)
  expect(rejections.stale()).toEqual(wrong)
  rejections.inTime(member)
  expect(rejections.stale()).toEqual([])

  rejections.count('stale', 'p', member, off)
  // What a time server does all the time.
  clock.set += 900
  expect(rejections.stale()).toEqual(wrong)
  clock.set += 400 * 24 * 60 * 60_000
  expect(rejections.stale()).toEqual([])
  // It was set wrong: then the next frame is refused again.
  rejections.count('stale', 'p', member, off)
  expect(rejections.stale()).toEqual(wrong)
})

test('members beyond those that are told apart share an entry that names none of them', () => {
  const { entries, clock, rejections } = setUp(() => true)
  const refuse = (n: number) => rejections.count('malformed', 'p', `karo:ed25519:${n}` as NodeId)
  // 256 have a place of their own; the next is the first of those who share one.
  for (let n = 0; n < 300; n++) refuse(n)
  clock.time += 60_000
  for (let n = 0; n < 256; n++) refuse(n)
  expect(refuse(299)).toBe(false)
  const shared = entries.filter(({ details }) => details.reason === 'further_members')
  expect(shared).toEqual([
    { type: 'policy_violation', success: false, details: { reason: 'further_members', times: 1 } },
    { type: 'policy_violation', success: false, details: { reason: 'further_members', times: 44 } },
  ])
  expect(entries.filter(({ peer }) => peer !== undefined && Number(peer.slice(13)) >= 256)).toEqual([])
})

test('the inviter that this node looks for is remembered as a member is, and no other stranger', () => {
  const { inviter, rejections } = setUp()
  rejections.count('stale', 'p', 'karo:ed25519:another' as NodeId, { clockOffMs: 600_000 })
  expect(rejections.stale()).toEqual([])
  rejections.count('stale', 'p', inviter, { clockOffMs: 600_000 })
  expect(rejections.stale()).toEqual([{ node_id: inviter, clock_off_ms: 600_000 }])
})
