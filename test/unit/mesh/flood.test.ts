// Five hundred fresh identities that knock at one node, and what a node heard of another one before it admitted it.

import { expect, test } from 'vitest'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { LOBBY } from '../../../src/mesh/state/lobby.ts'
import { TIMINGS } from '../../../src/mesh/timings.ts'
import { PENDING_MAX } from '../../../src/trust/peers/seen.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { NO_CREDENTIALS } from '../../support/mesh/no-credentials.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'
import { trustRoom } from '../trust/peers/world.ts'
import { rigOf } from './rig.ts'

const nodeOf = (n: number): NodeId => {
  const key = new Uint8Array(32).fill(5)
  new DataView(key.buffer).setUint32(0, n)
  return formatNodeId(key)
}

/** The real machine and the real trust, without sockets. `enrols`: whose invites are being looked at. */
async function knockedAt(enrols: (node: NodeId) => boolean = () => false) {
  const time = new VirtualTime(Date.UTC(2026, 10, 21))
  const self = testIdentity()
  const { trust } = await trustRoom({ identity: self, clock: time.clock })
  const ended: NodeId[] = []
  const rig = rigOf({
    trust,
    time,
    self: self.nodeId,
    credentials: { ...NO_CREDENTIALS, heard: enrols },
    onFact(fact) {
      if (fact.did === 'end') ended.push(fact.conn.node)
      if (fact.did === 'meet')
        trust.sawStranger(fact.conn.node, { name: fact.body.name, addresses: fact.addresses })
    },
  })
  trust.onChange((node, by) => rig.put({ on: 'trust', node, by }))
  rig.put({ on: 'start' })
  return { ...rig, trust, ended }
}

test('500 fresh identities from as many addresses cost a few places and seconds, and no member notices', async () => {
  const { time, trust, state, ended, dialed, comes, admitted } = await knockedAt()
  const [member, late] = [nodeOf(1), nodeOf(2)]
  for (const node of [member, late]) await trust.trust(node, {})
  admitted(comes(member, '10.0.0.2'))
  expect(state.connections.neighbours().map(({ node }) => node)).toEqual([member])
  dialed.length = 0
  for (let n = 0; n < 500; n++) {
    comes(nodeOf(1_000 + n), `10.1.${n >> 8}.${n & 255}`)
    expect(state.connections.all().length).toBeLessThanOrEqual(LOBBY.total + 2)
    // In the middle of it a member comes that was away.
    if (n === 250) admitted(comes(late, '10.0.0.3'))
    time.advance(20)
  }
  expect(new Set(state.connections.neighbours().map(({ node }) => node))).toEqual(new Set([member, late]))
  expect(ended).not.toContain(member)
  expect(trust.pending()).toHaveLength(PENDING_MAX)
  expect(trust.members().map(({ node_id }) => node_id)).not.toContain(nodeOf(1_000))
  // Strangers are dialed by nobody for having come.
  expect(dialed.filter(({ target }) => target !== member && target !== late)).toEqual([])
  time.advance(TIMINGS.lobbyMs + 1_000)
  expect(state.connections.all().length).toBeLessThanOrEqual(2)
})

test('a node that said before it was admitted that it is a leaf is known as one when it is', async () => {
  const joiner = nodeOf(7)
  const { trust, state, comes, admitted, put } = await knockedAt((node) => node === joiner)
  const id = comes(joiner, '10.0.0.7', { leaf: true })
  expect(state.connections.get(id)?.leaf).toBe(false)
  // Its invite is taken.
  await trust.trust(joiner, {})
  put({ on: 'enrolled', node: joiner })
  admitted(id)
  expect(state.connections.neighbour(joiner)?.leaf).toBe(true)
})

test('who is denied takes no place, not even one of a stranger', async () => {
  const { trust, state, comes } = await knockedAt()
  const [denied, stranger] = [nodeOf(8), nodeOf(9)]
  await trust.deny(denied)
  comes(denied, '10.0.0.8')
  comes(stranger, '10.0.0.9')
  expect(state.connections.all().map(({ node }) => node)).toEqual([stranger])
})
