// Ctrl-C as a wish to end, for commands that run until then.

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** A closed window as well. */
const ENDINGS = [...SIGNALS, 'SIGHUP'] as const

export interface Interrupt {
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process as if nobody listened. */
  readonly signal: AbortSignal
  release(): void
}

export function watchInterrupt(): Interrupt {
  const wish = new AbortController()
  const release = (): void => {
    for (const name of SIGNALS) process.off(name, ending)
  }
  const ending = (): void => {
    release()
    wish.abort()
  }
  for (const name of SIGNALS) process.on(name, ending)
  return { signal: wish.signal, release }
}

/**
 * Calls `last` when the terminal or a signal ends this process, which then ends as if nobody had listened. Returns how
 * to forget it.
 */
export function beforeEnd(last: () => void): () => void {
  const release = (): void => {
    for (const name of ENDINGS) process.off(name, ending)
  }
  const ending = (name: NodeJS.Signals): void => {
    release()
    try {
      last()
    } finally {
      process.kill(process.pid, name)
    }
  }
  for (const name of ENDINGS) process.on(name, ending)
  return release
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const wake = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake)
  })
}
