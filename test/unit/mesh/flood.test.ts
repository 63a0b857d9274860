// Five hundred fresh identities that knock at one node, and what a node heard of another one before it admitted it.
import { expect, onTestFinished, test } from 'vitest'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createAlarms } from '../../../src/base/timers.ts'
import { LOBBY } from '../../../src/mesh/state/lobby.ts'
import { createState } from '../../../src/mesh/state/state.ts'
import type { MeshAction, MeshEvent, Said } from '../../../src/mesh/state/types.ts'
import { TIMINGS } from '../../../src/mesh/timings.ts'
import { createMemberRepository } from '../../../src/store/tables/members.ts'
import { NO_CREDENTIALS } from '../../../src/trust/certificates/index.ts'
import { createTrust } from '../../../src/trust/peers/index.ts'
import { PENDING_MAX } from '../../../src/trust/peers/seen.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { testIdentity } from '../../support/mesh/mesh-node.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

const nodeOf = (n: number): NodeId => {
  const key = new Uint8Array(32).fill(5)
  new DataView(key.buffer).setUint32(0, n)
  return formatNodeId(key)
}

/** The real machine and the real trust, without sockets. `enrols`: whose invites are being looked at. */
async function rig(enrols: (node: NodeId) => boolean = () => false) {
  const time = new VirtualTime(Date.UTC(2026, 10, 21))
  const self = testIdentity()
  const trust = createTrust({
    config: { peers: { denied: [], trusted: new Map() } },
    identity: self,
    clock: time.clock,
    log: silentLog,
    repository: createMemberRepository(await temporaryDatabase()),
    audit: { record: async () => {} },
  })
  await trust.start(new AbortController().signal)
  onTestFinished(() => trust.stop())
  const ended: NodeId[] = []
  const dialed: string[] = []
  const put = (event: MeshEvent): void => perform(state.handle(event))
  const alarms = createAlarms<string>(time, (timer) => put({ on: 'timer', timer } as MeshEvent))
  const { capabilities } = rawHello()
  const state = createState({
    config: {
      mesh: { lan_only: true, allow_cgnat: false, port: 7_000, listen: 'auto', ping_seconds: 15 },
      overlay: { full_mesh_up_to: 32, asker_links_up_to: 0, leaves_up_to: 256, tell_links: true },
      discovery: { peers: [], dht: false },
    },
    trust,
    clock: time.clock,
    random: systemRandom,
    timings: TIMINGS,
    lobby: LOBBY,
    self: self.nodeId,
    credentials: { ...NO_CREDENTIALS, heard: enrols },
    listening: () => ['/ip4/10.0.0.1/tcp/7000'],
    complete: () => true,
    inUse: () => false,
    spokeAt: () => Number.NEGATIVE_INFINITY,
    readers: () => 0,
    about: () => ({ name: 'self', capabilities, listen: [] }),
  })
  function perform(actions: readonly MeshAction[]): void {
    for (const action of actions) {
      if (!('do' in action)) {
        if (action.did === 'end') ended.push(action.conn.node)
        if (action.did === 'meet')
          trust.sawStranger(action.conn.node, { name: action.body.name, addresses: action.addresses })
        continue
      }
      if (action.do === 'timer') alarms.set(action)
      if (action.do === 'dial') {
        dialed.push(action.target)
        put({ on: 'dialed', target: action.target, id: undefined })
      }
    }
  }
  trust.onChange((node, by) => put({ on: 'trust', node, by }))
  let conns = 0
  const comes = (node: NodeId, ip: string, hello: Partial<ReturnType<typeof rawHello>> = {}): number => {
    const id = ++conns
    put({ on: 'opened', id, node, ip, at: undefined })
    put({ on: 'control', id })
    says(id, { hello: { ...rawHello(), listen: [`/ip4/${ip}/tcp/7000`], ...hello } })
    return id
  }
  const says = (id: number, said: Said): void => put({ on: 'said', id, said, skewMs: 0 })
  const admitted = (id: number): void => {
    says(id, { ack: 'yes' })
    says(id, { ack: 'ready' })
  }
  put({ on: 'prepare' })
  put({ on: 'start' })
  return { time, trust, state, ended, dialed, comes, says, admitted, put }
}

test('500 fresh identities from as many addresses cost a few places and seconds, and no member notices', async () => {
  const { time, trust, state, ended, dialed, comes, admitted } = await rig()
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
  expect(dialed.filter((target) => target !== member && target !== late)).toEqual([])
  time.advance(TIMINGS.lobbyMs + 1_000)
  expect(state.connections.all().length).toBeLessThanOrEqual(2)
})

test('a node that said before it was admitted that it is a leaf is known as one when it is', async () => {
  const joiner = nodeOf(7)
  const { trust, state, comes, admitted, put } = await rig((node) => node === joiner)
  const id = comes(joiner, '10.0.0.7', { leaf: true })
  expect(state.connections.get(id)?.leaf).toBe(false)
  // Its invite is taken.
  await trust.trust(joiner, {})
  put({ on: 'enrolled', node: joiner })
  admitted(id)
  expect(state.connections.neighbour(joiner)?.leaf).toBe(true)
})
