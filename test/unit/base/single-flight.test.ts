// Work under way is joined, not begun again; when it has ended, well or not, the next call begins anew.
import { expect, test } from 'vitest'
import { singleFlight } from '../../../src/base/async/single-flight.ts'

test('calls that come together share one run, and later ones begin another', async () => {
  let runs = 0
  const once = singleFlight(async () => {
    runs++
    if (runs === 2) throw new Error('second failed')
    return runs
  })
  expect(await Promise.all([once(), once()])).toEqual([1, 1])
  await expect(Promise.all([once(), once()])).rejects.toThrow('second failed')
  expect(await once()).toBe(3)
})
