// Counts for each person by UTC hour and by local day: only names of the public dictionary and numbers.

import { HOUR_MS } from '../../base/calendar.ts'
import type { Database } from '../level/database.ts'
import { commandOfKey, eventsBetween, isCounted, readU32, UID_AT } from '../level/key-of-event.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { createNumberSet, type NumberSet } from '../level/number-set.ts'
import { pages } from '../level/pages.ts'
import { peopleIn } from '../level/table.ts'
import { decodeValue, encodeValue } from '../level/value.ts'
import { addCounts, categoryOf, emptyRollup, type MutableRollup, toolOf } from './count.ts'
import type { Rollup, RollupRepository } from './types.ts'

/** The rollup of an hour or a day without events. */
export const NO_ROLLUP: Rollup = Object.freeze(emptyRollup())

export const ROLLUP_VERSION = 2
// keyspace ‖ uid ‖ hour or day
export const ROLLUP_TIME_AT = UID_AT + 4
const MAX_TIME = 0xffff_ffff
/** A local date begins up to 14 hours before its date in UTC does (UTC+14), and ends up to 12 after (UTC-12). */
const FARTHEST_EAST = 14
const FARTHEST_WEST = 12
/** Bytes that LevelDB hands over in one piece. By the library's 16 KiB, a year of days would be asked for sixteen days at a time. */
const READ_BYTES = 256 * 1024

export const hourKey = (uid: number, hour: number): Buffer =>
  makeKey('rollups_hour', { u32: uid }, { u32: hour })
export const dayKey = (uid: number, day: number): Buffer => makeKey('rollups_day', { u32: uid }, { u32: day })
export const dayCommandsKey = (uid: number, day: number): Buffer =>
  makeKey('command_days', { u32: uid }, { u32: day })

/** The first hour, since the epoch, that any zone may count to `day` or a later one. */
export const firstHourOf = (day: number): number => day * 24 - FARTHEST_EAST

/** Everything that was counted of one person before `day`; hours that any zone may count to that day are left. */
export const rollupsBefore = (uid: number, day: number): readonly { gte: Buffer; lt: Buffer }[] => [
  timeRange('rollups_hour', uid, 0, firstHourOf(day)),
  timeRange('rollups_day', uid, 0, day),
  timeRange('command_days', uid, 0, day),
]

type RollupRow = readonly [
  count: number,
  failures: number,
  durationMs: number,
  // `unknown` and what follows it are absent while they are 0. That of all commands is the sum of the categories'.
  categories: Readonly<
    Record<
      string,
      readonly [count: number, failures: number, durationMs: number, unknown?: number, privileged?: number]
    >
  >,
  tools: Readonly<
    Record<string, readonly [category: string, count: number, failures: number, unknown?: number]>
  >,
  risk: readonly [safe: number, moderate: number, high: number, critical: number],
  hourly: readonly number[],
  // Absent while all of them are 0, and in rows from before they were counted.
  guard?: readonly [blocked: number, confirmed: number, declined: number, unjudged: number, active?: number],
  generated?: number,
  answered?: number,
  // Absent while none is counted.
  rules?: Readonly<Record<string, number>>,
]

export function encodeRollup(rollup: Rollup): Buffer {
  const categories: Record<string, number[]> = {}
  for (const [name, tally] of Object.entries(rollup.categories)) {
    categories[name] = [tally.count, tally.failures, tally.duration_ms]
    const { unknown, privileged = 0 } = tally
    if (unknown + privileged > 0) categories[name].push(unknown)
    if (privileged > 0) categories[name].push(privileged)
  }
  const tools: Record<string, (string | number)[]> = {}
  for (const [name, tally] of Object.entries(rollup.tools)) {
    tools[name] = [tally.category, tally.count, tally.failures]
    if (tally.unknown > 0) tools[name].push(tally.unknown)
  }
  const { generated, answered, rules } = rollup
  const { safe, moderate, high, critical } = rollup.risk
  const row = [
    rollup.count,
    rollup.failures,
    rollup.duration_ms,
    categories,
    tools,
    [safe, moderate, high, critical],
    rollup.hourly,
  ]
  const { blocked, confirmed, declined, unjudged } = rollup.guard
  const active = rollup.guard_active
  const hasRules = Object.keys(rules).length > 0
  const more = hasRules || blocked + confirmed + declined + unjudged + active + generated + answered > 0
  const last = hasRules ? [answered, rules] : answered > 0 ? [answered] : []
  const guard = [blocked, confirmed, declined, unjudged, ...(active > 0 ? [active] : [])]
  return encodeValue(more ? [...row, guard, generated, ...last] : row, ROLLUP_VERSION)
}

/**
 * Adds a stored row to `sum`; returns what it has by hour. A year of days has tens of thousands of tallies: no Object.entries, no
 * destructuring of their arrays (both iterate), and no object for each.
 */
