// Takes certificates and lists from any source: the changes of each, its ledger entries, and who is notified.
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import type { FleetParts } from '../fleet-options.ts'
import type { Issuing } from '../issuing.ts'
import type { FleetKind } from '../types.ts'
import type { Parting } from './parting.ts'

export interface TakingDeps extends FleetParts {
  readonly parting: Parting
  readonly issuing: Issuing
  /** Certificates of this node itself changed. */
  readonly renewed: () => void
  /** Other authors are authorities than before. */
  readonly authorities: () => void
  /** There is something else to say about these nodes now. */
  readonly tell: (nodes: Iterable<NodeId>) => void
}

export function createTaking(deps: TakingDeps) {
  const { roll, lineage, parting, issuing, audit, clock, log } = deps
  const self = deps.identity.nodeId

  function noteRevoked(node: NodeId): void {
    const revoked = roll.revoked(node)
    if (revoked === undefined) return
    log.info({ peer: node, by: revoked.by }, 'a key was revoked')
    const details = { by: revoked.by }
    void audit.record({ type: 'certificate_revoked', success: true, peer: node, details })
  }

  /**
   * `isNew`: false at the start, for what was kept before. `cut`: whom a list puts out loses its link at once, because it was
   * emptied already.
   */
  function take(kind: FleetKind, frame: Uint8Array, isNew = true, cut?: 'cut'): void {
    const now = clock.now()
    const isList = kind === 'revocation_list'
    const from = isNew ? undefined : 'kept'
    const changed = isList ? roll.list(frame, now, from) : roll.certificate(frame, now).changed
    if (isNew && isList) for (const node of changed) noteRevoked(node)
    if (changed.includes(self)) deps.renewed()
    if (!isList && changed.some((node) => roll.isAuthority(node))) deps.authorities()
    const others = new Set(changed.flatMap(lineage.all).filter((node) => node !== self))
    const leaving = isNew && isList && cut === undefined ? parting.begin([...others]) : undefined
    deps.tell(changed.filter((node) => leaving?.has(node) !== true))
  }

  /**
   * A member has a list of this node that this node lost, for example in a restore: this node signs one that continues it.
   */
  function takeList(frame: Uint8Array, isNew: boolean): void {
    const before = roll.listOf(self)
    take('revocation_list', frame, isNew)
    if (!isNew || roll.listOf(self) === before || !issuing.isIssuer()) return
    issuing.relist().catch((error: unknown) => log.error({ reason: String(error) }, 'no list was signed'))
  }

  const isFirst = (author: NodeId): boolean => {
    const root = roll.root()
    return root !== undefined && author === formatNodeId(root.key)
  }
  const judged = { wanted: roll.wants, isFirst }

  return {
    take,
    /** By which documents come. */
    documents: {
      certificate: {
        ...judged,
        accept: (frame: Uint8Array, isNew: boolean) => take('certificate', frame, isNew),
      },
      revocation_list: { ...judged, accept: takeList },
    },
  }
}
