// Reads a request: its words as concepts, misspelt ones as what they meant, and what it names.

import { TOOLS } from '../tools/index.ts'
import { readRequest, type Token } from './entities.ts'
import { concept, distance, isStop, NOT, withPhrases } from './language.ts'
import type { Index } from './wordings.ts'

/** A token of the request, with its concepts when it is a word. */
export interface Asked extends Token {
  readonly concept: string | undefined
  /** The word typed directly before it, lower case; empty at the beginning and behind something named. */
  readonly before: string
  /** The word typed directly behind it, likewise. */
  readonly after: string
}

/** The request's tokens; words nobody knows are taken for misspelt ones where one known word is near. */
export function readAsked(text: string, index: Index): readonly Asked[] {
  // `up` says nothing elsewhere.
  const prepared = keepNamed(text.replace(/^\s*is (\S{1,200}) (?:up|online)\b/i, 'is $1 reachable'))
  const tokens = readRequest(prepared)
  return tokens.flatMap((token, i): readonly Asked[] => {
    const beside = { before: tokens[i - 1]?.word ?? '', after: tokens[i + 1]?.word ?? '' }
    if (token.entity !== undefined) return [{ ...token, concept: undefined, ...beside }]
    // An option in a request, half remembered, names no thing.
    if (IS_NOT.test(token.word) || (token.word === 'but' && token.raw === 'BUT'))
      return [{ ...token, concept: NOT, ...beside }]
    if ((isStop(token.word) && !isLetterName(tokens, i)) || token.word.startsWith('-')) return []
    const plain = token.word.replace(/['-]s$|'$/, '')
    const own = concept(plain)
    // What is a tool's name is not misspelt.
    if (index.knows(own) || Object.hasOwn(TOOLS, plain)) return [{ ...token, concept: own, ...beside }]
    const meant = correct(plain, index)
    return [{ ...token, concept: meant === undefined ? own : concept(meant), ...beside }]
  })
}

/** Words that say not, also without their apostrophe: `don't`, `dont`. */
const IS_NOT = /n't$|^(?:do|does|is|are|did)nt$/

/** `branch a to b`: there the letter is no article. */
const isLetterName = (tokens: readonly Token[], i: number): boolean =>
  tokens[i]?.word === 'a' &&
  /^(?:branch|dir|directory|folder|file)$/.test(tokens[i - 1]?.word ?? '') &&
  /^(?:to|into|and|with|)$/.test(tokens[i + 1]?.word ?? '')

/** Phrases of several words replaced, but nothing inside quotes, paths or names touched. */
function keepNamed(text: string): string {
  return (
    text
      .slice(0, 2_000)
      // A command, not a text.
      .replace(/(['"`])((?:git|docker|kubectl|apt|npm) [a-z][a-z -]{1,40})\1/g, '$2')
      .split(
        /("[^"]*"|'[^']*'(?=\s|$|[.,?!])|`[^`]*`|\S*[/@~*]\S*|\S*\.(?=\w)\S*|\S*[A-Z]\S*[A-Z]\S*|\S*[a-z]\S*[A-Z]\S*)/,
      )
      .map((part, i) => (i % 2 === 1 ? part : withPhrases(part)))
      .join('')
  )
}

function correct(word: string, index: Index): string | undefined {
  if (word.length < 5 || /\d/.test(word)) return undefined
  const most = word.length >= 8 ? 2 : 1
  let best: string | undefined
  let least = most + 1
  for (const known of index.vocabulary) {
    if (known[0] !== word[0] || known.length < 4) continue
    const d = distance(word, known, most)
    if (d < least) {
      least = d
      best = known
    }
  }
  return best
}
