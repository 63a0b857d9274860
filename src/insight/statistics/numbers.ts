// Level 1 numbers of one range of hours: read once for each person, folded once for each set of people, then projected.
import {
  type ActivityPatterns,
  type AnomalySignal,
  type SafetyCounts,
  type SafetyPosture,
  SUBJECTS_MAX,
  type ToolUse,
} from '../../../protocols/messages/numbers.ts'
import type { PatternStat } from '../../../protocols/messages/summary.ts'
import { byText } from '../../base/by-text.ts'
import { DAY_MS, HOUR_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import { CATEGORIES, TOOL_NAMES } from '../../base/words/dictionary.ts'
import type { Signal } from '../../base/words/signal.ts'
import type { RollupRepository } from '../../store/rollups/types.ts'
import type { Anomalies } from '../anomalies/index.ts'
import { type FoldedHours, foldHours, type Hour } from './fold.ts'
import type { Numbers, ShellCare, TimeRange } from './types.ts'

export interface NumbersDeps {
  readonly rollups: RollupRepository
  /** False: the guard is off in this node's configuration, whatever shells have loaded. */
  readonly guardAllowed: () => boolean
  /** Shells of all people that have loaded the hook. */
  readonly hookedShells: () => readonly { readonly person: number }[]
  /** Those of them that run programs while their hook says nothing. */
  readonly silentHooks: () => readonly { readonly uid: number }[]
  readonly clock: Clock
  readonly anomalies: Pick<Anomalies, 'begun' | 'knownSince' | 'learning'>
}

export function numbersOf(deps: NumbersDeps, range: TimeRange, care: ShellCare = new Map()): Numbers {
  const { rollups } = deps
  /** The UTC hours since the epoch that the range touches: [from, to). */
  const [from, to] = [Math.floor(range.start / HOUR_MS), Math.ceil(range.end / HOUR_MS)]
  const hours = new Map<number, Promise<readonly Hour[]>>()
  const folds = new Map<string, Promise<FoldedHours>>()

  const hoursOf = (uid: number): Promise<readonly Hour[]> =>
    once(hours, uid, () => rollups.hours(uid, from, to))

  const foldOf = (uids: readonly number[]): Promise<FoldedHours> =>
    once(folds, uids.join(), async () => {
      const all: Hour[] = []
      for (const uid of uids) for (const hour of await hoursOf(uid)) all.push(hour)
      return foldHours(all)
    })

  return {
    toolUsage: async (uids) => toolsIn(await foldOf(uids)),
    commandPatterns: async (uids) => patternsIn(await foldOf(uids)),
    safetyCounts: async (uids) => safetyIn(await foldOf(uids)),
    riskRules: async (uids) => new Map(Object.entries((await foldOf(uids)).rules)),
    privilegedUse: async (uids) =>
      new Map((await foldOf(uids)).categories.map(({ category, privileged = 0 }) => [category, privileged])),
    safetyPosture: async (uids) => ({
      ...safetyIn(await foldOf(uids)),
      ...(await once(care, uids.join(), () => lookedAfter(deps, uids))),
    }),
    anomalies: async (uids) => ({
      signals: signalsOf(await deps.anomalies.begun(uids, range)),
      learning: await deps.anomalies.learning(uids),
    }),
    async activityPatterns(uids) {
      const folded = await foldOf(uids)
      let unique = 0
      for (const uid of uids) unique += await rollups.uniqueCommandsOfHours(uid, from, to)
      return activityIn(folded, unique)
    },
  }
}

/** Rows that an answer has room for; with more hours than that, each type and severity has only its latest hour. */
const SIGNAL_ROWS_MOST = 400

/** Kinds of which the subject is a tool or a category of the public dictionary. */
const ABOUT_TOOLS: ReadonlySet<Signal['kind']> = new Set(['unusual_pattern', 'failure_rate'])
const PUBLIC: ReadonlySet<string> = new Set([...TOOL_NAMES, ...CATEGORIES])

const subjectsOf = ({ kind, subject }: Signal): Pick<AnomalySignal, 'subjects'> =>
  subject !== null && ABOUT_TOOLS.has(kind) && PUBLIC.has(subject) ? { subjects: [subject] } : {}

/** Without numbers, id or person: signals of one type, severity and hour are one row. */
function signalsOf(begun: readonly Signal[]): readonly AnomalySignal[] {
  const rows = begun.map((signal) => ({
    type: signal.kind,
    severity: signal.severity,
    count: 1,
    hour: Math.floor(signal.first_seen / HOUR_MS) * HOUR_MS,
    ...subjectsOf(signal),
  }))
  const byHour = addedUp(rows, ({ type, severity, hour }) => `${type} ${severity} ${hour}`)
  return byHour.length <= SIGNAL_ROWS_MOST
    ? byHour
    : addedUp(byHour, ({ type, severity }) => `${type} ${severity}`)
}

/** The latest first. */
function addedUp(
  rows: readonly AnomalySignal[],
  keyOf: (row: AnomalySignal) => string,
): readonly AnomalySignal[] {
  const sums = new Map<string, AnomalySignal>()
  for (const row of rows) {
    const { count = 0, hour = 0, subjects = [] } = sums.get(keyOf(row)) ?? {}
    const all = [...new Set([...subjects, ...(row.subjects ?? [])])].sort(byText).slice(0, SUBJECTS_MAX)
    sums.set(keyOf(row), {
      ...row,
      count: row.count + count,
      hour: Math.max(row.hour, hour),
      subjects: all.length === 0 ? undefined : all,
    })
  }
  return [...sums.values()].sort(
    (a, b) => b.hour - a.hour || b.severity - a.severity || byText(a.type, b.type),
  )
}

function once<K, V>(known: Map<K, Promise<V>>, key: K, read: () => Promise<V>): Promise<V> {
  const before = known.get(key)
  if (before !== undefined) return before
  const reading = read()
  known.set(key, reading)
  return reading
}

const toolsIn = ({ tools }: FoldedHours): readonly ToolUse[] =>
  tools.map(({ tool, category, count, failures, unknown }) => ({
    tool,
    category,
    uses: count,
    failures,
    unknown,
  }))

const patternsIn = ({ categories }: FoldedHours): readonly PatternStat[] =>
  categories.map(({ category, count, failures, unknown, duration_ms }) => ({
    category,
    count,
    failures,
    unknown,
    // Over all of them: one whose duration was not seen counts as none.
    avg_duration_ms: Math.round(duration_ms / count),
  }))

const safetyIn = ({ risk, guard, generated }: FoldedHours): SafetyCounts => ({
  by_risk_level: risk,
  blocked: guard.blocked,
  confirmed_risky: guard.confirmed,
  declined: guard.declined,
  karo_generated: generated,
})

/**
 * The unique commands are counted after the total, and people continue to type between the two reads: the later number is
 * cut to the earlier one, of which it is a part.
 */
const activityIn = ({ count, hourly, daily }: FoldedHours, unique: number): ActivityPatterns => ({
  hourly,
  daily,
  total_commands: count,
  unique_commands: Math.min(unique, count),
})

/** What a shell did lately says how it is now: somebody who is away for a weekend has not turned anything off. */
const LATELY_MS = 7 * DAY_MS

/**
 * How well people's shells are looked after now: whether the guard sees their lines, and whether a hook records them. A
 * configuration says what shells are to load; only what they noted says what they did.
 */
async function lookedAfter(
  { rollups, guardAllowed, hookedShells, silentHooks, clock }: NumbersDeps,
  uids: readonly number[],
): Promise<Pick<SafetyPosture, 'guard' | 'hook'>> {
  const now = clock.now()
  const [from, to] = [Math.floor((now - LATELY_MS) / HOUR_MS), Math.floor(now / HOUR_MS) + 1]
  let typing = 0
  let guarded = 0
  for (const uid of uids) {
    const hours = await rollups.hours(uid, from, to)
    const active = hours.some(({ rollup }) => rollup.guard_active > 0)
    if (active || hours.some(({ rollup }) => rollup.count > rollup.generated)) typing++
    if (active) guarded++
  }
  return {
    guard: guardOf(guardAllowed() ? guarded : 0, typing),
    hook: hookOf({
      silent: silentHooks().some(({ uid }) => uids.includes(uid)),
      recorded: typing > 0 || hookedShells().some(({ person }) => uids.includes(person)),
    }),
  }
}

function guardOf(guarded: number, typing: number): SafetyPosture['guard'] {
  if (typing === 0) return 'unknown'
  if (guarded === 0) return 'off'
  return guarded === typing ? 'on' : 'partly'
}

function hookOf({ silent, recorded }: { silent: boolean; recorded: boolean }): SafetyPosture['hook'] {
  if (silent) return 'silent'
  return recorded ? 'on' : 'none'
}
