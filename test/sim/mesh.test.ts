// A hundred nodes of the real state machine discover, admit, split, heal and answer, in virtual time; a seed replays a life.
import { expect, test } from 'vitest'
import { describeLife, liveMesh } from './mesh.ts'

test.each([1, 2, 3])('a hundred nodes are one mesh, whatever happens to them (seed %i)', (seed) => {
  const options = { nodes: 100, seed }
  const report = liveMesh(options)
  process.stdout.write(`${describeLife(options, report)}\n`)
  expect(report.broken, describeLife(options, report)).toEqual([])
})

test('the same seed is the same life', () => {
  const life = () => {
    const { frames, dials, virtualMs } = liveMesh({ nodes: 30, seed: 7 })
    return { frames, dials, virtualMs }
  }
  expect(life()).toEqual(life())
})
