// The shape of a report: every number with the machines and periods behind it, and in words what is missing and why.
import type { GUARD_STATES } from '../../../protocols/messages/numbers.ts'
import type { RiskLevel } from '../../base/words/risk-levels.ts'

/** Of machines in each of several periods: the fewest and the most. */
export interface Span {
  readonly least: number
  readonly most: number
}

/** Two times of which the same periods were released: number by number, `now` is compared with `before`. */
export interface Change {
  readonly before: number
  readonly now: number
  /** (now - before) / before; null where there was nothing before. */
  readonly share: number | null
  /** Pairs of periods that the comparison is over, of those that were released in both times. */
  readonly periods: number
  readonly of: number
  /** Machines in the periods of each time. */
  readonly machines: { readonly before: Span; readonly now: Span }
}

/** A number that a row shows. */
export interface Figure {
  /** Null: withheld, or nothing of it was released. */
  readonly value: number | null
  /** Machines that have any of it, in the period with the most; null where the value is. */
  readonly machines: number | null
  /** Some periods or machines are not in it, because it was withheld there: there may be more. */
  readonly at_least: boolean
  /** Null: no period of both times shows it whole. */
  readonly change: Change | null
}

/** `withheld`: the policy gives the asker no such numbers, or the mesh makes none. `nothing`: no period of the time was released. */
export const SECTION_STATES = ['shown', 'nothing', 'withheld'] as const
type SectionState = (typeof SECTION_STATES)[number]

/** The facts that every section has. */
export interface Ground {
  readonly state: SectionState
  /** In words, for people: why there is nothing, or what is not in it. */
  readonly notes: readonly string[]
  /** Periods that were released, of the closed ones of the time. */
  readonly periods: number
  readonly of: number
  /** Machines in the totals of one period; null without any. */
  readonly machines: Span | null
}

export interface ToolRow extends Figure {
  readonly tool: string
  readonly category: string
  /** 0 to 1; null where nothing is known: too few machines had failures, or such a number could be computed from it. */
  readonly failed: number | null
  /** Some periods or machines withheld failures, so the part that failed may be larger. */
  readonly failed_at_least: boolean
  /** Machines that had failures, in the period with the most; null where the part is. */
  readonly failed_machines: number | null
}

/** A tool of which one of the two times has nothing. */
export interface ToolMove {
  readonly tool: string
  readonly category: string
  /** Uses in the time that has it. */
  readonly uses: number
  readonly machines: number
  readonly periods: number
  readonly of: number
}

export interface ToolsSection extends Ground {
  /** Most used first. */
  readonly rows: readonly ToolRow[]
  /** Used now, and by no machine in the periods before. */
  readonly new: readonly ToolMove[]
  /** Used before, and by no machine now. */
  readonly vanished: readonly ToolMove[]
  /** Shown now, and withheld in all periods before: too few machines had it, or it would have given such a tool away. */
  readonly surfaced: readonly ToolMove[]
  /** The other way round. */
  readonly submerged: readonly ToolMove[]
  /** Most rows that one period withheld. */
  readonly withheld: number
  /** All tools together, those that are withheld too, over the periods that show uses and failures whole; null: none does. */
  readonly all: { readonly uses: number; readonly failed: number; readonly periods: number } | null
}

export const ACTS = ['blocked', 'confirmed_risky', 'karo_generated'] as const

interface RiskPoint {
  readonly start: string
  readonly end: string
  /** Null: not released, or withheld. */
  readonly commands: number | null
  readonly risky: number | null
  readonly machines: number | null
}

export interface RuleRow extends Figure {
  readonly level: RiskLevel
  /** Id of the rule; `other`: one without a row, recorded before its machine kept rules, or of a machine that does not share its tools. */
  readonly rule: string
  /** What the rule says may happen; null for `other`. */
  readonly why: string | null
}

