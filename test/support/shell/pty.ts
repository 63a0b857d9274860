// A real interactive bash in a pseudo-terminal, for tests that type.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { temporaryHome } from '../node/node.ts'
import { atEnd } from '../run/processes.ts'
import { until } from '../run/until.ts'

export interface BashOptions {
  /** Start file; PS1 and PS2 are set after it, so that prompts can be told from output. */
  readonly rc: string
  readonly cwd?: string
  /** On top of a small clean environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly netns?: string | undefined
}

export interface Bash {
  readonly pid: number
  /** Types a line and Enter, and resolves with what was shown once the next prompt is there. */
  run(line: string): Promise<string>
  /** Types as it is, without waiting: control characters, parts of lines. */
  write(text: string): void
  /** Resolves when `count` further prompts have been shown since the call. */
  prompts(count: number): Promise<void>
  /** Everything shown so far. */
  output(): string
  /** `exit` is typed, and bash has ended; resolves with its exit code. */
  close(): Promise<number>
  kill(): void
}

/** Two times U+2301: no command of a test prints it. */
const PROMPT = '\u2301\u2301'

export async function openBash(options: BashOptions): Promise<Bash> {
  const inside = options.netns === undefined ? [] : ['nsenter', `--net=/run/netns/${options.netns}`]
  const rc = join(temporaryHome(), 'bashrc')
  writeFileSync(rc, `. '${options.rc}'\nPS1='${PROMPT} ' PS2='> '\n`)
  const argv = [...inside, 'bash', '--noprofile', '--rcfile', rc, '-i']
  const terminal = spawn(argv[0] as string, argv.slice(1), {
    name: 'xterm',
    cols: 200,
    rows: 50,
    cwd: options.cwd ?? '/',
    env: {
      PATH: process.env.PATH ?? '',
      HOME: '/nonexistent',
      LANG: 'C.UTF-8',
      TERM: 'xterm',
      ...options.env,
    },
  })
  let shown = ''
  let exit: number | undefined
  terminal.onData((text) => {
    shown += text
  })
  terminal.onExit(({ exitCode }) => {
    exit = exitCode
  })
  const kill = (): void => {
    if (exit === undefined) terminal.kill('SIGKILL')
  }
  atEnd(kill)

  const promptsShown = (): number => shown.split(PROMPT).length - 1
  const reach = (count: number): Promise<unknown> =>
    until(() => promptsShown() >= count || exit !== undefined, {
      what: `prompt ${count} of bash, which shows: ${JSON.stringify(shown.slice(-500))}`,
    })

  await reach(1)

  return {
    pid: terminal.pid,
    async run(line) {
      const before = promptsShown()
      const from = shown.length
      terminal.write(`${line}\r`)
      await reach(before + 1)
      return shown.slice(from)
    },
    write: (text) => terminal.write(text),
    prompts: async (count) => {
      await reach(promptsShown() + count)
    },
    output: () => shown,
    async close() {
      terminal.write('exit\r')
      await until(() => exit !== undefined, { what: 'the end of bash' })
      return exit as number
    },
    kill,
  }
}
