// The shape of a description in Karo's own tables.

export interface OwnTool {
  readonly does: string
  /**
   * Options by their spellings, `-f --file =archive`; `=` gives the argument's name, `=?name` one that is always
   * joined.
   */
  readonly options?: Readonly<Record<string, string>>
  /** Meanings of the operands in order; the last one also holds for all further operands. */
  readonly operands?: readonly string[]
  /** Whether options are words with one dash, such as find's `-name`. */
  readonly words?: true
}
