// Time for what runs in this process alone: however slow or busy the machine is, none of it is late.
import { type Clock, sharedTimers, type Timers } from '../../../src/base/clock.ts'
import { VirtualTime } from './virtual-time.ts'

/** How often the machine's clock is read, milliseconds. */
const READ_MS = 10
/**
 * No more than this passes between two readings, milliseconds, even if the machine has done something else for seconds.
 * Whatever has arrived is read between two steps, so a deadline of a second leaves twenty turns of the event loop for an answer.
 */
const STEP_MS = 50

// The machine's own: another file of the same worker may put fake timers in the place of the global ones.
const repeat = setInterval
const read = performance.now.bind(performance)

const time = new VirtualTime()
let isPassing = false

/** Time passes from its first use on, so that importing this file costs nothing. */
function passing(): VirtualTime {
  if (isPassing) return time
  isPassing = true
  let readAt = read()
  repeat(() => {
    const now = read()
    const passed = Math.min(now - readAt, STEP_MS)
    readAt = now
    time.advance(Math.max(0, passed))
  }, READ_MS).unref()
  return time
}

/** Its wall clock is the machine's, which frames of other nodes and files go by too. */
export const pacedClock: Clock = { now: () => Date.now(), monotonic: () => passing().clock.monotonic() }
/** Like the machine's, they take whole milliseconds, and one at least: what sets itself anew at once lets time pass. */
export const pacedTimers: Timers = sharedTimers(
  { after: (ms, run) => passing().after(Math.max(1, Math.ceil(ms)), run) },
  pacedClock.monotonic,
)
