// What the record room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { RiskLevel } from '../../assist/risk/index.ts'
import type { Room } from '../../base/run/room.ts'
import type { GivenAnswer } from './given-answers.ts'

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

/** A shell that has loaded the hook, by the file it writes. */
export interface HookedShell {
  /** Owner of the file. */
  readonly uid: number
  /** The number under which the owner's data is kept. */
  readonly person: number
  /** As the file's name says: whether that process is this shell is for whoever uses it to check. */
  readonly pid: number
  /** When it loaded the hook, microseconds since the epoch. */
  readonly born: number
  /** Bytes of records so far. */
  readonly written: number
  /** It has said that it records nothing for now, because its person wants it so. */
  readonly paused: boolean
}

/** When a command line ran, and how it ended. */
export interface RanLine {
  /** As in the history. */
  readonly id: string
  /** Microseconds since the epoch. */
  readonly start_us: number
  readonly duration_us: number | null
  readonly exit_code: number | null
}

/**
 * The number of the person whose a spool file is: of its uid, and when it was begun (milliseconds since the epoch).
 * Undefined while nobody can say, and the file waits; `nobody`: it is to be kept for no one, and goes with its shell.
 */
export type PersonOf = (uid: number, begun: number) => Promise<number | 'nobody' | undefined>

/** Spool files of one person that nobody reads yet. */
export interface Unfollowed {
  readonly uid: number
  readonly files: number
}

export interface Observe extends Room {
  /** Fires when commands are stored, in the order of their shell. */
  onRecorded(listener: (commands: readonly RecordedCommand[]) => void): () => void
  /** Fires with the lines of one shell when they are stored. */
  onRan(listener: (shell: HookedShell, lines: readonly RanLine[]) => void): () => void
  /** Every shell that has written and is not known to be gone. */
  shells(): readonly HookedShell[]
  /** Answers of `karo ask` that a person was given now: those that they run within an hour are counted. */
  give(person: number, answers: readonly GivenAnswer[]): void
  /** `config.history` has changed: holds for what is read from now on. */
  reload(): void
  /** Resolves when what shells had written before is stored. */
  catchUp(): Promise<void>
  /**
   * Overwrites what was stored of this person's spool files, so that a text that was removed from the history is not in
   * them either. Of files that this process may not write nothing happens: they go with their shells.
   */
  blank(uid: number): Promise<void>
  /** Whose files nobody reads yet, because that person's share or everybody's is full; the most first. */
  unfollowed(): readonly Unfollowed[]
  /** Times since the start that something of the spool could not be read or stored, and waits. */
  failures(): number
  /** Bytes of the spool that are not events yet, and records that were lost before they could be. */
  status(): Promise<{ readonly pending_bytes: number; readonly dropped: number }>
}
