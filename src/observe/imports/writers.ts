// Writes a history in the shells' own formats, so that a person who leaves Karo can take it along.
import { writeBash } from './bash.ts'
import type { ForeignShell } from './entry.ts'
import { writeFish } from './fish.ts'
import { writeZsh } from './zsh.ts'

/** The parts of a command that a shell's history can hold. */
export interface Written {
  readonly command: string
  /** Microseconds since the epoch. */
  readonly start_us: number
  readonly duration_us: number | null
}

const SECOND_US = 1_000_000

/** Writers of one entry; the file needs nothing before or behind the entries. */
export const SHELL_WRITERS: Readonly<Record<ForeignShell, (entry: Written) => Uint8Array>> = {
  bash: ({ command, start_us }) => Buffer.from(writeBash({ command, seconds: secondsOf(start_us) })),
  zsh: ({ command, start_us, duration_us }) =>
    writeZsh({
      command,
      seconds: secondsOf(start_us),
      elapsed: Math.round((duration_us ?? 0) / SECOND_US),
    }),
  fish: ({ command, start_us }) => Buffer.from(writeFish({ command, seconds: secondsOf(start_us) })),
}

const secondsOf = (us: number): number => Math.max(1, Math.floor(us / SECOND_US))
