// A bounded memory: what was used lately stays, what was not goes, and it never grows beyond its bound.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRecent } from '../../../src/base/recent.ts'

test('it knows the half of its bound that was used last, with the right values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ key: fc.nat(40), read: fc.boolean() }), { maxLength: 300 }),
      fc.integer({ min: 1, max: 10 }),
      (uses, half) => {
        const recent = createRecent<number, string>(half * 2)
        const order: number[] = []
        for (const { key, read } of uses) {
          const known = recent.get(key)
          const lately = [...new Set(order.toReversed())]
          if (lately.slice(0, half).includes(key)) expect(known).toBe(`value ${key}`)
          if (known !== undefined) expect(known).toBe(`value ${key}`)
          if (known === undefined && !read) recent.set(key, `value ${key}`)
          if (known !== undefined || !read) order.push(key)
        }
      },
    ),
  )
})

test('however many are set, no more than the bound are held', () => {
  const recent = createRecent<number, number>(100)
  for (let i = 0; i < 10_000; i++) recent.set(i, i)
  // Reading moves entries, so from the oldest on.
  const held = Array.from({ length: 10_000 }, (_, i) => recent.get(i)).filter((value) => value !== undefined)
  expect(held.length).toBeGreaterThanOrEqual(50)
  expect(held.length).toBeLessThanOrEqual(100)
})

test('a new value replaces the old one, in either half; nothing is left after clear', () => {
  const recent = createRecent<string, number>(4)
  recent.set('a', 1)
  recent.set('b', 1)
  recent.set('c', 1)
  recent.set('a', 2)
  expect(recent.get('a')).toBe(2)
  recent.clear()
  expect(['a', 'b', 'c'].map((key) => recent.get(key))).toEqual([undefined, undefined, undefined])
})

test('with an age, what is used within it stays, and what is not goes while others are set', () => {
  const clock = { time: 0 }
  const recent = createRecent<string, number>(1_000, { ms: 60, now: () => clock.time })
  recent.set('once', 1)
  recent.set('used', 1)
  for (let i = 0; i < 50; i++) {
    clock.time += 10
    recent.set(`other ${i}`, i)
    expect(recent.get('used')).toBe(1)
    for (let ago = 0; ago < 6 && ago <= i; ago++) expect(recent.get(`other ${i - ago}`)).toBe(i - ago)
  }
  expect(recent.get('once')).toBeUndefined()
  // Reading moves entries, so from the oldest on.
  const held = Array.from({ length: 50 }, (_, i) => recent.get(`other ${i}`)).filter(Boolean)
  expect(held.length).toBeLessThanOrEqual(2 * 12)
})
