// A word of a command line: what it says, and the way back from there to the text with its quotes.

/** A quoted part of a word. */
export interface Quote {
  readonly mark: '"' | "'" | "$'"
  /** Offset of the opening mark in the text. */
  readonly from: number
  /** Offset behind the closing mark. */
  to: number
  /** What it holds, as offsets in the word's value. */
  readonly first: number
  last: number
}

/** A stretch of a value: characters as they stand, one escaped character, or one `$` for an expansion. */
interface Piece {
  /** Offset in the value. */
  readonly at: number
  /** Offsets in the text. */
  readonly from: number
  to: number
  readonly quote: Quote | undefined
  readonly kind: 'plain' | 'escape' | 'expansion'
}

export interface Word {
  /** Offsets in the text, quotes included. */
  readonly from: number
  readonly to: number
  /** After quote removal; each expansion of the shell is one `$`. */
  readonly value: string
  /** In order, without gaps in the value; undefined when the value is the text itself. */
  readonly pieces: readonly Piece[] | undefined
  /** The body of a here-document. */
  readonly document: boolean
}

/** A part of the text that is to go. */
export interface Span {
  readonly from: number
  readonly to: number
  /** The quotes it begins and ends in; when they differ, marks must be put back. */
  readonly open: Quote | undefined
  readonly close: Quote | undefined
}

/** Collects the pieces of a word while it is read; offsets are those of the text. */
export class WordParts {
  private readonly pieces: Piece[] = []
  private readonly values: string[] = []
  private length = 0

  plain(from: number, value: string, quote: Quote | undefined): void {
    if (value === '') return
    const last = this.pieces.at(-1)
    if (last?.kind === 'plain' && last.to === from && last.quote === quote) last.to += value.length
    else this.pieces.push({ at: this.length, from, to: from + value.length, quote, kind: 'plain' })
    this.push(value)
  }

  escape(from: number, to: number, value: string, quote: Quote | undefined): void {
    this.pieces.push({ at: this.length, from, to, quote, kind: 'escape' })
    this.push(value)
  }

  expansion(from: number, to: number, quote: Quote | undefined): void {
    this.pieces.push({ at: this.length, from, to, quote, kind: 'expansion' })
    this.push('$')
  }

  openQuote(mark: Quote['mark'], from: number): Quote {
    return { mark, from, to: from, first: this.length, last: this.length }
  }

  closeQuote(quote: Quote, to: number): void {
    quote.to = to
    quote.last = this.length
  }

  word(from: number, to: number, document: boolean): Word {
    return { from, to, value: this.values.join(''), pieces: this.pieces, document }
  }

  private push(value: string): void {
    this.values.push(value)
    this.length += value.length
  }
}

/** The word's part `[from, to)` of its value as a part of the text; undefined when nobody typed it: `$TOKEN`. */
export function spanOf(word: Word, from: number, to: number): Span | undefined {
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

  // Quotes that hold nothing but the secret go with it.
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

/** Whether the character of the value at `offset` stands in quotes. */
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
