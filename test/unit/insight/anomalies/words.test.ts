// What signals say: every kind in a sentence with its own numbers, a day and an hour told apart; and how they look.
import { expect, test } from 'vitest'
import type { AnomalyShape } from '../../../../src/api/contract/shapes.ts'
import { KINDS, type Kind, type Signal } from '../../../../src/base/words/signal.ts'
import { anomaliesView, anomalyView, mutesView } from '../../../../src/cli/views/anomalies.ts'
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

const SAID: Readonly<Record<Kind, readonly (readonly [Partial<Signal>, string])[]>> = {
  unusual_pattern: [
    [{ subject: 'docker' }, '40 commands of docker in a day; never on the 30 working days before'],
    [
      { subject: 'git', expected: 3.25 },
      '40 commands of git in a day; 3.3 a day over the 30 working days before',
    ],
  ],
  failure_rate: [
    [
      { observed: 33.3, expected: 4, n: 1500 },
      '33 of 100 commands failed in a day; usually 4 of 100 do (1500 commands before)',
    ],
    [
      { subject: 'make', window: hours(20, 21), observed: 100, expected: 12.5 },
      '100 of 100 commands of make failed within an hour; usually 13 of 100 do (30 commands before)',
    ],
  ],
  timing: [
    [
      { window: hours(3, 5) },
      '40 commands between 3:00 and 5:00; at that time there were none on the 30 working days before',
    ],
    // Half a day of hours that were always free, as early in the day as a weekday's would be, is no weekday.
    [
      { window: hours(0, 20) },
      '40 commands between 0:00 and 20:00; at that time there were none on the 30 working days before',
    ],
    [
      { subject: 'Saturday', window: hours(0, 9) },
      '40 commands on a Saturday; none on any Saturday among the 30 working days before',
    ],
  ],
  repeated_risk: [
    [{ n: 0, window: hours(3, 4) }, '40 commands of high risk or stopped by the guard within an hour'],
    [
      { expected: 0.04, window: hours(3, 5) },
      '40 commands of high risk or stopped by the guard within two hours; usually 0.04 a day',
    ],
  ],
  privilege_escalation: [
    [
      {},
      '40 commands for the rights of another account (su, sudo -i, passwd …) in a day; never on the 30 working days before',
    ],
    [
      { expected: 1.5 },
      '40 commands for the rights of another account (su, sudo -i, passwd …) in a day; usually 1.5 a day',
    ],
  ],
  deviation: [[{ expected: 12 }, '40 commands in a day; usually 12 (median of 30 working days)']],
  hook_silent: [
    [
      { subject: 'zsh', unit: 'minutes' },
      'a zsh ran programs for 40 minutes while its hook recorded nothing',
    ],
  ],
}

test.each(KINDS)('%s', (kind) => {
  for (const [more, words] of SAID[kind]) expect(wordsOf(signal(kind, more))).toBe(words)
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

test('a line each, what is new and what is muted named, and what is muted below', () => {
  const mutes = [{ target: 'timing', until: null }]
  const signals = [shape({ seen: false }), shape({ id: '00000002', severity: 3, count: 4, muted: true })]
  expect(anomaliesView({ signals, mutes }, NOW, plain)).toBe(
    [
      'ID        SEVERITY  SEEN     DAYS  WHAT',
      '3f9a12c4         6  2 h ago     1  new: work at night',
      '00000002         3  2 h ago     4  muted: work at night',
      '',
      'MUTED   UNTIL',
      'timing  you unmute it',
      '',
    ].join('\n'),
  )
  expect(anomaliesView({ signals: [], mutes: [] }, NOW, plain)).toBe(
    'Nothing unusual was found in your numbers.\n',
  )
  expect(mutesView({ mutes: [] }, plain)).toBe('Nothing is muted.\n')
})

test('one with its numbers', () => {
  expect(anomalyView(shape(), NOW, plain)).toBe(
    `Work at night.

kind         timing
severity     6 of 10
observed     34 commands
usual        none
learnt from  38 days with commands in the last eight weeks
window       2026-11-21 02:00:00 to 2026-11-21 04:00:00
first seen   2026-11-21 02:00:00, 4 h ago
last seen    2026-11-21 04:00:00, on 1 day
state        going on

karo anomalies mute 3f9a12c4  mutes it for a week
`,
  )
  const numbers = {
    ...shape().numbers,
    unit: 'failures_of_100' as const,
    expected: 4.5,
    spread: 3.25,
    n: 1500,
  }
  const text = anomalyView(shape({ kind: 'failure_rate', subject: 'make', numbers }), NOW, plain)
  expect(text).toContain('kind         failure_rate, make\n')
  expect(text).toContain('usual        4.5 failures of 100 commands, ± 3.3\nlearnt from  1500 commands\n')
  const silent = { ...numbers, unit: 'minutes' as const, n: 0, spread: null }
  expect(anomalyView(shape({ kind: 'hook_silent', numbers: silent }), NOW, plain)).toContain(
    'usual        none\nlearnt from  nothing; this signal needs no history\n',
  )
})
