// What somebody who reads totals learns of one machine, and what totals tell at all: made machines, and the rules of the product.
import type { Layout } from '../../src/exchange/aggregates/index.ts'
import { drawsOf, scaleOf, widestOf } from '../../src/exchange/aggregates/noise.ts'
import { seenGroup } from '../../src/exchange/aggregates/seen.ts'
import { groupsOf } from '../../src/exchange/aggregates/sets.ts'
import { openingOf, totalsOf } from '../../src/exchange/aggregates/suppress.ts'
import { randomOf } from '../support/run/random.ts'

const K = 5
const KEYS = ['ToolUsage security']

const layoutOf = (rows: number): Layout => ({
  version: 1,
  type: 'ToolUsage',
  rows: Array.from({ length: rows }, (_, n) => ({
    name: `tool ${n}`,
    values: ['uses'],
    counts: true,
    family: 'tools',
  })),
})

interface Dice {
  /** 0 to 1. */
  unit(): number
  /** Mean 0, deviation 1. */
  normal(): number
}

function diceOf(seed: number): Dice {
  const random = randomOf(seed)
  const unit = (): number => (random.below(2 ** 30) + 0.5) / 2 ** 30
  return { unit, normal: () => Math.sqrt(-2 * Math.log(unit())) * Math.cos(2 * Math.PI * unit()) }
}

/** By row, what is told of it. */
type Told = ReadonlyMap<number, { readonly nodes: number; readonly uses: number }>

let buckets = 0

/** What readers see of one bucket: `machines` have so many uses of each tool. */
function told(layout: Layout, machines: readonly (readonly number[])[], asked: number | undefined): Told {
  const nodes = new BigUint64Array(layout.rows.length)
  const sums = new BigUint64Array(layout.rows.length)
  for (const uses of machines) {
    for (const [row, count] of uses.entries()) {
      if (count === 0) continue
      nodes[row]! += 1n
      sums[row]! += BigInt(Math.min(1_000, count))
    }
  }
  const n = machines.length
  const scale = scaleOf(asked, n)
  const opening = openingOf(layout, nodes, n, K, scale > 0)!
  const seed = (side: number) => Uint8Array.of(side, ...new Uint8Array(new Uint32Array([buckets]).buffer))
  const draws = [drawsOf(seed(0)), drawsOf(seed(1))]
  const values = [...nodes.keys()]
    .filter((row) => opening.isOpen[row] && opening.nodes[row]! > 0)
    .map((row) => sums[row]! + BigInt(draws.reduce((sum, draw) => sum + draw(scale), 0)))
  buckets++
  const opened = totalsOf(layout, opening, BigUint64Array.from(values), widestOf(scale))!
  const group = {
    keys: [],
    cells: [],
    isUndivided: false,
    totals: [{ layout, n, threshold: K, opened: { opening, values: opened } }],
  }
  const [seen] = seenGroup(group, scale, seed(2)).totals
  return new Map(
    [...seen!.opened!.values].map(([row, [uses = 0]]) => [
      row,
      { nodes: seen!.opened!.opening.nodes[row]!, uses },
    ]),
  )
}

const median = (of: readonly number[]): number => [...of].sort((a, b) => a - b)[of.length >> 1]!

/** Uses of one tool by one machine: a habit of its own, and days that differ. */
const habitOf = (dice: Dice, length: 'day' | 'hour'): number =>
  Math.exp(dice.normal()) * (length === 'day' ? 24 : 3)
const usesOf = (dice: Dice, habit: number): number => Math.max(1, Math.round(habit * (0.5 + dice.unit())))

export interface Joining {
  readonly machines: number
  readonly length: 'day' | 'hour'
  /** Released before the machine came, and as many after. */
  readonly buckets: number
  readonly noise: number | undefined
}

/**
 * A machine joins the others, and somebody who knows when compares the means of before and after. Median error in its uses of a
 * bucket, and the median of what they were.
 */
