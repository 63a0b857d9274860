// A machine of a page: a home and a name of its own, a network of its own where root allows, and terminals with a real bash.
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { spawn as spawnPty } from '@lydell/node-pty'
import { KARO } from '../node/in-process.ts'
import { cleanEnv } from '../node/node.ts'
import { atEnd } from '../run/processes.ts'
import { PATIENCE_MS, until } from '../run/until.ts'
import { answerTo, isSecret, type Step } from './page.ts'

/** Columns of a terminal; a page shows what fits. */
const COLUMNS = 130
/** Two times U+2301 and a number that grows: no program prints it, and no prompt is taken for an older one. */
const PROMPT = /\u2301\u2301(\d+) $/

export interface Machine {
  readonly name: string
  readonly home: string
  /** Types the command of the step, answers questions as the page does, and resolves with the lines that were shown. */
  run(step: Step): Promise<readonly string[]>
}

interface MachineOptions {
  readonly name: string
  /** Holds the homes of all machines of a page. */
  readonly directory: string
  readonly netns?: string | undefined
  readonly env?: Readonly<Record<string, string>>
}

/** Nothing runs on it before a page starts it; what runs is ended at the end of the test file. */
export function createMachine({ name, directory, netns, env = {} }: MachineOptions): Machine {
  const home = join(directory, name)
  const bin = join(directory, 'bin')
  mkdirSync(home)
  mkdirSync(bin, { recursive: true })
  // Jails of root run as another user, who has to get to what they may see.
  if (process.getuid?.() === 0) chmodSync(directory, 0o711)
  // As a package installs it: a program of this name on the PATH.
  try {
    symlinkSync(KARO, join(bin, 'karo'))
  } catch {}
  chmodSync(KARO, 0o755)
  // Files go from machine to machine as a page says, without accounts and keys of ssh.
  writeFileSync(join(bin, 'scp'), `#!/bin/sh\nexec cp -p "${directory}/${'${1%%:*}'}/${'${1#*:}'}" "$2"\n`, {
    mode: 0o755,
  })
  writeFileSync(join(home, '.inputrc'), 'set enable-bracketed-paste off\n')
  writeFileSync(join(home, '.bashrc'), `typed=0; HISTFILE=; PS1='\u2301\u2301$((++typed)) '\n`)
  // As the systems make it for a new person.
  writeFileSync(join(home, '.profile'), '. ~/.bashrc\n')
  const { KARO_HOME: _, ...clean } = cleanEnv('')
  const environment = {
    ...Object.fromEntries(
      Object.entries(clean).filter(([key]) => !/^(XDG_|HIST|PROMPT|PS\d|BASH|ENV$)/.test(key)),
    ),
    HOME: home,
    PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}`,
    SHELL: '/bin/bash',
    TERM: 'dumb',
    LC_ALL: 'C.UTF-8',
    ...env,
  }
  const inside =
    netns === undefined
      ? []
      : [
          'nsenter',
          `--net=/run/netns/${netns}`,
          'unshare',
          '--uts',
          'sh',
          '-c',
          'hostname "$0" && exec "$@"',
          name,
        ]
  const terminals = new Map<number, Terminal>()
  atEnd(() => stopNode(home))
  return {
    name,
    home,
    async run(step) {
      let terminal = terminals.get(step.terminal)
      if (terminal === undefined) {
        terminal = openTerminal([...inside, 'bash', '-i'], home, environment)
        terminals.set(step.terminal, terminal)
      }
      return (await terminal).type(step)
    },
  }
}

type Terminal = Promise<{ type(step: Step): Promise<readonly string[]> }>

async function openTerminal(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Terminal {
  const terminal = spawnPty(argv[0]!, argv.slice(1), { cols: COLUMNS, rows: 50, cwd, env })
  let screen = ''
  let from = 0
  let over = false
  terminal.onData((text) => (screen += text))
  terminal.onExit(() => (over = true))
  atEnd(() => {
    if (!over) terminal.kill('SIGKILL')
  })
  const shown = (): string => plain(screen.slice(from))
  const prompted = async (step?: Step): Promise<void> => {
    let answered = 0
    const settled = (): boolean => {
      if (over || PROMPT.test(shown())) return true
      const question = shown().split('\n').at(-1)!
      const answer = step === undefined ? undefined : answerTo(question, step.shows)
      if (answer !== undefined && screen.length > answered) {
        answered = screen.length + (isSecret(question) ? 0 : answer.length)
        // One key answers a question whose choices are keys; a line ends with Enter.
        terminal.write(question.trimEnd().endsWith('[n]') ? answer[0]! : `${answer}\r`)
      }
      return false
    }
    await until(settled, {
      what: `a prompt after ${step?.command ?? 'the start'}`,
      deadlineMs: process.env.SHOW === undefined ? PATIENCE_MS : 15_000,
    }).catch((error: Error) => {
      throw new Error(`${error.message}; the terminal shows: ${shown()}`)
    })
    if (over) throw new Error(`the terminal has ended: ${shown()}`)
  }
  await prompted()
  return {
    async type(step) {
      from = screen.length
      terminal.write(`${step.command}\r`)
      await prompted(step)
      const lines = shown().replace(PROMPT, '').trimEnd().split('\n')
      // What the terminal echoed comes first; after a question the editor may have drawn its prompt once more.
      return lines.slice(
        Math.max(
          0,
          lines.findLastIndex((line) => line.startsWith('\u2301\u2301')),
        ) + 1,
      )
    },
  }
}

/** Without what moves the cursor: a carriage return in a line begins it anew. */
const plain = (text: string): string =>
  text
    .replace(/\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\x07]*\x07/g, '')
    .replace(/\r+\n/g, '\n')
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .join('\n')

/** Ends the daemon that a page left running in its home, by the number in its lock. */
async function stopNode(home: string): Promise<void> {
  const lock = join(home, '.local/share/karo/karo.lock')
  try {
    const { pid } = JSON.parse(readFileSync(lock, 'utf8')) as { readonly pid: number }
    process.kill(pid, 'SIGKILL')
    await until(() => !isAlive(pid), { what: `the end of the daemon ${pid}` })
  } catch {
    // None runs.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
