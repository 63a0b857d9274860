// More failures than usual in a day, in an hour or of one tool, by the binomial distribution and by how much days differ.

import type { Finding } from '../../../base/words/signal.ts'
import { type Look, windowOf } from '../look.ts'
import { binomialTail, median, robustSpread, severity } from '../numbers.ts'

/** Fewer commands say too little about a rate. */
const FAILURES_LEAST_DAY = 30
const FAILURES_LEAST_HOUR = 25
const FAILURES_LEAST_TOOL = 15
/** Fewest commands from which the usual rate is learnt. */
const FAILURES_LEAST_KNOWN = 50
/** By chance once in a hundred thousand days of so many commands … */
const FAILURES_CHANCE_DAY = 1e-5
/** … and in a hundred million hours, or uses of a tool, of which there are many more. */
const FAILURES_CHANCE_PART = 1e-8
/** Days differ by themselves: a day of debugging fails more, and failures come in a row. */
const FAILURES_Z = 4
const FAILURES_LEAST_SPREAD = 0.03
/** Above the usual rate: less is nothing to tell. */
const FAILURES_ABOVE_DAY = 0.15
const FAILURES_ABOVE_PART = 0.4

export function failureRate(look: Look): readonly Finding[] {
  const { rollup, hours, baseline, span } = look
  const days = baseline.days.filter((day) => day.rollup.count >= 20)
  const rates = days.map((day) => day.rollup.failures / day.rollup.count)
  const usual = median(rates)
  const known = baseline.days.reduce((sum, day) => sum + day.rollup.count, 0)
  if (known < FAILURES_LEAST_KNOWN) return []
  const between = Math.max(FAILURES_LEAST_SPREAD, robustSpread(rates))
  const pooled = Math.max(usual, FAILURES_LEAST_SPREAD)
  const found: Finding[] = []
  const tell = (
    subject: string | null,
    of: { readonly count: number; readonly failures: number },
    numbers: { readonly expected: number; readonly spread: number | null; readonly n: number },
    window: Look['span'],
    height: number,
  ): void => {
    found.push({
      kind: 'failure_rate',
      subject,
      unit: 'failures_of_100',
      window,
      n: numbers.n,
      observed: percent(of.failures / of.count),
      expected: percent(numbers.expected),
      spread: numbers.spread === null ? null : percent(numbers.spread),
      severity: severity(height),
    })
  }
  const rate = rollup.failures / Math.max(1, rollup.count)
  const spread = Math.hypot(between, Math.sqrt((pooled * (1 - pooled)) / Math.max(1, rollup.count)))
  const above = rate - usual
  if (
    rollup.count >= FAILURES_LEAST_DAY &&
    above >= FAILURES_ABOVE_DAY &&
    above / spread >= FAILURES_Z &&
    binomialTail(rollup.failures, rollup.count, pooled) <= FAILURES_CHANCE_DAY
  ) {
    tell(null, rollup, { expected: usual, spread, n: known }, span, 3.5 + 8 * above)
  }
  const worst = hours
    .filter((hour) => partFails(hour.rollup, FAILURES_LEAST_HOUR, pooled))
    .toSorted((a, b) => b.rollup.failures - a.rollup.failures)[0]
  if (found.length === 0 && worst !== undefined) {
    const { count, failures } = worst.rollup
    tell(
      null,
      worst.rollup,
      { expected: usual, spread: null, n: known },
      windowOf(worst.hour),
      2.5 + 6 * (failures / count - usual),
    )
  }
  for (const [tool, tally] of Object.entries(rollup.tools)) {
    const before = baseline.days.map((day) => day.rollup.tools[tool]).filter((one) => one !== undefined)
    const uses = before.reduce((sum, one) => sum + one.count, 0)
    if (uses < FAILURES_LEAST_KNOWN || tool === 'other') continue
    const own = before.reduce((sum, one) => sum + one.failures, 0) / uses
    if (!partFails(tally, FAILURES_LEAST_TOOL, Math.max(own, FAILURES_LEAST_SPREAD))) continue
    tell(
      tool,
      tally,
      { expected: own, spread: null, n: uses },
      span,
      3 + 2 * (tally.failures / tally.count - own),
    )
  }
  return found
}

const partFails = (
  { count, failures }: { readonly count: number; readonly failures: number },
  least: number,
  usual: number,
): boolean =>
  count >= least &&
  failures / count >= usual + FAILURES_ABOVE_PART &&
  binomialTail(failures, count, usual) <= FAILURES_CHANCE_PART

const percent = (rate: number): number => Math.round(rate * 1000) / 10
