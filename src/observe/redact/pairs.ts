// Finds "name, separator, value" in texts of any language, and reports the values whose names announce a secret.
import { announces, announcesSecret, MAY_NAME_SECRET, NAME_LENGTH } from './names.ts'

/** Where a name that announces a secret may stand. */
const STEM = new RegExp(MAY_NAME_SECRET, 'gi')
const NAME_CHARACTER = /[\w.-]/
const NAME_TAIL = /[\w.-]{0,64}/y
/**
 * The end of the name and the assignment: a closing quote or bracket, a type, and `:=`, `?=`, `=>`, `->`, `==`, or `,`
 * in a call.
 */
const SEPARATOR =
  /(?<close>\\{0,3}["'`])?\]?\s{0,8}(?:(?::[ \t]{0,4})?(?:[Ss]tr(?:ing)?|&(?:'static )?str|std::string|text|SecureString)\??\s{1,4})?(?<operator>:{1,3}=|[?+.|]{1,2}=|[=-]>|<-|[=!]={0,2}|[:,]|-(?=\s{1,4}["']))\s{0,8}/y
/** The opening quote of a value with the backslashes before it, and a prefix: SQL's `N'…'`, Python's `b'…'`. */
const OPENING = /(?:[NnbBrRuULf@]|@{0,1}\$?)?(?<quote>\\{0,3}(?:"""|'''|["'`]))/y
/** A value in a flow mapping: `{user: bob, password: x}`. */
const FLOW_VALUE = /[^\s,{}[\]()$"'`.][^\s,{}[\]()$"'`]*(?=\s{0,8}[,}])/y
const TYPE = /^(?:string|number|boolean|bool|int|any|unknown|bytes|str|secret|text|password|token)$/i
/** A line of a configuration without a sign between name and value: `requirepass x`, `set imap_pass "x"`. */
const DIRECTIVE_START = /(?:^|[\n;])[ \t]{0,40}(?<word>(?:set|env|arg|setenv|export)[ \t]{1,4})?$/i
const DIRECTIVE_VALUE =
  /[ \t]{1,8}(?:--?\w{1,20}[ \t]{1,8})?(?:"(?<double>[^"\n]+)"|'(?<single>[^'\n]+)'|(?<bare>[^\s"'=:;|&(){}[\]<>]+))[ \t]{0,8};?[ \t]{0,8}(?=\r?\n|$)/y
/** Values that look like a password: sentences have words where passwords have digits and signs. */
const NO_WORD = /^(?=.{5})(?:.*[\d!#%&*+?@^_~].*|.*[a-z][A-Z].*)$/
const SCHEME = /^bearer$/i
/** Names that always stand before a value: those of one product's file, and those of several words. */
const DIRECTIVE =
  /^(?:requirepass|masterauth|bindpw|rootpw|rootbindpw|olcrootpw|passphrase|\w*[a-z][A-Z]\w*|[a-zA-Z]+_\w+)$/

/**
 * `[from, to)` of each such value in `text`, in order. Takes time linear in the text's length, since names are bounded.
 */
export function pairSecrets(text: string): [from: number, to: number][] {
  const found: [number, number][] = []
  STEM.lastIndex = 0
  for (let stem = STEM.exec(text); stem !== null; stem = STEM.exec(text)) {
    let start = stem.index
    const least = Math.max(0, start - NAME_LENGTH)
    while (start > least && NAME_CHARACTER.test(text[start - 1]!)) start--
    NAME_TAIL.lastIndex = stem.index
    NAME_TAIL.test(text)
    const end = NAME_TAIL.lastIndex
    const name = nameAt(text, start, end)
    // The name is judged first, so that a value is searched only once.
    const value = announces(name) ? secretOf(text, start, end) : undefined
    if (value !== undefined && announcesSecret(name, text.slice(...value))) found.push(value)
    STEM.lastIndex = Math.max(value?.[1] ?? end, stem.index + 1)
  }
  return found
}

/** The name without the `$` of a variable in front and the dot behind it. */
const nameAt = (text: string, start: number, end: number): string =>
  text.slice(start, end).replace(/^[.-]+|[.-]+$/g, '')

function secretOf(text: string, start: number, end: number): [number, number] | undefined {
  SEPARATOR.lastIndex = end
  const separator = SEPARATOR.exec(text)?.groups
  if (separator === undefined) return directiveOf(text, start, end)
  const at = SEPARATOR.lastIndex
  const { close, operator } = separator
  // A comma assigns if the call begins with the name: `define("DB_PASSWORD", "x")`.
  if (operator === ',') {
    const isCall =
      CALL.test(text.slice(Math.max(0, start - 8), start)) || VARIABLE.test(text.slice(start, end))
    if (close === undefined || !isCall) return
  }
  OPENING.lastIndex = at
  const quote = OPENING.exec(text)?.groups?.quote
  if (quote === undefined) {
    if (operator !== ':') return
    return /\s/.test(text[at - 1]!) ? flowOf(text, start, at) : tightOf(text, start, end)
  }
  // The quote closes the string that ends with the name and opens no value: `expect('Password:')`.
  if (close === undefined && isOpen(text, start, quote.at(-1)!)) return
  const from = OPENING.lastIndex
  const to = closing(text, from, quote)
  // The name is part of a list of names, or the next name of an object follows.
  if (operator === ',' && (VARIABLE.test(text.slice(from, to)) || NEXT_NAME.test(text.slice(to, to + 8))))
    return
  return to > from ? [from, to] : undefined
}

const NEXT_NAME = /^\\{0,3}["'`]\s{0,4}[:=]/
const VARIABLE = /^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/
const CALL = /\(\s{0,4}\\{0,3}["'`]$/

/** Whether a string that began with `mark` shortly before, on the same line, is still open at `end`. */
function isOpen(text: string, end: number, mark: string): boolean {
  let open = false
  for (let i = Math.max(0, end - 200, text.lastIndexOf('\n', end - 1) + 1); i < end; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === mark) open = !open
  }
  return open
}

/** End of the value that `quote` opened: right before the same quote with the same number of backslashes. */
function closing(text: string, from: number, quote: string): number {
  const mark = quote.at(-1)!
  const escapes = quote.lastIndexOf('\\') + 1
  const needed = quote.length - escapes
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') {
      let run = 1
      while (text[i + run] === '\\') run++
      i += run
      // A quote with more backslashes belongs to the value.
      if (text[i] === mark && run === escapes && escapes > 0) return i - run
      if (run % 2 === 0) i--
    } else if (text[i] === mark && (escapes > 0 || text.startsWith(mark.repeat(needed), i))) return i
    else if (text[i] === '\n' && needed === 1 && mark !== '`') return i
  }
  return text.length
}

/** `password:x` without blanks counts only for names of passwords, since `secret:latest` is an image. */
function tightOf(text: string, start: number, end: number): [number, number] | undefined {
  if (!PASSWORD.test(text.slice(start, end)) || /[^\s"'(]/.test(text[start - 1] ?? ' ')) return
  TIGHT_VALUE.lastIndex = end + 1
  const value = text[end] === ':' ? TIGHT_VALUE.exec(text)?.[0] : undefined
  return value === undefined || TYPE.test(value) ? undefined : [end + 1, end + 1 + value.length]
}

const PASSWORD = /(?:passw(?:or)?d|passphrase|pwd)$/i
const TIGHT_VALUE = /[^\s"'`:,;(){}[\]\\/.*$%<>|][^\s"'`,;(){}[\]\\]{3,}/y

function flowOf(text: string, start: number, at: number): [number, number] | undefined {
  if (!/[{,]\s{0,8}\$?$/.test(text.slice(Math.max(0, start - 9), start))) return
  FLOW_VALUE.lastIndex = at
  const value = FLOW_VALUE.exec(text)?.[0]
  return value === undefined || TYPE.test(value) ? undefined : [at, at + value.length]
}

function directiveOf(text: string, start: number, end: number): [number, number] | undefined {
  const before = DIRECTIVE_START.exec(text.slice(Math.max(0, start - 60), start))
  if (before === null) return
  DIRECTIVE_VALUE.lastIndex = end
  const value = DIRECTIVE_VALUE.exec(text)
  if (value === null) return
  const { double, single, bare } = value.groups!
  const inner = double ?? single ?? bare!
  // `Bearer x` is the value of a header.
  if (SCHEME.test(text.slice(start, end))) return
  const isDirective = before.groups?.word !== undefined || DIRECTIVE.test(text.slice(start, end))
  if (bare !== undefined && ((!NO_WORD.test(bare) && !isDirective) || announces(bare))) return
  const from = end + value[0].lastIndexOf(inner)
  return [from, from + inner.length]
}
