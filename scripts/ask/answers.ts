// Judges a file of answers that somebody else gave to requests of the sets, a person or a model, beside Karo's own to the same.
import { readFileSync } from 'node:fs'
import type { Item, RequestSet } from './sets.ts'
import { verdictOf } from './verdict.ts'

/** Words as they are compared: on one line, with single blanks. */
export const onOneLine = (words: string): string => words.replace(/\s+/g, ' ').trim()

/** Lines `words TAB command`; a request that occurs twice has its last answer. */
export function readAnswers(file: string): ReadonlyMap<string, string> {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
    .filter((row) => row.length === 2)
  return new Map(rows.map(([words = '', command = '']) => [onOneLine(words), command.trim()]))
}

interface Judged {
  readonly right: number
  readonly inJail: number
  readonly said: number
}

/** How many of a half's requests that the file answers are right there, and how many of the same Karo answers right. */
export function judgeAnswers(
  items: readonly Item[],
  set: RequestSet,
  answers: ReadonlyMap<string, string>,
  karo: (words: string) => string | null,
  { isJailed, print }: { isJailed: boolean; print: ((line: string) => void) | undefined },
): { asked: number; theirs: Judged; own: Judged } {
  const asked = items.filter(({ words }) => answers.has(onOneLine(words)))
  const verdicts = asked.map((item) => {
    const [theirs, own] = [answers.get(onOneLine(item.words)) ?? '', karo(item.words) ?? '']
    const [one, other] = [theirs, own].map((command) => verdictOf(command, item, set, isJailed))
    const marks = [one, other].map((of) =>
      of?.right ? 'form' : of?.inJail ? 'jail' : of?.said ? 'said' : '-',
    )
    print?.(
      `${marks.join(' ')}  ${item.words}\n  theirs: ${theirs}\n    karo: ${own}\n     set: ${item.right.join(' || ')}\n`,
    )
    return [one, other] as const
  })
  const judged = (which: 0 | 1): Judged => {
    const of = (judge: keyof Judged) => verdicts.filter((both) => both[which]?.[judge]).length
    return { right: of('right'), inJail: of('inJail'), said: of('said') }
  }
  return { asked: asked.length, theirs: judged(0), own: judged(1) }
}
