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
      if (code === 'EEXIST') throw taken(path)
      throw new KaroError('bad_file', `it cannot be written: ${message}`, { where: path, cause })
    }
  }
  // Before anything is fetched: linking would notice it only at the end.
  if (fs.existsSync(path)) throw taken(path)
  let handle: number | undefined = attempt(() => fs.openSync(temporary, 'wx', 0o600))
  const close = (): void => {
    if (handle !== undefined) fs.closeSync(handle)
    handle = undefined
  }
  return {
    write: (text) => attempt(() => fs.writeFileSync(handle!, text)),
    finish: () =>
      attempt(() => {
        fs.fsyncSync(handle!)
        close()
        fs.linkSync(temporary, path)
        fs.rmSync(temporary)
      }),
    discard() {
      close()
      fs.rmSync(temporary, { force: true })
    },
  }
}

const taken = (path: string): KaroError =>
  new KaroError('conflict', 'there is a file of that name', { where: path, hint: 'Choose another name.' })
