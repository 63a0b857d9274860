// Who runs a process, by the kernel (credentials(7), proc_pid_stat(5)): a person at a terminal, or a program in their place.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { orElse } from '../run/or-else.ts'
import { partsOfStat } from '../run/proc-stat.ts'
import { AI_PROGRAMS, AI_TOOL_LIST } from '../words/ai-tools.ts'

export interface Seat {
  /** Login session of the process. */
  readonly session: number
  /**
   * What it belongs to: itself and each process that it descends from, as `PID:moment of its start`, and `session:N` for each of their
   * login sessions whose first process it does not descend from, so that it cannot be told from others there.
   */
  readonly sessions: readonly string[]
  /**
   * Who asks when this process asks. Whatever belongs to one of these is the same program. The person's own terminal is not, if
   * a program asks there that a shell started.
   */
  readonly near: readonly string[]
  /** A person may have typed it: it has a terminal, and nothing but shells stands between that and the process. */
  readonly terminal: boolean
  /** The name of the program that runs it at a terminal in place of a person. It chooses that itself. */
  readonly program?: string
}

/** Ancestors that are followed; more than any login has. */
const ANCESTORS_MAX = 64
const SHELLS = /^(?:r?bash|zsh|fish|sh|dash|ash|ksh\d*|mksh|yash|t?csh|nu|elvish|pwsh|xonsh|osh|ysh|busybox)$/
/** What gives a person another account, at their own terminal. */
const POWER = /^(?:sudo|su|doas|runuser|login|pkexec)$/

/**
 * Undefined for a process that is gone or cannot be looked at. `daemon`: the process that asks. Whatever started that in a terminal of
 * its own could do anything to it, so a terminal that it opened is not told from a person's. `read` gives the text of
 * /proc/PID/stat; throws for none.
 */
export function seatOf(
  pid: number,
  daemon: number = process.pid,
  read: (pid: number) => string = readStat,
): Seat | undefined {
  const whole = lineOf(pid, read)
  const above = new Set(lineOf(daemon, read).map(markOf))
  const end = whole.findIndex(
    (one, i) => i > 0 && above.has(markOf(one)) && one.session !== whole[i - 1]?.session,
  )
  const line = end < 0 ? whole : whole.slice(0, end)
  const [own] = line
  if (own === undefined) return
  const { asks, typed } = askerIn(line, read)
  const isLed = (session: number): boolean => line.some((one) => one.pid === session)
  // Without a terminal of its own it may have been detached from the one that it belongs to.
  const near = line.slice(0, line.findIndex(({ terminal }) => terminal !== 0) + 1 || line.length)
  return {
    session: own.session,
    sessions: [...line.map(markOf), ...sessionsOf(line.filter(({ session }) => !isLed(session)))],
    near: [markOf(asks), ...sessionsOf(near)],
    terminal: typed && line.length <= ANCESTORS_MAX,
    ...(own.terminal !== 0 && !typed && { program: asks.name }),
  }
}

/** Programs that run the text of a file. */
const INTERPRETERS = /^(?:node|bun|deno|python[\d.]*|(?:ba|da|z|k)?sh)$/
const PACKAGE = /\/node_modules\/(?:@[^/]+\/)?([^/]+)\//

/**
 * The AI tool or agent below which `pid` runs, by its title: as far as the names of what it descends from say, or the environment that
 * tools give to their commands. A program that wants to can hide both. `wordsOf` gives the words with which a process was started.
 */
