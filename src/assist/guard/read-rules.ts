// Opens a rules file and refuses what somebody else could write: whoever can write it decides what is let through.
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs'
import { KaroError } from '../../base/errors.ts'
import type { GuardRule } from './guard.ts'
import { parseRules, type RulesFile } from './rules-file.ts'

/** A thousand rules fit; a mistaken log file does not. */
const MOST_BYTES = 256 * 1024
/** Write permission for the group and for everybody. */
const OTHERS_WRITE = 0o022

/** Undefined when there is none. Throws KaroError bad_config, with `where`. */
export function readRules(
  path: string,
  whose: GuardRule['whose'],
  self = process.getuid?.() ?? 0,
): RulesFile | undefined {
  const text = readText(path, self)
  return text === undefined ? undefined : parseRules(text, path, whose)
}

/** The bytes as text, after the same looks. */
export function readText(path: string, self = process.getuid?.() ?? 0): string | undefined {
  let descriptor: number
  try {
    // Non-blocking, so that a FIFO does not hold us.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // A link to a disk that is not mounted is no sign that there are no rules.
    const isLink = code === 'ENOENT' && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    if (isLink)
      throw new KaroError('bad_config', 'this is a link to a file that is not there', {
        where: path,
        hint: 'Put the file back, or remove the link.',
        cause,
      })
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new KaroError('bad_config', `the rules cannot be read: ${(cause as Error).message}`, {
      where: path,
      cause,
    })
  }
  try {
    // Of what was opened, so that nobody can put another file there in between.
    const stat = fstatSync(descriptor)
    const refuse = (message: string, hint?: string): never => {
      throw new KaroError('bad_config', message, { where: path, ...(hint && { hint }) })
    }
    if (!stat.isFile()) refuse('this is not a file')
    if (stat.uid !== self && stat.uid !== 0)
      refuse(
        `the rules belong to another user (uid ${stat.uid}), who decides what is let through`,
        `Run: sudo chown ${self} ${path}`,
      )
    if ((stat.mode & OTHERS_WRITE) !== 0)
      refuse('others may write the rules, and so decide what is let through', `Run: chmod go-w ${path}`)
    if (stat.size > MOST_BYTES) refuse(`the file has ${stat.size} bytes, at most ${MOST_BYTES} are read`)
    return decoded(readFileSync(descriptor), path)
  } finally {
    closeSync(descriptor)
  }
}

function decoded(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    // The decoder does not say where; the first character it replaces does.
    const line = bytes.toString('utf8').split('\ufffd')[0]!.split('\n').length
    throw new KaroError('bad_config', 'the file is not UTF-8 text', { where: `${path}:${line}`, cause })
  }
}
