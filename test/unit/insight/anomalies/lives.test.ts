// A year of made-up people: ordinary life is nearly silent, and what is out of the ordinary is found in it.
import { describe, expect, test } from 'vitest'
import { KINDS } from '../../../../src/base/words/signal.ts'
import type { MutableRollup } from '../../../../src/store/rollups/count.ts'
import {
  addTyped,
  type LivedDay,
  live,
  PROFILES,
  type Profile,
  type Typed,
} from '../../../support/data/lives.ts'
import { falseAlarms, watchLife } from '../../../support/data/watched-life.ts'

const FIRST = 20_000
/** `npm run soak -- lives` takes many more. */
const YEARS = 2
const NAMES = Object.keys(PROFILES) as Profile[]

describe.each(NAMES)('%s', (profile) => {
  test('ordinary years: at most one signal a month that weighs, and two of any', () => {
    const { all, weigh } = falseAlarms(profile, YEARS, 7919)
    expect(weigh / YEARS).toBeLessThanOrEqual(12)
    expect(all / YEARS).toBeLessThanOrEqual(24)
  })

  const STRANGE: Readonly<Record<string, readonly Typed[]>> = {
    unusual_pattern: Array.from({ length: 60 }, () => ({ hour: 14, tool: 'vagrant' })),
    failure_rate: Array.from({ length: 120 }, () => ({ hour: 14, tool: 'ls', failed: true })),
    repeated_risk: Array.from({ length: 12 }, () => ({ hour: 14, tool: 'rm', risk: 'critical' as const })),
    privilege_escalation: Array.from({ length: 120 }, () => ({ hour: 14, tool: 'su' })),
    deviation: Array.from({ length: 2500 }, (_, i) => ({
      hour: 8 + (i % 12),
      tool: ['git', 'ls', 'cd'][i % 3]!,
    })),
    timing: Array.from({ length: 40 }, () => ({ hour: 3, tool: 'git' })),
  }
  // Whoever is on call works at any hour.
  const expected = Object.keys(STRANGE).filter((kind) => profile !== 'oncall' || kind !== 'timing')

  test.each(expected)('%s is found on the day', (kind) => {
    let found = 0
    const days = [120, 201, 275, 310]
    for (const [seed, offset] of days.entries()) {
      const life = live(profile, 31 + seed, FIRST, offset + 1)
      const last = life.at(-1)!
      const signals = watchLife([...life.slice(0, -1), withMore(last, STRANGE[kind]!)], false)
      if (signals.some((signal) => signal.kind === kind && signal.last_day === last.day)) found++
    }
    expect(found).toBe(days.length)
  })
})

test('every kind that numbers of rollups tell is tried', () => {
  expect(KINDS).toEqual([
    ...['unusual_pattern', 'failure_rate', 'timing', 'repeated_risk', 'privilege_escalation', 'deviation'],
    'hook_silent',
  ])
})

function withMore({ day, hours }: LivedDay, typed: readonly Typed[]): LivedDay {
  const map = new Map(hours.map(({ hour, rollup }) => [hour, rollup as MutableRollup]))
  for (const one of typed) addTyped(map, day, one)
  return { day, hours: [...map].sort(([a], [b]) => a - b).map(([hour, rollup]) => ({ hour, rollup })) }
}
