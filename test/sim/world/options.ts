// What a simulation of the whole is asked for, and what is true where nothing is said.

export interface WorldOptions {
  readonly nodes: number
  readonly seed: number
  /** Virtual minutes. */
  readonly minutes: number
  /** Of ten thousand segments so many are lost once. */
  readonly lossPer10k: number
  /** Nodes that go away each minute, as a part of all; half of them without a word. All come back. */
  readonly churn: number
  /** One way over a connection, ms. */
  readonly latency: { readonly least: number; readonly most: number }
  /** So many of all start only three minutes before the end. */
  readonly late: number
  /** All know all others from a day before, as machines that were switched off together; else nobody knows anybody. */
  readonly joined: boolean
  /** Minutes since the end of the hour that is added up, when the first machine starts. Shares of it are given within 12. */
  readonly begins: number
  /** Questions a minute. */
  readonly questions: number
  /** Called now and then by runs that take long. */
  readonly tell?: (line: string) => void
}

export const DEFAULTS = {
  nodes: 50,
  seed: 1,
  minutes: 20,
  lossPer10k: 50,
  churn: 0,
  late: 0,
  questions: 1,
  joined: false,
  begins: 0,
  latency: { least: 0.5, most: 20.5 },
} as const satisfies WorldOptions
