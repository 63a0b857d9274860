// The wordings of the recipes, taken apart and weighted for comparison with requests.

import type { Recipe } from '../recipes/recipe.ts'
import { concepts, normalise } from './language.ts'

/** One wording, ready to be compared. */
export interface Wording {
  readonly recipe: Recipe
  /** The text as the recipe has it. */
  readonly text: string
  /** Concepts in order, with slots as `{name}`. */
  readonly parts: readonly string[]
  readonly words: ReadonlySet<string>
  /** Sum of the weights of its words. */
  readonly weight: number
}

export interface Index {
  readonly wordings: readonly Wording[]
  /** How much a concept tells: the fewer wordings have it, the more. */
  weight(word: string): number
  knows(word: string): boolean
  readonly vocabulary: readonly string[]
}

/** Weight of a word that no wording has: the request is probably for something without a recipe. */
const STRANGE = 5.2

/** The wordings of all recipes taken apart. This takes most of the time of an index, so the build does it. */
export interface Prepared {
  /** In the order of the recipes and of their wordings. */
  readonly parts: readonly (readonly string[])[]
  /** Words with which misspelt ones are compared. */
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

/** `prepared` has to be made of the same recipes. */
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
