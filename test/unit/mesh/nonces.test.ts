// The set of nonces does what a list does: bounded, forgetting in order of arrival, whatever the bytes are.

import { expect, test } from 'vitest'
import { systemRandom } from '../../../src/base/clock.ts'
import { createNonces, type Nonces } from '../../../src/mesh/link/nonces.ts'
import { memoryInUse } from '../../support/run/garbage.ts'
import fc from '../../support/run/properties.ts'

const ID_BYTES = 3

/** The same in the plainest way. */
function listed(max: number): Nonces {
  let entries: { readonly id: string; readonly ts: number }[] = []
  const text = (id: Uint8Array): string => Buffer.from(id).toString('hex')
  return {
    get size() {
      return entries.length
    },
    has: (id) => entries.some((entry) => entry.id === text(id)),
    add(id, ts) {
      const dropped = entries.length === max ? entries.shift()?.ts : undefined
      entries.push({ id: text(id), ts })
      return dropped
    },
    forget(oldest) {
      const kept = entries.findIndex(({ ts }) => ts >= oldest)
      entries = kept === -1 ? [] : entries.slice(kept)
    },
  }
}

// Few values, so that ids come again and their first bytes are alike.
const id = fc.uint8Array({ minLength: ID_BYTES, maxLength: ID_BYTES, max: 3 })
const time = fc.nat(40)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('add' as const), id, time }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('forget' as const), time }) },
)

test('as a list does it, over any steps', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.array(step, { maxLength: 400, size: 'max' }),
      (max, seed, steps) => {
        const [nonces, list] = [createNonces({ idBytes: ID_BYTES, max, seed }), listed(max)]
        const all = Array.from({ length: 4 ** ID_BYTES }, (_, n) =>
          Uint8Array.of(n >> 4, (n >> 2) & 3, n & 3),
        )
        for (const one of steps) {
          if (one.what === 'add') expect(nonces.add(one.id, one.time)).toBe(list.add(one.id, one.time))
          else {
            nonces.forget(one.time)
            list.forget(one.time)
          }
          expect(nonces.size).toBe(list.size)
        }
        expect(all.map(nonces.has)).toEqual(all.map(list.has))
      },
    ),
    { numRuns: 300 },
  )
})

test('room grows with what is in it and is given back', () => {
  const max = 32_768
  const nonces = createNonces({ idBytes: 16, max, seed: 1 })
  const nth = (n: number): Uint8Array => {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt32BE(n, 12)
    return bytes
  }
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < max + 1_000; n++) nonces.add(nth(n), n)
    expect(nonces.size).toBe(max)
    expect([0, 999, 1_000, max + 999].map((n) => nonces.has(nth(n)))).toEqual([false, false, true, true])
    nonces.forget(max + 990)
    expect(nonces.size).toBe(10)
    expect([max + 989, max + 990, max + 999].map((n) => nonces.has(nth(n)))).toEqual([false, true, true])
  }
})

test('what was forgotten takes no room', () => {
  const tables = Array.from({ length: 16 }, () => createNonces({ idBytes: 16, max: 16_384, seed: 1 }))
  const before = memoryInUse().arrayBuffers
  for (const nonces of tables) for (let n = 0; n < 16_384; n++) nonces.add(systemRandom.bytes(16), n)
  const full = memoryInUse().arrayBuffers - before
  expect(full / 16 / 16_384).toBeLessThan(2 * 28)
  for (const nonces of tables) nonces.forget(16_384)
  expect(memoryInUse().arrayBuffers - before).toBeLessThan(full / 16)
})

test('an id is copied, and a bound beyond 16 bits is refused', () => {
  const nonces = createNonces({ idBytes: 2, max: 4, seed: 1 })
  const bytes = Uint8Array.of(1, 2)
  nonces.add(bytes, 1)
  bytes.fill(0)
  expect(nonces.has(Uint8Array.of(1, 2))).toBe(true)
  for (const max of [0, 32_769]) expect(() => createNonces({ idBytes: 2, max, seed: 1 })).toThrow(RangeError)
})
