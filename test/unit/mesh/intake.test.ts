// How much one neighbour may hand on: a flood is dropped where it comes in, and no honest relay pays for it.
import { expect, test } from 'vitest'
import * as z from 'zod'
import { encodeFrame } from '../../../protocols/frame.ts'
import { Presence } from '../../../protocols/messages/presence.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { presences } from '../../../protocols/registry.ts'
import { createIntake } from '../../../src/mesh/notices/intake.ts'
import { writeKeys } from '../../../src/mesh/notices/keys.ts'
import { fingerprintOf, type Identity } from '../../../src/trust/identity/index.ts'
import { CAPABILITIES } from '../../support/mesh/capabilities.ts'
import { EVERYTHING } from '../../support/mesh/everything.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'

const NOW = 1_763_626_500_000
const [self, relay] = [testIdentity(0), testIdentity(1)] as const
/** Admitted by everybody here. */
const members = Array.from({ length: 100 }, (_, n) => testIdentity(100 + n))
const invented = Array.from({ length: 600 }, (_, n) => testIdentity(1_000 + n))

let count = 0
function said(author: Identity, at = NOW, version = at): Uint8Array {
  const nonce = Buffer.alloc(16)
  nonce.writeUInt32BE(count++)
  const state = 'online' as const
  const body = { version, state, again_s: 300, name: 'x', capabilities: CAPABILITIES, listen: [], lost: [] }
  // Whatever its author likes.
  const anything = { ...Presence, body: z.any() }
  return encodeFrame(anything, { sender: author.publicKey, ts: at, nonce, seq: 0 }, body, (bytes) =>
    author.sign(bytes),
  )
}

function node(at: Identity = self) {
  const clock = { time: NOW, now: () => clock.time, monotonic: () => clock.time }
  const trust = createFakeTrust([relay, ...members].map(({ nodeId }) => nodeId))
  const refused: string[] = []
  const tallied: string[] = []
  const intake = createIntake({
    identity: at,
    trust,
    rejections: {
      count: (code) => refused.push(code) > 0,
      tally: (code) => void tallied.push(code),
      failed: () => {},
    },
    clock,
    random: { bytes: (length) => new Uint8Array(length), float: () => 0 },
    topics: () => [presences],
  })
  const accepted: NodeId[] = []
  return {
    clock,
    trust,
    accepted,
    refused,
    tallied,
    hears(bytes: Uint8Array, from: Identity = relay, asked: ReadonlySet<string> = EVERYTHING): boolean {
      const notice = intake.open(bytes, from.nodeId, asked)
      if (notice !== undefined) accepted.push(notice.author)
      return notice !== undefined
    },
  }
}

const countOf = (heard: readonly boolean[]): number => heard.filter((one) => one).length

test('what is too much is dropped and counted, and the ledger does not blame the relay', () => {
  const it = node()
  const heard = Array.from({ length: 2_200 }, (_, n) => it.hears(said(members[n % 100] as Identity)))
  expect(countOf(heard)).toBe(2_000)
  expect(it.refused).toEqual([])
  expect(it.tallied).toEqual(new Array(200).fill('rate_limited'))
})

test('a flood of invented authors passes the first relay as a trickle, and members are heard through it', () => {
  const [first, second] = [node(relay), node()]
  const flooder = members[0] as Identity
  let heard = 0
  for (let n = 0; n < 1_500; n++) {
    const bytes = said(invented[n % 30] as Identity)
    if (first.hears(bytes, flooder)) expect(second.hears(bytes)).toBe(true)
  }
  for (const member of members.slice(1)) {
    const bytes = said(member)
    expect(first.hears(bytes, member)).toBe(true)
    if (second.hears(bytes)) heard++
  }
  expect(heard).toBe(99)
  expect(first.accepted.length).toBeLessThanOrEqual(100 + 99)
  expect(second.refused).toEqual([])
})

