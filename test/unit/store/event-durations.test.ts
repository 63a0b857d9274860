// Schema 2: durations by category come out of the events, as if they had been counted from the start.
import { expect, test } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import { createEventRepository } from '../../../src/store/events/events.ts'
import type { Database } from '../../../src/store/level/database.ts'
import { type Keyspace, keyRange, makeKey } from '../../../src/store/level/keyspace.ts'
import { decodeValue, encodeValue } from '../../../src/store/level/value.ts'
import { migrate, NEWEST_SCHEMA } from '../../../src/store/rescue/migrations.ts'
import { createRollupRepository } from '../../../src/store/rollups/rollups.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { eventOf, positionAt } from '../../support/data/events.ts'

const EVER = 0xffff_ffff
const HOURLY = Array.from({ length: 13 }, (_, n) => n * 600)

type Row = [number, number, number, Record<string, number[]>, ...unknown[]]

/** What schema 1 wrote: the same without durations by category. */
async function writeAsBefore(db: Database): Promise<void> {
  for (const keyspace of ['rollups_hour', 'rollups_day'] satisfies Keyspace[]) {
    for (const [key, value] of await db.iterator(keyRange(keyspace)).all()) {
      const row = decodeValue<Row>(2, value)
      for (const tally of Object.values(row[3])) tally.length = 2
      await db.put(key, encodeValue(1, row))
    }
  }
  await db.put(makeKey('meta', { text: 'schema' }), encodeValue(1, 1))
}

test('a database of schema 1 ends up as one that counted durations from the start', async () => {
  const db = await temporaryDatabase()
  const zone = new Date()
  const events = HOURLY.map((n) => {
    const event = eventOf(n, {
      category: n % 1200 === 0 ? 'git' : 'npm',
      duration_us: n % 1800 === 0 ? null : 1_000 * n,
      uid: n % 2400 === 0 ? 1001 : 1000,
    })
    zone.setTime(event.start_us / 1000)
    const day = Math.round(Date.UTC(zone.getFullYear(), zone.getMonth(), zone.getDate()) / 86_400_000)
    return { ...event, local: { day, hour: zone.getHours() } }
  })
  await createEventRepository(db).ingest({ events, position: positionAt(1), dropped: 0 })
  const rollups = createRollupRepository(db)
  const all = async () => [
    await rollups.hours(1000, 0, EVER),
    await rollups.days(1000, 0, EVER),
    await rollups.hours(1001, 0, EVER),
    await rollups.days(1001, 0, EVER),
  ]
  const counted = await all()
  expect(counted.every((rows) => rows.length > 0)).toBe(true)
  await writeAsBefore(db)
  await expect(all()).rejects.toThrow('version')
  expect(await migrate(db, '/db', { log: silentLog })).toBe(NEWEST_SCHEMA)
  expect(await all()).toEqual(counted)
})
