// What is told of events, from real rollups: whole UTC hours to others, local days to the person, and only of uids asked for.
import fc from 'fast-check'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Clock } from '../../../src/base/clock.ts'
import { createInsight, type Insight } from '../../../src/insight/index.ts'
import { markLevel0 } from '../../../src/observe/level0.ts'
import { createEventRepository, type EventInput } from '../../../src/store/events.ts'
import { createRollupRepository } from '../../../src/store/rollups.ts'
import { temporaryDatabase } from '../../support/database.ts'
import { testIdentity } from '../../support/identity.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const at = (time: string): number => Date.parse(time)
const dayNumber = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY
const { nodeId, fingerprint } = testIdentity(1)

beforeEach(() => {
  vi.stubEnv('TZ', 'UTC')
  return () => vi.unstubAllEnvs()
})

interface Ran extends Partial<Omit<EventInput, 'command'>> {
  readonly command?: string
}

interface World {
  readonly insight: Insight
  readonly clock: { now: number; monotonic: number }
  ran(...events: readonly Ran[]): Promise<void>
}

async function world(now: string): Promise<World> {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  const time = { now: at(now), monotonic: 5_000 }
  const clock: Clock = { now: () => time.now, monotonic: () => time.monotonic }
  const node = { nodeId, fingerprint, name: 'n1', version: '1.2.3' }
  const insight = createInsight({ rollups: createRollupRepository(db), clock, node })
  let tag = 0
  return {
    insight,
    clock: time,
    async ran(...all) {
      const position = { name: 'bash-1', file: '1:1', offset: ++tag, sequence: tag }
      await events.ingest({ events: all.map((one) => event(++tag, one)), position, dropped: 0 })
    },
  }
}

function event(tag: number, { command = 'git status', ...rest }: Ran): EventInput {
  const start_us = rest.start_us ?? at('2026-03-04T10:30:00Z') * 1000
  const time = new Date(start_us / 1000)
  return {
    ...{ uid: 1000, start_us, tag, duration_us: 2_000_000, shell: 'bash', exit_code: 0 },
    ...{ risk_level: 'safe', category: 'git', tool: 'git', karo_generated: false },
    ...{ cwd: markLevel0('/w'), command: markLevel0(command) },
    local: { day: Math.floor(start_us / 1000 / DAY), hour: time.getUTCHours() },
    ...rest,
  }
}

const us = (time: string): number => at(time) * 1000
const NPM = { tool: 'npm', category: 'npm' }

test('tools of several uids are summed, and of no uid that was not asked for', async () => {
  const { insight, ran } = await world('2026-03-04T12:00:00Z')
  await ran({}, { exit_code: 1 }, { uid: 1001 }, { uid: 1001, ...NPM }, { uid: 70_000, ...NPM, exit_code: 2 })
  const range = { start: at('2026-03-04T00:00:00Z'), end: at('2026-03-05T00:00:00Z') }
  expect([...(await insight.uids())].sort((a, b) => a - b)).toEqual([1000, 1001, 70_000])
  expect(await insight.toolUsage([1000, 1001], range)).toEqual([
    { tool: 'git', category: 'git', uses: 3, failures: 1 },
    { tool: 'npm', category: 'npm', uses: 1, failures: 0 },
  ])
  expect(await insight.toolUsage([70_000], range)).toEqual([
    { tool: 'npm', category: 'npm', uses: 1, failures: 1 },
  ])
  expect(await insight.toolUsage([], range)).toEqual([])
  expect(await insight.toolUsage([4242], range)).toEqual([])
})

test('equal counts are told in the order of names, whoever counted them', async () => {
  const { insight, ran } = await world('2026-03-04T12:00:00Z')
  await ran({ ...NPM }, { tool: 'apt', category: 'system' }, { uid: 1, tool: 'make', category: 'other' })
  const range = { start: at('2026-03-04T10:00:00Z'), end: at('2026-03-04T11:00:00Z') }
  const names = async (uids: readonly number[]): Promise<string[]> =>
    (await insight.toolUsage(uids, range)).map(({ tool }) => tool)
  expect(await names([1000, 1])).toEqual(['apt', 'make', 'npm'])
  expect(await names([1, 1000])).toEqual(['apt', 'make', 'npm'])
})

