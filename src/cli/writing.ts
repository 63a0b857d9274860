// Writes settings of a person, and says why a file that a command writes cannot be written, and what to do.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
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

/**
 * Replaces the text of a file of settings, which said `before` when `text` was made of it; undefined: it was not there. A link into
 * somebody's collection of settings stays one, and the file behind it changes. Throws KaroError `conflict` where it says something
 * else by now, which would be lost.
 */
export function replaceSettings(file: string, text: string, mode: number, before: string | undefined): void {
  const place = existsSync(file) ? realpathSync(file) : file
  const changed = new KaroError('conflict', 'another command changes the file at the same time', {
    where: file,
    hint: 'This one changed nothing: run it again.',
  })
  try {
    replaceFile(place, text, mode, systemRandom, (isAlone) => {
      if (!isAlone || (existsSync(place) ? readFileSync(place, 'utf8') : undefined) !== before) throw changed
    })
  } catch (error) {
    // Whoever replaces the file removes first what others have ready for its place.
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync(dirname(place)) ? changed : error
  }
}
