// Rows told part by part, against an attacker who adds and subtracts all that is released, and knows totals of whole families.

import { describe, expect, it } from 'vitest'
import { breakdownOf } from '../../../../src/exchange/aggregates/parts/breakdown.ts'
import { cellsOfGroup } from '../../../../src/exchange/aggregates/parts/parts.ts'
import { thresholdOf } from '../../../../src/exchange/aggregates/sets.ts'
import type { Candidate } from '../../../../src/exchange/aggregates/types.ts'
import fc, { forAll, forAllIn } from '../../../support/run/properties.ts'
import { type Marked, releasedOf, sizesOf, sumsOf, toldApart, type Unknown } from './linear.ts'
import { layoutWith, oneNumber } from './world.ts'

const layoutOf = (type: string, families: readonly string[]) =>
  layoutWith(
    families.map((family, at) => oneNumber(`r${at}`, family)),
    type,
  )

const K = 3
const ROWS = 4
const TOOLS = layoutOf('Tools', ['t', 't', 't', 't'])
/** Shows what all tools come to. */
const ALL = layoutOf('All', ['all'])

/** Tables of few machines, in which most rows are of many or of few of a part, so that much has to be withheld. */
const tables = fc
  .record({
    cells: fc.integer({ min: 2, max: 3 }),
    seed: fc.array(
      fc.record({
        cell: fc.nat({ max: 2 }),
        has: fc.array(fc.boolean(), { minLength: ROWS, maxLength: ROWS }),
      }),
      { minLength: 6, maxLength: 12 },
    ),
  })
  .map(({ cells, seed }) => ({ cells, machines: seed.map((one) => ({ ...one, cell: one.cell % cells })) }))
  .filter(({ cells, machines }) => sizesOf(machines, cells).every((size) => size >= K))

/** What a machine has of each tool; it stands in the sum of all tools too. */
const unknownsOf = (machines: readonly Marked[]): readonly Unknown[] =>
  machines.flatMap(({ cell, has }, owner) =>
    has.flatMap((one, row) => (one ? [{ owner, cell, rows: [row, ROWS] }] : [])),
  )

/** Tools, and what they come to. */
const brokenDown = (machines: readonly Marked[], cells: number) =>
  releasedOf(
    [
      { layout: TOOLS, machines },
      { layout: ALL, machines: machines.map(({ cell, has }) => ({ cell, has: [has.some(Boolean)] })) },
    ],
    cells,
    K,
  )

/** What an attacker works out of fewer than k machines; `told`: other rows than are told of parts. */
function attacked(machines: readonly Marked[], cells: number, told?: readonly boolean[]) {
  const { isOpen, isTold } = brokenDown(machines, cells)
  const unknowns = unknownsOf(machines)
  return toldApart(
    sumsOf(unknowns, { isOpen, isTold: told ?? isTold }, cells),
    unknowns.map(({ owner }) => owner),
    K - 1,
  )
}

