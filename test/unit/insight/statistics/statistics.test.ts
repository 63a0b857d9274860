// A person's numbers beside the period before: at borders of years and days, when clocks change, with nothing and too little.
import { afterEach, describe, expect, test } from 'vitest'
import { localDay, startOfLocalDay } from '../../../../src/base/calendar.ts'
import { changeOf, createStatistics, hasRisen } from '../../../../src/insight/statistics/statistics.ts'
import { hoursBetween } from '../../../../src/insight/statistics/time.ts'
import { createEventRepository, type GuardNote } from '../../../../src/store/events/events.ts'
import { createRollupRepository } from '../../../../src/store/rollups/rollups.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { eventOf, positionAt, type Sketch } from '../../../support/data/events.ts'

const ME = 1000
const ZONE = process.env.TZ
afterEach(() => {
  if (ZONE === undefined) delete process.env.TZ
  else process.env.TZ = ZONE
})

/** What was typed at a local time, `n` times. */
type Typed = readonly [at: string, n: number, sketch?: Sketch]

async function statisticsAt(
  now: string,
  typed: readonly Typed[],
  notes: readonly (readonly [string, GuardNote['outcome']])[] = [],
) {
  const db = await temporaryDatabase()
  const repository = createEventRepository(db)
  let tag = 0
  const localOf = (time: number) => ({ day: localDay(time), hour: new Date(time).getHours() })
  const events = typed.flatMap(([at, n, sketch]) => {
    const time = new Date(at).getTime()
    return Array.from({ length: n }, () =>
      eventOf(0, { uid: ME, start_us: time * 1000 + ++tag, tag, local: localOf(time), ...sketch }),
    )
  })
  const guarded = notes.map(([at, outcome]): GuardNote => {
    const time = new Date(at).getTime()
    return { uid: ME, at_us: time * 1000, outcome, risk_level: 'high', local: localOf(time) }
  })
  await repository.ingest({ events, guarded, position: positionAt(1), dropped: 0 })
  const clock = { now: () => new Date(now).getTime(), monotonic: () => 0 }
  const statistics = createStatistics({
    rollups: createRollupRepository(db),
    countBetween: repository.countBetween,
    clock,
  })
  return (period: Parameters<typeof statistics>[1]) => statistics(ME, period)
}