test('a range is told in whole UTC hours, its end excluded', async () => {
  const { insight, ran } = await world('2026-03-04T15:00:00Z')
  await ran(
    { start_us: us('2026-03-04T09:59:59.999Z') },
    { start_us: us('2026-03-04T10:00:00Z') },
    { start_us: us('2026-03-04T10:59:59.999Z') },
    { start_us: us('2026-03-04T11:00:00Z') },
  )
  const uses = async (start: string, end: string): Promise<number> =>
    (await insight.toolUsage([1000], { start: at(start), end: at(end) }))[0]?.uses ?? 0
  expect(await uses('2026-03-04T10:00:00Z', '2026-03-04T11:00:00Z')).toBe(2)
  // Nobody learns when within an hour something ran.
  expect(await uses('2026-03-04T10:40:00Z', '2026-03-04T10:41:00Z')).toBe(2)
  expect(await uses('2026-03-04T10:40:00Z', '2026-03-04T11:00:00.001Z')).toBe(3)
  expect(await uses('2026-03-04T09:59:59.999Z', '2026-03-04T10:00:00Z')).toBe(1)
  expect(await uses('2026-03-04T12:00:00Z', '2026-03-04T15:00:00Z')).toBe(0)
})

test('hours are UTC hours also where clocks differ by 45 minutes', async () => {
  vi.stubEnv('TZ', 'Asia/Kathmandu')
  const { insight, ran } = await world('2026-03-04T15:00:00Z')
  await ran({ start_us: us('2026-03-04T10:05:00Z') }, { start_us: us('2026-03-04T10:55:00Z') })
  const range = { start: at('2026-03-04T10:00:00Z'), end: at('2026-03-04T11:00:00Z') }
  expect((await insight.toolUsage([1000], range))[0]?.uses).toBe(2)
  // 05:45 ahead of UTC, 10:05Z and 10:55Z lie in two local hours, and 24 hours end in the middle of one.
  expect((await insight.nodeHealth()).events_24h).toBe(2)
})

test('tool usage equals what counting the events one by one gives', async () => {
  const first = at('2026-03-04T00:00:00Z') / HOUR
  const one = fc.record({
    uid: fc.constantFrom(0, 1000, 0xffff_fffe),
    tool: fc.constantFrom('git', 'npm', 'other', 'x'),
    minute: fc.integer({ min: 0, max: 6 * 60 - 1 }),
    exit_code: fc.constantFrom(0, 1, 130, null),
  })
  const hour = fc.integer({ min: 0, max: 6 })
  await fc.assert(
    fc.asyncProperty(fc.array(one, { maxLength: 60 }), hour, hour, async (all, a, b) => {
      const { insight, ran } = await world('2026-03-04T12:00:00Z')
      const events = all.map(({ minute, tool, ...rest }) => ({
        ...{ ...rest, tool, category: tool, minute },
        start_us: (first * 60 + minute) * 60_000_000,
      }))
      for (const half of [events.slice(0, 20), events.slice(20)]) {
        await ran(...half.map(({ minute: _, ...rest }) => rest))
      }
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      const expected = new Map<string, { uses: number; failures: number }>()
      for (const { uid, tool, minute, exit_code } of events) {
        if (uid === 1000 || minute < from * 60 || minute >= to * 60) continue
        const sum = expected.get(tool) ?? { uses: 0, failures: 0 }
        sum.uses++
        if (exit_code === 1 || exit_code === 130) sum.failures++
        expected.set(tool, sum)
      }
      const range = { start: (first + from) * HOUR, end: (first + to) * HOUR }
      const told = await insight.toolUsage([0, 0xffff_fffe], range)
      expect(new Map(told.map(({ tool, uses, failures }) => [tool, { uses, failures }]))).toEqual(expected)
      expect(told.map(({ uses }) => uses)).toEqual(told.map(({ uses }) => uses).sort((x, y) => y - x))
    }),
    { numRuns: 30 },
  )
})

