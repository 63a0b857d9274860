// The shape of a signal: something unusual in a person's own numbers, with those numbers.

/** Each has a row in `kinds.ts`; the names are part of the API. */
export const KINDS = [
  'unusual_pattern',
  'failure_rate',
  'timing',
  'repeated_risk',
  'privilege_escalation',
  'deviation',
  'hook_silent',
] as const
export type Kind = (typeof KINDS)[number]

/** What is said of signals of many machines, of which no numbers are told; `about`: tools or categories, if these are told. */
const WORDS: Readonly<Record<Kind, (about: string) => string>> = {
  unusual_pattern: (about) => ['unusual', about, 'patterns'].filter(Boolean).join(' '),
  failure_rate: (about) => `unusual failures${about && ` of ${about}`}`,
  timing: () => 'unusual times',
  repeated_risk: () => 'repeated risky commands',
  privilege_escalation: () => 'privilege escalation',
  deviation: () => 'unusually many commands',
  hook_silent: () => 'a hook that records nothing',
}

/** Of a kind that a newer release found: its name as it came. */
export const signalWords = (type: string, about: readonly string[] = []): string =>
  Object.hasOwn(WORDS, type) ? WORDS[type as Kind](about.join(', ')) : type

/** Units of `observed`, `expected` and `spread`. */
type Unit = 'commands' | 'failures_of_100' | 'minutes'

/** The numbers behind a signal; no text of a person is among them. */
interface Numbers {
  readonly unit: Unit
  readonly observed: number
  /** The usual value for this person; 0 for something that never happened before. */
  readonly expected: number
  /** How much the usual number varies, in the same unit; null if variation does not matter. */
  readonly spread: number | null
  /** Size of the sample: active days, or commands for `failure_rate`. */
  readonly n: number
  /** Time of the observation, milliseconds since the epoch. */
  readonly window: { readonly start: number; readonly end: number }
}

/** A finding in today's numbers. */
export interface Finding extends Numbers {
  readonly kind: Kind
  /** A tool or category of the public dictionary, a shell, or a weekday; null for everything. */
  readonly subject: string | null
  /** From 1 to 10. */
  readonly severity: number
}

/** A finding that continues for days is one signal, which keeps the strongest numbers. */
export interface Signal extends Finding {
  /** 8 hex digits, unique within one person. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly first_seen: number
  readonly last_seen: number
  /** Number of days on which it was found; number of shells for `hook_silent`. */
  readonly count: number
  /** The latest of these days, as days from 1970-01-01 to the local date. */
  readonly last_day: number
  /** Whether the person has seen it. */
  readonly seen: boolean
}

/** Name of what a mute silences: one subject of a kind, or the whole kind. */
export const targetOf = ({ kind, subject }: Pick<Finding, 'kind' | 'subject'>): string =>
  subject === null ? kind : `${kind}/${subject}`
