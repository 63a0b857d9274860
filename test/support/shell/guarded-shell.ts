// A real shell with the guard, in a directory where what is dangerous is replaced: first on its PATH are programs of
// these names that only note how they were called.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { PLAIN_LINES, ruledTools } from '../../../src/assist/risk/ruled-tools.ts'
import type { GUARD_SHELLS, GuardOptions } from '../../../src/observe/hooks/guard/guard.ts'
import type { SpoolRecord } from '../../../src/observe/record/spool-record.ts'
import { temporaryDirectory } from '../data/database.ts'
import { KARO } from '../node/in-process.ts'
import { until } from '../run/until.ts'
import { type ShellOptions, spooled, startShell, type TypedShell } from './hooked-shell.ts'

/** They note their words and do nothing else. */
const STAND_INS = ['rm', 'dd', 'git', 'kubectl', 'shutdown', 'mkfs.ext4', 'chmod', 'make', 'deployit']

export interface GuardedOptions extends Omit<ShellOptions, 'guard' | 'program'> {
  readonly program: (typeof GUARD_SHELLS)[number]
  readonly guard?: Partial<GuardOptions>
  /** Text of guard.toml, there before the shell starts. */
  readonly rules?: string
  /** Text of config.toml. */
  readonly config?: string
  /**
   * Lines that a small program says of that they may run, without a note, instead of the one that judges: what it thinks of them is
   * not what is tried, and each of its starts takes more than everything else of a line.
   */
  readonly harmless?: readonly string[]
}

export interface GuardedShell extends TypedShell {
  /** KARO_HOME. */
  readonly home: string
  /** What ran of the stand-ins, each call one line: `rm -rf /x`. */
  ran(): readonly string[]
  /** What the guard noted of lines: `blocked critical`. */
  notes(): readonly string[]
  /** How often it noted that it looks at the lines. */
  active(): number
  /** Types the line and Enter; resolves when it has run, by its record. */
  run(line: string): Promise<void>
  /** Types the line and Enter, then the keys when it is asked about; resolves when the guard has noted something. */
  noted(line: string, ...keys: readonly string[]): Promise<void>
  /** Resolves when the line editor has the line again, after something was shown. */
  back(): Promise<void>
  /** Ctrl-C; resolves when there is a new prompt. */
  cancel(): Promise<void>
  /** Types the line, which is blocked, and takes it away again; what was shown. */
  blocked(line: string): Promise<string>
}

/** Path of a program that lets these lines run, and becomes the program that its words name for all others. */
function quickFor(lines: readonly string[], directory: string): string {
  const path = join(directory, 'quick')
  const [quoted, may] = [lines.map((line) => `'${line.replaceAll("'", "'\\''")}'`).join('|'), 'run - safe -']
  writeFileSync(path, `#!/bin/sh\ncase $KARO_LINE in ${quoted}) echo '${may}' ;; *) exec "$@" ;; esac\n`)
  chmodSync(path, 0o755)
  return path
}

/** Takes the line away, in all three, wherever the cursor is. */
export const CLEAR = '\u0005\u0015'

export async function startGuarded(options: GuardedOptions): Promise<GuardedShell> {
  const directory = options.directory ?? temporaryDirectory()
  const home = join(directory, 'karo')
  const bin = join(directory, 'bin')
  const log = join(directory, 'ran')
  mkdirSync(home, { mode: 0o700, recursive: true })
  mkdirSync(bin, { recursive: true })
  writeFileSync(log, '')
  for (const name of STAND_INS) {
    const path = join(bin, name)
    writeFileSync(path, `#!/bin/sh\necho "\${0##*/} $*" >>'${log}'\n`)
    chmodSync(path, 0o755)
  }
  if (options.rules !== undefined) writeFileSync(join(home, 'guard.toml'), options.rules, { mode: 0o600 })
  if (options.config !== undefined) writeFileSync(join(home, 'config.toml'), options.config, { mode: 0o600 })
  const judge = [process.execPath, KARO, 'guard', 'ask', '--shell', options.program]
  const { harmless = [] } = options
  const shell = await startShell({
    ...options,
    directory,
    env: { PATH: `${bin}:${process.env.PATH}`, KARO_HOME: home, ...options.env },
    guard: {
      ask: harmless.length === 0 ? judge : [quickFor(harmless, directory), ...judge],
      ruled: ruledTools().filter((name) => name !== 'cd' && name !== 'pushd'),
      plain: PLAIN_LINES,
      files: [join(home, 'guard.toml')],
      machineFile: join(directory, 'no-such-file'),
      resident: join(home, 'judge-'),
      // Generous: a loaded machine is no reason to fail.
      timeoutMs: 200_000,
      onError: 'block',
      ...options.guard,
    },
  })
  const records = (noted: boolean): readonly SpoolRecord[] =>
    spooled(shell.spool).filter(({ note }) => note?.outcome !== 'active' && (note !== undefined) === noted)
  async function more(noted: boolean, what: string, act: () => void | Promise<void>): Promise<void> {
    const before = records(noted).length
    await act()
    await until(() => records(noted).length > before, {
      what: `${what}, after ${JSON.stringify(shell.screen().slice(-1500))}`,
    })
  }
  const enter = (line: string): void => shell.keys(`${line.replaceAll('\n', '\r')}\r`)
  const noted: GuardedShell['noted'] = async (line, ...keys) => {
    const from = shell.screen().length
    await more(true, `a note of the guard about ${line}`, async () => {
      enter(line)
      for (const [i, key] of keys.entries()) {
        const asked = () => shell.screen().slice(from).split('Run it?').length > i + 1
        await until(asked, { what: `question ${i + 1} about ${line}` })
        shell.keys(key)
      }
    })
    // The program that asked may still read what is typed. Other tools draw prompts that nobody here can tell.
    if (keys.at(-1) === 'n' && !options.marked) await back(from)
  }
  /** `from`: length of the screen before the line, so that what was said of an earlier one does not count. */
  const back = async (from = 0): Promise<void> => {
    await until(() => /(?:Run it|does not run)[\s\S]*@\d+@ [^@]*$/.test(shell.screen().slice(from)), {
      what: `the line again, after ${JSON.stringify(shell.screen().slice(-1500))}`,
    })
  }
  return {
    ...shell,
    home,
    back,
    async cancel() {
      // A line that is drawn again has a new prompt too: the line has to be empty. Fish may lose the key meanwhile.
      const isEmpty = () => /@\d+@ *$/.test(stripVTControlCharacters(shell.screen()))
      await until(
        () => {
          if (isEmpty()) return true
          shell.keys('\u0003')
          return false
        },
        { what: 'an empty line', pollMs: 500 },
      )
    },
    // Fish looks at git's configuration, and which rm there is, while one types.
    ran: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !/^git config|--version$/.test(line)),
    active: () => spooled(shell.spool).filter(({ note }) => note?.outcome === 'active').length,
    notes: () => records(true).map(({ note }) => `${note?.outcome} ${note?.risk_level}`),
    run: (line) => more(false, `a record of ${line}`, () => enter(line)),
    noted,
    async blocked(line) {
      const from = shell.screen().length
      await noted(line)
      await back(from)
      shell.keys(CLEAR)
      return shell.screen().slice(from)
    },
  }
}
