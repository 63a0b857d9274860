// One command line in this process, and what it has printed.
import { type CliWorld, runCli } from '../../../src/cli/run.ts'

/** What was written so far. */
interface Screen {
  out: string
  err: string
}

interface Around {
  readonly env?: CliWorld['env']
  readonly commands?: CliWorld['commands']
  /** Of a terminal; without it there is none. */
  readonly columns?: number | undefined
  readonly screen?: Screen
}

export async function commandLine(words: readonly string[], around: Around = {}) {
  const { env = {}, commands, columns, screen = { out: '', err: '' } } = around
  const tty = columns === undefined ? {} : { isTTY: true, columns }
  const code = await runCli(words, {
    env,
    stdout: { ...tty, write: (text) => (screen.out += text) },
    stderr: { ...tty, write: (text) => (screen.err += text) },
    ...(commands && { commands }),
  })
  return { code, ...screen, json: () => JSON.parse(screen.out) }
}
