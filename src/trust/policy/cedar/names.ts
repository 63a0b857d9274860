// Finds a node or a person that a policy names by anything but a whole key: such a policy speaks of nobody.
import { isNodeId } from '../../../../protocols/node-id.ts'
import { roleItResembles } from '../../../base/words/roles.ts'

/** An entity as a policy names it, such as `Node::"desk"`. */
export interface Named {
  readonly type: string
  readonly id: string
}

/**
 * The first node or operator in a policy (in Cedar's JSON form) whose id is no key, or undefined. Nobody is known by
 * another id, so a permit of it opens nothing, and a forbid of it silently forbids nothing.
 */
export function namesNobody(policy: object): Named | undefined {
  return named(policy).find(({ type, id }) => (type === 'Node' || type === 'Operator') && !isNodeId(id))
}

/** The first role in a policy that only looks like one of the role table. No principal has it, so a forbid of it forbids nothing. */
export const namesAlike = (policy: object): string | undefined =>
  named(policy).find(({ type, id }) => type === 'Role' && roleItResembles(id) !== undefined)?.id

function named(policy: object): readonly Named[] {
  // Annotations are the author's own words, also if they are called "type" and "id".
  const { annotations: _, ...rules } = policy as { annotations?: unknown }
  return entitiesIn(rules)
}

/** Every entity in a part of a policy, at whatever depth: a literal is an object with the texts `type` and `id`. */
function entitiesIn(part: unknown): readonly Named[] {
  if (typeof part !== 'object' || part === null) return []
  const { type, id } = part as { type?: unknown; id?: unknown }
  if (typeof type === 'string' && typeof id === 'string') return [{ type, id }]
  return Object.values(part).flatMap(entitiesIn)
}
