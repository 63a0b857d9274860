// The sections of a report about the mesh's numbers: tools, risk and anomalies, from what was released of each.
import { statesOf } from '../../../protocols/counts.ts'
import { GUARD_STATES } from '../../../protocols/messages/numbers.ts'
import { ruleList } from '../../assist/risk/index.ts'
import { byText } from '../../base/by-text.ts'
import { toolOf } from '../../base/words/dictionary.ts'
import { RISK_LEVELS } from '../../base/words/risk-levels.ts'
import type { BucketTotals } from '../totals/types.ts'
import { type FirstTotals, missingWords, offOf } from '../totals/words.ts'
import { figureOf, machinesIn, type Pair, type Period, pairsOf, periodsOf } from './periods.ts'
import type {
  AnomalyRow,
  AnomalySection,
  CountedSection,
  Ground,
  RiskSection,
  RuleRow,
  ToolMove,
  ToolRow,
  ToolsSection,
} from './types.ts'
import { ACTS } from './words.ts'

/** What was found of one kind of numbers. */
export interface Found {
  /** Why there is nothing at all; undefined: it was read. */
  readonly withheld: string | undefined
  /** What is waited for, where the mesh has no totals yet. */
  readonly first?: FirstTotals | undefined
  /** Closed periods of the time, oldest first. */
  readonly now: readonly BucketTotals[]
  /** The periods that `now` is compared with. */
  readonly before: readonly BucketTotals[]
  /** Milliseconds between the two. */
  readonly back: number
}

interface Read {
  readonly ground: Ground
  readonly now: readonly Period[]
  readonly pairs: readonly Pair[]
}

function read({ withheld, first, now: buckets, before, back }: Found): Read {
  const now = periodsOf(buckets)
  const state = withheld === undefined ? (now.length === 0 ? 'nothing' : 'shown') : 'withheld'
  return {
    ground: {
      state,
      notes: withheld === undefined ? missingWords(buckets, first) : [withheld],
      periods: now.length,
      of: buckets.length,
      machines: machinesIn(now),
    },
    now,
    pairs: pairsOf(now, periodsOf(before), back),
  }
}

const rfc3339 = (ms: number): string => new Date(ms).toISOString()
const timeOf = ({ start, end }: { readonly start: number; readonly end: number }) => ({
  start: rfc3339(start),
  end: rfc3339(end),
})

/** Rows of failures, and of all tools together, have a word before a colon. */
const isTool = (row: string): boolean => !row.includes(':')

export function toolsOf(found: Found): ToolsSection {
  const { ground, now, pairs } = read(found)
  const names = new Set(
    [...now, ...pairs.map(({ before }) => before)].flatMap(({ rows }) => [...rows.keys()].filter(isTool)),
  )
  const rows = [...names].flatMap((tool): ToolRow[] => {
    const figure = figureOf(now, pairs, tool)
    if (!figure.value) return []
    const failures = figureOf(now, [], `failed:${tool}`)
    return [
      {
        tool,
        category: toolOf(tool).category,
        ...figure,
        failed: failures.value === null ? null : failures.value / figure.value,
        failed_machines: failures.machines,
      },
    ]
  })
  return {
    ...ground,
    rows: rows.sort((a, b) => (b.value ?? 0) - (a.value ?? 0) || byText(a.tool, b.tool)),
    ...movesOf(names, pairs, now, periodsOf(found.before)),
    all: allOf(now),
  }
}

function allOf(periods: readonly Period[]): ToolsSection['all'] {
  const whole = periods.filter(({ rows }) =>
    ['all:uses', 'all:failed'].every((row) => rows.get(row)?.whole === true),
  )
  const sum = (row: string): number =>
    whole.reduce((total, { rows }) => total + (rows.get(row)?.values[0] ?? 0), 0)
  if (whole.length === 0) return null
  const isTold = whole.every(({ rows }) => rows.get('all:unknown')?.whole === true)
  return {
    uses: sum('all:uses'),
    failed: sum('all:failed'),
    unknown: isTold ? sum('all:unknown') : null,
    periods: whole.length,
  }
}

