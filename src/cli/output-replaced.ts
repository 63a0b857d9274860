// A file that a command writes as a whole, in the place of an earlier one: a report of today replaces yesterday's.
import * as fs from 'node:fs'
import { systemRandom } from '../base/clock.ts'
import { KaroError } from '../base/errors.ts'
import { replaceFile } from '../base/files.ts'
import { absolutePath } from './place.ts'
import { writing } from './writing.ts'

interface ReplacedFile {
  readonly path: string
  /** Returns the bytes it has. Throws KaroError `bad_file` if it cannot be written; an earlier file is whole then. */
  write(text: string): number
}

/**
 * Undefined without a name. Mode 0600, also where an earlier file had another one. Throws KaroError `conflict` where
 * something else than a regular file has that name: a link, a device and a directory are no reports of before.
 */
export function replaceOutput(name: string | undefined, where: string): ReplacedFile | undefined {
  if (name === undefined) return undefined
  const path = absolutePath(name, where)
  const check = (): void => {
    const there = fs.lstatSync(path, { throwIfNoEntry: false })
    if (there === undefined || there.isFile()) return
    throw new KaroError('conflict', 'something of that name exists, and it is not a regular file', {
      where: path,
      hint: 'Choose another name.',
    })
  }
  // Now too, because otherwise it would be noticed only after all the work.
  writing(path, check)
  return {
    path,
    write: (text) =>
      writing(path, () => {
        check()
        replaceFile(path, text, 0o600, systemRandom)
        return Buffer.byteLength(text)
      }),
  }
}
