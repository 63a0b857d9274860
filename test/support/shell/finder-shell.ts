// A real interactive shell whose Ctrl-R is the finder's, at a terminal of a chosen size, and what stands on its screen.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { textWidth } from '../../../src/cli/terminal/text.ts'
import type { FinderShell } from '../../../src/observe/hooks/finder/finder.ts'
import type { TestNode } from '../node/node.ts'
import { cleanEnv, temporaryHome } from '../node/node.ts'
import { atEnd, childrenOf, stateOf } from '../run/processes.ts'
import { until } from '../run/until.ts'

interface HowToStart {
  readonly rc: string
  argv(rc: string): readonly string[]
  env(rc: string): Readonly<Record<string, string>>
  readonly prompt: string
  /** Out of a search of the shell's own, and the line empty. */
  readonly clear: string
}

const HOW: Readonly<Record<FinderShell, HowToStart>> = {
  bash: {
    rc: 'rc',
    argv: (rc) => ['bash', '--noprofile', '--rcfile', rc, '-i'],
    env: () => ({}),
    prompt: "HISTFILE=; PS1='@> '",
    // Not Ctrl-C: the terminal throws away what is typed behind it.
    clear: '\x07\x15',
  },
  zsh: {
    rc: '.zshrc',
    argv: () => ['zsh', '-d', '-i'],
    env: (rc) => ({ ZDOTDIR: dirname(rc) }),
    prompt: "setopt no_prompt_sp no_prompt_cr; PS1='@> '",
    clear: '\x07\x15',
  },
  fish: {
    rc: 'fish/config.fish',
    argv: () => ['fish', '--interactive'],
    env: (rc) => ({ XDG_CONFIG_HOME: dirname(dirname(rc)) }),
    prompt: "set fish_greeting; function fish_prompt; echo -n '@> '; end",
    clear: '\x03\x15\x0b',
  },
}

export interface FinderShellOptions {
  readonly node: TestNode
  readonly columns?: number
  readonly rows?: number
  readonly env?: Readonly<Record<string, string>>
  /** Lines of the start file before the hook, and after it. */
  readonly before?: string
  readonly after?: string
  /** Flags of the hook. */
  readonly flags?: readonly string[]
}

export interface FinderShellAtWork {
  readonly directory: string
  /** Sends keys as they are; bytes, where not all of a character is sent at once. */
  keys(keys: string | Uint8Array): void
  /** Lines of the finder, while it is there; undefined otherwise. */
  finder(): readonly string[] | undefined
  /** Resolves with the finder's lines as soon as one of them holds the text. */
  finds(text: string): Promise<readonly string[]>
  /** Resolves when the finder is gone, with what was printed since. */
  left(): Promise<string>
  /** Resolves as soon as this was printed since the call, with all of it. */
  printed(text: string | RegExp): Promise<string>
  /**
   * Leaves a search of the shell's own and empties the line, types another that ends by printing a mark, and resolves with
   * what was printed.
   */
  run(line: string): Promise<string>
  resize(columns: number, rows: number): void
  /** The whole output so far. */
  output(): string
}

