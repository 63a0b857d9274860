// Writes settings of a person, and says why a file that a command writes cannot be written, and what to do.
import { existsSync, realpathSync } from 'node:fs'
import { systemRandom } from '../base/clock.ts'
import { diskTrouble } from '../base/disk-trouble.ts'
import { KaroError } from '../base/errors.ts'
import { replaceFile } from '../base/files.ts'

/** What a command that sets or unsets a setting says where the setting is so already. */
export const UNCHANGED = 'Nothing was changed: it was so before.\n'

/** What `act` returns. What the system refuses is thrown as KaroError `bad_file` that begins with `what`. */
export function writing<T>(path: string, act: () => T, what = 'it cannot be written'): T {
  try {
    return act()
  } catch (cause) {
    if (cause instanceof KaroError) throw cause
    const { reason, hint } = diskTrouble(path, cause)
    throw new KaroError('bad_file', `${what}: ${reason}`, { where: path, hint, cause })
  }
}

/** Replaces the text of a file of settings. A link into somebody's collection of settings stays one, and the file behind it changes. */
export function replaceSettings(file: string, text: string, mode: number): void {
  replaceFile(existsSync(file) ? realpathSync(file) : file, text, mode, systemRandom)
}
