// What one shape of a secret is: how it is found, and examples for and against.

export interface Shape {
  /** Stable, kebab-case. */
  readonly id: string
  /** In lower case: a line without it cannot hold the shape. */
  readonly hint: RegExp
  /** Every line that can hold it is found by another quick test: it says a name of a secret or of a tool. */
  readonly implied?: true
  /**
   * Global. The group `secret`, which ends the match, is what goes; a group `name` must announce it. Linear: every
   * repetition is bounded, or begins where the same repetition cannot begin again, or ends the pattern.
   */
  readonly pattern: RegExp
  /** Also looked for in messages that people write for people. */
  readonly certain: boolean
}
