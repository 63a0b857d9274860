// A new file that a command writes piece by piece: it appears complete or not at all, and never replaces another file.
import * as fs from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { systemRandom } from '../base/clock.ts'
import { beginFile, type NewFile } from '../base/files.ts'
import { toHex } from '../base/hex.ts'
import { answersSignal } from '../ops/system/lock.ts'
import { type CommandIo, KaroError, usage } from './kit.ts'
import { beforeEnd } from './terminal/interrupt.ts'
import { writing } from './writing.ts'

/** Name of a temporary file, with the pid of the process that writes it. */
const TEMPORARY = /^\.karo\.(\d+)\.[0-9a-f]+\.tmp$/

/**
 * Makes a file with mode 0600. Ctrl-C removes it; after a kill the next output file in that directory removes it. Throws
 * KaroError `conflict` if a file of that name exists, `bad_file` if it cannot be written.
 */
export function createOutput(name: string) {
  const path = resolve(name)
  const taken = new KaroError('conflict', 'there is a file of that name already', {
    where: path,
    hint: 'Choose another name, or move that file away first.',
  })
  const attempt = <T>(act: () => T): T => {
    try {
      return writing(path, act)
    } catch (error) {
      discard()
      throw error
    }
  }
  let file: NewFile | undefined
  let release = (): void => {}
  function discard(): void {
    try {
      file?.discard()
    } catch {
      // Why nothing could be written is what is told; the next output file there removes what is left.
    } finally {
      release()
    }
  }
  const begun = attempt(() => {
    // Checked now too, because otherwise an existing file would be noticed only after all the work.
    if (fs.existsSync(path)) throw taken
    removeLeftovers(dirname(path))
    const suffix = toHex(systemRandom.bytes(6))
    file = beginFile(path, 0o600, join(dirname(path), `.karo.${process.pid}.${suffix}.tmp`))
    release = beforeEnd(file.discard)
    return file
  })
  return {
    /** Path of the file until it is finished; its contents can be read there. */
    temporary: begun.temporary,
    write: (content: string | Uint8Array): void => attempt(() => begun.write(content)),
    /** Puts the file on the disk under its name. */
    finish(): void {
      attempt(() => {
        if (!begun.create()) throw taken
      })
      release()
    },
    /** Removes the temporary file; does nothing after `finish`. */
    [Symbol.dispose]: discard,
  }
}

/** The option of commands whose whole output may go to a file. */
export const TO_FILE = {
  short: 'o',
  value: 'file',
  description: 'a new file, mode 0600 (default: standard output)',
} as const

/**
 * `fill` writes to a new file of this name, or to standard output without one. The file appears when `fill` has ended,
 * and not at all when it throws.
 */
export async function writingTo(
  { out }: CommandIo,
  name: string | undefined,
  fill: (write: (content: string | Uint8Array) => void) => Promise<void>,
): Promise<void> {
  if (name === undefined) return fill((content) => out(Buffer.from(content)))
  using output = createOutput(name)
  await fill(output.write)
  output.finish()
}

/** Removes temporary files of processes that were killed. An unreadable directory is ignored. */
function removeLeftovers(directory: string): void {
  try {
    for (const name of fs.readdirSync(directory)) {
      const pid = TEMPORARY.exec(name)?.[1]
      if (pid === undefined || answersSignal(Number(pid))) continue
      const path = join(directory, name)
      if (fs.lstatSync(path).uid === process.getuid?.()) fs.rmSync(path, { force: true })
    }
  } catch {
    // Leftovers do no harm.
  }
}

/** The error where `--json` and `what`, which is no JSON, would both go to standard output. */
export const noJson = (what: string): KaroError =>
  usage(
    `it cannot be combined with ${what} on standard output`,
    '--json',
    'Leave one of them out, or name a file.',
  )
