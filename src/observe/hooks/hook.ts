// What every shell's hook is made from, and the shells that there is one for.

/**
 * Where a hook reads the last part of its files' names: 122 random bits, another each time, and no fork for them. Whoever
 * knew the name could make the file first where `fs.protected_regular` is 0, and read what is typed. So every hook makes
 * its files new and exclusively, writes to none that is not its person's, and does nothing where it cannot read this.
 */
export const SECRET = '/proc/sys/kernel/random/uuid'

/** The name that the records carry and `karo shell` takes. */
export type Shell = 'bash' | 'zsh' | 'fish' | 'sh'

export interface HookOptions {
  /** Absolute. The daemon makes it; the hook makes nothing but its own files in it. */
  readonly spoolDirectory: string
  /** Commands that match any of these globs are not written; see `history.ignore`. */
  readonly ignore: readonly string[]
}

/**
 * Globs of what is never written: the person's, and a line that names what is to be nowhere any more. Bash, where the person
 * has none, looks at no text, which would cost as much again: the daemon blanks out that line, where it may write the file.
 */
export const unwritten = (ignore: readonly string[]): readonly string[] => [
  ...ignore,
  'karo history delete *',
]

/** The code that a shell runs once, when it starts: what `karo shell init` prints. */
export type Hook = (options: HookOptions) => string
