// The guard's conversation with the person at the terminal: what was found, and what is to be done with the line.

import { closeSync, openSync, writeSync } from 'node:fs'
import { ReadStream, WriteStream } from 'node:tty'
import { filesRule, type Guard } from '../../assist/guard/guard.ts'
import { decide } from '../../assist/risk/decide.ts'
import type { RiskVerdict, Shell } from '../../assist/risk/index.ts'
import { isCore } from '../../assist/risk/rule-ids.ts'
import { screened } from '../../base/printable.ts'
import { type CommandIo, clauses, fitted, KaroError, paint, printable, type Screen } from '../kit.ts'
import { printVerdict } from '../views/check.ts'
import { allowLine, CHOICES, choicesIn, type Here, mayAllow } from './allow.ts'
import { refuseTool } from './person.ts'

/**
 * run: the line may run. edit: it stays to be changed. drop: it goes, and is behind Up. put: another text takes its place,
 * and follows in the next lines.
 */
type Verb = 'run' | 'edit' | 'drop' | 'put'

export interface Answer {
  readonly verb: Verb
  /** What is to be noted; `-`: nothing. */
  readonly outcome: '-' | 'blocked' | 'confirmed' | 'declined' | 'unjudged'
  readonly text?: string
}

/**
 * Keys typed before the question was readable do not answer it: a paste may continue while its first line is judged.
 */
const GRACE_MS = 150
/** A script sends Enter behind its no at once. A yes is a key of its own, because a paste can hold a line of one letter. */
const ONE_KEY = /^(.|n\s+)$/isu
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const ESCAPE = '\u001b'

/** Shows the verdict; asks when it is to be confirmed. Without a terminal nobody can answer, so it does not run. */
export async function converse(
  io: CommandIo,
  guard: Guard,
  verdict: RiskVerdict,
  shell: Shell,
  here: Here,
): Promise<Answer> {
  const terminal = openTerminal()
  if (terminal === undefined) {
    const why = verdict.decision === 'confirm' ? ': there is no terminal to ask at' : ''
    io.err(`karo: ${printVerdict(verdict, { colour: false, columns: 80 })}  It does not run${why}.\n`)
    return { verb: 'drop', outcome: verdict.decision === 'block' ? 'blocked' : 'declined' }
  }
  const { env } = io
  const screen = { colour: !env.NO_COLOR && env.TERM !== 'dumb', columns: terminal.columns() }
  // zsh ends the line itself.
  const lineEnd = shell === 'zsh' ? '' : '\n'
  try {
    // These leave the cursor in the line; bash has taken the line away.
    if (shell === 'zsh' || shell === 'fish') terminal.write('\n')
    for (const warning of guard.warnings) terminal.write(fitted(`karo: ${printable(warning)}\n`, screen))
    terminal.write(fitted(`karo: ${printVerdict(verdict, screen)}`, screen))
    // In bash a paste of several lines may be gone from the screen: what runs is what is seen.
    if (shell === 'bash' && verdict.decision === 'confirm' && verdict.command.trimEnd().includes('\n'))
      terminal.write(fitted(wholeOf(verdict.command), screen))
    if (verdict.decision === 'block') {
      terminal.write(fitted(blockedWords(guard, verdict), screen) + lineEnd)
      // What else was pasted must not become a line of its own.
      await terminal.drain()
      return { verb: 'drop', outcome: 'blocked' }
    }
    const answer = await question({ io, terminal, guard, verdict, screen, here })
    terminal.write(`${SAID[answer.verb]}${lineEnd}`)
    return answer
  } finally {
    terminal.close()
  }
}

/** All lines that an answer is about. */
const wholeOf = (command: string): string =>
  `\n  All of it:\n${command
    .trimEnd()
    .split('\n')
    .map((line) => `  | ${printable(line)}\n`)
    .join('')}`

/** What is shown of an answer. */
const SAID: Readonly<Record<Verb, string>> = { run: 'yes', edit: 'edit', put: 'safer form', drop: 'no' }

/** What a person can do who means it. */
function blockedWords({ profile, files }: Guard, { matches }: RiskVerdict): string {
  const yours = 'The line is in your history (↑)'
  const rules = matches.map(({ rule }) => rule)
  const first = rules.find((rule) => filesRule([{ rule }]) === undefined)
  if (filesRule(matches) === 'deny') return '  It does not run: a rules file denies it (karo guard list).'
  if (first === undefined || rules.some(isCore)) return `  It does not run. ${yours}.`
  // That command is blocked as well where its own level is; then only an editor gets the exception in.
  const own = files.find(({ whose }) => whose === 'own')?.path
  if (decide(profile, 'high', 0) === 'block' && own !== undefined)
    return `  It does not run. ${yours}; an exception for ${first} in ${own} allows it.`
  return `  It does not run. ${yours}; karo guard allow ${first} --for 10m allows it.`
}

interface Asking {
  readonly io: CommandIo
  readonly terminal: NonNullable<ReturnType<typeof openTerminal>>
  readonly guard: Guard
  readonly verdict: RiskVerdict
  readonly screen: Screen
  readonly here: Here
}

