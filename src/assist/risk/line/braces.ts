// Brace expansion of a raw word, `{a,b}` and `{1..9}`, bounded; quotes and `${…}` are left alone.
import { MAX_BRACE_WORDS } from '../limits.ts'

/** The raw words in order; undefined when there would be more than MAX_BRACE_WORDS. */
export function expandBraces(raw: string): readonly string[] | undefined {
  let words = [raw]
  // Each round expands the first brace of every word, so rounds are bounded by the number of braces.
  for (let changed = true; changed; ) {
    changed = false
    const next: string[] = []
    for (const word of words) {
      const brace = firstBrace(word)
      if (brace === undefined) next.push(word)
      else {
        changed = true
        const head = word.slice(0, brace.start)
        const tail = word.slice(brace.end)
        for (const choice of brace.choices) next.push(head + choice + tail)
      }
      if (next.length > MAX_BRACE_WORDS) return undefined
    }
    words = next
  }
  return words
}

interface Brace {
  readonly start: number
  readonly end: number
  readonly choices: readonly string[]
}

function firstBrace(word: string): Brace | undefined {
  for (let at = skipQuoted(word, 0); at < word.length; at = skipQuoted(word, at + 1)) {
    if (word[at] !== '{') continue
    const brace = braceAt(word, at)
    if (brace !== undefined) return brace
  }
  return undefined
}

function braceAt(word: string, start: number): Brace | undefined {
  const choices: string[] = []
  let depth = 0
  let from = start + 1
  for (let at = skipQuoted(word, start + 1); at < word.length; at = skipQuoted(word, at + 1)) {
    const char = word[at]
    if (char === '{') depth++
    else if (char === ',' && depth === 0) {
      choices.push(word.slice(from, at))
      from = at + 1
    } else if (char === '}' && depth-- === 0) {
      const last = word.slice(from, at)
      if (choices.length > 0) return { start, end: at + 1, choices: [...choices, last] }
      const range = rangeOf(last)
      return range === undefined ? undefined : { start, end: at + 1, choices: range }
    }
  }
  return undefined
}

/** Index of the first character from `start` on that no quote, escape or `${` protects. */
function skipQuoted(word: string, start: number): number {
  let at = start
  for (;;) {
    const char = word[at]
    if (char === '\\') at += 2
    else if (char === "'" || char === '"' || char === '`') {
      const close = word.indexOf(char, at + 1)
      if (close < 0) return word.length
      at = close + 1
    } else if (char === '$' && (word[at + 1] === '{' || word[at + 1] === '(')) {
      const close = word.indexOf(word[at + 1] === '{' ? '}' : ')', at)
      if (close < 0) return word.length
      at = close + 1
    } else return at
  }
}

function rangeOf(text: string): readonly string[] | undefined {
  const numbers = /^(-?\d{1,9})\.\.(-?\d{1,9})(?:\.\.(-?\d{1,9}))?$/.exec(text)
  const ends = numbers ?? /^([A-Za-z])\.\.([A-Za-z])$/.exec(text)
  if (ends === null) return undefined
  const numberOf = (end: string) => (numbers ? Number(end) : end.charCodeAt(0))
  const from = numberOf(ends[1]!)
  const to = numberOf(ends[2]!)
  const step = Math.max(1, Math.abs(Number(numbers?.[3] ?? 1)))
  const out: string[] = []
  // One word more than allowed tells the caller that there are too many.
  for (let i = 0; i * step <= Math.abs(to - from) && i <= MAX_BRACE_WORDS; i++) {
    const value = from + Math.sign(to - from) * i * step
    out.push(numbers ? String(value) : String.fromCharCode(value))
  }
  return out
}
