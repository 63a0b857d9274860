// The settings file of an AI coding tool on disk: its text, its directory, and the copy from before Karo's first change.
import * as fs from 'node:fs'
import { diskTrouble, whyUnreadable } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'

/** As the file is edited: byte by byte. */
export function textOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new KaroError('bad_file', `the file cannot be read: ${whyUnreadable(error)}`, { where: file })
  }
}

export function makeDirectory(directory: string, mode: number): void {
  try {
    fs.mkdirSync(directory, { recursive: true, mode })
  } catch (cause) {
    throw new KaroError('bad_file', `the directory cannot be made: ${diskTrouble(directory, cause).reason}`, {
      where: directory,
      cause,
    })
  }
}

/** The settings as they were before Karo's first change. */
export const copyOf = (file: string): string => `${file}.before-karo`

export function keepCopy(file: string): void {
  try {
    fs.copyFileSync(file, copyOf(file), fs.constants.COPYFILE_EXCL)
  } catch (error) {
    // An earlier one stays.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new KaroError(
        'bad_file',
        `no backup copy can be written: ${diskTrouble(copyOf(file), error).reason}`,
        {
          where: copyOf(file),
        },
      )
    }
  }
}

/** Once the settings are what they were, the copy has nothing more to say. */
export function dropCopy(file: string): void {
  const copy = copyOf(file)
  const stat = fs.lstatSync(copy, { throwIfNoEntry: false })
  if (stat?.isFile() !== true || textOf(copy) !== textOf(file)) return
  fs.rmSync(copy)
}
