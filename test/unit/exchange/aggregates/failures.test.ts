// Failures of few machines among many that use a tool: nobody learns them, from sums, parts, days, filters or differences.

import { describe, expect, it } from 'vitest'
import type { ReleaseContent } from '../../../../protocols/messages/release.ts'
import { hashOf } from '../../../../src/exchange/aggregates/index.ts'
import { added } from '../../../../src/exchange/aggregates/shares.ts'
import { openingOf } from '../../../../src/exchange/aggregates/suppress.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import { releasedOf, sumsOf, toldApart } from './linear.ts'
import { countsOf, layoutFor, type Used } from './tools.ts'
import { layoutWith, type Machine, oneNumber, World } from './world.ts'

const LAYOUT = layoutFor('ToolUsage')
const rowOf = (name: string): number => LAYOUT.rows.findIndex((row) => row.name === name)
const FAILED_GIT = rowOf('failed:git')

/** A machine of team `team`, by tool how often it used it and how often that failed. */
const machine = (n: number, used: Used, ...teams: readonly string[]): Machine => ({
  n,
  counts: countsOf(used),
  teams,
})

/** Eight machines that use git and make; `fails` is how often git failed on each. */
const eight = (fails: (n: number) => number): Machine[] =>
  Array.from({ length: 8 }, (_, n) => machine(n, { git: [1_000, fails(n)], make: [10, n < 6 ? 1 : 0] }))

const opened = (all: readonly Machine[]) => {
  const world = new World(all, { layouts: [LAYOUT] })
  return { world, content: world.released() }
}
const said = ({ types }: ReleaseContent) => types.map(({ layout: _, ...type }) => type)
const rowsIn = ({ types }: ReleaseContent) => new Map(types[0]!.rows.map((row) => [row.row, row.values]))

describe('one machine of eight that use a tool has failures of it', () => {
  const UNUSUAL = 777
  const { world, content } = opened(eight((n) => (n === 3 ? UNUSUAL : 0)))

  it('which nobody is told: the uses are, their failures are not', () => {
    expect(rowsIn(content).get(rowOf('git'))).toEqual([8_000])
    expect(rowsIn(content).get(FAILED_GIT)).toBeUndefined()
  })

  it('which neither aggregator can compute of all that both said: the row is in no sum of values', () => {
    const values = [...added(...world.told())]
    expect(values).toContain(8_000n)
    // All failures together are of seven machines, six of which have one of make.
    expect(values).toContain(BigInt(UNUSUAL + 6))
    expect(values).not.toContain(BigInt(UNUSUAL))
    // Make, which would give git away by the difference from all failures, is withheld beside it.
    expect(rowsIn(content).has(rowOf('failed:make'))).toBe(false)
  })

  it('and it makes no difference to anybody which machine it was, or how often, as long as all together are not told', () => {
    const few = (fails: (n: number) => number) =>
      Array.from({ length: 8 }, (_, n) => machine(n, { git: [1_000, fails(n)] }))
    const one = opened(few((n) => (n === 3 ? UNUSUAL : 0)))
    const other = opened(few((n) => (n === 5 ? 1 : 0)))
    expect(said(other.content)).toEqual(said(one.content))
    for (const row of [FAILED_GIT, rowOf('all:failed')]) expect(rowsIn(one.content).has(row)).toBe(false)
    expect(added(...other.world.told())).toEqual(added(...one.world.told()))
  })
})

it('a tool that few use does not say that nothing failed on them', () => {
  const all = Array.from({ length: 8 }, (_, n) =>
    machine(n, { git: [10, 1], make: [10, 1], ...(n === 0 ? { kubectl: [5, 0] as const } : {}) }),
  )
  const { content } = opened(all)
  // Their uses are withheld, and so are their failures, which are of nobody; and one of each family, from which both would follow.
  const told = rowsIn(content)
  for (const row of [rowOf('kubectl'), rowOf('failed:kubectl'), rowOf('git'), FAILED_GIT])
    expect(told.has(row)).toBe(false)
  const byTeam = opened(
    Array.from({ length: 16 }, (_, n) =>
      machine(
        n,
        {
          git: [10, 1],
          make: [10, 1],
          ...(n < 8 || n === 8 ? { kubectl: [5, n < 8 ? 1 : 0] as const } : {}),
        },
        n < 8 ? 'ops' : 'web',
      ),
    ),
  ).content.types[0]!
  // Of the one machine of web that has it neither part says anything, though all failures are of ops.
  const [split] = byTeam.splits
  const isTold = (row: number) => ((split!.told[row >> 3] as number) >> (row & 7)) & 1
  expect([rowOf('kubectl'), rowOf('failed:kubectl')].map(isTold)).toEqual([0, 0])
})

it('failures of more machines than use the tool, or more failures than uses, are a lie', () => {
  const [used, failed] = [oneNumber('a', 'a'), oneNumber('failed', 'f', 'a')]
  const layout = layoutWith([used, failed])
  expect(openingOf(layout, BigUint64Array.of(5n, 6n), 9, 3)).toBeUndefined()
  expect(openingOf(layout, BigUint64Array.of(6n, 6n), 9, 3)?.isOpen).toEqual([true, true])
  const lies = Array.from({ length: 8 }, (_, n) => machine(n, { git: [500, 900] }))
  expect(opened(lies).content.types[0]).toMatchObject({ reason: 'implausible', rows: [] })
  const within = (family: string, outer: string) => layoutWith([used, oneNumber('failed', family, outer)])
  // Not of the family that it follows, nor within itself or within nothing.
  for (const one of [within('a', 'a'), within('f', 'failed'), within('f', 'b')])
    expect(() => hashOf(one)).toThrow(RangeError)
})

const K = 3
const TOOLS = ['t0', 't1', 't2']
const RANDOM = layoutWith([
  ...TOOLS.map((name) => oneNumber(name, 'tools')),
  ...TOOLS.map((name) => oneNumber(`failed:${name}`, 'f', name)),
  oneNumber('all', 'all'),
  oneNumber('failed', 'failed', 'all'),
])

interface Random {
  readonly cell: number
  readonly has: readonly boolean[]
  readonly fails: readonly boolean[]
}

/** Rows that a machine has any of. */
const marksOf = ({ cell, has, fails }: Random) => {
  const failed = has.map((is, at) => is && fails[at]!)
  return { cell, has: [...has, ...failed, has.includes(true), failed.includes(true)] }
}

const three = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 })
const worlds = fc
  .array(fc.record({ cell: fc.nat({ max: 1 }), has: three, fails: three }), { minLength: 6, maxLength: 11 })
  .filter((all) => [0, 1].every((cell) => all.filter((one) => one.cell === cell).length >= K))

it('whatever anybody adds and subtracts of the whole and of its parts, no failures of fewer than k machines follow', () => {
  let told = 0
  forAllIn({ numRuns: 600 }, worlds, (all) => {
    // Who uses a tool may have failures of it, also where there are none: that too would be something to learn.
    const unknowns = all.flatMap(({ cell, has }, owner) =>
      has.flatMap((is, tool) => (is ? [{ owner, cell, rows: [3 + tool, 7] }] : [])),
    )
    const machines = all.map(marksOf)
    const sums = sumsOf(unknowns, releasedOf([{ layout: RANDOM, machines }], 2, K), 2)
    if (sums.length > 2) told++
    const owners = unknowns.map(({ owner }) => owner)
    expect(toldApart(sums, owners, K - 1)).toBeUndefined()
  })
  // It is not safe by telling nothing.
  expect(told).toBeGreaterThan(30)
})
