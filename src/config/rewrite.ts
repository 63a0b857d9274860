// Rewrites a configuration file: sets one key or takes it out, or makes comments of what is retired; comments, order and all else stay as they were.
import { parse } from 'smol-toml'
import { KaroError } from '../base/errors.ts'
import { orElse } from '../base/run/or-else.ts'
import { isTable, WrongValue } from './kinds.ts'
import { type Span, spansOf } from './locate.ts'
import { type Found, retiredWords, withoutRetired } from './retired.ts'
import { place, toToml } from './sample.ts'
import type { Key } from './table.ts'

/**
 * The text as this version has it, and what was changed; nothing where it is of this version. Throws KaroError `refused` where a piece
 * stands so that it cannot be taken out without touching another.
 */
export function migrateText(text: string, file: string) {
  const before = readWithout(text)
  if (before.found.length === 0) return { text, changes: [] }
  const lines = new Map<number, readonly string[]>()
  const cuts: Span[] = []
  const spans = spansOf(text)
  for (const found of before.found) {
    const own = spans.filter(({ path }) => isWithin(path, found))
    const whole = own.filter(({ inline }) => !inline)
    let advice: readonly string[] = [`# ${retiredWords(found)}`]
    for (const { from, to } of whole) {
      for (let at = lineOf(text, from); at <= lineOf(text, to - 1); at++) {
        lines.set(at, advice)
        advice = []
      }
    }
    if (whole.length === 0) cuts.push(...own.filter(({ path }) => path.length === found.path.length))
  }
  const cut = cuts.toSorted((a, b) => b.from - a.from).reduce(cutMember, text)
  // A member of an inline table leaves its line where it was, so the numbers of lines hold.
  const after = cut
    .split('\n')
    .flatMap((line, i) => [...(lines.get(i) ?? []), lines.has(i) ? `#${line}` : line])
    .join('\n')
  const again = readWithout(after)
  if (again.found.length > 0 || again.rest !== before.rest)
    throw new KaroError('refused', 'the file cannot be rewritten without changing what it says', {
      where: file,
      hint: `Take these out yourself: ${before.found.map(({ path }) => path.join('.')).join(', ')}.`,
    })
  return { text: after, changes: before.found.map(retiredWords) }
}

function readWithout(text: string) {
  const found: Found[] = []
  const rest = withoutRetired(parse(text), found)
  return { found, rest: JSON.stringify(rest) }
}

const isWithin = (path: Span['path'], { path: of }: Found): boolean => of.every((part, i) => path[i] === part)

const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length - 1

/** Takes a member out of an inline table, with one of the commas beside it. */
function cutMember(text: string, { from, to }: Span): string {
  const [before, after] = [text.slice(0, from), text.slice(to)]
  if (/^\s*,/.test(after)) return before + after.replace(/^\s*,[ \t]*/, '')
  return before.replace(/,?\s*$/, ' ').replace(/\{ $/, '{') + after.replace(/^[ \t]+/, '')
}

/**
 * What a person wrote as the value of a key, checked: as in an environment variable (`on.example,off.example` is a list), or as TOML
 * where that is a list or the key has no such form. Behind `+` it is added to the list that the key has. Throws KaroError `bad_request`.
 */
export function readValue(key: Key<unknown>, written: string, present?: unknown): unknown {
  const adds = Array.isArray(present) && written.startsWith('+')
  const text = adds ? written.slice(1) : written
  const toml = orElse(() => parse(`value = ${text}`).value, text)
  const read = Array.isArray(toml) ? toml : (key.kind.fromText?.(text) ?? toml)
  const given = adds ? [...new Set([present, read].flat())] : read
  try {
    key.kind.check(given)
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error
    throw new KaroError('bad_request', `${key.path} ${error.message}`, {
      where: 'karo config set',
      hint: error.hint,
    })
  }
  return given
}

/**
 * Undefined takes the key out, and the header of its section where nothing else stands below it. Throws KaroError `refused` where that cannot be done without touching another key, as where one is to
 * be set in a section written in braces.
 */
export function setKey(text: string, key: Key<unknown>, value: unknown, file: string): string {
  const { section, name } = place(key)
  const spans = spansOf(text)
  const named = (path: string) => spans.filter((span) => span.path.join('.') === path)
  const [own] = named(key.path)
  const header = named(section).find(({ from }) => text[from] === '[')
  const line = `${name} = ${toToml(value)}`
  const after = own
    ? replaced(text, own, value, section)
    : value === undefined
      ? text
      : header
        ? withLine(text, header.to, line)
        : `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}\n[${section}]\n${line}\n`
  if (name === undefined || !saysOnly(text, after, key.path, value))
    throw new KaroError('refused', `${key.path} cannot be changed without another key`, {
      where: file,
      hint: 'Change the file yourself.',
    })
  return after
}

/**
 * The header of a section without keys and comments, and an empty line above it; the line before that stays. A comment that stands right
 * above a header is about the section, and keeps it.
 */
const emptySection = (name: string): RegExp =>
  new RegExp(`(^|\n(?=\n)|(?<!#.*)\n)\n?\\[${name}\\]\n(?=\\s*(\\[|$))`)

/** The key of an assignment with its sign: `"a.b" = `. */
const keyPart = (assignment: string): string =>
  /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^="'])+=\s*/.exec(assignment)?.[0] ?? ''

/** The text with another value of a key, or without the key: then its line goes too, unless a comment stands behind the value, and the header of its section if nothing else is there. */
function replaced(text: string, span: Span, value: unknown, section: string): string {
  if (value === undefined && span.inline) return cutMember(text, span)
  // The span of a number has the blanks behind it, too.
  const own = text.slice(span.from, span.to).trimEnd()
  const before = text.slice(0, span.from)
  const rest = text.slice(span.from + own.length)
  if (value !== undefined) return before + keyPart(own) + toToml(value) + rest
  const end = rest.indexOf('\n') + 1 || rest.length
  if (rest.slice(0, end).trim() !== '') return before + rest.trimStart()
  return (before.slice(0, before.lastIndexOf('\n') + 1) + rest.slice(end)).replace(
    emptySection(section),
    '$1',
  )
}

/** With one more line behind the one that `at` is in. */
function withLine(text: string, at: number, line: string): string {
  const end = text.indexOf('\n', at)
  return end < 0 ? `${text}\n${line}\n` : `${text.slice(0, end + 1)}${line}\n${text.slice(end + 1)}`
}

/** Whether both texts say the same, but for the key, which has the value afterwards. */
function saysOnly(before: string, after: string, path: string, value: unknown): boolean {
  const expected = new Map(leaves(parse(before)))
  if (value === undefined) expected.delete(path)
  else expected.set(path, JSON.stringify(value))
  const now = orElse(() => leaves(parse(after)), undefined)
  return JSON.stringify([...expected].sort()) === JSON.stringify(now?.sort())
}

/** Each value of a document by its dotted path; lists are values. */
const leaves = (table: object, above = ''): [string, string][] =>
  Object.entries(table).flatMap(([name, value]) =>
    isTable(value) ? leaves(value, `${above}${name}.`) : [[above + name, JSON.stringify(value)]],
  )
