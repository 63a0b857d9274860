// The shapes that the anomalies room shows to other rooms, apart from the code that makes them.
import type { Room } from '../../base/run/room.ts'
import type { Kind, Signal } from '../../base/words/signal.ts'
import type { MuteRow } from '../../store/tables/anomalies.ts'

export interface ShownSignal extends Signal {
  /** The person does not want to hear of it now. */
  readonly muted: boolean
  /** The signal was found again within the last day. */
  readonly ongoing: boolean
  /** One sentence that tells the signal's numbers. */
  readonly words: string
}

export interface Anomalies extends Room {
  /** Looks at what changed since the last time, then: one person's signals, those seen last first. */
  signals(uid: number): Promise<readonly ShownSignal[]>
  /**
   * Looks likewise, then: signals of `uids` that began in `range` (ms since the epoch), muted ones too, because a mute is
   * about what a person wants to hear. Each signal began once, so ranges that do not overlap add up.
   */
  begun(
    uids: readonly number[],
    range: { readonly start: number; readonly end: number },
  ): Promise<readonly Signal[]>
  /**
   * Looks likewise, then: since when every day of any of `uids` was looked at and no signal forgotten, ms since the epoch;
   * undefined: of none of them, or `anomalies.enabled` is off.
   */
  knownSince(uids: readonly number[]): Promise<number | undefined>
  /** One of `uids` has too few days with commands for kinds that compare with them. */
  learning(uids: readonly number[]): Promise<boolean>
  mutes(uid: number): Promise<readonly MuteRow[]>
  /**
   * Of a kind, or of the signal with this id and whatever else says the same of the same; `forMs` null: for ever.
   * KaroErrors: `not_found`; `rate_limited` when too much is muted.
   */
  mute(uid: number, what: string, forMs: number | null): Promise<MuteRow>
  /** Likewise. KaroErrors: `not_found` for what is not muted. */
  unmute(uid: number, what: string): Promise<void>
  /** Signals of this severity or more (and of these ids) that are neither told nor muted. Does not look for new ones. */
  unseen(uid: number, severity: number, ids?: readonly string[]): Promise<readonly ShownSignal[]>
  /** As `unseen`, and marks the signals as told. */
  see(uid: number, severity: number, ids?: readonly string[]): Promise<readonly ShownSignal[]>
  /** How many signals of each kind, of all people, began before today (UTC). */
  counts(): Promise<Readonly<Record<Kind, number>>>
  /** Called for each that begins and is not muted; returns what ends that. */
  onBegun(listener: (uid: number, signal: Signal) => void): () => void
}