/**
 * Tools that one of two compared times tells, and that no period of the other time tells, compared or not: there no machine had
 * them, or too few.
 */
function movesOf(
  names: Iterable<string>,
  pairs: readonly Pair[],
  now: readonly Period[],
  all: readonly Period[],
): Pick<ToolsSection, 'new' | 'vanished'> {
  const before = pairs.map((pair) => pair.before)
  const earlier = all.filter(({ start }) => start < (now[0]?.start ?? 0))
  const tells = (periods: readonly Period[], tool: string): boolean =>
    periods.some(({ rows }) => rows.has(tool))
  const only = (periods: readonly Period[], others: readonly Period[]): readonly ToolMove[] =>
    [...names]
      .filter((tool) => tells(periods, tool) && !tells(others, tool))
      .map((tool) => {
        const { value, machines } = figureOf(periods, [], tool)
        const shown = periods.filter(({ rows }) => rows.has(tool)).length
        return {
          tool,
          category: toolOf(tool).category,
          uses: value ?? 0,
          machines: machines ?? 0,
          periods: shown,
          of: periods.length,
        }
      })
      .sort((a, b) => b.uses - a.uses || byText(a.tool, b.tool))
  const compared = pairs.map((pair) => pair.now)
  return { new: only(compared, [...before, ...earlier]), vanished: only(before, now) }
}

const RISKY = ['high', 'critical'] as const

/** High and critical, as far as they are told, and all commands, of a period that tells these of all machines, and some of those. */
function riskIn({ rows }: Period): { readonly risky: number; readonly commands: number } | undefined {
  const all = rows.get('all:commands')
  const risky = RISKY.flatMap((level) => rows.get(`risk:${level}`)?.values[0] ?? [])
  if (all?.whole !== true || risky.length === 0) return undefined
  return { risky: risky.reduce((sum, one) => sum + one, 0), commands: all.values[0] ?? 0 }
}

/** Null: no period shows it. */
function riskyShare(periods: readonly Period[]): { readonly share: number | null; readonly periods: number } {
  const known = periods.flatMap((period) => riskIn(period) ?? [])
  const commands = known.reduce((sum, one) => sum + one.commands, 0)
  const risky = known.reduce((sum, one) => sum + one.risky, 0)
  return { share: commands === 0 ? null : risky / commands, periods: known.length }
}

const RULE = 'rule:'
const showsRules = ({ rows }: Period): boolean => [...rows.keys()].some((row) => row.startsWith(RULE))

/** Rows of rules that somebody has. A period that was released before rules were counted has none, and counts for none. */
function rulesOf(now: readonly Period[], pairs: readonly Pair[]): readonly RuleRow[] {
  const why = new Map(ruleList().map((entry) => [entry.rule, entry.why]))
  const names = new Set(now.flatMap(({ rows }) => [...rows.keys()].filter((row) => row.startsWith(RULE))))
  const rows = [...names].flatMap((row): RuleRow[] => {
    const [, name = '', rule = ''] = row.split(':')
    const level = RISK_LEVELS.find((one) => one === name)
    const figure = figureOf(now, pairs, row)
    return level === undefined || !figure.value
      ? []
      : [{ level, rule, why: why.get(rule) ?? null, ...figure }]
  })
  return rows.sort(
    (a, b) =>
      RISK_LEVELS.indexOf(b.level) - RISK_LEVELS.indexOf(a.level) ||
      (b.value ?? 0) - (a.value ?? 0) ||
      byText(a.rule, b.rule),
  )
}

