// When each target is dialed again: back-off with jitter, without end, a few dials at a time. Pure.
import type { Clock, Random } from '../../base/clock.ts'
import type { Outcome, Target } from './types.ts'

/** Back-off: after the first failure, doubling to the longest. */
const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/**
 * Dials at the same time, over all targets. A machine that takes connections and does not end their handshakes in time is too busy,
 * and more dials at once would only make more handshakes that end in vain.
 */
const PARALLEL_MOST = 8
const PARALLEL_LEAST = 2

/** A connection that lasted this long was a good one. */
const LASTING_MS = 30_000

/** Milliseconds to wait after `failures` failures in a row (1 or more); between half and all of the doubled time. */
export function backoffMs(failures: number, random: () => number): number {
  const full = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 16), LONGEST_MS)
  return full / 2 + (full / 2) * random()
}

export interface Redial {
  /**
   * Of `wanted` those to dial now, which count as begun. `nextMs`: in how many milliseconds the next one is due;
   * undefined when none is, or when it waits for a dial to end.
   */
  due(wanted: Iterable<Target>): { readonly begin: readonly Target[]; readonly nextMs: number | undefined }
  /** Begins one attempt outside of the rounds. False: an attempt is under way already. */
  begin(target: Target): boolean
  isRunning(target: Target): boolean
  /** The attempt under way has come to this. A silent one halves how many run at a time, and each admission adds one again. */
  settle(target: Target, outcome: Outcome): void
  /** Tries again now, and restarts the back-off: trust changed, or the node was just seen on the LAN. */
  wake(target: Target): void
  /** A connection ended. A connection that lasted restarts the back-off; a short one counts as a failure. */
  lost(target: Target, lastedMs: number): void
  /** Attempts in vain in a row, as far as remembered. */
  failures(target: Target): number
  /** Targets that are remembered. */
  readonly size: number
}

interface Attempt {
  failures: number
  /** Monotonic. */
  nextAt: number
  running: boolean
  /** Woken while the attempt ran: its outcome says nothing about the changed situation, so the next attempt is due at once. */
  woken: boolean
}

export function createRedial({ clock, random }: { readonly clock: Clock; readonly random: Random }): Redial {
  const attempts = new Map<Target, Attempt>()
  let running = 0
  let parallel = PARALLEL_MOST

  const attemptOf = (target: Target): Attempt => {
    let attempt = attempts.get(target)
    if (attempt === undefined) {
      attempt = { failures: 0, nextAt: 0, running: false, woken: false }
      attempts.set(target, attempt)
    }
    return attempt
  }

  const fail = (attempt: Attempt): number => backoffMs(++attempt.failures, () => random.float())

  const begin = (target: Target): boolean => {
    const attempt = attemptOf(target)
    if (attempt.running) return false
    attempt.running = true
    running++
    return true
  }

  return {
    due(wanted) {
      const now = clock.monotonic()
      const targets = new Set(wanted)
      const begun: Target[] = []
      let next = Number.POSITIVE_INFINITY
      for (const target of targets) {
        const attempt = attemptOf(target)
        if (attempt.running) continue
        // When all places for dials are taken, the end of a dial leads to the next round.
        if (attempt.nextAt > now) next = Math.min(next, attempt.nextAt)
        else if (running < parallel && begin(target)) begun.push(target)
      }
      for (const [target, attempt] of attempts) {
        if (!targets.has(target) && !attempt.running && attempt.nextAt <= now) attempts.delete(target)
      }
      return { begin: begun, nextMs: next === Number.POSITIVE_INFINITY ? undefined : next - now }
    },
    begin,
    isRunning: (target) => attempts.get(target)?.running === true,
    settle(target, outcome) {
      const attempt = attempts.get(target)
      if (attempt === undefined || !attempt.running) return
      const now = clock.monotonic()
      running--
      attempt.running = false
      const { woken } = attempt
      attempt.woken = false
      if (outcome.kind === 'ended' && outcome.reason === 'silent') {
        parallel = Math.max(PARALLEL_LEAST, Math.floor(parallel / 2))
      }
      if (outcome.kind === 'admitted') {
        parallel = Math.min(PARALLEL_MOST, parallel + 1)
        // `lost` judges an admission, by how long the connection lasted.
        return
      }
      if (woken) {
        attempt.failures = 0
        attempt.nextAt = now
      } else if (outcome.kind === 'held') attempt.nextAt = now + outcome.retryAfterMs
      else {
        const pause = fail(attempt)
        attempt.nextAt = now + (outcome.kind === 'pending' ? Math.max(outcome.retryAfterMs, pause) : pause)
      }
    },
    wake(target) {
      const attempt = attemptOf(target)
      attempt.failures = 0
      attempt.nextAt = clock.monotonic()
      attempt.woken = attempt.running
    },
    lost(target, lastedMs) {
      const attempt = attemptOf(target)
      if (lastedMs > LASTING_MS) attempt.failures = 0
      // Both ends come here at the same moment; the jitter keeps them from dialing each other at the same moment.
      attempt.nextAt = clock.monotonic() + fail(attempt)
    },
    failures: (target) => attempts.get(target)?.failures ?? 0,
    get size() {
      return attempts.size
    },
  }
}
