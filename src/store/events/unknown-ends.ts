// Schema 6: rollups from before unknown exit codes were counted get their number from the events that are still there.
import { HOUR_MS, localDay } from '../../base/calendar.ts'
import { type Change, type Database, putRow } from '../level/database.ts'
import { isCounted, readU32, startOfKey, UID_AT } from '../level/key-of-event.ts'
import { keyRange } from '../level/keyspace.ts'
import { pages } from '../level/pages.ts'
import { mutable } from '../rollups/count.ts'
import { dayKey, decodeRollup, encodeRollup, hourKey } from '../rollups/rollups.ts'
import { localThen } from './rollup-writer.ts'
import { decodeWithoutText, isEndKnown } from './rows.ts'

const PAGE = 4096
/** Hours and days that are read at once. */
const ROWS = 512

/** Events of unknown end by category and by tool. */
interface Unknown {
  readonly key: Buffer
  readonly categories: Map<string, number>
  readonly tools: Map<string, number>
}

/** Events of a day are those of its hours, which keep the calendar that the machine had when they were counted. */
export async function unknownEnds(db: Database): Promise<readonly Change[]> {
  const hours = new Map<string, Unknown>()
  const days = new Map<string, Unknown>()
  for await (const page of pages(db.iterator(keyRange('events')), PAGE)) {
    const unknown = page.filter(([key, value]) => isCounted(key) && !isEndKnown(key, value))
    const found = unknown.map(([key, value]) => {
      const uid = readU32(key, UID_AT)
      const start_us = startOfKey(key)
      const at = Math.floor(start_us / 1000)
      return { uid, start_us, at, hour: Math.floor(at / HOUR_MS), event: decodeWithoutText(key, value) }
    })
    const keys = new Map(found.map(({ uid, hour }) => [`${uid} ${hour}`, hourKey(uid, hour)]))
    const values = await db.getMany([...keys.values()])
    const hourly = new Map([...keys.keys()].map((name, i) => [name, values[i] && decodeRollup(values[i])]))
    for (const { uid, start_us, at, hour, event } of found) {
      const name = `${uid} ${hour}`
      const counted = hourly.get(name)
      if (counted === undefined) continue
      const local = { day: Math.max(0, localDay(at)), hour: new Date(at).getHours() }
      const { day } = localThen(counted, { start_us, local })
      add(hours, name, keys.get(name)!, event)
      add(days, `${uid} ${day}`, dayKey(uid, day), event)
    }
  }
  return [...(await changesOf(db, [...hours.values()])), ...(await changesOf(db, [...days.values()]))]
}

function add(
  sums: Map<string, Unknown>,
  name: string,
  key: Buffer,
  { category, tool }: { readonly category: string; readonly tool: string },
): void {
  const sum = sums.get(name) ?? { key, categories: new Map(), tools: new Map() }
  sums.set(name, sum)
  sum.categories.set(category, (sum.categories.get(category) ?? 0) + 1)
  sum.tools.set(tool, (sum.tools.get(tool) ?? 0) + 1)
}

async function changesOf(db: Database, sums: readonly Unknown[]): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (let from = 0; from < sums.length; from += ROWS) {
    const some = sums.slice(from, from + ROWS)
    const values = await db.getMany(some.map(({ key }) => key))
    for (const [i, { key, categories, tools }] of some.entries()) {
      if (values[i] === undefined) continue
      const rollup = mutable(decodeRollup(values[i]))
      set(rollup.categories, categories)
      set(rollup.tools, tools)
      changes.push(putRow(key, encodeRollup(rollup)))
    }
  }
  return changes
}

/** Never more than what did not fail: a row may have lost some that events still tell of. */
function set(
  tallies: Readonly<Record<string, { readonly count: number; readonly failures: number; unknown: number }>>,
  unknown: ReadonlyMap<string, number>,
): void {
  for (const [name, many] of unknown) {
    if (!Object.hasOwn(tallies, name)) continue
    const tally = tallies[name]!
    tally.unknown = Math.min(many, tally.count - tally.failures)
  }
}
