// Work that goes on until Ctrl-C, also where the daemon goes away and comes back.
import { isAway } from '../../api/contract/client/explain.ts'
import { type CommandIo, KaroError, printable } from '../kit.ts'
import { pause, watchInterrupt } from './interrupt.ts'

/**
 * Calls `next` every so many milliseconds, until it resolves with true or Ctrl-C, which is the normal end. Once it has called `met`, a
 * daemon that does not answer is asked again.
 */
export async function following(
  io: CommandIo,
  everyMs: number,
  next: (signal: AbortSignal, met: () => void) => Promise<boolean>,
): Promise<undefined> {
  using interrupt = watchInterrupt()
  const { signal } = interrupt
  let isMet = false
  let away = false
  const met = (): void => {
    isMet = true
    away = false
  }
  try {
    while (!signal.aborted) {
      const began = performance.now()
      try {
        if (await next(signal, met)) return
      } catch (error) {
        const isLate = error instanceof KaroError && error.code === 'timeout'
        if (signal.aborted || !isMet || !(isLate || isAway(error))) throw error
        if (!away) io.err(`karo: ${printable(error.message)}; asking again until it answers\n`)
        away = true
      }
      await pause(everyMs - (performance.now() - began), signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  // The terminal has written ^C; the newline keeps the prompt from standing right behind it.
  if (io.liveLine) io.err('\n')
}
