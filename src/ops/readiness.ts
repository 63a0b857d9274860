// Says when the node is ready and when it is not, once for each change.
import type { HealthCheck } from '../base/room.ts'

/** A check costs a few system calls; a person who waits for the word "ready" waits no longer than this for it. */
const EVERY_MS = 2_000

interface Health {
  readonly ready: boolean
  readonly checks: readonly HealthCheck[]
}

/**
 * Calls `say` at once and whenever `health().ready` has changed since, with why it is not (`check: detail; …`), empty
 * when it is. Ends with the function that is returned; does not keep the process alive.
 */
export function watchReadiness(
  health: () => Health,
  say: (ready: boolean, reason: string) => void,
  everyMs = EVERY_MS,
): () => void {
  let said: boolean | undefined
  const look = (): void => {
    const { ready, checks } = health()
    if (ready === said) return
    said = ready
    const failing = checks.filter(({ ok }) => !ok)
    say(ready, failing.map(({ name, detail }) => `${name}: ${detail}`).join('; '))
  }
  look()
  const timer = setInterval(look, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
