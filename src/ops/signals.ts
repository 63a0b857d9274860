// When the daemon has to end: signals, and faults nobody caught, as one AbortSignal.
import { EXIT, type ExitCode } from '../base/errors.ts'
import type { Log } from '../base/log.ts'

/** SIGHUP is what a closed terminal sends to `karo up`. */
const ENDING = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

export interface Ending {
  /** Aborts at the first signal or fault. */
  readonly signal: AbortSignal
  /** What the process should exit with: `failed` when a fault ended it. */
  code(): ExitCode
  /** Gives the signals back to their default. */
  release(): void
}

/**
 * The first signal asks for an orderly stop; the second ends the process at once. An exception or rejection that
 * nobody caught leaves unknown state behind: it is logged, then the node stops in order and fails.
 */
export function watchEnding(log: Log, exit: (code: ExitCode) => void = process.exit): Ending {
  const controller = new AbortController()
  let code: ExitCode = EXIT.done

  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      log.warn({ signal: name }, 'second signal: ends at once')
      exit(EXIT.failed)
      return
    }
    log.info({ signal: name }, 'stopping')
    controller.abort(new Error(`stopped by ${name}`))
  }
  const onFault = (fault: unknown): void => {
    const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
    log.error({ error: text }, 'a fault nobody caught: stopping')
    code = EXIT.failed
    controller.abort(new Error('stopped by a fault', { cause: fault }))
  }

  for (const name of ENDING) process.on(name, onSignal)
  process.on('uncaughtException', onFault)
  process.on('unhandledRejection', onFault)
  return {
    signal: controller.signal,
    code: () => code,
    release() {
      for (const name of ENDING) process.off(name, onSignal)
      process.off('uncaughtException', onFault)
      process.off('unhandledRejection', onFault)
    },
  }
}
