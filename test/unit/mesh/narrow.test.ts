// What libp2p's peer store is told of a peer's streams: only what its services need, and nothing for strangers.
import type { Topology } from '@libp2p/interface'
import { expect, onTestFinished, test } from 'vitest'
import { createDoorkeeper } from '../../../src/mesh/admission/doorkeeper.ts'
import { createGater } from '../../../src/mesh/admission/gater.ts'
import { createHost } from '../../../src/mesh/admission/host.ts'
import { narrow, type View } from '../../../src/mesh/link/wires.ts'
import { TIMINGS } from '../../../src/mesh/timings.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { AMPLE } from '../../support/mesh/mesh-node.ts'
import { rawPeer } from '../../support/mesh/raw-peer.ts'
import { until } from '../../support/run/until.ts'

const [LOBBY, PLAIN, WATCHED] = ['/lobby/1', '/plain/1', '/watched/1'] as const
const yes = (): boolean => true
const ALLOWANCE = { stream: yes, frame: yes, ping: yes, bytes: yes, reply: yes }

/** Members of a connection that libp2p's types declare private. */
interface Inside {
  components: { registrar: object; peerStore: { merge(id: object, data: { protocols?: string[] }): object } }
}

/** A host, and a peer that is connected to it through a narrowed connection; `WATCHED` has a topology at the host. */
async function connected() {
  const identity = testIdentity()
  const noted: string[] = []
  const views: View[] = []
  let handled = 0
  let gone = 0
  const handle = () => void handled++
  const host = await createHost({
    seed: identity.seed(),
    publicKey: identity.publicKey,
    version: '0',
    pingMs: 15_000,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    listenBestEffort: false,
    security: ['noise'],
    timings: { ...TIMINGS, ...AMPLE },
    gater: createGater({
      mesh: { lan_only: true, allow_cgnat: false },
      doorkeeper: createDoorkeeper(() => performance.now()),
      refuses: () => false,
      knows: yes,
      proved: () => {},
    }),
    handlers: new Map([LOBBY, PLAIN, WATCHED].map((protocol) => [protocol, { handle, streams: 8 }])),
    onConnection(connection) {
      const inside = connection as unknown as Inside
      const { registrar, peerStore } = inside.components
      inside.components = {
        registrar,
        peerStore: {
          merge(id, data) {
            noted.push(...(data.protocols ?? []))
            return peerStore.merge(id, data)
          },
        },
      }
      const view = narrow(connection, LOBBY, () => ALLOWANCE)
      if (view !== undefined) views.push(view)
    },
    dht: ((components: {
      registrar: { register(protocol: string, topology: Topology): Promise<string> }
    }) => {
      void components.registrar.register(WATCHED, { onConnect() {}, onDisconnect: () => void gone++ })
      return {}
    }) as never,
  })
  await host.start()
  onTestFinished(() => host.stop())
  const peer = await rawPeer()
  onTestFinished(() => peer.stop())
  const port = Number(/tcp\/(\d+)/.exec(String(host.getMultiaddrs()[0]))?.[1])
  const connection = await peer.dial({ host: '127.0.0.1', port })
  const view = await until(() => views[0], { what: 'the connection at the host' })
  const open = async (protocol: string): Promise<void> => {
    const before = handled
    await peer.open(connection, protocol)
    await until(() => handled > before, { what: `${protocol} is served` })
  }
  return { open, view, noted, connection, gone: () => gone }
}

test('of the streams of a member those are noted whose topology hears of its end', async () => {
  const { open, view, noted, connection, gone } = await connected()
  view.serve = true
  await open(PLAIN)
  expect(noted).toEqual([])
  await open(WATCHED)
  expect(noted).toEqual([WATCHED])
  await connection.close()
  await until(() => gone() === 1, { what: 'the topology hears of the end' })
})

test('nothing is noted of a stranger', async () => {
  const { open, noted } = await connected()
  await open(LOBBY)
  expect(noted).toEqual([])
})
