// Compares a request with a wording whose slots are filled: words of the request that are left, and words of the
// wording.
import type { Recipe } from '../recipes/recipe.ts'
import { type Aligned, isUsualPlace } from './align.ts'
import type { Asked } from './asked.ts'
import type { Entity } from './entities.ts'
import { concept, isAskedFor, NOT } from './language.ts'
import { isOnlyFor, nounsOf } from './slots.ts'
import { HALF_DONE } from './word-groups.ts'
import type { Wording } from './wordings.ts'

export interface Beside {
  /** Concepts of the request that fill no slot. */
  readonly words: ReadonlySet<string>
  /** Concepts of the wording, and nouns and tools that its command stands for. */
  readonly own: ReadonlySet<string>
  /** Empty slots whose kind the request mentions without a name: `a branch`. */
  readonly unnamed: ReadonlySet<string>
  /** Tokens of the request that fill no slot and are no word of the wording. */
  readonly left: readonly Asked[]
  /** Verbs such as `delete` that the request asks for and the wording lacks. */
  readonly undone: readonly string[]
}

/**
 * Whether the token is a thing without a name: `a file`. Not `this machine`, and several things only if the command
 * takes two.
 */
const isUnnamedThing = ({ raw, before }: Asked, slot: string, run: string): boolean =>
  !/^(?:this|my)$/.test(before) &&
  (/^(?:text|sed|n)/.test(slot) || run.includes(`{${slot.replace(/\d$/, '')}2`) || !/[^s]s$/.test(raw))

const toolsByRecipe = new Map<Recipe, readonly string[]>()
/** Words by which requests call the programs that a recipe runs. */
function toolsOf(recipe: Recipe): readonly string[] {
  const known = toolsByRecipe.get(recipe)
  if (known !== undefined) return known
  const names = [...recipe.run.matchAll(/(?:^|[|;&(] ?)(?:sudo |xargs (?:-\S+ )*)?([a-z][\w-]*)/g)].map(
    ([, name]) => name as string,
  )
  const tools = names
    .flatMap((name) => (Object.hasOwn(CALLED, name) ? (CALLED[name] as string) : name).split(' '))
    .map(concept)
  toolsByRecipe.set(recipe, tools)
  return tools
}
const CALLED: Readonly<Record<string, string>> = {
  git: 'git repository',
  kubectl: 'kubectl kubernetes cluster',
  systemctl: 'systemctl systemd',
  journalctl: 'journalctl systemd',
  apt: 'apt ubuntu debian',
}
export function setBeside(wording: Wording, asked: readonly Asked[], { values, used }: Aligned): Beside {
  const { run } = wording.recipe
  // `all zip files` is covered if the command itself has *.zip.
  const isSaid = ({ entity }: Asked): boolean => entity?.kind === 'ext' && run.includes(`*.${entity.value};`)
  const empty = wording.parts
    .filter((part) => part.startsWith('{'))
    .map((part) => part.slice(1, -1))
    .filter((slot) => !values.has(slot))
  // `a .deb file` is covered if the wording has the word deb, or is only for such files.
  const asWord = ({ entity }: Asked): string[] => {
    const word = /^(?:ext|number)$/.test(entity?.kind ?? '') ? (entity as Entity).value.toLowerCase() : ''
    return wording.words.has(word) ? [word] : []
  }
  const isFor = ({ entity }: Asked): boolean =>
    entity?.kind === 'ext' && empty.some((slot) => isOnlyFor(slot, entity.value))
  const typed = asked.filter((token, i) => !used.has(i) && !isSaid(token))
  const left = typed.filter((token) => asWord(token).length === 0 && !isFor(token))
  const words = new Set([...left.flatMap((token) => token.concept ?? []), ...typed.flatMap(asWord)])
  const own = new Set(wording.words)
  const unnamed = new Set<string>()
  const isUnnamed = (slot: string) => (token: Asked, i: number) =>
    isUnnamedThing(token, slot, run) && !(asked[i + 1] !== undefined && isUsualPlace(asked[i + 1] as Asked))
  for (const slot of empty) {
    const nouns = nounsOf(slot).map(concept)
    const said = asked.filter(
      (token, i) => !used.has(i) && nouns.includes(token.concept ?? '') && isUnnamed(slot)(token, i),
    )
    for (const { concept: noun } of said) own.add(noun as string)
    if (said.length > 0) unnamed.add(slot)
  }
  for (const tool of toolsOf(wording.recipe)) if (words.has(tool)) own.add(tool)
  if (typed.some(isFor)) for (const slot of empty) unnamed.add(slot)
  const spoken = asked.map((token) => token.concept)
  // A command that deletes nothing fulfils `without deleting anything`.
  for (const verb of HALF_DONE)
    if (words.has(verb) && !isAskedFor(verb, spoken) && !wording.words.has(verb)) {
      words.delete(verb)
      words.delete(NOT)
    }
  const undone = [...HALF_DONE].filter((verb) => isAskedFor(verb, spoken) && !wording.words.has(verb))
  return { words, own, unnamed, left, undone }
}
