// Opens a rules file, and refuses one that other users can write, because they could then let commands through.
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs'
import { whyUnreadable } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { utf8Of } from '../../config/guarded.ts'
import type { GuardRule } from './guard.ts'
import { parseRules, type RulesFile } from './rules-file.ts'

/** Bytes of a file: enough for a thousand rules, and too few for a log file named by mistake. */
const MOST_BYTES = 256 * 1024
/** Write permission for the group and for everybody. */
const OTHERS_WRITE = 0o022

/**
 * The rules of the file; undefined if there is none. Throws KaroError bad_config with `where`. `self` is the own user
 * id.
 */
export function readRules(
  path: string,
  whose: GuardRule['whose'],
  self = process.getuid?.() ?? 0,
): RulesFile | undefined {
  const text = readText(path, self)
  return text === undefined ? undefined : parseRules(text, path, whose)
}

/** The text of the file after the same checks. */
export function readText(path: string, self = process.getuid?.() ?? 0): string | undefined {
  let descriptor: number
  try {
    // Non-blocking, because opening a FIFO would wait for a writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // A dangling link may lead to a disk that is not mounted, so it does not mean that there are no rules.
    const isLink = code === 'ENOENT' && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    if (isLink)
      throw new KaroError('bad_config', 'this is a link to a file that is not there', {
        where: path,
        hint: 'Put the file back, or remove the link.',
        cause,
      })
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new KaroError('bad_config', `the rules cannot be read: ${whyUnreadable(cause)}`, {
      where: path,
      cause,
    })
  }
  try {
    // Checks the opened file, so that nobody can exchange it after the check.
    const stat = fstatSync(descriptor)
    const refuse = (message: string, hint?: string): never => {
      throw new KaroError('bad_config', message, { where: path, hint })
    }
    if (!stat.isFile()) refuse('this is not a file')
    if (stat.uid !== self && stat.uid !== 0)
      refuse(
        `the rules belong to another user (uid ${stat.uid}), who could let any command through`,
        `Run: sudo chown ${self} ${path}`,
      )
    if ((stat.mode & OTHERS_WRITE) !== 0)
      refuse(
        'other users can write the rules, and so could let any command through',
        `Run: chmod go-w ${path}`,
      )
    if (stat.size > MOST_BYTES) refuse(`the file has ${stat.size} bytes, at most ${MOST_BYTES} are read`)
    return utf8Of(readFileSync(descriptor), path)
  } finally {
    closeSync(descriptor)
  }
}
