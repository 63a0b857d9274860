// Files that appear whole or not at all: new ones, never in place of another, and new contents of old ones.
import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Random } from './clock.ts'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants

/**
 * Writes `content` to a new file at `path` with exactly `mode`, durably. A crash at any point leaves either no file
 * or the whole one (at worst also a `.tmp` file beside it that nothing reads). False when something is there already;
 * other failures throw the system's error.
 */
export function createFile(path: string, content: string, mode: number, random: Random): boolean {
  const temporary = temporaryBeside(path, random)
  try {
    writeDurably(temporary, content, mode)
    // link(2) is the atomic "create, but only if nobody else did"; rename(2) would overwrite.
    fs.linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    fs.rmSync(temporary, { force: true })
  }
  syncDirectory(dirname(path))
  return true
}

/**
 * Gives the file at `path` new content and exactly `mode`, durably. A crash at any point leaves the old content or the
 * new, whole (at worst also a `.tmp` file beside it; the next call removes it). Failures throw the system's error.
 */
export function replaceFile(path: string, content: string, mode: number, random: Random): void {
  const directory = dirname(path)
  for (const name of fs.readdirSync(directory)) {
    // Of somebody who replaces it right now: they fail, and the file stays whole.
    if (name.startsWith(`.${basename(path)}.`) && name.endsWith('.tmp'))
      fs.rmSync(join(directory, name), { force: true })
  }
  const temporary = temporaryBeside(path, random)
  try {
    writeDurably(temporary, content, mode)
    fs.renameSync(temporary, path)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
  syncDirectory(directory)
}

function temporaryBeside(path: string, random: Random): string {
  const suffix = Buffer.from(random.bytes(6)).toString('hex')
  return join(dirname(path), `.${basename(path)}.${suffix}.tmp`)
}

/** A new file; throws when there is one. */
function writeDurably(path: string, content: string, mode: number): void {
  const file = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  try {
    fs.writeFileSync(file, content)
    // The umask may have taken bits away.
    fs.fchmodSync(file, mode)
    fs.fsyncSync(file)
  } finally {
    fs.closeSync(file)
  }
}

function syncDirectory(path: string): void {
  const directory = fs.openSync(path, O_RDONLY | O_DIRECTORY)
  try {
    fs.fsyncSync(directory)
  } finally {
    fs.closeSync(directory)
  }
}
