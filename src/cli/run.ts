// Runs one command line: finds the command, gives it its `io`, and turns the outcome into output and an exit code.
// The whole module, because importing `parseArgs` by name would load parts that few runs need.
import * as util from 'node:util'
import { createClient } from '../api/contract/client/client.ts'
import { overSocket } from '../api/contract/client/socket.ts'
import { whyUnreadable } from '../base/disk-trouble.ts'
import { ERROR_CODES, EXIT, type ExitCode, KaroError } from '../base/errors.ts'
import { inertJson, jsonText, screened } from '../base/printable.ts'
import { BUILD, COMMIT, VERSION } from '../base/version.ts'
import { isForPerson } from '../base/words/loosening.ts'
import { traceOfParent } from '../base/words/traceparent.ts'
import { homePaths } from '../config/paths.ts'
import type { Command, CommandEntry, CommandInput, CommandIo } from './command.ts'
import { COMMANDS } from './commands.ts'
import { errorLines, toldOf } from './error-text.ts'
import { refuseTool } from './guard/person.ts'
import { withOneCommandLine } from './input/command-line-words.ts'
import { OTHER_WORDS } from './input/other-words.ts'
import { nodeOf } from './node-of.ts'
import { usage } from './usage.ts'

interface OutputStream {
  write(text: string | Uint8Array): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface CliWorld {
  readonly env: CommandIo['env']
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly commands?: readonly CommandEntry[]
  readonly toolAbove?: CommandIo['toolAbove']
}

/**
 * Commands that are parsed here, so that commander is not loaded: those that scripts, prompts and hooks run often, and
 * `up`, which would keep commander in memory for months.
 */
const HOT: ReadonlySet<string> = new Set(['status', 'check', 'explain', 'ask', 'hook', 'up', 'guard ask'])

/** The input of a plain command line; undefined for anything that needs commander: help, errors, rare forms. */
export function parsePlain(command: Command, words: readonly string[]): CommandInput | undefined {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string; default?: string }> = {
    json: { type: 'boolean' },
    home: { type: 'string' },
  }
  for (const option of command.options) {
    options[option.name] = {
      type: option.value ? 'string' : 'boolean',
      ...(option.short && { short: option.short }),
      ...(option.default !== undefined && { default: option.default }),
    }
  }
  let parsed: ReturnType<typeof util.parseArgs>
  try {
    parsed = words.some((word) => word.startsWith('-') && word !== '--json')
      ? util.parseArgs({ args: [...words], options, allowPositionals: true, strict: true, tokens: true })
      : onlyWords(words, command)
  } catch {
    return undefined
  }
  const values = parsed.values as CommandInput['options']
  for (const option of command.options) {
    // If a value is given twice, parseArgs drops the first one unchecked.
    const given = parsed.tokens?.filter((token) => token.kind === 'option' && token.name === option.name)
    if (option.value && given && given.length > 1) return undefined
    // An option that may be given several times needs a list, which commander makes.
    if (option.repeat && given && given.length > 0) return undefined
    const value = values[option.name]
    if (option.choices && typeof value === 'string' && !option.choices.includes(value)) return undefined
  }
  const args: Record<string, string | readonly string[] | undefined> = {}
  let next = 0
  for (const argument of command.args) {
    const rest = parsed.positionals.slice(next)
    const given = argument.variadic ? rest : rest.slice(0, 1)
    if (argument.required && given.length === 0) return undefined
    if (argument.choices && given.some((value) => !argument.choices!.includes(value))) return undefined
    args[argument.name] = argument.variadic ? given : given[0]
    next += given.length
  }
  return next < parsed.positionals.length ? undefined : { args, options: { ...values } }
}

/** The result of parseArgs for words without any option but --json. */
function onlyWords(words: readonly string[], command: Command): ReturnType<typeof util.parseArgs> {
  const positionals = words.filter((word) => word !== '--json')
  const defaults = command.options.flatMap((one) =>
    one.default === undefined ? [] : [[one.name, one.default]],
  )
  const values = Object.fromEntries(defaults) as Record<string, string | boolean>
  return { positionals, values: positionals.length < words.length ? { ...values, json: true } : values }
}

const PLAIN = { colour: false, redraws: false } as const

/** One run of the program. `trace` is set when a daemon was asked, `waited` when one was waited for, `io` as soon as a command runs. */
interface Run {
  trace?: string
  waited?: Promise<void>
  io?: CommandIo
}

