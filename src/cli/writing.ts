// Says why a file that a command writes cannot be written, and what to do.
import { diskTrouble } from '../base/disk-trouble.ts'
import { KaroError } from '../base/errors.ts'

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
