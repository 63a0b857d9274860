// Commands of few machines by one rule, among many that are as risky: nobody learns them, from levels, other rules or parts.

import { describe, expect, it } from 'vitest'
import { added } from '../../../../src/exchange/aggregates/shares.ts'
import { dividedByRule, RULE_ROWS } from '../../../../src/exchange/query/query-types/safety-posture.ts'
import fc, { forAll, forAllIn } from '../../../support/run/properties.ts'
import { releasedOf, sumsOf, toldApart } from './linear.ts'
import { layoutFor } from './tools.ts'
import { layoutWith, type Machine, oneNumber, World } from './world.ts'

const LAYOUT = layoutFor('SafetyPosture')
const rowOf = (name: string): number => LAYOUT.rows.findIndex((row) => row.name === name)
const UNUSUAL = 777

/** A machine with so many high and critical commands, and how many of them each rule found; the rest has no rule with a row. */
function machine(
  n: number,
  high: number,
  critical: number,
  rules: Readonly<Record<string, number>>,
  moderate = 0,
): Machine {
  const levels = { safe: 1_000, moderate, high, critical }
  const rows = [
    ...Object.entries(levels).map(([level, count]) => [`risk:${level}`, count] as const),
    ...dividedByRule(levels, new Map(Object.entries(rules))),
  ]
  return { n, counts: new Map([[LAYOUT, new Map(rows.map(([row, many]) => [rowOf(row), [many]]))]]) }
}

function opened(all: readonly Machine[]) {
  const world = new World(all, { layouts: [LAYOUT] })
  const { rows } = world.released().types[0]!
  return {
    sums: [...added(...world.told())],
    told: new Map(rows.map(({ row, values }) => [LAYOUT.rows[row]!.name, values[0]])),
    /** Rows that a machine has, and that are not told. */
    withheld: LAYOUT.rows.flatMap(({ name }, row) =>
      all.some(({ counts }) =>
        counts
          .get(LAYOUT)!
          .get(row)
          ?.some((value) => value > 0),
      ) && !rows.some((told) => told.row === row)
        ? name
        : [],
    ),
  }
}

describe.each([
  ['a rule', { setuid: UNUSUAL }, 'setuid'],
  ['no rule that has a row', { 'rule-of-another-release': UNUSUAL }, 'other'],
] as const)('one machine of eight has high commands by %s', (_, rules, row) => {
  const { told, withheld, sums } = opened(
    Array.from({ length: 8 }, (_, n) => {
      const own = n === 3 ? UNUSUAL : 0
      const others = { 'git-clean': 10, ...(n < 6 && { 'docker-all': 1 }), ...(n < 5 && { 'rm-root': 2 }) }
      return machine(n, 10 + (n < 6 ? 1 : 0) + own, n < 5 ? 2 : 0, { ...others, ...(own > 0 && rules) })
    }),
  )

  it('which is withheld, and with it another rule of the same level, from which it would follow', () => {
    expect(told.get('risk:high')).toBe(80 + 6 + UNUSUAL)
    expect(withheld.sort()).toEqual([`rule:high:${row}`, 'rule:high:docker-all'].sort())
    // A rule of critical has fewer machines, and hiding it would hide nothing of high.
    expect(told.get('rule:critical:rm-root')).toBe(10)
    expect(told.get('rule:high:git-clean')).toBe(80)
  })

  it('which neither aggregator can read or compute of what both said', () => {
    expect(sums.map(Number)).not.toContain(UNUSUAL)
    const high = [...told].filter(([name]) => name.startsWith('rule:high:'))
    const left = told.get('risk:high')! - high.reduce((sum, [, value]) => sum + value!, 0)
    expect(left).toBe(UNUSUAL + 6)
  })
})