/** The trace has to be unique and not secret, and loading node:crypto would take a tenth of a short command's time. */
function newTrace(): string {
  const word = (): string =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return word() + word() + word() + word()
}

function makeIo(world: CliWorld, options: CommandInput['options'], run: Run): CommandIo {
  if (options.home === '') throw usage('the directory is empty', '--home')
  const env = typeof options.home === 'string' ? { ...world.env, KARO_HOME: options.home } : world.env
  const paths = homePaths(env)
  const tty = world.stdout.isTTY === true
  const json = options.json === true
  const colour = tty && !env.NO_COLOR && env.TERM !== 'dumb'
  run.io = {
    env,
    home: paths.home,
    commands: world.commands ?? COMMANDS,
    toolAbove: world.toolAbove,
    get socket() {
      return nodeOf(env).paths.socket
    },
    get trace() {
      // A caller that traces its own work hands its trace on by this variable.
      run.trace ??= traceOfParent(env.TRACEPARENT ?? '') ?? newTrace()
      return run.trace
    },
    get daemon() {
      return createClient(async function* (...asked) {
        const ask = () => overSocket(run.io as CommandIo)(...asked)
        try {
          yield* ask()
        } catch (error) {
          // Nothing was yielded then: nobody listens.
          if ((error as KaroError).code !== 'not_running') throw error
          // Once, because a command may look at several things, and no longer than somebody wants to wait for the first of them.
          run.waited ??= import('./start/background.ts').then(({ untilListens }) =>
            untilListens(paths, asked[1]),
          )
          await run.waited
          yield* ask()
        }
      })
    },
    get call() {
      return this.daemon.call
    },
    json,
    colour,
    columns: (tty && world.stdout.columns) || Number.POSITIVE_INFINITY,
    terminal: tty,
    // A getter, because Node makes the stream when it is first used.
    get liveLine() {
      return world.stderr.isTTY === true && env.TERM !== 'dumb'
    },
    // Text of others never reaches a terminal unescaped, even if a view forgot to escape it; what is for programs has no colours.
    out(text) {
      if (typeof text !== 'string' && !tty) return void world.stdout.write(text)
      const bytes = typeof text !== 'string'
      const words = bytes ? Buffer.from(text).toString('utf8') : text
      const marks = bytes ? PLAIN : { colour, redraws: tty }
      world.stdout.write(json ? inertJson(words) : screened(words, marks))
    },
    err: (text) => void world.stderr.write(screened(text, { colour, redraws: true })),
  }
  return run.io
}

function report(error: unknown, world: CliWorld, json: boolean, { trace, io }: Run): ExitCode {
  const told = toldOf(error, io, trace)
  if (json) {
    const shape = { error: { ...told, trace_id: trace } }
    world.stdout.write(`${jsonText(shape)}\n`)
  } else {
    const { stderr } = world
    const columns = (stderr.isTTY && stderr.columns) || Number.POSITIVE_INFINITY
    const first = error instanceof KaroError ? told.message : `internal error: ${told.message}`
    stderr.write(screened(errorLines(told, { columns }, first), PLAIN))
  }
  if (world.env.KARO_DEBUG === '1') {
    for (let e: unknown = error; e instanceof Error; e = e.cause)
      world.stderr.write(screened(`${e.stack}\n`, PLAIN))
  }
  return ERROR_CODES[told.code].exit
}

/** The width in COLUMNS; undefined if it is not a sensible number. */
const columnsOf = ({ COLUMNS = '' }: CommandIo['env']): number | undefined =>
  /^[1-9]\d{1,3}$/.test(COLUMNS) ? Number(COLUMNS) : undefined

/** Whether `--json` stands before `--`; words after it belong to the command. */
function asksJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json')
}

/** Nobody asks for a command in more characters: a longer word came from a program. */
const REQUEST_CHARS = 500

const asksOverview = (word: string): boolean => ['help', '--help', '-h'].includes(word)

