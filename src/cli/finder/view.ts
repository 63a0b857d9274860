// The finder as lines of a terminal: of any size, with colours or without, and harmless whatever a command holds.
import {
  answersIn,
  type FinderState,
  type Found,
  type Match,
  type Mode,
  readQuestion,
} from '../../assist/finder/index.ts'
import { clauses, cut, duration, paint as painted, textWidth, wrap } from '../kit.ts'
import { RISK_COLOURS } from '../terminal/risk-words.ts'
import {
  age,
  ago,
  drawHelp,
  drawInspected,
  type Frame,
  type Paint,
  placeName,
  type Screen,
  shown,
  took,
} from './pages.ts'

const MODE_NAMES: Readonly<Record<Mode, string>> = {
  all: 'everything',
  host: 'this machine',
  session: 'this session',
  here: 'here',
  workspace: 'git workspace',
  failed: 'failed',
}
const MATCH_NAMES: Readonly<Record<Match, string>> = { fuzzy: '', words: ' · words', exact: ' · exact' }
const RISK_SIGNS: Readonly<Record<Found['risk_level'], string>> = {
  safe: '  ',
  moderate: ' !',
  high: '!!',
  critical: 'XX',
}
const PREVIEW_MOST = 6
/** With fewer rows there is no room to say more of one command. */
const ROWS_WITH_PREVIEW = 14

/** Rows between the question and the last line. */
export function listRows({ rows }: Pick<Screen, 'rows'>): number {
  const below = rows >= ROWS_WITH_PREVIEW ? previewRows(rows) + 2 : 0
  return Math.max(1, rows - 3 - below)
}
const previewRows = (rows: number): number => Math.min(PREVIEW_MOST, Math.floor(rows / 6))

export function drawFinder(state: FinderState, screen: Screen): Frame {
  const { columns, rows } = screen
  const paint: Paint = (style, text) => painted(style, text, screen)
  if (state.overlay === 'help') return drawHelp(screen, { paint, enterRuns: state.enterRuns })
  if (state.overlay === 'inspect') return drawInspected(state.inspected, { ...screen, paint })
  const { line, column } = questionLine(state, columns)
  const head = rows >= 4 ? [status(state, columns, paint), line] : [line]
  const list = rowsOf(state, screen, Math.max(0, Math.min(listRows(screen), rows - head.length - 1)), paint)
  const body = state.isUpward ? [...list.toReversed(), ...head] : [...head, ...list]
  const row = (state.isUpward ? list.length : 0) + head.length - 1
  if (rows >= ROWS_WITH_PREVIEW) body.push(...preview(state, screen, paint))
  if (rows > body.length) body.push(lastLine(state, columns, paint))
  return { lines: body.slice(0, rows), cursor: { row, column } }
}

function status(state: FinderState, columns: number, paint: Paint): string {
  const many = `${state.total.toLocaleString('en')} ${state.total === 1 ? 'command' : 'commands'}`
  const so = state.empty ? '…' : state.complete ? many : `${many} so far`
  const [left, right] = [`history: ${MODE_NAMES[state.mode]}${MATCH_NAMES[state.match]}`, so]
  const gap = columns - left.length - right.length
  return gap < 2 ? cut(left, columns) : paint('dim', `${left}${' '.repeat(gap)}${right}`)
}

/** What is around the cursor, where it is longer than the line. */
function questionLine({ question, cursor }: FinderState, columns: number): { line: string; column: number } {
  const room = Math.max(1, columns - 3)
  const head = shown(question.slice(0, cursor))
  const front = textWidth(head) <= room ? head : cut(head, room, 'end')
  const line = `> ${front}${cut(shown(question.slice(cursor)), Math.max(1, room - textWidth(front) + 1))}`
  return { line, column: 2 + textWidth(front) }
}

function rowsOf(state: FinderState, screen: Screen, room: number, paint: Paint): string[] {
  const first = Math.max(0, Math.min(state.selected - Math.floor(room / 2), state.found.length - room))
  const question = readQuestion(state.question, state.match)
  const lines = state.found.slice(first, first + room).map((found, i) => {
    const isSelected = first + i === state.selected
    const { risk_level, exit_code } = found
    const cells = [
      paint(RISK_COLOURS[risk_level], RISK_SIGNS[risk_level]),
      paint('red', (exit_code === null ? '?' : exit_code === 0 ? '' : String(exit_code)).padStart(4)),
      paint('dim', age(screen.now - found.at).padStart(4)),
      paint('dim', took(found.duration_ms).padStart(4)),
    ]
    // Where there is little room the command itself has it.
    const before = screen.columns >= 50 ? `${cells.join(' ')}  ` : ''
    const used = 2 + (screen.columns >= 50 ? 2 + 1 + 4 + 1 + 4 + 1 + 4 + 2 : 0)
    const text = marked(found.command, answersIn(question, found.command), screen.columns - used, paint)
    return `${isSelected ? paint(['bold', 'cyan'], '>') : ' '} ${before}${isSelected ? paint('bold', text) : text}`
  })
  if (state.found.length === 0 && !state.empty)
    lines.push(
      cut(
        `  ${state.question === '' ? NOTHING_YET[state.mode] : 'Nothing in your history matches.'}`,
        screen.columns,
      ),
    )
  return [...lines, ...new Array<string>(Math.max(0, room - lines.length)).fill('')].slice(0, room)
}

