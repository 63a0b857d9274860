// Reads a request as tokens: words as concepts, corrected if misspelt, and the things that it names.

import { distance } from '../../../base/suggest.ts'
import { TOOLS } from '../tools/index.ts'
import { readRequest, type Token } from './entities.ts'
import { concept, isStop, NOT, withPhrases } from './language.ts'
import type { Index } from './wordings.ts'

/** A token of the request, with its concept if it is a word. */
export interface Asked extends Token {
  readonly concept: string | undefined
  /** The word directly before it in lower case; empty at the beginning and behind a thing. */
  readonly before: string
  /** The word directly behind it in lower case; empty at the end and before a thing. */
  readonly after: string
}

/** The tokens of a request. A word that no wording has is corrected if it is close to a known one. */
export function readAsked(text: string, index: Index): readonly Asked[] {
  // `up` means something else in other requests.
  const prepared = keepNamed(text.replace(/^\s*is (\S{1,200}) (?:up|online)\b/i, 'is $1 reachable'))
  const tokens = readRequest(prepared)
  return tokens.flatMap((token, i): readonly Asked[] => {
    const beside = { before: tokens[i - 1]?.word ?? '', after: tokens[i + 1]?.word ?? '' }
    if (token.entity !== undefined) return [{ ...token, concept: undefined, ...beside }]
    // An option in a request is only half remembered, so it is no name to fill a slot with.
    if (IS_NOT.test(token.word) || (token.word === 'but' && token.raw === 'BUT'))
      return [{ ...token, concept: NOT, ...beside }]
    if ((isStop(token.word) && !isLetterName(tokens, i)) || token.word.startsWith('-')) return []
    const plain = token.word.replace(/['-]s$|'$/, '')
    const own = concept(plain)
    // The name of a tool is not misspelt.
    if (index.knows(own) || Object.hasOwn(TOOLS, plain)) return [{ ...token, concept: own, ...beside }]
    const meant = correct(plain, index)
    return [{ ...token, concept: meant === undefined ? own : concept(meant), ...beside }]
  })
}

/** Words for `not`, also without apostrophe: `don't`, `dont`. */
const IS_NOT = /n't$|^(?:do|does|is|are|did)nt$/

/** Whether `a` is a name and no article: `branch a to b`. */
const isLetterName = (tokens: readonly Token[], i: number): boolean =>
  tokens[i]?.word === 'a' &&
  /^(?:branch|dir|directory|folder|file)$/.test(tokens[i - 1]?.word ?? '') &&
  /^(?:to|into|and|with|)$/.test(tokens[i + 1]?.word ?? '')

/** Whether a word begins here, behind a space or what was in quotes: what no word from there is, no later part of it is either. */
const BEGINS = '(?<![^\\s"\'`])'
/** What is in quotes, and words that are paths, have a dot inside, two capitals, or a capital behind a small letter. */
const NAMED = new RegExp(
  `("[^"]*"|'[^']*'(?=\\s|$|[.,?!])|\`[^\`]*\`|${BEGINS}(?:${[
    String.raw`[^\s/@~*]*[/@~*]\S*`,
    String.raw`\S*\.(?=\w)\S*`,
    String.raw`[^\sA-Z]*[A-Z][^\sA-Z]*[A-Z]\S*`,
    String.raw`[^\sa-z]*[a-z][^\sA-Z]*[A-Z]\S*`,
  ].join('|')}))`,
)

/** Replaces phrases of several words, except inside quotes, paths and names. */
function keepNamed(text: string): string {
  return (
    text
      .slice(0, 2_000)
      // A command in quotes is no text to search for.
      .replace(/(['"`])((?:git|docker|kubectl|apt|npm) [a-z][a-z -]{1,40})\1/g, '$2')
      .split(NAMED)
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
    if (known[0] !== word[0] || known.length < 4 || Math.abs(known.length - word.length) > most) continue
    const d = distance(word, known)
    if (d < least) {
      least = d
      best = known
    }
  }
  return best
}
