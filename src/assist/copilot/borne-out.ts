// Tells whether what led to an answer has proved right often enough for the answer to be given with confidence.
import ANSWERED from './answered.json' with { type: 'json' }
import { read } from './compose/read.ts'
import { RELIABILITY } from './reliability.ts'

/** Least share of right answers that each way needs. */
const LEAST = 0.75
/** So many answers, with the share of right ones of its family, are assumed of each way beside those that were counted. */
const ASSUMED = 4
/** Least share of right answers among those to requests like this one. */
const LEAST_OF_LIKE = 0.86
/** So many of the requests that are most like this one are looked at. */
const MOST_LIKE = 15
/** Weight and share of right answers that are assumed beside those requests; one that is the same has weight 1. */
const ASSUMED_LIKE = 0.4

export type Counted = readonly [right: number, asked: number]

/** What was counted over requests whose right answers are known. */
export interface Evidence {
  /** How often the answers that a way led to were right. */
  readonly ways: Readonly<Record<string, Counted>>
  /** The share of right answers to the requests that are most like this one, 0 to 1. */
  like(request: string): number
}

/** Evidence of counted ways, and of lines `right/asked words`, where marks such as `<p>` stand for what a request names. */
export function evidenceOf(ways: Evidence['ways'], lines: readonly string[]): Evidence {
  let known: ReturnType<typeof readLines> | undefined
  return {
    ways,
    like(request) {
      known ??= readLines(lines)
      return shareOfLike(partsOf(wordsOf(request)), known)
    },
  }
}

const counted = evidenceOf(RELIABILITY, ANSWERED)

/**
 * True if no way has proved wrong too often, and the answers to the requests that are most like this one were right. The first
 * of the ways is their family, `search`, `sentence`, `form` or `recipe`, whose share is assumed of a way that was counted seldom or
 * never. Without ways there is nothing to count, and it is true.
 */
export function isBorneOut(
  request: string,
  [family, ...ways]: readonly string[],
  evidence: Evidence = counted,
): boolean {
  if (ways.length === 0) return true
  const of = (way: string): Counted =>
    Object.hasOwn(evidence.ways, way) ? (evidence.ways[way] as Counted) : [0, 0]
  const [allRight, all] = of(family ?? '')
  const share = all === 0 ? 1 : allRight / all
  const isProved = ways.every((way) => {
    const [right, asked] = of(way)
    return (right + share * ASSUMED) / (asked + ASSUMED) >= LEAST
  })
  return isProved && evidence.like(request) >= LEAST_OF_LIKE
}

/** The words of a request as a line of the evidence has them. */
export const wordsOf = (request: string): string =>
  read(request)
    .text.replace(/<([a-z])\d+>/g, '<$1>')
    .replace(/ ,(?= |$)/g, '')

/** The words of a request, and each two that stand beside one another. */
function partsOf(text: string): ReadonlySet<string> {
  const words = text.split(' ')
  const all = ['^', ...words, '$']
  return new Set([...words, ...all.slice(1).map((word, i) => `${all[i]} ${word}`)])
}

interface Line {
  readonly right: number
  readonly asked: number
  readonly parts: ReadonlySet<string>
}

function readLines(texts: readonly string[]) {
  const lines = texts.flatMap((text): Line[] => {
    const [, right, asked, words] = /^(\d+)\/(\d+) (.*)$/.exec(text) ?? []
    return words === undefined ? [] : [{ right: Number(right), asked: Number(asked), parts: partsOf(words) }]
  })
  const seen = new Map<string, number>()
  for (const { parts } of lines) for (const part of parts) seen.set(part, (seen.get(part) ?? 0) + 1)
  const weight = (part: string): number => Math.log(1 + lines.length / (seen.get(part) ?? 0.5))
  return { lines: lines.map((line) => ({ ...line, weight: sum(line.parts, weight) })), weight }
}

/** Each request counts by how like it is: the share of its words and pairs that both have, squared. */
function shareOfLike(parts: ReadonlySet<string>, { lines, weight }: ReturnType<typeof readLines>): number {
  const weights = [...parts].map((part) => [part, weight(part)] as const)
  const whole = sum(parts, weight)
  const like = lines
    .map(({ right, asked, parts: others, weight: other }) => {
      let both = 0
      for (const [part, own] of weights) if (others.has(part)) both += own
      return { right, asked, likeness: ((2 * both) / (whole + other)) ** 2 }
    })
    .sort((one, other) => other.likeness - one.likeness)
    .slice(0, MOST_LIKE)
  const rights = sum(like, ({ right, likeness }) => right * likeness)
  const all = sum(like, ({ asked, likeness }) => asked * likeness)
  return (rights + LEAST * ASSUMED_LIKE) / (all + ASSUMED_LIKE)
}

function sum<T>(all: Iterable<T>, of: (one: T) => number): number {
  let total = 0
  for (const one of all) total += of(one)
  return total
}
