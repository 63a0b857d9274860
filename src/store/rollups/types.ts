// The shapes that the rollups room shows to other rooms: the counts of one hour or day, and their readers.

import type { RiskLevel } from '../../assist/risk/index.ts'

export interface Tally {
  readonly count: number
  /** Commands with another exit code than 0. */
  readonly failures: number
  /** Commands in `count` whose exit code is not known, as most imported ones: nobody can say whether they failed. */
  readonly unknown: number
}

/** Commands of which it is known how they ended: only of these is there a rate of failures. */
export const known = ({ count, unknown }: Pick<Tally, 'count' | 'unknown'>): number => count - unknown

/** From 0 to 1; null where it is not known of any how it ended. */
export const failureRate = (tally: Tally): number | null =>
  known(tally) === 0 ? null : tally.failures / known(tally)

export interface CategoryTally extends Tally {
  readonly duration_ms: number
  /** Commands in `count` that ran as another user; absent: none. */
  readonly privileged?: number
}

/** The guard's decision about a line. `unjudged`: the guard failed, and the command ran or was stopped without a judgement. */
export const GUARD_OUTCOMES = ['blocked', 'confirmed', 'declined', 'unjudged'] as const
export type GuardOutcome = (typeof GUARD_OUTCOMES)[number]
/** A note of a shell's guard: a decision, or, once a day in each shell, that the guard is active. */
export const GUARD_NOTES = [...GUARD_OUTCOMES, 'active'] as const
export type GuardNoted = (typeof GUARD_NOTES)[number]

export interface Rollup extends Tally {
  readonly duration_ms: number
  /** By category. */
  readonly categories: Readonly<Record<string, CategoryTally>>
  /** By tool. */
  readonly tools: Readonly<Record<string, Tally & { readonly category: string }>>
  readonly risk: Readonly<Record<RiskLevel, number>>
  /** Commands by local hour of the day, 24 numbers. */
  readonly hourly: readonly number[]
  /** Decisions of the guard about lines, not commands that ran; commands that ran after all are in `count`. */
  readonly guard: Readonly<Record<GuardOutcome, number>>
  /** Shells whose guard said, for the first time on a day, that it looks at the lines. */
  readonly guard_active: number
  /** Commands in `count` that a program typed on the person's behalf. */
  readonly generated: number
  /** Commands in `count` that `karo ask` had given as an answer. */
  readonly answered: number
  /**
   * Commands in `count` above `safe` by the id of the rule that gave them their level: one rule each, so that what is missing of all of
   * them was stored before Karo kept rules.
   */
  readonly rules: Readonly<Record<string, number>>
}

interface SumOfDays {
  readonly sum: Rollup
  /** In order. */
  readonly days: readonly (Pick<Rollup, 'count' | 'hourly'> & { readonly day: number })[]
}

export interface RollupRepository {
  /** People who have any events here. */
  uids(): Promise<readonly number[]>
  /** Hours [from, to) that have events, in order; hours since the epoch, UTC. */
  hours(uid: number, from: number, to: number): Promise<readonly { hour: number; rollup: Rollup }[]>
  /** Days [from, to) that have events, in order; days since 1970-01-01 of the local date. */
  days(uid: number, from: number, to: number): Promise<readonly { day: number; rollup: Rollup }[]>
  /** The days [from, to) added up, and what each had by hour. Cheaper than `days`, because no object is made for each tally. */
  sumOfDays(uid: number, from: number, to: number): Promise<SumOfDays>
  /** The first day that has a rollup, since 1970-01-01. */
  firstDay(uid: number): Promise<number | undefined>
  /** The first hour since the epoch, of UTC, that has a rollup. */
  firstHour(uid: number): Promise<number | undefined>
  /** The days [from, to) that have a rollup, in order; only keys are read. */
  dayNumbers(uid: number, from: number, to: number): Promise<readonly number[]>
  /** Distinct commands on the days [from, to), exactly. */
  uniqueCommands(uid: number, from: number, to: number): Promise<number>
  /** Distinct commands in the hours [from, to), exactly; it reads the days inside and the events of their edges. */
  uniqueCommandsOfHours(uid: number, from: number, to: number): Promise<number>
}
