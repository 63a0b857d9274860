// What others can repeat is told once per key and time with its count, and a bounded number of times in all.
import { expect, test } from 'vitest'
import { createSparing, REST } from '../../../src/base/sparing.ts'

function setUp(keysMax = 256) {
  const clock = { time: 0, monotonic: () => clock.time }
  return { clock, sparing: createSparing({ clock, keysMax }) }
}

test('the first is told at once, those of the next minute with the one after it', () => {
  const { clock, sparing } = setUp()
  expect(sparing.times('a')).toEqual({ key: 'a', times: 1 })
  for (let n = 0; n < 99; n++) expect(sparing.times('a')).toBeUndefined()
  expect(sparing.times('b')).toEqual({ key: 'b', times: 1 })
  clock.time += 60_000
  expect(sparing.times('a')).toEqual({ key: 'a', times: 100 })
})

test('however many keys there are, only so many are told in a minute, and every happening is in some count', () => {
  const { clock, sparing } = setUp(10)
  let told = 0
  let lines = 0
  for (let minute = 0; minute < 5; minute++) {
    for (let n = 0; n < 1_000; n++) {
      const times = sparing.times(`key ${minute} ${n}`)?.times
      told += times ?? 0
      if (times !== undefined) lines++
    }
    clock.time += 60_000
  }
  expect(lines).toBeLessThanOrEqual(5 * 11)
  told += sparing.times('last')?.times ?? 0
  clock.time += 60_000
  for (let n = 0; n < 20; n++) told += sparing.times(`end ${n}`)?.times ?? 0
  expect(told).toBeGreaterThan(5_000)
})

test('what goes on is told ever more rarely, and from the start again after a pause', () => {
  const clock = { time: 0, monotonic: () => clock.time }
  const sparing = createSparing({ clock, mostMs: 3_600_000 })
  const toldAt: number[] = []
  let sum = 0
  for (; clock.time < 24 * 3_600_000; clock.time += 1_000) {
    const times = sparing.times('a')?.times
    if (times !== undefined) toldAt.push(clock.time / 60_000)
    sum += times ?? 0
  }
  expect(toldAt.slice(0, 8)).toEqual([0, 1, 3, 7, 15, 31, 63, 123])
  expect(toldAt.length).toBeLessThan(32)
  expect(sum + sparing.left().reduce((all, [, times]) => all + times, 0)).toBe(24 * 3_600)
  expect(sparing.left()).toEqual([])
  clock.time += 3 * 3_600_000
  expect(sparing.times('a')).toEqual({ key: 'a', times: 1 })
  clock.time += 60_000
  expect(sparing.times('a')).toEqual({ key: 'a', times: 1 })
})

test('what finds no place is told under a key of its own, never under one of those that are counted together', () => {
  const { clock, sparing } = setUp(2)
  sparing.times('a')
  sparing.times('b')
  expect(sparing.times('c')).toEqual({ key: REST, times: 1 })
  for (const key of ['d', 'e', 'f']) expect(sparing.times(key)).toBeUndefined()
  expect(sparing.left()).toEqual([[REST, 3]])
  sparing.times('d')
  clock.time += 59_999
  sparing.times('a')
  sparing.times('b')
  clock.time += 1
  // Those with a place are still asked for, so there is none for anybody else.
  expect(sparing.times('a')).toEqual({ key: 'a', times: 2 })
  expect(sparing.times('b')).toEqual({ key: 'b', times: 2 })
  expect(sparing.times('g')).toEqual({ key: REST, times: 2 })
})
