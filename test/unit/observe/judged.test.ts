// What was judged is found again in the same place and nowhere else, and no more is kept than was allowed.
import { expect, test } from 'vitest'
import { createJudged } from '../../../src/observe/record/digest.ts'
import fc, { forAllIn } from '../../support/run/properties.ts'

const key = fc.tuple(
  fc.constantFrom('bash', 'fish'),
  fc.constantFrom('/', '/a', '/b'),
  fc.constantFrom('x', 'y', 'z', 'w'),
)

test('what is found was set for the same shell, place and text, and what was asked for last is found', () => {
  forAllIn({ numRuns: 500 }, fc.array(fc.tuple(fc.boolean(), key), { maxLength: 80 }), (steps) => {
    const most = 8
    const judged = createJudged<number>(most)
    const truth = new Map<string, number>()
    /** Names in the order of use, the last one last. */
    let used: string[] = []
    for (const [i, [isSet, [shell, cwd, text]]] of steps.entries()) {
      const name = `${shell} ${cwd} ${text}`
      const found = judged.get(shell, cwd, text)
      if (found !== undefined) expect(found).toBe(truth.get(name))
      else if (used.slice(-most / 2).includes(name)) expect.unreachable(`${name} was dropped too early`)
      if (isSet) {
        judged.set(shell, cwd, text, i)
        truth.set(name, i)
      }
      if (isSet || found !== undefined) used = [...used.filter((other) => other !== name), name]
    }
  })
})

test('no more is kept than was allowed, however many places there are', () => {
  const judged = createJudged<number>(100)
  for (let i = 0; i < 1_000; i++) judged.set('bash', `/place/${i % 333}`, `text ${i}`, i)
  let kept = 0
  for (let i = 999; i >= 0; i--)
    if (judged.get('bash', `/place/${i % 333}`, `text ${i}`) !== undefined) kept++
  expect(kept).toBeGreaterThanOrEqual(50)
  expect(kept).toBeLessThanOrEqual(100)
})
