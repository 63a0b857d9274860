// Finds the members that a question is for: all, or the members of one team as this node's people see it.
import type { NodeId } from '../../../../protocols/node-id.ts'
import { byText } from '../../../base/by-text.ts'
import { KaroError } from '../../../base/errors.ts'
import type { Member } from '../../../trust/peers/index.ts'
import { rfc3339 } from '../range.ts'
import type { QueryDeps } from '../types.ts'
import type { Collection } from './collect.ts'

/** `last_seen` of a member of which only its certificate came here. */
export const NEVER = 0

/** Team names in a hint; nobody would read more. */
const SAID_MAX = 20

export interface Askable {
  /** The members that are asked and counted. */
  readonly members: Map<NodeId, Member>
  /** Members whose certificate ended lately: counted, and not asked, because nobody vouches for what they would say. */
  readonly ended: Collection['members']
  /** Members that are known by gossip alone and not trusted here: not asked, and no part of coverage. */
  readonly hearsay: number
}

/**
 * All members that this node has met or trusts, and all that have a certificate or had one until lately, or those of them in
 * `team`, under the names that people here gave them: a machine that this node never heard of is missing, and not left out. A node
 * outside the team does not learn that a question was asked; and a node that is known by the word of others alone may be
 * invented. KaroError bad_request when nobody this node knows is in such a team.
 */
export function membersOf(trust: QueryDeps['trust'], team: string | undefined): Askable {
  const members = new Map<NodeId, Member>()
  const gone: Collection['members'][number][] = []
  let hearsay = 0
  for (const member of trust.members()) {
    const { name, trust_level, ended } = trust.opinion(member.node_id)
    if (ended) continue
    if (member.known_by === 'gossip' && trust_level === 'untrusted') hearsay++
    else members.set(member.node_id, { ...member, name: name || member.name })
  }
  for (const node of trust.known()) {
    const { fingerprint, name, why, denied, revoked, ended } = trust.opinion(node)
    if ((why !== 'certificate' && !ended) || denied || revoked || members.has(node)) continue
    const member: Member = {
      node_id: node,
      fingerprint,
      name,
      last_seen: trust.met(node)?.last_seen ?? NEVER,
      here_until: NEVER,
      addresses: [],
      offline: false,
      unsure: true,
      known_by: 'gossip',
    }
    if (!ended) members.set(node, member)
    else {
      const unreached = { why: 'ended', ended_at: rfc3339(ended.not_after) } as const
      gone.push({ member, collected: { outcome: 'unreachable' }, unreached })
    }
  }
  if (team === undefined) return { members, ended: gone, hearsay }
  const teamsOf = (node: NodeId) => {
    const { ended, teams } = trust.opinion(node)
    return ended?.teams ?? teams
  }
  const known = new Set(trust.known().flatMap(teamsOf))
  if (!known.has(team)) throw unknownTeam(team, [...known])
  const isIn = (node: NodeId) => teamsOf(node).includes(team)
  for (const node of members.keys()) if (!isIn(node)) members.delete(node)
  return { members, ended: gone.filter(({ member }) => isIn(member.node_id)), hearsay: 0 }
}

function unknownTeam(team: string, known: readonly string[]): KaroError {
  const names = known.toSorted(byText).slice(0, SAID_MAX)
  return new KaroError('bad_request', `no node is in a team '${team}'`, {
    where: 'team',
    hint:
      names.length === 0
        ? 'No team is known yet: karo peers trust <node> --team <name> puts a node into one.'
        : `The teams known here are: ${names.join(', ')}.`,
  })
}
