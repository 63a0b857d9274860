// How Karo's own tables describe a command.

export interface OwnTool {
  readonly does: string
  /** `-f --file =archive`: every spelling, then the argument's name after `=` (`=?name` when only joined to it). */
  readonly options?: Readonly<Record<string, string>>
  /** Meaning of the operands in order; the last one holds for the rest. */
  readonly operands?: readonly string[]
  /** Options are words with one dash, such as find's `-name`. */
  readonly words?: true
}
