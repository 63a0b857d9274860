// Login sessions of processes by the kernel (credentials(7)): which one a process is in, which its ancestors are in, and
// whether it has a terminal.
import { readFileSync } from 'node:fs'

export interface Seat {
  /** Session of the process. */
  readonly session: number
  /** Its session and those of the processes that it descends from, each once. */
  readonly sessions: readonly number[]
  /**
   * The part of `sessions` up to the nearest one that has a terminal: a process behind `setsid` still belongs to that
   * terminal.
   */
  readonly near: readonly number[]
  /** The session has a controlling terminal, so a person may sit there. */
  readonly terminal: boolean
}

/** Ancestors that are followed; more than any login has. */
const ANCESTORS_MAX = 64

/** Undefined for a process that is gone or cannot be looked at. `read` gives the text of /proc/PID/stat; throws for none. */
export function seatOf(pid: number, read: (pid: number) => string = readStat): Seat | undefined {
  const own = lookAt(pid, read)
  if (own === undefined) return undefined
  const sessions = new Set([own.session])
  const near = new Set([own.session])
  let hasTerminal = own.terminal !== 0
  let { parent } = own
  for (let i = 0; parent > 1; i++) {
    // A process with more ancestors than this counts as one without a terminal.
    if (i >= ANCESTORS_MAX)
      return { session: own.session, sessions: [...sessions], near: [...near], terminal: false }
    const next = lookAt(parent, read)
    if (next === undefined) break
    sessions.add(next.session)
    if (!hasTerminal) near.add(next.session)
    hasTerminal ||= next.terminal !== 0
    parent = next.parent
  }
  return { session: own.session, sessions: [...sessions], near: [...near], terminal: own.terminal !== 0 }
}

const readStat = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'utf8')

interface Stat {
  readonly parent: number
  readonly session: number
  readonly terminal: number
}

/** The name of the program, which it chooses itself, stands between the first and the last parenthesis. */
function lookAt(pid: number, read: (pid: number) => string): Stat | undefined {
  try {
    const text = read(pid)
    const [, parent, , session, terminal] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    return [parent, session, terminal].every(Number.isInteger)
      ? { parent: parent as number, session: session as number, terminal: terminal as number }
      : undefined
  } catch {
    return undefined
  }
}
