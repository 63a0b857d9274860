// Entries go for their age, at most once a day, and the chain stays provable over what is left.
import { expect, test } from 'vitest'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { makeKey } from '../../../../src/store/level/keyspace.ts'
import { BEGIN, openLedger } from './ledger.ts'

async function ledger() {
  const { audit, clock, database } = await openLedger()
  for (let day = 0; day < 10; day++) {
    clock.time = BEGIN + day * DAY_MS
    await audit.record({ type: 'query_received', success: true, details: { day } })
  }
  const days = async () =>
    (await audit.log({ limit: 99, type: 'query_received' })).map(({ details }) => details.day)
  return { audit, database, days }
}

test('older entries are replaced by one that names the last of them', async () => {
  const { audit, days } = await ledger()

  // Nothing is a day older than that yet.
  await audit.trim(BEGIN + DAY_MS)
  expect(await days()).toHaveLength(10)

  await audit.trim(BEGIN + 6 * DAY_MS)
  expect(await days()).toEqual([9, 8, 7, 6])
  const [told] = await audit.log({ limit: 1, type: 'checkpoint' })
  expect(told?.details).toMatchObject({ removed_through: 6 })
  expect(await audit.verify()).toMatchObject({ ok: true, first_bad: null })

  // All of them: the chain still continues.
  await audit.trim(BEGIN + 60 * DAY_MS)
  await audit.record({ type: 'query_received', success: true, details: { day: 60 } })
  expect(await days()).toEqual([60])
  expect(await audit.verify()).toMatchObject({ ok: true })
})

test('an entry that cannot be read does not stop the others from going for their age, and is counted', async () => {
  const { audit, database, days } = await ledger()
  for (const seq of [1, 4])
    await database.put(makeKey('audit', { bytes: Uint8Array.of(1) }, { u64: seq }), Buffer.from('damaged'))
  await audit.trim(BEGIN + 6 * DAY_MS)
  expect(await days()).toEqual([9, 8, 7, 6])
  const [told] = await audit.log({ limit: 1, type: 'checkpoint' })
  expect(told?.details).toMatchObject({ removed_through: 6, unreadable: 2 })
})