/** Looks at the output, until a line that was thrown away is typed again. */
const TRIED_EVERY = 40
/** What an editor of lines draws within what is typed, and where a line is full. */
const DRAWN = /\x1b\[[0-9;?]*[a-zA-Z]|\s/g

const OPEN = '\x1b[?1049h'
const CLOSED = '\x1b[?1049l'

export async function openFinderShell(
  shell: FinderShell,
  options: FinderShellOptions,
): Promise<FinderShellAtWork> {
  const { node, columns = 80, rows = 24 } = options
  const how = HOW[shell]
  const directory = temporaryHome()
  const rc = join(directory, how.rc)
  mkdirSync(dirname(rc), { recursive: true })
  // Where it is missing, every new fish reads all manual pages of the machine to fill it.
  mkdirSync(join(directory, '.local/share/fish/generated_completions'), { recursive: true })
  const hook = await node.karo(['shell', 'init', shell, ...(options.flags ?? ['--ctrl-r'])])
  if (hook.code !== 0) throw new Error(hook.stderr)
  writeFileSync(rc, `${how.prompt}\n${options.before ?? ''}\n${hook.stdout}\n${options.after ?? ''}\n`)
  const { NO_COLOR: _, ...env } = cleanEnv(node.home, {
    HOME: directory,
    LC_ALL: 'C.UTF-8',
    TERM: 'xterm-256color',
  })
  const clean = Object.entries({ ...env, ...how.env(rc), ...options.env }).filter(
    ([key]) => !/^(PROMPT_COMMAND|PS0|BASH|HIST)/.test(key),
  )
  const [program, ...args] = how.argv(rc)
  const terminal = spawn(program!, args, {
    name: options.env?.TERM ?? 'xterm-256color',
    cols: columns,
    rows,
    cwd: directory,
    env: Object.fromEntries(clean) as Record<string, string>,
  })
  let width = columns
  let output = ''
  let over = false
  let marks = 0
  terminal.onData((text) => (output += text))
  terminal.onExit(() => (over = true))
  atEnd(() => {
    if (!over) terminal.kill('SIGKILL')
  })

  function finder(): readonly string[] | undefined {
    const from = output.lastIndexOf(OPEN)
    return from < 0 || output.indexOf(CLOSED, from) >= 0 ? undefined : screenOf(output.slice(from), width)
  }
  async function printed(wanted: string | RegExp, from: number): Promise<string> {
    const isThere = (): boolean => {
      const since = output.slice(from)
      return typeof wanted === 'string' ? since.includes(wanted) : wanted.test(since)
    }
    try {
      await until(isThere, { what: `${wanted} at the terminal` })
    } catch (error) {
      throw new Error(`instead there is ${JSON.stringify(output.slice(from).slice(-600))}`, { cause: error })
    }
    return output.slice(from)
  }
  const work: FinderShellAtWork = {
    directory,
    // Its types know of text only.
    keys: (keys) => terminal.write(keys as string),
    finder,
    async finds(text) {
      const shows = (): boolean => Boolean(finder()?.some((line) => line.includes(text)))
      await until(shows, { what: `${text} in the finder` }).catch((cause: unknown) => {
        throw new Error(`instead there is ${JSON.stringify(finder() ?? output.slice(-600))}`, { cause })
      })
      return finder()!
    },
    async left() {
      await until(() => finder() === undefined, { what: 'the end of the finder' })
      return output.slice(output.lastIndexOf(CLOSED))
    },
    printed: (wanted) => printed(wanted, output.length),
    async run(line) {
      const mark = `mark${++marks}`
      const from = output.length
      let tries = 0
      // Shells throw away what is typed while they are busy with a search or a refusal: it is typed again. One that is only
      // slow has it on its line, or has not come to reading it.
      const isThrownAway = (): boolean => {
        const line = output.slice(Math.max(from, output.lastIndexOf('@> '))).replace(DRAWN, '')
        const isIdle = stateOf(terminal.pid) === 'S' && childrenOf(terminal.pid).length === 0
        return isIdle && !line.includes(mark)
      }
      await until(
        async () => {
          if (tries++ % TRIED_EVERY === 0 && (tries === 1 || isThrownAway())) {
            // What is typed has quotes that what is printed has not.
            terminal.write(`${how.clear}${line}; echo "=="${mark}"=="\r`)
          }
          // Before the next prompt a key is the terminal's own: Ctrl-R then draws the line again.
          const at = output.indexOf(`==${mark}==`, from)
          return at >= 0 && output.includes('@> ', at)
        },
        { what: `${mark} and a prompt at the terminal`, pollMs: 50 },
      ).catch((error) => {
        throw new Error(`instead there is ${JSON.stringify(output.slice(from).slice(-600))}`, {
          cause: error,
        })
      })
      return output.slice(from)
    },
    resize(toColumns, toRows) {
      width = toColumns
      terminal.resize(toColumns, toRows)
    },
    output: () => output,
  }
  await printed('@> ', 0)
  return work
}

/** What the finder has drawn: it places each line, and erases to its end. */
function screenOf(drawn: string, columns: number): string[] {
  const lines: string[] = []
  let row = 0
  let before = ''
  // Only what came since all was drawn anew counts.
  drawn = drawn.slice(Math.max(0, drawn.lastIndexOf('\x1b[2J')))
  for (const [piece, placed, control] of drawn.matchAll(
    /\x1b\[(\d+);1H|(\x1b\[[0-9;?]*[a-zA-Z])|[^\x1b]+/g,
  )) {
    if (placed !== undefined) {
      row = Number(placed) - 1
      before = ''
    } else if (control === '\x1b[K') {
      // Behind a full line the cursor stands on its last character still.
      lines[row] = textWidth(before) < columns ? before : before.slice(0, -1)
    } else if (control === undefined) {
      before += piece
      lines[row] = before
    }
  }
  return Array.from(lines, (line) => line ?? '')
}
