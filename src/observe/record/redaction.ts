// Takes out what a machine or its fleet names by patterns, besides the secrets that are known by their form.
import { globMatcher } from '../../base/quote.ts'
import { redactProse } from '../prose.ts'
import { REDACTED, redact, redactDirectory } from '../redact/redact.ts'

interface Redaction {
  readonly command: (line: string) => string
  readonly directory: (path: string) => string
  /** Sentences, in lines. */
  readonly text: (text: string) => string
}

/** The signs are those that `partPattern` of the configuration refuses in a pattern. */
const PART = /[^\s"'`=:,;/@&|<>()]+/g

/** `patterns` are those of `history.redact`. No sign of a part is a quote, so that quotes stay in balance. */
export function createRedaction(patterns: readonly string[]): Redaction {
  if (patterns.length === 0) return { command: redact, directory: redactDirectory, text: redactProse }
  const matchers = patterns.map(globMatcher)
  const without = (text: string): string =>
    text.replace(PART, (part) => (matchers.some((matches) => matches(part)) ? REDACTED : part))
  return {
    command: (line) => without(redact(line)),
    directory: (path) => without(redactDirectory(path)),
    text: (text) => without(redactProse(text)),
  }
}
