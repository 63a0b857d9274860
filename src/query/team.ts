// Teams as this node's people see them: who is asked when a question is about one.
import type { NodeId } from '../../protocols/node-id.ts'
import { byText } from '../base/by-text.ts'
import { KaroError } from '../base/errors.ts'
import type { Member, Trust } from '../trust/index.ts'

/** More would not be read. */
const SAID_MAX = 20

/** All members, or those of `team`, under the names that people here gave them. KaroError bad_request when nobody this node knows is in such a team. */
export function membersOf(
  trust: Pick<Trust, 'members' | 'opinion' | 'known'>,
  team: string | undefined,
): Map<NodeId, Member> {
  const members = new Map(
    trust.members().map((member) => {
      const name = trust.opinion(member.node_id).name || member.name
      return [member.node_id, { ...member, name }]
    }),
  )
  if (team === undefined) return members
  const known = new Set(trust.known().flatMap((node) => trust.opinion(node).teams))
  if (!known.has(team)) throw unknownTeam(team, [...known])
  for (const node of members.keys()) if (!trust.opinion(node).teams.includes(team)) members.delete(node)
  return members
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
