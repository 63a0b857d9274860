// The rate limiter: a burst and a rate, never more in any window, and never less for somebody patient.

import { describe, expect, it } from 'vitest'
import { createQuota, createQuotas } from '../../../src/base/quota.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const rate = fc.record({
  frames: fc.integer({ min: 1, max: 50 }),
  perMs: fc.integer({ min: 10, max: 60_000 }),
})

describe('a quota', () => {
  it('lets exactly its burst through at once', () => {
    forAll(rate, fc.nat(2 ** 40), (quota, now) => {
      const limiter = createQuota(quota)
      const taken = Array.from({ length: quota.frames * 2 }, () => limiter.take(now)).filter(Boolean)
      expect(taken).toHaveLength(quota.frames)
    })
  })

  it('never lets through more than burst and rate allow, in any window', () => {
    const gaps = fc.array(fc.nat(2_000), { minLength: 1, maxLength: 200 })
    forAll(rate, gaps, (quota, pauses) => {
      const limiter = createQuota(quota)
      const taken: number[] = []
      let now = 0
      for (const pause of pauses) {
        now += pause
        if (limiter.take(now)) taken.push(now)
      }
      for (let first = 0; first < taken.length; first++) {
        for (let last = first; last < taken.length; last++) {
          const window = taken[last]! - taken[first]!
          const most = quota.frames + (window * quota.frames) / quota.perMs
          // One frame of tolerance at either end of a window.
          expect(last - first + 1).toBeLessThanOrEqual(most + 1)
        }
      }
    })
  })

  it('never refuses who keeps to the rate, after a burst as before', () => {
    forAll(rate, (quota) => {
      const limiter = createQuota(quota)
      const step = quota.perMs / quota.frames
      for (let sent = 0; sent < quota.frames; sent++) expect(limiter.take(0)).toBe(true)
      for (let sent = 1; sent <= 100; sent++) expect(limiter.take(sent * step)).toBe(true)
    })
  })

  it('charges nothing for what it refuses', () => {
    const limiter = createQuota({ frames: 1, perMs: 100 })
    expect(limiter.take(0)).toBe(true)
    for (let attempt = 0; attempt < 1_000; attempt++) expect(limiter.take(10)).toBe(false)
    expect(limiter.take(100)).toBe(true)
  })
})

it('what was charged beyond the burst is waited for, at the rate', () => {
  const budget = createQuota({ frames: 1_000, perMs: 10_000 })
  expect(budget.wait(0)).toBe(0)
  budget.charge(0, 1_000)
  expect(budget.wait(0)).toBe(0)
  budget.charge(0, 500)
  expect(budget.wait(0)).toBe(5_000)
  expect(budget.wait(4_000)).toBe(1_000)
  expect(budget.wait(9_000)).toBe(0)
})

it('each key has a quota of its own, and the one asked for longest ago is forgotten first', () => {
  const of = createQuotas<string>({ frames: 1, perMs: 1_000 }, 2)
  expect([of('a').take(0), of('b').take(0), of('a').take(0), of('b').take(0)]).toEqual([
    true,
    true,
    false,
    false,
  ])
  of('a')
  expect(of('c').take(0)).toBe(true)
  expect(of('a').take(0)).toBe(false)
  expect(of('b').take(0)).toBe(true)
})
