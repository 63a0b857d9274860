// Folds new events into the rollups of their hour and day, as changes for the batch that stores the events.

import type { RiskLevel } from '../../assist/risk/index.ts'
import { dayOfLocalHour } from '../../base/calendar.ts'
import type { Change, Database } from '../level/database.ts'
import { createNumberSet, type NumberSet } from '../level/number-set.ts'
import { decodeValue, encodeValue } from '../level/value.ts'
import { dayCommandsKey, dayKey, decodeRollup, encodeRollup, hourKey, NO_ROLLUP } from '../rollups/rollups.ts'
import type { GuardNoted, GuardOutcome, Rollup } from '../rollups/types.ts'
import { type EventInput, hasFailed } from './rows.ts'

const VALUE_VERSION = 1
const US_PER_HOUR = 3_600_000_000
/** Live shells write to one hour and one day per person; more only while a backlog is read. */
const CACHED = 256

interface MutableTally {
  count: number
  failures: number
}
export interface MutableRollup extends MutableTally {
  duration_ms: number
  categories: Record<string, MutableTally & { duration_ms: number }>
  tools: Record<string, MutableTally & { category: string }>
  risk: Record<RiskLevel, number>
  hourly: number[]
  guard: Record<GuardOutcome, number>
  guard_active: number
  generated: number
  answered: number
  rules: Record<string, number>
}

/** What the guard noted: a decision about one line, or that it is active; the person and the time, not the command. */
export interface GuardNote {
  readonly uid: number
  /** Microseconds since the epoch. */
  readonly at_us: number
  readonly outcome: GuardNoted
  readonly risk_level: RiskLevel
  /** The machine's calendar then, as an event's. */
  readonly local: { readonly day: number; readonly hour: number }
}

export interface RollupWriter {
  /** Appends the rollups' new values; `numbers` are the events' command numbers. */
  fold(
    events: readonly EventInput[],
    numbers: readonly number[],
    notes: readonly GuardNote[],
    changes: Change[],
  ): Promise<void>
  /** Takes events out of their rollups. A day loses a command with the event that is its `lastOfDay`. */
  unfold(events: readonly Unfolded[], changes: Change[]): Promise<void>
  /** Forgets what was folded since the last durable batch, because that batch was not written. */
  reset(): void
}

/** An event that goes. */
export interface Unfolded extends Countable {
  readonly uid: number
  readonly start_us: number
  readonly number: number
  /** No other event of this day has this number. */
  readonly lastOfDay: boolean
}

/** One per database; only one call of `fold` or `unfold` at a time. */
export function createRollupWriter(db: Database): RollupWriter {
  const rollups = createCache<MutableRollup>(db, (value) =>
    value === undefined ? emptyRollup() : mutable(decodeRollup(value)),
  )
  const days = createCache<NumberSet>(db, (value) => {
    const set = createNumberSet()
    if (value !== undefined) set.addEncoded(decodeValue<Uint8Array>(VALUE_VERSION, value))
    return set
  })

  return {
    async fold(events, numbers, notes, changes) {
      // Keys are made once per hour and day, not once per event: most events of a batch share theirs.
      const hours = new Map<string, Buffer>()
      const dayRollups = new Map<string, Buffer>()
      const daySets = new Map<string, Buffer>()
      const touch = (uid: number, us: number, localDay: number): void => {
        const hour = hourOf(us)
        if (!hours.has(`h ${uid} ${hour}`)) hours.set(`h ${uid} ${hour}`, hourKey(uid, hour))
        const day = `d ${uid} ${localDay}`
        if (!dayRollups.has(day)) dayRollups.set(day, dayKey(uid, localDay))
      }
      for (const { uid, start_us, local, untimed } of events) {
        if (untimed) continue
        touch(uid, start_us, local.day)
        const day = `d ${uid} ${local.day}`
        if (!daySets.has(day)) daySets.set(day, dayCommandsKey(uid, local.day))
      }
      for (const { uid, at_us, local } of notes) touch(uid, at_us, local.day)
      const keys = new Map([...hours, ...dayRollups])
      const counted = await rollups.get(keys)
      const ran = await days.get(daySets)
      const grown = new Set<string>()
      for (const [i, event] of events.entries()) {
        if (event.untimed) continue
        const day = `d ${event.uid} ${event.local.day}`
        count(counted.get(`h ${event.uid} ${hourOf(event.start_us)}`)!, event)
        count(counted.get(day)!, event)
        if (ran.get(day)!.add(numbers[i]!)) grown.add(day)
      }
      for (const { uid, at_us, local, outcome } of notes) {
        for (const name of [`h ${uid} ${hourOf(at_us)}`, `d ${uid} ${local.day}`]) {
          const rollup = counted.get(name)!
          if (outcome === 'active') rollup.guard_active++
          else rollup.guard[outcome]++
        }
      }
      for (const [name, key] of keys) {
        changes.push({ type: 'put', key, value: encodeRollup(counted.get(name)!) })
      }
      for (const name of grown) {
        const value = encodeValue(VALUE_VERSION, ran.get(name)!.encode())
        changes.push({ type: 'put', key: daySets.get(name)!, value })
      }
    },
    async unfold(events, changes) {
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
        changes.push(isEmpty ? { type: 'del', key } : { type: 'put', key, value: encodeRollup(rollup) })
      }
      for (const name of shrunk) {
        const set = ran.get(name)!
        const key = daySets.get(name)!
        if (set.size() === 0) changes.push({ type: 'del', key })
        else changes.push({ type: 'put', key, value: encodeValue(VALUE_VERSION, set.encode()) })
      }
    },
    reset() {
      rollups.clear()
      days.clear()
    },
  }
}