async function question(asking: Asking): Promise<Answer> {
  const { terminal, guard, verdict, screen } = asking
  const allowable = mayAllow(guard, verdict)
  const bold = (key: string): string => paint('bold', key, screen)
  const keys = clauses(
    `${bold('y')} run`,
    `${bold('n')} no`,
    `${bold('e')} edit`,
    verdict.safer !== undefined && `${bold('s')} safer form`,
    allowable && `${bold('a')} allow from now on`,
    `${bold('?')} explain`,
  )
  const prompt = `${fitted(`Run it? ${keys.join(', ')} [n]`, { columns: screen.columns - 1 })} `
  await terminal.drain()
  terminal.write(prompt)
  for (;;) {
    const key = await terminal.key()
    switch (key?.toLowerCase()[0]) {
      case 'y':
        return { verb: 'run', outcome: 'confirmed' }
      case 'e':
        return { verb: 'edit', outcome: 'declined' }
      case 's':
        if (verdict.safer === undefined) break
        return { verb: 'put', outcome: 'declined', text: verdict.safer }
      case 'a':
        if (!allowable) break
        if (await allowed(asking)) return { verb: 'run', outcome: 'confirmed' }
        terminal.write(prompt)
        break
      case '?':
        terminal.write(fitted(`?\n${explained(verdict)}`, screen) + prompt)
        break
      case undefined:
      case 'n':
      case '\r':
      case '\n':
      case CTRL_C:
      case CTRL_D:
      case ESCAPE:
        return { verb: 'drop', outcome: 'declined' }
    }
  }
}

/** Asks for how long and where; true when the exception is written. */
async function allowed({ io, terminal, guard, verdict, screen, here }: Asking): Promise<boolean> {
  const tell = (text: string): void => terminal.write(fitted(text, screen))
  const offered = choicesIn(here)
  const choices = [...offered.map((key) => [key, CHOICES[key].words]), ['n', 'not at all']]
  const rows = choices.map(([key, words]) => `  ${paint('bold', key!, screen)}  ${words}\n`)
  tell(`allow\nAllow exactly this line:\n${rows.join('')}Which? [n] `)
  const key = await terminal.key()
  const choice = offered.find((one) => one === key)
  if (choice === undefined) {
    terminal.write('no\n')
    return false
  }
  try {
    await refuseTool(io, 'karo guard ask')
    allowLine(guard, verdict.command, choice, here)
    tell(`${CHOICES[choice].words}\n  karo guard list shows it, karo guard remove takes it back\n`)
    return true
  } catch (error) {
    if (!(error instanceof KaroError)) throw error
    tell(`\nkaro: the exception cannot be saved: ${printable(error.message)}\n`)
    return false
  }
}

function explained({ matches, decision }: RiskVerdict): string {
  const lines = matches.map(({ rule, risk_level, why }) => {
    const allowed =
      filesRule([{ rule }]) !== undefined || isCore(rule)
        ? ''
        : ` (karo guard allow ${rule} accepts it from now on)`
    return `  ${risk_level} ${printable(rule)}: ${printable(why)}${printable(allowed)}\n`
  })
  const none = `  Nothing was found in it, but it is longer than the profile allows without a question.\n`
  return `${lines.join('') || none}  The profile says: ${decision} such a command. y runs it unchanged.\n`
}

/** Raw while it is open: no echo, and Ctrl-C is a key. Undefined when this process has none. */
function openTerminal() {
  let input: ReadStream
  let output: number
  try {
    input = new ReadStream(openSync('/dev/tty', 'r+'))
    output = openSync('/dev/tty', 'w')
  } catch {
    return undefined
  }
  input.setRawMode(true)
  input.setEncoding('utf8')
  const waiting: string[] = []
  let wake: (() => void) | undefined
  let over = false
  input.on('data', (text: string) => {
    waiting.push(text)
    wake?.()
  })
  const end = (): void => {
    over = true
    wake?.()
  }
  input.on('end', end).on('error', end)
  return {
    write(text: string) {
      // A raw terminal still turns a line end into both.
      writeSync(output, screened(text, { colour: true, redraws: true }))
    },
    columns() {
      const screen = new WriteStream(openSync('/dev/tty', 'w'))
      const { columns } = screen
      screen.destroy()
      return columns || 80
    },
    /** One key, or n with Enter; undefined when the terminal is gone. What else comes as more than one character is no answer. */
    async key() {
      while (!over) {
        const text = waiting.shift()
        if (ONE_KEY.test(text ?? '')) return text
        if (text === undefined) await new Promise<void>((resolve) => (wake = resolve))
      }
      return undefined
    },
    /** Throws away what has been typed already, for a moment. */
    async drain() {
      await new Promise((resolve) => setTimeout(resolve, GRACE_MS))
      waiting.length = 0
    },
    close() {
      input.setRawMode(false)
      input.destroy()
      closeSync(output)
    },
  }
}
