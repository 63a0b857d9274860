// When a threshold is crossed, and when that is told: once, and once when it ends.
import { describe, expect, it } from 'vitest'
import { judged, reportOf, turned } from '../../../../src/exchange/report/index.ts'
import { findingsOf, foundOf, TWO_WEEKS } from './findings.ts'

describe('a threshold', () => {
  const report = reportOf(TWO_WEEKS)
  const limits = { risky: 4, coverage: 80, anomalies: 10, missing: 1 }

  it('is crossed by numbers beyond it', () => {
    expect(judged(report, limits)).toEqual({ risky: true, coverage: true, anomalies: false, missing: true })
    expect(judged(report, { risky: 9, coverage: 70, anomalies: 6, missing: 2 })).toEqual({
      risky: false,
      coverage: false,
      anomalies: true,
      missing: false,
    })
    expect(judged(report, {})).toEqual({ risky: null, coverage: null, anomalies: null, missing: null })
  })

  it('knows nothing where nothing was released', () => {
    const nothing = reportOf(findingsOf({ tool_usage: foundOf([{ day: 0, why: 'pending' }]) }))
    expect(judged(nothing, limits)).toEqual({ risky: null, coverage: null, anomalies: null, missing: null })
  })

  it('is told when it is crossed and when that ends, and between not at all', () => {
    const none = { risky: null, coverage: null, anomalies: null, missing: null }
    const first = turned({}, { ...none, risky: true, coverage: false }, limits)
    expect(first).toEqual({
      standing: { risky: true, coverage: false },
      turns: [{ threshold: 'risky', state: 'crossed' }],
    })
    expect(turned(first.standing, { ...none, risky: true }, limits).turns).toEqual([])
    // Nobody knows: it is neither crossed anew nor over.
    const unknown = turned(first.standing, none, limits)
    expect([unknown.standing.risky, unknown.turns]).toEqual([true, []])
    expect(turned(first.standing, { ...none, risky: false }, limits).turns).toEqual([
      { threshold: 'risky', state: 'ended' },
    ])
    // It is not watched any more.
    expect(turned(first.standing, none, {})).toEqual({
      standing: {},
      turns: [{ threshold: 'risky', state: 'ended' }],
    })
  })
})
