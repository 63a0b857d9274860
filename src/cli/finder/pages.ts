// Pages of the finder beside its list: help, and what is known of one command. Also the words that all its pages use.
import type { Inspected } from '../../assist/finder/index.ts'
import { cut, duration, printable, type Style } from '../kit.ts'

export interface Screen {
  readonly columns: number
  readonly rows: number
  readonly colour: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly home: string | undefined
}

export interface Frame {
  readonly lines: readonly string[]
  /** From 0. */
  readonly cursor: { readonly row: number; readonly column: number }
}

export type Paint = (style: Style, text: string) => string

const ENTER_EDITS = [['Enter, Tab', 'puts the command into your prompt without running it']] as const
const ENTER_RUNS = [
  ['Enter', 'runs the command, after the guard has judged it'],
  ['Tab', 'puts the command into your prompt without running it'],
] as const
const HELP = [
  ['Esc, Ctrl-C', 'leaves your prompt as it was'],
  ['↑ ↓ PgUp PgDn', 'choose another command (also Ctrl-P, Ctrl-N)'],
  ['Ctrl-R', 'searches elsewhere: everything, what you typed on this machine, this'],
  ['', 'shell session, this directory, its git repository, what failed'],
  ['Ctrl-S', 'matches otherwise: words or else letters in order, words, exact text'],
  ['"two words"', 'as one        !word   must not occur'],
  ['Ctrl-O', 'inspects the command: its uses, and what ran before and after it'],
  ['Alt-1 … Alt-9', 'takes that one of the list; 1 is the best'],
  ['Ctrl-D', 'deletes all uses of the command for good, after a question'],
  ['Ctrl-U, Ctrl-W', 'empties the search, removes its last word'],
  ['! !! XX', 'risk: moderate, high, critical'],
  ['number, age, time', 'exit code other than 0, how long ago, how long it took'],
] as const

export function drawHelp(
  { columns, rows }: Screen,
  { paint, enterRuns }: { readonly paint: Paint; readonly enterRuns: boolean },
): Frame {
  const keys = [...(enterRuns ? ENTER_RUNS : ENTER_EDITS), ...HELP]
  const lines = keys.map(([key, what]) => `  ${key.padEnd(18)} ${what}`)
  const all = ['Your history', '', ...lines, '', 'Any key goes back.'].map((line) => cut(line, columns - 1))
  all[0] = paint('bold', all[0]!)
  return { lines: all.slice(0, rows), cursor: { row: 0, column: 0 } }
}

/** What is known of one command; undefined while the daemon is still asked. */
export function drawInspected(
  found: Inspected | undefined,
  { columns, rows, now, home, paint }: Screen & { readonly paint: Paint },
): Frame {
  const inRow = (line: string): string => cut(line, columns - 1)
  const cursor = { row: 0, column: 0 }
  if (found === undefined) return { lines: [inRow('Looking …')], cursor }
  const { command, uses, failures, unknown, first, took: times, recent, before, after, complete } = found
  const useLine = ({ at, exit_code, duration_ms, cwd }: Inspected['recent'][number]): string => {
    const exit = exit_code === null ? 'not known' : String(exit_code)
    const took = duration_ms === null ? '' : duration(duration_ms)
    return `  ${ago(now - at).padEnd(9)} exit ${exit.padEnd(9)} ${took.padEnd(8)} ${shown(placeName(cwd, home))}`
  }
  const around = [
    ...before.map((use) => `    ${shown(use.command)}`),
    `  > ${shown(command)}`,
    ...after.map((use) => `    ${shown(use.command)}`),
  ]
  const lines = [
    paint('bold', inRow(shown(command))),
    inRow(
      `Used ${uses === 1 ? 'once' : `${uses} times`}${complete ? '' : ' so far'}, ${failedWords(uses - unknown, failures, unknown)}; first ${ago(now - first)}.` +
        tookWords(times),
    ),
    '',
    paint('dim', inRow(recent.length < uses ? `Its last ${recent.length} uses` : 'Its uses')),
    ...recent.map((use) => inRow(useLine(use))),
    '',
    ...(before.length + after.length > 0
      ? [paint('dim', inRow('In its shell session')), ...around.map(inRow)]
      : [paint('dim', inRow('The commands before and after it in its shell session are unknown.'))]),
  ]
  // The neighbours are what nothing else shows, so the oldest uses give way to them on a small screen.
  const over = Math.max(0, lines.length + 1 - rows)
  lines.splice(4 + Math.max(1, recent.length - over), Math.min(over, Math.max(0, recent.length - 1)))
  const all = [
    ...lines.slice(0, Math.max(1, rows - 1)),
    paint('dim', inRow('Enter takes it, any other key goes back.')),
  ]
  return { lines: all.slice(0, rows), cursor }
}

function failedWords(ended: number, failures: number, unknown: number): string {
  if (ended === 0) return 'how it ended is not known'
  return unknown === 0
    ? `${failures} failed`
    : `${failures} of ${ended} failed, how ${unknown} ended is not known`
}

const tookWords = (times: Inspected['took']): string => {
  if (times === null) return ''
  const { least, median, most } = times
  const range = least === most ? '' : ` as a rule, ${duration(least)} to ${duration(most)}`
  return ` Took ${duration(median)}${range}.`
}

/** A directory with `~` for the home. */
export const placeName = (cwd: string, home: string | undefined): string =>
  home !== undefined && (cwd === home || cwd.startsWith(`${home}/`)) ? `~${cwd.slice(home.length)}` : cwd

/** Made harmless; a variation selector would make some terminals draw wider than others. */
export const shown = (text: string): string => printable(text).replaceAll('\ufe0f', '')

const SECOND = 1000
const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [365 * 86_400 * SECOND, 'y'],
  [86_400 * SECOND, 'd'],
  [3_600 * SECOND, 'h'],
  [60 * SECOND, 'm'],
  [SECOND, 's'],
]

/** In its largest unit, at most four characters: `5s`, `12m`, `3h`, `364d`, `2y`; `–` for NaN. */
export function age(ms: number): string {
  if (Number.isNaN(ms)) return '–'
  const [unit, name] = UNITS.find(([size]) => ms >= size) ?? [SECOND, 's']
  return `${Math.max(0, Math.floor(ms / unit))}${name}`
}

export const ago = (ms: number): string => (Number.isNaN(ms) ? 'not known' : `${age(ms)} ago`)

/** The age; nothing where it is not known or short. */
export const took = (ms: number | null): string => (ms === null || ms < SECOND ? '' : age(ms))
