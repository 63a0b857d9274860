// When each target is dialed again: back-off with jitter, without end, a few dials at a time. Pure.
import type { Clock, Random } from '../../base/clock.ts'
import type { Outcome, Target } from './types.ts'

/** Back-off: after the first failure, doubling to the longest. */
const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/**
 * Dials at the same time, over all targets. A machine that takes connections and ends no handshake in time is too busy, and more dials
 * at once would only make more handshakes in vain. So each such dial halves their number, and it grows by one again each time as many
 * dials have ended as may run, as TCP's window does (RFC 5681, section 3.1).
 */
const PARALLEL_LEAST = 2
const PARALLEL_MOST = 8

/** A connection that lasted this long was a good one. */
const LASTING_MS = 30_000

/** Milliseconds to wait after `failures` failures in a row (1 or more); between half and all of the doubled time. */
export function backoffMs(failures: number, random: () => number): number {
  const full = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 16), LONGEST_MS)
  return full / 2 + (full / 2) * random()
}

interface Attempt {
  failures: number
  /** Monotonic. */
  nextAt: number
  running: boolean
  /** The attempt under way takes no place. */
  aside: boolean
  /** Woken while the attempt ran: its outcome says nothing about the changed situation, so the next attempt is due at once. */
  woken: boolean
}

export function createRedial({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
  const attempts = new Map<Target, Attempt>()
  let running = 0
  let parallel = PARALLEL_MOST
  /** Attempts that ended since `parallel` changed. */
  let ended = 0

  const attemptOf = (target: Target): Attempt => {
    let attempt = attempts.get(target)
    if (attempt === undefined) {
      attempt = { failures: 0, nextAt: 0, running: false, aside: false, woken: false }
      attempts.set(target, attempt)
    }
    return attempt
  }

  const fail = (attempt: Attempt): number => backoffMs(++attempt.failures, () => random.float())

  const pace = (isSilent: boolean): void => {
    ended++
    if (isSilent) parallel = Math.max(PARALLEL_LEAST, Math.floor(parallel / 2))
    else if (ended >= parallel) parallel = Math.min(PARALLEL_MOST, parallel + 1)
    else return
    ended = 0
  }

  const begin = (target: Target, aside = false): boolean => {
    const attempt = attemptOf(target)
    if (attempt.running) return false
    attempt.running = true
    attempt.aside = aside
    if (!aside) running++
    return true
  }

  return {
    /**
     * Of `wanted` those to dial now, which count as begun, and of `aside` all that are due: the caller bounds them, and they take none
     * of the places of the others. `nextMs`: in how many milliseconds the next one is due; undefined when none is, or when it waits for
     * a dial to end.
     */
    due(wanted: Iterable<Target>, aside: Iterable<Target> = []) {
      const now = clock.monotonic()
      const others = new Set(aside)
      const targets = new Set([...wanted, ...others])
      const begun: Target[] = []
      let next = Number.POSITIVE_INFINITY
      for (const target of targets) {
        const attempt = attemptOf(target)
        if (attempt.running) continue
        // When all places for dials are taken, the end of a dial leads to the next round.
        if (attempt.nextAt > now) next = Math.min(next, attempt.nextAt)
        else if ((others.has(target) || running < parallel) && begin(target, others.has(target)))
          begun.push(target)
      }
      for (const [target, attempt] of attempts) {
        if (!targets.has(target) && !attempt.running && attempt.nextAt <= now) attempts.delete(target)
      }
      return { begin: begun, nextMs: next === Number.POSITIVE_INFINITY ? undefined : next - now }
    },
    /** Begins one attempt outside of the rounds. False: an attempt is under way already. */
    begin: (target: Target) => begin(target),
    isRunning: (target: Target) => attempts.get(target)?.running === true,
    /** The attempt under way has come to this. A silent one halves how many run at a time; the others let it grow. */
    settle(target: Target, outcome: Outcome) {
      const attempt = attempts.get(target)
      if (attempt === undefined || !attempt.running) return
      const now = clock.monotonic()
      attempt.running = false
      const { woken } = attempt
      attempt.woken = false
      if (!attempt.aside) {
        running--
        pace(outcome.kind === 'ended' && outcome.reason === 'silent')
      }
      // `lost` judges an admission, by how long the connection lasted.
      if (outcome.kind === 'admitted') return
      if (woken) {
        attempt.failures = 0
        attempt.nextAt = now
      } else if (outcome.kind === 'held') attempt.nextAt = now + outcome.retryAfterMs
      else {
        const pause = fail(attempt)
        attempt.nextAt = now + (outcome.kind === 'pending' ? Math.max(outcome.retryAfterMs, pause) : pause)
      }
    },
    /** Tries again now, and restarts the back-off: trust changed, or the node was just seen on the LAN. */
    wake(target: Target) {
      const attempt = attemptOf(target)
      attempt.failures = 0
      attempt.nextAt = clock.monotonic()
      attempt.woken = attempt.running
    },
    /** A connection ended. A connection that lasted restarts the back-off; a short one counts as a failure. */
    lost(target: Target, lastedMs: number) {
      const attempt = attemptOf(target)
      if (lastedMs > LASTING_MS) attempt.failures = 0
      // Both ends come here at the same moment; the jitter keeps them from dialing each other at the same moment.
      attempt.nextAt = clock.monotonic() + fail(attempt)
    },
    /** Attempts in vain in a row, as far as remembered. */
    failures: (target: Target) => attempts.get(target)?.failures ?? 0,
    /** Targets that are remembered. */
    get size() {
      return attempts.size
    },
  }
}
