// A neighbour that falls silent is away at once: for trust, and for the choice of other neighbours.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { createAlarms } from '../../../src/base/timers.ts'
import { createRing } from '../../../src/mesh/state/choice.ts'
import { LOBBY } from '../../../src/mesh/state/lobby.ts'
import { createState } from '../../../src/mesh/state/state.ts'
import type { MeshAction, MeshEvent } from '../../../src/mesh/state/types.ts'
import { TIMINGS } from '../../../src/mesh/timings.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/mesh-node.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

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
  const dialed = new Set<string>()
  const put = (event: MeshEvent): void => perform(state.handle(event))
  const alarms = createAlarms<string>(time, (timer) => put({ on: 'timer', timer } as MeshEvent))
  const { capabilities } = rawHello()
  const state = createState({
    config: {
      mesh: { lan_only: true, allow_cgnat: false, port: 7_000, listen: 'auto', ping_seconds: 15 },
      overlay: { full_mesh_up_to: 2, asker_links_up_to: 0, leaves_up_to: 256, tell_links: true },
      discovery: { peers: [], dht: false },
    },
    self,
    trust,
    clock: time.clock,
    random: systemRandom,
    timings: TIMINGS,
    lobby: LOBBY,
    listening: () => ['/ip4/10.0.0.1/tcp/7000'],
    complete: () => true,
    inUse: () => false,
    spokeAt: () => Number.NEGATIVE_INFINITY,
    readers: () => 0,
    about: () => ({ name: 'self', capabilities, listen: [] }),
  })
  function perform(actions: readonly MeshAction[]): void {
    for (const action of actions) {
      if (!('do' in action)) continue
      if (action.do === 'timer') alarms.set(action)
      // No dial ends, so that no failure makes anybody else be away.
      if (action.do === 'dial') dialed.add(action.target)
    }
  }
  const choiceOf = (members: readonly NodeId[]) => createRing([self, ...members]).choiceOf(self)
  const first = choiceOf(ids)
  put({ on: 'prepare' })
  for (const [i, node] of [...first].entries()) {
    put({ on: 'opened', id: i + 1, node, ip: `10.0.1.${ids.indexOf(node) + 1}`, at: undefined })
    put({ on: 'control', id: i + 1 })
    for (const said of [{ hello: rawHello() }, { ack: 'yes' }, { ack: 'ready' }] as const)
      put({ on: 'said', id: i + 1, said, skewMs: 0 })
  }
  put({ on: 'start' })
  time.advance(SOON_MS)
  expect([...dialed]).toEqual([])

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
  expect([...dialed]).toEqual(expect.arrayContaining(others))
})