const iso = (range: { start: number; end: number }) => {
  const text = (time: number) => {
    const at = new Date(time)
    const two = (n: number) => String(n).padStart(2, '0')
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`
  }
  return [text(range.start), text(range.end)]
}

test('nothing at all', async () => {
  const of = await statisticsAt('2026-11-20T15:30', [])
  for (const period of ['today', 'week', 'month', 'year'] as const) {
    const { timeline, heat, ...numbers } = await of(period)
    expect(numbers).toMatchObject({
      total_commands: 0,
      unique_commands: 0,
      tools: [],
      categories: [],
      failing: [],
      active_days: 0,
      busiest: null,
      streak: { current: 0, longest: 0 },
      recorded_since: null,
      change: null,
      before: null,
    })
    expect(heat.flat().every((count) => count === 0)).toBe(true)
    expect(timeline.points).toHaveLength({ today: 16, week: 7, month: 30, year: 53 }[period])
  }
})

describe('the period before', () => {
  test('today is compared with yesterday up to the same minute', async () => {
    const of = await statisticsAt('2026-11-20T15:30', [
      ['2026-11-18T10:00', 50],
      ['2026-11-19T09:10', 4, { tool: 'git', category: 'git', exit_code: 1 }],
      ['2026-11-19T15:29', 2],
      ['2026-11-19T15:31', 30],
      ['2026-11-20T10:00', 9],
    ])
    const { before, change, total_commands } = await of('today')
    expect([total_commands, before?.total_commands, before?.failures, change]).toEqual([9, 6, 4, 0.5])
    expect(iso(before!.range)).toEqual(['2026-11-19 00:00', '2026-11-19 15:30'])
  })

  test('a week, over the border of a year', async () => {
    const of = await statisticsAt('2027-01-03T12:00', [
      ['2026-12-01T10:00', 1],
      ['2026-12-20T23:59', 100],
      ['2026-12-21T00:00', 3, { tool: 'git', category: 'git' }],
      ['2026-12-27T11:59', 2, { risk_level: 'high' }],
      ['2026-12-27T12:01', 100],
      ['2026-12-28T00:00', 8, { tool: 'git', category: 'git' }],
      ['2027-01-02T09:00', 2, { tool: 'vim', category: 'editor' }],
    ])
    const week = await of('week')
    expect(week).toMatchObject({
      total_commands: 10,
      change: 1,
      before: { total_commands: 5, by_risk_level: { high: 2 } },
    })
    expect(iso(week.range)).toEqual(['2026-12-28 00:00', '2027-01-03 12:00'])
    expect(iso(week.before!.range)).toEqual(['2026-12-21 00:00', '2026-12-27 12:00'])
    expect(week.tools).toMatchObject([
      { tool: 'git', count: 8, previous: 3, change: 5 / 3 },
      { tool: 'vim', count: 2, previous: 0, change: null },
    ])
    expect(week.categories[0]).toEqual({
      category: 'git',
      count: 8,
      failures: 0,
      unknown: 0,
      previous: 3,
      change: 5 / 3,
    })
    expect(week.timeline.points.map(({ count }) => count)).toEqual([8, 0, 0, 0, 0, 2, 0])
    expect(week.busiest).toEqual({ date: '2026-12-28', count: 8 })
  })

  test('is not told of when only a part of it was recorded', async () => {
    const of = await statisticsAt('2026-11-20T15:30', [
      ['2026-11-07T10:00', 5],
      ['2026-11-20T10:00', 9],
    ])
    expect(await of('week')).toMatchObject({ recorded_since: '2026-11-07', before: { total_commands: 5 } })
    expect(await of('month')).toMatchObject({ before: null, change: null })
    expect((await of('month')).tools[0]).toMatchObject({ previous: null, change: null })
  })
})

describe('when clocks change', () => {
  test('the day before is up to the same time by the clock, though an hour was left out', async () => {
    process.env.TZ = 'Europe/Berlin'
    // 29 March 2026: from 2:00 to 3:00.
    const of = await statisticsAt('2026-03-30T04:30', [
      ['2026-03-20T10:00', 1],
      ['2026-03-29T01:30', 3],
      ['2026-03-29T04:29', 2],
      ['2026-03-29T04:31', 50],
      ['2026-03-30T04:00', 1],
    ])
    const { before } = await of('today')
    expect([before!.total_commands, iso(before!.range)]).toEqual([
      5,
      ['2026-03-29 00:00', '2026-03-29 04:30'],
    ])
    expect(before!.range.end - before!.range.start).toBe(3.5 * 3_600_000)
    const on = await statisticsAt('2026-03-29T04:30', [
      ['2026-03-29T01:30', 3],
      ['2026-03-29T03:30', 2],
    ])
    const { timeline } = await on('today')
    expect(timeline.points.map(({ start, count }) => [new Date(start).getHours(), count])).toEqual([
      [0, 0],
      [1, 3],
      [3, 2],
      [4, 0],
    ])
  })

  test('an hour that comes twice is one', async () => {
    process.env.TZ = 'Europe/Berlin'
    // 25 October 2026: from 3:00 back to 2:00.
    const of = await statisticsAt('2026-10-25T05:00+01:00', [
      ['2026-10-25T02:30+02:00', 3],
      ['2026-10-25T02:30+01:00', 4],
    ])
    const { timeline, hourly, heat } = await of('today')
    expect(timeline.points.map(({ count }) => count)).toEqual([0, 0, 7, 0, 0, 0])
    expect([hourly[2], heat[6]![2]]).toEqual([7, 7])
  })

  test.each([
    ['Europe/Berlin', '2026-03-29'],
    ['Europe/Berlin', '2026-10-25'],
    ['America/New_York', '2026-03-08'],
    ['America/New_York', '2026-11-01'],
    ['America/Santiago', '2026-09-06'],
    ['America/Havana', '2026-11-01'],
    ['Australia/Lord_Howe', '2026-04-05'],
    ['Australia/Lord_Howe', '2026-10-04'],
  ])('in %s on %s nothing is lost and nothing counted twice', async (zone, date) => {
    process.env.TZ = zone
    const day = Date.parse(date) / 86_400_000
    const [start, end] = [startOfLocalDay(day), startOfLocalDay(day + 1)]
    const quarters = Array.from({ length: (end - start) / 900_000 }, (_, i) => start + i * 900_000)
    const typed = quarters.map((time): Typed => [new Date(time).toISOString(), 1])
    const beside: Typed[] = [-1, 1].map((way) => [new Date(way < 0 ? start - 60_000 : end).toISOString(), 5])
    const of = await statisticsAt(new Date(end - 1).toISOString(), [...typed, ...beside])
    const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0)
    for (const [period, more] of [
      ['today', 0],
      ['week', 5],
      ['year', 5],
    ] as const) {
      const { total_commands, hourly, heat, daily, timeline } = await of(period)
      const points = timeline.points.map(({ count }) => count)
      const all = quarters.length + more
      expect([period, total_commands, sum(hourly), sum(heat.flat()), sum(daily), sum(points)]).toEqual([
        ...[period, all, all, all, all, all],
      ])
    }
    const hours = new Map<number, number>()
    for (const time of quarters) {
      const hour = new Date(time).getHours()
      hours.set(hour, (hours.get(hour) ?? 0) + 1)
    }
    expect((await of('today')).hourly).toEqual(Array.from({ length: 24 }, (_, hour) => hours.get(hour) ?? 0))
  })

  test('a zone half an hour off counts midnight to midnight', async () => {
    process.env.TZ = 'Asia/Kolkata'
    const of = await statisticsAt('2026-11-20T10:15', [
      ['2026-11-10T10:00', 1],
      ['2026-11-18T23:59', 40],
      ['2026-11-19T00:01', 2],
      ['2026-11-19T10:14', 3],
      ['2026-11-19T10:16', 40],
    ])
    expect((await of('today')).before!.total_commands).toBe(5)
  })

  test('who comes home from another zone keeps the days they had there', async () => {
    process.env.TZ = 'Pacific/Auckland'
    const there = localDay(new Date('2026-11-20T08:00').getTime())
    const time = new Date('2026-11-20T08:00').getTime()
    process.env.TZ = 'Europe/Berlin'
    const of = await statisticsAt('2026-11-20T15:00', [
      [new Date(time).toISOString(), 5, { local: { day: there, hour: 8 } }],
    ])
    const { total_commands, hourly } = await of('today')
    expect([total_commands, hourly[8]]).toEqual([5, 5])
    const early = await statisticsAt('2026-11-20T05:00', [
      [new Date(time).toISOString(), 5, { local: { day: there, hour: 8 } }],
    ])
    const { points } = (await early('today')).timeline
    expect(points.map(({ count }) => count)).toEqual([0, 0, 0, 0, 0, 0, 5])
    expect(new Date(points.at(-1)!.start).getHours()).toBe(8)
  })
})

test('a clock that jumped back leaves what is still to come out', async () => {
  const of = await statisticsAt('2026-11-20T15:30', [
    ['2026-11-20T10:00', 2],
    ['2027-06-01T10:00', 70],
  ])
  for (const period of ['today', 'year'] as const) {
    expect(await of(period)).toMatchObject({
      total_commands: 2,
      busiest: { count: 2 },
      streak: { current: 1, longest: 1 },
    })
  }
})

test('days in a row up to today or yesterday, and the most there were', async () => {
  const days = (...numbers: number[]): Typed[] =>
    numbers.map((day) => [`2026-11-${String(day).padStart(2, '0')}T10:00`, 1])
  const streak = async (...numbers: number[]) =>
    (await (await statisticsAt('2026-11-20T15:30', days(...numbers)))('today')).streak
  expect(await streak(1, 2, 3, 4, 18, 19)).toEqual({ current: 2, longest: 4 })
  expect(await streak(19, 20)).toEqual({ current: 2, longest: 2 })
  expect(await streak(16, 17, 18)).toEqual({ current: 0, longest: 3 })
})

test('what the guard did and what programs typed is in it, of the period before as well', async () => {
  const of = await statisticsAt(
    '2026-11-20T15:30',
    [
      ['2026-11-18T10:00', 1],
      ['2026-11-19T10:00', 1],
      ['2026-11-20T10:00', 3, { karo_generated: true }],
    ],
    [
      ['2026-11-19T10:10', 'declined'],
      ['2026-11-20T10:00', 'blocked'],
      ['2026-11-20T10:00', 'unjudged'],
    ],
  )
  expect(await of('today')).toMatchObject({
    guard: { blocked: 1, confirmed: 0, declined: 0, unjudged: 1 },
    generated: 3,
    before: { guard: { blocked: 0, confirmed: 0, declined: 1, unjudged: 0 }, generated: 0 },
  })
})

test('failing: those whose rate rose by more than chance first, then the most failures, five at most', async () => {
  const git = { tool: 'git', category: 'git' }
  const make = { tool: 'make', category: 'build' }
  const others = ['npm', 'cargo', 'docker', 'psql', 'ssh'].map(
    (tool, i): Typed => ['2026-11-20T09:00', 5 - i, { tool, exit_code: 1 }],
  )
  const of = await statisticsAt('2026-11-20T15:30', [
    ['2026-11-19T09:00', 50, git],
    ['2026-11-19T09:00', 20, make],
    ['2026-11-19T09:00', 20, { ...make, exit_code: 2 }],
    ['2026-11-20T09:00', 30, git],
    ['2026-11-20T09:00', 10, { ...git, exit_code: 1 }],
    ['2026-11-20T09:00', 15, make],
    ['2026-11-20T09:00', 15, { ...make, exit_code: 2 }],
    ...others,
    ['2026-11-18T09:00', 1],
  ])
  const { failing } = await of('today')
  expect(failing.map(({ tool, failures, rose }) => [tool, failures, rose])).toEqual([
    ['git', 10, true],
    ['make', 15, false],
    ['npm', 5, false],
    ['cargo', 4, false],
    ['docker', 3, false],
  ])
  expect(failing[0]).toMatchObject({ rate: 0.25, previous_rate: 0 })
  expect(failing[2]).toMatchObject({ rate: 1, previous_rate: null })
})

test('a change is a ratio, and none where there was nothing', () => {
  expect([changeOf(15, 10), changeOf(0, 4), changeOf(3, 0), changeOf(3, undefined)]).toEqual([
    0.5,
    -1,
    null,
    null,
  ])
})

test('a rate rises by more than chance, or not', () => {
  const tally = (failures: number, count: number, unknown = 0) => ({ failures, count, unknown })
  expect(hasRisen(tally(12, 40), tally(2, 40))).toBe(true)
  expect(hasRisen(tally(5, 40), tally(2, 40))).toBe(false)
  expect(hasRisen(tally(2, 40), tally(12, 40))).toBe(false)
  expect(hasRisen(tally(10, 19), tally(0, 100))).toBe(false)
  expect(hasRisen(tally(0, 40), tally(0, 40))).toBe(false)
  // Before, one of the two whose end is known failed: too few to compare with.
  expect(hasRisen(tally(12, 40), tally(1, 6_000, 5_998))).toBe(false)
  expect(hasRisen(tally(12, 6_000, 5_960), tally(2, 40))).toBe(true)
})

test('whole hours of a span, and what is left of it', () => {
  const H = 3_600_000
  expect(hoursBetween(2 * H, 5 * H)).toEqual({ from: 2, to: 5, edges: [] })
  expect(hoursBetween(2 * H + 5, 5 * H + 7)).toEqual({
    from: 3,
    to: 5,
    edges: [
      { start: 2 * H + 5, end: 3 * H },
      { start: 5 * H, end: 5 * H + 7 },
    ],
  })
  expect(hoursBetween(2 * H + 5, 2 * H + 9)).toMatchObject({ edges: [{ start: 2 * H + 5, end: 2 * H + 9 }] })
})
