// Who counts as a member, and what the mesh tells of whom it sees: bounded by whom this node admits or refuses.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TrustParts } from './options.ts'
import type { Sources } from './sources.ts'
import type { Member, Trust } from './types.ts'

export interface SightingsDeps extends TrustParts, Sources {
  /** Somebody spoke about the node, so it does not wait for a person any more. */
  readonly isDecided: (node: NodeId) => boolean
}

export function createSightings({
  lineage,
  own,
  seen,
  admits,
  refuses,
  isDecided,
}: SightingsDeps): Pick<
  Trust,
  'members' | 'member' | 'sawMember' | 'heardOf' | 'lost' | 'pending' | 'sawStranger' | 'met'
> {
  /** Admitted here, or announced by somebody who is; and not refused. */
  function counts({ node_id, sponsor }: Member): boolean {
    if (own.has(node_id) || refuses(node_id)) return false
    // A member that has come with its new key is counted once.
    const now = lineage.current(node_id)
    if (now !== node_id && seen.member(now) !== undefined) return false
    return admits(node_id) || (sponsor !== undefined && admits(sponsor))
  }

  return {
    members: () => seen.members().filter(counts),
    member(node) {
      const member = seen.member(node)
      return member !== undefined && counts(member) ? member : undefined
    },
    sawMember(node, sighting) {
      if (admits(node)) seen.sawMember(node, sighting)
    },
    heardOf(node, sighting, by) {
      if (own.has(node) || refuses(node) || !admits(by)) return false
      const before = seen.member(node)
      const sponsor = before?.sponsor !== undefined && admits(before.sponsor) ? before.sponsor : by
      if (admits(node)) {
        const linked = before !== undefined && before.sponsor === undefined
        seen.sawMember(node, linked ? sighting : { ...sighting, sponsor })
        return true
      }
      if (before?.sponsor !== sponsor) seen.makeRoom(sponsor, (one) => !admits(one))
      seen.sawMember(node, { ...sighting, sponsor })
      return true
    },
    lost: (node) => seen.lost(node),
    pending: () => seen.strangers().filter(({ node_id }) => !isDecided(node_id)),
    sawStranger(node, sighting) {
      if (!own.has(node) && !refuses(node)) seen.sawStranger(node, sighting)
    },
    met: (node) => seen.member(node) ?? seen.stranger(node),
  }
}
