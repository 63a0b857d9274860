// The terminal of the finder: /dev/tty whatever stdin and stdout are, drawn on and given back on every way out. The finder
// takes the whole screen (xterm's other screen), or some rows below the prompt, which it clears again.
import { closeSync, openSync } from 'node:fs'
import { ReadStream, WriteStream } from 'node:tty'
import { type Env, KaroError } from '../kit.ts'
import type { Frame } from './pages.ts'

export type FinderTerminal = ReturnType<typeof openFinderTerminal>

export interface TerminalEvents {
  readonly onText: (text: string) => void
  readonly onResize: () => void
  /** It is gone, or somebody wants this process to end. */
  readonly onEnd: (signal: NodeJS.Signals | undefined) => void
}

/** xterm: another screen, no wrapping at its edge; pastes told from typing. */
const ENTER = '\x1b[?1049h\x1b[?7l'
const LEAVE = '\x1b[?7h\x1b[?1049l'
/** Fewer rows hold no list. */
const ROWS_LEAST = 4
/** Within a line editor that is its affair, on or off, and so it stays. */
const PASTES = { on: '\x1b[?2004h', off: '\x1b[?2004l' } as const
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const

/**
 * `height` is the number of rows below the line of the cursor, 0 for the whole screen. Throws KaroError `unavailable`
 * where there is no terminal, or one that cannot be drawn on.
 */
export function openFinderTerminal(env: Env, height: number, events: TerminalEvents) {
  if (env.TERM === undefined || env.TERM === '' || env.TERM === 'dumb')
    throw new KaroError('unavailable', 'this terminal cannot show the finder', {
      where: 'TERM',
      hint: 'Search without --interactive: karo history <words>',
    })
  let fd: number
  try {
    fd = openSync('/dev/tty', 'r+')
  } catch (cause) {
    throw new KaroError('unavailable', 'there is no terminal to choose a command at', {
      hint: 'Search without --interactive: karo history <words>',
      cause,
    })
  }
  const input = new ReadStream(fd)
  // A character may come in two reads.
  input.setEncoding('utf8')
  // A descriptor of its own: closing one stream must not close the other.
  const pastes = env.KARO_LINE === undefined
  const output = new WriteStream(openSync('/dev/tty', 'r+'))
  let open = true
  let drawn: (string | undefined)[] | undefined
  /** The row of the cursor within the rows below the prompt. */
  let row = 0
  const screenRows = (): number => output.rows || 24
  /** One row less than the screen has, so that the prompt stays in sight. */
  const rowsBelow = (): number => Math.max(1, Math.min(Math.max(ROWS_LEAST, height), screenRows() - 1))
  const isWhole = height === 0

  /** To the first column of a row: of the screen, or of the rows below the prompt. */
  function moveTo(at: number): string {
    if (isWhole) return `\x1b[${at + 1};1H`
    const steps = at - row
    row = at
    return `\r${steps > 0 ? `\x1b[${steps}B` : steps < 0 ? `\x1b[${-steps}A` : ''}`
  }

  function close(): void {
    if (!open) return
    open = false
    for (const name of SIGNALS) process.off(name, onSignal)
    process.off('SIGTSTP', onStop)
    process.off('SIGCONT', onContinue)
    process.off('SIGWINCH', onSize)
    process.off('exit', close)
    input.off('data', onData)
    giveBack()
    input.destroy()
    output.destroy()
  }
  function giveBack(): void {
    try {
      // Below the prompt: all rows are cleared, and the cursor goes back to the row that it came from.
      const leave = isWhole ? LEAVE : `${moveTo(0)}\x1b[J\x1b[?7h\x1b[?25h\x1b[A`
      output.write((pastes ? PASTES.off : '') + leave)
      input.setRawMode(false)
    } catch {
      // It is gone, and with it what was to be restored.
    }
  }
  function take(): void {
    drawn = undefined
    input.setRawMode(true)
    // Empty lines scroll the screen where there are too few rows; the cursor is then in the row below the prompt.
    const below = rowsBelow()
    const enter = isWhole ? ENTER : `\x1b[?7l${'\n'.repeat(below)}\r${below > 1 ? `\x1b[${below - 1}A` : ''}`
    row = 0
    output.write(enter + (pastes ? PASTES.on : ''))
  }
  const onData = (text: string): void => events.onText(text)
  const onSignal = (signal: NodeJS.Signals): void => events.onEnd(signal)
  // From outside: in raw mode Ctrl-Z is a key like others.
  const onStop = (): void => {
    giveBack()
    process.kill(process.pid, 'SIGSTOP')
  }
  // Node does this for stdout alone; the stream then says `resize` where the size is another.
  const onSize = (): void => (output as unknown as { _refreshSize(): void })._refreshSize()
  const onContinue = (): void => {
    if (!open) return
    take()
    events.onResize()
  }

  for (const name of SIGNALS) process.on(name, onSignal)
  process.on('SIGTSTP', onStop)
  process.on('SIGCONT', onContinue)
  process.on('SIGWINCH', onSize)
  // Also when something was thrown that nobody caught.
  process.on('exit', close)
  input.on('data', onData)
  input.on('end', () => events.onEnd(undefined))
  input.on('error', () => events.onEnd(undefined))
  output.on('error', () => events.onEnd(undefined))
  output.on('resize', events.onResize)
  try {
    take()
  } catch (cause) {
    close()
    closeQuietly(fd)
    throw new KaroError('unavailable', 'this terminal cannot be used', { cause })
  }

  return {
    size: () => ({ columns: output.columns || 80, rows: isWhole ? screenRows() : rowsBelow() }),
    draw({ lines, cursor }: Frame): void {
      if (!open) return
      const rows = isWhole ? screenRows() : rowsBelow()
      // What stands there may be anything.
      let painted = drawn !== undefined ? '' : isWhole ? '\x1b[2J' : `${moveTo(0)}\x1b[J`
      drawn ??= []
      for (let at = 0; at < rows; at++) {
        const line = lines[at] ?? ''
        if ((drawn[at] ?? '') === line) continue
        // Behind a full line the cursor stands on its last character, which erasing would take.
        painted += `${moveTo(at)}\x1b[K${line}\x1b[0m`
        drawn[at] = line
      }
      painted += `${moveTo(cursor.row)}${cursor.column > 0 ? `\x1b[${cursor.column}C` : ''}`
      output.write(`\x1b[?25l${painted}\x1b[?25h`)
    },
    /** What stands there may be anything: the next frame is drawn whole. */
    forget(): void {
      drawn = undefined
    },
    /** As it was before; once more does no harm. */
    close,
  }
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd)
  } catch {
    // The stream has closed it.
  }
}