test('health counts everybody’s events of the last 24 hours, in whole hours with the open one, and names nobody', async () => {
  const { insight, ran, clock } = await world('2026-03-04T12:20:00Z')
  await ran(
    { start_us: us('2026-03-03T12:59:59.999Z') },
    { start_us: us('2026-03-03T13:00:00Z') },
    { uid: 1001, start_us: us('2026-03-04T11:00:00Z') },
    { uid: 70_000, start_us: us('2026-03-04T12:20:00Z') },
  )
  clock.monotonic += 90_999
  expect(await insight.nodeHealth()).toEqual({
    node_id: nodeId,
    fingerprint,
    name: 'n1',
    version: '1.2.3',
    uptime_seconds: 90,
    online: true,
    last_seen: '2026-03-04T12:20:00.000Z',
    events_24h: 3,
  })
  // Set back, the wall clock changes nothing about how long the node has been up.
  clock.now -= DAY
  expect((await insight.nodeHealth()).uptime_seconds).toBe(90)
})

test('health on the very hour', async () => {
  const { insight, ran } = await world('2026-03-04T12:00:00Z')
  await ran({ start_us: us('2026-03-03T12:30:00Z') }, { start_us: us('2026-03-04T12:00:00Z') })
  expect((await insight.nodeHealth()).events_24h).toBe(1)
})

test('statistics of a person: today, by tool, category, hour, weekday and risk', async () => {
  // A Wednesday.
  const { insight, ran } = await world('2026-03-04T20:00:00Z')
  await ran(
    { command: 'git status' },
    { command: 'git status', duration_us: 1_499_600 },
    { command: 'git push', exit_code: 128, risk_level: 'high', start_us: us('2026-03-04T19:00:00Z') },
    { command: 'npm test', ...NPM, exit_code: null, duration_us: null, risk_level: 'moderate' },
    { command: 'rm -rf /', tool: 'rm', category: 'file_ops', risk_level: 'critical' },
    { command: 'git status', start_us: us('2026-03-03T23:59:59Z') },
    { command: 'git log', uid: 1001 },
  )
  const hourly = new Array<number>(24).fill(0)
  hourly[10] = 4
  hourly[19] = 1
  expect(await insight.statistics(1000, 'today')).toEqual({
    period: 'today',
    range: { start: at('2026-03-04T00:00:00Z'), end: at('2026-03-04T20:00:00Z') },
    total_commands: 5,
    unique_commands: 4,
    failures: 1,
    total_duration_ms: 2_000 + 1_500 + 2_000 + 2_000,
    categories: [
      { category: 'git', count: 3, failures: 1 },
      { category: 'file_ops', count: 1, failures: 0 },
      { category: 'npm', count: 1, failures: 0 },
    ],
    tools: [
      { tool: 'git', category: 'git', count: 3, failures: 1 },
      { tool: 'npm', category: 'npm', count: 1, failures: 0 },
      { tool: 'rm', category: 'file_ops', count: 1, failures: 0 },
    ],
    hourly,
    daily: [0, 0, 5, 0, 0, 0, 0],
    by_risk_level: { safe: 2, moderate: 1, high: 1, critical: 1 },
  })
})

test.each([
  ['today', 1],
  ['week', 7],
  ['month', 30],
  ['year', 365],
] as const)('%s looks back on %i days, today included', async (period, days) => {
  const { insight, ran } = await world('2026-03-04T20:00:00Z')
  const today = dayNumber('2026-03-04')
  // The same line every day; what is unique is not added up over days.
  await ran(...[0, days - 1, days].map((ago) => ({ start_us: ((today - ago) * DAY + 10 * HOUR) * 1000 })), {
    command: 'git log',
    start_us: us('2026-03-04T10:00:01Z'),
  })
  const found = await insight.statistics(1000, period)
  expect(found.range).toEqual({ start: (today - days + 1) * DAY, end: at('2026-03-04T20:00:00Z') })
  expect(found.total_commands).toBe(3)
  expect(found.unique_commands).toBe(2)
  expect(found.daily.reduce((a, b) => a + b)).toBe(found.total_commands)
})

