// The terminal of the finder: /dev/tty whatever stdin and stdout are, drawn on and given back on every way out.
import { closeSync, openSync } from 'node:fs'
import { ReadStream, WriteStream } from 'node:tty'
import { KaroError } from '../../base/errors.ts'
import type { Frame } from './view.ts'

export interface FinderTerminal {
  size(): { readonly columns: number; readonly rows: number }
  draw(frame: Frame): void
  /** What stands there may be anything: the next frame is drawn whole. */
  forget(): void
  /** As it was before; once more does no harm. */
  close(): void
}

export interface TerminalEvents {
  readonly onText: (text: string) => void
  readonly onResize: () => void
  /** It is gone, or somebody wants this process to end. */
  readonly onEnd: (signal: NodeJS.Signals | undefined) => void
}

/** xterm: another screen, no wrapping at its edge; pastes told from typing. */
const ENTER = '\x1b[?1049h\x1b[?7l'
const LEAVE = '\x1b[?7h\x1b[?1049l'
/** Within a line editor that is its affair, on or off, and so it stays. */
const PASTES = { on: '\x1b[?2004h', off: '\x1b[?2004l' } as const
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const

/** Throws KaroError `unavailable` where there is no terminal, or one that cannot be drawn on. */
export function openFinderTerminal(
  env: Readonly<Record<string, string | undefined>>,
  events: TerminalEvents,
): FinderTerminal {
  if (env.TERM === undefined || env.TERM === '' || env.TERM === 'dumb')
    throw new KaroError('unavailable', 'this terminal cannot be drawn on', {
      where: 'TERM',
      hint: 'Search without --interactive: karo history <words>',
    })
  let fd: number
  try {
    fd = openSync('/dev/tty', 'r+')
  } catch (cause) {
    throw new KaroError('unavailable', 'there is no terminal to choose at', {
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
      output.write((pastes ? PASTES.off : '') + LEAVE)
      input.setRawMode(false)
    } catch {
      // It is gone, and with it what was to be restored.
    }
  }
  function take(): void {
    drawn = undefined
    input.setRawMode(true)
    output.write(ENTER + (pastes ? PASTES.on : ''))
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
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
    draw({ lines, cursor }) {
      if (!open) return
      const rows = output.rows || 24
      // What stands there may be anything.
      let painted = drawn === undefined ? '\x1b[2J' : ''
      drawn ??= []
      for (let row = 0; row < rows; row++) {
        const line = lines[row] ?? ''
        if ((drawn[row] ?? '') === line) continue
        // Behind a full line the cursor stands on its last character, which erasing would take.
        painted += `\x1b[${row + 1};1H\x1b[K${line}\x1b[0m`
        drawn[row] = line
      }
      output.write(`\x1b[?25l${painted}\x1b[${cursor.row + 1};${cursor.column + 1}H\x1b[?25h`)
    },
    forget() {
      drawn = undefined
    },
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
