// The words the risk room speaks in, apart from the parser, so that naming a level costs nothing.

export const RISK_LEVELS = ['safe', 'moderate', 'high', 'critical'] as const
export type RiskLevel = (typeof RISK_LEVELS)[number]

export const GUARD_PROFILES = ['strict', 'moderate', 'permissive', 'off'] as const
export type GuardProfile = (typeof GUARD_PROFILES)[number]

export const SHELLS = ['bash', 'zsh', 'fish', 'sh'] as const
export type Shell = (typeof SHELLS)[number]

/** Who gives the line: a person who types it, or an AI coding tool, which cannot be trusted with what guards against it. */
export type Caller = 'person' | 'tool'

/** What the caller knows of the files on its machine; the judgement itself looks at none. */
export interface Machine {
  /** Files the guard goes by that are there, absolute, links followed, beside those known by their names. */
  readonly files: readonly string[]
  /** Files from which shells load the guard that are there, absolute, links followed: a tool is asked before it writes one. */
  readonly startFiles: readonly string[]
  /** Karo's program and what runs it, absolute, links followed. */
  readonly programs: readonly string[]
  /** An absolute path with its links followed as far as it exists; as it is where nothing is known. Never throws. */
  readonly real: (path: string) => string
}
