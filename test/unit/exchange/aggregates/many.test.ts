// A thousand machines: their totals are those of plain addition.
import { expect, test } from 'vitest'
import { contentsIn, machines, run, worldOf } from './world.ts'

const COUNT = 1_000

test('sums of a thousand machines are exact', () => {
  const [leader, follower] = run(worldOf(machines(COUNT)))
  expect(contentsIn(leader)).toEqual(contentsIn(follower))
  const tools = contentsIn(leader)[0]!.types.find(({ type }) => type === 'ToolUsage')!
  const git = tools.rows.find(({ row }) => row === 0)!
  const all = Array.from({ length: COUNT }, (_, n) => n)
  const uses = all.reduce((sum, n) => sum + n + 1, 0)
  const failures = all.reduce((sum, n) => sum + (n % 3), 0)
  expect([tools.n, git.nodes, ...git.values]).toEqual([COUNT, COUNT, uses, failures])
})
