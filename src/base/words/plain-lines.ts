// The plain words by which a shell decides alone whether a plain line of a tool without a rule may run.

export interface PlainLines {
  /** Tools that write no file, whatever their words. */
  readonly reads: readonly string[]
  /** Tools that write a file named in their words. */
  readonly writers: readonly string[]
  /** Parts of words; the guard is asked about a line of any tool that may write if it has one. */
  readonly own: readonly string[]
  /** Names in a path of the working directory; inside such a directory the guard is asked about any tool that may write. */
  readonly places: readonly string[]
  /** Beginnings of words that name a file to write, for any tool. */
  readonly outputs: readonly string[]
  /** Parts of words; the guard is asked about a line that has one if its tool is a writer or it has a word of `outputs`. */
  readonly system: readonly string[]
  /** Commands of git that only look or only add, so that no rule is about them, whatever their plain words. */
  readonly git: readonly string[]
}
