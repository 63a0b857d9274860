// What a command of the CLI is: data for parsing, help, man pages and completion, and one function to run.
import type { Operation } from '../api/contract/operation.ts'
import { EXIT, type ExitCode } from '../base/errors.ts'

/**
 * What Tab offers where there are no choices: `node`, `team`, `role` and `audience` (all three, and `*`) are asked of the
 * running daemon; a list is words that are not all there is. Absent: nothing can be known beforehand.
 */
export type Completes = LiveWords | 'file' | 'directory' | 'config-key' | 'risk-rule' | readonly string[]
export type LiveWords = 'node' | 'team' | 'role' | 'audience'

export interface CommandArgument {
  readonly name: string
  readonly required: boolean
  readonly variadic?: boolean
  /** Variadic only because one thing may be typed in several words; help shows it as one. */
  readonly oneThing?: true
  readonly description: string
  readonly choices?: readonly string[]
  readonly completes?: Completes
}

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
  /** May be given several times: its value is a list. */
  readonly repeat?: true
}

export interface CommandInput {
  /** By the argument's name as declared. A variadic one is always a list, perhaps empty. */
  readonly args: Readonly<Record<string, string | readonly string[] | undefined>>
  /** By the option's long name as declared (`per-node`); a flag is true or absent, an option that repeats a list. */
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
}

/** The world as a command sees it; tests pass their own. */
export interface CommandIo {
  /** The environment, with KARO_HOME set when `--home` was given. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** KARO_HOME after `--home`, resolved; not created. */
  readonly home: string
  /** The daemon's control socket (0600). */
  readonly socket: string
  /** Every command there is. */
  readonly commands: readonly CommandEntry[]
  /** 32 hex digits of this run: the daemon, its ledger and the nodes it asks note them down. Made when first read. */
  readonly trace: string
  readonly json: boolean
  /** True when stdout is a terminal and NO_COLOR is not set. */
  readonly colour: boolean
  /** Width of the terminal; Infinity when stdout is none, so that nothing is cut. */
  readonly columns: number
  /** Stdout is a terminal: what stands there may be replaced by something newer. */
  readonly terminal: boolean
  /** Stderr is one: a line may be shown there for a while. */
  readonly liveLine: boolean
  /**
   * People's output and JSON documents: stdout; what is unsafe in a text is escaped. Bytes are for programs, which read them
   * as they are; on a terminal they are escaped, too.
   */
  out(text: string | Uint8Array): void
  /** Diagnostics: stderr; escaped likewise. */
  err(text: string): void
}

export interface Command {
  /** As typed: `peers trust`. */
  readonly name: string
  readonly summary: string
  readonly args: readonly CommandArgument[]
  readonly options: readonly CommandOption[]
  /** Its words are a command line, whose options are not ours (command-line-words.ts). */
  readonly takesCommandLine?: true
  /** The operation whose answer `--json` prints. */
  readonly shows?: Operation
  /** What `--json` prints, where that is not always one document. */
  readonly json?: string
  readonly examples: readonly { readonly run: string; readonly does: string }[]
  /** Throws KaroError; the runner prints it (to stderr, as JSON on stdout with --json) and maps its exit code. */
  run(io: CommandIo, input: CommandInput): Promise<ExitCode>
}

type Word<T> = T extends { readonly choices: readonly (infer Choice)[] } ? Choice : string
type GivenArgument<T> = T extends { readonly variadic: true }
  ? readonly Word<T>[]
  : Word<T> | (T extends { readonly required: true } ? never : undefined)
type GivenOption<T> = T extends { readonly value: string }
  ? T extends { readonly repeat: true }
    ? readonly Word<T>[] | undefined
    : Word<T> | (T extends { readonly default: string } ? never : undefined)
  : true | undefined

/** What a person gave of these options, by name. */
export type OptionsOf<Options extends readonly CommandOption[]> = {
  readonly [T in Options[number] as T['name']]: GivenOption<T>
}
type ArgumentsOf<Args extends readonly CommandArgument[]> = {
  readonly [T in Args[number] as T['name']]: GivenArgument<T>
}

/** Gives `run` the types of what the command declares; what it declares none of may be left out. */
export function defineCommand<
  const Args extends readonly CommandArgument[] = readonly [],
  const Options extends readonly CommandOption[] = readonly [],
>(
  command: Omit<Command, 'args' | 'options' | 'run'> & {
    readonly args?: Args
    readonly options?: Options
    run(
      io: CommandIo,
      input: { readonly args: ArgumentsOf<Args>; readonly options: OptionsOf<Options> },
    ): Promise<ExitCode>
  },
): Command {
  return { args: [], options: [], ...command }
}

/** Prints an answer: as JSON with `--json`, else as `view` writes it. */
export function show<Answer>(
  io: CommandIo,
  answer: Answer,
  view: (answer: Answer, io: CommandIo) => string,
): ExitCode {
  io.out(io.json ? `${JSON.stringify(answer)}\n` : view(answer, io))
  return EXIT.done
}

/** Headings of `karo help`, in its order. */
export const COMMAND_GROUPS = {
  node: 'This node',
  terminal: 'Your terminal',
  mesh: 'The mesh',
} as const

export interface CommandEntry {
  /** First word of the commands in that file. */
  readonly name: string
  readonly group: keyof typeof COMMAND_GROUPS
  readonly load: () => Promise<readonly Command[]>
}
