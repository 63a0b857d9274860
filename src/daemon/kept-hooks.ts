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
 * At the start, whenever something unusual was found, and after a call of the returned function, the next new shell
 * starts the program, which rewrites the stored hook. Shells only compare modification times, and a file that is
 * restored from elsewhere may have an old one.
 */
export function watchKeptHooks({ directory, anomalies, log }: KeptHooksDeps): () => void {
  const remove = (): void => {
    try {
      rmSync(directory, { recursive: true, force: true })
    } catch (error) {
      log.warn({ reason: String(error) }, 'hooks of shells were not removed; new shells may have an old one')
    }
  }
  remove()
  anomalies.onBegun(remove)
  return remove
}
