// Kinds of configuration values: what is allowed, how it is checked, and how an environment variable says it.
import { isMembers } from '../base/shape/json-object.ts'
import { closest } from '../base/suggest.ts'
import type { Path } from './locate.ts'

/** A value that is not allowed; the loader adds key, file and line. */
export class WrongValue extends Error {
  /** The path of the wrong part below the key: the index of a list's entry, or a name in a table. */
  readonly path: Path
  readonly hint: string | undefined

  constructor(message: string, path: Path = [], hint?: string) {
    super(message)
    this.path = path
    this.hint = hint
  }
}

export interface Kind<T> {
  /** The allowed values, in words that follow "must be". */
  readonly allowed: string
  /** Returns a value that TOML gave if it is allowed; else throws WrongValue. */
  readonly check: (value: unknown) => T
  /** Turns the text of an environment variable into the value TOML would give. Absent: no variable can set the key. */
  readonly fromText?: (text: string) => unknown
  /** Texts that are allowed, where not every allowed one can be told beforehand: those that can. */
  readonly choices?: readonly string[] | undefined
}

/** Checks what is at `path`, and throws WrongValue with that. */
function checkAt<T>(path: Path, kind: Kind<T>, value: unknown): T {
  try {
    return kind.check(value)
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error
    throw new WrongValue(error.message, [...path, ...error.path], error.hint)
  }
}

/** The members of one entry of a table, each by its kind; all may be left out. `level`: as the example of an entry has it. */
export function membersOf<Kinds extends Readonly<Record<string, Kind<unknown>>>>(
  kinds: Kinds,
  at: string,
  entry: unknown,
  level: string,
): { readonly [Name in keyof Kinds]?: ReturnType<Kinds[Name]['check']> } {
  if (!isTable(entry))
    throw new WrongValue(`is ${shown(entry)}, but must be a table such as { level = "${level}" }`, [at])
  const names = Object.keys(kinds)
  const unknown = Object.keys(entry).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const meant = closest(unknown, names)
    const hint = meant ? `Did you mean ${meant}?` : `It may have: ${names.join(', ')}.`
    throw new WrongValue('is not a key', [at, unknown], hint)
  }
  const members = Object.entries(entry).map(([name, value]) => [
    name,
    checkAt([at, name], kinds[name]!, value),
  ])
  return Object.fromEntries(members)
}

/** A value as a person wrote it, short enough for one line. */
export function shown(value: unknown): string {
  const text =
    JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

export const isTable = (value: unknown): value is Record<string, unknown> =>
  isMembers(value) && !(value instanceof Date)

function simple<T>(
  allowed: string,
  test: (value: unknown) => value is T,
  fromText: (text: string) => unknown,
  choices?: readonly string[],
): Kind<T> {
  const check = (value: unknown): T => {
    if (test(value)) return value
    throw new WrongValue(`is ${shown(value)}, but must be ${allowed}`)
  }
  return { allowed, check, fromText, choices }
}

export const boolean: Kind<boolean> = simple(
  'true or false',
  (v): v is boolean => typeof v === 'boolean',
  (text) => ({ true: true, '1': true, false: false, '0': false })[text.toLowerCase()] ?? text,
  ['true', 'false'],
)

const wholeIn =
  (least: number, most: number) =>
  (v: unknown): v is number =>
    Number.isInteger(v) && (v as number) >= least && (v as number) <= most

export function integer(least: number, most: number): Kind<number> {
  return simple(`a whole number from ${least} to ${most}`, wholeIn(least, most), (text) =>
    /^[+-]?\d{1,15}$/.test(text) ? Number(text) : text,
  )
}

/** A whole number, or `off`. */
export function offOr(least: number, most: number): Kind<'off' | number> {
  const number = integer(least, most)
  const isWhole = wholeIn(least, most)
  const test = (v: unknown): v is 'off' | number => v === 'off' || isWhole(v)
  return simple(`"off" or ${number.allowed}`, test, (text) => number.fromText?.(text) ?? text, ['off'])
}

export function oneOf<const T extends string | number>(choices: readonly T[]): Kind<T> {
  const list = choices.map((choice) => shown(choice))
  const allowed = `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`
  const check = (value: unknown): T => {
    if (choices.includes(value as T)) return value as T
    const meant = typeof value === 'string' ? closest(value, choices.map(String)) : undefined
    throw new WrongValue(
      `is ${shown(value)}, but must be ${allowed}`,
      [],
      meant && `Did you mean ${shown(meant)}?`,
    )
  }
  const fromText = (text: string) => choices.find((choice) => String(choice) === text) ?? text
  return { allowed, check, fromText, choices: choices.map(String) }
}

/** A text for which `problem` returns undefined; for any other text it returns what is wrong. */
export function text<T extends string = string>(
  allowed: string,
  problem: (value: string) => string | undefined,
): Kind<T> {
  const check = (value: unknown): T => {
    if (typeof value !== 'string') throw new WrongValue(`is ${shown(value)}, but must be ${allowed}`)
    const wrong = problem(value)
    if (wrong !== undefined) throw new WrongValue(`is ${shown(value)}: ${wrong}; it must be ${allowed}`)
    return value as T
  }
  return { allowed, check, fromText: (given) => given }
}

export const anyText = text('a text that is not empty', (value) => (value === '' ? 'it is empty' : undefined))

/** A list of at most `most` entries. In an environment variable, commas separate the entries. */
export function list<T>(of: Kind<T>, most: number): Kind<readonly T[]> {
  const allowed = `a list, each entry ${of.allowed}`
  const check = (value: unknown): readonly T[] => {
    if (!Array.isArray(value)) throw new WrongValue(`is ${shown(value)}, but must be ${allowed}`)
    if (value.length > most) throw new WrongValue(`has ${value.length} entries, at most ${most} are allowed`)
    return value.map((entry, i) => checkAt([i], of, entry))
  }
  const fromText = (given: string): unknown =>
    given
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  return { allowed, check, fromText, choices: of.choices }
}

/** Either a list, checked by `second`, or a single value, checked by `first`; e.g. `"auto"` or a list of addresses. */
export function either<A, B>(
  allowed: string,
  first: Kind<A>,
  isFirst: (value: unknown) => boolean,
  second: Kind<B>,
): Kind<A | B> {
  const check = (value: unknown): A | B => {
    if (Array.isArray(value)) return second.check(value)
    try {
      return first.check(value)
    } catch {
      // The message of `first` would not say that a list is allowed too.
      throw new WrongValue(`is ${shown(value)}, but must be ${allowed}`)
    }
  }
  const fromText = (given: string): unknown => {
    const plain = first.fromText?.(given)
    return isFirst(plain) ? plain : second.fromText?.(given)
  }
  return { allowed, check, fromText, choices: first.choices }
}
