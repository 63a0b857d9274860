// The room over a real database: it looks when something changed, makes up for days, forgets, and keeps what is muted.
import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, localDay } from '../../../../src/base/calendar.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import type { Signal } from '../../../../src/base/words/signal.ts'
import { createAnomalies } from '../../../../src/insight/anomalies/index.ts'
import { createEventRepository } from '../../../../src/store/events/events.ts'
import type { Database } from '../../../../src/store/level/database.ts'
import { keyRange } from '../../../../src/store/level/keyspace.ts'
import { isSound } from '../../../../src/store/rescue/rows.ts'
import { createRollupRepository } from '../../../../src/store/rollups/rollups.ts'
import { createAnomalyRepository, isAnomalyRow } from '../../../../src/store/tables/anomalies.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { eventOf, positionAt, type Sketch } from '../../../support/data/events.ts'
import { PATIENCE_MS } from '../../../support/run/until.ts'

const ME = 1000
/** Noon of a Friday, wherever this runs. */
const NOON = new Date(2026, 10, 20, 12).getTime()

async function room(db?: Database, at = NOON) {
  const database = db ?? (await temporaryDatabase())
  const repository = createAnomalyRepository(database)
  const events = createEventRepository(database)
  const config = { anomalies: { enabled: true, notice: true } }
  const silent: { uid: number; shell: string; since: number }[] = []
  const due: { ms: number; run: () => void }[] = []
  let now = at
  let tag = 0
  let ids = 0
  const anomalies = createAnomalies({
    config,
    repository,
    rollups: createRollupRepository(database),
    log: silentLog,
    silentHooks: () => silent,
    note: async () => {},
    clock: { now: () => now, monotonic: () => now },
    timers: {
      after(ms, run) {
        due.push({ ms, run })
        return () => void due.splice(0)
      },
    },
    random: { bytes: () => Buffer.from([0, 0, Math.floor(ids / 256), ids++ % 256]), float: () => 0.5 },
  })
  return {
    db: database,
    repository,
    anomalies,
    config,
    silent,
    due,
    set: (time: number) => {
      now = time
    },
    /** `n` commands, `days` days ago at the hour of `at`. */
    async typed(n: number, days: number, sketch: Sketch = {}, hour = new Date(now).getHours()) {
      const date = new Date(now)
      date.setDate(date.getDate() - days)
      date.setHours(hour, 0, 0, 0)
      const time = date.getTime()
      const batch = Array.from({ length: n }, () => {
        tag++
        const local = { day: localDay(time), hour }
        return eventOf(0, { uid: ME, start_us: time * 1000 + tag, tag, local, ...sketch })
      })
      await events.ingest({ events: batch, position: positionAt(tag), dropped: 0 })
    },
  }
}
type World = Awaited<ReturnType<typeof room>>

async function weeks({ typed }: World, days = 20): Promise<void> {
  for (let ago = days; ago >= 1; ago--) {
    await typed(10, ago)
    await typed(10, ago, {}, 10)
  }
}
const DOCKER = { tool: 'docker', category: 'docker' }
const told = async ({ anomalies }: World, uid = ME) =>
  (await anomalies.signals(uid)).map(
    ({ kind, subject, numbers: _, ...rest }: Signal & { numbers?: never }) => [kind, subject, rest.observed],
  )

test('looks when it is asked, at what came since', async () => {
  const world = await room()
  await weeks(world)
  expect(await told(world)).toEqual([])
  await world.typed(20, 0, DOCKER)
  expect(await told(world)).toEqual([['unusual_pattern', 'docker', 20]])
  await world.typed(10, 0, DOCKER)
  expect(await told(world)).toEqual([['unusual_pattern', 'docker', 30]])
  expect(await told(world, 7)).toEqual([])
})

test('looks by itself some time after the start, and tells who listens, once', async () => {
  const world = await room()
  await weeks(world)
  await world.typed(20, 0, DOCKER)
  const heard: unknown[] = []
  world.anomalies.onBegun((uid, { kind }) => heard.push([uid, kind]))
  await world.anomalies.start(new AbortController().signal)
  expect(world.due).toHaveLength(1)
  world.due.shift()!.run()
  await expect.poll(() => world.due.length, { timeout: PATIENCE_MS }).toBe(1)
  expect(heard).toEqual([[ME, 'unusual_pattern']])
  world.due.shift()!.run()
  await expect.poll(() => world.due.length, { timeout: PATIENCE_MS }).toBe(1)
  expect(heard).toHaveLength(1)
  await world.anomalies.stop()
  expect(world.due).toEqual([])
})

