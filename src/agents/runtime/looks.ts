// Looks again, every few seconds and when something changed, whether what was let through may go on.
import type { Timers } from '../../base/clock.ts'
import type { Log } from '../../base/run/log.ts'

/** Milliseconds between two looks: within this time what rests on a grant or a certificate is over with it. */
const EVERY_MS = 5_000

type Look = () => Promise<void>

export interface Looks {
  /** `look` is called again and again, until the function that is returned is called. */
  add(look: Look): () => void
  /** Something changed; resolves when all were called after that. */
  now(): Promise<void>
  stop(): void
}

/** `last` is called behind all others, as long as `isNeeded`. */
export function createLooks({
  timers,
  log,
  last,
  isNeeded,
}: {
  readonly timers: Timers
  readonly log: Log
  readonly last: Look
  readonly isNeeded: () => boolean
}): Looks {
  const all = new Set<Look>()
  let stopped = false
  /** Ends the wait for the next look; undefined while none is waited for. */
  let cancel: (() => void) | undefined
  let running: Promise<void> | undefined
  /** Those that follow, because something changed while they ran. */
  let next: Promise<void> | undefined

  const tried = (look: Look): Promise<void> =>
    look().catch((error: Error) =>
      log.error({ reason: error.message }, 'could not check whether a task or an agent may continue'),
    )

  async function lookAtAll(): Promise<void> {
    await Promise.all([...all].map(tried))
    await tried(last)
  }

  function begin(): Promise<void> {
    running = lookAtAll().finally(() => {
      running = undefined
      arm()
    })
    return running
  }

  function now(): Promise<void> {
    if (running === undefined) return begin()
    next ??= running.then(() => {
      next = undefined
      return begin()
    })
    return next
  }

  /** A look that is waited for already stays where it is: however often something begins, none is put off. */
  function arm(): void {
    if (cancel !== undefined || stopped || (all.size === 0 && !isNeeded())) return
    cancel = timers.after(EVERY_MS, () => {
      cancel = undefined
      void now()
    })
  }

  return {
    now,
    add(look) {
      all.add(look)
      arm()
      return () => void all.delete(look)
    },
    stop() {
      stopped = true
      cancel?.()
    },
  }
}
