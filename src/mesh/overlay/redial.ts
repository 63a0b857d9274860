// The redial loop: keeps trying everybody who should be connected, with back-off and jitter, without end.
import type { Clock, Random } from '../../base/clock.ts'
import type { Outcome } from '../link/session.ts'
import { backoffMs } from './backoff.ts'

/** Dials at the same time, over all targets. */
const PARALLEL_DIALS = 8

/** A connection that lasted this long was a good one. */
const LASTING_MS = 30_000

/** Somebody to be connected to: `karo:ed25519:…`, or `host:port` for a static peer of unknown key. */
export type Target = string

export interface RedialDeps {
  readonly clock: Clock
  readonly random: Random
  /** Everybody who should be connected and is not; read before each round. */
  readonly wanted: () => Iterable<Target>
  /** One attempt. Never rejects. */
  readonly dial: (target: Target) => Promise<Outcome>
}

export interface Redial {
  start(): void
  stop(): void
  /** Try again now, and start the back-off anew: trust changed, or it was just seen on the LAN. */
  wake(target: Target): void
  /** A connection ended. One that lasted starts the back-off anew; one that did not counts as a failure. */
  lost(target: Target, lastedMs: number): void
  /** Attempts in vain in a row, as far as remembered. */
  failures(target: Target): number
  /** What is wanted may have changed. */
  look(): void
  /** One attempt now, or the one under way. */
  dialNow(target: Target): Promise<Outcome>
  /** One attempt that knows what is known now: after the one under way, if that comes to nothing. */
  dialAnew(target: Target): Promise<Outcome>
}

interface Attempt {
  failures: number
  /** Monotonic. */
  nextAt: number
  running: Promise<Outcome> | undefined
  /** Woken while it ran: what it comes to is then about a world that has changed. */
  woken: boolean
}

export function createRedial({ clock, random, wanted, dial }: RedialDeps): Redial {
  const attempts = new Map<Target, Attempt>()
  let timer: NodeJS.Timeout | undefined
  let running = 0
  let started = false

  const attemptOf = (target: Target): Attempt => {
    let attempt = attempts.get(target)
    if (attempt === undefined) {
      attempt = { failures: 0, nextAt: 0, running: undefined, woken: false }
      attempts.set(target, attempt)
    }
    return attempt
  }

  const fail = (attempt: Attempt): number => backoffMs(++attempt.failures, () => random.float())

  const settle = (attempt: Attempt, outcome: Outcome): void => {
    const now = clock.monotonic()
    attempt.running = undefined
    const { woken } = attempt
    attempt.woken = false
    // How good an admission was shows when the connection is lost.
    if (outcome.kind === 'admitted') return
    if (woken) {
      attempt.failures = 0
      attempt.nextAt = now
      return
    }
    // Nothing was dialed, so nothing has failed.
    if (outcome.kind === 'held') {
      attempt.nextAt = now + outcome.retryAfterMs
      return
    }
    const pause = fail(attempt)
    attempt.nextAt = now + (outcome.kind === 'pending' ? Math.max(outcome.retryAfterMs, pause) : pause)
  }

  const run = (target: Target, attempt: Attempt): Promise<Outcome> => {
    running++
    attempt.running = dial(target).then((outcome) => {
      running--
      settle(attempt, outcome)
      schedule()
      return outcome
    })
    return attempt.running
  }

  /** Starts what is due; sets the timer for what is next. */
  const round = (): void => {
    timer = undefined
    const now = clock.monotonic()
    const targets = new Set(wanted())
    let next = Number.POSITIVE_INFINITY
    for (const target of targets) {
      const attempt = attemptOf(target)
      if (attempt.running !== undefined) continue
      // A full house is looked at again when one of its dials ends.
      if (attempt.nextAt <= now && running < PARALLEL_DIALS) void run(target, attempt)
      else if (attempt.nextAt > now) next = Math.min(next, attempt.nextAt)
    }
    for (const [target, attempt] of attempts) {
      if (!targets.has(target) && attempt.running === undefined && attempt.nextAt <= now)
        attempts.delete(target)
    }
    if (started && next !== Number.POSITIVE_INFINITY) timer = setTimeout(round, next - now).unref()
  }

  const schedule = (): void => {
    if (!started) return
    clearTimeout(timer)
    // Many wake-ups of one tick make one round.
    timer = setTimeout(round, 0).unref()
  }

  const dialNow = (target: Target): Promise<Outcome> => {
    const attempt = attemptOf(target)
    return attempt.running ?? run(target, attempt)
  }

  return {
    start() {
      started = true
      schedule()
    },
    stop() {
      started = false
      clearTimeout(timer)
    },
    wake(target) {
      const attempt = attemptOf(target)
      attempt.failures = 0
      attempt.nextAt = clock.monotonic()
      attempt.woken = attempt.running !== undefined
      schedule()
    },
    lost(target, lastedMs) {
      const attempt = attemptOf(target)
      if (lastedMs > LASTING_MS) attempt.failures = 0
      // Both ends come here at the same moment: the jitter is what keeps them from dialing at the same moment.
      attempt.nextAt = clock.monotonic() + fail(attempt)
      schedule()
    },
    failures: (target) => attempts.get(target)?.failures ?? 0,
    look: schedule,
    dialNow,
    async dialAnew(target) {
      const outcome = await attempts.get(target)?.running
      return outcome?.kind === 'admitted' ? outcome : dialNow(target)
    },
  }
}
