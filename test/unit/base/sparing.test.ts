// What others can repeat is told once per key and time with its count, and a bounded number of times in all.
import { expect, test } from 'vitest'
import { createSparing } from '../../../src/base/sparing.ts'

function setUp(keysMax = 256) {
  const clock = { time: 0, monotonic: () => clock.time }
  return { clock, sparing: createSparing({ clock, keysMax }) }
}

test('the first is told at once, those of the next minute with the one after it', () => {
  const { clock, sparing } = setUp()
  expect(sparing.times('a')).toBe(1)
  for (let n = 0; n < 99; n++) expect(sparing.times('a')).toBeUndefined()
  expect(sparing.times('b')).toBe(1)
  clock.time += 60_000
  expect(sparing.times('a')).toBe(100)
})

test('however many keys there are, only so many are told in a minute, and every happening is in some count', () => {
  const { clock, sparing } = setUp(10)
  let told = 0
  let lines = 0
  for (let minute = 0; minute < 5; minute++) {
    for (let n = 0; n < 1_000; n++) {
      const times = sparing.times(`key ${minute} ${n}`)
      told += times ?? 0
      if (times !== undefined) lines++
    }
    clock.time += 60_000
  }
  expect(lines).toBeLessThanOrEqual(5 * 11)
  told += sparing.times('last') ?? 0
  clock.time += 60_000
  for (let n = 0; n < 20; n++) told += sparing.times(`end ${n}`) ?? 0
  expect(told).toBeGreaterThan(5_000)
})

test('what goes on is told ever more rarely, and from the start again after a pause', () => {
  const clock = { time: 0, monotonic: () => clock.time }
  const sparing = createSparing({ clock, mostMs: 3_600_000 })
  const toldAt: number[] = []
  let sum = 0
  for (; clock.time < 24 * 3_600_000; clock.time += 1_000) {
    const times = sparing.times('a')
    if (times !== undefined) toldAt.push(clock.time / 60_000)
    sum += times ?? 0
  }
  expect(toldAt.slice(0, 8)).toEqual([0, 1, 3, 7, 15, 31, 63, 123])
  expect(toldAt.length).toBeLessThan(32)
  expect(sum + sparing.left().reduce((all, [, times]) => all + times, 0)).toBe(24 * 3_600)
  expect(sparing.left()).toEqual([])
  clock.time += 3 * 3_600_000
  expect(sparing.times('a')).toBe(1)
  clock.time += 60_000
  expect(sparing.times('a')).toBe(1)
})
