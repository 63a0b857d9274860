// Mesh, documents, questions and totals of many machines together, with loss and churn, in virtual time; a seed replays a run.
import { expect, test } from 'vitest'
import { times } from '../support/run/thorough.ts'
import { DEFAULTS, type WorldOptions } from './world/options.ts'
import { describeWorld, faultsOf } from './world/print.ts'
import { runWorld, type WorldReport } from './world/run.ts'

async function held(options: WorldOptions): Promise<WorldReport> {
  const report = await runWorld(options)
  // It replays: npm run sim -- with the same options.
  expect(faultsOf(report), describeWorld(report)).toEqual([])
  return report
}

/** A question is for those that the asker knows, so "every node was heard" says little while discovery goes on. */
function expectFound(report: WorldReport, unknownMost: number): void {
  expect(report.discovery.knownMs, describeWorld(report)).toBeDefined()
  const unknown = report.questions.map((asked) => asked.unknown)
  expect(Math.max(...unknown), describeWorld(report)).toBeLessThanOrEqual(unknownMost)
}

test.each(
  times(
    [[18, 1]],
    [
      [50, 1],
      [50, 2],
    ],
  ),
)(
  '%i machines that come and go are counted exactly, and who was off is in no total of that time (seed %i)',
  async (nodes, seed) => {
    const report = await held({
      ...DEFAULTS,
      nodes,
      seed,
      lossPer10k: 100,
      churn: 0.02,
      late: 0.1,
      // In the large ones more than a tenth are missing, and that is waited for an hour.
      minutes: times(21, 80),
      questions: 0.4,
    })
    expect(report.questions.length).toBeGreaterThan(4)
    expect(report.churn.came).toBeGreaterThan(2)
    // The tenth that starts late is not known at once.
    expectFound(report, nodes / 10)
    const { contributions } = report.totals.last!
    // The tenth that was off at the close, and whoever was away when the set was fixed.
    expect(contributions.absent + contributions.late).toBeGreaterThan(nodes / 20)
    expect(contributions.declined).toBeGreaterThan(0)
    expect(contributions.refused).toBe(0)
  },
)

// Each of these is more than a mesh in which all have links to all, which has 32 machines, and up to 36 before it thins out.
test.each(times([[40]], [[60], [200]]))(
  '%i machines with loss and churn: every question hears whoever is there',
  async (nodes) => {
    const report = await held({
      ...DEFAULTS,
      nodes,
      lossPer10k: 100,
      churn: 0.05,
      minutes: 2,
      questions: 6,
    })
    expect(report.questions.length).toBeGreaterThan(0)
    expectFound(report, nodes / 20)
    expect(report.churn.left).toBeGreaterThan(0)
  },
)

// They know each other from a day before, as in an organisation on the next morning: from nothing it is twice the work, and
// the runs above are from nothing. Nobody gives in the first two minutes, and the first totals come within three more.
test.each(times([[34]], [[100], [200], [400]]))(
  '%i machines are asked and added up exactly, with loss and churn',
  async (nodes) => {
    const report = await held({
      ...DEFAULTS,
      nodes,
      seed: 2,
      lossPer10k: 100,
      joined: true,
      begins: 12,
      churn: 0.05,
      minutes: 5,
      questions: 2,
    })
    expect(report.questions.length).toBeGreaterThan(0)
    expect(report.churn.left).toBeGreaterThan(0)
    expect(report.churn.came).toBeGreaterThan(0)
    const { contributions } = report.totals.last!
    // One in seventeen declines in this world; whoever was away may be absent or late.
    expect(contributions.contributed).toBeGreaterThan(nodes * 0.75)
    expect(contributions.declined).toBeGreaterThan(nodes / 40)
    expect(contributions.refused).toBe(0)
  },
)

test('the same options are the same run', async () => {
  const run = async () => {
    const { cost: _, ...report } = await runWorld({
      ...DEFAULTS,
      nodes: 8,
      seed: 7,
      churn: 0.2,
      minutes: 5,
      begins: 12,
    })
    // All that may differ has happened.
    expect(report.churn.came).toBeGreaterThan(0)
    expect(report.questions.length).toBeGreaterThan(0)
    expect(report.totals.last).toBeDefined()
    return { ...report, traffic: [...report.traffic], documents: [...report.documents] }
  }
  expect(await run()).toEqual(await run())
})
