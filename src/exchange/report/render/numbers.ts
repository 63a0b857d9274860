// How a report writes numbers, moments and changes.
import { percent as inPercent } from '../../../base/format.ts'
import type { Change, Span } from '../types.ts'

/** What nobody knows. */
export const UNKNOWN = '–'

export const count = (value: number | null): string =>
  value === null ? UNKNOWN : value.toLocaleString('en-US').replaceAll(',', ' ')

export const percent = (share: number | null): string => (share === null ? UNKNOWN : inPercent(share))

/** `1 machine`, `8 machines`. */
export const many = (value: number, what: string): string =>
  `${count(value)} ${what}${value === 1 ? '' : 's'}`

export const span = (machines: Span | null): string => {
  if (machines === null) return UNKNOWN
  const { least, most } = machines
  return least === most ? count(least) : `${count(least)} to ${count(most)}`
}

/** `2026-11-20` where it is midnight, else with hour and minute; always UTC. */
export const day = (moment: string): string =>
  moment.slice(11, 16) === '00:00' ? moment.slice(0, 10) : `${moment.slice(0, 10)} ${moment.slice(11, 16)}`

/** `▲ 23 %`, `▼ 4.0 %`, `=`; `▲ 12` where there was nothing before; `–` where nobody knows. */
export function arrow(change: Change | null): string {
  if (change === null) return UNKNOWN
  const { now, before, share } = change
  if (now === before) return '='
  const sign = now > before ? '▲' : '▼'
  return share === null ? `${sign} ${count(now)}` : `${sign} ${percent(Math.abs(share))}`
}

/** Behind a change: the machines of each time, and how many pairs of periods it is over. */
export function standing(change: Change | null): string {
  if (change === null) return UNKNOWN
  const { machines, periods, of } = change
  return `${span(machines.before)} → ${span(machines.now)} machines, ${periods} of ${of} periods`
}