test('what is muted is not told, and what its mute runs out for is', async () => {
  const world = await room()
  await weeks(world)
  const heard: string[] = []
  world.anomalies.onBegun((_, { subject }) => heard.push(String(subject)))
  await world.anomalies.mute(ME, 'unusual_pattern', 60_000)
  await world.typed(20, 0, DOCKER)
  expect(await world.anomalies.signals(ME)).toMatchObject([{ muted: true }])
  expect([await world.anomalies.unseen(ME, 1), await world.anomalies.see(ME, 1), heard]).toEqual([[], [], []])
  world.set(NOON + 60_001)
  expect(await world.anomalies.signals(ME)).toMatchObject([{ muted: false, seen: false }])
  expect(await world.anomalies.see(ME, 1)).toHaveLength(1)
  expect(await world.anomalies.mutes(ME)).toEqual([])
})

test('only those that are named are seen', async () => {
  const world = await room()
  await weeks(world)
  await world.typed(20, 0, DOCKER)
  await world.typed(20, 0, { tool: 'psql', category: 'database' })
  const [one, ...others] = (await world.anomalies.signals(ME)).map(({ id }) => id)
  expect(others.length).toBeGreaterThan(0)
  expect((await world.anomalies.see(ME, 1, [one!, 'no such'])).map(({ id }) => id)).toEqual([one])
  expect((await world.anomalies.unseen(ME, 1)).map(({ id }) => id).sort()).toEqual(others.sort())
})

test('a mute by id is about the same of the same, whenever it comes', async () => {
  const world = await room()
  await weeks(world)
  await world.typed(20, 0, DOCKER)
  const id = (await world.anomalies.signals(ME))[0]!.id
  expect(await world.anomalies.mute(ME, id, null)).toEqual({ target: 'unusual_pattern/docker', until: null })
  await world.typed(20, 0, { tool: 'psql', category: 'database' })
  const shown = await world.anomalies.signals(ME)
  expect(shown.map(({ subject, muted }) => [subject, muted]).sort()).toEqual([
    ['database', false],
    ['docker', true],
  ])
  await expect(world.anomalies.mute(7, id, null)).rejects.toMatchObject({ code: 'not_found' })
})

test('mutes have a bound, which an old one does not count against twice', async () => {
  const world = await room()
  for (let i = 0; i < 100; i++)
    await world.repository.mutes.write(ME, { put: [{ target: `timing/${i}`, until: null }] })
  await expect(world.anomalies.mute(ME, 'timing', null)).rejects.toMatchObject({ code: 'rate_limited' })
  await world.anomalies.unmute(ME, 'timing/7')
  await world.anomalies.mute(ME, 'timing', null)
  await world.anomalies.mute(ME, 'timing', 60_000)
})

test('days on which the daemon did not run are made up for, a week of them', async () => {
  const world = await room()
  await weeks(world)
  await world.anomalies.signals(ME)
  await world.typed(20, -3, DOCKER)
  await world.typed(20, -1, { tool: 'psql', category: 'database' })
  world.set(NOON + 5 * DAY_MS)
  expect((await told(world)).map(([, subject]) => subject)).toEqual(['docker', 'database'])

  const other = await room()
  await weeks(other)
  await other.anomalies.signals(ME)
  await other.typed(20, -1, DOCKER)
  other.set(NOON + 20 * DAY_MS)
  expect(await told(other)).toEqual([])
})

test('a clock that was ahead and jumped back is no reason for more, nor for silence', async () => {
  const world = await room()
  await weeks(world)
  world.set(NOON + 300 * DAY_MS)
  await world.typed(30, 0, DOCKER)
  await world.anomalies.signals(ME)
  world.set(NOON)
  await world.typed(20, 0, DOCKER)
  expect(await told(world)).toEqual([['unusual_pattern', 'docker', 20]])
})

test('a silent hook goes on as one signal, and is over when it is', async () => {
  const world = await room()
  world.silent.push(
    { uid: ME, shell: 'zsh', since: NOON - 15 * 60_000 },
    { uid: 7, shell: 'bash', since: NOON },
  )
  expect(await told(world)).toEqual([['hook_silent', 'zsh', 15]])
  world.set(NOON + 600_000)
  expect(await told(world)).toEqual([['hook_silent', 'zsh', 25]])
  world.silent.length = 0
  world.set(NOON + 2 * DAY_MS)
  expect(await world.anomalies.signals(ME)).toMatchObject([{ observed: 25, ongoing: false, count: 1 }])
})

const row = (n: number, more: object = {}) => ({
  id: `${n}`.padStart(8, '0'),
  kind: 'timing',
  subject: null,
  severity: 3,
  unit: 'commands',
  observed: 11,
  expected: 0,
  spread: null,
  n: 20,
  window: { start: NOON, end: NOON },
  first_seen: NOON,
  count: 1,
  last_seen: NOON + n,
  last_day: 1,
  seen: true,
  ...more,
})

