// Two real nodes meet: trust on both sides opens the links, on one side nothing, and changes act at once.
import { afterEach, expect, test } from 'vitest'
import { query } from '../../../protocols/registry.ts'
import { meshNode, type MeshNode, type MeshNodeInit } from '../../support/mesh-node.ts'
import { until } from '../../support/until.ts'

const running: MeshNode[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.mesh.stop()))
})

async function started(init: MeshNodeInit = {}) {
  const node = meshNode(init)
  const link = node.mesh.link(query, { frame: () => {} })
  await node.mesh.start(AbortSignal.timeout(10_000))
  running.push(node)
  return { ...node, link }
}

test('admission both ways', async () => {
  const a = await started()
  const b = await started({ discovery: { peers: [a.address()] } })
  await until(() => a.trust.pending().length === 1 && b.trust.pending().length === 1, { what: 'both pending' })
  expect(a.mesh.neighbours()).toEqual([])
  await a.trust.trust(b.id, { level: 'peer' })
  await b.trust.trust(a.id, { level: 'peer' })
  await until(() => a.link.peers().length === 1 && b.link.peers().length === 1, { what: 'links up' })
  expect(a.mesh.status()).toMatchObject({ peers_connected: 1, peers_trusted: 1 })
})
