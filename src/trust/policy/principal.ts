// Who asks, as policy sees it: made from this node's opinion of the author, and matched against consent entries.
import { formatNodeId } from '../../../protocols/node-id.ts'
import type { Principal } from './types.ts'

/** The part of a trust opinion that decides; a revoked key counts as denied. */
export function principalOf(opinion: Principal & { readonly revoked: boolean }): Principal {
  return {
    node_id: opinion.node_id,
    other_keys: opinion.other_keys,
    trust_level: opinion.trust_level,
    why: opinion.why,
    denied: opinion.denied || opinion.revoked,
    roles: opinion.roles,
    teams: opinion.teams,
  }
}

/** The id of a node that does not exist. */
export const NOBODY = formatNodeId(new Uint8Array(32))

/** Everybody with a role, as one principal: totals are computed for all of them before anybody asks. */
export const audienceOf = (role: string): Principal => ({
  node_id: NOBODY,
  trust_level: 'supervisor',
  denied: false,
  roles: [role],
  teams: [],
})

/**
 * Whether one entry of a list that allows (`*`, `team:x`, `role:x` or an id) speaks of this principal. What was agreed
 * with a node was not agreed with the people who ask through it.
 */
export function matchesEntry(entry: string, principal: Principal): boolean {
  const { operator_id } = principal
  return speaksOf(
    entry,
    operator_id === undefined ? principal : { ...principal, node_id: operator_id, other_keys: [] },
  )
}

/** The same for a list that denies: an operator's node counts, too, so that a login never opens what was closed. */
export function deniesEntry(entry: string, principal: Principal): boolean {
  const { through } = principal
  return matchesEntry(entry, principal) || (through !== undefined && speaksOf(entry, through))
}

function speaksOf(
  entry: string,
  who: Pick<Principal, 'node_id' | 'other_keys' | 'roles' | 'teams'>,
): boolean {
  if (entry === '*') return true
  if (entry.startsWith('team:')) return who.teams.includes(entry.slice(5))
  if (entry.startsWith('role:')) return who.roles.includes(entry.slice(5))
  return entry === who.node_id || (who.other_keys ?? []).some((key) => key === entry)
}
