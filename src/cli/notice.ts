// One line about what is unusual and was not seen yet, for whoever starts a shell; silent about everything else.
import { callDaemon } from '../api/client.ts'
import type { ToldShape } from '../api/shapes.ts'
import type { CommandIo } from './command.ts'

/** A shell that starts must not wait for numbers. */
const LIMIT_MS = 50
/** Less is seen when one looks: karo anomalies. */
const SEVERITY = 5

/**
 * To stderr, and only where that is a terminal and stdout is not: so as a start file calls it. Each signal once. Nobody
 * who has no daemon, or a slow one, hears of it.
 */
export async function tellUnusual(io: CommandIo): Promise<void> {
  if (io.terminal || !io.liveLine) return
  const ended = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => ended.resolve(undefined), LIMIT_MS)
  try {
    const asked = callDaemon(io, 'POST', '/api/v1/anomalies/seen', { severity: SEVERITY, notice: true })
    const told = (await Promise.race([asked.catch(() => undefined), ended.promise])) as ToldShape | undefined
    const [first] = told?.signals ?? []
    if (first === undefined) return
    const more = told!.signals.length - 1
    io.err(`karo: ${first.words}${more === 0 ? '' : `; ${more} more`}  (karo anomalies)\n`)
  } finally {
    clearTimeout(timer)
  }
}
