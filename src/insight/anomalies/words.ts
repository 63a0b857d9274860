// Makes one sentence from the numbers of a signal.
import { HOUR_MS } from '../../base/calendar.ts'
import type { Kind, Signal } from '../../base/words/signal.ts'

const WORDS: Readonly<Record<Kind, (signal: Signal) => string>> = {
  unusual_pattern: ({ subject, observed, expected, n }) =>
    expected === 0
      ? `${observed} commands of ${subject} in a day; never on the ${n} working days before`
      : `${observed} commands of ${subject} in a day; ${some(expected)} a day over the ${n} working days before`,
  failure_rate: ({ subject, observed, expected, n, window }) =>
    `${some(observed)} of 100 commands${subject === null ? '' : ` of ${subject}`} failed ${span(window)}; usually ${some(expected)} of 100 do (${n} commands before)`,
  timing: ({ subject, observed, n, window }) =>
    subject !== null
      ? `${observed} commands on a ${subject}; none on any ${subject} among the ${n} working days before`
      : `${observed} commands between ${clock(window.start)} and ${clock(window.end)}; at that time there were none on the ${n} working days before`,
  repeated_risk: ({ observed, expected, window, n }) =>
    `${observed} commands of high risk or stopped by the guard ${span(window)}${n === 0 ? '' : `; usually ${expected === 0 ? 'none' : some(expected)} a day`}`,
  privilege_escalation: ({ observed, expected, n }) =>
    expected === 0
      ? `${observed} commands for the rights of another account (su, sudo -i, passwd …) in a day; never on the ${n} working days before`
      : `${observed} commands for the rights of another account (su, sudo -i, passwd …) in a day; usually ${some(expected)} a day`,
  deviation: ({ observed, expected, n }) =>
    `${observed} commands in a day; usually ${some(expected)} (median of ${n} working days)`,
  hook_silent: ({ subject, observed }) =>
    `a ${subject} ran programs for ${observed} minutes while its hook recorded nothing`,
}

export const wordsOf = (signal: Signal): string => WORDS[signal.kind](signal)

const clock = (time: number): string => {
  const at = new Date(time)
  return `${at.getHours()}:${String(at.getMinutes()).padStart(2, '0')}`
}
/** A window is hours, or a day. */
function span({ start, end }: Signal['window']): string {
  const hours = Math.round((end - start) / HOUR_MS)
  return hours <= 1 ? 'within an hour' : hours === 2 ? 'within two hours' : 'in a day'
}
/** A number with two digits when it is less than ten. */
const some = (value: number): string =>
  value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toPrecision(value < 0.1 ? 1 : 2)
