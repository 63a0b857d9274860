// Level 1 and one's own statistics, folded from what a real store counted.

import { describe, expect, test } from 'vitest'
import { localDay, startOfLocalDay } from '../../../../src/base/calendar.ts'
import type { Signal } from '../../../../src/base/words/signal.ts'
import { createInsight, floorToHour, widenToHours } from '../../../../src/insight/statistics/index.ts'
import { numbersOf } from '../../../../src/insight/statistics/numbers.ts'
import { createEventRepository, type GuardNote } from '../../../../src/store/events/events.ts'
import { createRollupRepository } from '../../../../src/store/rollups/rollups.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { eventOf, positionAt, type Sketch } from '../../../support/data/events.ts'
import { NO_ANOMALIES } from '../../../support/data/no-anomalies.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'

const HOUR = 3_600_000
const NOW = new Date(2026, 10, 20, 15, 30).getTime()
const identity = testIdentity(0)

async function insightOf(
  sketches: readonly (Sketch & { readonly ago?: number })[],
  {
    notes = [] as readonly GuardNote[],
    silent = [] as readonly number[],
    guardAllowed = true,
    hooked = [] as readonly number[],
  } = {},
) {
  const db = await temporaryDatabase()
  const events = sketches.map(({ ago = 0, ...sketch }, tag) => {
    const date = new Date(NOW - ago)
    return eventOf(0, {
      ...sketch,
      tag,
      start_us: date.getTime() * 1000,
      local: { day: localDay(date.getTime()), hour: date.getHours() },
    })
  })
  await createEventRepository(db).ingest({ events, guarded: notes, position: positionAt(1), dropped: 0 })
  const clock = { now: () => NOW, monotonic: () => NOW }
  const node = { nodeId: identity.nodeId, fingerprint: identity.fingerprint, name: 'eng', version: '1.2.3' }
  return createInsight({
    rollups: createRollupRepository(db),
    countBetween: createEventRepository(db).countBetween,
    guardAllowed: () => guardAllowed,
    hookedShells: () => hooked.map((person) => ({ person })),
    silentHooks: () => silent.map((uid) => ({ uid })),
    clock,
    node,
    anomalies: NO_ANOMALIES,
  })
}

test('tool usage counts whole hours, the people asked for, and nothing else', async () => {
  const insight = await insightOf([
    { tool: 'git', category: 'git' },
    { tool: 'git', category: 'git', exit_code: 1, ago: HOUR },
    { tool: 'ls', ago: HOUR },
    { tool: 'git', category: 'git', uid: 1001 },
    { tool: 'git', category: 'git', ago: 30 * HOUR },
    { tool: 'vim', category: 'editor', uid: 1002 },
  ])
  const range = widenToHours({ start: NOW - HOUR, end: NOW + 1 })
  expect(await insight.uids()).toEqual([1000, 1001, 1002])
  expect(await insight.during(range).toolUsage([1000, 1001])).toEqual([
    { tool: 'git', category: 'git', uses: 3, failures: 1, unknown: 0 },
    { tool: 'ls', category: 'file_ops', uses: 1, failures: 0, unknown: 0 },
  ])
  expect(await insight.during(range).toolUsage([])).toEqual([])
})

test('what ran as another user is counted by category, of the people asked for', async () => {
  const insight = await insightOf([
    { tool: 'apt', category: 'system', privileged: true },
    { tool: 'apt', category: 'system', privileged: true, uid: 1001, ago: HOUR },
    { tool: 'apt', category: 'system' },
    { tool: 'rm', category: 'file_ops', privileged: true, uid: 1002 },
  ])
  const { privilegedUse } = insight.during(widenToHours({ start: NOW - HOUR, end: NOW + 1 }))
  expect((await privilegedUse([1000, 1001])).get('system')).toBe(2)
  expect((await privilegedUse([1000, 1001])).get('file_ops') ?? 0).toBe(0)
})

