// A neighbour that falls silent is away at once: for trust, and for the choice of other neighbours.
import { expect, test } from 'vitest'
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { createRing } from '../../../src/mesh/state/choice.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'
import { rigOf } from './rig.ts'

/** So many that each is linked to some only. */
const MEMBERS = 40
/** A few rounds of dials, and less than the time after which all members are gone over in any case. */
const SOON_MS = 5_000

test('who falls silent is replaced by another member soon', () => {
  const self = testIdentity().nodeId
  const ids = Array.from({ length: MEMBERS }, () => testIdentity().nodeId)
  const time = new VirtualTime(Date.UTC(2026, 10, 21))
  const trust = createFakeTrust(ids, time.clock.now)
  for (const [i, id] of ids.entries())
    trust.sawMember(id, { name: 'member', addresses: [`/ip4/10.0.1.${i + 1}/tcp/9238`] })
  // No dial ends, so that no failure makes anybody else be away.
  const { put, comes, admitted, dialed } = rigOf({ self, trust, time, fullMeshUpTo: 2, dialsLast: true })
  const choiceOf = (members: readonly NodeId[]) => createRing([self, ...members]).choiceOf(self)
  const first = choiceOf(ids)
  for (const node of first) admitted(comes(node, `10.0.1.${ids.indexOf(node) + 1}`))
  put({ on: 'start' })
  time.advance(SOON_MS)
  expect(dialed).toEqual([])

  const [lost] = [...first] as [NodeId]
  // The heartbeat finds that it is silent, in the same round in which the members are looked at.
  for (let step = 0; step < 120 && trust.member(lost)?.unsure !== true; step++) {
    for (const node of first) if (node !== lost) put({ on: 'heard', node })
    time.advance(1_000)
  }
  expect(trust.member(lost)?.unsure).toBe(true)
  time.advance(SOON_MS)
  const others = [...choiceOf(ids.filter((id) => id !== lost))].filter((id) => !first.has(id))
  expect(others.length).toBeGreaterThan(0)
  expect(dialed.map(({ target }) => target)).toEqual(expect.arrayContaining(others))
})

test('a neighbour that a member calls lost is asked at once, and gone when it does not answer', () => {
  const [self, lost, teller] = [0, 1, 2].map(() => testIdentity().nodeId) as [NodeId, NodeId, NodeId]
  const time = new VirtualTime(Date.UTC(2026, 10, 21))
  const trust = createFakeTrust([lost, teller], time.clock.now)
  trust.sawMember(lost, { name: 'member', addresses: ['/ip4/10.0.1.1/tcp/9238'] })
  const { put, comes, admitted, brings } = rigOf({ self, trust, time })
  admitted(comes(lost, '10.0.1.1'))
  const from = comes(teller, '10.0.1.2')
  admitted(from)
  put({ on: 'start' })
  time.advance(SOON_MS)
  const { name, capabilities } = rawHello()
  const version = time.clock.now()
  const rest = { state: 'online', again_s: 300, listen: [], lost: [parseNodeId(lost)!] } as const
  const body = { version, name, capabilities, ...rest }
  brings(from, { author: teller, body })
  // Two questions without an answer, long before the heartbeat would ask a link that rests.
  time.advance(2 * SOON_MS)
  expect(trust.member(lost)?.unsure).toBe(true)
})