test('signals are kept for 90 days, and 500 of them', async () => {
  const world = await room()
  await world.repository.update(ME, { put: [row(1, { last_seen: NOON - 91 * DAY_MS }), row(2)], remove: [] })
  expect((await world.anomalies.signals(ME)).map(({ id }) => id)).toEqual(['00000002'])
  await world.repository.update(ME, { put: Array.from({ length: 600 }, (_, i) => row(i)), remove: [] })
  await world.typed(1, 0)
  const kept = await world.anomalies.signals(ME)
  expect([kept.length, kept[0]!.id, kept.at(-1)!.id]).toEqual([500, '00000599', '00000100'])
})

test('a kind that only a newer version knows is neither shown nor lost', async () => {
  const world = await room()
  await world.repository.update(ME, { put: [row(1, { kind: 'from_the_future' })], remove: [] })
  expect(await world.anomalies.signals(ME)).toEqual([])
  expect(await world.repository.signals(ME)).toHaveLength(1)
})

test('where it is off nothing is looked at', async () => {
  const world = await room()
  await weeks(world)
  world.config.anomalies.enabled = false
  await world.typed(20, 0, DOCKER)
  expect(await told(world)).toEqual([])
  world.config.anomalies.enabled = true
  expect(await told(world)).toHaveLength(1)
})

test('signals of a range are those that began in it, each once, and muted ones too', async () => {
  const world = await room()
  await weeks(world)
  await world.typed(20, 1, DOCKER)
  await world.typed(80, 0, DOCKER)
  const day = (ago: number) => ({
    start: NOON - 12 * HOUR_MS - ago * DAY_MS,
    end: NOON + 12 * HOUR_MS - ago * DAY_MS,
  })
  const begun = async (ago: number, uids = [ME]) =>
    (await world.anomalies.begun(uids, day(ago))).map(({ subject, count }) => [subject, count])
  await world.anomalies.mute(ME, 'unusual_pattern', null)
  expect([await begun(1), await begun(1, [7])]).toEqual([[['docker', 2]], []])
  expect(await begun(0)).not.toContainEqual(['docker', expect.anything()])
  expect(await begun(1, [7, ME])).toEqual([['docker', 2]])
  world.config.anomalies.enabled = false
  expect([await begun(1), await world.anomalies.knownSince([ME])]).toEqual([[], undefined])
})

test('what is known begins with the first day that was looked at, and anew after a gap', async () => {
  const world = await room()
  await weeks(world)
  const midnight = NOON - 12 * HOUR_MS
  const known = async () => ((await world.anomalies.knownSince([ME, 7]))! - midnight) / DAY_MS
  expect(await known()).toBe(-1)
  world.set(NOON + 5 * DAY_MS)
  expect(await known()).toBe(-1)
  // A week is made up for, and no more.
  world.set(NOON + 20 * DAY_MS)
  expect(await known()).toBe(13)
  world.set(NOON)
  expect(await known()).toBe(-1)
  // Signals of longer ago are forgotten.
  for (let days = 0; days <= 120; days += 6) {
    world.set(NOON + days * DAY_MS)
    await world.anomalies.signals(ME)
    await world.anomalies.signals(7)
  }
  expect(await known()).toBe(30.5)
  const put = Array.from({ length: 500 }, (_, i) => row(i, { last_seen: NOON + 119 * DAY_MS + i }))
  await world.repository.update(ME, { put, remove: [] })
  expect(((await world.anomalies.knownSince([ME]))! - NOON) / DAY_MS).toBe(119)
})

test('whoever has two weeks of days with commands has learnt what is usual', async () => {
  const world = await room()
  await weeks(world, 13)
  expect(await world.anomalies.learning([ME])).toBe(true)
  await world.typed(1, 14)
  expect([await world.anomalies.learning([ME]), await world.anomalies.learning([ME, 7])]).toEqual([
    false,
    true,
  ])
  world.set(NOON + 60 * DAY_MS)
  expect(await world.anomalies.learning([ME])).toBe(true)
})

test('metrics count those of days that are over, of everybody, by kind', async () => {
  const world = await room()
  await world.repository.update(ME, { put: [row(1), row(2, { kind: 'deviation' })], remove: [] })
  await world.repository.update(7, { put: [row(3)], remove: [] })
  expect((await world.anomalies.counts()).timing).toBe(0)
  world.set(NOON + DAY_MS)
  expect(await world.anomalies.counts()).toMatchObject({ timing: 2, deviation: 1, hook_silent: 0 })
})

test('every row is one that a repair keeps, and a strange one is not', async () => {
  const world = await room()
  await weeks(world)
  await world.typed(20, 0, DOCKER)
  await world.anomalies.signals(ME)
  await world.anomalies.mute(ME, 'timing', null)
  await world.anomalies.mute(ME, 'deviation', 60_000)
  const rows = await world.db.iterator(keyRange('anomalies')).all()
  expect(rows).toHaveLength(5)
  for (const [key, value] of rows) {
    expect(isAnomalyRow(key, value)).toBe(true)
    expect(isSound('anomalies', key, value.subarray(0, -1))).toBe(false)
    expect(isSound('anomalies', Buffer.from(key).fill(9, 5, 6), value)).toBe(false)
  }
})
