// Who asks, as policy sees it: made from this node's opinion of the author, and matched against consent entries.
import type { Principal } from './types.ts'

/** The part of a trust opinion that decides; a revoked key counts as denied. */
export function principalOf(opinion: Principal & { readonly revoked: boolean }): Principal {
  return {
    node_id: opinion.node_id,
    ...(opinion.other_keys === undefined ? {} : { other_keys: opinion.other_keys }),
    trust_level: opinion.trust_level,
    denied: opinion.denied || opinion.revoked,
    roles: opinion.roles,
    teams: opinion.teams,
  }
}

/** Whether one entry of a consent list (`*`, `team:x`, `role:x` or a node id) speaks of this principal. */
export function matchesEntry(entry: string, principal: Principal): boolean {
  if (entry === '*') return true
  if (entry.startsWith('team:')) return principal.teams.includes(entry.slice(5))
  if (entry.startsWith('role:')) return principal.roles.includes(entry.slice(5))
  return entry === principal.node_id || (principal.other_keys ?? []).some((key) => key === entry)
}
