// Folds new events into the rollups of their hour and day, as changes for the batch that stores the events.

import type { RiskLevel } from '../../assist/risk/index.ts'
import { dayOfLocalHour } from '../../base/calendar.ts'
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { createNumberSet, type NumberSet } from '../level/number-set.ts'
import { decodeValue, encodeValue } from '../level/value.ts'
import {
  addCounts,
  type Countable,
  count,
  emptyRollup,
  type MutableRollup,
  mutable,
  uncount,
} from '../rollups/count.ts'
import { dayCommandsKey, dayKey, decodeRollup, encodeRollup, hourKey } from '../rollups/rollups.ts'
import type { GuardNoted, Rollup } from '../rollups/types.ts'
import type { EventInput } from './rows.ts'

const US_PER_HOUR = 3_600_000_000
/** Live shells write to one hour and one day per person; more only while a backlog is read. */
const CACHED = 256

/**
 * A note of the guard: a decision about one line, or that it is active; with the person and the time, without the
 * command.
 */
export interface GuardNote {
  readonly uid: number
  /** Microseconds since the epoch. */
  readonly at_us: number
  readonly outcome: GuardNoted
  readonly risk_level: RiskLevel
  /** The machine's calendar then, as an event's. */
  readonly local: { readonly day: number; readonly hour: number }
}

export type RollupWriter = ReturnType<typeof createRollupWriter>

/** An event that goes. */
export interface Unfolded extends Countable {
  readonly uid: number
  readonly start_us: number
  readonly number: number
  /** No other event of this day has this number. */
  readonly lastOfDay: boolean
}

/** One per database; only one call of `fold` or `unfold` at a time. */
export function createRollupWriter(db: Database) {
  const rollups = createCache<MutableRollup>(db, (value) =>
    value === undefined ? emptyRollup() : mutable(decodeRollup(value)),
  )
  const days = createCache<NumberSet>(db, (value) => {
    const set = createNumberSet()
    if (value !== undefined) set.addEncoded(decodeValue<Uint8Array>(value))
    return set
  })

  return {
    /** Appends the rollups' new values; `numbers` are the events' command numbers. */
    async fold(
      events: readonly EventInput[],
      numbers: readonly number[],
      notes: readonly GuardNote[],
      changes: Change[],
    ) {
      // Names and keys are made once per hour and day, not once per event: most events of a batch share theirs.
      const keys = new Map<string, Buffer>()
      const daySets = new Map<string, Buffer>()
      const touch = (uid: number, us: number, localDay: number): Omit<Run, 'from' | 'to'> => {
        const names = { hour: `h ${uid} ${hourOf(us)}`, day: `d ${uid} ${localDay}` }
        if (!keys.has(names.hour)) keys.set(names.hour, hourKey(uid, hourOf(us)))
        if (!keys.has(names.day)) keys.set(names.day, dayKey(uid, localDay))
        return names
      }
      const runs = runsOf(events, ({ uid, start_us, local }) => {
        const names = touch(uid, start_us, local.day)
        if (!daySets.has(names.day)) daySets.set(names.day, dayCommandsKey(uid, local.day))
        return names
      })
      const noted = notes.map((note) => ({ note, ...touch(note.uid, note.at_us, note.local.day) }))
      const counted = await rollups.get(keys)
      const ran = await days.get(daySets)
      const grown = new Set<string>()
      for (const { hour, day, from, to } of runs) {
        // Counted once, and then added to the hour and to the day.
        const run = emptyRollup()
        const numbersOfDay = ran.get(day)!
        let isNew = false
        for (let i = from; i < to; i++) {
          count(run, events[i]!)
          if (numbersOfDay.add(numbers[i]!)) isNew = true
        }
        addCounts(counted.get(hour)!, run)
        addCounts(counted.get(day)!, run)
        if (isNew) grown.add(day)
      }
      for (const { note, hour, day } of noted) {
        for (const name of [hour, day]) {
          const rollup = counted.get(name)!
          if (note.outcome === 'active') rollup.guard_active++
          else rollup.guard[note.outcome]++
        }
      }
      for (const [name, key] of keys) {
        changes.push(putRow(key, encodeRollup(counted.get(name)!)))
      }
      for (const name of grown) {
        const value = encodeValue(ran.get(name)!.encode())
        changes.push(putRow(daySets.get(name)!, value))
      }
    },
    /** Takes events out of their rollups. A day loses a command with the event that is its `lastOfDay`. */
    async unfold(events: readonly Unfolded[], changes: Change[]) {
      const keys = new Map<string, Buffer>()
      const daySets = new Map<string, Buffer>()
      for (const { uid, start_us, local } of events) {
        const hour = hourOf(start_us)
        keys.set(`h ${uid} ${hour}`, hourKey(uid, hour))
        for (const day of nearDays(local.day)) {
          keys.set(`d ${uid} ${day}`, dayKey(uid, day))
          daySets.set(`d ${uid} ${day}`, dayCommandsKey(uid, day))
        }
      }
      const counted = await rollups.get(keys)
      const ran = await days.get(daySets)
      const changed = new Set<string>()
      const shrunk = new Set<string>()
      for (const going of events) {
        const { uid } = going
        const hour = `h ${uid} ${hourOf(going.start_us)}`
        const event = { ...going, local: localThen(counted.get(hour)!, going) }
        if (uncount(counted.get(hour)!, event)) changed.add(hour)
        // The event's hour gives its day, or nearly so in another time zone; a removed day must not be replaced by one beside it.
        const beside = event.local === going.local ? [] : nearDays(going.local.day)
        const named = [...new Set([event.local.day, ...beside])]
          .map((day) => `d ${uid} ${day}`)
          .filter((name) => counted.has(name))
        const day = named.find((name) => uncount(counted.get(name)!, event))
        if (day !== undefined) changed.add(day)
        const set = event.lastOfDay ? named.find((name) => ran.get(name)!.delete(event.number)) : undefined
        if (set !== undefined) shrunk.add(set)
      }
      for (const name of changed) {
        const rollup = counted.get(name)!
        const noted = Object.values(rollup.guard).some((many) => many > 0) || rollup.guard_active > 0
        const isEmpty = rollup.count === 0 && !noted
        const key = keys.get(name)!
        changes.push(isEmpty ? delRow(key) : putRow(key, encodeRollup(rollup)))
      }
      for (const name of shrunk) {
        const set = ran.get(name)!
        const key = daySets.get(name)!
        if (set.size() === 0) changes.push(delRow(key))
        else changes.push(putRow(key, encodeValue(set.encode())))
      }
    },
    /** Forgets what was folded since the last durable batch, because that batch was not written. */
    reset() {
      rollups.clear()
      days.clear()
    },
  }
}

