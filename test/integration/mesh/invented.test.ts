// A hostile member that invents others: they take nobody's name, and leave no question incomplete.
import { expect, onTestFinished, test } from 'vitest'
import { presences } from '../../../protocols/registry.ts'
import type { PeerShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { addressOf, api, linked, nextTo, trusts } from '../../support/mesh/honest.ts'
import { hostilePeers } from '../../support/mesh/hostile.ts'
import { inventedPresence, tellNotices } from '../../support/mesh/raw-notices.ts'
import type { RawPeer } from '../../support/mesh/raw-peer.ts'
import { startNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const INVENTED = 20

test('members that somebody invents under the name of a friend come neither between it and a decision nor into coverage', async () => {
  const victim = await startNode({ name: 'victim' })
  const ash = await startNode({ name: 'ash', config: await nextTo(victim) })
  const { node_id, fingerprint } = await ash.status()
  await trusts(victim, node_id)
  await trusts(ash, (await victim.status()).node_id)
  await linked(victim, ash)

  const [peer] = (await hostilePeers(1)) as [RawPeer]
  onTestFinished(() => peer.stop())
  await trusts(victim, peer.id)
  const connection = await peer.dial(await addressOf(victim))
  const control = await peer.join(connection)
  const names = Array.from({ length: INVENTED }, (_, n) => (n % 2 === 0 ? 'ash' : fingerprint))
  tellNotices(control, presences, names.map(inventedPresence))
  const peersOf = async () => ((await api(victim, 'GET', 'peers')) as { peers: PeerShape[] }).peers
  await until(
    async () => (await peersOf()).filter(({ known_by }) => known_by === 'gossip').length === INVENTED,
    {
      what: 'all are members by hearsay',
    },
  )

  // The hostile one never answers; who is invented is not waited for.
  const asked = await victim.karo(['query', 'health', '--json'])
  const result = JSON.parse(asked.stdout) as QueryResult
  expect(result.coverage).toMatchObject({ known: 2, answered: 1, unreachable: 1 })

  const explained = await victim.json<unknown>(['peers', 'explain', fingerprint])
  expect(JSON.stringify(explained)).toContain(node_id)
  const denied = await victim.karo(['peers', 'deny', 'ash'])
  expect([denied.code, denied.stderr]).toEqual([0, ''])
  expect((await peersOf()).find((one) => one.node_id === node_id)).toMatchObject({ state: 'denied' })
})
