// karo stats for people: what changed in words, what there is none of left out, and nothing wider than the screen.

import { expect, test } from 'vitest'
import { RISK_LEVELS, type StatisticsShape } from '../../../src/api/contract/shapes.ts'
import { bar, shade, showsBlocks, spark } from '../../../src/cli/terminal/bars.ts'
import { textWidth } from '../../../src/cli/terminal/text.ts'
import { mostUsedView, statsView } from '../../../src/cli/views/stats.ts'
import fc from '../../support/run/properties.ts'

const NONE = { blocked: 0, confirmed: 0, declined: 0, unjudged: 0 }
const hourly = Array.from({ length: 24 }, (_, hour) => (hour === 9 ? 10 : 0))
const range = { start: '2026-11-14T00:00:00', end: '2026-11-20T15:30:00' }
const BEFORE = {
  time_range: range,
  total_commands: 8,
  failures: 2,
  unknown: 0,
  total_duration_ms: 1_000,
  by_risk_level: { safe: 8, moderate: 0, high: 0, critical: 0 },
  guard: NONE,
  karo_generated: 0,
  ask_answers_run: 0,
}
const WEEK: StatisticsShape = {
  period: 'week',
  time_range: range,
  total_commands: 10,
  unique_commands: 4,
  failures: 1,
  unknown: 0,
  total_duration_ms: 61_000,
  by_risk_level: { safe: 9, moderate: 0, high: 1, critical: 0 },
  guard: NONE,
  categories: [{ category: 'git', count: 10, failures: 1, unknown: 0, previous: 8, change: 0.25 }],
  tools: [{ tool: 'git', category: 'git', count: 10, failures: 1, unknown: 0, previous: 8, change: 0.25 }],
  hourly,
  daily: [0, 0, 0, 0, 10, 0, 0],
  karo_generated: 0,
  ask_answers_run: 0,
  active_days: 1,
  heat: Array.from({ length: 7 }, (_, day) => (day === 4 ? hourly : hourly.map(() => 0))),
  timeline: {
    unit: 'day',
    points: Array.from({ length: 7 }, (_, day) => ({
      start: `2026-11-${14 + day}T00:00:00`,
      count: day === 6 ? 10 : 0,
    })),
  },
  failing: [],
  busiest: { date: '2026-11-20', count: 10 },
  streak: { current: 1, longest: 5 },
  recorded_since: '2026-10-01',
  change: 0.25,
  before: BEFORE,
}
const UTF8 = { LANG: 'C.UTF-8' }
const view = (over: Partial<StatisticsShape> = {}, screen: object = {}): string =>
  statsView({ ...WEEK, ...over }, RISK_LEVELS, { colour: false, columns: 80, env: UTF8, ...screen })
const headline = (over: Partial<StatisticsShape>): string => view(over).split('\n')[0]!

test('a week, whole', () => {
  expect(view()).toBe(`The last 7 days: 10 commands, 25 % more than the 7 days before (8)
4 different, 1 failed (10 %, before 25 %), 1m 01s in all, on 1 of 7 days
Sat 14 Nov ····································██████ Fri 20 Nov

Tools            change  failed  Categories            change  failed
git    10  ████   +25 %    10 %  git         10  ████   +25 %    10 %

Hours     0     3     6     9     12    15    18    21
  Mon     ················································       0
  Tue     ················································       0
  Wed     ················································       0
  Thu     ················································       0
  Fri     ··················██····························      10
  Sat     ················································       0
  Sun     ················································       0

Risk      9 safe, 1 high (before 0)
`)
})

test('what became of it since the period before, in words', () => {
  expect(headline({ change: -0.5 })).toContain('50 % fewer than the 7 days before (8)')
  expect(headline({ change: 4 })).toContain('5.0 times as many as the 7 days before (8)')
  expect(headline({ total_commands: 8, change: 0 })).toContain('as many as the 7 days before')
  expect(headline({ change: null })).toContain('none the 7 days before')
  expect(headline({ before: null, change: null })).toContain(
    'nothing to compare with: recorded since 2026-10-01',
  )
  expect(headline({ period: 'today', change: 0.25 })).toContain('25 % more than yesterday until then (8)')
})