describe('rows told part by part', () => {
  it('leave an attacker nothing about fewer than k machines, whatever he adds and subtracts', () => {
    let told = 0
    forAllIn({ numRuns: 400 }, tables, ({ machines, cells }) => {
      expect(attacked(machines, cells)).toBeUndefined()
      const [tools] = brokenDown(machines, cells).told
      if (tools!.some((is, row) => is && machines.some(({ has }) => has[row]))) told++
    })
    // It is not safe by telling nothing.
    expect(told).toBeGreaterThan(50)
  })

  it('of two days leave nothing either, though machines come into other teams in between', () => {
    forAllIn(
      { numRuns: 200 },
      tables,
      fc.array(fc.nat({ max: 2 }), { minLength: 12, maxLength: 12 }),
      (day, moves) => {
        const moved = day.machines.map((one, at) => ({ ...one, cell: moves[at]! % day.cells }))
        fc.pre(sizesOf(moved, day.cells).every((size) => size >= K))
        const days = [day.machines, moved]
        // What a machine did on one day is another number than on the other one, and both are its own.
        const unknowns = days.map(unknownsOf)
        const known = days.flatMap((machines, at) =>
          sumsOf(unknowns[at]!, brokenDown(machines, day.cells), day.cells).map((row) =>
            at === 0 ? [...row, ...unknowns[1]!.map(() => 0)] : [...unknowns[0]!.map(() => 0), ...row],
          ),
        )
        const owners = unknowns.flat().map(({ owner }) => owner)
        expect(toldApart(known, owners, K - 1)).toBeUndefined()
      },
    )
  })

  it('of two days give away who moved to somebody who knows that each did the same on both', () => {
    const day = (moved: number) =>
      [0, 1, 2, 3, 4, 5, 6].map((n) => ({
        cell: n < 4 && n !== moved ? 0 : 1,
        has: [true, true, true, true],
      }))
    const days = [day(7), day(0)]
    // What each did, by the part that it was of on that day.
    const known = days.flatMap((machines) => sumsOf(unknownsOf(machines), brokenDown(machines, 2), 2))
    const owners = unknownsOf(days[0]!).map(({ owner }) => owner)
    expect(toldApart(known, owners, 1)).toEqual([0])
  })

  it('would not be safe if only the numbers of few were withheld', () => {
    // git is of one machine of the first part, and of one less than all; the row of all gives it away.
    const machines = [
      ...[0, 1, 2, 3].map((n) => ({ cell: 0, has: [n === 0, true, false, false] })),
      ...[4, 5, 6, 7].map(() => ({ cell: 1, has: [true, true, false, false] })),
    ]
    expect(attacked(machines, 2, [false, true, true, true, true])).toHaveLength(2)
    expect(brokenDown(machines, 2).told).toEqual([[false, false, true, true], [true]])
    expect(attacked(machines, 2)).toBeUndefined()
  })

  it('are none of a family that no row holds together, and what would show its total is withheld too', () => {
    // Each part has its own tool, and one machine the other's: the total of the one less that of a part is of two machines.
    const machines = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({
      cell: n < 4 ? 0 : 1,
      has: [n < 4 || n === 7, n >= 4 || n === 0, false, false],
    }))
    expect(attacked(machines, 2, [false, false, true, true, true])).toHaveLength(2)
    expect(brokenDown(machines, 2).told).toEqual([[false, false, true, true], [false]])
    expect(attacked(machines, 2)).toBeUndefined()
  })

  it('are not told where the counts cannot be', () => {
    const table = { layout: ALL, opening: { nodes: [9], isOpen: [true] }, nodes: [[5], [4]] }
    expect(breakdownOf([table], [3, 3], [5, 4])).toEqual([[true]])
    expect(breakdownOf([table], [3, 3], [4, 4])).toBeUndefined()
    expect(breakdownOf([{ ...table, nodes: [[10], [-1]] }], [3, 3], [10, 4])).toBeUndefined()
  })
})

const KEYS = ['T security']
const candidate = (at: number, teams: readonly string[], more: Partial<Candidate> = {}): Candidate => ({
  at,
  member: `m${at}`,
  kMin: 1,
  keys: KEYS,
  roles: [],
  isOfPair: false,
  teams,
  ...more,
})
const team = (from: number, count: number, teams: readonly string[], more: Partial<Candidate> = {}) =>
  Array.from({ length: count }, (_, n) => candidate(from + n, teams, more))
/** The teams of each part, and how many machines it has. */
const named = (cells: ReturnType<typeof cellsOfGroup>['cells']) =>
  cells.map(({ teams, members }) => `${teams.join('+') || 'rest'} ${members.length}`)

