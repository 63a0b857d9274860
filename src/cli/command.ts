// The type of a CLI command: data for parsing, help, man pages and completion, and a function to run.
import type * as z from 'zod'
import type { CallOptions, Client } from '../api/contract/client/client.ts'
import type { Operation, RequestOf } from '../api/contract/operation.ts'
import { EXIT, type ExitCode } from '../base/errors.ts'
import { usage } from './usage.ts'

/**
 * What Tab offers for a value without `choices`. The running daemon gives the words of a live kind: `audience` is a node, team or
 * role, or `*`, and `prompt:list:name` is the member `name` of each row of `karo prompt list`. A list has words that may be typed
 * besides others. Absent: what is offered for a placeholder `file`, `dir` or `node`; else nothing.
 */
type Completes = LiveWords | 'file' | 'directory' | 'config-key' | 'risk-rule' | readonly string[]
export type LiveWords = 'node' | 'team' | 'role' | 'audience' | `${string}:${string}:${string}`

export interface CommandArgument {
  readonly name: string
  readonly required: boolean
  readonly variadic?: boolean
  /** The argument is variadic only because one thing may be typed in several words; help shows it as one. */
  readonly oneThing?: true
  readonly description: string
  readonly choices?: readonly string[]
  readonly completes?: Completes
  /** Name of the member that it is in what is asked; absent: its own. */
  readonly as?: string
  readonly reads?: Reads
}

/** What a typed text means, or the list of a variadic argument. A mistake is told with `where`: the option, or the command. */
type Reads = (typed: never, where: string, now: number) => unknown

export interface CommandOption {
  /** Long name without dashes, e.g. `per-node`. */
  readonly name: string
  readonly short?: string
  /** Placeholder of its value, e.g. `duration`; absent for a flag. */
  readonly value?: string
  readonly description: string
  readonly choices?: readonly string[]
  readonly completes?: Completes
  readonly default?: string
  /** The option may be given several times, and its value is a list. */
  readonly repeat?: true
  /** Another option of the command, without which this one would do nothing: it is refused then, and help says so. */
  readonly needs?: string
  /** Name of the member that it is in what is asked; absent: its own. */
  readonly as?: string
  readonly reads?: Reads
}

export interface CommandInput {
  /** Arguments by their declared names. A variadic one is always a list, perhaps empty. */
  readonly args: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Options by their declared long names (`per-node`). A flag is true or absent; an option with `repeat` is a list. */
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
}

export type Env = Readonly<Record<string, string | undefined>>

/** Everything that a command sees of the world; tests pass their own. */
export interface CommandIo {
  /** The environment, with KARO_HOME set when `--home` was given. */
  readonly env: Env
  /** Absolute path of the node's directory, from `--home`, KARO_HOME or the default. It may not exist. */
  readonly home: string
  /** The daemon's control socket (0600). */
  readonly socket: string
  /** Every command there is. */
  readonly commands: readonly CommandEntry[]
  /** 32 hex digits for this run, which the daemon, its ledger and the asked nodes note. Made when it is first read. */
  readonly trace: string
  /** The daemon; a person's own is waited for, once, where it begins anew. */
  readonly daemon: Client
  /** Asks the daemon. */
  readonly call: Client['call']
  readonly json: boolean
  /** True when stdout is a terminal and NO_COLOR is not set. */
  readonly colour: boolean
  /** Width of the terminal; Infinity if stdout is not a terminal, so that nothing is cut. */
  readonly columns: number
  /** Stdout is a terminal, so shown text can be replaced by newer text. */
  readonly terminal: boolean
  /** Stderr is a terminal, so a line of progress can be shown there for a while. */
  readonly liveLine: boolean
  /** The AI tool or agent that started this, by its title; absent where nobody looks. */
  readonly toolAbove?: (() => Promise<string | undefined>) | undefined
  /**
   * Writes to stdout. Unsafe characters in a text are escaped. Bytes are for programs and are written as they are; a terminal
   * gets them escaped as well, without colours and without codes that move the cursor.
   */
  out(text: string | Uint8Array): void
  /** Writes diagnostics to stderr, escaped in the same way. */
  err(text: string): void
}

type Ended = Promise<ExitCode | undefined>

export interface Command {
  /** The words as they are typed: `peers trust`. */
  readonly name: string
  readonly summary: string
  readonly args: readonly CommandArgument[]
  readonly options: readonly CommandOption[]
  /** The arguments are a command line with options of its own (command-line-words.ts). */
  readonly takesCommandLine?: true
  /** The operation whose answer `--json` prints. */
  readonly shows?: Operation
  /** Describes what `--json` prints, if that is not always one document. */
  readonly json?: string
  readonly examples: readonly { readonly run: string; readonly does: string }[]
  /** Throws KaroError; the runner prints it (to stderr, as JSON on stdout with --json) and maps its exit code. No code: done. */
  run(io: CommandIo, input: CommandInput): Ended
}

