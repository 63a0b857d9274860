// What is learned of a machine over many totals, and how much totals tell, within the bounds that the docs say.
import { expect, test } from 'vitest'
import { guessing, joining, usefulness } from '../../../sim/learned.ts'

test('of a machine that joins a small group, noise leaves a reader with several times the error', () => {
  const error = (noise: number): number =>
    joining({ machines: 12, length: 'hour', buckets: 28, noise }, 40).error
  expect(error(10)).toBeGreaterThan(2 * error(0))
})

test('k - 1 machines of an attacker say with noise no more than a guess', () => {
  expect(guessing({ own: 4, machines: 40, noise: 0 }, 100)).toBe(1)
  expect(guessing({ own: 4, machines: 40, noise: 10 }, 400)).toBeLessThan(0.6)
})

test('a thousand machines have their totals with noise, and twelve would have hardly any', () => {
  const most = { agree: 90, there: 95 }
  expect(usefulness({ machines: 1_000, ...most, noise: undefined }, 1)).toMatchObject({ released: 1 })
  expect(usefulness({ machines: 1_000, ...most, noise: undefined }, 1).rows).toBeGreaterThan(0.9)
  expect(usefulness({ machines: 12, ...most, noise: 10 }, 20).rows).toBeLessThan(0.1)
})
