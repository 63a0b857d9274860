// What a room would otherwise take from the process around it: it is passed in, so that tests can set it.
import type { Clock, Random, Timers } from '../clock.ts'
import type { Log } from './log.ts'

/** A room's dependencies extend the part of this that the room uses. */
export interface Ambient {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
}
