// What a signal is: something unusual in one person's own numbers, with the numbers that say so.

/** One row each in `kinds.ts`; the names are part of the API. */
export const KINDS = [
  'unusual_pattern',
  'failure_rate',
  'timing',
  'repeated_risk',
  'deviation',
  'hook_silent',
] as const
export type Kind = (typeof KINDS)[number]

/** What `observed`, `expected` and `spread` are counted in. */
type Unit = 'commands' | 'failures_of_100' | 'minutes'

/** The numbers behind a signal: nothing in it is text of anybody's. */
interface Numbers {
  readonly unit: Unit
  readonly observed: number
  /** What is usual for this person; 0 for what never was. */
  readonly expected: number
  /** By how much the usual varies, in the same unit; null where it is not a matter of varying. */
  readonly spread: number | null
  /** How much there was to learn from: active days, and of `failure_rate` commands. */
  readonly n: number
  /** When it was observed, ms since the epoch. */
  readonly window: { readonly start: number; readonly end: number }
}

/** One thing that a test of today's numbers found. */
export interface Finding extends Numbers {
  readonly kind: Kind
  /** A tool or category of the public dictionary, a shell or a weekday; null: all of it. */
  readonly subject: string | null
  /** 1 to 10. */
  readonly severity: number
}

/** What goes on for days is one signal, of which the strongest numbers are kept. */
export interface Signal extends Finding {
  /** 8 hex digits, of one person. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly first_seen: number
  readonly last_seen: number
  /** Days (of `hook_silent`: shells) on which it was found. */
  readonly count: number
  /** The last of them, since 1970-01-01 of the local date. */
  readonly last_day: number
  /** The person has been told. */
  readonly seen: boolean
}

/** What a mute is about: one subject of a kind, or all of it. */
export const targetOf = ({ kind, subject }: Pick<Finding, 'kind' | 'subject'>): string =>
  subject === null ? kind : `${kind}/${subject}`
