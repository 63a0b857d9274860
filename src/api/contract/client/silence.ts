// Tells a daemon that works for long from one that hangs, so that no command waits for the latter until its own deadline.
import { createConnection, type Socket } from 'node:net'
import type { KaroError } from '../../../base/errors.ts'
import { getHealth } from '../operations/status.ts'
import { tooLate } from './explain.ts'

/** Nearly every answer is there in a tenth of this. */
const SILENCE_MS = 2_000
/** To say that it is there a daemon has to come round its event loop once; on a machine with much to do that takes a while. */
const PROBE_MS = 3_000

const PROBE = `${getHealth.method} ${getHealth.path} HTTP/1.0\r\n\r\n`

/**
 * After two seconds without an answer the daemon is asked, on a connection of its own, whether it is there. Calls `giveUp` when
 * it does not answer that either within three. Ends with the function that is returned, to be called when something was heard. `deadlineMs`: the
 * command's own; when it comes first there is nothing to watch.
 */
export function watchSilence(
  socketPath: string,
  giveUp: (error: KaroError) => void,
  deadlineMs = Number.POSITIVE_INFINITY,
): () => void {
  if (deadlineMs <= SILENCE_MS + PROBE_MS) return () => {}
  let probe: Socket | undefined
  const hangs = (): void => giveUp(tooLate(SILENCE_MS + PROBE_MS, socketPath))
  const end = (): void => {
    clearTimeout(timer)
    probe?.destroy()
  }
  let timer = setTimeout(() => {
    timer = setTimeout(hangs, PROBE_MS)
    probe = createConnection({ path: socketPath })
    probe.on('connect', () => probe?.write(PROBE))
    probe.on('data', end)
    // Whoever waits for the answer is told by their own connection that the daemon is gone; only a full queue says that it hangs.
    probe.on('error', (error: NodeJS.ErrnoException) => {
      end()
      if (error.code === 'EAGAIN') hangs()
    })
  }, SILENCE_MS)
  return end
}
