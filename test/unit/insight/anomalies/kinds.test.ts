// Each kind finds what it is for, in numbers of its own making, and stays silent just below and before it knows enough.
import { describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../../../src/base/calendar.ts'
import type { Kind } from '../../../../src/base/words/signal.ts'
import { findings, KIND_TABLE } from '../../../../src/insight/anomalies/kinds.ts'
import { BASELINE_DAYS, baselineOf, type Look, WARM_UP_DAYS } from '../../../../src/insight/anomalies/look.ts'
import type { MutableRollup } from '../../../../src/store/rollups/count.ts'
import { addTyped, dayOf, midnight, type Typed } from '../../../support/data/lives.ts'

/** A Thursday. */
const TODAY = 20_776

/** Twenty commands at nine, thirty at two: git, ls and make, which fails once in ten. */
const USUAL: readonly Typed[] = Array.from({ length: 50 }, (_, i) => ({
  hour: i < 20 ? 9 : 14,
  tool: ['git', 'ls', 'make'][i % 3]!,
  failed: i % 30 === 2,
}))

function dayWith(day: number, typed: readonly Typed[]) {
  const hours = new Map<number, MutableRollup>()
  for (const one of typed) addTyped(hours, day, one)
  return [...hours].sort(([a], [b]) => a - b).map(([hour, rollup]) => ({ hour, rollup }))
}

/** Today is `typed`, and before it were `days` usual days of Monday to Friday. */
function looking(
  typed: readonly Typed[],
  { days = 30, usual = USUAL, today = TODAY, silent = [] as Look['silent'], change = (_: Look) => {} } = {},
): Look {
  const past: { day: number; rollup: MutableRollup }[] = []
  for (let day = today - 1; past.length < days; day--) {
    if ((day + 3) % 7 < 5) past.push({ day, rollup: dayOf(dayWith(day, usual)) })
  }
  const hours = dayWith(today, typed)
  const span = { start: midnight(today), end: midnight(today + 1) }
  const look = {
    day: today,
    span,
    hours,
    rollup: dayOf(hours),
    silent,
    baseline: baselineOf(past.reverse(), today),
  }
  change(look)
  return look
}

const kinds = (look: Look): Kind[] => findings(look).map(({ kind }) => kind)
const many = (n: number, typed: Typed): Typed[] => Array.from({ length: n }, () => typed)

test('a usual day, and a day without anything, say nothing', () => {
  expect(findings(looking(USUAL))).toEqual([])
  expect(findings(looking([]))).toEqual([])
})

test('the baseline is of eight weeks, and never of the day itself or of days to come', () => {
  const rollup = dayOf(dayWith(TODAY, USUAL))
  const days = Array.from({ length: 100 }, (_, i) => ({ day: TODAY - 70 + i, rollup }))
  const { days: kept, weeks } = baselineOf(days, TODAY)
  expect([kept.length, kept[0]!.day, kept.at(-1)!.day, weeks]).toEqual([
    BASELINE_DAYS,
    TODAY - 56,
    TODAY - 1,
    8,
  ])
})

describe('warm-up', () => {
  const strange = [
    ...many(300, { hour: 3, tool: 'docker', failed: true }),
    ...many(5, { hour: 3, tool: 'su' }),
  ]
  test.each(Object.entries(KIND_TABLE).filter(([, { needs }]) => needs > 0))('%s waits for it', (kind) => {
    expect(kinds(looking(strange, { days: WARM_UP_DAYS - 1 }))).not.toContain(kind)
    expect(kinds(looking(strange, { days: WARM_UP_DAYS }))).toContain(kind)
  })
})

describe('unusual_pattern', () => {
  test('a category that never was, from an afternoon’s worth on', () => {
    const docker = (n: number) => looking([...USUAL, ...many(n, { hour: 14, tool: 'docker' })])
    expect(findings(docker(14))).toEqual([])
    expect(findings(docker(15))).toMatchObject([
      { kind: 'unusual_pattern', subject: 'docker', observed: 15, expected: 0, n: 30, severity: 3 },
    ])
    expect(findings(docker(60))[0]!.severity).toBe(5)
  })
  test('a tool of a known category; what is not in the dictionary is not named', () => {
    const find = (tool: string) => findings(looking([...USUAL, ...many(30, { hour: 14, tool })]))
    expect(find('svn')).toMatchObject([{ subject: 'svn', observed: 30 }])
    expect(find('my-secret-tool')).toEqual([])
  })
  test('much more than ever of what is used a little', () => {
    const usual = [...USUAL, ...many(2, { hour: 14, tool: 'docker' })]
    const find = (n: number) =>
      findings(looking([...usual, ...many(n, { hour: 14, tool: 'docker' })], { usual }))
    expect(find(30)).toEqual([])
    expect(find(60)).toMatchObject([{ subject: 'docker', observed: 62, expected: 2 }])
  })
  test('at most two a day', () => {
    const tools = ['docker', 'kubectl', 'psql', 'aws'].flatMap((tool) => many(20, { hour: 14, tool }))
    expect(kinds(looking([...USUAL, ...tools])).filter((kind) => kind === 'unusual_pattern')).toHaveLength(2)
  })
})

describe('failure_rate', () => {
  const failing = (n: number, of: number) =>
    findings(
      looking(
        Array.from({ length: of }, (_, i) => ({
          hour: 9 + (i % 8),
          tool: i % 2 ? 'git' : 'ls',
          failed: i < n,
        })),
      ),
    ).filter(({ kind }) => kind === 'failure_rate')
  test('of a day, beside the usual 4 of 100', () => {
    expect(failing(8, 60)).toEqual([])
    expect(failing(20, 60)).toMatchObject([
      { subject: null, unit: 'failures_of_100', observed: 33.3, expected: 4, severity: 6, n: 1500 },
    ])
    expect(failing(60, 60)[0]!.severity).toBe(10)
  })
  test('of one hour in a long day, which hides it', () => {
    const day = Array.from({ length: 400 }, (_, i) => ({ hour: 9 + (i % 8), tool: 'git' }))
    const storm = many(30, { hour: 20, tool: 'ls', failed: true })
    const usual = [...USUAL, ...day, ...many(2, { hour: 20, tool: 'ls' })]
    const [found] = findings(looking([...day, ...storm], { usual }))
    expect(found).toMatchObject({ kind: 'failure_rate', subject: null, observed: 100 })
    expect(found!.window).toEqual({
      start: midnight(TODAY) + 20 * HOUR_MS,
      end: midnight(TODAY) + 21 * HOUR_MS,
    })
  })
  test('of one tool', () => {
    const usual = [...USUAL, ...many(100, { hour: 14, tool: 'ls' })]
    const broken = [...usual, ...many(20, { hour: 14, tool: 'git', failed: true })]
    expect(findings(looking(broken, { usual })).find(({ subject }) => subject === 'git')).toMatchObject({
      kind: 'failure_rate',
      n: 510,
    })
  })
  test('too few commands say nothing', () => {
    expect(failing(14, 14)).toEqual([])
  })
  test('an imported past whose exit codes are not known is no past without failures', () => {
    const usual = USUAL.map((one) => ({ ...one, failed: null }))
    const today = [
      ...many(40, { hour: 9, tool: 'git' }),
      ...many(20, { hour: 10, tool: 'git', failed: true }),
    ]
    expect(kinds(looking(today, { usual }))).not.toContain('failure_rate')
    // Nor does an import of today hide what fails today.
    const hidden = [...today, ...many(2_000, { hour: 9, tool: 'git', failed: null })]
    expect(kinds(looking(hidden))).toContain('failure_rate')
  })
})

describe('timing', () => {
  const at = (hour: number, n = 20, today = TODAY) =>
    findings(looking(many(n, { hour, tool: 'git' }), { today, days: 36 })).filter(
      ({ kind }) => kind === 'timing',
    )
  test('at night; not in the hour after the usual ones', () => {
    expect(at(3)).toMatchObject([{ observed: 20, expected: 0, n: 36, severity: 7 }])
    expect(at(3, 10)).toMatchObject([{ severity: 6 }])
    expect(at(3)[0]!.window).toEqual({
      start: midnight(TODAY) + 3 * HOUR_MS,
      end: midnight(TODAY) + 4 * HOUR_MS,
    })
    for (const hour of [8, 9, 10, 13, 14, 15]) expect(at(hour)).toEqual([])
  })
  test('farther from the usual hours is more severe, also around midnight', () => {
    expect(at(17)[0]!.severity).toBeLessThan(at(20)[0]!.severity)
    expect(at(0)[0]!.severity).toBe(at(1)[0]!.severity)
  })
  test('before and after the usual hours: the stretch with more of them, and nothing is said of those between', () => {
    const both = findings(
      looking([...many(30, { hour: 3, tool: 'git' }), ...many(12, { hour: 20, tool: 'git' })], { days: 36 }),
    ).filter(({ kind }) => kind === 'timing')
    expect(both).toMatchObject([{ subject: null, observed: 30 }])
    expect(both[0]!.window).toEqual({
      start: midnight(TODAY) + 3 * HOUR_MS,
      end: midnight(TODAY) + 4 * HOUR_MS,
    })
  })
  test('a look at a log is not work', () => {
    expect(at(3, 9)).toEqual([])
  })
  test('on a weekday that was always free', () => {
    expect(at(9, 25, TODAY + 2)).toMatchObject([{ subject: 'Saturday', observed: 25, severity: 4 }])
    expect(at(9, 19, TODAY + 2)).toEqual([])
    // Three weeks are too few to call it free.
    expect(findings(looking(many(25, { hour: 9, tool: 'git' }), { today: TODAY + 2, days: 15 }))).toEqual([])
  })
})

describe('repeated_risk', () => {
  const risky = (n: number, hour = 14): Typed[] => many(n, { hour, tool: 'git', risk: 'high' })
  const find = (typed: readonly Typed[], more = {}) =>
    findings(looking(typed, more)).filter(({ kind }) => kind === 'repeated_risk')
  test('four within an hour, six over two; from the first day on', () => {
    expect(find(risky(3), { days: 0 })).toEqual([])
    expect(find(risky(4), { days: 0 })).toMatchObject([{ observed: 4, severity: 4, n: 0 }])
    expect(find([...risky(3, 14), ...risky(3, 15)])).toMatchObject([
      { observed: 6, window: { start: midnight(TODAY) + 14 * HOUR_MS, end: midnight(TODAY) + 16 * HOUR_MS } },
    ])
    expect(find([...risky(3, 14), ...risky(3, 16)])).toEqual([])
    // What one hour had by itself is not said of two.
    const one = [{ hour: 13, tool: 'ls' }, ...risky(6, 14)]
    expect(find(one)[0]!.window.end - find(one)[0]!.window.start).toBe(HOUR_MS)
  })
  test('lines that the guard stopped count, though they did not run, and weigh more', () => {
    const change = ({ hours }: Look) => {
      ;(hours[0]!.rollup.guard as { blocked: number }).blocked = 4
    }
    expect(find(USUAL, { change })).toMatchObject([{ observed: 4, severity: 5 }])
  })
  test('eight with something critical: 7', () => {
    expect(find([...risky(7), ...many(1, { hour: 14, tool: 'rm', risk: 'critical' })])).toMatchObject([
      { severity: 7 },
    ])
  })
  test('whoever does so every day is told of more than on those days only', () => {
    const usual = [...USUAL, ...risky(5)]
    expect(find([...USUAL, ...risky(5)], { usual })).toEqual([])
    expect(find([...USUAL, ...risky(6)], { usual })).toMatchObject([{ expected: 5 }])
  })
})

describe('privilege_escalation', () => {
  const as = (n: number, tool = 'su', failed = false): Typed[] => many(n, { hour: 14, tool, failed })
  const find = (typed: readonly Typed[], usual: readonly Typed[] = USUAL) =>
    findings(looking([...USUAL, ...typed], { usual })).filter(({ kind }) => kind === 'privilege_escalation')
  test('by somebody who never did, from three on, of whichever tools', () => {
    expect(find(as(2))).toEqual([])
    expect(find(as(3))).toMatchObject([
      { subject: null, observed: 3, expected: 0, n: 30, unit: 'commands', severity: 5 },
    ])
    expect(find([...as(1, 'su'), ...as(1, 'setcap'), ...as(1, 'sudo')])).toHaveLength(1)
    expect(find(as(12))[0]!.severity).toBe(6)
    expect(find(as(300))[0]!.severity).toBe(7)
    // What is done with such rights is counted as what it is.
    expect(find(as(30, 'systemctl'))).toEqual([])
  })
  test('by somebody who does so every day, only far more of it', () => {
    const usual = [...USUAL, ...as(4, 'sudo')]
    expect(find(as(9, 'sudo'), usual)).toEqual([])
    expect(find(as(11, 'sudo'), usual)).toEqual([])
    expect(find(as(30, 'sudo'), usual)).toMatchObject([{ observed: 30, expected: 4 }])
  })
  test('three that failed are attempts, unless they fail as a rule', () => {
    expect(find(as(3, 'su', true))).toMatchObject([{ severity: 6 }])
    const usual = [...USUAL, ...as(4, 'su')]
    expect(find([...as(2, 'su'), ...as(2, 'su', true)], usual)).toEqual([])
    expect(find([...as(1, 'su'), ...as(3, 'su', true)], usual)).toMatchObject([{ observed: 4, severity: 6 }])
    const failing = [...USUAL, ...as(2, 'su', true)]
    expect(find(as(4, 'su', true), failing)).toEqual([])
  })
})

describe('deviation', () => {
  const find = (n: number) =>
    findings(looking(many(n, { hour: 14, tool: 'git' }))).filter(({ kind }) => kind === 'deviation')
  test('far above every day of eight weeks', () => {
    expect(find(100)).toEqual([])
    expect(find(130)).toMatchObject([{ observed: 130, expected: 50, n: 30, severity: 6 }])
    expect(find(400)[0]!.severity).toBe(9)
  })
  test('few commands are never many', () => {
    const usual = many(2, { hour: 14, tool: 'git' })
    expect(
      findings(looking(many(40, { hour: 14, tool: 'git' }), { usual })).map(({ kind }) => kind),
    ).not.toContain('deviation')
  })
})

test('hook_silent: after ten minutes, for each shell', () => {
  const end = midnight(TODAY + 1)
  const silent = [
    { shell: 'bash', since: end - 9 * 60_000 },
    { shell: 'zsh', since: end - 25 * 60_000 },
  ]
  expect(findings(looking([], { days: 0, silent }))).toMatchObject([
    { kind: 'hook_silent', subject: 'zsh', observed: 25, unit: 'minutes', severity: 6 },
  ])
})