describe('parts', () => {
  it('are disjoint, of enough machines, and so is the rest', () => {
    const machines = fc.array(
      fc.record({
        teams: fc.subarray(['ops', 'web']),
        kMin: fc.nat({ max: 40 }).map((n) => (n > 8 ? 1 : n)),
        roles: fc.nat({ max: 20 }).map((n) => (n === 0 ? ['security'] : [])),
        isOfPair: fc.nat({ max: 20 }).map((n) => n === 0),
      }),
      { minLength: 10, maxLength: 60, size: 'max' },
    )
    let split = 0
    forAll(machines, fc.integer({ min: 1, max: 5 }), fc.nat({ max: 4 }), (all, k, room) => {
      const members = all.map(({ teams, ...more }, at) => candidate(at, teams, more))
      const { cells } = cellsOfGroup(members, KEYS, k, room)
      expect(cellsOfGroup(members.toReversed(), KEYS, k, room).cells).toEqual(cells)
      if (cells.length === 0) return
      split++
      expect(cells.length).toBeGreaterThan(1)
      expect(cells.flatMap((cell) => cell.members).sort((a, b) => a - b)).toEqual([...all.keys()])
      for (const [at, cell] of cells.entries()) {
        const of = cell.members.map((place) => members[place]!)
        expect(cell.threshold).toBe(thresholdOf(of, KEYS, k))
        expect(of.length).toBeGreaterThanOrEqual(cell.threshold)
        for (const { kMin } of of)
          expect(of.length).toBeGreaterThanOrEqual(thresholdOf(of, KEYS, 3) - 3 + kMin)
        if (cell.teams.length === 0) expect(at).toBe(cells.length - 1)
        else for (const { teams } of of) expect([...teams!].sort()).toEqual(cell.teams)
      }
      expect(cells.filter(({ teams }) => teams.length > 0).length).toBeLessThanOrEqual(room)
    })
    expect(split).toBeGreaterThan(10)
  })

  it('that are too small are in the rest, and the smallest joins a rest that is too small', () => {
    const large = [...team(0, 9, ['ops']), ...team(9, 7, ['web'])]
    const of = (more: readonly Candidate[]) => cellsOfGroup([...large, ...more], KEYS, 5).cells
    expect(named(of([]))).toEqual(['ops 9', 'web 7'])
    expect(named(of(team(16, 5, [])))).toEqual(['ops 9', 'web 7', 'rest 5'])
    // Four in no team could be had as what is left of all: web stands by them.
    expect(named(of(team(16, 4, [])))).toEqual(['ops 9', 'rest 11'])
    expect(named(of(team(16, 4, ['ops', 'web'])))).toEqual(['ops 9', 'rest 11'])
    expect(cellsOfGroup(team(0, 9, ['ops']), KEYS, 5).cells).toEqual([])
    expect(cellsOfGroup([...team(0, 9, ['ops']), ...team(9, 4, ['web'])], KEYS, 5).cells).toEqual([])
  })

  it('need one more for each who could subtract himself, and as many as each wants to be among', () => {
    const rest = team(20, 9, [])
    const of = (more: Partial<Candidate>) =>
      named(cellsOfGroup([candidate(0, ['ops'], more), ...team(1, 4, ['ops']), ...rest], KEYS, 5).cells)
    expect(of({})).toEqual(['ops 5', 'rest 9'])
    expect(of({ roles: ['security'] })).toEqual([])
    expect(of({ isOfPair: true })).toEqual([])
    expect(of({ kMin: 6 })).toEqual([])
  })

  it('that there is no room for are in the rest, the smallest first', () => {
    const all = [...team(0, 9, ['ops']), ...team(9, 7, ['web']), ...team(16, 6, ['lab'])]
    expect(cellsOfGroup(all, KEYS, 5, 1)).toMatchObject({ leftOut: 2 })
    expect(named(cellsOfGroup(all, KEYS, 5, 1).cells)).toEqual(['ops 9', 'rest 13'])
    expect(cellsOfGroup(all, KEYS, 5, 0).cells).toEqual([])
  })
})