test('tools that are new, gone far up, or as before', () => {
  const [git] = WEEK.tools
  const change = (part: Partial<typeof git>): string =>
    view({ tools: [{ ...git!, ...part }], categories: [] })
      .split('\n')[5]!
      .replace(/ +/g, ' ')
  expect(change({ change: null, previous: 0 })).toContain(' new ')
  expect(change({ change: 11, previous: 1 })).toContain(' x 12 ')
  expect(change({ change: 0.001, previous: 10 })).toContain(' = ')
  expect(view({ before: null })).not.toContain('change')
})

test('the guard and what fails have a line when there is something to say', () => {
  const text = view({
    guard: { blocked: 2, confirmed: 0, declined: 1, unjudged: 0 },
    failing: [
      {
        tool: 'make',
        category: 'build',
        count: 10,
        failures: 4,
        unknown: 0,
        rate: 0.4,
        previous_rate: 0.1,
        rose: true,
      },
      {
        tool: 'git',
        category: 'git',
        count: 9,
        failures: 1,
        unknown: 0,
        rate: 0.11,
        previous_rate: null,
        rose: false,
      },
    ],
  })
  expect(text).toMatch(/^Guard {5}2 blocked, 1 declined$/m)
  expect(text).toMatch(/^Failing {3}make 4 of 10 \(40 %, before 10 %\), git 1 of 9 \(11 %\)$/m)
  expect(view({ karo_generated: 1 })).toContain('10 % by programs')
})

test('nothing yet; and a day on which the guard let nothing through is not nothing', () => {
  const none = { total_commands: 0, tools: [], categories: [], failures: 0, unknown: 0, unique_commands: 0 }
  expect(view(none)).toBe(
    'The last 7 days: no commands yet (imported ones without a time are not counted).\n',
  )
  expect(view({ ...none, guard: { ...NONE, blocked: 1 } })).toMatch(/^Guard {5}1 blocked$/m)
})

test('no line is wider than the screen, and ASCII is only ASCII', () => {
  const tools = fc.array(
    fc.record({
      tool: fc.constantFrom('git', 'systemd-run', 'docker-compose-something-very-long'),
      category: fc.constant('git'),
      count: fc.integer({ min: 1, max: 1e7 }),
      failures: fc.integer({ min: 0, max: 3 }),
      unknown: fc.integer({ min: 0, max: 3 }),
      previous: fc.integer({ min: 0, max: 1e6 }),
      change: fc.option(fc.double({ min: -1, max: 1000, noNaN: true })),
    }),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(tools, fc.integer({ min: 60, max: 250 }), fc.boolean(), (rows, columns, colour) => {
      const total = rows.reduce((sum, { count }) => sum + count, 0)
      const screen = { columns, colour, env: { LANG: 'C' } }
      const text = view({ tools: rows, total_commands: total }, screen)
      const plain = text.replace(/\u001b\[\d+m/g, '')
      for (const line of plain.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(columns)
      expect(plain).toMatch(/^[\u0020-\u007e\n]*$/)
    }),
  )
})

test('the commands that ran most often cannot steer the terminal', () => {
  const commands = [{ command: 'echo \u001b[2J\u202e', count: 12, failures: 3, unknown: 0 }]
  const text = mostUsedView({ commands }, { colour: false, columns: 80, env: UTF8 })
  expect(text).toBe('\nCommands  failed\n      12    25 %  echo \\x1b[2J\\u{202e}\n')
})

test('blocks where the locale has them', () => {
  const shown = (env: Record<string, string>) => showsBlocks(env)
  expect([
    shown({ LANG: 'de_DE.UTF-8' }),
    shown({ LC_ALL: 'C.utf8', LANG: 'C' }),
    shown({ LC_CTYPE: 'en_US.UTF-8' }),
  ]).toEqual([...[true, true, true]])
  expect([
    shown({}),
    shown({ LANG: 'C' }),
    shown({ LC_ALL: 'C', LANG: 'C.UTF-8' }),
    shown({ ...UTF8, TERM: 'linux' }),
  ]).toEqual([...[false, false, false, false]])
})

test('something is never nothing, in bars, columns and shades of either kind', () => {
  for (const blocks of [true, false]) {
    expect(bar(0.0001, 8, blocks)).not.toBe('')
    expect(spark([0, 1, 1_000_000], blocks)[1]).not.toBe(spark([0], blocks))
    expect(shade(1, 1_000_000, blocks)).not.toBe(shade(0, 1_000_000, blocks))
    expect(textWidth(bar(1, 8, blocks))).toBe(8)
    expect(shade(10, 10, blocks)).toBe(blocks ? '█' : '#')
  }
})