const NOTHING_YET: Readonly<Record<Mode, string>> = {
  all: 'Nothing is recorded yet.',
  host: 'Nothing is recorded on this machine yet.',
  session: 'Nothing was run in this shell session yet.',
  here: 'Nothing was run in this directory yet.',
  workspace: 'Nothing was run in this git workspace yet.',
  failed: 'Nothing failed yet.',
}

/** The command on one line, cut to so many cells, and what answers the question standing out. */
function marked(
  command: string,
  answers: readonly (readonly [number, number])[],
  width: number,
  paint: Paint,
): string {
  const pieces: { text: string; isAnswer: boolean }[] = []
  let at = 0
  for (const [begin, end] of answers) {
    pieces.push({ text: command.slice(at, begin), isAnswer: false })
    pieces.push({ text: command.slice(begin, end), isAnswer: true })
    at = end
    // No terminal is so wide.
    if (at > 1000) break
  }
  pieces.push({ text: command.slice(at, at + 1000), isAnswer: false })
  let left = width
  let out = ''
  for (const { text, isAnswer } of pieces) {
    const whole = shown(text)
    const fits = cut(whole, Math.max(0, left))
    if (left <= 0) break
    out += isAnswer ? paint(['underline', 'yellow'], fits) : fits
    left -= textWidth(fits)
    if (fits !== whole) break
  }
  return out
}

/** All of the command that is asked about, else of the selected one, and what is known of it. */
function preview(state: FinderState, screen: Screen, paint: Paint): string[] {
  const { columns, rows, home } = screen
  const found = state.removing ?? state.found[state.selected]
  const most = previewRows(rows)
  const rule = paint('dim', '─'.repeat(Math.max(0, columns - 1)))
  const blank = new Array<string>(most).fill('')
  if (found === undefined) return [rule, '', ...blank]
  const { cwd, exit_code, duration_ms, risk_level, uses, failures, at } = found
  const facts = clauses(
    `exit ${exit_code ?? 'not known'}`,
    duration_ms !== null && `took ${duration(duration_ms)}`,
    !Number.isNaN(at) && ago(screen.now - at),
    paint(RISK_COLOURS[risk_level], risk_level),
    `used ${uses === 1 ? 'once' : `${uses} times`}${failures > 0 ? `, ${failures} failed` : ''}`,
  )
  const plain = [...facts]
  plain[facts.length - 2] = risk_level
  const place = placeName(cwd, home)
  const room = columns - 1 - textWidth(plain.join(' · ')) - 3
  const line =
    room >= 8
      ? `${cut(shown(place), room, 'end')} · ${facts.join(' · ')}`
      : cut(plain.join(' · '), columns - 1)
  const text = found.command
    .slice(0, columns * most * 2)
    .split('\n')
    .slice(0, most + 1)
    .flatMap((part) => wrap(shown(part), columns - 3))
  const lines = text.slice(0, most).map((part) => `  ${cut(part, columns - 3)}`)
  if (text.length > most) lines[most - 1] = `${cut(lines[most - 1]!, columns - 4)}…`
  return [rule, line, ...lines, ...blank.slice(lines.length)]
}

function lastLine(state: FinderState, columns: number, paint: Paint): string {
  if (state.overlay === 'remove')
    return paint('bold', cut('Delete this command, and every use of it, for good? y / n', columns - 1))
  if (state.notice !== undefined) return paint('bold', cut(shown(state.notice), columns - 1))
  const keys = [
    ...(state.enterRuns ? ['Enter run', 'Tab edit'] : ['Enter edit']),
    ...['Esc leave', 'Ctrl-R where', 'Ctrl-S match', 'Ctrl-O inspect', 'F1 help', 'Ctrl-D delete', '↑↓ move'],
  ]
  while (keys.length > 1 && keys.join('  ').length > columns - 1) keys.pop()
  return paint('dim', cut(keys.join('  '), columns - 1))
}
