// Tells a daemon that hangs from one that works for long, so that a command does not wait its whole deadline for the former.
import type { Socket } from 'node:net'
import { availableParallelism, loadavg } from 'node:os'
import type { KaroError } from '../../../base/errors.ts'
import { getHealth } from '../operations/status.ts'
import { tooLate } from './explain.ts'

/** Silence after which the daemon is probed; nearly every answer takes less than a tenth of it. */
const SILENCE_MS = 2_000
/** Time for the answer to the probe, one turn of the daemon's event loop, on a machine that is not overloaded. */
const PROBE_MS = 3_000
/** On a machine with more work than processors that turn comes later: at most this many times later is waited for. */
const MOST_CROWDED = 4

/** How many tasks want each processor, on the average of the last minute; 1 where each has one for itself. */
const crowding = (): number =>
  Math.min(MOST_CROWDED, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism()))

const PROBE = `${getHealth.method} ${getHealth.path} HTTP/1.0\r\n\r\n`

/**
 * After two seconds without an answer, asks the daemon on another connection whether it is alive. Calls `giveUp` if that
 * has no answer within three seconds, or within up to twelve on an overloaded machine. The caller calls the returned function as soon as something was received. If
 * `deadlineMs`, the deadline of the command, is shorter than both times together, nothing is watched.
 */
export function watchSilence(
  socketPath: string,
  giveUp: (error: KaroError) => void,
  deadlineMs = Number.POSITIVE_INFINITY,
): () => void {
  const probeMs = Math.round((PROBE_MS * crowding()) / 1_000) * 1_000
  if (deadlineMs <= SILENCE_MS + probeMs) return () => {}
  let probe: Socket | undefined
  const hangs = (): void => giveUp(tooLate(SILENCE_MS + probeMs, socketPath))
  const end = (): void => {
    clearTimeout(timer)
    probe?.destroy()
  }
  let timer = setTimeout(() => {
    timer = setTimeout(hangs, probeMs)
    probe = process.getBuiltinModule('node:net').createConnection({ path: socketPath })
    probe.on('connect', () => probe?.write(PROBE))
    probe.on('data', end)
    // Only a full queue of connections means that the daemon hangs. If it is gone, the command's own connection tells so.
    probe.on('error', (error: NodeJS.ErrnoException) => {
      end()
      if (error.code === 'EAGAIN') hangs()
    })
  }, SILENCE_MS)
  return end
}