test('a member that is known by gossip alone is no unknown author', () => {
  const it = node()
  for (const one of invented.slice(0, 100)) expect(it.hears(said(one))).toBe(true)
  const late = invented[100] as Identity
  expect(it.hears(said(late))).toBe(false)
  it.trust.heardOf(late.nodeId, { name: 'late', addresses: [], offline: false }, relay.nodeId)
  expect(it.hears(said(late))).toBe(true)
  // Another neighbour has a share of its own.
  expect(it.hears(said(invented[101] as Identity), members[0])).toBe(true)
})

test('an author that is denied is heard from nobody, whoever hands it on, and the others are', async () => {
  const it = node()
  const [denied, other] = members as [Identity, Identity]
  await it.trust.deny(denied.nodeId)
  for (const from of [relay, other, denied]) expect(it.hears(said(denied), from)).toBe(false)
  expect(it.hears(said(other))).toBe(true)
  expect(it.accepted).toEqual([other.nodeId])
})

function forged(author: Identity, at = NOW): Uint8Array {
  const bytes = said(author, at)
  bytes[bytes.length - 1]! ^= 1
  return bytes
}

test('beyond its share nothing of unknown authors is verified, nor what a member says too early, too late or too often', () => {
  const it = node()
  for (const one of invented.slice(0, 100)) expect(it.hears(said(one))).toBe(true)
  for (const one of invented.slice(100)) expect(it.hears(forged(one))).toBe(false)
  const member = members[0] as Identity
  for (const at of [NOW - 25 * 3_600_000, NOW + 3_600_000]) expect(it.hears(forged(member, at))).toBe(false)
  for (let n = 0; n < presences.quota.messages; n++) expect(it.hears(said(member))).toBe(true)
  expect(it.hears(forged(member))).toBe(false)
  expect(it.refused).toEqual([])
  // Another member is verified all the same.
  expect(it.hears(forged(members[1] as Identity))).toBe(false)
  expect(it.refused).toEqual(['bad_signature'])
})

test('of a neighbour that brings forged frames nothing more is looked at for a while', () => {
  const it = node()
  for (let n = 0; n < 10; n++) it.hears(forged(members[n] as Identity))
  expect(it.refused).toEqual(['bad_signature', 'bad_signature', 'bad_signature'])
  expect(it.hears(said(members[20] as Identity))).toBe(false)
  expect(it.hears(said(members[20] as Identity), members[30])).toBe(true)
  it.clock.time += 60_000
  expect(it.hears(said(members[20] as Identity, it.clock.time))).toBe(true)
})

test('a presence may be a day old, and what nobody asked for is nothing', () => {
  const it = node()
  const [member, other] = members as [Identity, Identity]
  expect(it.hears(said(member, NOW - 20 * 3_600_000))).toBe(true)
  const asked = new Set([fingerprintOf(other.publicKey)])
  expect(it.hears(said(member), relay, asked)).toBe(false)
  expect(it.hears(said(other), relay, asked)).toBe(true)
  expect(it.hears(said(member), member, new Set())).toBe(true)
})

test('unknown authors are welcome, but one neighbour cannot invent any number of them in an hour', () => {
  const it = node()
  for (const one of invented) {
    it.clock.time += 1_000
    it.hears(said(one, it.clock.time))
  }
  // 512 at once, and those of ten minutes.
  expect(it.accepted.length).toBeGreaterThanOrEqual(512)
  expect(it.accepted.length).toBeLessThan(600)
  it.clock.time += 1_000
  expect(it.hears(said(invented[0] as Identity, it.clock.time))).toBe(true)
})

test('a presence is of a version that neighbours can be told of, or is refused', () => {
  const it = node()
  const member = members[0] as Identity
  const greatest = 2 ** 48 - 1
  expect(writeKeys([['00'.repeat(8), greatest]])).toHaveLength(14)
  expect(() => writeKeys([['00'.repeat(8), greatest + 1]])).toThrow(RangeError)
  expect(it.hears(said(member, NOW, greatest))).toBe(true)
  expect(it.hears(said(member, NOW, greatest + 1))).toBe(false)
  expect(it.refused).toEqual(['malformed'])
})
