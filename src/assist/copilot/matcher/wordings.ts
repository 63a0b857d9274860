// The recipes' wordings, taken apart and weighed: what a request is compared with.

import type { Recipe } from '../recipes/recipe.ts'
import { concepts, normalise } from './language.ts'

/** One wording, ready to compare. */
export interface Wording {
  readonly recipe: Recipe
  /** As the recipe has it. */
  readonly text: string
  /** In order: concepts, and slots as `{name}`. */
  readonly parts: readonly string[]
  readonly words: ReadonlySet<string>
  /** Sum of the weights of its words. */
  readonly weight: number
}

export interface Index {
  readonly wordings: readonly Wording[]
  /** How much a concept tells: the rarer in wordings, the more. */
  weight(word: string): number
  knows(word: string): boolean
  readonly vocabulary: readonly string[]
}

/** Weight of a word that no wording has: with it, a request asks for something that Karo has no recipe for. */
const STRANGE = 5.2

/** The wordings of all recipes taken apart: what costs most of an index, so that a build can do it beforehand. */
export interface Prepared {
  /** In the order of the recipes and their wordings. */
  readonly parts: readonly (readonly string[])[]
  /** Words a misspelt one may have meant. */
  readonly vocabulary: readonly string[]
}

export function prepare(recipes: readonly Recipe[]): Prepared {
  const words = recipes.flatMap(({ says }) =>
    says.flatMap((text) => normalise(text).match(/[a-z][a-z-]{3,}/g) ?? []),
  )
  return {
    parts: recipes.flatMap(({ says }) => says.map(wordingParts)),
    vocabulary: [...new Set(words)],
  }
}

/** `prepared`: of exactly these recipes. */
export function buildIndex(recipes: readonly Recipe[], prepared: Prepared = prepare(recipes)): Index {
  let next = 0
  const parsed = recipes.flatMap((recipe) =>
    recipe.says.map((text) => ({ recipe, text, parts: prepared.parts[next++] as readonly string[] })),
  )
  const seen = new Map<string, number>()
  for (const { parts } of parsed) {
    for (const word of new Set(parts.filter((part) => !part.startsWith('{'))))
      seen.set(word, (seen.get(word) ?? 0) + 1)
  }
  const weight = (word: string): number => Math.log(1 + parsed.length / (seen.get(word) ?? 0.5)) * 0.7
  return {
    wordings: parsed.map(({ recipe, text, parts }) => {
      const words = new Set(parts.filter((part) => !part.startsWith('{')))
      return { recipe, text, parts, words, weight: sum(words, weight) }
    }),
    weight: (word) => (seen.has(word) ? weight(word) : STRANGE),
    knows: (word) => seen.has(word),
    vocabulary: prepared.vocabulary,
  }
}

export const sum = (words: Iterable<string>, weight: (word: string) => number): number => {
  let total = 0
  for (const word of words) total += weight(word)
  return total
}

function wordingParts(text: string): readonly string[] {
  return text.split(/(\{[a-z]+\d?\})/).flatMap((part) => (part.startsWith('{') ? [part] : concepts(part)))
}
