// The shape of a signal: something unusual in a person's own numbers, with those numbers.

/** Each has a row in `kinds.ts`; the names are part of the API, the words are for lists without numbers. */
const WORDS = {
  unusual_pattern: 'unusual patterns',
  failure_rate: 'unusual failures',
  timing: 'unusual times',
  repeated_risk: 'repeated risky commands',
  privilege_escalation: 'privilege escalation',
  deviation: 'unusually many commands',
  hook_silent: 'a hook that records nothing',
} as const
export type Kind = keyof typeof WORDS
export const KINDS = Object.keys(WORDS) as readonly Kind[]

/** Grades of severity, from 1 to 10, in totals; from 5 on a shell tells its person. */
export const BANDS: Readonly<Record<string, { readonly severity: number; readonly severity_most: number }>> =
  {
    low: { severity: 1, severity_most: 4 },
    notable: { severity: 5, severity_most: 7 },
    high: { severity: 8, severity_most: 10 },
  }

/** Undefined for what is no severity. */
export const bandOf = (severity: number): string | undefined =>
  Object.keys(BANDS).findLast((band) => severity >= (BANDS[band]?.severity ?? 0))

/** `about`: the tools of which there are unusual patterns or failures. A kind of a newer release keeps its name. */
export function signalWords(kind: string, about: readonly string[] = []): string {
  const [first, ...rest] = (WORDS[kind as Kind] ?? kind).split(' ')
  return [first, ...(about.length > 0 ? [about.join(', ')] : []), ...rest].join(' ')
}

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
