// A new file that a command writes piece by piece: there whole at the end, or not at all, and never in place of another.
import * as fs from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { KaroError } from '../base/errors.ts'

export interface OutputFile {
  write(text: string): void
  /** On disk, under its name. */
  finish(): void
  /** Nothing of it stays; harmless after `finish`. */
  discard(): void
}

/** Mode 0600. Throws KaroError conflict when there is a file already, bad_file when it cannot be written. */
export function createOutput(file: string): OutputFile {
  const path = resolve(file)
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  const attempt = <T>(act: () => T): T => {
    try {
      return act()
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      fs.rmSync(temporary, { force: true })
      if (code === 'EEXIST') {
        throw new KaroError('conflict', 'there is a file of that name', {
          where: path,
          hint: 'Choose another name.',
        })
      }
      throw new KaroError('bad_file', `it cannot be written: ${message}`, { where: path, cause })
    }
  }
  // Before anything is fetched: linking would notice it only at the end.
  if (fs.existsSync(path)) attempt(() => fs.closeSync(fs.openSync(path, 'wx', 0o600)))
  const handle = attempt(() => fs.openSync(temporary, 'wx', 0o600))
  return {
    write: (text) => attempt(() => fs.writeFileSync(handle, text)),
    finish: () =>
      attempt(() => {
        fs.fsyncSync(handle)
        fs.closeSync(handle)
        fs.linkSync(temporary, path)
        fs.rmSync(temporary)
      }),
    discard: () => fs.rmSync(temporary, { force: true }),
  }
}
