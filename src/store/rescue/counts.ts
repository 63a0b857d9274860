// Compares rollups with their events, and counts again where something is missing.
import { HOUR_MS, localDay } from '../../base/calendar.ts'
import { countKey } from '../events/counts.ts'
import { countableOf } from '../events/rows.ts'
import { type Change, type Database, putRow } from '../level/database.ts'
import { commandOfKey, eventsOf, isCounted, startOfKey } from '../level/key-of-event.ts'
import { createNumberSet } from '../level/number-set.ts'
import { pages } from '../level/pages.ts'
import { decodeValue, encodeValue } from '../level/value.ts'
import { count, emptyRollup, type MutableRollup } from '../rollups/count.ts'
import { readRollupsFrom } from '../rollups/from.ts'
import {
  dayCommandsKey,
  dayKey,
  decodeRollup,
  encodeRollup,
  firstHourOf,
  hourKey,
} from '../rollups/rollups.ts'

export interface Recounted {
  readonly rollups_hour: number
  readonly rollups_day: number
  readonly command_days: number
  readonly event_counts: number
}

/**
 * Counts one person's events and replaces each hour and day that tells of fewer than there are. One that tells of more
 * stays: the events were lost, or removed for their age, and did run. What was counted of them may have been removed for
 * its age as well: it stays away. Days only where `days`: they are told by the
 * calendar the machine has now, which need not be the one they were counted by. Resolves with the rows replaced.
 */
export async function recount(db: Database, uid: number, days: boolean): Promise<Recounted> {
  const rows = { rollups_hour: 0, rollups_day: 0, command_days: 0, event_counts: 0 }
  const from = await readRollupsFrom(db, uid)
  let total = 0
  let changes: Change[] = []
  let hour = { at: -1, rollup: emptyRollup() }
  let day = { at: -1, rollup: emptyRollup(), commands: createNumberSet() }

  async function endHour(): Promise<void> {
    if (hour.at < Math.max(0, firstHourOf(from))) return
    if (await replaces(hourKey(uid, hour.at), hour.rollup)) rows.rollups_hour++
  }
  async function endDay(): Promise<void> {
    if (day.at < from || !days) return
    if (await replaces(dayKey(uid, day.at), day.rollup)) rows.rollups_day++
    const key = dayCommandsKey(uid, day.at)
    const stored = await db.get(key)
    const before = createNumberSet()
    if (stored !== undefined) before.addEncoded(decodeValue<Uint8Array>(stored))
    const known = before.size()
    before.addEncoded(day.commands.encode())
    if (before.size() === known) return
    rows.command_days++
    changes.push(putRow(key, encodeValue(before.encode())))
  }
  async function replaces(key: Buffer, rollup: MutableRollup): Promise<boolean> {
    const value = await db.get(key)
    const stored = value === undefined ? undefined : decodeRollup(value)
    if (stored !== undefined && stored.count >= rollup.count) return false
    // No event holds what the guard did, so it is kept as far as it can be read.
    const { guard, guard_active } = stored ?? rollup
    changes.push(putRow(key, encodeRollup({ ...rollup, guard, guard_active })))
    return true
  }

  for await (const page of pages(db.iterator(eventsOf(uid)))) {
    total += page.length
    for (const [key, value] of page) {
      if (!isCounted(key)) continue
      const time = startOfKey(key) / 1000
      const hourAt = Math.floor(time / HOUR_MS)
      if (hourAt !== hour.at) {
        await endHour()
        hour = { at: hourAt, rollup: emptyRollup() }
      }
      const dayAt = Math.max(0, localDay(time))
      if (dayAt !== day.at) {
        await endDay()
        day = { at: dayAt, rollup: emptyRollup(), commands: createNumberSet() }
      }
      const countable = countableOf(key, value, dayAt)
      count(hour.rollup, countable)
      count(day.rollup, countable)
      day.commands.add(commandOfKey(key))
    }
    await db.batch(changes)
    changes = []
  }
  await endHour()
  await endDay()
  const told = await db.get(countKey(uid))
  if (told === undefined || decodeValue<number>(told) !== total) {
    rows.event_counts++
    changes.push(putRow(countKey(uid), encodeValue(total)))
  }
  await db.batch(changes)
  return rows
}
