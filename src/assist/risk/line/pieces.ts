// Splits text that the grammar does not accept (fish, special forms of zsh, unfinished lines) into statements that it
// does.

export interface Piece {
  readonly text: string
  /** Offset of `text` in the whole text; every character keeps its place. */
  readonly start: number
  /** Variable that stands for what this statement prints: the statement was a fish substitution, `(…)`. */
  readonly binds?: string
  /** Variable and values of a loop, or the name of a function; they concern the statements that follow. */
  readonly heads?: { readonly loop: string; readonly values: string } | { readonly name: string }
  /** The statement's output goes into the block that the next piece begins: `curl x | begin; bash; end`. */
  readonly pipes?: true
  /** Blocks of fish that begin with this piece, and blocks that end before it or, if it runs something, behind it. */
  readonly opens?: number
  readonly closes?: number
}

/** Words that only introduce a statement; blanks replace them, so that the next word is read as the command. */
const OPENERS =
  /^(\s*)(if|then|else|elif|while|until|do|begin|and|or|not|\{|\}|!|end(?!\s*\|)|fi|done|esac)(?=\s|;|$)/
/** Words whose statement runs nothing; `:` replaces them, so that substitutions in the statement are still seen. */
const HEADERS = /^(\s*)(for|foreach|select|switch|case|function|repeat\s+\S+\s+do)(?=\s)/
const CLOSERS = /\s(?:\}|end)\s*$/

const ZSH_LOOP = /^\s*(?:for|foreach|select)\s+(\w+)\s*$/

/** Bounds the work: deeper parentheses, and longer runs of opening keywords, are not read one by one. */
const MAX_PARENTHESES = 16
const MAX_OPENERS = 16
/** Substitutions whose output is followed. */
const MAX_BOUND = 64
/** UTF-16 units between `for x` and its list in parentheses. */
const MAX_HEAD = 80

/**
 * Splits the text. Each bare `(…)`, a substitution in fish, becomes a statement of its own and a variable in its place.
 * With `blocks`, pieces also tell where blocks begin and end and which output goes into one.
 */
export function splitPieces(text: string, blocks = false, counter = { next: 0 }): readonly Piece[] {
  const out: Piece[] = []
  const chars = text.split('')
  const opens: number[] = []
  let start = 0
  let quote = ''
  // `begun`: the statement has a word already. `begunBefore`: the same at the time the outermost parenthesis opened.
  let begun = false
  let begunBefore = false
  const cut = (end: number, next: number) => {
    push(out, chars.slice(start, end).join(''), start, blocks ? MAX_OPENERS : 0)
    start = next
    begun = false
  }
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (!begun && opens.length === 0 && !/[\s(]/.test(char)) begun = true
    if (char === '\\') {
      i++
      continue
    }
    if (quote !== '') {
      if (char === quote) quote = ''
      continue
    }
    if (char === "'" || char === '"' || char === '`') quote = char
    else if (char === '#' && /^$|\s/.test(text[i - 1] ?? '')) {
      const line = text.indexOf('\n', i)
      const end = line < 0 ? text.length : line
      chars.fill(' ', i, end)
      i = end - 1
    } else if (char === '(') {
      if (opens.length === 0) begunBefore = begun
      if (opens.length < MAX_PARENTHESES) opens.push(i)
      else cut(i, i + 1)
    } else if (char === ')') {
      const open = opens.pop()
      if (open === undefined) cut(i, i + 1)
      else if (text[open - 1] !== '$' && text[open - 1] !== '<' && text[open - 1] !== '>') {
        const inner = chars.slice(open + 1, i).join('')
        const isHead = opens.length === 0 && open - start < MAX_HEAD
        const loop = isHead ? ZSH_LOOP.exec(chars.slice(start, open).join('')) : null
        if (loop !== null) {
          // zsh's loop over a list in parentheses: `for x (a b) command`.
          out.push({ text: `: ${inner}`, start: open - 1, heads: { loop: loop[1]!, values: inner } })
          start = i + 1
          begun = false
          continue
        }
        const blank = opens.length === 0 && !begunBefore
        const binds = `_${(counter.next++).toString(36)}`.padEnd(i - open, '_').slice(0, i - open)
        if (inner.trim() !== '') {
          const pieces = splitPieces(inner, blocks, counter)
          for (const [at, piece] of pieces.entries())
            out.push({
              ...piece,
              start: open + 1 + piece.start,
              ...(at === pieces.length - 1 && !blank && counter.next <= MAX_BOUND && { binds }),
            })
        }
        chars.fill(' ', open, i + 1)
        if (!blank && inner.trim() !== '')
          for (let at = open; at <= i; at++) chars[at] = `$${binds}`[at - open] as string
      }
    } else if (opens.length > 0) continue
    else if (char === ';' || char === '\n') cut(i, i + 1)
    // A brace alone between blanks opens or closes a block; zsh has them behind conditions too.
    else if (
      (char === '{' || char === '}') &&
      /^\s?$/.test(text[i - 1] ?? '') &&
      /^[\s;]?$/.test(text[i + 1] ?? '')
    )
      cut(i, i + 1)
    else if (char === '&' && text[i - 1] !== '>' && text[i - 1] !== '<' && text[i + 1] !== '>') cut(i, i + 1)
    else if (char === '|' && text[i + 1] === '|') {
      cut(i, i + 2)
      i++
    }
  }
  cut(text.length, text.length)
  return out
}

