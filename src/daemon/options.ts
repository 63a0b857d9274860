// The options that the command line passes to the daemon.
import type { HomePaths } from '../config/paths.ts'
import type { Identity } from '../trust/identity/index.ts'

export interface DaemonOptions {
  readonly paths: HomePaths
  readonly identity: Identity
  /** For the configuration's `KARO_…` variables. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The machine's: its group may use the control socket. */
  readonly service: boolean
  /** A person watches stderr: plain lines instead of JSON. */
  readonly terminal: boolean
  /** Writes to stderr. */
  readonly write: (text: string) => void
}
