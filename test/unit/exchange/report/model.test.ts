// What a report says: sums, changes over periods that both times show whole, and what is not known, each with what stands behind it; and thresholds.
import { describe, expect, it } from 'vitest'
import { type Findings, judged, rendered, reportOf, turned } from '../../../../src/exchange/report/index.ts'
import { type Period, pairsOf } from '../../../../src/exchange/report/periods.ts'
import { report as schema } from '../../../../src/exchange/report/schema.ts'
import { readingOf } from '../../../../src/exchange/totals/reading.ts'
import { findingsOf, foundOf, NOTHING, TWO_WEEKS } from './findings.ts'

const report = reportOf(TWO_WEEKS)
const tool = (name: string) => report.tools.rows.find((row) => row.tool === name)

describe('tools', () => {
  it('are plain sums of the released periods, with the most machines of one', () => {
    expect(report.tools).toMatchObject({ state: 'shown', periods: 2, of: 3, machines: { least: 8, most: 8 } })
    expect(tool('git')).toMatchObject({ value: 220, machines: 8, at_least: false })
    // Nobody used it, so it is no row.
    expect(tool('svn')).toBeUndefined()
  })

  it('have failures apart, with the machines that had any, and say where they are not told or not all of them', () => {
    const told = (failed: number | null, failed_machines: number | null) => ({ failed, failed_machines })
    expect(tool('git')).toMatchObject(told(14 / 220, 6))
    // The second day does not tell make, nor what failed of it.
    expect(tool('make')).toMatchObject(told(7 / 20, 6))
    expect(tool('kubectl')).toMatchObject(told(null, null))
    // Rows of failures and of all tools are no tools.
    expect(report.tools.rows.map((row) => row.tool)).toEqual(['git', 'kubectl', 'make'])
  })

  it('all together are told where uses and failures are, also of tools that are not told', () => {
    expect(report.tools.all).toEqual({ uses: 170, failed: 17, unknown: 20, periods: 1 })
  })

  it('compare each period with its own day a week before, and say over how many and of which machines', () => {
    expect(tool('git')?.change).toEqual({
      before: 180,
      now: 220,
      share: 40 / 180,
      periods: 2,
      of: 2,
      machines: { before: { least: 7, most: 7 }, now: { least: 8, most: 8 } },
    })
    // The second day does not tell it, so only the first is compared, and the sum is the least there was.
    expect(tool('make')).toMatchObject({ value: 20, at_least: true })
    expect(tool('make')?.change).toMatchObject({ before: 25, now: 20, periods: 1, of: 2 })
  })

  it('are new or vanished where only one of the two times tells them', () => {
    expect(report.tools.new).toEqual([
      { tool: 'kubectl', category: 'kubernetes', uses: 74, machines: 8, periods: 2, of: 2 },
    ])
    expect(report.tools.vanished).toMatchObject([{ tool: 'svn', uses: 16, machines: 5 }])
  })

  it('are neither where a period that is not compared tells them', () => {
    const { tools } = reportOf(
      findingsOf({
        tool_usage: foundOf(
          [
            { day: 0, rows: { git: [8, 30], make: [6, 9] } },
            { day: 1, rows: { git: [8, 30], kubectl: [6, 82] } },
          ],
          [
            { day: -7, rows: { git: [8, 10], kubectl: [6, 70] } },
            { day: -3, rows: { make: [6, 4] } },
          ],
        ),
      }),
    )
    expect(tools.rows.map((row) => row.tool)).toContain('kubectl')
    expect([tools.vanished, tools.new]).toEqual([[], []])
  })

  it('that some machines of a period do not tell have no change, and are at least', () => {
    const { tools } = reportOf(
      findingsOf({
        tool_usage: foundOf(
          [{ day: 0, rows: { git: [8, 30] }, partly: ['git'] }],
          [{ day: -7, rows: { git: [8, 10] } }],
        ),
      }),
    )
    expect(tools.rows[0]).toMatchObject({ value: 30, at_least: true, change: null })
  })
})

it('never compares a whole day with the first period of a mesh, which is of six hours', () => {
  const period = (start: number, hours: number): Period => ({
    start,
    end: start + hours * 3_600_000,
    ...readingOf([]),
  })
  const week = 7 * 86_400_000
  const [quarter, day, next] = [period(0, 6), period(week, 24), period(2 * week, 24)]
  expect(pairsOf([day, next], [quarter, day], week)).toEqual([{ now: next, before: day }])
})

describe('risk', () => {
  it('is the share of high and critical over periods that tell some of them, and before', () => {
    expect(report.risk.risky).toEqual({ share: 18 / 208, before: 6 / 106, periods: 2 })
    expect(report.risk.trend.map(({ risky, commands, machines }) => [risky, commands, machines])).toEqual([
      [10, 100, 8],
      [8, 108, 8],
      [null, null, null],
    ])
    expect(report.risk.guard).toContainEqual({ state: 'on', machines: 8 })
    // All eight have it on, so that it is partly on nowhere.
    expect(report.risk.guard).toContainEqual({ state: 'partly', machines: 0 })
  })

  it('by rule is told of the periods that show rules, and of none before', () => {
    const { rules, by_rule } = report.risk
    expect(rules.map(({ level, rule, value, machines }) => [level, rule, value, machines])).toEqual([
      ['critical', 'rm-root', 4, 5],
      ['high', 'git-clean', 4, 5],
      ['high', 'other', 2, 5],
    ])
    expect(rules.map(({ why }) => typeof why)).toEqual(['string', 'string', 'object'])
    // Released before rules were counted: that is no 0 to compare with.
    expect(rules.map(({ change }) => change)).toEqual([null, null, null])
    expect(by_rule).toEqual({ periods: 2, since: '2026-11-16T00:00:00.000Z' })
  })

  it('is not known of a period that does not tell high ones', () => {
    const { risk } = reportOf(
      findingsOf({
        safety_stats: foundOf([{ day: 0, rows: { 'risk:safe': [8, 90], 'risk:moderate': [8, 2] } }]),
      }),
    )
    expect(risk.risky).toEqual({ share: null, before: null, periods: 0 })
    expect(risk.levels.map(({ value }) => value)).toEqual([90, 2, null, null])
    expect([risk.rules, risk.by_rule]).toEqual([[], { periods: 0, since: null }])
  })
})

