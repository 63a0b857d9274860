// What a check comes to: findings, put together into one result per check.
import { CHECKS, type Check, type CheckId } from './catalogue.ts'

/** Worst last. */
const OUTCOMES = ['skipped', 'ok', 'warn', 'fail'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Something `--fix` may do: to files of the node only, and of the person who runs it. */
export interface SafeFix {
  /** One clause in the infinitive, to follow "would" or to be said as done. */
  readonly says: string
  /** Throws the system's error. Doing it twice does no harm. */
  readonly apply: () => void
}

export interface Finding {
  readonly outcome: Outcome
  /** One sentence for a person, without a full stop; never level 0, never a secret. */
  readonly detail: string
  /** What to do, where the finding knows it better than the catalogue; several lines are several commands. */
  readonly fix?: string
  readonly safe?: SafeFix
}

export interface CheckResult {
  readonly id: CheckId
  readonly title: string
  readonly outcome: Outcome
  readonly detail: string
  /** Only of a warning or failure. */
  readonly fix?: string
  readonly why?: string
}

export const ok = (detail: string): Finding => ({ outcome: 'ok', detail })
export const skipped = (detail: string): Finding => ({ outcome: 'skipped', detail })
export const warn = (detail: string, fix?: string, safe?: SafeFix): Finding => bad('warn', detail, fix, safe)
export const fail = (detail: string, fix?: string, safe?: SafeFix): Finding => bad('fail', detail, fix, safe)

function bad(outcome: Outcome, detail: string, fix?: string, safe?: SafeFix): Finding {
  return { outcome, detail, ...(fix !== undefined && { fix }), ...(safe !== undefined && { safe }) }
}

/** Details that one result holds; a check of a thousand peers says how many more there are. */
const MOST_DETAILS = 8

/**
 * The worst outcome decides. What is better than a warning is not mentioned beside one; several fixes are lines, each once.
 * A check that only warns does not fail. No finding at all is ok.
 */
export function resultOf(id: CheckId, findings: readonly Finding[]): CheckResult {
  const { title, why, severity, fix: general } = CHECKS[id] as Check
  const worst = findings.reduce<Outcome>(
    (most, { outcome }) => (OUTCOMES.indexOf(outcome) > OUTCOMES.indexOf(most) ? outcome : most),
    findings.length === 0 ? 'ok' : 'skipped',
  )
  const isBad = ({ outcome }: Finding): boolean => outcome === 'warn' || outcome === 'fail'
  const told = findings.filter((one) =>
    worst === 'warn' || worst === 'fail' ? isBad(one) : one.outcome === worst,
  )
  const details = told.map(({ detail }) => detail)
  const more = details.length - MOST_DETAILS
  const detail = [...details.slice(0, MOST_DETAILS), ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
  if (worst === 'ok' || worst === 'skipped') return { id, title, outcome: worst, detail }
  const fixes = [...new Set(told.slice(0, MOST_DETAILS).map((one) => one.fix ?? general))]
  const outcome = worst === 'fail' ? severity : worst
  return { id, title, outcome, detail, fix: fixes.join('\n'), why }
}
