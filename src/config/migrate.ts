// Rewrites a configuration file of an earlier version: what is retired becomes a comment, and all else stays as it was.
import { parse } from 'smol-toml'
import { KaroError } from '../base/errors.ts'
import { type Span, spansOf } from './locate.ts'
import { type Found, retiredWords, withoutRetired } from './retired.ts'

export interface Migrated {
  readonly text: string
  /** Nothing: the file is of this version. */
  readonly changes: readonly string[]
}

/** Throws KaroError `refused` where a piece stands so that it cannot be taken out without touching another. */
export function migrateText(text: string, file: string): Migrated {
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
  const cut = cuts
    .toSorted((a, b) => b.from - a.from)
    .reduce((left, { from, to }) => cutMember(left, from, to), text)
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

function readWithout(text: string): { readonly found: readonly Found[]; readonly rest: string } {
  const found: Found[] = []
  const rest = withoutRetired(parse(text), found)
  return {
    found,
    rest: JSON.stringify(rest, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
  }
}

const isWithin = (path: readonly (string | number)[], { path: of }: Found): boolean =>
  of.every((part, i) => path[i] === part)

const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length - 1

/** Takes a member out of an inline table, with one of the commas beside it. */
function cutMember(text: string, from: number, to: number): string {
  const [before, after] = [text.slice(0, from), text.slice(to)]
  if (/^\s*,/.test(after)) return before + after.replace(/^\s*,[ \t]*/, '')
  return before.replace(/,?\s*$/, ' ').replace(/\{ $/, '{') + after.replace(/^[ \t]+/, '')
}
