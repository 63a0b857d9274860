// When gossipsub's router does its rounds: each second while somebody speaks or the neighbours change, and rarely at rest.
import type { Clock, Timers } from '../../base/clock.ts'

/** The step of gossipsub's own heartbeat and of its scores, for which its parameters are made. */
export const BEAT_MS = 1_000
/** Rounds in which gossipsub tells others of a message that it had (its `mcacheGossip`): so many follow each word. */
const BEATS = 3
/** After a long rest, at most this many steps of forgetting are made up for: by then nothing is left to forget. */
const FORGET_MOST = 600

export interface Beats {
  /** Somebody spoke, or a neighbour came or went. */
  stir(): void
  /** Scores forget what the time since the last call would have had them forget. */
  forget(): void
}

export interface BeatsDeps {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly timers: Timers
  /** One round of the router. False: it does not run any more, and no round follows. */
  readonly beat: () => boolean
  /** One second's worth of forgetting. */
  readonly forgetOnce: () => void
}

export function createBeats({ clock, timers, beat, forgetOnce }: BeatsDeps): Beats {
  let left = 0
  let waiting = false
  let forgotAt = clock.monotonic()

  function forget(): void {
    const steps = Math.floor((clock.monotonic() - forgotAt) / BEAT_MS)
    forgotAt += steps * BEAT_MS
    for (let i = 0; i < Math.min(steps, FORGET_MOST); i++) forgetOnce()
  }

  function next(): void {
    waiting = true
    timers.after(BEAT_MS, () => {
      waiting = false
      forget()
      left--
      if (beat() && left > 0) next()
    })
  }

  return {
    stir() {
      left = BEATS
      if (!waiting) next()
    },
    forget,
  }
}
