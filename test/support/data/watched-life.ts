// Lets a made-up person be watched as the daemon does, after every hour with commands, and tells what it came to.

import { HOUR_MS } from '../../../src/base/calendar.ts'
import type { Signal } from '../../../src/base/words/signal.ts'
import { settle } from '../../../src/insight/anomalies/index.ts'
import { findings } from '../../../src/insight/anomalies/kinds.ts'
import { BASELINE_DAYS, baselineOf, type Day } from '../../../src/insight/anomalies/look.ts'
import { dayOf, type LivedDay, live, midnight, type Profile } from './lives.ts'

/** From here on a signal is told to somebody who did not ask: the severity of the notice. */
const WEIGHS = 5

/** Signals of ordinary years of one kind of person: how many there were, and how many of them weigh. */
export function falseAlarms(profile: Profile, years: number, seed: number): { all: number; weigh: number } {
  let all = 0
  let weigh = 0
  for (let year = 0; year < years; year++) {
    const signals = watchLife(live(profile, seed + year * 7919, 20_000, 365))
    all += signals.length
    weigh += signals.filter(({ severity }) => severity >= WEIGHS).length
  }
  return { all, weigh }
}

/** All signals of that life, in the order they began. */
export function watchLife(life: readonly LivedDay[], lookEveryHour = true): readonly Signal[] {
  const signals = new Map<string, Signal>()
  const past: Day[] = []
  let next = 0
  for (const { day, hours } of life) {
    const baseline = baselineOf(past.slice(-BASELINE_DAYS), day)
    for (let i = lookEveryHour ? 1 : hours.length; i <= hours.length && i > 0; i++) {
      const seen = hours.slice(0, i)
      const rollup = dayOf(seen)
      const span = { start: midnight(day), end: (seen.at(-1)!.hour + 1) * HOUR_MS }
      const found = findings({ day, span, rollup, hours: seen, baseline, silent: [] })
      const { changed } = settle([...signals.values()], found, day, () => String(next++))
      for (const signal of changed) signals.set(signal.id, signal)
    }
    past.push({ day, rollup: dayOf(hours) })
  }
  return [...signals.values()].sort((a, b) => a.first_seen - b.first_seen)
}
