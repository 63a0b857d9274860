// Expressions that are made and compiled only for a text that has a word without which they cannot match.

/** Shorter words are in nearly every text. */
const SHORTEST = 2

/** What one piece of an expression asks of a text: one of the words, or nothing that is known. */
type Words = readonly string[] | undefined

/** The better of two: longer words first, as fewer texts have them, and then fewer of them. */
function better(one: Words, other: Words): Words {
  if (one === undefined || other === undefined) return one ?? other
  const [length, otherLength] = [shortest(one), shortest(other)]
  return otherLength > length || (otherLength === length && other.length < one.length) ? other : one
}
const shortest = (words: readonly string[]): number => Math.min(...words.map((word) => word.length))

/** Of a choice: a word of each way, and nothing is known if that is so of one way. */
function either(ways: readonly Words[]): Words {
  const words = new Set<string>()
  for (const way of ways) {
    if (way === undefined) return undefined
    for (const word of way) words.add(word)
  }
  return [...words]
}

const OPENED = /\((?:\?(?::|<?[=!]|<\w+>))?/y
/** Characters that stand for themselves, up to the one that a `?` or `*` could be about. */
const PLAIN = /[\w ,'-]+(?=[\w ,'-])/y
/** A class, an escape, or a character. */
const ONE = /\[(?:[^\]\\]|\\.)*\]|\\.|[^()|]/y
const TIMES = /(?:[?*+]|\{\d+(?:,\d*)?\})\??/y
const MAY_BE_MISSING = /^(?:[?*]|\{0)/

/** The text that the piece is, if there is one; escapes such as `\d` and `\b` are classes and places. */
function literalOf(one: string): string | undefined {
  if (one.length === 1) return '.^$'.includes(one) ? undefined : one
  return one.startsWith('\\') && !/\w/.test(one) ? one.slice(1) : undefined
}

/**
 * Words of which any text that `source` matches has at least one, or undefined where that is not known. `source` is an
 * expression without flags, and without back references and escapes by number or name (`\u`, `\x`, `\p`, `\c`, `\k`).
 */
export function neededWords(source: string): readonly string[] | undefined {
  let at = 0
  const take = (expression: RegExp): string => {
    expression.lastIndex = at
    const found = expression.exec(source)?.[0] ?? ''
    at += found.length
    return found
  }

  const group = (): Words => {
    const opened = take(OPENED)
    const inside = choice()
    at++
    return opened.endsWith('!') ? undefined : inside
  }

  /** One after the other; characters that stand for themselves are a word as long as none of them may be missing. */
  const sequence = (): Words => {
    let best: Words
    let run = ''
    const endRun = (): void => {
      const word = run.trim()
      if (word.length >= SHORTEST) best = better(best, [word])
      run = ''
    }
    while (at < source.length && source[at] !== '|' && source[at] !== ')') {
      run += take(PLAIN)
      const isGroup = source[at] === '('
      const words = isGroup ? group() : undefined
      const one = isGroup ? '' : take(ONE)
      const literal = isGroup ? undefined : literalOf(one)
      const times = take(TIMES)
      const mayBeMissing = MAY_BE_MISSING.test(times)
      if (literal !== undefined && !mayBeMissing) run += literal
      if (literal === undefined || times !== '') endRun()
      if (!mayBeMissing) best = better(best, words)
    }
    endRun()
    return best
  }

  const choice = (): Words => {
    const ways = [sequence()]
    while (source[at] === '|') {
      at++
      ways.push(sequence())
    }
    return either(ways)
  }

  return choice()
}

export interface Expression {
  exec(text: string): RegExpExecArray | null
}

/** The expression of `source`, without flags. V8 needs more time to compile a long one than for all the rest of a request. */
export function expressionOf(source: string): Expression {
  const words = neededWords(source)
  let made: RegExp | undefined
  return {
    exec(text) {
      if (words?.every((word) => !text.includes(word))) return null
      made ??= new RegExp(source)
      return made.exec(text)
    },
  }
}