async function dispatch(argv: readonly string[], world: CliWorld, run: Run): Promise<ExitCode | undefined> {
  const entries = world.commands ?? COMMANDS

  const [group = ''] = argv
  const two = argv.slice(0, 2).join(' ')
  const hot = [group, two].find((name) => HOT.has(name))
  if (hot !== undefined) {
    const commands = await entries.find(({ name }) => name === group)?.load()
    // `hook install` is not the hook of a tool "install".
    const isOther = hot !== two && commands?.some(({ name }) => name === two)
    const command = isOther ? undefined : commands?.find(({ name }) => name === hot)

    const words = argv.slice(hot.split(' ').length)
    const input =
      command && parsePlain(command, command.takesCommandLine ? withOneCommandLine(command, words) : words)
    if (input) return command.run(makeIo(world, input.options, run), input)
  }

  if (group === '__complete') {
    const { complete } = await import('./completion/live.ts')
    return complete(argv.slice(1), (home) => makeIo(world, { home }, run))
  }

  const width = (world.stdout.isTTY && world.stdout.columns) || columnsOf(world.env) || 100
  /** What was written; nothing where no command has the word. */
  const showOverview = async (topic?: string) => {
    const { overview } = await import('./front/overview.ts')
    const page = await overview(entries, width, world.commands === undefined, topic)
    world.stdout.write(page)
    return page
  }
  // These need nothing of commander, which the parser below brings along.
  if (argv.length === 1 && asksOverview(group)) return void (await showOverview())

  const { parseCommandLine, skipCommonOptions } = await import('./program.ts')
  let words = argv
  let first = words[skipCommonOptions(words)]
  if (first === 'help' && words.length > skipCommonOptions(words) + 1) {
    words = [...words.slice(skipCommonOptions(words) + 1), '--help']
    first = words[0]
    if (!entries.some(({ name }) => name === first) && (await showOverview(first))) return
  }
  if (first === undefined) {
    if (words.at(-1) === '--home') throw usage("option '--home <dir>' argument missing", 'karo')
    const home =
      words.find((_, i) => words[i - 1] === '--home') ??
      words.find((word) => word.startsWith('--home='))?.slice('--home='.length)
    const { front } = await import('./front/front.ts')
    return front(makeIo(world, { json: asksJson(argv), home }, run))
  }
  if (asksOverview(first)) return void (await showOverview())
  if (first === '--version' || first === '-V') {
    world.stdout.write(
      asksJson(argv) ? `${JSON.stringify({ version: VERSION, commit: COMMIT })}\n` : `karo ${BUILD}\n`,
    )
    return
  }
  // One word with blanks in it, such as `karo "list all files modified today"`, is a request and no command.
  const isRequest =
    first.length <= REQUEST_CHARS && /\S\s+\S/.test(first) && entries.some(({ name }) => name === 'ask')
  if (isRequest) words = words.toSpliced(words.indexOf(first), 0, 'ask')
  const named = isRequest ? 'ask' : first
  const entry = entries.find(({ name }) => name === named)
  if (!entry) {
    const { closest } = await import('../base/suggest.ts')
    const { meantBy } = await import('./front/overview.ts')
    const others = await meantBy(first, entries, world.commands === undefined)
    const meant = closest(first, [...entries.map(({ name }) => name), 'help', '--home', '--json'])
    throw new KaroError('bad_request', `unknown ${first.startsWith('-') ? 'option' : 'command'} '${first}'`, {
      hint:
        OTHER_WORDS.get(first) ||
        others.join('\n') ||
        (meant
          ? `Did you mean 'karo ${meant}'?`
          : 'karo help lists the commands; karo "what you want to do" finds one.'),
    })
  }
  const parsed = parseCommandLine(named, await entry.load(), words, width)
  if (parsed.kind === 'help') {
    world.stdout.write(parsed.text)
    return
  }
  const { command, input } = parsed
  const io = makeIo(world, input.options, run)
  if (isForPerson(command.name, words)) await refuseTool(io, `karo ${command.name}`)
  return command.run(io, input)
}

/** What the system refuses is no mistake in this program. */
function told(error: unknown): unknown {
  const { path, syscall } = Object(error) as NodeJS.ErrnoException
  if (path) return new KaroError('bad_file', whyUnreadable(error), { where: path, cause: error })
  return syscall === 'uv_cwd'
    ? usage('the current directory was deleted', 'karo', 'Change to another one, or give absolute paths.')
    : error
}

/** Runs `argv`, the words after `karo`. Never throws; errors are written to stderr, or with `--json` to stdout. */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<ExitCode> {
  const run: Run = {}
  try {
    return (await dispatch(argv, world, run)) ?? EXIT.done
  } catch (error) {
    return report(told(error), world, asksJson(argv), run)
  }
}