export function toolAbove(
  env: Readonly<Record<string, string | undefined>>,
  pid: number = process.pid,
  read: (pid: number) => string = readStat,
  wordsOf: (pid: number) => readonly string[] = readWords,
): string | undefined {
  const marked = AI_TOOL_LIST.find(({ mark }) => env[mark])
  if (marked !== undefined) return marked.title
  for (const one of lineOf(pid, read)) {
    const [program = '', ...rest] = orElse(() => wordsOf(one.pid), [])
    const script = INTERPRETERS.test(basename(program)) ? (rest.find((word) => word[0] !== '-') ?? '') : ''
    const names = [one.name, nameOf(program), nameOf(script), PACKAGE.exec(script)?.[1] ?? '']
    const tool = names.map((name) => AI_PROGRAMS.get(name)).find((known) => known !== undefined)
    if (tool !== undefined) return tool.title
    // Not the command that is looked at itself: `acp` may be a name in it.
    if (one.pid !== pid && names.includes('karo') && rest.includes('acp')) return 'an agent of karo acp'
  }
  return undefined
}

const nameOf = (path: string) => basename(path).replace(/\.[cm]?js$/, '')

/** The process and those that it descends from. */
function lineOf(pid: number, read: (pid: number) => string): readonly Process[] {
  const line: Process[] = []
  for (let at = pid; at > 1 && line.length <= ANCESTORS_MAX; at = line.at(-1)?.parent ?? 0) {
    const next = lookAt(at, read)
    if (next === undefined) break
    line.push(next)
  }
  return line
}

/** The process for which the first of `line` acts, and whether that is the process itself, which a person typed. */
function askerIn(line: readonly Process[], read: (pid: number) => string) {
  const [own] = line as readonly [Process, ...Process[]]
  // A terminal that a program opened in another one is that program's; a desktop that was started at a console is no program of this kind.
  const last = line.findLastIndex(({ terminal }) => terminal !== 0 && !isConsole(terminal))
  const at = line[last] ?? line.find(({ terminal }) => terminal !== 0)
  if (at === undefined) return { asks: line.findLast(({ name }) => name !== 'systemd') ?? own, typed: false }
  const leader = line.findLastIndex(({ pid }) => pid === at.session)
  // It was detached from what started it, so that it may be of anything in that session.
  if (leader < 0) return { asks: lookAt(at.session, read) ?? (line.at(-1) as Process), typed: false }
  let i = leader
  while (i > 0 && isHandedOn(line[i] as Process, line[i - 1] as Process)) i--
  const typed = i === 0 && own.terminal !== 0
  const isAtConsole = line.slice(leader + 1).some(({ terminal }) => terminal !== 0)
  return { asks: line[isAtConsole ? leader : i] as Process, typed }
}

/** A shell that a person types into gives each line a process group of its own. */
const isHandedOn = (shell: Process, child: Process) =>
  POWER.test(shell.name) || (SHELLS.test(shell.name) && shell.group !== child.group)

/** Major and minor number of /dev/tty1 to /dev/tty63, see proc_pid_stat(5). */
const isConsole = (terminal: number) => terminal >> 8 === 4 && (terminal & 0xff) < 64

const markOf = ({ pid, started }: Process) => `${pid}:${started}`
const sessionsOf = (line: readonly Process[]) => [...new Set(line.map(({ session }) => `session:${session}`))]

const readWords = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
const readStat = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8')

/** When the process started, see `Process`; undefined for one that is gone. */
export const startOf = (pid = 0) => lookAt(pid, readStat)?.started

interface Process {
  readonly pid: number
  /** The process chooses it itself. */
  readonly name: string
  readonly parent: number
  readonly group: number
  readonly session: number
  /** 0: none. */
  readonly terminal: number
  /** Ticks of the clock since the machine started. */
  readonly started: number
}

function lookAt(pid: number, read: (pid: number) => string): Process | undefined {
  try {
    const { name, fields } = partsOfStat(read(pid))
    const [, parent, group, session, terminal, ...rest] = fields.map(Number)
    const numbers = [parent, group, session, terminal, rest[14]]
    if (!numbers.every(Number.isInteger)) return
    const [ppid, pgrp, sid, tty, started] = numbers as [number, number, number, number, number]
    return { pid, name, parent: ppid, group: pgrp, session: sid, terminal: tty, started }
  } catch {
    return
  }
}
