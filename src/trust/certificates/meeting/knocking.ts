// How a node hears that its certificate was taken from it: nobody admits it any more, so it is shown the list when it knocks.
import { RevocationList, type RevocationListBody } from '../../../../protocols/messages/certificate.ts'
import { ROOT_LIST_BYTES } from '../../../../protocols/messages/hello.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { statementIn } from '../../identity/index.ts'
import type { LineageView } from '../../lineage/index.ts'
import type { Credentials } from '../fleet-types.ts'
import type { Roll } from '../roll-types.ts'
import type { RootWord } from '../root-word.ts'
import type { FleetKind } from '../types.ts'
import { lastKeyOf } from '../verify.ts'

type Answer = ReturnType<Credentials['answer']>

export interface Knocking {
  /**
   * The list that revoked `node`, as sent with an acknowledgement; undefined if no list did, or none fits into the
   * message.
   */
  told(node: NodeId): Pick<Answer, 'root_list'> | Pick<Answer, 'revoked_by'> | undefined
  /**
   * Takes a list that another node showed. A list of an issuer counts if it names a key of this node, and no list that
   * is here does so. Any node may show it, because the issuer signed it.
   */
  heard(shown: Parameters<Credentials['answered']>[1]): void
}

export interface KnockingDeps {
  readonly self: NodeId
  readonly roll: Roll
  readonly lineage: Pick<LineageView, 'ancestors' | 'family'>
  readonly rootWord: Pick<RootWord, 'frame' | 'heard'>
  /** It has no certificate that holds, because the root revoked who signed it. */
  readonly isVoid: (node: NodeId) => boolean
  readonly clock: Clock
  /** Takes a document, which others signed, for this node, and stores it. */
  readonly take: (kind: FleetKind, frame: Uint8Array) => void
}

export function createKnocking({
  self,
  roll,
  lineage,
  rootWord,
  isVoid,
  clock,
  take,
}: KnockingDeps): Knocking {
  const revokedOf = (keys: readonly NodeId[]) => keys.map(roll.revoked).find((one) => one !== undefined)

  function byIssuer(by: NodeId): Answer['revoked_by'] {
    const list = roll.listOf(by)?.frame
    const [issuer] = roll.chainOf(by, clock.now()) ?? []
    if (list === undefined || issuer === undefined || list.length > ROOT_LIST_BYTES) return undefined
    return { list, issuer }
  }

  /** A key of this node stands in the list, so that what it says is this node's to know. */
  function namesThis({ revoked }: RevocationListBody): boolean {
    const own = lineage.ancestors(self)
    return revoked.some(({ key }) => own.includes(formatNodeId(key)))
  }

  return {
    told(node) {
      const revoked = revokedOf([node, ...lineage.family(node)])
      const revoked_by = revoked === undefined ? undefined : byIssuer(revoked.by)
      if (revoked_by !== undefined) return { revoked_by }
      const root_list = revoked !== undefined || isVoid(node) ? rootWord.frame() : undefined
      return root_list === undefined ? undefined : { root_list }
    },

    heard({ root_list, revoked_by }) {
      if (root_list !== undefined) rootWord.heard(root_list)
      const root = roll.root()
      if (revoked_by === undefined || root === undefined) return
      if (revokedOf(lineage.ancestors(self)) !== undefined) return
      const said = statementIn(RevocationList, revoked_by.list, root.mesh)
      if (said === undefined || !namesThis(said.body)) return
      const author = said.by
      if (!roll.isAuthority(author) && lastKeyOf([revoked_by.issuer]) === author)
        take('certificate', revoked_by.issuer)
      // A list by an author who may not revoke has no effect, and is not stored.
      if (roll.wants(author, said.body.version)) take('revocation_list', revoked_by.list)
    },
  }
}
