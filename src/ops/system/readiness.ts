// Reports once for each change whether the node is ready, and which checks fail.
import type { HealthCheck } from '../../base/run/room.ts'

/** A check costs a few system calls; a person who waits for the word "ready" waits no longer than this for it. */
const EVERY_MS = 2_000
/** Looks in which nobody waits for that word are rarer by this: each wakes a process that has nothing else to do. */
const RARER = 3

interface Health {
  readonly ready: boolean
  readonly checks: readonly HealthCheck[]
}

/**
 * Calls `say` at once and whenever other checks fail than before, with why it is not ready (`check: detail; …`), empty
 * when it is, and the names of those checks. It looks every `everyMs` while the node is not ready, and a third as often else. Ends with the function that is returned; does not keep the process alive.
 */
export function watchReadiness(
  health: () => Health,
  say: (ready: boolean, reason: string, failing: readonly string[]) => void,
  everyMs = EVERY_MS,
): () => void {
  let said: string | undefined
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    const { ready, checks } = health()
    timer = setTimeout(look, ready ? RARER * everyMs : everyMs).unref()
    const failing = checks.filter(({ ok }) => !ok)
    const names = failing.map(({ name }) => name)
    if (names.join(' ') === said) return
    said = names.join(' ')
    say(ready, failing.map(({ name, detail }) => `${name}: ${detail}`).join('; '), names)
  }
  look()
  return () => clearTimeout(timer)
}
