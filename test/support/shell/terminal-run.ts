// Runs the built program once in a terminal of its own, as a person at one sees it.
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { cleanEnv } from '../node/node.ts'
import { atEnd } from '../run/processes.ts'
import { until } from '../run/until.ts'

export const KARO = join(import.meta.dirname, '../../../dist/karo.js')

export interface TerminalRun {
  readonly pid: number
  /** Everything shown so far. */
  shown(): string
  /** Typed as it is, such as Ctrl-C. */
  write(text: string): void
  /** Resolves with the exit code. */
  ended(): Promise<number>
}

/** 80 columns; colour as the environment says. */
export const inTerminal = (
  args: readonly string[],
  home: string,
  env: Readonly<Record<string, string>> = {},
): TerminalRun => programInTerminal(process.execPath, [KARO, ...args], home, env)

/** The same of any program; for `sh -c` the built program is `"$NODE" "$KARO"`. */
export function programInTerminal(
  program: string,
  args: readonly string[],
  home: string,
  env: Readonly<Record<string, string>> = {},
): TerminalRun {
  const { NO_COLOR: _, ...clean } = cleanEnv(home, { NODE: process.execPath, KARO })
  const terminal = spawn(program, [...args], {
    name: env.TERM ?? 'xterm-256color',
    cols: 80,
    rows: 24,
    env: { ...(clean as Record<string, string>), ...env },
  })
  let shown = ''
  let code: number | undefined
  terminal.onData((text) => {
    shown += text
  })
  terminal.onExit(({ exitCode }) => {
    code = exitCode
  })
  atEnd(() => {
    if (code === undefined) terminal.kill('SIGKILL')
  })
  return {
    pid: terminal.pid,
    shown: () => shown,
    write: (text) => terminal.write(text),
    ended: async () =>
      (await until(() => (code === undefined ? undefined : { code }), { what: 'it ends' })).code,
  }
}
