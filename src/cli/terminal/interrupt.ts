// Ctrl-C as a wish to end, for commands that run until then.
import { setTimeout } from 'node:timers/promises'
import { EXIT, KaroError } from '../../base/errors.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** A closed window as well. */
const ENDINGS = [...SIGNALS, 'SIGHUP'] as const

/** `signal`: aborted by the first Ctrl-C or SIGTERM; a second one ends the process as if nobody listened. For `using`: nobody listens behind its block. */
export function watchInterrupt() {
  const wish = new AbortController()
  const release = atFirst(SIGNALS, (name) => {
    wish.abort(new KaroError('unavailable', 'it was interrupted'))
    // Work that was left undone fails by the signal, as if nobody had listened: a script or a loop of the shell then ends, too.
    process.once('exit', (code) => {
      if (code === EXIT.failed) process.kill(process.pid, name)
    })
  })
  return { signal: wish.signal, [Symbol.dispose]: release }
}

/**
 * Calls `last` when the terminal or a signal ends this process, which then ends as if nobody had listened. Returns how
 * to forget it.
 */
export const beforeEnd = (last: () => void): (() => void) =>
  atFirst(ENDINGS, (name) => {
    try {
      last()
    } finally {
      process.kill(process.pid, name)
    }
  })

/** Calls `ending` at the first of these signals. Returns how to forget it. */
function atFirst(signals: readonly NodeJS.Signals[], ending: (name: NodeJS.Signals) => void): () => void {
  const release = (): void => {
    for (const name of signals) process.off(name, first)
  }
  const first = (name: NodeJS.Signals): void => {
    release()
    ending(name)
  }
  for (const name of signals) process.on(name, first)
  return release
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, { signal }).catch(() => {})