it('coverage counts each expected machine once, and consent is of those that were heard', () => {
  expect(report.coverage.rows[0]).toMatchObject({
    category: 'tool_usage',
    start: '2026-11-17T00:00:00.000Z',
    expected: 11,
    contributed: 8,
    declined: 1,
    absent: 2,
    heard: 9,
    consent: 8 / 9,
  })
  expect(report.coverage.trend.map(({ why, counts }) => [why === null, counts?.contributed])).toEqual([
    [true, 8],
    [true, 8],
    [false, undefined],
  ])
})

it('what is missing is said', () => {
  expect(report.notes).toEqual([
    '1 of 3 periods is missing: fewer than five machines (or the larger of --k-min and sharing.k_min) contributed besides those that add up or read.',
  ])
})

it('without anything released it says why and what to do', () => {
  const waiting = reportOf(findingsOf({ tool_usage: foundOf([{ day: 0, why: 'pending' }]) }))
  expect(waiting.state).toBe('nothing')
  expect(waiting.notes.join(' ')).toContain('There are no totals for this time')
  expect(waiting.tools.notes).toEqual(['1 of 1 periods is missing: not released yet.'])
  const apart = reportOf(findingsOf({ tool_usage: foundOf([{ day: 0, why: 'team' }]) }))
  expect(apart.notes.join(' ')).not.toContain('There are no totals for this time')
  const none = { ...NOTHING, withheld: 'This mesh has named no aggregators.' }
  const withheld = reportOf(findingsOf({ tool_usage: none, safety_stats: none, anomalies: none }))
  expect(withheld).toMatchObject({ state: 'nothing', notes: ['This mesh has named no aggregators.'] })
})

it('has the form that the contract says', () => {
  for (const one of [report, reportOf(findingsOf({}))]) expect(schema.parse(one)).toEqual(one)
})

describe('anomalies by name', () => {
  const shown = (named?: Findings['named']) => {
    const report = reportOf(findingsOf({}, named === undefined ? {} : { named }))
    return { report, md: rendered(report, 'md') }
  }
  const row = {
    name: 'eng-042',
    fingerprint: '0123456789abcdef',
    teams: ['10.0.3.x'],
    type: 'unusual_pattern',
    subjects: ['rm'],
    severity: 7,
    count: 2,
    hour: '2026-11-17T09:00:00.000Z',
  }

  it('are told with the machine, also where there are no totals', () => {
    const { md, report } = shown({ nodes: 3, rows: [row] })
    expect(md).toContain('By name: 3 machines whose people chose that')
    expect(md).toMatch(/eng-042 \| 10\.0\.3\.x \| unusual rm patterns +\| +7 \| +2 \| 2026-11-17 09:00/)
    expect(rendered(report, 'csv')).toContain('anomalies_named,eng-042')
  })
  it('are none that may be told where nobody chose to be named', () => {
    expect(shown({ nodes: 0, rows: [] }).md).toContain('By name: nobody lets this role')
  })
  it('are no sign of anything where nobody was asked', () => {
    expect(shown().md).not.toContain('By name')
  })
})

describe('a threshold', () => {
  const report = reportOf(TWO_WEEKS)
  const limits = { risky: 4, coverage: 80, anomalies: 10, missing: 1 }

  it('is crossed by numbers beyond it', () => {
    expect(judged(report, limits)).toEqual({ risky: true, coverage: true, anomalies: false, missing: true })
    expect(judged(report, { risky: 9, coverage: 70, anomalies: 6, missing: 2 })).toEqual({
      risky: false,
      coverage: false,
      anomalies: true,
      missing: false,
    })
    expect(judged(report, {})).toEqual({ risky: null, coverage: null, anomalies: null, missing: null })
  })

  it('knows nothing where nothing was released', () => {
    const nothing = reportOf(findingsOf({ tool_usage: foundOf([{ day: 0, why: 'pending' }]) }))
    expect(judged(nothing, limits)).toEqual({ risky: null, coverage: null, anomalies: null, missing: null })
  })

  it('is told when it is crossed and when that ends, and between not at all', () => {
    const none = { risky: null, coverage: null, anomalies: null, missing: null }
    const first = turned({}, { ...none, risky: true, coverage: false }, limits)
    expect(first).toEqual({
      standing: { risky: true, coverage: false },
      turns: [{ threshold: 'risky', state: 'crossed' }],
    })
    expect(turned(first.standing, { ...none, risky: true }, limits).turns).toEqual([])
    // Nobody knows: it is neither crossed anew nor over.
    const unknown = turned(first.standing, none, limits)
    expect([unknown.standing.risky, unknown.turns]).toEqual([true, []])
    expect(turned(first.standing, { ...none, risky: false }, limits).turns).toEqual([
      { threshold: 'risky', state: 'ended' },
    ])
    // It is not watched any more.
    expect(turned(first.standing, none, {})).toEqual({
      standing: {},
      turns: [{ threshold: 'risky', state: 'ended' }],
    })
  })
})
