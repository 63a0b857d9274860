// A real shell with the guard, in a directory where what is dangerous is replaced: first on its PATH are programs of
// these names that only note how they were called.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENTRY } from '../../scripts/build.ts'
import type { GUARD_SHELLS, GuardOptions } from '../../src/observe/hooks/guard.ts'
import { ruledTools } from '../../src/risk/ruled-tools.ts'
import { temporaryDirectory } from './database.ts'
import { type ShellOptions, startShell, type TypedShell } from './hooked-shell.ts'

/** They note their words and do nothing else. */
const STAND_INS = ['rm', 'dd', 'git', 'kubectl', 'shutdown', 'mkfs.ext4', 'chmod', 'make']

export interface GuardedOptions extends Omit<ShellOptions, 'guard' | 'program'> {
  readonly program: (typeof GUARD_SHELLS)[number]
  readonly guard?: Partial<GuardOptions>
  /** Text of guard.toml, there before the shell starts. */
  readonly rules?: string
  /** Text of config.toml. */
  readonly config?: string
}

export interface GuardedShell extends TypedShell {
  /** KARO_HOME. */
  readonly home: string
  /** What ran of the stand-ins, each call one line: `rm -rf /x`. */
  ran(): readonly string[]
  /** Types the line and Enter, waits for the question or the refusal, then sends the keys and waits for the prompt. */
  answer(line: string, keys: string): Promise<string>
}

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
  const shell = await startShell({
    ...options,
    directory,
    env: { PATH: `${bin}:${process.env.PATH}`, KARO_HOME: home, ...options.env },
    guard: {
      ask: [process.execPath, ENTRY, 'guard', 'ask', '--shell', options.program],
      ruled: ruledTools().filter((name) => name !== 'cd' && name !== 'pushd'),
      files: [join(home, 'guard.toml')],
      machineFile: join(directory, 'no-such-file'),
      // Generous: a loaded machine is no reason to fail.
      timeoutMs: 20_000,
      onError: 'block',
      ...options.guard,
    },
  })
  return {
    ...shell,
    home,
    ran: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
    async answer(line, keys) {
      shell.keys(`${line.replaceAll('\n', '\r')}\r`)
      await shell.printed('Run it?')
      shell.keys(keys)
      return shell.prompt()
    },
  }
}
