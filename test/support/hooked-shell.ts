// A real interactive bash in a terminal of its own, typed into line by line.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { onTestFinished } from 'vitest'
import { bashHook } from '../../src/observe/hooks/bash.ts'
import { createSpoolParser, type SpoolRecord } from '../../src/observe/spool-record.ts'
import { temporaryDirectory } from './database.ts'
import { until } from './until.ts'

export interface ShellOptions {
  /** Lines of the start file before the hook. */
  readonly before?: string
  /** Lines after it. */
  readonly after?: string
  readonly ignore?: readonly string[]
  /** False: the spool directory is not made. */
  readonly spool?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Command line that ends in bash's own; without it bash itself. */
  readonly through?: readonly string[]
}

export interface TypedShell {
  /** Where HOME, rc and spool are; also the working directory. */
  readonly directory: string
  readonly spool: string
  readonly rc: string
  readonly pid: number
  /** Types the line and Enter, and resolves with what was printed before the next prompt. */
  type(line: string): Promise<string>
  /** Types each of them. */
  typeAll(...lines: readonly string[]): Promise<void>
  /** Sends keys as they are; then `prompt` waits for what they lead to. */
  keys(keys: string): void
  prompt(): Promise<string>
  /** Resolves when the text was printed after the last prompt. */
  printed(text: string): Promise<void>
  /** Everything printed so far. */
  screen(): string
}

/** Counts itself up, so that a prompt that was waited for is never an old one. */
const PROMPT = /@(\d+)@ $/
const PS1 = "typed=0; PS1='@$((++typed))@ '"

export async function startShell(options: ShellOptions = {}): Promise<TypedShell> {
  const directory = temporaryDirectory()
  const spool = join(directory, 'spool')
  const rc = join(directory, 'rc')
  if (options.spool !== false) mkdirSync(spool, { mode: 0o700 })
  const hook = bashHook({ spoolDirectory: spool, ignore: options.ignore ?? [] })
  writeFileSync(
    rc,
    `HISTFILE=; HISTCONTROL=ignoreboth; ${PS1}\n${options.before ?? ''}\n${hook}\n${options.after ?? ''}\n`,
  )
  const [program, ...args] = [...(options.through ?? []), 'bash', '--noprofile', '--rcfile', rc, '-i']
  const clean = Object.entries(process.env).filter(
    ([key]) => !/^(KARO_|PROMPT_COMMAND|PS0|BASH|HIST)/.test(key),
  )
  const terminal = spawn(program!, args, {
    cols: 200,
    rows: 50,
    cwd: directory,
    env: { ...Object.fromEntries(clean), HOME: directory, TERM: 'dumb', LC_ALL: 'C.UTF-8', ...options.env },
  })
  let screen = ''
  let from = 0
  let over = false
  terminal.onData((data) => (screen += data))
  terminal.onExit(() => (over = true))
  onTestFinished(() => {
    if (!over) terminal.kill('SIGKILL')
  })

  const prompt = async (): Promise<string> => {
    await until(() => over || PROMPT.test(screen.slice(from)), {
      what: `a prompt after: ${screen.slice(from)}`,
    })
    if (over) throw new Error(`the shell has ended: ${screen.slice(from)}`)
    const printed = screen.slice(from).replaceAll('\r', '').replace(PROMPT, '')
    from = screen.length
    return printed
  }
  const type = async (line: string): Promise<string> => {
    terminal.write(`${line.replaceAll('\n', '\r')}\r`)
    const printed = await prompt()
    // What the terminal echoed: the first line as typed.
    return printed.slice(printed.indexOf('\n') + 1)
  }
  await prompt()
  return {
    directory,
    spool,
    rc,
    pid: terminal.pid,
    type,
    async typeAll(...lines) {
      for (const line of lines) await type(line)
    },
    keys: (keys) => terminal.write(keys),
    prompt,
    async printed(text) {
      await until(() => screen.slice(from).includes(text), { what: `${text} on the screen` })
    },
    screen: () => screen,
  }
}

/** All records of all shells of a spool directory; each shell's in its own order. */
export function spooled(directory: string): SpoolRecord[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.spool'))
    .sort()
    .flatMap((name) => {
      const parser = createSpoolParser()
      return parser.push(readFileSync(join(directory, name))).flatMap(({ record }) => record ?? [])
    })
}

export const commandsOf = (directory: string): string[] => spooled(directory).map(({ command }) => command)
