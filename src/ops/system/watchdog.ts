// Feeds the service manager's watchdog while every part that has to work answers; a daemon that hangs starves it.
import type { Ambient } from '../../base/run/ambient.ts'

export interface Vital {
  /** Name in the log, such as `store` or `mesh`. */
  readonly name: string
  /** True when this part works. A part that rejects, or does not answer in time, counts as dead. */
  alive(): Promise<boolean>
}

export interface WatchdogDeps extends Pick<Ambient, 'timers' | 'log'> {
  /** Time without a sign of life after which the manager kills the daemon, ms. */
  readonly limitMs: number
  readonly vitals: readonly Vital[]
  readonly feed: () => void
}

/**
 * Asks all `vitals` every half of the limit (sd_watchdog_enabled(3)) and feeds when all of them are alive. One that
 * still owes its last answer is not asked again. Returns the function that ends it.
 */
export function startWatchdog({ limitMs, vitals, feed, timers, log }: WatchdogDeps): () => void {
  const everyMs = limitMs / 2
  const owing = new Set<Vital>()
  let dead = ''
  let stopped = false
  let cancel: () => void = () => {}

  async function ask(vital: Vital): Promise<boolean> {
    if (owing.has(vital)) return false
    owing.add(vital)
    try {
      return await vital.alive()
    } catch {
      return false
    } finally {
      owing.delete(vital)
    }
  }

  function look(): void {
    const answers = new Map<Vital, boolean>()
    for (const vital of vitals) {
      void ask(vital).then((alive) => {
        answers.set(vital, alive)
        // The last answer of this round feeds, unless the next round has begun.
        if (current === answers && answers.size === vitals.length) judge(answers)
      })
    }
    current = answers
    cancel = timers.after(everyMs, () => {
      if (answers.size < vitals.length) judge(answers)
      look()
    })
  }

  function judge(answers: ReadonlyMap<Vital, boolean>): void {
    if (stopped) return
    const failing = vitals.filter((vital) => answers.get(vital) !== true).map(({ name }) => name)
    const names = failing.join(', ')
    if (names !== dead) {
      if (names !== '')
        log.error({ parts: failing, limit_ms: limitMs }, 'no sign of life: the watchdog starves')
      else log.warn({}, 'alive again: the watchdog is fed')
    }
    dead = names
    if (names === '') feed()
  }

  let current: ReadonlyMap<Vital, boolean> | undefined
  look()
  return () => {
    stopped = true
    cancel()
  }
}
