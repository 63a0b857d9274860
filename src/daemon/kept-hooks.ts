// Hooks that this person's shells keep as files: removed when there is something to tell, because only the program tells it, and when settings may have changed.
import { rmSync } from 'node:fs'
import type { Log } from '../base/run/log.ts'
import type { Anomalies } from '../insight/anomalies/index.ts'

interface KeptHooksDeps {
  /** Directory of the hooks. */
  readonly directory: string
  readonly anomalies: Pick<Anomalies, 'onBegun'>
  readonly log: Log
}

/**
 * At the start, and whenever something unusual was found, the next new shell starts the program, which keeps the hook anew.
 * So it does after the function that is returned was called: shells compare only times of files, which a file that is
 * put back from elsewhere may bring along.
 */
export function watchKeptHooks({ directory, anomalies, log }: KeptHooksDeps): () => void {
  const remove = (): void => {
    try {
      rmSync(directory, { recursive: true, force: true })
    } catch (error) {
      log.warn(
        { reason: String(error) },
        'hooks of shells were not removed; new shells may have an old one, and are told of nothing unusual',
      )
    }
  }
  remove()
  anomalies.onBegun(remove)
  return remove
}
