// A word of a command line: its value, and the way back to its place in the text with quotes.

/** A quoted part of a word. */
export interface Quote {
  readonly mark: '"' | "'" | "$'"
  /** Offset of the opening quote in the text. */
  readonly from: number
  /** Offset behind the closing quote. */
  to: number
  /** `[from, to)` of its content in the word's value. */
  readonly first: number
  last: number
}

/** A stretch of a value: plain characters, one escaped character, or one `$` for an expansion. */
interface Piece {
  /** Offset in the value. */
  readonly at: number
  /** Offsets in the text. */
  readonly from: number
  to: number
  readonly quote: Quote | undefined
  readonly kind: 'plain' | 'escape' | 'expansion'
  /** The commands of a substitution, `$(…)` or `<(…)`. */
  readonly commands: readonly SimpleCommand[] | undefined
}

/** The default `v` of `${NAME:=v}`, `${NAME-v}` and similar forms. */
export interface Default {
  readonly name: string
  /** `[from, to)` in the word's value. */
  readonly from: number
  readonly to: number
}

export interface Word {
  /** Offsets in the text, quotes included. */
  readonly from: number
  readonly to: number
  /** The value after quote removal; each expansion of the shell is one `$`. */
  readonly value: string
  /** The pieces in order, covering the whole value; undefined if the value is the text itself. */
  readonly pieces: readonly Piece[] | undefined
  /** Whether it is the body of a here-document. */
  readonly document: boolean
  readonly defaults: readonly Default[]
}

export interface SimpleCommand {
  /** The words without redirections, and without keywords (`if`, `do`, `{` …) in front. */
  readonly words: readonly Word[]
  /** Here-strings, here-documents and `<(…)` on its standard input. */
  readonly inputs: readonly Word[]
  /** The commands of the same list whose output it reads, as `[from, to)`. */
  readonly fedBy: { readonly from: number; readonly to: number } | undefined
  /** `NAME=` or `NAME+=` if the words are elements of an array. */
  readonly array: string | undefined
  /** Whether the last word is a pattern of `case`: a bracket ends it that nothing has opened. */
  readonly isPattern: boolean
}

const NO_DEFAULTS: readonly Default[] = []

/** A word without quotes and escapes, which begins at `from`. */
export const plainWord = (from: number, value: string, document: boolean): Word => ({
  from,
  to: from + value.length,
  value,
  pieces: undefined,
  document,
  defaults: NO_DEFAULTS,
})

/** A part of the text to remove. */
export interface Span {
  readonly from: number
  readonly to: number
  /** The quotes at its beginning and at its end; if they differ, quotes have to be put back. */
  readonly open: Quote | undefined
  readonly close: Quote | undefined
}

/** Collects the pieces of a word during reading; offsets are those of the text. */
export class WordParts {
  private readonly pieces: Piece[] = []
  private readonly values: string[] = []
  private defaults: Default[] | undefined
  /** Length of the value so far. */
  length = 0

  plain(from: number, value: string, quote: Quote | undefined): void {
    if (value === '') return
    const last = this.pieces.at(-1)
    if (last?.kind === 'plain' && last.to === from && last.quote === quote) last.to += value.length
    else
      this.pieces.push({
        at: this.length,
        from,
        to: from + value.length,
        quote,
        kind: 'plain',
        commands: undefined,
      })
    this.push(value)
  }

  escape(from: number, to: number, value: string, quote: Quote | undefined): void {
    this.pieces.push({ at: this.length, from, to, quote, kind: 'escape', commands: undefined })
    this.push(value)
  }

  expansion(
    from: number,
    to: number,
    quote: Quote | undefined,
    commands: readonly SimpleCommand[] | undefined = undefined,
  ): void {
    this.pieces.push({ at: this.length, from, to, quote, kind: 'expansion', commands })
    this.push('$')
  }

  /** Notes that the value from the length `from` on is the default of the variable `name`. */
  default(name: string, from: number): void {
    this.defaults ??= []
    this.defaults.push({ name, from, to: this.length })
  }

  openQuote(mark: Quote['mark'], from: number): Quote {
    return { mark, from, to: from, first: this.length, last: this.length }
  }

  closeQuote(quote: Quote, to: number): void {
    quote.to = to
    quote.last = this.length
  }

  word(from: number, to: number, document: boolean): Word {
    const value = this.values.join('')
    return { from, to, value, pieces: this.pieces, document, defaults: this.defaults ?? NO_DEFAULTS }
  }

  private push(value: string): void {
    this.values.push(value)
    this.length += value.length
  }
}

/**
 * The part `[from, to)` of the word's value as a part of the text; undefined if it comes from an expansion: `$TOKEN`.
 */
export function spanOf(word: Word, from = 0, to: number = word.value.length): Span | undefined {
  if (from >= to) return undefined
  const { pieces } = word
  if (pieces === undefined) {
    return { from: word.from + from, to: word.from + to, open: undefined, close: undefined }
  }
  let index = pieceAt(pieces, from)
  const first = pieces[index]!
  while (index < pieces.length && pieces[index]!.at < to && pieces[index]!.kind === 'expansion') index++
  if (index === pieces.length || pieces[index]!.at >= to) return undefined
  const last = pieces[pieceAt(pieces, to - 1)]!

  // Quotes around nothing but the secret are removed with it.
  const opens = first.quote !== undefined && first.quote.first === from && first.quote.last <= to
  const open = opens ? undefined : first.quote
  const start = opens
    ? first.quote!.from
    : first.kind === 'plain'
      ? first.from + (from - first.at)
      : first.from
  const closes = last.quote !== undefined && last.quote !== open && last.quote.last === to
  const close = closes ? undefined : last.quote
  const plainEnd = last.kind === 'plain' ? last.from + (to - last.at) : last.to
  const end = closes ? last.quote!.to : plainEnd
  return {
    from: start,
    to: to === word.value.length && close === undefined ? word.to : end,
    open,
    close,
  }
}

/** The pieces that make up the part `[from, to)` of the value; none where the value is the text itself. */
export function piecesIn({ pieces = [] }: Word, from: number, to: number): readonly Piece[] {
  const first = pieceAt(pieces, from)
  let end = first
  while (end < pieces.length && pieces[end]!.at < to) end++
  return pieces.slice(first, end)
}

/** Whether the character at `offset` of the value stands in quotes. */
export function isQuoted(word: Word, offset: number): boolean {
  return word.pieces?.[pieceAt(word.pieces, offset)]?.quote !== undefined
}

/** The last piece that begins at or before `offset`. */
function pieceAt(pieces: readonly Piece[], offset: number): number {
  let low = 0
  let high = pieces.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (pieces[middle]!.at <= offset) low = middle
    else high = middle - 1
  }
  return low
}
