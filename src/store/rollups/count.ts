// Counts events in a rollup, adds such counts to those of an hour or a day, and takes an event out of them again.
import { RISK_LEVELS, type RiskLevel } from '../../assist/risk/index.ts'
import { GUARD_OUTCOMES, type GuardOutcome, type Rollup, type Tally } from './types.ts'

interface MutableTally {
  count: number
  failures: number
  unknown: number
}
export interface MutableRollup extends MutableTally {
  duration_ms: number
  categories: Record<string, MutableTally & { duration_ms: number; privileged?: number }>
  tools: Record<string, MutableTally & { category: string }>
  risk: Record<RiskLevel, number>
  hourly: number[]
  guard: Record<GuardOutcome, number>
  guard_active: number
  generated: number
  answered: number
  rules: Record<string, number>
}

/** The members of an event that a rollup counts. */
export interface Countable {
  readonly exit_code: number | null
  readonly duration_us: number | null
  readonly category: string
  readonly tool: string
  readonly risk_level: RiskLevel
  readonly karo_generated: boolean
  readonly answered?: true
  readonly privileged?: true
  readonly rule?: string
  /** The machine's calendar when it began; the hour is 0 to 23. */
  readonly local: { readonly day: number; readonly hour: number }
}

/** A command that ended with another exit code than 0. */
export const hasFailed = ({ exit_code }: Pick<Countable, 'exit_code'>): boolean =>
  exit_code !== null && exit_code !== 0

export function count(rollup: MutableRollup, event: Countable): void {
  const one = tallyOf(event)
  const duration = Math.round((event.duration_us ?? 0) / 1000)
  const category = categoryOf(rollup, event.category)
  const tool = toolOf(rollup, event.tool, event.category)
  for (const tally of [rollup, category, tool]) addTally(tally, one)
  rollup.duration_ms += duration
  category.duration_ms += duration
  if (event.privileged) category.privileged = (category.privileged ?? 0) + 1
  rollup.risk[event.risk_level]++
  rollup.hourly[event.local.hour]!++
  if (event.karo_generated) rollup.generated++
  if (event.answered) rollup.answered++
  if (event.rule !== undefined) countRule(rollup.rules, event.rule, 1)
}

/** Adds all that `more` has. */
export function addCounts(rollup: MutableRollup, more: Rollup): void {
  addTally(rollup, more)
  rollup.duration_ms += more.duration_ms
  for (const [name, tally] of Object.entries(more.categories)) {
    const category = categoryOf(rollup, name)
    addTally(category, tally)
    category.duration_ms += tally.duration_ms
    if (tally.privileged) category.privileged = (category.privileged ?? 0) + tally.privileged
  }
  for (const [name, tally] of Object.entries(more.tools)) {
    addTally(toolOf(rollup, name, tally.category), tally)
  }
  for (const level of RISK_LEVELS) rollup.risk[level] += more.risk[level]
  for (let hour = 0; hour < more.hourly.length; hour++) rollup.hourly[hour]! += more.hourly[hour]!
  rollup.generated += more.generated
  rollup.answered += more.answered
  rollup.guard_active += more.guard_active
  for (const outcome of GUARD_OUTCOMES) rollup.guard[outcome] += more.guard[outcome]
  for (const [id, many] of Object.entries(more.rules)) countRule(rollup.rules, id, many)
}

/** With exit code 4 `karo check` answers that a line is not allowed; other commands of Karo that were refused have no text here to tell them by. */
const tallyOf = (event: Countable): Tally => ({
  count: 1,
  failures: hasFailed(event) && !(event.tool === 'karo' && event.exit_code === 4) ? 1 : 0,
  unknown: event.exit_code === null ? 1 : 0,
})

function addTally(sum: MutableTally, more: Tally): void {
  sum.count += more.count
  sum.failures += more.failures
  sum.unknown += more.unknown
}

export const categoryOf = (rollup: MutableRollup, name: string): MutableRollup['categories'][string] =>
  ownOf(rollup.categories, name, () => ({ count: 0, failures: 0, unknown: 0, duration_ms: 0 }))

export const toolOf = (rollup: MutableRollup, name: string, category: string) =>
  ownOf(rollup.tools, name, () => ({ category, count: 0, failures: 0, unknown: 0 }))

/** What stands there under a name, made where nothing does; rows of a backup may be named as what every object has. */
function ownOf<T>(all: Record<string, T>, name: string, make: () => T): T {
  if (Object.hasOwn(all, name)) return all[name]!
  const value = make()
  // Assigned, it would be the object's prototype; to define each name takes several times as long.
  if (name !== '__proto__') all[name] = value
  else Object.defineProperty(all, name, { value, writable: true, enumerable: true, configurable: true })
  return value
}

/** Different rules of one rollup. Karo has fewer, but rows of a backup may name what they like. */
const RULES_MOST = 512

/** `more` of them, or fewer below 0. */
function countRule(rules: MutableRollup['rules'], id: string, more: number): void {
  const known = Object.hasOwn(rules, id) ? rules[id]! : 0
  if (known + more <= 0) delete rules[id]
  else if (known > 0 || Object.keys(rules).length < RULES_MOST) rules[id] = known + more
}

/** False, with nothing changed, where the event has no rollup, which may have been removed because of its age. */
export function uncount(rollup: MutableRollup, event: Countable): boolean {
  if (!Object.hasOwn(rollup.categories, event.category) || !Object.hasOwn(rollup.tools, event.tool))
    return false
  const category = rollup.categories[event.category]!
  const tool = rollup.tools[event.tool]!
  const one = tallyOf(event)
  const duration = Math.round((event.duration_us ?? 0) / 1000)
  for (const tally of [rollup, category, tool]) {
    tally.count = less(tally.count, one.count)
    tally.failures = less(tally.failures, one.failures)
    tally.unknown = less(tally.unknown, one.unknown)
  }
  rollup.duration_ms = less(rollup.duration_ms, duration)
  category.duration_ms = less(category.duration_ms, duration)
  if (event.privileged && category.privileged) category.privileged--
  if (category.count === 0) delete rollup.categories[event.category]
  if (tool.count === 0) delete rollup.tools[event.tool]
  rollup.risk[event.risk_level] = less(rollup.risk[event.risk_level], 1)
  // Counted by another calendar, it is where most of it is: an hour of UTC has one hour of the day, or two.
  const { hour } = event.local
  const slot = rollup.hourly[hour] ? hour : rollup.hourly.indexOf(Math.max(...rollup.hourly))
  rollup.hourly[slot] = less(rollup.hourly[slot]!, 1)
  if (event.karo_generated) rollup.generated = less(rollup.generated, 1)
  if (event.answered) rollup.answered = less(rollup.answered, 1)
  if (event.rule !== undefined) countRule(rollup.rules, event.rule, -1)
  return true
}

const less = (count: number, by: number): number => Math.max(0, count - by)

/** A rollup that counts nothing yet, which is the caller's own. */
export const emptyRollup = (): MutableRollup => ({
  count: 0,
  failures: 0,
  unknown: 0,
  duration_ms: 0,
  generated: 0,
  guard_active: 0,
  answered: 0,
  categories: {},
  tools: {},
  rules: {},
  risk: { safe: 0, moderate: 0, high: 0, critical: 0 },
  hourly: new Array<number>(24).fill(0),
  guard: { blocked: 0, confirmed: 0, declined: 0, unjudged: 0 },
})

/** A freshly decoded rollup belongs to its decoder alone, so its objects may be changed in place. */
export const mutable = (rollup: Rollup): MutableRollup => rollup as MutableRollup
