// A bounded memory: what was used lately stays, what was not goes, and it never grows beyond its bound.

import { expect, test } from 'vitest'
import { createRecent } from '../../../src/base/recent.ts'
import fc, { forAll } from '../../support/run/properties.ts'

test('it holds exactly the entries used last, oldest first, with the right values', () => {
  const use = fc.record({ key: fc.nat(12), how: fc.constantFrom('get', 'set', 'peek', 'delete', 'insert') })
  forAll(fc.array(use, { maxLength: 300 }), fc.integer({ min: 1, max: 8 }), (uses, most) => {
    const recent = createRecent<number, string>(most)
    /** What it should hold, oldest first. */
    let model: (readonly [number, string])[] = []
    for (const [at, { key, how }] of uses.entries()) {
      const known = model.find(([other]) => other === key)
      const rest = model.filter(([other]) => other !== key)
      const text = `${key} at ${at}`
      if (how === 'get') {
        expect(recent.get(key)).toBe(known?.[1])
        if (known !== undefined) model = [...rest, known]
      } else if (how === 'set') {
        recent.set(key, text)
        model = [...rest, [key, text] as const].slice(-most)
      } else if (how === 'insert') {
        expect(recent.getOrInsert(key, () => text)).toBe(known?.[1] ?? text)
        model = [...rest, known ?? ([key, text] as const)].slice(-most)
      } else if (how === 'delete') {
        expect(recent.delete(key)).toBe(known !== undefined)
        model = rest
      } else {
        expect(recent.peek(key)).toBe(known?.[1])
        expect(recent.has(key)).toBe(known !== undefined)
      }
      expect([...recent]).toEqual(model)
      expect(recent.size).toBe(model.length)
    }
  })
})

test('an entry may be deleted while it is visited', () => {
  const recent = createRecent<number, number>(4)
  for (let i = 0; i < 4; i++) recent.set(i, i)
  for (const [key] of recent) if (key % 2 === 0) recent.delete(key)
  expect([...recent]).toEqual([
    [1, 1],
    [3, 3],
  ])
})

test('a new value replaces the old one; nothing is left after clear', () => {
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
