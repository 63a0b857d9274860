// Finds secrets in the replacements `s/old/new/` of sed and perl.
import { announces, announcesSecret } from './names.ts'

export interface Replacement {
  /** Start of the old text. */
  readonly old: number
  /** `[from, to)` of the new text. */
  readonly from: number
  readonly to: number
  /** `[from, to)` of the part of the new text that is a secret because of the old text; the rest is judged alone. */
  readonly secret: readonly [from: number, to: number] | undefined
}

const BEGIN = /(?<![\w.-])s([^\w\s\\;"'])/g
/**
 * Placeholders that are replaced by a secret: `__DB_PASS__`, `{{ password }}`, `<token>`, `@SECRET@`, `DB_PASSWORD`.
 */
const STAND_IN = /^\^?(?:__|\\?[{<@%$[]){0,3}\s?\.?(?<name>[\w.-]{2,64}?)\s?(?:__|\\?[}>@%\]]){0,3}\$?$/
const CHANGE_ME = /^(?:change[-_ ]?(?:me|it|this)|replace[-_ ]?me|todo)$/i
/** References to the old text: `\1`, `&`, `$1`, `${1}`, `\g<1>`. */
const BACK = /^(?:\\\d|&|\$\d|\$\{\w+\}|\\g<\w+>)/
/** The last name in the old text before a free match: `\(password: *\).*`, `(requirepass )\S+`. */
const LAST_NAME =
  /(?<name>[\w.-]{2,64})\\?["']?(?:\\s[*+]?|[\s=:"'*+?\\>)(]|\[[^\]]{0,20}\])*(?:\\?[(.[\\].{0,40})?$/

/**
 * The replacements in a script, in order. Takes time linear in the script's length, except for commands that are never
 * closed.
 */
export function replacements(script: string): Replacement[] {
  const found: Replacement[] = []
  BEGIN.lastIndex = 0
  for (let begin = BEGIN.exec(script); begin !== null; begin = BEGIN.exec(script)) {
    const opening = begin[1]!
    const from = BEGIN.lastIndex
    const middle = end(script, from, CLOSING[opening] ?? opening)
    if (middle < 0) return found
    const newFrom = CLOSING[opening] === undefined ? middle + 1 : script.indexOf(opening, middle) + 1
    const to = end(script, newFrom, CLOSING[opening] ?? opening)
    if (newFrom <= 0 || to < 0) return found
    const old = script.slice(from, middle)
    found.push({ old: from, from: newFrom, to, secret: secretIn(old, script.slice(newFrom, to), newFrom) })
    BEGIN.lastIndex = to
  }
  return found
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']', '<': '>' }

function end(script: string, from: number, mark: string): number {
  for (let i = from; i < script.length; i++) {
    if (script[i] === '\\') i++
    else if (script[i] === mark) return i
  }
  return -1
}

function secretIn(old: string, written: string, at: number): [number, number] | undefined {
  const back = BACK.exec(written)?.[0]
  if (back !== undefined) {
    const name = LAST_NAME.exec(old)?.groups?.name
    const rest = written.slice(back.length).search(/\\\d|\$\d|\$\{/)
    const to = at + (rest < 0 ? written.length : back.length + rest)
    const from = at + back.length
    return name !== undefined && to > from && announcesSecret(name, written.slice(back.length))
      ? [from, to]
      : undefined
  }
  const name = STAND_IN.exec(old)?.groups?.name
  if (name === undefined || written === '') return
  // `s/password/passphrase/` only changes a name; `s/my_token/${TOKEN}/` inserts a variable.
  if (/^[a-z]+(?:_[a-z]+)*$/.test(old) && !/_here$/.test(old) && !CHANGE_ME.test(old)) return
  if (announces(written.replace(/\W+$/, ''))) return
  return CHANGE_ME.test(name) ||
    announcesSecret(name.replace(/_(?:placeholder|here|value|todo)$|_+$/i, ''), written)
    ? [at, at + written.length]
    : undefined
}
