// The shape of a rule that finds one form of secret.

export interface Shape {
  /** Stable name in kebab-case. */
  readonly id: string
  /** Quick test for a line in lower case; a line that it does not match cannot have the secret. */
  readonly hint: RegExp
  /** Whether another quick test finds all these lines already, because they have the name of a secret or of a tool. */
  readonly implied?: true
  /**
   * Global. The group `secret`, at the end of the match, is the secret; a group `name` must announce it. Takes linear time:
   * every repetition is bounded, or cannot begin again where it began, or ends the pattern.
   */
  readonly pattern: RegExp
  /** It is searched in messages that people write for people, too. */
  readonly certain?: true
}
