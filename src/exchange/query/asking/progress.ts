// Says that something changed, but not more often than anybody can read.
import type { Timers } from '../../../base/clock.ts'

/** Ten times a second. */
const EVERY_MS = 100

export interface Progress {
  changed(): void
  /** Nothing is said afterwards. */
  stop(): void
}

/** `say` is called at once for the first change, and once for all that come within 100 ms after it. */
export function createProgress(timers: Timers, say: () => void): Progress {
  let untold = false
  let cancel: (() => void) | undefined

  const wait = (): void => {
    cancel = timers.after(EVERY_MS, () => {
      cancel = undefined
      if (!untold) return
      untold = false
      say()
      wait()
    })
  }

  return {
    changed() {
      if (cancel !== undefined) {
        untold = true
        return
      }
      say()
      wait()
    },
    stop() {
      cancel?.()
      // A change that comes later finds a timer, and there is none.
      cancel = () => {}
      untold = false
    },
  }
}
