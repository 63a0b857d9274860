// Hundreds of nodes of the real query router in virtual time: what a question costs, and what it comes to in bad weather.
import { expect, test } from 'vitest'
import { times } from '../support/run/thorough.ts'
import { countOf, describeRun, type SimNode, type SimOptions, type SimReport, simulate } from './echo.ts'

const NODES = times(200, 1_000)
const SEED = 20_261_120

function run(options: Partial<SimOptions>): SimReport {
  const all = {
    nodes: NODES,
    degree: 8,
    seed: SEED,
    queries: 1,
    lossPer10k: 0,
    churn: 0,
    split: false,
    ...options,
  }
  const report = simulate(all)
  process.stdout.write(`${describeRun(all, report)}\n`)
  expect(report.broken).toEqual([])
  return report
}

const names = (nodes: readonly SimNode[]): number[] => nodes.map(({ index }) => index)

test('in calm, everybody answers once, and a link carries two frames besides answers', () => {
  const { queries, frames, links, hops, dials, written } = run({})
  for (const query of queries) {
    expect(query.by).toBe('all_done')
    expect(countOf(query, 'answered')).toBe(NODES - 1)
  }
  expect(dials).toBe(0)
  expect(written).toBe(NODES - 1)
  expect(frames.QueryHop + frames.QueryDone).toBe(2 * links * queries.length)
  // One ending for each node but the asker.
  expect(frames.QueryDone).toBe((NODES - 1) * queries.length)
  expect(hops).toBeLessThan(12)
})

test('with loss and a tenth of the nodes dying, every node that stays is counted', () => {
  const { queries, steady, gone } = run({ queries: 2, lossPer10k: 20, churn: NODES / 10 })
  for (const query of queries) {
    expect(query.by).toBe('all_done')
    expect(countOf(query, 'answered') + countOf(query, 'unreachable')).toBe(NODES - 1)
    const others = [...steady].filter((node) => node !== query.asker)
    expect(names(others.filter((node) => query.outcomes.get(node) !== 'answered'))).toEqual([])
    const lost = [...gone].filter((node) => query.outcomes.get(node) === 'unreachable')
    expect(lost.length).toBeGreaterThan(0)
  }
})

test('asked again, it goes over a tree: a copy and an ending for each node; answers go up as before', () => {
  const { queries, overTree } = run({ again: 2, lossPer10k: 100 })
  const [echo, ...others] = queries
  for (const query of queries) {
    expect(query.by).toBe('all_done')
    expect(countOf(query, 'answered')).toBe(NODES - 1)
  }
  expect(overTree).toBe(2 * (NODES - 1))
  for (const { crossings, bytes } of others) {
    expect(crossings).toBeLessThan(echo!.crossings - 4 * NODES)
    expect(bytes).toBeLessThan(echo!.bytes)
  }
})

test('asked again while nodes come and go, every node that stays is counted each time', () => {
  const { queries, steady } = run({ nodes: 300, again: 4, lossPer10k: 100, churn: 6 })
  for (const { asker, outcomes } of queries) {
    const others = [...steady].filter((node) => node !== asker)
    expect(names(others.filter((node) => outcomes.get(node) !== 'answered'))).toEqual([])
  }
})

test('asked again when nodes have come and gone, the tree is mended: nobody is missing, and no echo is needed', () => {
  const { queries, steady, frames, overTree } = run({ again: 4, lossPer10k: 100, churn: 10, between: true })
  const [echo, ...others] = queries
  for (const { asker, outcomes, crossings } of others) {
    const those = [...steady].filter((node) => node !== asker)
    expect(names(those.filter((node) => outcomes.get(node) !== 'answered'))).toEqual([])
    expect(crossings).toBeLessThan((2 / 3) * echo!.crossings)
  }
  // Every question but the first went over the tree alone.
  expect(frames.QueryHop - overTree).toBeLessThan(8 * NODES)
})

test('split in two while the question travels, nobody on this side is missing', () => {
  const { queries, far } = run({ nodes: 200, split: true, lossPer10k: 20 })
  for (const query of queries) {
    expect(query.by).toBe('all_done')
    const here = [...query.outcomes].filter(([node]) => !far.has(node))
    expect(here).toHaveLength(99)
    expect(here.filter(([, outcome]) => outcome !== 'answered')).toEqual([])
    expect(countOf(query, 'unreachable')).toBeGreaterThan(0)
  }
})

test('where consent keeps changing while answers are written, owners say error and are asked no more', () => {
  const { queries, written } = run({ nodes: 100, unrest: true })
  for (const query of queries) {
    expect(query.by).toBe('all_done')
    expect(countOf(query, 'answered')).toBe(74)
    expect(countOf(query, 'error')).toBe(25)
  }
  expect(written).toBe(74 + 3 * 25)
})

test('all ask at once: each question comes to its end within the bounds of what nodes carry for others', () => {
  const { queries } = run({ nodes: 60, queries: 60 })
  for (const query of queries) {
    const said = countOf(query, 'answered') + countOf(query, 'busy') + countOf(query, 'error')
    expect(said + countOf(query, 'unreachable')).toBe(59)
    expect(countOf(query, 'answered')).toBeGreaterThan(0)
  }
})

test('a seed is one run: frames, times and outcomes are the same again', () => {
  const bad = { nodes: 60, lossPer10k: 50, churn: 6, split: true }
  const [first, again] = [run(bad), run(bad)]
  const facts = ({ frames, hops, dials, queries }: SimReport) => ({
    frames,
    hops,
    dials,
    queries: queries.map(({ elapsedMs, outcomes }) => [elapsedMs, [...outcomes.values()]]),
  })
  expect(facts(again)).toEqual(facts(first))
  expect(facts(run({ ...bad, seed: SEED + 1 }))).not.toEqual(facts(first))
})
