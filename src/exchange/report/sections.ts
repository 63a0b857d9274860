// The sections of a report about the mesh's numbers: tools, risk and anomalies, from what was released of each.
import { GUARD_STATES } from '../../../protocols/messages/numbers.ts'
import { ruleList } from '../../assist/risk/index.ts'
import { byText } from '../../base/by-text.ts'
import { toolOf } from '../../base/words/dictionary.ts'
import { RISK_LEVELS } from '../../base/words/risk-levels.ts'
import type { BucketTotals } from '../totals/types.ts'
import { missingWords } from '../totals/words.ts'
import { figureOf, machinesIn, type Pair, type Period, pairsOf, periodsOf, standingOf } from './periods.ts'
import type {
  AnomalyRow,
  AnomalySection,
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

function read({ withheld, now: buckets, before, back }: Found): Read {
  const now = periodsOf(buckets)
  const state = withheld === undefined ? (now.length === 0 ? 'nothing' : 'shown') : 'withheld'
  return {
    ground: {
      state,
      notes: withheld === undefined ? missingWords(buckets) : [withheld],
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
const withheldIn = (buckets: readonly BucketTotals[]): number =>
  Math.max(0, ...buckets.map(({ withheld }) => withheld))

/** Rows of failures, and of all tools together, have a word before a colon. */
const isTool = (row: string): boolean => !row.includes(':')

const rulesWithheld = (buckets: readonly BucketTotals[]): number | null => {
  const counts = buckets.filter(({ why }) => why === undefined).map(({ withheldWithin }) => withheldWithin)
  return counts.some((count) => count === undefined)
    ? null
    : Math.max(0, ...counts.map((count) => count ?? 0))
}

export function toolsOf(found: Found): ToolsSection {
  const { ground, now, pairs } = read(found)
  /** Of some uses it is not known how they ended, so more of each tool may have failed. */
  const hasUnknown = now.some(({ rows }) => {
    const unknown = rows.get('all:unknown')
    return unknown?.whole !== true || unknown.values[0] !== 0
  })
  const names = new Set(
    [...now, ...pairs.map(({ before }) => before)].flatMap(({ rows }) => [...rows.keys()].filter(isTool)),
  )
  const rows = [...names].flatMap((tool): ToolRow[] => {
    const figure = figureOf(now, pairs, tool)
    if (!figure.value) return []
    const failures = figureOf(now, [], `failed:${tool}`)
    // None in the periods that tell it is no knowledge of the others.
    const isKnown = failures.value !== null && (failures.value > 0 || !failures.at_least)
    return [
      {
        tool,
        category: toolOf(tool).category,
        ...figure,
        failed: isKnown ? (failures.value ?? 0) / figure.value : null,
        failed_at_least: isKnown && (failures.at_least || hasUnknown),
        failed_machines: isKnown ? failures.machines : null,
      },
    ]
  })
  return {
    ...ground,
    rows: rows.sort((a, b) => (b.value ?? 0) - (a.value ?? 0) || byText(a.tool, b.tool)),
    ...movesOf(names, pairs),
    withheld: withheldIn(found.now),
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

const KINDS_OF_MOVE = ['new', 'vanished', 'surfaced', 'submerged'] as const
type Moves = Readonly<Record<(typeof KINDS_OF_MOVE)[number], readonly ToolMove[]>>

/** A tool has moved where one time has it and the other says that nobody had, or too few for it to be shown. */
function movesOf(names: Iterable<string>, pairs: readonly Pair[]): Moves {
  const moves: Record<keyof Moves, ToolMove[]> = { new: [], vanished: [], surfaced: [], submerged: [] }
  const [now, before] = [pairs.map((pair) => pair.now), pairs.map((pair) => pair.before)]
  const move = (tool: string, periods: readonly Period[]): ToolMove => {
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
  }
  for (const tool of names) {
    const [is, was] = [standingOf(now, tool), standingOf(before, tool)]
    if (is === 'some' && was === 'none') moves.new.push(move(tool, now))
    if (is === 'none' && was === 'some') moves.vanished.push(move(tool, before))
    if (is === 'some' && was === 'withheld') moves.surfaced.push(move(tool, now))
    if (is === 'withheld' && was === 'some') moves.submerged.push(move(tool, before))
  }
  for (const list of Object.values(moves)) list.sort((a, b) => b.uses - a.uses || byText(a.tool, b.tool))
  return moves
}

const RISKY = ['high', 'critical'] as const

/** High and critical, and all commands, of a period that shows all four levels whole. */
function riskIn({ rows }: Period): { readonly risky: number; readonly commands: number } | undefined {
  const counts = RISK_LEVELS.map((level) => rows.get(`risk:${level}`))
  if (counts.some((row) => row?.whole !== true)) return undefined
  const sum = (levels: readonly string[]): number =>
    levels.reduce((all, level) => all + (rows.get(`risk:${level}`)?.values[0] ?? 0), 0)
  return { risky: sum(RISKY), commands: sum(RISK_LEVELS) }
}

/** Null: no period shows it, or nobody typed anything. */
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
  return {
    ...ground,
    levels: RISK_LEVELS.map((level) => ({ level, ...figureOf(now, pairs, `risk:${level}`) })),
    rules: rulesOf(now, pairs),
    by_rule: {
      periods: byRule.length,
      since: since === undefined ? null : rfc3339(since),
      withheld: rulesWithheld(found.now),
    },
    acts: ACTS.map((act) => ({ act, ...figureOf(now, pairs, `act:${act}`) })),
    risky: {
      ...riskyShare(now),
      before: both.length === 0 ? null : riskyShare(both.map(({ before }) => before)).share,
      hidden: now.filter(({ rows }) => RISKY.some((level) => rows.get(`risk:${level}`)?.whole !== true))
        .length,
    },
    trend: found.now.map((bucket) => {
      const period = shown.get(bucket.start)
      const risk = period && riskIn(period)
      return {
        ...timeOf(bucket),
        commands: risk?.commands ?? null,
        risky: risk?.risky ?? null,
        machines: period?.machines ?? null,
      }
    }),
    guard: GUARD_STATES.map((state) => ({
      state,
      machines: newest?.rows.get(`guard:${state}`)?.values[0] ?? null,
    })),
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
