// Says why a file or directory could not be read or written, and what a person can do about it.
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { KaroError } from './errors.ts'

export interface DiskTrouble {
  /** The end of a sentence, for use after a colon, with the system's code at its end. */
  readonly reason: string
  readonly hint: string
}

type Told = (directory: string) => DiskTrouble

const TOLD: Readonly<Record<string, Told>> = {
  ENOSPC: (directory) => ({
    reason: `the disk of ${directory} is full`,
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
    hint: 'Create it first, or choose an existing directory.',
  }),
  ENOTDIR: (directory) => ({
    reason: `${directory} is not a directory`,
    hint: 'Choose a directory.',
  }),
  EIO: (directory) => ({
    reason: `the disk of ${directory} reports an error`,
    hint: 'Choose another disk, and see what the kernel reports about this one: journalctl -k',
  }),
}

function notAllowed(directory: string): DiskTrouble {
  return { reason: `you may not write to ${directory}`, hint: 'Choose a directory that you may write to.' }
}

/** `path` is the file or directory to be written, as the person named it; temporary names are not shown. */
export function diskTrouble(path: string, cause: unknown): DiskTrouble {
  const directory = dirname(path)
  const code = codeOf(path, cause)
  // For a path that does not exist, the deepest directory of it that does: that directory refuses the write.
  const refuses = code === 'EACCES' || code === 'EPERM' ? nearest(directory) : directory
  const told = code === undefined ? undefined : TOLD[code]?.(refuses)
  if (told !== undefined) return { ...told, reason: `${told.reason} (${code})` }
  // Keeps only the reason of a message such as `ELOOP: too many symbolic links, open '/home/…/.karo.17.ab.tmp'`.
  const [reason = ''] = messageOf(cause).split(/, \w+(?: '|$)/)
  return { reason, hint: `Check that ${directory} can be written to.` }
}

const UNREAD: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'this user may not read the file, or a directory above it',
  EPERM: 'this user may not read the file, or a directory above it',
  ELOOP: 'symbolic links form a loop',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
}

/** The end of a sentence, for use after a colon. What is no error of the system says so itself. */
export function whyUnreadable(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === undefined) return message
  return UNREAD[code] ?? message
}

/** The error for a node's directory `home`, or a file in it, that cannot be created or written. */
export function homeTrouble(home: string, cause: unknown): KaroError {
  if (cause instanceof KaroError) return cause
  const { path = home } = cause as NodeJS.ErrnoException
  const { reason, hint } = diskTrouble(path, cause)
  return new KaroError('bad_file', `cannot write the node's directory: ${reason}`, {
    where: path,
    hint: `${hint} --home or KARO_HOME choose another directory.`,
    cause,
  })
}

function codeOf(path: string, cause: unknown): string | undefined {
  let code: string | undefined
  for (let e = cause; e instanceof Error && code === undefined; e = e.cause)
    code = (e as NodeJS.ErrnoException).code?.match(/^E[A-Z]+$/)?.[0] ?? levelCode(e.message)
  // mkdir reports ENOENT for a missing parent even if the real reason is that the nearest directory cannot be written.
  if (code !== 'ENOENT') return code
  try {
    accessSync(nearest(dirname(path)), constants.W_OK)
    return code
  } catch (denied) {
    return (denied as NodeJS.ErrnoException).code
  }
}

/** The directory itself, or the nearest above it that exists. */
function nearest(directory: string): string {
  let there = directory
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there)
  return there
}

/** LevelDB reports the system's message without its code. */
function levelCode(message: string): string | undefined {
  if (/No space left on device/.test(message)) return 'ENOSPC'
  if (/Disk quota exceeded/.test(message)) return 'EDQUOT'
  if (/Read-only file system/.test(message)) return 'EROFS'
  if (/Permission denied/.test(message)) return 'EACCES'
  return /Input\/output error/.test(message) ? 'EIO' : undefined
}

const messageOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause instanceof Error ? cause.cause.message : cause.message
}
