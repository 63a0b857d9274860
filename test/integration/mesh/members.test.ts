// Members beyond one's own neighbours, with real daemons: who hears of whom, who is asked, who has left, and who was lost.
import { expect, test } from 'vitest'
import type { AuditEntryShape, PeerShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { api, linked, nextTo, trusts } from '../../support/mesh/honest.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const idOf = async (node: TestNode): Promise<string> => (await node.status()).node_id

async function befriends(a: TestNode, b: TestNode): Promise<void> {
  await trusts(a, await idOf(b))
  await trusts(b, await idOf(a))
}

/** How `node` sees the one with this id. */
async function sees(node: TestNode, id: string): Promise<PeerShape | undefined> {
  const { peers } = (await api(node, 'GET', 'peers')) as { peers: PeerShape[] }
  return peers.find((peer) => peer.node_id === id)
}

const becomes = (node: TestNode, id: string, expected: Partial<PeerShape>): Promise<unknown> =>
  until(
    async () => {
      const peer = await sees(node, id)
      expect(peer).toMatchObject(expected)
      return true
    },
    { what: `${node.name} sees ${JSON.stringify(expected)}`, pollMs: 100 },
  )

test('a friend’s friend is a member: known through gossip, gone when it says so, unsure when it was lost', async () => {
  const middle = await startNode({ name: 'middle' })
  const config = await nextTo(middle)
  const left = await startNode({ name: 'left', config })
  const right = await startNode({ name: 'right', config })
  await befriends(middle, left)
  await befriends(middle, right)
  await linked(middle, left)
  await linked(middle, right)
  const id = await idOf(right)

  await becomes(left, id, {
    name: 'right',
    state: 'known',
    trust_level: 'untrusted',
    known_by: 'gossip',
    presence: 'online',
  })
  expect((await left.status()).mesh).toMatchObject({ peers_connected: 1, members_known: 2, peers_pending: 0 })
  await becomes(right, await idOf(left), { name: 'left', known_by: 'gossip', presence: 'online' })

  // Who is known by gossip alone is neither asked nor missed.
  const { coverage, notes } = await left.json<QueryResult>(['query', 'health'])
  expect(coverage).toMatchObject({ known: 1, answered: 1, complete: true })
  expect(notes.join()).toMatch(/1 more node/)
  const { entries } = await right.json<{ entries: AuditEntryShape[] }>(['audit', 'log'])
  expect(entries.filter(({ type }) => type === 'query_received')).toEqual([])

  // Leaving in order is heard everywhere.
  await right.stop()
  await becomes(left, id, { state: 'known', presence: 'offline' })
  const again = await startNode({ name: 'right', home: right.home })
  await becomes(left, id, { presence: 'online' })

  // Vanishing is noticed by the neighbour, which says so; its word removes nobody.
  await again.kill9()
  await becomes(left, id, { presence: 'unsure', known_by: 'gossip' })
  await becomes(middle, id, { state: 'known', presence: 'unsure', known_by: 'link' })
  expect((await left.status()).mesh.members_known).toBe(2)

  const third = await startNode({ name: 'right', home: right.home })
  // It is remembered over a restart what was heard through others.
  expect(await sees(third, await idOf(left))).toMatchObject({ known_by: 'gossip' })
  await becomes(left, id, { presence: 'online' })
  await becomes(middle, id, { state: 'connected', presence: 'online' })

  // Whoever is denied here is not a member here, whatever others say of it.
  await api(left, 'POST', 'peers/deny', { who: id })
  expect(await sees(left, id)).toMatchObject({ state: 'denied', known_by: null })
  expect((await left.status()).mesh.members_known).toBe(1)
  await becomes(third, await idOf(left), { presence: 'online' })
})
