// The registry with the built-in agents in it: they are everybody's, each sees its own person's data, and nobody removes them.
import { KaroError } from '../../base/errors.ts'
import type { Mask } from '../runtime/mask.ts'
import type { Known, Registry } from '../runtime/registry.ts'
import { AFAR } from '../tasks/afar.ts'
import { type BuiltIn, builtInFor, type Input } from './agent.ts'
import { isBuiltIn } from './words.ts'

export interface WholeRegistry extends Registry {
  /** Those that are built in and of use here, as this person sees them; none for people of other machines. */
  builtIn(person: number): readonly Known[]
  /** See `keptBy`. */
  readonly kept: ReturnType<typeof keptBy>
}

/** The arguments of a task as they may be kept. */
export const keptBy =
  (builtIns: readonly BuiltIn[]) =>
  (id: string, tool: string, input: Input): Input => {
    const found = builtIns.find((one) => one.id === id)?.tools.find(({ name }) => name === tool)
    return found?.kept?.(input) ?? input
  }

/** `find` finds one that is built in by its whole id, and for a person of this machine alone. */
/** `mask`: see `RuntimeDeps`. */
export function withBuiltIns(
  registry: Registry,
  builtIns: readonly BuiltIn[],
  mask: (person: number) => Mask | undefined = () => undefined,
): WholeRegistry {
  const builtIn = (person: number): readonly Known[] =>
    person === AFAR ? [] : builtIns.map((one) => builtInFor(one, person, () => mask(person)))
  return {
    ...registry,
    builtIn: (person) =>
      builtIn(person).filter(({ id }) => builtIns.find((one) => one.id === id)?.isUseful?.() !== false),
    kept: keptBy(builtIns),
    find(which, person) {
      const own = person === undefined ? undefined : builtIn(person).find(({ id }) => id === which)
      return own ?? registry.find(which, person)
    },
    async add(person, wanted) {
      const id = `${wanted.class}:${wanted.name}`
      if (!isBuiltIn(id)) return registry.add(person, wanted)
      throw new KaroError('conflict', `${id} is built in`, { hint: 'Choose another name or class.' })
    },
    // One that was added before its id was that of a built-in agent is removed as any other.
    remove: (known) => (registry.all().includes(known) ? registry.remove(known) : known.agent.retire()),
  }
}
