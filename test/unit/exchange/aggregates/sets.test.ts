// Groups and suppression, against an attacker who has everything that was ever opened and adds and subtracts as he likes.

import { describe, expect, it } from 'vitest'
import { groupsOf } from '../../../../src/exchange/aggregates/sets.ts'
import { openingOf } from '../../../../src/exchange/aggregates/suppress.ts'
import type { Candidate } from '../../../../src/exchange/aggregates/types.ts'
import fc, { forAll, forAllIn } from '../../../support/run/properties.ts'
import { layoutWith, oneNumber } from './world.ts'

const TYPES = ['T', 'A'] as const
const ROLES = ['security', 'admin'] as const
const KEYS = TYPES.flatMap((type) => ROLES.map((role) => `${type} ${role}`))

const candidate = (at: number, keys: readonly string[], more: Partial<Candidate> = {}): Candidate => ({
  at,
  member: `m${at}`,
  kMin: 1,
  keys: [...keys].sort(),
  roles: [],
  isOfPair: false,
  ...more,
})

const candidates = fc
  .array(
    fc.record({
      keys: fc.subarray(KEYS),
      kMin: fc.integer({ min: 1, max: 12 }),
      roles: fc.subarray([...ROLES], { maxLength: 1 }),
      isOfPair: fc.boolean(),
      owner: fc.constantFrom(undefined, undefined, undefined, 'ann', 'bob'),
    }),
    { maxLength: 40 },
  )
  .map((all) =>
    all.map(({ keys, ...more }, at) => candidate(at, keys, { ...more, isOfPair: more.isOfPair && at < 2 })),
  )

/**
 * All sums with small coefficients of what is known of `cells` unknowns: the fewest owners that a sum is about, 0 left
 * out. Each known number is the sum of some unknowns.
 */
function fewest(known: readonly (readonly number[])[], owners: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY
  const walk = (at: number, sum: readonly number[]): void => {
    if (at === known.length) {
      const about = new Set(sum.flatMap((factor, cell) => (factor === 0 ? [] : [owners[cell]])))
      if (about.size > 0) least = Math.min(least, about.size)
      return
    }
    for (const factor of [0, 1, -1, 2, -2]) {
      walk(at + 1, factor === 0 ? sum : sum.map((one, cell) => one + factor * (known[at]?.[cell] ?? 0)))
    }
  }
  walk(
    0,
    owners.map(() => 0),
  )
  return least
}

/** The fewest owners who cannot subtract their machines that any row of so many of these machines is about. */
function ownersBehind(members: readonly Candidate[], keys: readonly string[], size: number): number {
  const audiences = keys.map((key) => key.split(' ')[1] ?? '')
  const isInsider = ({ isOfPair, roles }: Candidate) =>
    isOfPair || roles.some((role) => audiences.includes(role))
  const owners = Map.groupBy(members, ({ owner, member }) => owner ?? member)
  const known = [...owners.values()].filter((of) => of.some(isInsider)).flat().length
  const others = [...owners.values()].filter((of) => !of.some(isInsider)).sort((a, b) => b.length - a.length)
  let left = size - known
  let found = 0
  for (const of of others) {
    if (left <= 0) break
    left -= of.length
    found++
  }
  return found
}

const over = (members: readonly number[], count: number) =>
  Array.from({ length: count }, (_, at) => (members.includes(at) ? 1 : 0))

