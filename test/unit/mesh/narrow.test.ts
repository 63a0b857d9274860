// What libp2p's peer store is told of a peer's streams: only what its services need, and nothing for strangers.
import type { Topology } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { narrow, type View } from '../../../src/mesh/link/wires.ts'
import { until } from '../../support/run/until.ts'
import { ALLOWANCE, plainHost } from './plain-host.ts'

const [LOBBY, PLAIN, WATCHED] = ['/lobby/1', '/plain/1', '/watched/1'] as const

/** Members of a connection that libp2p's types declare private. */
interface Inside {
  components: { registrar: object; peerStore: { merge(id: object, data: { protocols?: string[] }): object } }
}

/** A host, and a peer that is connected to it through a narrowed connection; `WATCHED` has a topology at the host. */
async function connected() {
  const noted: string[] = []
  const views: View[] = []
  let handled = 0
  let gone = 0
  const handle = () => void handled++
  const { peer, dial } = await plainHost({
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
  const connection = await dial()
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
