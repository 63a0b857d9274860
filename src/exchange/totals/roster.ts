// Who counts: the machines whose shares are added up, those that are expected, and the nodes that may read a total.
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { byText } from '../../base/by-text.ts'
import { comparable } from '../../base/words/comparable.ts'
import { principalOf } from '../../trust/policy/index.ts'
import type { Contributor } from '../aggregates/index.ts'
import type { TotalsDeps } from './deps.ts'

/** Who may read the totals of a role anywhere in the mesh, as certificates say: nothing that this machine alone decided. */
export interface Readers {
  /** Without this one. */
  readonly nodes: readonly NodeId[]
  /** People who ask under their own name, through whichever node. */
  readonly operators: readonly { readonly node_id: NodeId; readonly name: string }[]
}

/** Who is who at one moment: it is made anew for each round, because a thousand machines are looked up in it often. */
export type Roster = ReturnType<typeof rosterOf>

/**
 * Only what an issuer or the owner said counts here: anybody can make a hundred keys that call themselves machines, and k
 * of them with one real machine would show that machine's numbers.
 */
export function rosterOf({ identity, fleet, trust }: TotalsDeps) {
  const self = identity.nodeId
  const certified = new Map(fleet.certified().map((binding) => [binding.node_id, binding]))
  const isConfigured = (node: NodeId): boolean => node !== self && trust.opinion(node).why === 'config'
  const isRefused = (node: NodeId): boolean => {
    const { denied, revoked } = trust.opinion(node)
    return node !== self && (denied || revoked)
  }
  const isCounted = (node: NodeId): boolean => (certified.has(node) || isConfigured(node)) && !isRefused(node)
  const rolesOf = (node: NodeId): readonly string[] => {
    const own = certified.get(node)?.roles ?? []
    return node === self ? own : [...new Set([...own, ...trust.opinion(node).roles])]
  }
  // What the configuration here says of teams the other aggregator does not know.
  const teamsOf = (node: NodeId): readonly string[] => certified.get(node)?.teams ?? []
  // No member id has the prefix, so that no owner is taken for a machine.
  const ownerOf = (node: NodeId): string | undefined => {
    const owner = certified.get(node)?.owner
    return owner === undefined ? undefined : `owner ${comparable(owner)}`
  }
  const expected = new Map(
    [...certified.keys()].filter((node) => !isRefused(node)).map((node) => [trust.memberOf(node), node]),
  )
  /** How many of them are in each team, by their certificates. */
  const teams = new Map<string, number>()
  for (const team of [...expected.values()].flatMap((node) => [...new Set(teamsOf(node))]))
    teams.set(team, (teams.get(team) ?? 0) + 1)
  /** Nodes whose shares are looked at: certified or known here, this one among them. */
  const candidates = [...new Set([self, ...certified.keys(), ...trust.known()])]

  return {
    candidates,
    contributorOf: (node: NodeId): Contributor => ({
      member: trust.memberOf(node),
      owner: ownerOf(node),
      counted: isCounted(node),
      roles: rolesOf(node),
      teams: teamsOf(node),
    }),
    /** Whether these nodes have owners by their certificates, each another one: two halves of a number are not to meet. */
    areApart(nodes: readonly NodeId[]) {
      const owners = nodes.map(ownerOf)
      return owners.every((owner, at) => owner !== undefined && owners.indexOf(owner) === at)
    },
    isRevoked: (node: NodeId) => node !== self && trust.opinion(node).revoked,
    /** Member ids of those that are certified and not revoked. */
    expected: new Set(expected.keys()),
    teams,
    /** The nodes with this role, as policy sees them, without this one. */
    principals: (audience: string) =>
      candidates
        .filter((node) => node !== self && rolesOf(node).includes(audience))
        .map((node) => principalOf(trust.opinion(node))),
    named: (audience: string) => ({
      nodes: [...certified.values()]
        .filter(({ node_id, roles }) => node_id !== self && roles.includes(audience))
        .flatMap(({ node_id }) => (trust.opinion(node_id).revoked ? [] : node_id)),
      operators: fleet.operators
        .list()
        .filter(({ state, binding }) => state === 'valid' && binding.roles.includes(audience))
        .map(({ binding }) => ({ node_id: binding.node_id, name: binding.name }))
        .sort((a, b) => byText(a.name, b.name)),
    }),
    /** Ed25519 keys of the nodes with this role, as certificates and the configuration say, without those that are refused. */
    readers: (audience: string) =>
      candidates
        .filter((node) => isCounted(node) && rolesOf(node).includes(audience))
        .flatMap((node) => parseNodeId(node) ?? []),
  }
}