/** What help says of an argument, as it stands below its name; a text alone is the description of one that is required. */
export type ArgumentWords = Omit<CommandArgument, 'name' | 'required'> & { readonly optional?: true }
/** The same of an option; a text alone is the description of a flag. */
export type OptionWords = Omit<CommandOption, 'name'>
type ArgumentsByName = Readonly<Record<string, string | ArgumentWords>>
export type OptionsByName = Readonly<Record<string, string | OptionWords>>

type Word<T> = T extends { readonly choices: readonly (infer Choice)[] } ? Choice : string
type Meant<T, Typed> = T extends { reads(...given: never): infer Value } ? Awaited<Value> : Typed
type GivenArgument<T> = T extends { readonly variadic: true }
  ? Meant<T, readonly Word<T>[]>
  : Meant<T, Word<T>> | (T extends { readonly optional: true } ? undefined : never)
type GivenOption<T> = T extends { readonly value: string }
  ? T extends { readonly repeat: true }
    ? readonly Meant<T, Word<T>>[] | undefined
    : Meant<T, Word<T>> | (T extends { readonly default: string } ? never : undefined)
  : true | undefined

/** The types of the given options, by name. */
export type OptionsOf<Options> = { readonly [Name in keyof Options]: GivenOption<Options[Name]> }
type ArgumentsOf<Args> = { readonly [Name in keyof Args]: GivenArgument<Args[Name]> }

interface Words<Args, Options> extends Pick<Command, 'summary' | 'takesCommandLine' | 'json'> {
  /** A command without arguments or options leaves them out; so does one whose example would say its summary again. */
  readonly args?: Args
  readonly options?: Options
  /** What an example does, by its line. */
  readonly examples?: Readonly<Record<string, string>>
  /** The command asks before it runs, unless it gets `--yes`, which this brings. A no ends it with exit code 1. Undefined: nothing needs to be asked. */
  sure?(io: CommandIo, given: Given<Args, Options>): Promise<Question<ArgumentsOf<Args>> | undefined>
}
interface Question<Args> {
  readonly asks: string
  /**
   * What the command runs with in place of what was typed: the ids of what the question names. Until the person has answered,
   * another node may have the typed name, or another thing may be the last one.
   */
  readonly args?: Partial<Args>
}
interface Given<Args, Options> {
  readonly args: ArgumentsOf<Args>
  readonly options: OptionsOf<Options>
}
type Nothing = Readonly<Record<never, never>>

/** A command that is an operation with words: it asks the daemon for `shows`, and shows the answer by `view`. */
export function defineCommand<
  Query extends z.ZodType | undefined,
  Body extends z.ZodType | undefined,
  Answer extends object,
  const Args extends ArgumentsByName = Nothing,
  const Options extends OptionsByName = Nothing,
>(
  name: string,
  command: Words<Args, Options> & {
    readonly shows: Operation<Query, Body, Answer>
    /** What is asked. Absent: arguments and options are members of the operation's body or query, by their names. */
    ask?(given: Given<Args, Options>): Asked<Query, Body> | Promise<Asked<Query, Body>>
    readonly deadlineMs?: number
    /** What is done around the request, for example to unlock what it needs and ask again. */
    within?: Within
    view(answer: NoInfer<Answer>, io: CommandIo, given: Given<Args, Options>): Shown | Promise<Shown>
  },
): Command
/** Any other command; `run` has the types of the declared arguments and options. */
export function defineCommand<
  const Args extends ArgumentsByName = Nothing,
  const Options extends OptionsByName = Nothing,
>(
  name: string,
  command: Words<Args, Options> & {
    readonly shows?: Operation
    run(io: CommandIo, given: Given<Args, Options>): Ended
  },
): Command
export function defineCommand(
  name: string,
  command: Words<ArgumentsByName, OptionsByName> & (Running | Asking),
): Command {
  const { args = {}, options = {}, examples = {}, sure } = command
  const words = {
    ...command,
    name,
    args: rowsOf(args).map(({ optional, ...words }) => ({ required: optional !== true, ...words })),
    options: rowsOf(options).map((one) =>
      one.needs ? { ...one, description: `with --${one.needs}: ${one.description}` } : one,
    ),
    examples: Object.entries(examples).map(([run, does]) => ({ run, does })),
  }
  const run = 'run' in command ? command.run : asking(command, words)
  if (sure === undefined) return { ...words, run: withMeant(words, run) } as Command
  return {
    ...words,
    options: [...words.options, YES],
    run: withMeant(words, afterQuestion({ ...words, sure }, run)),
  } as Command
}

