// The knowledge file's rows: what is known of one command, with one-letter names because there are many of them.

/** Changes with the meaning of a row; a file of another format is as good as none. */
export const KNOWLEDGE_FORMAT = '1'

export interface OptionKnowledge {
  /** Every spelling, dashes included. */
  readonly n: readonly string[]
  readonly d?: string
  /** Its argument: `name`, `name?` when it may be left out (then only as `--opt=value` or `-ovalue`), `name…`. */
  readonly a?: string
  /** Known to be dangerous. */
  readonly x?: 1
  /** Also an option of every subcommand below. */
  readonly p?: 1
}

export interface CommandKnowledge {
  readonly d?: string
  readonly o?: readonly OptionKnowledge[]
  readonly s?: readonly (readonly [names: readonly string[], known: CommandKnowledge])[]
  /** Names of its arguments, in order. */
  readonly a?: readonly string[]
  /** Options of several letters begin with one dash, so letters cannot be written together. */
  readonly l?: 1
}

export interface KnowledgeIndex {
  readonly format: string
  /** Package and version the file was made from. */
  readonly source: string
  /** Place of each command's deflated JSON in commands.bin, in bytes. */
  readonly commands: Readonly<Record<string, readonly [start: number, length: number]>>
}
