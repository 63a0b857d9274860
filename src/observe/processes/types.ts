// What the processes room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { Room } from '../../base/run/room.ts'
import type { ProcessRow } from '../../store/processes/processes.ts'
import type { FoundProcess, ProcessFilter } from './search.ts'

/** A shell that has loaded the hook and runs commands of which none is recorded. */
export interface SilentHook {
  readonly uid: number
  /** Name of the shell: `bash`. */
  readonly shell: string
  /** Since when nothing was recorded, milliseconds since the epoch. */
  readonly since: number
}

export interface Processes extends Room {
  /** What runs now in the shells of one person, the oldest first. */
  running(uid: number): readonly ProcessRow[]
  /** One person's processes, those that use most first; `now`: only what runs. */
  search(
    uid: number,
    filter: ProcessFilter,
    now: boolean,
  ): Promise<{ readonly processes: readonly FoundProcess[]; readonly total: number }>
  /** For each of these command lines of which a process was seen: the most memory (bytes) that any one of them held. */
  peaks(uid: number, ids: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** These command lines of that person go: resolves when nothing of them will be written any more. */
  forget(uid: number, ids: readonly string[]): Promise<void>
  /** Removes what began before `time` (ms since the epoch), everybody's; resolves with how many rows. */
  trim(time: number, signal: AbortSignal): Promise<number>
  /** Of everybody; empty where the watch is off. */
  silentHooks(): readonly SilentHook[]
}
