// Who counts: the machines whose shares are added up, those that are expected, and the nodes that may read a total.
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Certificates } from '../../trust/certificates/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Contributor } from '../aggregates/index.ts'

export interface RosterDeps {
  readonly self: NodeId
  readonly fleet: Pick<Certificates, 'certified'>
  readonly trust: Pick<Trust, 'opinion' | 'known' | 'memberOf'>
}

export interface Roster {
  /** Nodes that may have given a share: certified, or named in the configuration; this one among them. */
  candidates(): readonly NodeId[]
  contributorOf(node: NodeId): Contributor | undefined
  isRevoked(node: NodeId): boolean
  /** Member ids of those that are certified and not revoked. */
  expected(): ReadonlySet<string>
  /** Ed25519 keys of the nodes with this role, as certificates and the configuration say, without those that are refused. */
  readers(audience: string): readonly Uint8Array[]
}

/**
 * Only what an issuer or the owner said counts here: anybody can make a hundred keys that call themselves machines, and k
 * of them with one real machine would show that machine's numbers.
 */
export function createRoster({ self, fleet, trust }: RosterDeps): Roster {
  const certified = (): ReadonlySet<NodeId> => new Set(fleet.certified().map(({ node_id }) => node_id))
  const configured = (): readonly NodeId[] =>
    trust.known().filter((node) => trust.opinion(node).why === 'config')
  const all = (): readonly NodeId[] => [...new Set([self, ...certified(), ...configured()])]
  const isRefused = (node: NodeId): boolean => {
    const { denied, revoked } = trust.opinion(node)
    return node !== self && (denied || revoked)
  }
  const rolesOf = (node: NodeId): readonly string[] => {
    const binding = fleet.certified().find(({ node_id }) => node_id === node)
    return [...new Set([...(binding?.roles ?? []), ...(node === self ? [] : trust.opinion(node).roles)])]
  }

  return {
    candidates: all,
    contributorOf(node) {
      const counted = certified().has(node) || (node !== self && trust.opinion(node).why === 'config')
      return { member: trust.memberOf(node), counted: counted && !isRefused(node), roles: rolesOf(node) }
    },
    isRevoked: (node) => node !== self && trust.opinion(node).revoked,
    expected: () =>
      new Set([...certified()].filter((node) => !isRefused(node)).map((node) => trust.memberOf(node))),
    readers: (audience) =>
      all()
        .filter((node) => rolesOf(node).includes(audience) && !isRefused(node))
        .flatMap((node) => parseNodeId(node) ?? []),
  }
}
