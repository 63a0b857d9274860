// One AbortSignal for all reasons to end the daemon: signals, and faults that nothing caught.
import type { Clock } from '../../base/clock.ts'
import { EXIT, type ExitCode } from '../../base/errors.ts'
import type { DaemonLog } from '../log/log.ts'

const ENDING = ['SIGTERM', 'SIGINT'] as const
/** The signal that a closed terminal sends to `karo up`, and that tells a service to reload. */
const HANGUP = 'SIGHUP'
/** One Ctrl-C may come twice, from the terminal and again from npm; a person's second one comes later than this. */
const ONE_WISH_MS = 300

export type Ending = ReturnType<typeof watchEnding>

/**
 * The first signal asks for an orderly stop; the second ends the process as soon as the log is written. An exception or rejection
 * that nobody caught leaves unknown state behind: it is logged, then the node stops in order and fails. SIGHUP is one of these
 * signals, unless `reload` is given: then it calls that.
 */
export function watchEnding(
  log: DaemonLog,
  clock: Pick<Clock, 'monotonic'>,
  reload?: () => void,
  exit: (code: ExitCode) => void = process.exit,
) {
  const controller = new AbortController()
  let code: ExitCode = EXIT.done
  let askedAt = Number.NEGATIVE_INFINITY

  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      if (clock.monotonic() - askedAt < ONE_WISH_MS) return
      log.warn({ signal: name }, 'second signal: ends at once')
      void log.flush().finally(() => exit(EXIT.failed))
      return
    }
    askedAt = clock.monotonic()
    log.info({ signal: name }, 'stopping')
    controller.abort(new Error(`stopped by ${name}`))
  }
  const onHangup = (name: NodeJS.Signals): void => (reload === undefined ? onSignal(name) : reload())
  const onFault = (fault: unknown): void => {
    const text = (fault as Error | null)?.stack ?? String(fault)
    log.error({ error: text }, 'an uncaught fault: stopping')
    code = EXIT.failed
    controller.abort(new Error('stopped by a fault', { cause: fault }))
  }

  for (const name of ENDING) process.on(name, onSignal)
  process.on(HANGUP, onHangup)
  process.on('uncaughtException', onFault)
  process.on('unhandledRejection', onFault)
  return {
    /** Aborts at the first signal or fault. */
    signal: controller.signal,
    /** Exit code of the process: `failed` when a fault ended it. */
    code: () => code,
    /** The signals have their default back. */
    [Symbol.dispose]() {
      for (const name of ENDING) process.off(name, onSignal)
      process.off(HANGUP, onHangup)
      process.off('uncaughtException', onFault)
      process.off('unhandledRejection', onFault)
    },
  }
}
