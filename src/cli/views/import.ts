// Views of the outcome of an import, and of the list of imports that can be undone.
import type { ImportedShape, ImportShape } from '../../api/contract/shapes.ts'
import { duration, fitted, printable, type Screen, table } from '../kit.ts'

/** `1 command`, `2 commands`. */
export const countedCommands = (n: number): string => `${n} command${n === 1 ? '' : 's'}`

/** What one import came to, as `karo import --json` prints it. */
export interface ImportSummary extends ImportedShape {
  readonly source: string
  readonly file: string
  /** For undoing it; null when nothing was added. */
  readonly id: number | null
  readonly dry_run: boolean
  /** Ctrl-C before its end. */
  readonly interrupted: boolean
  /** Commands that the file has. */
  readonly read: number
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

export function importView(summary: ImportSummary, io: Screen): string {
  const { source, file, read, elapsed_ms, dry_run, interrupted, id, bad_lines, bad } = summary
  const rate = elapsed_ms > 0 ? `, ${Math.round((read / elapsed_ms) * 1000)} a second` : ''
  const head = `${countedCommands(read)} of ${source} read from ${printable(file)} in ${duration(elapsed_ms)}${rate}.`
  const rows = [
    [
      dry_run ? 'new' : 'added',
      summary.added,
      dry_run ? 'nothing was stored, because this is a dry run' : undo(id),
    ],
    ['known', summary.known, 'in the history already, and not changed'],
    ['ignored', summary.ignored, 'left out because of a leading blank or history.ignore'],
    ['redacted', summary.redacted, 'with a secret, which was removed'],
    ['cut', summary.cut, 'longer than 64 KiB; marked where they were cut'],
    ['untimed', summary.untimed, 'without a time; kept in their order, not counted by hour and day'],
    [
      'recent',
      summary.recent,
      'of the last two seconds, or with a time in the future; recorded when they end, or added by a later import',
    ],
    ['odd durations', summary.odd_durations, 'with an impossible duration, which was taken as unknown'],
    ['too old', summary.too_old, 'older than retention.events_days keeps'],
    ['unusable', bad, 'lines that are not commands'],
  ] as const
  const shown = rows.filter(([name, n]) => n > 0 || name === rows[0][0] || name === 'known')
  const counts = table(io, shown, {
    '': ([name]) => `  ${name}`,
    ' ': ([, n]) => n,
    '  ': { value: ([, , what]) => what, wrap: true },
  })
  const lines = bad_lines.map(({ line, problem }) => `    line ${line} ${problem}\n`).join('')
  const more = bad > bad_lines.length ? `    and ${bad - bad_lines.length} more\n` : ''
  const stopped = interrupted
    ? 'The import was interrupted: run the same command again to add the rest.\n'
    : ''
  return `${fitted(head, io)}\n${counts}${lines}${more}${stopped}`
}

const undo = (id: number | null): string =>
  id === null ? '' : `import ${id}; karo import undo ${id} takes them out again`

export function importsView(imports: readonly ImportShape[], io: Screen): string {
  if (imports.length === 0) return 'There is no import that could be undone.\n'
  return table(io, imports.toReversed(), {
    ID: 'id',
    BEGUN: 'started_at',
    FROM: 'source',
    COMMANDS: 'events',
    '': ({ finished_at }) => (finished_at === null ? 'interrupted' : ''),
    FILE: { value: 'file', shrink: true, keep: 'end' },
  })
}
