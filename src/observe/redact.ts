// Takes secrets out of a command line before it is stored anywhere, and marks where they were.
import { looksRandom } from './entropy.ts'
import { REDACTION_RULES } from './redact-rules.ts'

export const REDACTED = '[redacted]'

/** Nothing in the table or above the entropy bound matches a line without one of these. */
const SUSPICIOUS = /[-=:?@|]|[A-Za-z0-9+/_]{20}/
/** Pieces that a random token may be: no separators of words, paths, versions or assignments. */
const PIECE = /[A-Za-z0-9_+-]{20,}/g

/** With indices, because what a group matched may stand more than once in the match. */
const PATTERNS = REDACTION_RULES.map(({ pattern }) => new RegExp(pattern.source, `${pattern.flags}d`))

/** The line with every secret replaced by `[redacted]`; a line without secrets is returned as it is. */
export function redact(line: string): string {
  if (!SUSPICIOUS.test(line)) return line
  const text = PATTERNS.reduce(replaceSecrets, line)
  return text.replace(PIECE, (piece) => (looksRandom(piece) ? REDACTED : piece))
}

function replaceSecrets(text: string, pattern: RegExp): string {
  let out = ''
  let from = 0
  for (const match of text.matchAll(pattern)) {
    const [start, end] = match.indices!.groups!.secret!
    out += text.slice(from, start) + REDACTED
    from = end
  }
  return out + text.slice(from)
}
