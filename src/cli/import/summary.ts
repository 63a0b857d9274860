// What one import came to, as `karo import --json` prints it.

export interface ImportSummary {
  readonly source: string
  readonly file: string
  /** For undoing it; null when nothing was added. */
  readonly id: number | null
  readonly dry_run: boolean
  /** Ctrl-C before its end. */
  readonly interrupted: boolean
  /** Commands that the file has. */
  readonly read: number
  readonly added: number
  readonly known: number
  readonly ignored: number
  readonly redacted: number
  readonly too_old: number
  readonly cut: number
  readonly untimed: number
  /** Of the last two seconds or the future: left to the hook, or to a later import. */
  readonly recent: number
  /** With a duration that is impossible, taken as unknown: negative, over a year, or ending in the future. */
  readonly odd_durations: number
  /** Lines that are none, and the first of them. */
  readonly bad: number
  readonly bad_lines: readonly { readonly line: number; readonly problem: string }[]
  readonly elapsed_ms: number
}
