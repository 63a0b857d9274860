// Reports once for each change whether the node is ready, and which checks fail.
import type { Clock, Timers } from '../../base/clock.ts'
import type { HealthCheck } from '../../base/run/room.ts'
import { inStep } from '../../base/timers.ts'

/** A check costs a few system calls; a person who waits for the word "ready" waits no longer than this for it. */
const EVERY_MS = 2_000
/** Between looks in which nobody waits for that word: each wakes a process that has nothing else to do. */
const REST_MS = 15_000

interface Health {
  readonly ready: boolean
  readonly checks: readonly HealthCheck[]
}

/**
 * Calls `say` at once and whenever other checks fail than before, with why it is not ready (`check: detail; …`), empty
 * when it is, and the names of those checks. It looks every 2 s while the node is not ready, and every 15 s else. Ends with the function that is returned.
 */
export function watchReadiness(
  { clock, timers }: { readonly clock: Pick<Clock, 'monotonic'>; readonly timers: Timers },
  health: () => Health,
  say: (ready: boolean, reason: string, failing: readonly string[]) => void,
): () => void {
  let said: string | undefined
  let cancel = (): void => {}
  const look = (): void => {
    const { ready, checks } = health()
    cancel = timers.after(ready ? inStep(REST_MS, clock.monotonic()) : EVERY_MS, look)
    const failing = checks.filter(({ ok }) => !ok)
    const names = failing.map(({ name }) => name)
    if (names.join(' ') === said) return
    said = names.join(' ')
    say(ready, failing.map(({ name, detail }) => `${name}: ${detail}`).join('; '), names)
  }
  look()
  return () => cancel()
}
