// The parts of a described command line, and functions on trees of them. Pure.
import type { Span } from './model.ts'

/**
 * `command`: a simple command, its parts in order; `script`: a command line inside a word, as of `bash -c`.
 * The compound ones (`pipeline` … `coprocess`) hold statements, keywords and operators. `quoted` and what follows
 * stand inside words.
 */
export type PartKind =
  | 'command'
  | 'script'
  | 'pipeline'
  | 'list'
  | 'if'
  | 'loop'
  | 'case'
  | 'function'
  | 'subshell'
  | 'group'
  | 'test'
  | 'arithmetic'
  | 'coprocess'
  | 'keyword'
  | 'operator'
  | 'comment'
  | 'name'
  | 'word'
  | 'assignment'
  | 'redirection'
  | 'heredoc'
  | 'variable'
  | 'substitution'
  | 'process-substitution'
  | 'glob'
  | 'brace'
  | 'tilde'
  | 'unreadable'

export interface Part {
  readonly kind: PartKind
  readonly span: Span
  /** A word after quote removal, a keyword or operator as it is, `for` or `while` for a loop; empty for other kinds. */
  readonly value: string
  readonly parts: readonly Part[]
}

export interface Description {
  readonly parts: readonly Part[]
  /** False when the grammar did not accept all of the text. */
  readonly parsed: boolean
  /** True if a bound was reached: parts are missing, or the text is too long to be read. */
  readonly truncated: boolean
}

/** The header of a loop, function or choice as one part; its words are no arguments of a command. */
export function headerPart(keyword: Part, { span, parts }: Part): Part {
  const words = parts
    .filter(({ kind }) => kind !== 'name')
    .map((part): Part => (part.value === 'in' ? { ...part, kind: 'keyword' } : part))
  const { value } = keyword
  const named = words.find((word) => !word.value.startsWith('-'))?.value ?? ''
  const [kind, says]: [PartKind, string] =
    value === 'function'
      ? ['function', named]
      : value === 'switch' || value === 'case'
        ? ['case', value]
        : ['loop', value === 'foreach' ? 'for' : value]
  return { kind, span, value: says, parts: [keyword, ...words] }
}

/** The parts cut to the range: where the parser had to guess, a node may be longer than the one around it. */
export function within(parts: readonly Part[], from: number, to: number): readonly Part[] {
  return parts.map((part) => {
    const start = Math.min(Math.max(part.span[0], from), to)
    const end = Math.min(Math.max(part.span[1], start), to)
    return { ...part, span: [start, end], parts: within(part.parts, start, end) }
  })
}

/** Puts statements that were read from a fish substitution back into the part that contains them. */
export function nested(parts: readonly Part[]): Part[] {
  const found: Part[] = []
  for (const part of parts) {
    const before = found.at(-1)
    if (before === undefined || part.span[0] >= before.span[1]) found.push(part)
    else found[found.length - 1] = { ...before, parts: insert(before.parts, part) }
  }
  return found
}

function insert(parts: readonly Part[], part: Part): readonly Part[] {
  const at = parts.findIndex(({ span }) => span[0] <= part.span[0] && part.span[1] <= span[1])
  const around = parts[at]
  return around === undefined
    ? [...parts, part].sort((a, b) => a.span[0] - b.span[0])
    : parts.with(at, { ...around, parts: insert(around.parts, part) })
}
