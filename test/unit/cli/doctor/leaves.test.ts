// The check of leaves: those without a place are named, at most eight of them.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { found } from './found.ts'

const leaf = (n: number) => ({
  node_id: `karo:ed25519:${n}` as NodeId,
  fingerprint: `000000000000000${n}`,
  name: `leaf-${n}`,
})

test('leaves with their links are fine; leaves without one are a warning that names them', async () => {
  const judgeLeaves = (leaves: object) => found('peers.leaves', { mesh: { leaves } })
  expect(await judgeLeaves({ linked: 12, up_to: 256, turned_away: [] })).toMatchObject([{ outcome: 'ok' }])
  const [first, ...more] = await judgeLeaves({
    linked: 3,
    up_to: 3,
    turned_away: Array.from({ length: 9 }, (_, n) => leaf(n)),
  })
  expect(more).toEqual([])
  expect(first).toMatchObject({ outcome: 'warn' })
  expect(JSON.stringify(first)).toMatch(/leaf-0 .*leaf-7 .* and 1 more/)
  expect(JSON.stringify(first)).not.toContain('leaf-8')
})