/** The day by the machine's present calendar, and the days beside it, because the calendar may have been another then. */
const nearDays = (day: number): readonly number[] => [day, ...(day > 0 ? [day - 1] : []), day + 1]

/** The local hour and day as they were when the event was counted; the hour's rollup holds them, whatever the zone is now. */
function localThen({ hourly }: Rollup, { start_us, local }: Unfolded): EventInput['local'] {
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

/** The members of an event that a rollup counts. */
export type Countable = Pick<
  EventInput,
  | 'exit_code'
  | 'duration_us'
  | 'category'
  | 'tool'
  | 'risk_level'
  | 'karo_generated'
  | 'answered'
  | 'rule'
  | 'local'
>

export function count(rollup: MutableRollup, event: Countable): void {
  const failed = hasFailed(event) ? 1 : 0
  const duration = Math.round((event.duration_us ?? 0) / 1000)
  const category = ownOf(rollup.categories, event.category, () => ({ count: 0, failures: 0, duration_ms: 0 }))
  const tool = ownOf(rollup.tools, event.tool, () => ({ category: event.category, count: 0, failures: 0 }))
  for (const tally of [rollup, category, tool]) {
    tally.count++
    tally.failures += failed
  }
  rollup.duration_ms += duration
  category.duration_ms += duration
  rollup.risk[event.risk_level]++
  rollup.hourly[event.local.hour]!++
  if (event.karo_generated) rollup.generated++
  if (event.answered) rollup.answered++
  if (event.rule !== undefined) countRule(rollup.rules, event.rule, 1)
}

/** What stands there under a name, made where nothing does; rows of a backup may be named as what every object has. */
function ownOf<T>(all: Record<string, T>, name: string, make: () => T): T {
  if (!Object.hasOwn(all, name))
    Object.defineProperty(all, name, { value: make(), writable: true, enumerable: true, configurable: true })
  return all[name]!
}

/** Different rules of one rollup. Karo has fewer, but rows of a backup may name what they like. */
const RULES_MOST = 512

function countRule(rules: MutableRollup['rules'], id: string, more: 1 | -1): void {
  const known = Object.hasOwn(rules, id) ? rules[id]! : 0
  if (known + more <= 0) delete rules[id]
  else if (known > 0 || Object.keys(rules).length < RULES_MOST) rules[id] = known + more
}

/** False, with nothing changed, where the event has no rollup, which may have been removed because of its age. */
function uncount(rollup: MutableRollup, event: Countable): boolean {
  if (!Object.hasOwn(rollup.categories, event.category) || !Object.hasOwn(rollup.tools, event.tool))
    return false
  const category = rollup.categories[event.category]!
  const tool = rollup.tools[event.tool]!
  const failed = hasFailed(event) ? 1 : 0
  const duration = Math.round((event.duration_us ?? 0) / 1000)
  for (const tally of [rollup, category, tool]) {
    tally.count = Math.max(0, tally.count - 1)
    tally.failures = Math.max(0, tally.failures - failed)
  }
  rollup.duration_ms = Math.max(0, rollup.duration_ms - duration)
  category.duration_ms = Math.max(0, category.duration_ms - duration)
  if (category.count === 0) delete rollup.categories[event.category]
  if (tool.count === 0) delete rollup.tools[event.tool]
  rollup.risk[event.risk_level] = Math.max(0, rollup.risk[event.risk_level] - 1)
  // Counted by another calendar, it is where most of it is: an hour of UTC has one hour of the day, or two.
  const { hour } = event.local
  const slot = rollup.hourly[hour] ? hour : rollup.hourly.indexOf(Math.max(...rollup.hourly))
  rollup.hourly[slot] = Math.max(0, rollup.hourly[slot]! - 1)
  if (event.karo_generated) rollup.generated = Math.max(0, rollup.generated - 1)
  if (event.answered) rollup.answered = Math.max(0, rollup.answered - 1)
  if (event.rule !== undefined) countRule(rollup.rules, event.rule, -1)
  return true
}

export const emptyRollup = (): MutableRollup => mutable(structuredClone(NO_ROLLUP))

/** A freshly decoded rollup belongs to its decoder alone, so its objects may be changed in place. */
const mutable = (rollup: Rollup): MutableRollup => rollup as MutableRollup
