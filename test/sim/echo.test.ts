// Two hundred nodes of the real routing over simulated links: what a question costs, and what it comes to in bad weather.
import { expect, test } from 'vitest'
import { describeRun, type SimOptions, type SimReport, simulate } from './echo.ts'

const NODES = 200
const SEED = 20_261_120

async function run(options: Partial<SimOptions>): Promise<SimReport> {
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
  const report = await simulate(all)
  process.stdout.write(`${describeRun(all, report)}\n`)
  return report
}

test('in calm, everybody answers once, and a link carries two frames besides answers', async () => {
  const { queries, frames, links, hops, dials } = await run({})
  for (const { result } of queries) {
    expect(result).toMatchObject({
      ended_by: 'all_done',
      coverage: { known: NODES - 1, answered: NODES - 1, complete: true },
      data: { tools: [{ tool: 'git', uses: NODES, nodes: NODES }] },
    })
  }
  expect(dials).toBe(0)
  expect(frames.QueryHop! + frames.QueryDone!).toBe(2 * links * queries.length)
  // One ending for each node but the asker.
  expect(frames.QueryDone).toBe((NODES - 1) * queries.length)
  expect(hops).toBeLessThan(12)
})

test('with loss and a tenth of the nodes dying, whoever stays is counted, and nobody twice', async () => {
  const { queries, steady, gone } = await run({ queries: 2, lossPer10k: 20, churn: NODES / 10 })
  for (const { asker, result } of queries) {
    const { coverage, ended_by } = result
    expect(ended_by).toBe('all_done')
    expect(coverage.known).toBe(NODES - 1)
    expect(coverage.answered + coverage.unreachable).toBe(coverage.known)
    const outcomes = asker.outcomes(result)
    const others = [...steady].filter((node) => node !== asker)
    expect(others.filter((node) => outcomes[node.name] !== 'answered').map(({ name }) => name)).toEqual([])
    const lost = [...gone].filter((node) => outcomes[node.name] === 'unreachable')
    expect(lost.length).toBeGreaterThan(0)
    expect(result.data).toMatchObject({
      tools: [{ uses: coverage.answered + 1, nodes: coverage.answered + 1 }],
    })
  }
})

test('split in two while the question travels, nobody on this side is missing, and nobody is counted twice', async () => {
  const { queries, far } = await run({ split: true, lossPer10k: 20 })
  for (const { asker, result } of queries) {
    const { coverage, ended_by } = result
    expect(ended_by).toBe('all_done')
    expect(coverage.answered + coverage.unreachable).toBe(NODES - 1)
    const outcomes = asker.outcomes(result)
    const here = Object.entries(outcomes).filter(([name]) => ![...far].some((node) => node.name === name))
    expect(here).toHaveLength(NODES / 2 - 1)
    expect(here.filter(([, outcome]) => outcome !== 'answered')).toEqual([])
    expect(coverage.unreachable).toBeGreaterThan(0)
    expect(result.data).toMatchObject({
      tools: [{ uses: coverage.answered + 1, nodes: coverage.answered + 1 }],
    })
  }
})

test('a seed is one run: frames, bytes, times and outcomes are the same again', async () => {
  const bad = { nodes: 60, lossPer10k: 50, churn: 6, split: true }
  const [first, again] = [await run(bad), await run(bad)]
  const facts = ({ frames, bytes, hops, dials, queries }: SimReport) => ({
    ...{ frames, bytes, hops, dials },
    queries: queries.map(({ asker, result, elapsedMs }) => [elapsedMs, asker.outcomes(result)]),
  })
  expect(facts(again)).toEqual(facts(first))
  expect(facts(await run({ ...bad, seed: SEED + 1 }))).not.toEqual(facts(first))
})