export function riskOf(found: Found): RiskSection {
  const { ground, now, pairs } = read(found)
  const byRule = now.filter(showsRules)
  const since = [...periodsOf(found.before), ...byRule].find(showsRules)?.start
  const shown = new Map(now.map((period) => [period.start, period]))
  const both = pairs.filter((pair) => riskIn(pair.now) && riskIn(pair.before))
  const newest = now.at(-1)
  const told = (state: string): number | null => newest?.rows.get(`guard:${state}`)?.values[0] ?? null
  const guard = statesOf(GUARD_STATES, told, offOf(found.now) === undefined ? newest?.machines : undefined)
  return {
    ...ground,
    commands: figureOf(now, [], 'all:commands').value,
    levels: RISK_LEVELS.map((level) => ({ level, ...figureOf(now, pairs, `risk:${level}`) })),
    rules: rulesOf(now, pairs),
    by_rule: {
      periods: byRule.length,
      since: since === undefined ? null : rfc3339(since),
    },
    acts: ACTS.map((act) => ({ act, ...figureOf(now, pairs, `act:${act}`) })),
    risky: {
      ...riskyShare(now),
      before: both.length === 0 ? null : riskyShare(both.map(({ before }) => before)).share,
    },
    trend: found.now.map((bucket) => {
      const period = shown.get(bucket.start)
      const risk = period && riskIn(period)
      return {
        ...timeOf(bucket),
        commands: period?.rows.get('all:commands')?.values[0] ?? null,
        risky: risk?.risky ?? null,
        machines: period?.machines ?? null,
      }
    }),
    guard: GUARD_STATES.map((state) => ({ state, machines: guard[state] })),
  }
}

/** What a number is that is counted by names, and what was found of it. */
export type FoundCounts = Pick<CountedSection, 'query_type' | 'title' | 'names' | 'counts'> & {
  readonly found: Found
}

export function countedOf({ found, ...about }: FoundCounts): CountedSection {
  const { ground, now, pairs } = read(found)
  // The sum of all names has a colon.
  const names = new Set(now.flatMap(({ rows }) => [...rows.keys()].filter(isTool)))
  const rows = [...names].map((name) => ({ name, ...figureOf(now, pairs, name) }))
  return {
    ...ground,
    ...about,
    rows: rows
      .filter(({ value }) => value)
      .sort((a, b) => (b.value ?? 0) - (a.value ?? 0) || byText(a.name, b.name)),
  }
}

/** Bands of severity, as rows of the layout name them. */
const BANDS = {
  high: { severity: 8, severity_most: 10 },
  notable: { severity: 5, severity_most: 7 },
  low: { severity: 1, severity_most: 4 },
} as const

export function anomaliesOf(found: Found): AnomalySection {
  const { ground, now, pairs } = read(found)
  const shown = new Map(now.map((period) => [period.start, period]))
  const names = new Set(now.flatMap(({ rows }) => [...rows.keys()]))
  const cells = [...names].flatMap((row) => {
    const [type, band] = row.split(':') as [string, string | undefined]
    return band !== undefined && Object.hasOwn(BANDS, band)
      ? [{ row, type, ...BANDS[band as keyof typeof BANDS] }]
      : []
  })
  const rows = cells.flatMap(({ row, ...cell }): AnomalyRow[] => {
    const figure = figureOf(now, pairs, row)
    return figure.value ? [{ ...cell, ...figure }] : []
  })
  return {
    ...ground,
    rows: rows.sort(
      (a, b) => b.severity - a.severity || (b.value ?? 0) - (a.value ?? 0) || byText(a.type, b.type),
    ),
    trend: found.now.map((bucket) => {
      const period = shown.get(bucket.start)
      const counts = cells.flatMap(({ row }) => period?.rows.get(row)?.values[0] ?? [])
      return {
        ...timeOf(bucket),
        count: counts.length === 0 ? null : counts.reduce((sum, one) => sum + one, 0),
        machines: period?.machines ?? null,
      }
    }),
    learning: now.at(-1)?.rows.get('learning')?.values[0] ?? null,
  }
}
