// The sweep asks for what the configuration says, of everybody, and waits for the next time when something fails.
import { expect, test } from 'vitest'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createRetention } from '../../../../src/ops/care/retention.ts'
import { PATIENCE_MS } from '../../../support/run/until.ts'

const NOW = Date.UTC(2026, 10, 20, 12)

/** A sweep where these days are kept, and everything else for good. */
function world(days: { events_days?: number; rollups_days?: number; audit_days?: number } = {}, more = {}) {
  const retention = { events_days: 0, rollups_days: 0, audit_days: 0, ...days }
  const { keep_days, unpurged } = { keep_days: 0, unpurged: false, ...more }
  const did: string[] = []
  const waiting: { ms: number; run: () => void }[] = []
  let fails = false
  let told = 0
  let behind = 0
  const done = async (what: string, count: number): Promise<number> => {
    if (fails) throw new Error('the disk is full')
    did.push(what)
    return count
  }
  const expired: number[] = []
  const room = createRetention({
    config: { retention, processes: { enabled: true, keep_days } },
    store: {
      events: {
        people: async () => [7, 8],
        removeEvents: (uid, time) => done(`events ${uid} ${(NOW - time) / DAY_MS}`, uid === 7 ? 1 : 0),
        removeTexts: (uid) => done(`texts ${uid}`, 0),
        removeRollups: (uid, day) => done(`rollups ${uid} ${Math.floor(NOW / DAY_MS) - day}`, 0),
        purge: async (uid) => void did.push(`purge ${uid}`),
        isUnpurged: async () => unpurged,
      },
    },
    trimProcesses: (before) => done(`processes ${(NOW - before) / DAY_MS}`, 0),
    trimLedger: async (before) => void did.push(`ledger ${(NOW - before) / DAY_MS}`),
    expireCopies: (now) => void expired.push(now),
    time: { start: async () => {}, advance: async () => NOW, behind: () => behind },
    timers: {
      after(ms, run) {
        const one = { ms, run }
        waiting.push(one)
        return () => void waiting.splice(waiting.indexOf(one), 1)
      },
    },
    log: { ...silentLog, info: () => void told++ },
  })
  return {
    room,
    did,
    expired,
    waiting,
    sweep: () => room.sweep(new AbortController().signal),
    fail(on: boolean) {
      fails = on
    },
    wait(ms: number) {
      behind = ms
    },
    told: () => told,
  }
}

test('0 keeps; anything else is days, and only who lost something is purged', async () => {
  const forever = world()
  await forever.sweep()
  expect(forever.did).toEqual(['texts 7', 'texts 8'])
  // By the time that removes, which is not the clock's.
  expect(forever.expired).toEqual([NOW])
  const bounded = world({ events_days: 30, rollups_days: 400, audit_days: 90 })
  await bounded.sweep()
  expect(bounded.did).toEqual([
    ...['events 7 30', 'texts 7', 'rollups 7 400', 'purge 7'],
    ...['events 8 30', 'texts 8', 'rollups 8 400', 'processes 30', 'ledger 90'],
  ])
})

test('what a sweep that was ended left in the files goes, and only what went for its age is told of', async () => {
  const { sweep, did, told } = world({}, { unpurged: true })
  await sweep()
  expect(did).toEqual(['texts 7', 'purge 7', 'texts 8', 'purge 8'])
  expect(told()).toBe(0)
  const aged = world({ events_days: 30 })
  await aged.sweep()
  expect(aged.told()).toBe(1)
})

test('it begins after a minute, comes again every hour also after a failure, and stops', async () => {
  const { room, did, waiting, fail } = world({ events_days: 1 })
  await room.start(new AbortController().signal)
  expect(waiting.map(({ ms }) => ms)).toEqual([60_000])
  fail(true)
  waiting.pop()!.run()
  await expect.poll(() => waiting.length, { timeout: PATIENCE_MS }).toBe(1)
  expect(waiting[0]!.ms).toBe(3_600_000)
  expect(did).toEqual([])
  fail(false)
  waiting.pop()!.run()
  await expect.poll(() => waiting.length, { timeout: PATIENCE_MS }).toBe(1)
  expect(did).toContain('purge 7')
  await room.stop()
  expect(waiting).toEqual([])
})

test('what waits for the clock is told, unless nothing is ever removed', () => {
  const { room, wait } = world({ rollups_days: 400 })
  expect(room.waits()).toBe(0)
  wait(30 * DAY_MS)
  expect(room.waits()).toBe(30 * DAY_MS)
  const forever = world()
  forever.wait(30 * DAY_MS)
  expect(forever.room.waits()).toBe(0)
})

test('what processes used goes by its own bound, and with the commands at the latest', async () => {
  for (const [events_days, keep_days, days] of [
    [0, 7, 7],
    [90, 30, 30],
    [5, 30, 5],
    [5, 0, 5],
  ] as const) {
    const { sweep, did } = world({ events_days }, { keep_days })
    await sweep()
    expect(did.filter((what) => what.startsWith('processes'))).toEqual([`processes ${days}`])
  }
})