test('safety posture counts by level of risk; a guard that no shell has loaded is not claimed, whatever is configured', async () => {
  const insight = await insightOf([
    {},
    { risk_level: 'high', ago: HOUR },
    { risk_level: 'critical', uid: 1001 },
    { risk_level: 'critical', uid: 1002 },
    { risk_level: 'moderate', ago: 3 * HOUR },
  ])
  const range = widenToHours({ start: NOW - HOUR, end: NOW + 1 })
  expect(await insight.during(range).safetyPosture([1000, 1001])).toEqual({
    by_risk_level: { safe: 1, moderate: 0, high: 1, critical: 1 },
    blocked: 0,
    confirmed_risky: 0,
    declined: 0,
    karo_generated: 0,
    guard: 'off',
    hook: 'on',
  })
})

test('safety posture tells what the guard did and what programs typed, of the people asked for', async () => {
  const note = (outcome: GuardNote['outcome'], uid = 1000, ago = 0): GuardNote => ({
    uid,
    outcome,
    at_us: (NOW - ago) * 1000,
    risk_level: 'high',
    local: { day: localDay(NOW - ago), hour: new Date(NOW - ago).getHours() },
  })
  const notes = [
    note('blocked'),
    note('blocked', 1001),
    note('confirmed'),
    note('declined'),
    note('unjudged'),
  ]
  const world = {
    notes: [...notes, note('blocked', 1002), note('blocked', 1000, 30 * HOUR)],
    silent: [1001],
  }
  const insight = await insightOf([{ karo_generated: true }, {}], world)
  const range = widenToHours({ start: NOW - HOUR, end: NOW + 1 })
  expect(await insight.during(range).safetyPosture([1000, 1001])).toEqual({
    by_risk_level: { safe: 2, moderate: 0, high: 0, critical: 0 },
    blocked: 2,
    confirmed_risky: 1,
    declined: 1,
    karo_generated: 1,
    guard: 'off',
    hook: 'silent',
  })
  expect(await insight.during(range).safetyPosture([1000])).toMatchObject({ blocked: 1, hook: 'on' })
})

describe('how well shells are looked after', () => {
  const DAYS = 24 * HOUR
  const active = (uid: number, ago = HOUR): GuardNote => ({
    uid,
    outcome: 'active',
    at_us: (NOW - ago) * 1000,
    risk_level: 'safe',
    local: { day: localDay(NOW - ago), hour: new Date(NOW - ago).getHours() },
  })
  const range = widenToHours({ start: NOW - HOUR, end: NOW + 1 })
  type World = Parameters<typeof insightOf>[1]
  const states = async (sketches: Parameters<typeof insightOf>[0], world: World, uids: readonly number[]) => {
    const { guard, hook } = await (await insightOf(sketches, world)).during(range).safetyPosture(uids)
    return { guard, hook }
  }

  test.each<[string, Parameters<typeof insightOf>[0], World, string]>([
    ['all who typed', [{}, { uid: 1001 }], { notes: [active(1000), active(1001)] }, 'on'],
    ['one of two who typed', [{}, { uid: 1001 }], { notes: [active(1001)] }, 'partly'],
    ['nobody', [{}, { uid: 1001 }], {}, 'off'],
    ['somebody, longer ago than a week', [{}], { notes: [active(1000, 8 * DAYS)] }, 'off'],
    ['somebody else', [{}], { notes: [active(1002)] }, 'off'],
    ['all, and the configuration says off', [{}], { notes: [active(1000)], guardAllowed: false }, 'off'],
    ['nobody, and nobody typed', [{ ago: 8 * DAYS }], {}, 'unknown'],
    ['nobody, and only a program typed', [{ karo_generated: true }], {}, 'unknown'],
  ])('the guard looked at the lines of %s', async (_, sketches, world, guard) => {
    expect((await states(sketches, world, [1000, 1001])).guard).toBe(guard)
  })

  test('a node on which nothing is recorded and no shell has the hook says so', async () => {
    expect(await states([{ ago: 8 * DAYS }], {}, [1000])).toEqual({ guard: 'unknown', hook: 'none' })
    expect(await states([{ ago: 8 * DAYS }], { hooked: [1001] }, [1000])).toMatchObject({ hook: 'none' })
    expect(await states([{ ago: 8 * DAYS }], { hooked: [1000] }, [1000])).toMatchObject({ hook: 'on' })
    expect(await states([{}], { hooked: [1000], silent: [1000] }, [1000])).toMatchObject({ hook: 'silent' })
  })

  test('records reach back to the first hour of any of the people', async () => {
    const insight = await insightOf([
      { ago: 5 * HOUR },
      { uid: 1001, ago: 9 * DAYS },
      { uid: 1002, ago: 20 * DAYS },
    ])
    const hour = (ago: number) => Math.floor((NOW - ago) / HOUR) * HOUR
    expect(await insight.recordedSince([1000])).toBe(hour(5 * HOUR))
    expect(await insight.recordedSince([1000, 1001])).toBe(hour(9 * DAYS))
    expect(await insight.recordedSince([1003])).toBeUndefined()
    expect(await insight.recordedSince([])).toBeUndefined()
  })
})