/** A statement whose output goes into a block; its quotes are closed before the pipe. */
const INTO_BLOCK =
  /^((?:[^"'|]|"[^"]*"|'[^']*'|\|(?!\s*(?:begin|if|while|for|switch)\b))+)\|\s*(?=(?:begin|if|while|for|switch)\b)/

function push(out: Piece[], raw: string, start: number, blocks: number): void {
  const left = blocks > 0 ? INTO_BLOCK.exec(raw) : null
  if (left?.[1] !== undefined && left[1].trim() !== '') {
    out.push({ text: left[1], start, pipes: true })
    push(out, raw.slice(left[0].length), start + left[0].length, blocks - 1)
    return
  }
  let text = raw
  let opens = 0
  let closes = /^\s*end\b/.test(raw) ? 1 : 0
  let isElse = false
  for (let round = 0; round < MAX_OPENERS; round++) {
    const opener = OPENERS.exec(text)
    if (opener === null) break
    const length = opener[1]!.length + opener[2]!.length
    if (/^(?:begin|if|while)$/.test(opener[2]!) && !isElse) opens++
    isElse = opener[2] === 'else'
    text = ' '.repeat(length) + text.slice(length)
  }
  text = text.replace(
    /\|(\s*)(while|begin|if|not)(?=\s)/g,
    (_all, gap: string, word: string) => `|${gap}${' '.repeat(word.length)}`,
  )
  const header = HEADERS.exec(text)
  let heads: Piece['heads']
  if (header !== null) {
    heads = headOf(text)
    const lead = header[1]!.length
    const word = header[2]!.length
    if (/^(?:for|switch|function)$/.test(header[2]!)) opens++
    text = `${' '.repeat(lead)}:${' '.repeat(word - 1)}${text.slice(lead + word)}`
  }
  const closer = CLOSERS.exec(text)
  if (closer !== null) {
    text = text.slice(0, closer.index)
    if (closer[0].includes('end')) closes++
  }
  if (text.trim() !== '' || (blocks > 0 && opens + closes > 0))
    out.push({ text, start, opens, closes, ...(heads !== undefined && { heads }) })
}

function headOf(text: string): Piece['heads'] {
  const loop = /^\s*(?:for|foreach|select)\s+(\w+)\s+(?:in\s+)?([\s\S]*)$/.exec(text)
  if (loop !== null) return { loop: loop[1]!, values: loop[2]! }
  const named = /^\s*function\s+(?:-\S+\s+)*([\w.-]+)/.exec(text)
  return named === null ? undefined : { name: named[1]! }
}
