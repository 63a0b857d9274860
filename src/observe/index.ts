// The observation room's door: shells write, this reads; raw commands go from here into the store and nowhere else.
import type { Room } from '../base/room.ts'
import type { RiskLevel } from '../risk/index.ts'

/** A command that was stored, without anything of its text. */
export interface RecordedCommand {
  /** Whose it is. */
  readonly uid: number
  /** As in the history. */
  readonly id: string
  /** When it began, milliseconds since the epoch. */
  readonly timestamp: number
  /** A name of the public dictionary. */
  readonly category: string
  readonly risk_level: RiskLevel
}

export interface Observe extends Room {
  /** Fires when commands are stored, in the order of their shell. */
  onRecorded(listener: (commands: readonly RecordedCommand[]) => void): () => void
  /** `config.history.ignore` has changed: holds for what is read from now on. */
  reload(): void
  /** Times since the start that something of the spool could not be read or stored, and waits. */
  failures(): number
  /** Bytes of the spool that are not events yet, and records that were lost before they could be. */
  status(): Promise<{ readonly pending_bytes: number; readonly dropped: number }>
}

export { createObserve } from './observe.ts'
