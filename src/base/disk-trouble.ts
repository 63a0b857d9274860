// Why a file or directory could not be written, in words for a person, and what to do about it.
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'

export interface DiskTrouble {
  /** No sentence of its own: what follows a colon. Ends with the system's code. */
  readonly reason: string
  readonly hint: string
}

type Told = (directory: string) => DiskTrouble

const TOLD: Readonly<Record<string, Told>> = {
  ENOSPC: (directory) => ({
    reason: `there is no room left on the disk of ${directory}`,
    hint: 'Make room there, or choose a place on another disk.',
  }),
  EDQUOT: (directory) => ({
    reason: `your quota on the disk of ${directory} is used up`,
    hint: 'Make room there, or choose a place on another disk.',
  }),
  EROFS: (directory) => ({
    reason: `the file system of ${directory} is read-only`,
    hint: 'Make it writable, or choose a place on another one.',
  }),
  EACCES: notAllowed,
  EPERM: notAllowed,
  ENOENT: (directory) => ({
    reason: `there is no directory ${directory}`,
    hint: 'Make it first, or choose one that is there.',
  }),
  ENOTDIR: (directory) => ({
    reason: `${directory} is no directory`,
    hint: 'Choose a directory.',
  }),
  EIO: (directory) => ({
    reason: `the disk of ${directory} does not take it`,
    hint: 'Choose another disk, and look what the kernel says of this one: journalctl -k',
  }),
}

function notAllowed(directory: string): DiskTrouble {
  return { reason: `you may not write to ${directory}`, hint: 'Choose a directory that you may write to.' }
}

/** `path`: what was to be made or written, by the name a person gave it; names on the way there are left out. */
export function diskTrouble(path: string, cause: unknown): DiskTrouble {
  const directory = dirname(path)
  const code = codeOf(path, cause)
  const told = code === undefined ? undefined : TOLD[code]?.(directory)
  if (told !== undefined) return { ...told, reason: `${told.reason} (${code})` }
  // `ELOOP: too many symbolic links, open '/home/…/.karo.17.ab.tmp'`: all but which call, and of what.
  const [reason = ''] = messageOf(cause).split(/, \w+(?: '|$)/)
  return { reason, hint: `Check that ${directory} can be written to.` }
}

function codeOf(path: string, cause: unknown): string | undefined {
  let code: string | undefined
  for (let e = cause; e instanceof Error && code === undefined; e = e.cause)
    code = (e as NodeJS.ErrnoException).code?.match(/^E[A-Z]+$/)?.[0] ?? levelCode(e.message)
  // Directories that are made on the way are said to be missing also where nothing can be made.
  if (code !== 'ENOENT') return code
  let there = dirname(path)
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there)
  try {
    accessSync(there, constants.W_OK)
    return code
  } catch (denied) {
    return (denied as NodeJS.ErrnoException).code
  }
}

/** LevelDB gives no code, but the system's words. */
function levelCode(message: string): string | undefined {
  if (/No space left on device/.test(message)) return 'ENOSPC'
  if (/Read-only file system/.test(message)) return 'EROFS'
  if (/Permission denied/.test(message)) return 'EACCES'
  return /Input\/output error/.test(message) ? 'EIO' : undefined
}

const messageOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause instanceof Error ? cause.cause.message : cause.message
}