export function joining(
  { machines, length, buckets: count, noise }: Joining,
  trials: number,
): { readonly error: number; readonly uses: number } {
  const dice = diceOf(machines * 1_000 + count)
  const layout = layoutOf(1)
  const [errors, habits]: [number[], number[]] = [[], []]
  for (let trial = 0; trial < trials; trial++) {
    const others = Array.from({ length: machines }, () => habitOf(dice, length))
    const habit = habitOf(dice, length)
    const mean = (of: readonly number[]): number | undefined => {
      const seen: number[] = []
      for (let bucket = 0; bucket < count; bucket++) {
        const machines = of.map((one) => [usesOf(dice, one)])
        const row = told(layout, machines, noise).get(0)
        if (row !== undefined) seen.push(row.uses)
      }
      return seen.length === 0 ? undefined : seen.reduce((sum, one) => sum + one, 0) / seen.length
    }
    const [before, after] = [mean(others), mean([...others, habit])]
    // Who is told nothing guesses that it is 0.
    errors.push(before === undefined || after === undefined ? habit : Math.abs(after - before - habit))
    habits.push(habit)
  }
  return { error: median(errors), uses: median(habits) }
}

export interface Sybils {
  /** Of the attacker, each with an owner of its own. */
  readonly own: number
  readonly machines: number
  readonly noise: number | undefined
}

/**
 * Machines of the attacker have a tool that one other machine may have, all others or none. The share of buckets in which what
 * is told says rightly whether it has: 0.5 is a guess.
 */
export function guessing({ own, machines, noise }: Sybils, trials: number): number {
  const dice = diceOf(own * 77 + machines)
  const layout = layoutOf(2)
  let right = 0
  for (let trial = 0; trial < trials; trial++) {
    const has = dice.unit() < 0.5
    const of = Array.from({ length: machines }, (_, n) => [9, n < own || (n === own && has) ? 3 : 0])
    const isTold = told(layout, of, noise).has(1)
    if (isTold === has) right++
  }
  return right / trials
}

export interface Fleet {
  readonly machines: number
  /** How many of 100 agree, and how many of those are there in time. */
  readonly agree: number
  readonly there: number
  readonly noise: number | undefined
}

export interface Usefulness {
  /** Shares, 0 to 1: of buckets that are released; in those, of tools that anybody has and of their uses that are told. */
  readonly released: number
  readonly rows: number
  readonly uses: number
}

/** Tools of a fleet, the first of which nearly all have and the last nearly none. */
const TOOLS = 120

export function usefulness({ machines, agree, there, noise }: Fleet, trials: number): Usefulness {
  const dice = diceOf(machines + agree * 7 + there)
  const layout = layoutOf(TOOLS)
  const liked = Array.from({ length: TOOLS }, (_, tool) => Math.min(0.95, 2.5 / (tool + 1)))
  const sum = { released: 0, rows: 0, told: 0, uses: 0, toldUses: 0 }
  for (let trial = 0; trial < trials; trial++) {
    const agreeing = Array.from({ length: machines }, () => dice.unit() * 100 < agree).filter(Boolean).length
    const present = Array.from({ length: agreeing }, () => dice.unit() * 100 < there).filter(Boolean).length
    const candidates = Array.from({ length: present }, (_, at) => ({
      at,
      member: String(at),
      kMin: 1,
      keys: KEYS,
      roles: [],
      isOfPair: false,
    }))
    // Who declines says so, and is not waited for.
    if (groupsOf(candidates, K, Math.ceil(agreeing / 2)).length === 0) continue
    sum.released++
    const of = candidates.map(() =>
      liked.map((chance) => (dice.unit() < chance ? usesOf(dice, habitOf(dice, 'day')) : 0)),
    )
    const seen = told(layout, of, noise)
    for (let tool = 0; tool < TOOLS; tool++) {
      const uses = of.reduce((all, one) => all + Math.min(1_000, one[tool]!), 0)
      if (uses === 0) continue
      sum.rows++
      sum.uses += uses
      if (!seen.has(tool)) continue
      sum.told++
      sum.toldUses += uses
    }
  }
  return {
    released: sum.released / trials,
    rows: sum.rows === 0 ? 0 : sum.told / sum.rows,
    uses: sum.uses === 0 ? 0 : sum.toldUses / sum.uses,
  }
}
