// More failures than usual in a day, in an hour or of one tool, by the binomial distribution and by how much days differ;
// commands whose exit code is not known, as most imported ones, are in no rate.

import type { Finding } from '../../../base/words/signal.ts'
import { known, type Tally } from '../../../store/rollups/types.ts'
import { type Look, windowOf } from '../look.ts'
import { binomialTail, median, robustSpread, severity } from '../numbers.ts'

/** Fewer commands say too little about a rate. */
const FAILURES_LEAST_DAY = 30
const FAILURES_LEAST_HOUR = 25
const FAILURES_LEAST_TOOL = 15
/** Fewest commands of known end from which the usual rate is learnt. */
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
  const days = baseline.days.filter((day) => known(day.rollup) >= 20)
  const rates = days.map((day) => day.rollup.failures / known(day.rollup))
  const usual = median(rates)
  const learnt = baseline.days.reduce((sum, day) => sum + known(day.rollup), 0)
  if (learnt < FAILURES_LEAST_KNOWN || days.length === 0) return []
  const between = Math.max(FAILURES_LEAST_SPREAD, robustSpread(rates))
  const pooled = Math.max(usual, FAILURES_LEAST_SPREAD)
  const found: Finding[] = []
  const tell = (
    subject: string | null,
    of: Tally,
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
      observed: percent(of.failures / known(of)),
      expected: percent(numbers.expected),
      spread: numbers.spread === null ? null : percent(numbers.spread),
      severity: severity(height),
    })
  }
  const ended = known(rollup)
  const rate = rollup.failures / Math.max(1, ended)
  const spread = Math.hypot(between, Math.sqrt((pooled * (1 - pooled)) / Math.max(1, ended)))
  const above = rate - usual
  if (
    ended >= FAILURES_LEAST_DAY &&
    above >= FAILURES_ABOVE_DAY &&
    above / spread >= FAILURES_Z &&
    binomialTail(rollup.failures, ended, pooled) <= FAILURES_CHANCE_DAY
  ) {
    tell(null, rollup, { expected: usual, spread, n: learnt }, span, 3.5 + 8 * above)
  }
  const worst = hours
    .filter((hour) => partFails(hour.rollup, FAILURES_LEAST_HOUR, pooled))
    .toSorted((a, b) => b.rollup.failures - a.rollup.failures)[0]
  if (found.length === 0 && worst !== undefined) {
    tell(
      null,
      worst.rollup,
      { expected: usual, spread: null, n: learnt },
      windowOf(worst.hour),
      2.5 + 6 * (worst.rollup.failures / known(worst.rollup) - usual),
    )
  }
  for (const [tool, tally] of Object.entries(rollup.tools)) {
    const before = baseline.days.map((day) => day.rollup.tools[tool]).filter((one) => one !== undefined)
    const uses = before.reduce((sum, one) => sum + known(one), 0)
    if (uses < FAILURES_LEAST_KNOWN || tool === 'other') continue
    const own = before.reduce((sum, one) => sum + one.failures, 0) / uses
    if (!partFails(tally, FAILURES_LEAST_TOOL, Math.max(own, FAILURES_LEAST_SPREAD))) continue
    tell(
      tool,
      tally,
      { expected: own, spread: null, n: uses },
      span,
      3 + 2 * (tally.failures / known(tally) - own),
    )
  }
  return found
}

function partFails(tally: Tally, least: number, usual: number): boolean {
  const { failures } = tally
  const ended = known(tally)
  return (
    ended >= least &&
    failures / ended >= usual + FAILURES_ABOVE_PART &&
    binomialTail(failures, ended, usual) <= FAILURES_CHANCE_PART
  )
}

const percent = (rate: number): number => Math.round(rate * 1000) / 10