describe('groups', () => {
  it('are disjoint, of enough machines, and of what each of them shares', () => {
    forAll(candidates, fc.integer({ min: 1, max: 7 }), (all, k) => {
      const groups = groupsOf(all, k, 0)
      const places = groups.flatMap(({ members }) => members)
      expect(new Set(places).size).toBe(places.length)
      for (const { members, keys, threshold } of groups) {
        const of = members.map((at) => all[at]!)
        expect(ownersBehind(of, keys, threshold)).toBe(Math.max(k, 3))
        expect(ownersBehind(of, keys, threshold - 1)).toBe(Math.max(k, 3) - 1)
        expect(members.length).toBeGreaterThanOrEqual(threshold)
        expect(keys.length).toBeGreaterThan(0)
        for (const { keys: shared, kMin } of of) {
          expect(keys.every((key) => shared.includes(key))).toBe(true)
          expect(ownersBehind(of, keys, members.length)).toBeGreaterThanOrEqual(kMin)
        }
      }
      expect(groupsOf(all.toReversed(), k, 0)).toEqual(groups)
    })
  })

  it('leave an attacker nothing about fewer than k, whatever he adds and subtracts', () => {
    forAllIn({ numRuns: 50 }, candidates, (all) => {
      // Each group is totalled for each of its keys, and a later batch holds others only.
      const groups = groupsOf(all, 5, 0)
      const rest = all.filter(({ at }) => !groups.some(({ members }) => members.includes(at)))
      const sets = [...groups, ...groupsOf(rest, 5, 0)].map(({ members }) => over(members, all.length))
      const least = fewest(
        sets.slice(0, 6),
        all.map(({ at }) => at),
      )
      expect(least).toBeGreaterThanOrEqual(5)
    })
  })

  it('would be unsafe where sets differ pairwise by k: eleven less five less five is one', () => {
    const places = Array.from({ length: 11 }, (_, at) => at)
    const sets = [places, places.slice(0, 5), places.slice(5, 10)].map((set) => over(set, 11))
    expect(fewest(sets, places)).toBe(1)
    // The same machines as groups: one who shares less than the rest costs the rest nothing.
    const all = places.map((at) => candidate(at, at < 10 ? ['A admin', 'T security'] : ['T security']))
    expect(groupsOf(all, 5, 0).map(({ members }) => members.length)).toEqual([10])
  })

  it('too small alone share less together', () => {
    const all = Array.from({ length: 7 }, (_, at) =>
      candidate(at, at < 3 ? ['A security', 'T security'] : ['T admin', 'T security']),
    )
    expect(groupsOf(all, 5, 0)).toEqual([
      { keys: ['T security'], members: [0, 1, 2, 3, 4, 5, 6], threshold: 5 },
    ])
  })

  it('leave out who wants to be among more, until nobody leaves any more', () => {
    const all = Array.from({ length: 8 }, (_, at) => candidate(at, ['T security'], { kMin: at + 2 }))
    // The last wants nine; without it there are seven, which the one before wants eight of; and so on.
    expect(groupsOf(all, 3, 0)).toEqual([])
    const one = all.map((each, at) => ({ ...each, kMin: at === 7 ? 9 : 5 }))
    expect(groupsOf(one, 3, 0)[0]?.members).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('are of half of those that were expected, whatever each key is shared by', () => {
    const keysOf = (at: number): string[] =>
      at < 9 ? ['A security'] : at < 18 ? ['T security'] : ['A security', 'T security']
    const all = Array.from({ length: 20 }, (_, at) => candidate(at, keysOf(at)))
    expect(groupsOf(all, 5, 0).map(({ members }) => members.length)).toEqual([11, 9])
    expect(groupsOf(all, 5, 10).map(({ members }) => members.length)).toEqual([11])
  })
})

describe('rows', () => {
  const layout = layoutWith([0, 0, 0, 0, 1].map((family, at) => oneNumber(`r${at}`, `f${family}`)))

  it('are refused where one is of more machines than there are, or wraps', () => {
    const of = (first: bigint) => openingOf(layout, BigUint64Array.of(first, 0n, 0n, 0n, 0n), 9, 5)
    expect(of(9n)).toBeDefined()
    expect(of(10n)).toBeUndefined()
    expect(of(2n ** 64n - 1n)).toBeUndefined()
    expect(openingOf(layout, BigUint64Array.of(1n), 9, 5)).toBeUndefined()
  })

  it('that nobody has are open, and show nothing', () => {
    const opening = openingOf(layout, BigUint64Array.of(9n, 0n, 5n, 0n, 4n), 9, 5)
    expect(opening?.isOpen).toEqual([true, true, true, true, false])
    const small = openingOf(layout, BigUint64Array.of(9n, 1n, 6n, 0n, 9n), 9, 5)
    // The smallest open one of the family hides it.
    expect(small?.isOpen).toEqual([true, false, false, true, true])
  })
})
