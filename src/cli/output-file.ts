// A new file that a command writes piece by piece: there whole at the end, or not at all, and never in place of another.
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { systemRandom } from '../base/clock.ts'
import { diskTrouble } from '../base/disk-trouble.ts'
import { KaroError } from '../base/errors.ts'
import { beginFile, type NewFile } from '../base/files.ts'
import { toHex } from '../base/hex.ts'
import { absolutePath } from './place.ts'
import { beforeEnd } from './terminal/interrupt.ts'

/** Of the process with that pid, while it writes. */
const TEMPORARY = /^\.karo\.(\d+)\.[0-9a-f]+\.tmp$/

export interface OutputFile {
  /** Where it is until it is finished: what was written can be read again there. */
  readonly temporary: string
  write(content: string | Uint8Array): void
  /** On disk, under its name. */
  finish(): void
  /** Nothing of it stays; harmless after `finish`. */
  discard(): void
}

/**
 * Mode 0600. Ctrl-C leaves nothing of it, and neither does a kill once the next file is made in that directory. Throws
 * KaroError conflict when there is a file already, bad_file when it cannot be written.
 */
export function createOutput(name: string): OutputFile {
  const path = absolutePath(name)
  const taken = new KaroError('conflict', 'there is a file of that name already', {
    where: path,
    hint: 'Choose another name, or move that file away first.',
  })
  const attempt = <T>(act: () => T): T => {
    try {
      return act()
    } catch (cause) {
      discard()
      if (cause === taken) throw cause
      const { reason, hint } = diskTrouble(path, cause)
      throw new KaroError('bad_file', `it cannot be written: ${reason}`, { where: path, hint, cause })
    }
  }
  let file: NewFile | undefined
  let release = (): void => {}
  function discard(): void {
    file?.discard()
    release()
  }
  const begun = attempt(() => {
    // Before anything is fetched: it would be noticed only at the end.
    if (fs.existsSync(path)) throw taken
    removeLeftovers(dirname(path))
    const suffix = toHex(systemRandom.bytes(6))
    file = beginFile(path, 0o600, join(dirname(path), `.karo.${process.pid}.${suffix}.tmp`))
    release = beforeEnd(file.discard)
    return file
  })
  return {
    temporary: begun.temporary,
    write: (content) => attempt(() => begun.write(content)),
    finish() {
      attempt(() => {
        if (!begun.create()) throw taken
      })
      release()
    },
    discard,
  }
}

/** Of processes that were killed. Where nobody may list there is nothing to find. */
function removeLeftovers(directory: string): void {
  try {
    for (const name of fs.readdirSync(directory)) {
      const pid = TEMPORARY.exec(name)?.[1]
      if (pid === undefined || isAlive(Number(pid))) continue
      const path = join(directory, name)
      if (fs.lstatSync(path).uid === process.getuid?.()) fs.rmSync(path, { force: true })
    }
  } catch {
    // They are in nobody's way.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** What is no JSON on standard output no reader of JSON can take. */
export const noJson = (format: string): KaroError =>
  new KaroError('bad_request', `it does not go with --format ${format} on standard output`, {
    where: '--json',
    hint: 'Leave one of them out, or name a file with --output.',
  })