function addRow(sum: MutableRollup, value: Uint8Array): Pick<Rollup, 'count' | 'hourly'> {
  const [
    count,
    failures,
    duration_ms,
    categories,
    tools,
    riskRow,
    hourly,
    guardRow = [0, 0, 0, 0],
    generated = 0,
    answered = 0,
    rules = {},
  ] = decodeValue<RollupRow>(value, ROLLUP_VERSION)
  let unknown = 0
  for (const name in categories) {
    const of = categoryOf(sum, name)
    const stored = categories[name]!
    of.count += stored[0]
    of.failures += stored[1]
    of.duration_ms += stored[2]
    of.unknown += stored[3] ?? 0
    unknown += stored[3] ?? 0
    if (stored[4]) of.privileged = (of.privileged ?? 0) + stored[4]
  }
  for (const name in tools) {
    const stored = tools[name]!
    const of = toolOf(sum, name, stored[0])
    of.count += stored[1]
    of.failures += stored[2]
    of.unknown += stored[3] ?? 0
  }
  const [safe, moderate, high, critical] = riskRow
  const [blocked, confirmed, declined, unjudged, guard_active = 0] = guardRow
  addCounts(sum, {
    ...NO_ROLLUP,
    count,
    failures,
    unknown,
    duration_ms,
    risk: { safe, moderate, high, critical },
    hourly,
    guard: { blocked, confirmed, declined, unjudged },
    guard_active,
    generated,
    answered,
    rules,
  })
  return { count, hourly }
}

export function decodeRollup(value: Uint8Array): Rollup {
  const rollup = emptyRollup()
  addRow(rollup, value)
  return rollup
}

export function createRollupRepository(db: Database): RollupRepository {
  async function read(
    keyspace: 'rollups_hour' | 'rollups_day',
    uid: number,
    from: number,
    to: number,
  ): Promise<{ at: number; rollup: Rollup }[]> {
    const rows = await db.iterator(timeRange(keyspace, uid, from, to)).all()
    return rows.map(([key, value]) => ({
      at: readU32(key, ROLLUP_TIME_AT),
      rollup: decodeRollup(value),
    }))
  }

  async function addDays(union: NumberSet, uid: number, from: number, to: number): Promise<void> {
    if (from >= to) return
    for (const value of await db.values(timeRange('command_days', uid, from, to)).all()) {
      union.addEncoded(decodeValue<Uint8Array>(value))
    }
  }

  /** Reads keys only, because an event's key holds the number of its command. */
  async function addEvents(union: NumberSet, uid: number, from: number, to: number): Promise<void> {
    if (from >= to) return
    for await (const page of pages(
      db.keys(eventsBetween(uid, Math.floor(from) * HOUR_MS, Math.floor(to) * HOUR_MS)),
    )) {
      for (const key of page) if (isCounted(key)) union.add(commandOfKey(key))
    }
  }

  const firstIn = (space: 'rollups_day' | 'rollups_hour') => async (uid: number) => {
    const [key] = await db.keys({ ...keyRange(space, { u32: uid }), limit: 1 }).all()
    return key === undefined ? undefined : readU32(key, ROLLUP_TIME_AT)
  }

  return {
    uids: () => peopleIn(db, 'rollups_day'),
    async hours(uid, from, to) {
      return (await read('rollups_hour', uid, from, to)).map(({ at, rollup }) => ({ hour: at, rollup }))
    },
    async days(uid, from, to) {
      return (await read('rollups_day', uid, from, to)).map(({ at, rollup }) => ({ day: at, rollup }))
    },
    async sumOfDays(uid, from, to) {
      const sum = emptyRollup()
      const rows = await db.iterator(timeRange('rollups_day', uid, from, to)).all()
      const days = rows.map(([key, value]) => ({
        day: readU32(key, ROLLUP_TIME_AT),
        ...addRow(sum, value),
      }))
      return { sum, days }
    },
    firstDay: firstIn('rollups_day'),
    firstHour: firstIn('rollups_hour'),
    async dayNumbers(uid, from, to) {
      const keys = await db.keys(timeRange('rollups_day', uid, from, to)).all()
      return keys.map((key) => readU32(key, ROLLUP_TIME_AT))
    },
    async uniqueCommands(uid, from, to) {
      const union = createNumberSet()
      await addDays(union, uid, from, to)
      return union.size()
    },
    async uniqueCommandsOfHours(uid, from, to) {
      const union = createNumberSet()
      // Sets of days that lie inside the range in any time zone are joined; commands at its edges are read from events.
      const first = Math.ceil((from + FARTHEST_EAST) / 24)
      const end = Math.floor((to - FARTHEST_WEST) / 24)
      if (first >= end) {
        await addEvents(union, uid, from, to)
      } else {
        await addEvents(union, uid, from, Math.min(to, first * 24 + FARTHEST_WEST))
        await addDays(union, uid, first, end)
        await addEvents(union, uid, Math.max(from, end * 24 - FARTHEST_EAST), to)
      }
      return union.size()
    },
  }
}

function timeRange(
  keyspace: 'rollups_hour' | 'rollups_day' | 'command_days',
  uid: number,
  from: number,
  to: number,
): { gte: Buffer; lt: Buffer; highWaterMarkBytes: number } {
  const bounded = (time: number): number => Math.min(Math.max(0, Math.floor(time)), MAX_TIME)
  return {
    gte: makeKey(keyspace, { u32: uid }, { u32: bounded(from) }),
    lt: makeKey(keyspace, { u32: uid }, { u32: bounded(to) }),
    highWaterMarkBytes: READ_BYTES,
  }
}
