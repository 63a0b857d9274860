// Takes secrets out of a command line before it is stored anywhere, and marks where they were.
import { looksRandom } from './entropy.ts'
import { REDACTION_RULES } from './redact-rules.ts'

export const REDACTED = '[redacted]'

/** No rule matches a line without one of these; most lines have none, and the table is long. */
const SUSPICIOUS =
  /pass|pwd|secret|token|key|credential|auth|bearer|cookie|:\/\/|[?&]|mysql|mariadb|mycli|redis|docker|sudo|ldap|curl|wget|https?\b|gl\w+-|xox|xapp|npm_|pypi-|[rs]k_|sk-|aiza|ya29|hf_|dop_v1|hv[sb]\.|sg\.|akia|asia|gh[pousr]_|eyj|[a-z0-9/+]{40}/i
/** Pieces that a random token may be: no separators of words, paths, versions or assignments. */
const PIECE = /[A-Za-z0-9_+-]{20,}/g

/** With indices, because what a group matched may stand more than once in the match. */
const PATTERNS = REDACTION_RULES.map(({ pattern }) => new RegExp(pattern.source, `${pattern.flags}d`))

/** The line with every secret replaced by `[redacted]`; a line without secrets is returned as it is. */
export function redact(line: string): string {
  const text = SUSPICIOUS.test(line) ? PATTERNS.reduce(replaceSecrets, line) : line
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
