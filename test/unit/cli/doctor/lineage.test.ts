// The checks of lineages and revocation lists, by what the daemon says.
import { expect, test } from 'vitest'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { found } from './found.ts'

const [bob, one, two] = [1, 2, 3].map((number) => {
  const { nodeId: node_id, fingerprint } = testIdentity(number)
  return { node_id, fingerprint, name: `node-${number}` }
}) as [Named, Named, Named]
interface Named {
  readonly node_id: ReturnType<typeof testIdentity>['nodeId']
  readonly fingerprint: string
  readonly name: string
}
const DAY = 24 * 3_600_000
const NOW = Date.UTC(2026, 10, 21)

test('two successors of a key fail, with both of them and what to do; a successor of the own key above all', async () => {
  const judgeLineage = (facts: object) => found('peers.lineage', facts)
  expect(await judgeLineage({ frozen: [], key_taken_by: null })).toMatchObject([{ outcome: 'ok' }])
  const [taken, frozen] = await judgeLineage({
    frozen: [{ ...bob, between: [one, two] }],
    key_taken_by: one.node_id,
  })
  expect(taken).toMatchObject({ outcome: 'fail', detail: expect.stringContaining(one.node_id) })
  expect(frozen).toMatchObject({
    outcome: 'fail',
    detail: expect.stringContaining(two.node_id),
    fix: expect.stringContaining(one.fingerprint),
  })
})

test('lists: fresh, old, and so old that certificates open nothing', async () => {
  const judgeLists = (lists: object | null) => found('mesh.lists', { lists }, { now: () => NOW })
  const of = async (days: number, stale = false) =>
    (await judgeLists({ at: new Date(NOW - days * DAY).toISOString(), stale })).map(({ outcome }) => outcome)
  expect(await of(1)).toEqual(['ok'])
  expect(await of(3)).toEqual(['warn'])
  expect(await of(8, true)).toEqual(['fail'])
  expect(await judgeLists(null)).toMatchObject([{ outcome: 'skipped' }])
})