test('activity tells hours and weekdays by the clock of the owner; unique commands are each person’s own', async () => {
  const insight = await insightOf([
    { command: 'a' },
    { command: 'a', ago: HOUR },
    { command: 'b', ago: 24 * HOUR },
    { command: 'c', ago: 72 * HOUR },
    { command: 'a', uid: 1001 },
  ])
  const range = widenToHours({ start: NOW - 48 * HOUR, end: NOW + 1 })
  const activity = await insight.during(range).activityPatterns([1000, 1001])
  // 20 November 2026 is a Friday, the fifth day after Monday.
  expect(activity.daily).toEqual([0, 0, 0, 1, 3, 0, 0])
  expect(activity.hourly.flatMap((count, hour) => (count > 0 ? [[hour, count]] : []))).toEqual([
    [14, 1],
    [15, 3],
  ])
  expect(activity).toMatchObject({ total_commands: 4, unique_commands: 3 })
})

test('command patterns tell how often, how often in vain and how long, by category', async () => {
  const insight = await insightOf([
    { category: 'git', tool: 'git', duration_us: 100_000 },
    { category: 'git', tool: 'gh', duration_us: 300_000, exit_code: 1, uid: 1001 },
    { category: 'git', tool: 'git', duration_us: null, ago: HOUR },
    { category: 'npm', tool: 'npm', duration_us: 5_000, ago: 2 * HOUR },
  ])
  const range = widenToHours({ start: NOW - HOUR, end: NOW + 1 })
  expect(await insight.during(range).commandPatterns([1000, 1001])).toEqual([
    { category: 'git', count: 3, failures: 1, unknown: 0, avg_duration_ms: 133 },
  ])
})

test('the range of an hour widens to that hour and its next', () => {
  const hour = floorToHour(NOW)
  expect(widenToHours({ start: hour + 1, end: hour + 2 })).toEqual({ start: hour, end: hour + HOUR })
  expect(widenToHours({ start: hour, end: hour + HOUR })).toEqual({ start: hour, end: hour + HOUR })
})

test('health tells the node, and about how many events of a day, of everybody together, up to the last full hour', async () => {
  const old = Array.from({ length: 4 }, () => ({ uid: 1001, ago: 20 * HOUR }))
  const insight = await insightOf([...old, ...old, ...old, { ago: 26 * HOUR }])
  expect(await insight.nodeHealth()).toEqual({
    node_id: identity.nodeId,
    fingerprint: identity.fingerprint,
    name: 'eng',
    version: '1.2.3',
    uptime_seconds: 0,
    online: true,
    last_seen: new Date(NOW).toISOString(),
    events_24h: 10,
  })
})

