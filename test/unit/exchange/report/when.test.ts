// When a scheduled report is due, and when a threshold is told of: once each, whatever was missed.
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../../src/base/calendar.ts'
import {
  boundaryOf,
  dueOf,
  judged,
  nextAfter,
  reportOf,
  SCHEDULES,
  turned,
} from '../../../../src/exchange/report/index.ts'
import { findingsOf, foundOf, MONDAY, TWO_WEEKS } from './findings.ts'

const WEDNESDAY = MONDAY + 2 * DAY_MS + 5 * HOUR_MS

describe('boundaries', () => {
  it('are midnight, Monday and the first of the month, in UTC', () => {
    expect(SCHEDULES.map((schedule) => new Date(boundaryOf(schedule, WEDNESDAY)).toISOString())).toEqual([
      '2026-11-18T00:00:00.000Z',
      '2026-11-16T00:00:00.000Z',
      '2026-11-01T00:00:00.000Z',
    ])
    for (const schedule of SCHEDULES) {
      const boundary = boundaryOf(schedule, WEDNESDAY)
      expect(boundaryOf(schedule, boundary)).toBe(boundary)
      expect(boundaryOf(schedule, boundary - 1)).toBeLessThan(boundary)
      expect(boundaryOf(schedule, nextAfter(schedule, boundary))).toBe(nextAfter(schedule, boundary))
    }
    expect(new Date(nextAfter('monthly', Date.UTC(2026, 11, 1))).toISOString()).toBe(
      '2027-01-01T00:00:00.000Z',
    )
  })
})

describe('a report', () => {
  const due = (made: number | undefined, releasedUntil: number | undefined, now = WEDNESDAY) =>
    dueOf('daily', { now, made, releasedUntil })
  const today = MONDAY + 2 * DAY_MS

  it('waits for the newest totals, and not for ever', () => {
    expect(due(undefined, undefined)).toBeUndefined()
    expect(due(undefined, today - DAY_MS)).toBeUndefined()
    expect(due(undefined, today)).toBe(today)
    expect(due(undefined, undefined, today + 18 * HOUR_MS)).toBe(today)
  })

  it('is made once, and of many missed ones the newest', () => {
    expect(due(today, today)).toBeUndefined()
    expect(due(today - 30 * DAY_MS, today)).toBe(today)
    // The clock was set back.
    expect(due(today, today, today - 3 * DAY_MS)).toBeUndefined()
  })
})

describe('a threshold', () => {
  const report = reportOf(TWO_WEEKS)
  const limits = { risky: 4, coverage: 80, anomalies: 10, missing: 1 }

  it('is crossed by numbers beyond it', () => {
    expect(judged(report, limits)).toEqual({ risky: true, coverage: true, anomalies: false, missing: true })
    expect(judged(report, { risky: 5, coverage: 70, anomalies: 6, missing: 2 })).toEqual({
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
