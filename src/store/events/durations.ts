// Schema 2: rollups from before durations were kept by category get them from the events.
import { HOUR_MS, localDay } from '../../base/calendar.ts'
import { type Change, type Database, putRow } from '../level/database.ts'
import { readU32, UID_AT } from '../level/key-of-event.ts'
import { keyRange } from '../level/keyspace.ts'
import { pages } from '../level/pages.ts'
import { decodeValue, encodeValue } from '../level/value.ts'
import { ROLLUP_TIME_AT, ROLLUP_VERSION } from '../rollups/rollups.ts'
import { decodeWithoutText } from './rows.ts'

const OLD_VERSION = 1
const PAGE = 4096

type OldCategories = Readonly<Record<string, readonly [count: number, failures: number]>>
type OldRow = readonly [
  count: number,
  failures: number,
  ms: number,
  categories: OldCategories,
  ...rest: unknown[],
]

/** Milliseconds by category, for each person and hour or day. */
type Sums = Map<string, Record<string, number>>

const nameOf = (uid: number, at: number): string => `${uid} ${at}`

/** Days follow the calendar that the machine has now; rows of a day keep their own categories. */
export async function categoryDurations(db: Database): Promise<readonly Change[]> {
  const hours: Sums = new Map()
  const days: Sums = new Map()
  const add = (sums: Sums, name: string, category: string, ms: number): void => {
    const sum = sums.get(name) ?? {}
    sum[category] = (sum[category] ?? 0) + ms
    sums.set(name, sum)
  }
  for await (const page of pages(db.iterator(keyRange('events')), PAGE)) {
    for (const [key, value] of page) {
      const { timestamp, category, duration_ms } = decodeWithoutText(key, value)
      if (duration_ms === null) continue
      const uid = readU32(key, UID_AT)
      add(hours, nameOf(uid, Math.floor(timestamp / HOUR_MS)), category, duration_ms)
      add(days, nameOf(uid, Math.max(0, localDay(timestamp))), category, duration_ms)
    }
  }

  const changes: Change[] = []
  for (const [keyspace, sums] of [
    ['rollups_hour', hours],
    ['rollups_day', days],
  ] as const) {
    for (const [key, value] of await db.iterator(keyRange(keyspace)).all()) {
      const [count, failures, ms, categories, ...rest] = decodeValue<OldRow>(OLD_VERSION, value)
      const sum = sums.get(nameOf(readU32(key, UID_AT), readU32(key, ROLLUP_TIME_AT))) ?? {}
      const withDurations = Object.fromEntries(
        Object.entries(categories).map(([name, tally]) => [name, [...tally, sum[name] ?? 0]]),
      )
      const row = [count, failures, ms, withDurations, ...rest]
      changes.push(putRow(key, encodeValue(ROLLUP_VERSION, row)))
    }
  }
  return changes
}
