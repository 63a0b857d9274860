// A person at a real bash who types numbered commands, and what history must know of them afterwards.
import { existsSync } from 'node:fs'
import { pick, type Random, randomOf } from '../run/random.ts'
import { until } from '../run/until.ts'
import { openBash } from './pty.ts'

/** One command that counts, as history must have it. */
export interface Typed {
  readonly command: string
  readonly exit: number
  readonly tool: string
}

/** How a shell ends: asked to, killed between two commands, in the middle of one, or while lines wait to be read. */
const ENDINGS = ['exit', 'at-prompt', 'in-command', 'in-burst'] as const
export type Ending = (typeof ENDINGS)[number]

export interface Typist {
  /** Occurs in every command of this typist and of no other: `s3x`. */
  readonly mark: string
  /** Types lines one by one, each when the prompt is back. */
  type(lines: number): Promise<void>
  /** The same until `over` says so. */
  typeUntil(over: () => boolean): Promise<void>
  /** Once, while nothing else is typed; resolves when the shell's process is gone. */
  end(): Promise<Ending>
  /** Lines typed whose prompt came back, those that are nobody's business included. */
  answered(): number
  /** What history must have at least, because the prompt came back after it, and what it may have at most. */
  expected(): { readonly least: number; readonly all: readonly Typed[] }
}

interface Line extends Typed {
  /** As it is typed; `\r` is Enter. */
  readonly keys: string
  readonly isPrivate?: boolean
}

/** What can be typed with a word of its own; most succeed, some fail, some are several lines long. */
const LINES: readonly ((word: string) => Line)[] = [
  (word) => plain(`echo ${word}`, 'echo'),
  (word) => plain(`echo größe ${word}`, 'echo'),
  (word) => plain(`true ${word}`, 'true'),
  (word) => plain(`false ${word}`, 'false', 1),
  (word) => plain(`ls /nonexistent/${word}`, 'ls', 2),
  (word) => plain(`bash -c 'exit 7' ${word}`, 'bash', 7),
  (word) => plain(`no-such-${word}`, 'other', 127),
  (word) => plain(`echo ${word} | grep -c nothing`, 'echo', 1),
  (word) => ({ ...plain(`echo "${word}\nand more"`, 'echo'), keys: `echo "${word}\rand more"` }),
  (word) => ({
    ...plain(`for i in 1 2; do echo ${word}; done`, 'echo'),
    keys: `for i in 1 2\rdo echo ${word}\rdone`,
  }),
  (word) => ({ ...plain(`cat <<END\n${word}\nEND`, 'cat'), keys: `cat <<END\r${word}\rEND` }),
  (word) => ({ ...plain(` echo secret ${word}`, 'echo'), isPrivate: true }),
]
const plain = (command: string, tool: string, exit = 0): Line => ({ keys: command, command, exit, tool })

const HISTORY_CONTROLS = ['', 'ignoredups', 'ignorespace', 'ignoreboth'] as const

export async function openTypist(options: {
  /** Start file with the hook. */
  readonly rc: string
  readonly mark: string
  readonly seed: number
}): Promise<Typist> {
  const { mark } = options
  const random: Random = randomOf(options.seed)
  const bash = await openBash({ rc: options.rc, env: { HISTCONTROL: pick(random, HISTORY_CONTROLS) } })
  const ending = pick(random, ENDINGS)
  const all: Typed[] = []
  let least = 0
  let answered = 0
  let count = 0
  let last: Line | undefined

  function next(): Line {
    // One in five is the line before once more, which is a command of its own.
    if (last === undefined || last.isPrivate || random.below(5) > 0)
      last = pick(random, LINES)(`${mark}${++count}`)
    if (!last.isPrivate) all.push({ command: last.command, exit: last.exit, tool: last.tool })
    return last
  }

  async function type(lines: number): Promise<void> {
    for (let i = 0; i < lines; i++) {
      await bash.run(next().keys)
      least = all.length
      answered++
    }
  }

  const gone = (): Promise<unknown> =>
    until(() => !existsSync(`/proc/${bash.pid}`), { what: `the end of the shell ${mark}` })

  const ends: Readonly<Record<Ending, () => Promise<unknown>>> = {
    exit: () => bash.close(),
    'at-prompt'() {
      bash.kill()
      return gone()
    },
    async 'in-command'() {
      // Only the output has the two parts without the quotes, so it has begun when they are there.
      bash.write(`echo begun"-${mark}"; read -t 600\r`)
      await until(() => bash.output().includes(`begun-${mark}`), { what: `a long command of ${mark}` })
      bash.kill()
      await gone()
    },
    async 'in-burst'() {
      const lines = Array.from({ length: 2 + random.below(6) }, next)
      const seen = random.below(lines.length)
      const prompts = bash.prompts(seen)
      bash.write(lines.map(({ keys }) => `${keys}\r`).join(''))
      await prompts
      bash.kill()
      least += lines.slice(0, seen).filter((line) => !line.isPrivate).length
      answered += seen
      await gone()
    },
  }

  return {
    mark,
    type,
    async typeUntil(over) {
      while (!over()) await type(1)
    },
    async end() {
      await ends[ending]()
      return ending
    },
    answered: () => answered,
    expected: () => ({ least, all }),
  }
}
