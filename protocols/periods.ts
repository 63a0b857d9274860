// Hours, days and weeks of UTC: the spans a summary can be about, the same for every node.

/** The main source's Granularity. */
export const GRANULARITIES = ['hour', 'day', 'week'] as const
export type Granularity = (typeof GRANULARITIES)[number]

export interface Period {
  readonly granularity: Granularity
  /** Milliseconds since the Unix epoch. */
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** `offset`: 1970-01-01 was a Thursday, so the first week that begins on a Monday began three days before it. */
const GRAINS: Readonly<Record<Granularity, { readonly ms: number; readonly offset: number }>> = {
  hour: { ms: HOUR_MS, offset: 0 },
  day: { ms: DAY_MS, offset: 0 },
  week: { ms: 7 * DAY_MS, offset: 3 * DAY_MS },
}

/** How long after its end a period's summary is kept, by any node. */
export const KEPT_MS: Readonly<Record<Granularity, number>> = {
  hour: 7 * DAY_MS,
  day: 35 * DAY_MS,
  week: 400 * DAY_MS,
}

const numberOf = (granularity: Granularity, time: number): number => {
  const { ms, offset } = GRAINS[granularity]
  return Math.floor((time + offset) / ms)
}

/** The period of that kind which `time` (ms since the epoch) lies in. */
export function periodOf(granularity: Granularity, time: number): Period {
  const { ms, offset } = GRAINS[granularity]
  const start = numberOf(granularity, time) * ms - offset
  return { granularity, start, end: start + ms }
}

/** The kind of the shorter periods that a longer one consists of. */
export const SHORTER = { week: 'day', day: 'hour' } as const

/** The days of a week, or the hours of a day, in order; none for an hour. */
export function periodsInside({ granularity, start, end }: Period): readonly Period[] {
  if (granularity === 'hour') return []
  const inside: Period[] = []
  for (let at = start; at < end; at += GRAINS[SHORTER[granularity]].ms)
    inside.push(periodOf(SHORTER[granularity], at))
  return inside
}

/** True when it is a whole hour or day, or a week that begins on a Monday. */
export function isPeriod({ granularity, start, end }: Period): boolean {
  const whole = periodOf(granularity, start)
  return whole.start === start && whole.end === end
}

/** The name of a period among one author's: `hour:494877`, `day:20619`, `week:2946`; counted from the epoch. */
export const slotOf = ({ granularity, start }: Period): string =>
  `${granularity}:${numberOf(granularity, start)}`

/** The period that `slotOf` names so; undefined for any other text. */
export function periodOfSlot(slot: string): Period | undefined {
  const [, granularity, digits] = /^(hour|day|week):([0-9]{1,15})$/.exec(slot) ?? []
  if (granularity === undefined) return undefined
  const { ms, offset } = GRAINS[granularity as Granularity]
  const period = periodOf(granularity as Granularity, Number(digits) * ms - offset)
  return slotOf(period) === slot ? period : undefined
}
