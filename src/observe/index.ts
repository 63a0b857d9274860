// The observation room's door: shells write, this reads; raw commands go from here into the store and nowhere else.
import type { Room } from '../base/room.ts'

export interface Observe extends Room {
  /** `config.history.ignore` has changed: holds for what is read from now on. */
  reload(): void
  /** Times since the start that something of the spool could not be read or stored, and waits. */
  failures(): number
  /** Bytes of the spool that are not events yet, and records that were lost before they could be. */
  status(): Promise<{ readonly pending_bytes: number; readonly dropped: number }>
}

export { createObserve } from './observe.ts'