export interface RiskSection extends Ground {
  readonly levels: readonly (Figure & { readonly level: RiskLevel })[]
  /** High and critical commands by the rule that gave them their level, one for each command; the worst, then most, first. */
  readonly rules: readonly RuleRow[]
  /**
   * Released periods that show any rule, and the first of them and of those before; null: none does. Of others nothing is known.
   * `withheld`: most rules of a level that is shown that one period withheld; null: of a team nobody counts them.
   */
  readonly by_rule: {
    readonly periods: number
    readonly since: string | null
    readonly withheld: number | null
  }
  readonly acts: readonly (Figure & { readonly act: (typeof ACTS)[number] })[]
  /** High and critical of all commands, 0 to 1, over the periods that show all four levels; null: none does. */
  readonly risky: {
    readonly share: number | null
    /** The same of the periods that it is compared with. */
    readonly before: number | null
    readonly periods: number
    /** Released periods in which one of the two is withheld: somebody had such commands there, and the share is of the others. */
    readonly hidden: number
  }
  /** One point for each closed period, oldest first. */
  readonly trend: readonly RiskPoint[]
  /** Of the newest period: machines by what the guard does there. */
  readonly guard: readonly {
    readonly state: (typeof GUARD_STATES)[number]
    readonly machines: number | null
  }[]
}

export interface AnomalyRow extends Figure {
  readonly type: string
  /** Grades 1 to 10, the least and the most of the band. */
  readonly severity: number
  readonly severity_most: number
}

export interface AnomalySection extends Ground {
  /** Gravest first. */
  readonly rows: readonly AnomalyRow[]
  readonly trend: readonly {
    readonly start: string
    readonly end: string
    readonly count: number | null
    readonly machines: number | null
  }[]
  /** Machines of the newest period on which there are too few days to compare with; null: withheld. */
  readonly learning: number | null
}

export interface CoverageCounts {
  readonly contributed: number
  readonly declined: number
  readonly late: number
  readonly absent: number
  readonly refused: number
}

/** What became of the machines that one kind of numbers was expected of, in the newest released period. */
export interface CoverageRow extends CoverageCounts {
  readonly category: (typeof CATEGORIES)[number]
  readonly start: string
  readonly end: string
  readonly expected: number
  /** Machines that said something, and the part of them that agreed; null where nobody said anything. */
  readonly heard: number
  readonly consent: number | null
}

export const CATEGORIES = ['tool_usage', 'safety_stats', 'anomalies'] as const

export interface CoverageSection {
  readonly rows: readonly CoverageRow[]
  /** Of all closed periods, oldest first: what became of the expected machines' tools, or else of the next category. */
  readonly trend: readonly {
    readonly start: string
    readonly end: string
    /** Why nothing was released; null: it was. */
    readonly why: string | null
    readonly counts: CoverageCounts | null
  }[]
}

/** What this node itself knows of machines, apart from totals. */
export interface MachinesSection {
  /** Machines with a certificate that holds, this node included. */
  readonly enrolled: number
  /** Enrolled machines that were heard of in the last day. */
  readonly seen: number
  /** The others, longest unseen first; at most 200. */
  readonly missing: readonly {
    readonly name: string
    readonly fingerprint: string
    /** Null: never, as far as this node knows. */
    readonly last_seen: string | null
  }[]
  readonly missing_total: number
  /** Machines that are seen in the mesh and have no certificate. */
  readonly never_enrolled: number
}

/** Questions of this node over the last day, or since its start. */
export interface SourceSection {
  readonly since: string
  readonly asked: number
  /** Milliseconds; null without a question. */
  readonly average_ms: number | null
  readonly answered: number
}

export interface Report {
  readonly version: 1
  readonly made_at: string
  readonly node: { readonly name: string; readonly fingerprint: string }
  /** The operator who asked; null: this node. */
  readonly asked_as: string | null
  readonly team: string | null
  /** The role that the totals were computed for; null where nothing was found. */
  readonly audience: string | null
  /** `nothing`: no section shows a number of the mesh; the notes say why. */
  readonly state: 'shown' | 'nothing'
  readonly period: { readonly start: string; readonly end: string }
  /** With what is compared: each period with the one this long before. Null: with none. */
  readonly compared: { readonly days_back: number; readonly same_weekdays: boolean } | null
  /** The fewest machines behind a row that is shown, aggregators and readers not counted; 0 without any. */
  readonly k: number
  readonly coverage: CoverageSection
  readonly tools: ToolsSection
  readonly risk: RiskSection
  readonly anomalies: AnomalySection
  readonly machines: MachinesSection
  readonly source: SourceSection
  readonly notes: readonly string[]
}
