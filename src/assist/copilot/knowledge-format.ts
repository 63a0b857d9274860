// The rows of the knowledge file, one for each command, with one-letter names because there are many rows.

/** Changes whenever the meaning of a row does; a file of another format is ignored. */
export const KNOWLEDGE_FORMAT = '1'

export interface OptionKnowledge {
  /** Every spelling, dashes included. */
  readonly n: readonly string[]
  readonly d?: string
  /**
   * Name of its argument: `name`, `name?` if it may be left out (then written as `--opt=value` or `-ovalue`), `name…`.
   */
  readonly a?: string
  /** The option is known to be dangerous. */
  readonly x?: 1
  /** All subcommands have this option too. */
  readonly p?: 1
}

export interface CommandKnowledge {
  readonly d?: string
  readonly o?: readonly OptionKnowledge[]
  readonly s?: readonly (readonly [names: readonly string[], known: CommandKnowledge])[]
  /** Names of its arguments, in order. */
  readonly a?: readonly string[]
  /** Long options begin with one dash, so letters cannot be written together. */
  readonly l?: 1
}

export interface KnowledgeIndex {
  readonly format: string
  /** Package and version from which the file was made. */
  readonly source: string
  /** Place of each command's deflated JSON in commands.bin, in bytes. */
  readonly commands: Readonly<Record<string, readonly [start: number, length: number]>>
}