test('a week adds its days up; a line run on two of them is one unique command', async () => {
  const { insight, ran } = await world('2026-03-04T20:00:00Z')
  await ran(
    { command: 'git log', start_us: us('2026-03-01T10:00:00Z'), duration_us: 3_000_000, risk_level: 'high' },
    { command: 'git status', start_us: us('2026-03-02T10:00:00Z'), exit_code: 1, risk_level: 'high' },
    { command: 'git status', start_us: us('2026-03-04T10:00:00Z'), duration_us: 1_000_000 },
  )
  const hourly = new Array<number>(24).fill(0)
  hourly[10] = 3
  expect(await insight.statistics(1000, 'week')).toMatchObject({
    ...{ total_commands: 3, unique_commands: 2, failures: 1, total_duration_ms: 6_000 },
    tools: [{ tool: 'git', category: 'git', count: 3, failures: 1 }],
    categories: [{ category: 'git', count: 3, failures: 1 }],
    hourly,
    daily: [1, 0, 1, 0, 0, 0, 1],
    by_risk_level: { safe: 1, moderate: 0, high: 2, critical: 0 },
  })
})

test('a person without events has zeros everywhere', async () => {
  const { insight } = await world('2026-03-04T20:00:00Z')
  expect(await insight.uids()).toEqual([])
  expect(await insight.statistics(1000, 'week')).toMatchObject({
    ...{
      total_commands: 0,
      unique_commands: 0,
      failures: 0,
      total_duration_ms: 0,
      categories: [],
      tools: [],
    },
    hourly: new Array<number>(24).fill(0),
    daily: [0, 0, 0, 0, 0, 0, 0],
    by_risk_level: { safe: 0, moderate: 0, high: 0, critical: 0 },
  })
})

test('weekdays begin on Monday', async () => {
  // A Sunday; the week reaches back to its Monday.
  const { insight, ran } = await world('2026-03-08T20:00:00Z')
  await ran(
    ...[2, 3, 4, 5, 6, 7, 8].flatMap((date, weekday) =>
      Array.from({ length: weekday + 1 }, (_, second) => ({
        start_us: us(`2026-03-0${date}T08:00:0${second}Z`),
      })),
    ),
  )
  expect((await insight.statistics(1000, 'week')).daily).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test.each([
  ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00Z', '2026-03-29T21:59:59Z', 'of 23 hours'],
  ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', 'of 25 hours'],
  // Its clocks go forward at midnight: the day begins at 01:00.
  ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00Z', '2026-09-07T02:59:59Z', 'without a midnight'],
  ['Pacific/Kiritimati', '2026-03-29', '2026-03-28T10:00:00Z', '2026-03-29T09:59:59Z', '14 hours ahead'],
  ['America/Los_Angeles', '2026-11-01', '2026-11-01T07:00:00Z', '2026-11-02T07:59:59Z', 'of 25 hours'],
])('in %s, today is the local day %s, from %s to %s, %s', async (zone, date, first, last) => {
  vi.stubEnv('TZ', zone)
  const day = dayNumber(date)
  const { insight, ran, clock } = await world(first)
  await ran(
    { start_us: us(first) - 1, local: { day: day - 1, hour: 23 } },
    { start_us: us(first), local: { day, hour: 0 } },
    { start_us: us(last), local: { day, hour: 23 } },
  )
  for (const now of [at(first), at(last)]) {
    clock.now = now
    const { range, total_commands, hourly } = await insight.statistics(1000, 'today')
    expect(range).toEqual({ start: at(first), end: now })
    expect(total_commands).toBe(2)
    expect([hourly[0], hourly[23]]).toEqual([1, 1])
  }
  clock.now = at(first) - 1
  expect((await insight.statistics(1000, 'today')).total_commands).toBe(1)
  clock.now = at(last) + 1_000
  expect((await insight.statistics(1000, 'today')).total_commands).toBe(0)
})

test('a week over a change of the clocks has seven local days', async () => {
  vi.stubEnv('TZ', 'Europe/Berlin')
  const { insight, ran } = await world('2026-04-01T10:00:00Z')
  await ran(
    { start_us: us('2026-03-25T22:59:59Z'), local: { day: dayNumber('2026-03-25'), hour: 23 } },
    { start_us: us('2026-03-25T23:00:00Z'), local: { day: dayNumber('2026-03-26'), hour: 0 } },
    { start_us: us('2026-04-01T09:00:00Z'), local: { day: dayNumber('2026-04-01'), hour: 11 } },
  )
  const { range, total_commands, daily } = await insight.statistics(1000, 'week')
  expect(range.start).toBe(at('2026-03-25T23:00:00Z'))
  expect(total_commands).toBe(2)
  expect(daily).toEqual([0, 0, 1, 1, 0, 0, 0])
})
