// Lets a made-up person be watched as the daemon does, after every hour with commands, and tells what it came to.
import { BASELINE_DAYS, baselineOf, type Day } from '../../src/anomalies/baseline.ts'
import { findings } from '../../src/anomalies/kinds.ts'
import { settle } from '../../src/anomalies/settle.ts'
import type { Signal } from '../../src/anomalies/signal.ts'
import { HOUR_MS } from '../../src/base/calendar.ts'
import { dayOf, type LivedDay, midnight } from './lives.ts'

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
