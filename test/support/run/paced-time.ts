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

const time = new VirtualTime()
let readAt = performance.now()
setInterval(() => {
  const now = performance.now()
  const passed = Math.min(now - readAt, STEP_MS)
  readAt = now
  time.advance(passed)
}, READ_MS).unref()

/** Its wall clock is the machine's, which frames of other nodes and files go by too. */
export const pacedClock: Clock = { now: () => Date.now(), monotonic: () => time.clock.monotonic() }
export const pacedTimers: Timers = sharedTimers(time, pacedClock.monotonic)