function asking(
  { ask, view, shows, deadlineMs, within = (_, work) => work() }: Asking,
  { args, options }: Pick<Command, 'args' | 'options'>,
): Command['run'] {
  return async (io, given) => {
    // Beside its own options a command has those of all, --json for one.
    const own = [
      ...args.map(({ name, as = name }) => [as, given.args[name]]),
      ...options.map(({ name, as = name }) => [as, given.options[name]]),
    ]
    const members = Object.fromEntries(own.filter(([, value]) => value !== undefined))
    const by = shows.body === undefined ? 'query' : 'body'
    const asked: object = {
      deadlineMs,
      ...((await ask?.(given)) ?? (own.length === 0 ? {} : { [by]: members })),
    }
    const answer = await within(io, () => io.call(shows, asked))
    if (io.json) return printJson(io, answer)
    io.out(await view(answer, io, given))
  }
}

/** Runs with what the typed words mean. Refuses an option that was given without the one that it needs. */
function withMeant(words: Pick<Command, 'name' | 'args' | 'options'>, run: Command['run']): Command['run'] {
  return async (io, input) => {
    for (const { name, needs } of words.options)
      if (needs && input.options[name] !== undefined && input.options[needs] === undefined)
        throw usage(`it needs --${needs}`, `--${name}`)
    // One moment for all: `--since 2h --until 2h` names no time.
    const now = Date.now()
    const args: Record<string, unknown> = { ...input.args }
    for (const { name, reads } of words.args)
      if (reads && args[name] !== undefined)
        args[name] = await reads(args[name] as never, `karo ${words.name}`, now)
    const options: Record<string, unknown> = { ...input.options }
    for (const { name, reads, repeat } of words.options) {
      const typed = options[name]
      if (reads === undefined || typed === undefined) continue
      const meant = [typed].flat().map((one) => reads(one as never, `--${name}`, now))
      options[name] = repeat ? await Promise.all(meant) : await meant[0]
    }
    return run(io, { args, options } as CommandInput)
  }
}

const YES: CommandOption = { name: 'yes', short: 'y', description: 'do not ask' }

function afterQuestion(
  {
    name,
    shows,
    sure,
  }: Pick<Command, 'name' | 'shows'> & {
    sure(io: CommandIo, given: CommandInput): Promise<Question<CommandInput['args']> | undefined>
  },
  run: Command['run'],
): Command['run'] {
  return async (io, given) => {
    const asked = given.options.yes ? undefined : await sure(io, given)
    if (asked === undefined) return run(io, given)
    const { confirm } = await import('./terminal/confirm.ts')
    if (await confirm(io, asked.asks, { shows, where: `karo ${name}` }))
      return run(io, { ...given, args: { ...given.args, ...asked.args } })
    return EXIT.failed
  }
}

const rowsOf = <Words extends object>(byName: Readonly<Record<string, string | Words>>) =>
  Object.entries(byName).map(([name, words]) => {
    const said = typeof words === 'string' ? { description: words } : words
    return { name, ...said } as Words & { readonly name: string; readonly description: string }
  })

type Shown = string | Uint8Array
type Within = <T>(io: CommandIo, work: () => Promise<T>) => Promise<T>
type Asked<Query, Body> = RequestOf<Query, Body> & CallOptions
type Running = Pick<Command, 'shows' | 'run'>
interface Asking {
  readonly shows: Operation<undefined, undefined, object>
  ask?(given: CommandInput): object | Promise<object>
  readonly deadlineMs?: number
  readonly within?: Within
  view(answer: object, io: CommandIo, given: CommandInput): Shown | Promise<Shown>
}

/** Prints a document for programs, on one line. */
export function printJson(io: CommandIo, document: unknown): undefined {
  io.out(`${JSON.stringify(document)}\n`)
}

/** Prints an answer: as JSON with `--json`, else as `view` writes it. */
export function show<Answer>(
  io: CommandIo,
  answer: Answer,
  view: (answer: Answer, io: CommandIo) => Shown,
): undefined {
  if (io.json) return printJson(io, answer)
  io.out(view(answer, io))
}

/** Headings of `karo help all`, in its order; `topic` is the word of `karo help` that shows the group alone. */
export const COMMAND_GROUPS = {
  node: { title: 'This node', topic: 'admin' },
  terminal: { title: 'Your terminal', topic: 'terminal' },
  agents: { title: 'Agents in jails', topic: 'agents' },
  mesh: { title: 'The mesh', topic: 'mesh' },
} as const

export interface CommandEntry {
  /** The first word of all commands in the file. */
  readonly name: string
  readonly group: keyof typeof COMMAND_GROUPS
  readonly load: () => Promise<readonly Command[]>
}

/** An argument as help shows it: `<node>`, `[command]`, `[word...]`. */
export const placeholder = (argument: CommandArgument): string => {
  const name = argument.variadic && !argument.oneThing ? `${argument.name}...` : argument.name
  return argument.required ? `<${name}>` : `[${name}]`
}
