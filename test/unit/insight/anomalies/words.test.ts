// What signals say: every kind in a sentence with its own numbers, a day and an hour told apart; and how they look.
import { expect, test } from 'vitest'
import type { AnomalyShape } from '../../../../src/api/contract/shapes.ts'
import { KINDS, type Kind, type Signal } from '../../../../src/base/words/signal.ts'
import { anomaliesView, anomalyView, mutesView } from '../../../../src/cli/commands/terminal/anomalies.ts'
import { wordsOf } from '../../../../src/insight/anomalies/words.ts'

const HOUR = 3_600_000
/** Saturday, 21 November 2026, midnight wherever this runs. */
const MIDNIGHT = new Date(2026, 10, 21).getTime()
const day = { start: MIDNIGHT, end: MIDNIGHT + 20 * HOUR }
const hours = (from: number, to: number) => ({ start: MIDNIGHT + from * HOUR, end: MIDNIGHT + to * HOUR })

const signal = (kind: Kind, more: Partial<Signal>): Signal => ({
  kind,
  subject: null,
  severity: 5,
  unit: 'commands',
  observed: 40,
  expected: 0,
  spread: null,
  n: 30,
  window: day,
  id: '3f9a12c4',
  first_seen: MIDNIGHT,
  last_seen: MIDNIGHT + HOUR,
  count: 1,
  last_day: 1,
  seen: false,
  ...more,
})

/** By kind: what differs from forty commands in a day, and thirty days before with none. */
const CASES: Readonly<Record<Kind, readonly Partial<Signal>[]>> = {
  unusual_pattern: [{ subject: 'docker' }, { subject: 'git', expected: 3.25 }],
  failure_rate: [
    { observed: 33.3, expected: 4, n: 1500 },
    { subject: 'make', window: hours(20, 21), observed: 100, expected: 12.5 },
  ],
  // Half a day of hours that were always free, as early in the day as a weekday's would be, is no weekday.
  timing: [{ window: hours(3, 5) }, { window: hours(0, 20) }, { subject: 'Saturday', window: hours(0, 9) }],
  repeated_risk: [
    { n: 0, window: hours(3, 4) },
    { expected: 0.04, window: hours(3, 5) },
  ],
  privilege_escalation: [{}, { expected: 1.5 }],
  deviation: [{ expected: 12 }],
  hook_silent: [{ subject: 'zsh', unit: 'minutes' }],
}

test('every kind says what was found beside what is usual', () => {
  const said = KINDS.flatMap((kind) => CASES[kind].map((more) => `${kind}: ${wordsOf(signal(kind, more))}`))
  expect(said.join('\n')).toMatchSnapshot()
})

const shape = (more: Partial<AnomalyShape> = {}): AnomalyShape => ({
  id: '3f9a12c4',
  kind: 'timing',
  subject: null,
  severity: 6,
  words: 'work at night',
  count: 1,
  first_seen: '2026-11-21T02:00:00',
  last_seen: '2026-11-21T04:00:00',
  ongoing: true,
  muted: false,
  seen: true,
  numbers: {
    unit: 'commands',
    observed: 34,
    expected: 0,
    spread: null,
    n: 38,
    window: { start: '2026-11-21T02:00:00', end: '2026-11-21T04:00:00' },
  },
  ...more,
})
const NOW = new Date('2026-11-21T06:00:00').getTime()
const plain = { colour: false, columns: 100 }

test('the list: a line each, what is new and what is muted named, and what is muted below; and one with its numbers', () => {
  const mutes = [{ target: 'timing', until: null }]
  const signals = [shape({ seen: false }), shape({ id: '00000002', severity: 3, count: 4, muted: true })]
  const { numbers } = shape()
  const failures = { ...numbers, unit: 'failures_of_100' as const, expected: 4.5, spread: 3.25, n: 1500 }
  const silent = { ...numbers, unit: 'minutes' as const, n: 0 }
  const one = (more: Partial<AnomalyShape>): string => anomalyView(shape(more), NOW, plain)
  const page = [
    anomaliesView({ signals, mutes }, NOW, plain),
    anomaliesView({ signals: [], mutes: [] }, NOW, plain),
    mutesView({ mutes: [] }, plain),
    one({}),
    one({ kind: 'failure_rate', subject: 'make', numbers: failures }),
    one({ kind: 'hook_silent', numbers: silent }),
  ]
  expect(page.join('---\n')).toMatchSnapshot()
})
