// What goes on is one signal; what is found again with the same numbers changes nothing.
import { expect, test } from 'vitest'
import type { Finding, Signal } from '../../../../src/base/words/signal.ts'
import { settle } from '../../../../src/insight/anomalies/index.ts'

const DAY_MS = 86_400_000
const finding = (day: number, more: Partial<Finding> = {}): Finding => ({
  kind: 'timing',
  subject: null,
  severity: 5,
  unit: 'commands',
  observed: 20,
  expected: 0,
  spread: null,
  n: 30,
  window: { start: day * DAY_MS, end: day * DAY_MS + 3_600_000 },
  ...more,
})
let next = 0
const newId = () => `id${next++}`
const begin = (more: Partial<Finding> = {}): Signal => settle([], [finding(100, more)], 100, newId).begun[0]!

test('the first time a signal begins, not seen yet', () => {
  const { changed, begun } = settle([], [finding(100)], 100, newId)
  expect(begun).toEqual(changed)
  expect(begun).toMatchObject([{ first_seen: 100 * DAY_MS, last_day: 100, count: 1, seen: false }])
})

test('the same numbers again change nothing; later ones of the same day replace them', () => {
  const signal = begin()
  expect(settle([signal], [finding(100)], 100, newId)).toEqual({ changed: [], begun: [] })
  const window = { start: 100 * DAY_MS, end: 100 * DAY_MS + 7_200_000 }
  const { changed, begun } = settle([signal], [finding(100, { observed: 33, window })], 100, newId)
  expect(begun).toEqual([])
  expect(changed).toEqual([{ ...signal, observed: 33, window, last_seen: window.end }])
})

test('the next day it is the same one, with the strongest numbers', () => {
  const signal = begin()
  const weaker = settle([signal], [finding(101, { severity: 4, observed: 12 })], 101, newId).changed[0]!
  expect(weaker).toMatchObject({ id: signal.id, count: 2, severity: 5, observed: 20, last_day: 101 })
  const stronger = settle([weaker], [finding(102, { severity: 7, observed: 90 })], 102, newId).changed[0]!
  expect(stronger).toMatchObject({ id: signal.id, count: 3, severity: 7, observed: 90 })
})

test('after a week without it, it is another one; another subject always is', () => {
  const signal = begin()
  expect(settle([signal], [finding(107)], 107, newId).begun).toEqual([])
  expect(settle([signal], [finding(108)], 108, newId).begun).toHaveLength(1)
  expect(settle([signal], [finding(100, { subject: 'git' })], 100, newId).begun).toHaveLength(1)
  expect(settle([signal], [finding(100, { kind: 'deviation' })], 100, newId).begun).toHaveLength(1)
})

test('a clock that jumped back finds the signal of later days, and counts no day for it', () => {
  const signal = begin()
  const { changed, begun } = settle([signal], [finding(98)], 98, newId)
  expect(begun).toEqual([])
  expect(changed).toMatchObject([
    { first_seen: 98 * DAY_MS, last_seen: signal.last_seen, last_day: 100, count: 1 },
  ])
})
