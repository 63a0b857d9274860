// The settings file of an AI coding tool on disk: its text, its directory, and the copy from before Karo's first change.
import * as fs from 'node:fs'
import { unreadable } from '../input/regular-file.ts'
import { writing } from '../writing.ts'

/** As the file is edited: byte by byte. */
export function textOf(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(file, error)
  }
}

/** The settings as they were before Karo's first change. */
export const copyOf = (file: string): string => `${file}.before-karo`

export function keepCopy(file: string): void {
  const copy = copyOf(file)
  // An earlier one stays.
  if (fs.lstatSync(copy, { throwIfNoEntry: false }) !== undefined) return
  const write = (): void => fs.copyFileSync(file, copy, fs.constants.COPYFILE_EXCL)
  writing(copy, write, 'no backup copy can be written')
}

/** Once the settings are what they were, the copy has nothing more to say. */
export function dropCopy(file: string): void {
  const copy = copyOf(file)
  const stat = fs.lstatSync(copy, { throwIfNoEntry: false })
  if (stat?.isFile() !== true || textOf(copy) !== textOf(file)) return
  fs.rmSync(copy)
}