/** Events next to each other, [from, to), that one hour and one day count. */
interface Run {
  /** Names of both in the caches. */
  readonly hour: string
  readonly day: string
  readonly from: number
  to: number
}

/** Without events that no hour and no day counts. `begin` gives a run its names. */
function runsOf(
  events: readonly EventInput[],
  begin: (first: EventInput) => Omit<Run, 'from' | 'to'>,
): readonly Run[] {
  const runs: Run[] = []
  let run: Run | undefined
  let [uid, hour, day] = [Number.NaN, 0, 0]
  for (let i = 0; i < events.length; i++) {
    const event = events[i]!
    if (event.untimed) {
      run = undefined
      continue
    }
    const at = hourOf(event.start_us)
    if (run === undefined || event.uid !== uid || at !== hour || event.local.day !== day) {
      run = { ...begin(event), from: i, to: i }
      ;[uid, hour, day] = [event.uid, at, event.local.day]
      runs.push(run)
    }
    run.to = i + 1
  }
  return runs
}

/** The day by the machine's present calendar, and the days beside it, because the calendar may have been another then. */
const nearDays = (day: number): readonly number[] => [day, ...(day > 0 ? [day - 1] : []), day + 1]

/** The local hour and day as they were when the event was counted; the hour's rollup holds them, whatever the zone is now. */
export function localThen(
  { hourly }: Pick<Rollup, 'hourly'>,
  { start_us, local }: Pick<Unfolded, 'start_us' | 'local'>,
): EventInput['local'] {
  if (hourly[local.hour]) return local
  const most = Math.max(...hourly)
  if (most === 0) return local
  const hour = hourly.indexOf(most)
  return { day: dayOfLocalHour(hourOf(start_us), hour), hour }
}

const hourOf = (startUs: number): number => Math.floor(startUs / US_PER_HOUR)

/** Decoded values of keys that change often, by a name of the caller's; the last `CACHED` used stay. */
function createCache<T>(db: Database, decode: (value: Uint8Array | undefined) => T) {
  const cache = new Map<string, T>()
  return {
    async get(wanted: ReadonlyMap<string, Buffer>): Promise<ReadonlyMap<string, T>> {
      const missing = [...wanted].filter(([name]) => !cache.has(name))
      const values = missing.length === 0 ? [] : await db.getMany(missing.map(([, key]) => key))
      const found = new Map<string, T>()
      for (const [i, [name]] of missing.entries()) found.set(name, decode(values[i]))
      for (const name of wanted.keys()) {
        const value = found.get(name) ?? cache.get(name)!
        found.set(name, value)
        // Set again, so that the map's order is the order of use.
        cache.delete(name)
        cache.set(name, value)
      }
      for (const name of cache.keys()) {
        if (cache.size <= CACHED) break
        cache.delete(name)
      }
      return found
    },
    clear: () => cache.clear(),
  }
}
