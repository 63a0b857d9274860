// The words of the risk room, in a file without the parser, so that using them loads little code.

export const RISK_LEVELS = ['safe', 'moderate', 'high', 'critical'] as const
export type RiskLevel = (typeof RISK_LEVELS)[number]

export const GUARD_PROFILES = ['strict', 'moderate', 'permissive', 'off'] as const
export type GuardProfile = (typeof GUARD_PROFILES)[number]

export const SHELLS = ['bash', 'zsh', 'fish', 'sh'] as const
export type Shell = (typeof SHELLS)[number]

/**
 * Who gives the line: a person, or an AI coding tool, which must not be able to switch off the guard that watches it.
 */
export type Caller = 'person' | 'tool'

/** Knowledge about files of this machine, from the caller; the judgement itself reads no file. */
export interface Machine {
  /** Existing files on which the guard depends and that are not known by their names; absolute, links followed. */
  readonly files: readonly string[]
  /**
   * Existing start files from which shells load the guard; absolute, links followed. A tool is asked before it writes
   * one.
   */
  readonly startFiles: readonly string[]
  /** Karo's program and the program that runs it; absolute, links followed. */
  readonly programs: readonly string[]
  /** The path with links followed as far as it exists; unchanged if nothing is known about it. Never throws. */
  readonly real: (path: string) => string
  /** Whether the path is a file with something in it. Never throws. */
  readonly holds?: (path: string) => boolean
  /** Whether the disk, or a partition of it, is mounted or is swap. Never throws. */
  readonly isMounted?: (path: string) => boolean
  /** The text of a small file; undefined if it is none. Never throws. */
  read?(path: string): string | undefined
  /** Names of what is in the directory; none where it cannot be read. Never throws. */
  names?(directory: string): readonly string[]
  /**
   * Hears of each file that the line runs as code, with the text by which it is judged. Undefined: it has not been read. Null: it is a
   * program of the system, and is judged by its name.
   */
  readonly runs?: (path: string, text: string | undefined | null) => void
  readonly gitAlias?: GitAlias
}

/**
 * The text of an alias in git's configuration, as it applies in the directory (`.`: where that is unknown); undefined if
 * there is none of this name. Never throws.
 */
export type GitAlias = (name: string, cwd: string) => string | undefined
