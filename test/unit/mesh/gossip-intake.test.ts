// How much one neighbour may hand on: a flood is dropped where it comes in, and no honest relay pays for it.
import { expect, test } from 'vitest'
import { defineTopic } from '../../../protocols/define.ts'
import { encodeFrame } from '../../../protocols/frame.ts'
import { Presence } from '../../../protocols/messages/presence.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import { createIntake } from '../../../src/mesh/gossip/intake.ts'
import type { GossipVerdict, PeerRef } from '../../../src/mesh/index.ts'
import type { Identity } from '../../../src/trust/identity/index.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'

const presence = defineTopic({
  id: '/karo/presence/1',
  purpose: 'any topic',
  quota: { messages: 20, perMs: 60_000 },
  messages: { Presence },
})
const NOW = 1_763_626_500_000
const [self, relay] = [testIdentity(0), testIdentity(1)] as const
/** Admitted by everybody here. */
const members = Array.from({ length: 100 }, (_, n) => testIdentity(100 + n))
const invented = Array.from({ length: 600 }, (_, n) => testIdentity(1_000 + n))
const refOf = ({ nodeId, publicKey }: Identity) => ({ nodeId, publicKey })

let count = 0
function said(author: Identity, at = NOW): Uint8Array {
  const nonce = Buffer.alloc(16)
  nonce.writeUInt32BE(count++)
  const capabilities = {
    protocol_version: 1,
    karo_version: '0.1.0',
    supports_level1: true,
    supports_level2: false,
    can_aggregate: false,
  }
  const state = 'online' as const
  const body = { version: at, state, name: 'x', capabilities, listen: [], lost: [] }
  return encodeFrame(Presence, { sender: author.publicKey, ts: at, nonce, seq: 0 }, body, (bytes) =>
    author.sign(bytes),
  )
}

function node(at: Identity = self) {
  const clock = { time: NOW, now: () => clock.time, monotonic: () => clock.time }
  const trust = createFakeTrust([relay, ...members].map(({ nodeId }) => nodeId))
  const refused: string[] = []
  const tallied: string[] = []
  const intake = createIntake({
    self: at.nodeId,
    trust,
    rejections: {
      count: (code) => refused.push(code) > 0,
      tally: (code) => void tallied.push(code),
      failed: () => {},
    },
    clock,
  })
  const accepted: NodeId[] = []
  const message = ({ nodeId }: PeerRef): GossipVerdict => {
    accepted.push(nodeId)
    return 'accept'
  }
  return {
    clock,
    trust,
    accepted,
    refused,
    tallied,
    brings: (bytes: Uint8Array, isExpected: (author: NodeId) => boolean = () => true): boolean =>
      intake.open(presence, bytes, relay.nodeId, isExpected, DAY_MS) !== undefined,
    hears: (bytes: Uint8Array, from: Identity = relay): GossipVerdict =>
      intake.takes(from.nodeId) && intake.glances(presence, bytes, from.nodeId)
        ? intake.judge(presence, { message }, bytes, refOf(from))
        : 'ignore',
  }
}

const countOf = (verdicts: readonly GossipVerdict[], verdict: GossipVerdict): number =>
  verdicts.filter((one) => one === verdict).length

test('what is too much is dropped and counted, and neither the ledger nor a verdict blames the relay', () => {
  const it = node()
  const verdicts = Array.from({ length: 2_200 }, (_, n) => it.hears(said(members[n % 100] as Identity)))
  expect(countOf(verdicts, 'accept')).toBe(2_000)
  expect(countOf(verdicts, 'reject')).toBe(0)
  expect(it.refused).toEqual([])
  expect(it.tallied).toEqual(new Array(200).fill('rate_limited'))
})

test('a flood of invented authors passes the first relay as a trickle, and members are heard through it', () => {
  const [first, second] = [node(relay), node()]
  const flooder = members[0] as Identity
  let heard = 0
  for (let n = 0; n < 1_500; n++) {
    const bytes = said(invented[n % 30] as Identity)
    if (first.hears(bytes, flooder) === 'accept') expect(second.hears(bytes)).toBe('accept')
  }
  for (const member of members.slice(1)) {
    const bytes = said(member)
    expect(first.hears(bytes, member)).toBe('accept')
    if (second.hears(bytes) === 'accept') heard++
  }
  expect(heard).toBe(99)
  expect(first.accepted.length).toBeLessThanOrEqual(100 + 99)
  expect(second.refused).toEqual([])
})

test('a member that is known by gossip alone is no unknown author', () => {
  const it = node()
  for (const one of invented.slice(0, 100)) expect(it.hears(said(one))).toBe('accept')
  const late = invented[100] as Identity
  expect(it.hears(said(late))).toBe('ignore')
  it.trust.heardOf(late.nodeId, { name: 'late', addresses: [], offline: false }, relay.nodeId)
  expect(it.hears(said(late))).toBe('accept')
  // Another neighbour has a share of its own.
  expect(it.hears(said(invented[101] as Identity), members[0])).toBe('accept')
})

test('beyond its share nothing of unknown authors is verified', () => {
  const it = node()
  const forged = (author: Identity, at = NOW): Uint8Array => {
    const bytes = said(author, at)
    bytes[bytes.length - 1]! ^= 1
    return bytes
  }
  expect(it.hears(forged(invented[0] as Identity))).toBe('reject')
  for (const one of invented.slice(1, 100)) expect(it.hears(said(one))).toBe('accept')
  const verdicts = invented.slice(100).map((one) => it.hears(forged(one)))
  expect(countOf(verdicts, 'ignore')).toBe(500)
  // A member is verified all the same.
  const member = members[0] as Identity
  expect(it.hears(forged(member))).toBe('reject')
  // Neither is what a member says too early, too late or too often.
  expect([NOW - 3_600_000, NOW + 3_600_000].map((at) => it.hears(forged(member, at)))).toEqual([
    'ignore',
    'ignore',
  ])
  for (let n = 0; n < presence.quota.messages; n++) expect(it.hears(said(member))).toBe('accept')
  expect(it.hears(forged(member))).toBe('ignore')
})

test('what was asked for may be a day old; of invented authors it is as much as of gossip, and what nobody asked for is nothing', () => {
  const it = node()
  const [member, other] = members as [Identity, Identity]
  expect(it.brings(said(member, NOW - 20 * 3_600_000))).toBe(true)
  expect(it.brings(said(member), (author) => author === other.nodeId)).toBe(false)
  for (const at of [NOW - 25 * 3_600_000, NOW + 3_600_000]) expect(it.brings(said(other, at))).toBe(false)
  const brought = invented.filter((one) => it.brings(said(one)))
  expect(brought).toHaveLength(100)
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
  expect(it.hears(said(invented[0] as Identity, it.clock.time))).toBe('accept')
})
