// Rounds of dials: at once in a small mesh, and with a pause in one that is large.
import { expect, test } from 'vitest'
import { createPace } from '../../../src/mesh/state/dialing.ts'

test('the pause grows with the members up to a bound, and counts from the beginning of a round', () => {
  let now = 1_000
  const pace = createPace({ monotonic: () => now })
  expect(pace.left()).toBe(0)
  const pauses = [0, 10, 200, 1_000, 100_000].map((members) => {
    pace.begun(members)
    return pace.left()
  })
  expect(pauses).toEqual([0, 20, 400, 2_000, 2_000])
  now += 1_500
  expect(pace.left()).toBe(500)
  now += 5_000
  expect(pace.left()).toBe(0)
})
