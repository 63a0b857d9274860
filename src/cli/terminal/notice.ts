// One line about what is unusual and was not seen yet, for whoever starts a shell; silent about everything else.
import { existsSync } from 'node:fs'
import { seeAnomalies } from '../../api/contract/operations/anomalies.ts'
import { type CommandIo, fitted, KaroError } from '../kit.ts'

/** A shell that starts must not wait for numbers: all of it together. */
const LIMIT_MS = 50
/** Less is seen when one looks: karo anomalies. */
const SEVERITY = 5

/**
 * True when nothing is left to be told. Tells to stderr, and only where that is a terminal and stdout is none: so a start
 * file calls it. Elsewhere nobody would see the notice, so it stays for another time. Each signal once; where the daemon
 * is not there or slow, another time, and where it is too slow to note that it was told, once more.
 */
export async function tellUnusual(io: CommandIo): Promise<boolean> {
  // Without a socket no daemon is asked: on a busy machine even the refusal may come after the limit.
  if (!existsSync(io.socket)) return true
  const end = performance.now() + LIMIT_MS
  const seen = (body: { severity?: number; notice?: boolean; ids?: string[] }) =>
    io.call(seeAnomalies, { body, deadlineMs: Math.max(0, end - performance.now()) })
  try {
    const { signals } = await seen({ severity: SEVERITY, notice: true })
    const [first] = signals
    if (first === undefined) return true
    if (io.json || io.terminal || !io.liveLine) return false
    const more = signals.length === 1 ? '' : `; ${signals.length - 1} more`
    io.err(
      fitted(`karo: ${first.words}${more}  (karo anomalies)\n`, { columns: process.stderr.columns ?? 80 }),
    )
    // What was found meanwhile is not told yet.
    await seen({ ids: signals.map(({ id }) => id) })
    return true
  } catch (error) {
    // The hook is what the shell waits for. A daemon that starts later has each new shell ask again.
    return error instanceof KaroError && error.code === 'not_running'
  }
}
