// A real interactive shell with its hook, in a terminal of its own, typed into line by line.
import { mkdirSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { spawn } from '@lydell/node-pty'
import { onTestFinished } from 'vitest'
import type { GuardOptions } from '../../../src/observe/hooks/guard/guard.ts'
import { GUARDS } from '../../../src/observe/hooks/guard/guards.ts'
import type { Shell } from '../../../src/observe/hooks/hook.ts'
import { HOOKS } from '../../../src/observe/hooks/index.ts'
import { createSpoolParser, type SpoolRecord } from '../../../src/observe/record/spool-record.ts'
import { temporaryDirectory } from '../data/database.ts'
import { stateOf } from '../run/processes.ts'
import { until } from '../run/until.ts'

/** The programs that are hooked; several of them are an sh. */
export type Program = 'bash' | 'zsh' | 'fish' | 'dash' | 'ksh' | 'mksh' | 'ash'

interface HowToStart {
  readonly shell: Shell
  /** Path of the start file in the home. */
  readonly rc: string
  /** Interactive, with this start file and no other. */
  argv(rc: string): readonly string[]
  env(rc: string): Readonly<Record<string, string>>
  /** First in the start file: a prompt that counts itself up, and no history on disk. */
  readonly before: string
  /** Last in the start file: prints the mark before each prompt, whoever draws it. */
  readonly mark?: string
  /** How its prompts end what is printed, where more than their text tells that they are new. */
  readonly prompt?: RegExp
}

const sh = (...argv: string[]): HowToStart => ({
  shell: 'sh',
  rc: 'rc',
  argv: () => [...argv, '-i'],
  env: (rc) => ({ ENV: rc }),
  before: "typed=0; PS1='@$((typed=typed+1))@ '",
})

export const PROGRAMS: Readonly<Record<Program, HowToStart>> = {
  bash: {
    shell: 'bash',
    rc: 'rc',
    argv: (rc) => ['bash', '--noprofile', '--rcfile', rc, '-i'],
    env: () => ({}),
    before: "HISTFILE=; HISTCONTROL=ignoreboth; typed=0; PS1='@$((++typed))@ '",
    mark: 'bind "set enable-bracketed-paste on"; PROMPT_COMMAND+=(\'builtin printf "\\e]0;@mark@\\a"\')',
  },
  zsh: {
    shell: 'zsh',
    rc: '.zshrc',
    argv: () => ['zsh', '-d', '-i'],
    env: (rc) => ({ ZDOTDIR: dirname(rc) }),
    before:
      "setopt prompt_subst no_prompt_sp no_prompt_cr; zmodload zsh/zle; unset zle_bracketed_paste; typed=0; PS1='@$((++typed))@ '",
    mark: "mark() { builtin printf '\\e]0;@mark@\\a' }; precmd_functions+=(mark)",
  },
  fish: {
    shell: 'fish',
    rc: 'fish/config.fish',
    // Not --no-config, which would be private mode too.
    argv: () => ['fish', '--interactive'],
    env: (rc) => ({ XDG_CONFIG_HOME: dirname(dirname(rc)) }),
    before:
      'set -q typed; or set -g typed 0; set -g fish_greeting; function fish_prompt; set typed (math $typed + 1); echo -n "@$typed@ "; end',
    mark: "function mark --on-event fish_prompt; printf '\\e]0;@mark@\\a'; end",
    // It draws its prompt anew while a line is typed, but what is in front only once.
    prompt: /(?:⏎ \r|\x1b\[\?2004h)(?:\r*@\d+@ )+$/,
  },
  dash: sh('dash'),
  ksh: sh('ksh'),
  mksh: sh('mksh'),
  ash: sh('busybox', 'ash'),
}

export interface ShellOptions {
  /** Default: bash. */
  readonly program?: Program
  /** Lines of the start file before the hook. */
  readonly before?: string
  /** Lines after it. */
  readonly after?: string
  /** Another tool draws the prompt: what is waited for is a mark that is printed in front of it. */
  readonly marked?: true
  readonly ignore?: readonly string[]
  /** Appended to the hook. */
  readonly guard?: GuardOptions
  /** Where HOME, rc and spool are to be; default: a new one. */
  readonly directory?: string
  /** False: the spool directory is not made. A path: one that is there already. */
  readonly spool?: boolean | string
  readonly env?: Readonly<Record<string, string>>
  /** Command line that the shell's own is appended to. */
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
  /** Sends much at once: what a full terminal does not take yet is sent when what the shell said meanwhile was read, or each would wait for the other. */
  paste(text: string): Promise<void>
  prompt(): Promise<string>
  /** Resolves when the text was printed after the last prompt. */
  printed(text: string): Promise<void>
  /**
   * Resolves when the shell waits for keys. A Ctrl-C that comes between what fish draws and its waiting is seen with the next
   * key only: its signal wakes nothing then, and fish looks for it where a signal wakes it.
   */
  waits(): Promise<void>
  /** Everything printed so far. */
  screen(): string
  /** Killed; resolves when it is gone. */
  leave(): Promise<void>
}

/** Counts itself up, so that a prompt that was waited for is never an old one. */
const PROMPT = /@\d+@ $/
/** In the title of the window, where nobody sees it. */
const MARK = /\x1b\]0;@mark@\x07/
/** What bash's line editor says to a terminal that is not dumb when it begins to read. What is typed into a new shell before that is lost now and then. */
const READS = /\x1b\[\?2004h/
/** ECMA-48 control sequences. */
const CONTROL = /\x1b\[[0-9;?]*[a-zA-Z]/g
/** What fish draws before a prompt, to show an output without a last line end. */
const NEW_LINE_MARK = /⏎ +⏎ $/

/**
 * Before fish 4 a shell takes new lines from its history's file once a second, and two lines of the same second may change places.
 * Resolves at once for the other shells.
 */
export async function nextSecond(program: Program): Promise<void> {
  const now = Math.floor(Date.now() / 1_000)
  if (program === 'fish') await until(() => Math.floor(Date.now() / 1_000) > now, { what: 'the next second' })
}

export async function startShell(options: ShellOptions = {}): Promise<TypedShell> {
  const how = PROGRAMS[options.program ?? 'bash']
  const directory = options.directory ?? temporaryDirectory()
  const spool = typeof options.spool === 'string' ? options.spool : join(directory, 'spool')
  const rc = join(directory, how.rc)
  if (options.spool === undefined || options.spool === true) mkdirSync(spool, { mode: 0o700 })
  // Where it is missing, every new fish reads all manual pages of the machine to fill it.
  if (how.shell === 'fish')
    mkdirSync(join(directory, '.local/share/fish/generated_completions'), { recursive: true })
  mkdirSync(dirname(rc), { recursive: true })
  const hook = HOOKS[how.shell]({ spoolDirectory: spool, ignore: options.ignore ?? [] })
  const guard = options.guard && how.shell !== 'sh' ? GUARDS[how.shell](options.guard) : ''
  writeFileSync(
    rc,
    `${how.before}\n${options.before ?? ''}\n${hook}${guard}\n${options.after ?? ''}\n${(options.marked && how.mark) || ''}\n`,
  )
  const [program, ...args] = [...(options.through ?? []), ...how.argv(rc)]
  // By its editor (npm names one) zsh chooses its keys.
  const clean = Object.entries(process.env).filter(
    ([key]) => !/^(KARO_|PROMPT_COMMAND|PS0|BASH|HIST|ZDOTDIR|ENV$|EDITOR$|VISUAL$|XDG_)/.test(key),
  )
  const terminal = spawn(program!, args, {
    cols: 200,
    rows: 50,
    cwd: directory,
    env: {
      ...Object.fromEntries(clean),
      HOME: directory,
      TERM: 'dumb',
      LC_ALL: 'C.UTF-8',
      ...how.env(rc),
      ...options.env,
    },
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
    const end = options.marked && how.mark ? MARK : (how.prompt ?? PROMPT)
    await until(() => over || end.test(screen.slice(from)), {
      what: `a prompt after: ${screen.slice(from)}`,
    })
    if (over) throw new Error(`the shell has ended: ${screen.slice(from)}`)
    const printed = screen
      .slice(from)
      .replaceAll('\r', '')
      .replace(CONTROL, '')
      .replace(PROMPT, '')
      .replace(NEW_LINE_MARK, '')
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
  if (options.marked && how.shell === 'bash' && (options.env?.TERM ?? 'dumb') !== 'dumb')
    await until(() => READS.test(screen), { what: `a line editor after: ${screen}` })
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
    async paste(text) {
      const { fd } = terminal as typeof terminal & { readonly fd: number }
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length; await nextTurn()) {
        try {
          at += writeSync(fd, bytes, at)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
        }
      }
    },
    prompt,
    async printed(text) {
      await until(() => screen.slice(from).includes(text), { what: `${text} on the screen` })
    },
    async waits() {
      await until(() => stateOf(terminal.pid) === 'S', { what: 'the shell, which waits for keys' })
    },
    screen: () => screen,
    async leave() {
      if (!over) terminal.kill('SIGKILL')
      await until(() => over, { what: 'the end of the shell' })
    },
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

/** Without the notes of shells that are paused. */
export const commandsOf = (directory: string): string[] =>
  spooled(directory).flatMap(({ command, paused }) => (paused ? [] : command))
