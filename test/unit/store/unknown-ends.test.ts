// Schema 6: commands of unknown end come out of the events, as if they had been counted from the start.
import { expect, test } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import { createEventRepository } from '../../../src/store/events/events.ts'
import type { Database } from '../../../src/store/level/database.ts'
import { type Keyspace, keyRange, makeKey } from '../../../src/store/level/keyspace.ts'
import { encodeValue } from '../../../src/store/level/value.ts'
import { migrate, NEWEST_SCHEMA } from '../../../src/store/rescue/migrations.ts'
import { mutable } from '../../../src/store/rollups/count.ts'
import { createRollupRepository, decodeRollup, encodeRollup } from '../../../src/store/rollups/rollups.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { eventOf, positionAt } from '../../support/data/events.ts'

const EVER = 0xffff_ffff

/** What schema 5 wrote: the same without commands of unknown end. */
async function writeAsBefore(db: Database): Promise<void> {
  for (const keyspace of ['rollups_hour', 'rollups_day'] satisfies Keyspace[]) {
    for (const [key, value] of await db.iterator(keyRange(keyspace)).all()) {
      const rollup = mutable(decodeRollup(value))
      for (const tally of [...Object.values(rollup.categories), ...Object.values(rollup.tools)])
        tally.unknown = 0
      await db.put(key, encodeRollup(rollup))
    }
  }
  await db.put(makeKey('meta', { text: 'schema' }), encodeValue(1, 5))
}

test('a database of schema 5 ends up as one that counted unknown ends from the start', async () => {
  const db = await temporaryDatabase()
  const zone = new Date()
  const events = Array.from({ length: 40 }, (_, n) => {
    const event = eventOf(n * 600, {
      category: n % 3 === 0 ? 'git' : 'npm',
      exit_code: n % 4 === 0 ? 1 : n % 2 === 0 ? 0 : null,
      uid: n % 5 === 0 ? 1001 : 1000,
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
  const { sum } = await rollups.sumOfDays(1000, 0, EVER)
  expect(sum).toMatchObject({ count: 32, failures: 8, unknown: 16 })
  await writeAsBefore(db)
  expect((await rollups.sumOfDays(1000, 0, EVER)).sum.unknown).toBe(0)
  expect(await migrate(db, '/db', { log: silentLog })).toBe(NEWEST_SCHEMA)
  expect(await all()).toEqual(counted)
})
