// What the guard did is counted beside what ran: in the batch that moves the spool on, of hour and day, and nothing else.
import { expect, test } from 'vitest'
import {
  createEventRepository,
  type EventRepository,
  type GuardNote,
} from '../../../../src/store/events/events.ts'
import { putRepaired } from '../../../../src/store/events/spool-positions.ts'
import { newDatabase } from '../../../../src/store/level/database.ts'
import { keyRange } from '../../../../src/store/level/keyspace.ts'
import { decodeValue, encodeValue } from '../../../../src/store/level/value.ts'
import { repairDatabase } from '../../../../src/store/rescue/repair.ts'
import { createRollupRepository, decodeRollup, encodeRollup } from '../../../../src/store/rollups/rollups.ts'
import type { RollupRepository } from '../../../../src/store/rollups/types.ts'
import { fillDatabase } from '../../../support/data/damage.ts'
import { temporaryDatabase, temporaryDirectory } from '../../../support/data/database.ts'
import { eventOf, positionAt } from '../../../support/data/events.ts'
import { T0 } from '../../../support/data/spool.ts'

const HOUR_US = 3_600_000_000
const HOUR = Math.floor(T0 / HOUR_US)
const DAY = 20_777
const NOTHING = { blocked: 0, confirmed: 0, declined: 0, unjudged: 0 }

const note = (outcome: GuardNote['outcome'], more: Partial<GuardNote> = {}): GuardNote => ({
  uid: 1000,
  at_us: T0,
  outcome,
  risk_level: 'high',
  local: { day: DAY, hour: 9 },
  ...more,
})
const dayOf = async (rollups: RollupRepository, uid = 1000) =>
  (await rollups.days(uid, DAY, DAY + 1))[0]?.rollup

test('notes are counted by outcome and person, in their hour and their day, and are no commands', async () => {
  const db = await temporaryDatabase()
  const [events, rollups] = [createEventRepository(db), createRollupRepository(db)]
  await events.ingest({
    events: [eventOf(1), eventOf(2, { karo_generated: true })],
    guarded: [
      note('blocked'),
      note('blocked'),
      note('declined', { at_us: T0 + HOUR_US }),
      note('unjudged', { uid: 7 }),
    ],
    position: positionAt(10),
    dropped: 0,
  })
  await events.ingest({ events: [], guarded: [note('confirmed')], position: positionAt(20), dropped: 0 })

  expect(await dayOf(rollups)).toMatchObject({
    count: 2,
    generated: 1,
    failures: 0,
    guard: { blocked: 2, confirmed: 1, declined: 1, unjudged: 0 },
  })
  expect(await dayOf(rollups, 7)).toMatchObject({ count: 0, guard: { ...NOTHING, unjudged: 1 } })
  const hours = await rollups.hours(1000, HOUR, HOUR + 2)
  expect(hours.map(({ rollup }) => rollup.guard)).toEqual([
    { ...NOTHING, blocked: 2, confirmed: 1 },
    { ...NOTHING, declined: 1 },
  ])
  expect(await rollups.uniqueCommands(1000, DAY, DAY + 1)).toBe(1)
  expect(await events.count(1000)).toBe(2)
  expect(await events.count(7)).toBe(0)
})

test('a batch that was not written counted nothing', async () => {
  const db = await temporaryDatabase()
  const [events, rollups] = [createEventRepository(db), createRollupRepository(db)]
  const batch = (outcome: GuardNote['outcome']) => ({
    events: [],
    guarded: [note(outcome)],
    position: positionAt(1),
    dropped: 0,
  })
  await events.ingest(batch('blocked'))
  await db.close()
  await expect(events.ingest(batch('declined'))).rejects.toThrow()
  await db.open()
  await events.ingest(batch('confirmed'))
  expect((await dayOf(rollups))?.guard).toEqual({ ...NOTHING, blocked: 1, confirmed: 1 })
})

test('rows from before they were counted read as zeros, and rows without them are written as before', async () => {
  const row = [3, 1, 20, { git: [3, 1, 20] }, { git: ['git', 3, 1] }, [1, 1, 1, 0], new Array(24).fill(0)]
  const old = decodeRollup(encodeValue(row, 2))
  expect(old).toMatchObject({ count: 3, guard: NOTHING, generated: 0 })
  expect(decodeValue(encodeRollup(old), 2)).toEqual(row)
  for (const more of [
    { generated: 2 },
    { answered: 2 },
    { guard: { blocked: 1, confirmed: 2, declined: 3, unjudged: 4 } },
  ]) {
    expect(decodeRollup(encodeRollup({ ...old, ...more }))).toEqual({ ...old, ...more })
  }
})

test('a repair that counts anew keeps what the guard did; what it may have counted is not counted again', async () => {
  const directory = `${temporaryDirectory()}/db`
  await fillDatabase(directory, 200)
  const db = newDatabase(directory)
  await db.open()
  const [row] = await db.iterator({ ...keyRange('rollups_hour'), limit: 1 }).all()
  const [key, value] = row!
  const guard = { blocked: 5, confirmed: 4, declined: 3, unjudged: 2 }
  await db.put(key, encodeRollup({ ...decodeRollup(value), count: 0, guard, guard_active: 6 }))
  await db.close()
  expect((await repairDatabase(directory)).keyspaces.rollups_hour?.rebuilt).toBe(1)
  await db.open()
  expect(decodeRollup((await db.get(key))!)).toEqual({ ...decodeRollup(value), guard, guard_active: 6 })

  await db.batch([putRepaired(T0)])
  const events: EventRepository = createEventRepository(db)
  const guarded = [note('blocked', { uid: 9, at_us: T0 }), note('declined', { uid: 9, at_us: T0 + 1 })]
  await events.ingest({ events: [], guarded, position: positionAt(999), dropped: 0 })
  expect((await dayOf(createRollupRepository(db), 9))?.guard).toEqual({ ...NOTHING, declined: 1 })
  await db.close()
})

test('a repair while the clock was ahead keeps no note from being counted once the clock is right', async () => {
  const db = await temporaryDatabase()
  await db.batch([putRepaired(T0 + 365 * 24 * HOUR_US)])
  const now = T0 / 1000
  const events = createEventRepository(db, [], { now: () => now, monotonic: () => 0 })
  const guarded = [note('blocked'), note('declined', { at_us: T0 + 1 })]
  await events.ingest({ events: [], guarded, position: positionAt(1), dropped: 0 })
  expect((await dayOf(createRollupRepository(db)))?.guard).toEqual({ ...NOTHING, declined: 1 })
})

test('a clock that is behind when the spool is read again has no event counted twice', async () => {
  const db = await temporaryDatabase()
  await db.batch([putRepaired(T0 + HOUR_US)])
  const events = createEventRepository(db, [], { now: () => 0, monotonic: () => 0 })
  const batch = { events: [eventOf(1)], position: positionAt(1), dropped: 0 }
  await events.ingest(batch)
  await events.ingest(batch)
  expect((await dayOf(createRollupRepository(db)))?.count).toBe(1)
})
