// A question of a type that only a newer release knows, over real links: older nodes answer it and hand it on, and no link breaks.
import { expect, onTestFinished, test, vi } from 'vitest'
import type * as QueryTypes from '../../../../src/exchange/query/query-types/index.ts'
import type { AskedType } from '../../../../src/exchange/query/query-types/index.ts'
import { patience, until } from '../../../support/run/until.ts'

const TABLE = '../../../../src/exchange/query/query-types/index.ts'
/** The type that the newer release has; it asks about health under another name, and no node has an answer to it. */
const NEWER = 'NewerHealth' as AskedType

/** The rooms as one release builds them, each with modules of its own. */
async function release(which: 'newer' | 'older') {
  vi.resetModules()
  if (which === 'older') vi.doUnmock(TABLE)
  else
    vi.doMock(TABLE, async (original) => {
      const table = await original<typeof QueryTypes>()
      const health = table.queryType('NodeHealth')
      const newer = { ...health, word: 'newer', gather: async () => null }
      return {
        ...table,
        queryType: (type: AskedType) => (type === NEWER ? newer : table.queryType(type)),
        findQueryType: (type: string) => (type === NEWER ? newer : table.findQueryType(type)),
      }
    })
  const { TestNode, Wire } = await import('./network.ts')
  const { meshNode, testIdentity } = await import('../../../support/mesh/mesh-node.ts')
  return async (name: string, peers: readonly { host: string; port: number }[]) => {
    const real = meshNode({ discovery: { peers: [...peers] }, identity: testIdentity() })
    const node = new TestNode(new Wire(), { name, mesh: real.mesh, identity: real.identity })
    await node.query.start(new AbortController().signal)
    await real.mesh.start(patience())
    onTestFinished(() => real.mesh.stop())
    return { real, node }
  }
}

test('an older node answers not_supported, hands the question on, and keeps all its links', async () => {
  const older = await (await release('older'))('older', [])
  const start = await release('newer')
  const asker = await start('asker', [older.real.address()])
  const behind = await start('behind', [older.real.address()])
  const all = [older, asker, behind]
  for (const one of all) {
    for (const other of all) {
      if (one === other) continue
      one.node.members.add(other.node)
      one.node.trusts(other.real, 'peer')
      // The two newer nodes have no link, so the question has to go through the older one.
      if (one === older || other === older) await one.real.trust.trust(other.real.id, { level: 'peer' })
    }
  }
  for (const one of [asker, behind]) {
    const linked = () => one.real.mesh.reach(older.real.id, patience())
    await until(linked, { what: `a link of ${one.node.name} to the older node` })
  }
  expect(asker.real.mesh.isConnected(behind.real.id)).toBe(false)

  for (const level of [undefined, 1] as const) {
    const result = await asker.node.ask({ query_type: NEWER, ...(level === undefined ? {} : { level }) })
    expect(asker.node.outcomes(result)).toEqual({ older: 'not_supported', behind: 'answered' })
    expect(result).toMatchObject({
      ended_by: 'all_done',
      coverage: { known: 2, answered: 1, failed: 1, unreachable: 0 },
    })
  }
  // Nobody was blamed, and the links are those of before: an ordinary question goes the same way.
  for (const { real } of all) {
    expect(real.mesh.rejections().malformed).toBe(0)
    expect(real.audited.filter(({ type }) => type === 'policy_violation')).toEqual([])
  }
  expect(asker.node.outcomes(await asker.node.ask({ query_type: 'NodeHealth' }))).toEqual({
    older: 'answered',
    behind: 'answered',
  })
})
