// Ctrl-C as a wish to end, for commands that run until then.

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

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
