// Whom a node dials and lets go of: a person's decision is followed at once, and nobody is cut off in mid-question.
import { expect, test } from 'vitest'
import { systemRandom } from '../../../src/base/clock.ts'
import { createRing } from '../../../src/mesh/state/choice.ts'
import { createConnections } from '../../../src/mesh/state/connections.ts'
import { createContacts } from '../../../src/mesh/state/contacts.ts'
import { LOBBY } from '../../../src/mesh/state/lobby.ts'
import type { MeshAction } from '../../../src/mesh/state/types.ts'
import { TIMINGS } from '../../../src/mesh/timings.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { NO_CREDENTIALS } from '../../support/mesh/no-credentials.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'
import { PATIENCE_MS } from '../../support/run/until.ts'
import { linked, mute, start } from './cluster.ts'

/** So many that each is linked to some only. */
const MEMBERS = 40

const mesh = { lan_only: true, allow_cgnat: false, port: 0, listen: 'auto', ping_seconds: 15 } as const

test('who is trusted is dialed at once, also when the overlay needs no link to it', async () => {
  const self = testIdentity()
  const others = Array.from({ length: MEMBERS }, () => testIdentity())
  const ids = others.map(({ nodeId }) => nodeId)
  const ring = createRing([self.nodeId, ...ids])
  const unneeded = others.find(
    ({ nodeId }) => !ring.choiceOf(self.nodeId).has(nodeId) && !ring.choiceOf(nodeId).has(self.nodeId),
  )
  if (unneeded === undefined) throw new Error('everybody is chosen')

  // It knows nobody's address, so that only the other one can dial.
  const far = await start({ identity: unneeded, trust: createFakeTrust([self.nodeId]) })
  const members = ids.filter((id) => id !== far.id)
  const trust = createFakeTrust(members)
  // No dial of one of these fails soon.
  const addresses = [`/ip4/127.0.0.1/tcp/${(await mute()).port}`]
  for (const id of members) trust.sawMember(id, { name: 'member', addresses })
  trust.sawStranger(far.id, { name: 'stranger', addresses: far.mesh.status().listen })
  // Longer than the test waits for the link, so that none of the mute ones fails, and is counted as away, before.
  const timings = { handshakeMs: 2 * PATIENCE_MS, dialMs: 2 * PATIENCE_MS }
  const near = await start({ identity: self, trust, timings, overlay: { full_mesh_up_to: 2 } })
  expect(near.link.peers()).toEqual([])

  await trust.trust(far.id, { level: 'peer' })
  await linked(near, far)
})

test('a neighbour too many is let go of, but not while something is under way with it', () => {
  const self = testIdentity().nodeId
  const ids = Array.from({ length: MEMBERS }, () => testIdentity().nodeId)
  let now = 0
  const closed = new Set<string>()
  const trust = createFakeTrust(ids)
  for (const id of ids) trust.sawMember(id, { name: 'member', addresses: ['/ip4/10.0.0.1/tcp/9238'] })
  let busy = true
  const clock = { now: () => now, monotonic: () => now }
  const emit = (action: MeshAction): void => {
    if ('did' in action && action.did === 'leave') closed.add(action.conn.node)
  }
  const { admits, refuses } = trust
  const connections = createConnections({
    mesh,
    self,
    admits,
    refuses,
    credentials: NO_CREDENTIALS,
    timings: TIMINGS,
    lobby: LOBBY,
    clock,
    emit,
  })
  for (const [id, node] of ids.slice(0, 20).entries()) {
    connections.opened({ on: 'opened', id, node, ip: '10.0.0.1', at: undefined })
    for (const said of [{ hello: rawHello() }, { ack: 'yes' }, { ack: 'ready' }] as const)
      connections.said({ on: 'said', id, said, skewMs: 0 })
  }
  expect(connections.neighbours()).toHaveLength(20)
  const contacts = createContacts({
    config: {
      mesh,
      overlay: { full_mesh_up_to: 2, asker_links_up_to: 0, leaves_up_to: 256, tell_links: true },
      discovery: { peers: [], dht: false },
    },
    self,
    trust,
    connections,
    clock,
    emit,
    random: systemRandom,
    listening: () => [],
    complete: () => true,
    inUse: () => busy,
  })
  contacts.prepare()
  now = 3_600_000
  contacts.thin()
  expect(closed.size).toBe(0)
  busy = false
  contacts.thin()
  expect(closed.size).toBeGreaterThan(0)
})
