// One node's numbers as fast-check makes them up: any that an honest owner could have.

import type {
  ActivityPatterns,
  AnomalyCounts,
  ComparedToolUse,
  SafetyPosture,
} from '../../../protocols/messages/numbers.ts'
import { GUARD_STATES, HOOK_STATES } from '../../../protocols/messages/numbers.ts'
import fc from '../run/properties.ts'

const count = fc.nat(1000)

/** Spread over `cells`, adding up to the total. */
const spread = (total: number, cells: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(cells - 1), { minLength: total, maxLength: total }).map((places) => {
    const counts = new Array<number>(cells).fill(0)
    for (const place of places) counts[place] = (counts[place] ?? 0) + 1
    return counts
  })

export const anyActivity: fc.Arbitrary<ActivityPatterns> = fc
  .nat(30)
  .chain((total) => fc.tuple(spread(total, 24), spread(total, 7), fc.nat(total), fc.constant(total)))
  .map(([hourly, daily, unique_commands, total_commands]) => ({
    hourly,
    daily,
    total_commands,
    unique_commands,
  }))

export const anySafety: fc.Arbitrary<SafetyPosture> = fc.record({
  by_risk_level: fc.record({ safe: count, moderate: count, high: count, critical: count }),
  blocked: count,
  confirmed_risky: count,
  karo_generated: fc.constant(0),
  guard: fc.constantFrom(...GUARD_STATES),
  hook: fc.constantFrom(...HOOK_STATES),
})

/** Of several versions: some say what was before, some do not. */
export const anyTools: fc.Arbitrary<ComparedToolUse[]> = fc.uniqueArray(
  fc
    .record({
      tool: fc.constantFrom('git', 'npm', 'ls', 'make', 'other'),
      category: fc.constantFrom('vcs', 'build', 'files'),
      uses: fc.nat(50),
      failed: fc.nat(50),
      untold: fc.nat(50),
      previous: fc.option(fc.nat(50), { nil: undefined }),
    })
    .map(({ tool, category, uses, failed, untold, previous }) => ({
      tool,
      category,
      uses,
      failures: Math.min(failed, uses),
      unknown: Math.min(untold, uses - Math.min(failed, uses)),
      ...(previous === undefined ? {} : { previous }),
    })),
  { selector: (one) => one.tool },
)

/** Signals of types that this release knows, and one that it does not. */
export const anyAnomalies: fc.Arbitrary<AnomalyCounts> = fc.record({
  signals: fc.uniqueArray(
    fc.record({
      type: fc.constantFrom('timing', 'repeated_risk', 'hook_silent', 'from_the_future'),
      severity: fc.integer({ min: 1, max: 10 }),
      count: fc.integer({ min: 1, max: 20 }),
      hour: fc.integer({ min: 0, max: 40 }).map((hour) => hour * 3_600_000),
    }),
    { selector: ({ type, severity, hour }) => `${type} ${severity} ${hour}`, maxLength: 12 },
  ),
  learning: fc.boolean(),
})