it('rules of a level that is withheld are withheld too, also those that nobody has', () => {
  const { told } = opened(
    Array.from({ length: 8 }, (_, n) => machine(n, 10, n === 3 ? 1 : 0, { 'git-clean': 10, 'rm-root': 1 })),
  )
  expect(told.has('risk:critical')).toBe(false)
  expect([...told.keys()].filter((name) => name.startsWith('rule:critical:'))).toEqual([])
})

it('rules of a level that is withheld for another one are withheld too, however many machines have them', () => {
  const { told } = opened(
    Array.from({ length: 8 }, (_, n) =>
      machine(n, 10, 1, { 'git-clean': 10, 'rm-root': 1 }, n === 3 ? UNUSUAL : 0),
    ),
  )
  expect(
    [...told.keys()].filter((name) => /^(?:risk:moderate|risk:critical|rule:critical)/.test(name)),
  ).toEqual([])
  expect(told.get('rule:high:git-clean')).toBe(80)
})

it('rows of rules add up to their level, whatever was counted by rule', () => {
  const count = fc.nat(50)
  const ids = fc.constantFrom('git-clean', 'setuid', 'rm-root', 'fork-bomb', 'rm-tree', 'newer')
  forAll(count, count, fc.dictionary(ids, count), (high, critical, rules) => {
    const levels = { safe: 9, moderate: 9, high, critical }
    const rows = dividedByRule(levels, new Map(Object.entries(rules)))
    expect(rows.map(([row]) => row)).toEqual(RULE_ROWS)
    for (const level of ['high', 'critical'] as const) {
      const own = rows.filter(([row]) => row.startsWith(`rule:${level}:`))
      expect(own.reduce((sum, [, value]) => sum + value, 0)).toBe(levels[level])
      expect(own.every(([, value]) => value >= 0)).toBe(true)
    }
  })
})

const K = 3
const LEVELS = ['high', 'critical'] as const
const NAMES = ['a', 'b', 'other']
const SMALL = layoutWith([
  ...LEVELS.map((level) => oneNumber(level, 'risk')),
  ...LEVELS.flatMap((level) => NAMES.map((name) => oneNumber(`${level}:${name}`, level, level))),
])
const three = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 })
const worlds = fc
  .array(fc.record({ cell: fc.nat({ max: 1 }), high: three, critical: three }), {
    minLength: 6,
    maxLength: 9,
  })
  .filter((all) => [0, 1].every((cell) => all.filter((one) => one.cell === cell).length >= K))

/** In the part 1 one machine alone has critical commands of another rule than the others, and all of them the level. */
const ALONE = [
  '1 001 100',
  '0 001 000',
  '1 001 100',
  '0 000 001',
  '0 001 001',
  '1 001 101',
  '0 010 001',
  '0 001 000',
].map((text) => {
  const [cell, ...levels] = text.split(' ')
  const [high, critical] = levels.map((marks) => [...marks].map((mark) => mark === '1'))
  return { cell: Number(cell), high: high!, critical: critical! }
})

it('whatever anybody adds and subtracts of levels, rules and parts, no rule of fewer than k machines follows', () => {
  let told = 0
  forAllIn({ numRuns: 600, examples: [[ALONE]] }, worlds, (all) => {
    const machines = all.map(({ cell, high, critical }) => ({
      cell,
      has: [high.includes(true), critical.includes(true), ...high, ...critical],
    }))
    const unknowns = all.flatMap(({ cell, high, critical }, owner) =>
      [high, critical].flatMap((rules, level) =>
        rules.flatMap((has, rule) => (has ? [{ owner, cell, rows: [level, 2 + level * 3 + rule] }] : [])),
      ),
    )
    const sums = sumsOf(unknowns, releasedOf([{ layout: SMALL, machines }], 2, K), 2)
    if (sums.length > 3) told++
    const owners = unknowns.map(({ owner }) => owner)
    expect(toldApart(sums, owners, K - 1)).toBeUndefined()
  })
  // It is not safe by telling nothing.
  expect(told).toBeGreaterThan(15)
})