test('health, polled while somebody types, says the same before and after each command', async () => {
  const quiet = await insightOf([])
  const typing = await insightOf(Array.from({ length: 40 }, () => ({})))
  expect((await typing.nodeHealth()).events_24h).toBe((await quiet.nodeHealth()).events_24h)
  // Also once the hour is over: one more or less does not show.
  const of = async (count: number) =>
    (await (await insightOf(Array.from({ length: count }, () => ({ ago: 2 * HOUR })))).nodeHealth())
      .events_24h
  expect([await of(1), await of(4), await of(5), await of(14), await of(15)]).toEqual([0, 0, 10, 10, 20])
})

const DAY = 24 * HOUR

test.each([
  ['today', 2, 2],
  ['week', 3, 2],
  ['month', 4, 3],
  ['year', 5, 4],
] as const)('statistics of %s: %i commands, %i different', async (period, total, unique) => {
  const insight = await insightOf([
    {
      command: 'git push',
      tool: 'git',
      category: 'git',
      exit_code: 1,
      risk_level: 'high',
      duration_us: 2_000_000,
    },
    { command: 'ls', ago: HOUR },
    { command: 'ls', ago: 6 * DAY },
    { command: 'a', ago: 7 * DAY },
    { command: 'b', ago: 364 * DAY },
    { command: 'c', ago: 365 * DAY },
    { command: 'of somebody else', uid: 1001 },
  ])
  const statistics = await insight.statistics(1000, period)
  expect(statistics).toMatchObject({
    period,
    total_commands: total,
    unique_commands: unique,
    failures: 1,
    unknown: 0,
    total_duration_ms: 2000 + (total - 1) * 5,
    by_risk_level: { safe: total - 1, moderate: 0, high: 1, critical: 0 },
    categories: expect.arrayContaining([
      expect.objectContaining({ category: 'git', count: 1, failures: 1, unknown: 0 }),
    ]),
    tools: expect.arrayContaining([
      expect.objectContaining({ tool: 'git', category: 'git', count: 1, failures: 1, unknown: 0 }),
    ]),
  })
  const days = { today: 1, week: 7, month: 30, year: 365 }[period]
  expect(statistics.range).toEqual({ start: startOfLocalDay(localDay(NOW) - days + 1), end: NOW })
  expect(statistics.hourly[14]).toBe(1)
  expect(statistics.hourly.reduce((a, b) => a + b)).toBe(total)
  // 20 November 2026 is a Friday; Monday is first.
  expect(statistics.daily[4]).toBeGreaterThanOrEqual(2)
  expect(statistics.daily.reduce((a, b) => a + b)).toBe(total)
})

test('signals of anomalies keep type, severity, hour and public names of tools, and lose whose they are', async () => {
  const at = Date.UTC(2026, 10, 19, 9)
  const signal = (severity: number, first_seen: number, subject: string | null = 'docker') =>
    ({ kind: 'unusual_pattern', subject, severity, first_seen, observed: 20, id: 'aa' }) as unknown as Signal
  const numbers = (begun: readonly Signal[]) =>
    numbersOf(
      {
        anomalies: { ...NO_ANOMALIES, begun: async () => begun, learning: async () => true },
      } as unknown as Parameters<typeof numbersOf>[0],
      { start: 0, end: NOW },
    ).anomalies([1000])
  const row = { type: 'unusual_pattern', severity: 4, count: 1, hour: at, subjects: ['docker'] }
  expect(
    await numbers([
      signal(4, at),
      signal(4, at + HOUR - 1, 'secret'),
      signal(4, at, 'rm'),
      signal(5, at),
      signal(4, at + HOUR),
    ]),
  ).toEqual({
    signals: [
      { ...row, hour: at + HOUR },
      { ...row, severity: 5 },
      { ...row, count: 3, subjects: ['docker', 'rm'] },
    ],
    learning: true,
  })
  const many = await numbers(Array.from({ length: 2_000 }, (_, i) => signal(1 + (i % 10), at + i * HOUR)))
  expect(many.signals).toHaveLength(10)
  expect(many.signals[0]).toEqual({ ...row, severity: 10, count: 200, hour: at + 1_999 * HOUR })
})
