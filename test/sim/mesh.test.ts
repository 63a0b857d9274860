// Many nodes of the real state machine discover, admit, split, heal and answer, in virtual time; a seed replays a life.
import { expect, test } from 'vitest'
import { times } from '../support/run/thorough.ts'
import { describeLife, liveMesh } from './mesh.ts'

test.each(
  times(
    // Each half of them is more than a full mesh.
    [[50, 1]],
    [
      [100, 1],
      [40, 2],
      [40, 3],
    ],
  ),
)('%i nodes are one mesh, whatever happens to them (seed %i)', (nodes, seed) => {
  const options = { nodes, seed }
  const report = liveMesh(options)
  process.stdout.write(`${describeLife(options, report)}\n`)
  // It replays: sh scripts/run.sh scripts/soak.ts virtual --seed N, or here with the same numbers.
  expect(report.broken, describeLife(options, report)).toEqual([])
})

test('the same seed is the same life', () => {
  const life = () => {
    const { frames, dials, virtualMs } = liveMesh({ nodes: 12, seed: 7 })
    return { frames, dials, virtualMs }
  }
  expect(life()).toEqual(life())
})
