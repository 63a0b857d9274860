// Spool files as a bash hook writes them, for tests without a bash.
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Spooled {
  readonly command: string
  readonly sequence?: number
  readonly session?: string
  /** Microseconds since the epoch. */
  readonly start?: number
  readonly end?: number | '?'
  readonly cwd?: string
  readonly exit?: number | '?'
  readonly shell?: string
}

/** 2026-11-20 08:15 UTC. */
export const T0 = 1_795_162_500_000_000

/** One record, its text as `fc -l` lists it. */
export function record(spooled: Spooled): Buffer {
  const { command, sequence = 1, session = '0-1-2', start = T0 + sequence * 1_000_000 } = spooled
  const { end = start + 5_000, cwd = '/tmp', exit = 0, shell = 'bash' } = spooled
  const fields = ['1', session, sequence, start, end, shell, cwd, exit, `-\t ${command}\n`, '.']
  return Buffer.from(`\0\0${fields.join('\0')}\0`)
}

/** What a shell's guard notes: `active safe`. */
export function note(
  text: string,
  { sequence = 1, session = '0-1-2', start = T0 }: Partial<Spooled> = {},
): Buffer {
  const fields = ['1', session, sequence, start, start, 'bash', '?', '?', `!${text}`, '.']
  return Buffer.from(`\0\0${fields.join('\0')}\0`)
}

/** Records 1, 2, 3, … of one session. */
export function records(commands: readonly string[], from = 1, more: Partial<Spooled> = {}): Buffer {
  return Buffer.concat(commands.map((command, i) => record({ ...more, command, sequence: from + i })))
}

/** The file of a shell that is this process; `born` tells files of one process apart. */
export function liveName(born = Date.now() * 1000): string {
  return `${process.getuid!()}-${process.pid}-${born}.spool`
}

/** The file of a shell that does not exist any more: no Linux process has this number. */
export function deadName(n = 0): string {
  return `${process.getuid!()}-4294967295-${T0 + n}.spool`
}

export function append(directory: string, name: string, bytes: Uint8Array): void {
  const path = join(directory, name)
  const isNew = !existsSync(path)
  // A daemon removes the file of a shell that is gone once it has read it, even an empty one. So a new file appears with its content.
  const written = isNew ? `${path}.new` : path
  writeFileSync(written, bytes, { flag: 'a', mode: 0o600 })
  if (isNew) renameSync(written, path)
}
