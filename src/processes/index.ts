// The process watch's door: what the commands of hooked shells use while they run, told to whom the shells belong.
import type { Room } from '../base/room.ts'
import type { Level0 } from '../observe/level0.ts'

/** A process that runs now, or ran; its name is level 0. */
export interface WatchedProcess {
  readonly pid: number
  /** As the kernel has it, at most 15 bytes of the program's name; never an argument. */
  readonly name: Level0<string>
  /** Name of the shell it was started in. */
  readonly shell: string
  /** Milliseconds since the epoch. */
  readonly started_at: number
  /** Up to when it was last seen. */
  readonly duration_ms: number
  /** The most memory it held at once; null when it was gone before that could be read. */
  readonly peak_rss_bytes: number | null
  /** Of all its threads, in user and kernel mode. */
  readonly cpu_ms: number
  /** Of the command line it ran in; null when that is not known: a process does not tell others how it ended. */
  readonly exit_code: number | null
  /** The command line it was started by, as in the history; null when that is not known. */
  readonly event_id: string | null
}

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
  running(uid: number): readonly WatchedProcess[]
  /** Of everybody; empty where the watch is off. */
  silentHooks(): readonly SilentHook[]
}
