// New files that appear whole or not at all, and never in place of another.
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
  const suffix = Buffer.from(random.bytes(6)).toString('hex')
  const temporary = join(dirname(path), `.${basename(path)}.${suffix}.tmp`)
  const file = fs.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  try {
    try {
      fs.writeFileSync(file, content)
      // The umask may have taken bits away.
      fs.fchmodSync(file, mode)
      fs.fsyncSync(file)
    } finally {
      fs.closeSync(file)
    }
    // link(2) is the atomic "create, but only if nobody else did"; rename(2) would overwrite.
    fs.linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    fs.rmSync(temporary, { force: true })
  }
  const directory = fs.openSync(dirname(path), O_RDONLY | O_DIRECTORY)
  try {
    fs.fsyncSync(directory)
  } finally {
    fs.closeSync(directory)
  }
  return true
}
