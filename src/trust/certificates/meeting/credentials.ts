// The certificates and invites that two nodes show each other while they admit each other, and the result. A node whose certificate was
// taken from it is admitted by nobody, so it is shown the list when it knocks.
import { RevocationList, type RevocationListBody } from '../../../../protocols/messages/certificate.ts'
import { ROOT_LIST_BYTES } from '../../../../protocols/messages/hello.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { createListeners } from '../../../base/run/listeners.ts'
import { statementIn } from '../../identity/index.ts'
import type { Answer, Credentials } from '../fleet-types.ts'
import { createLettingIn, type LettingInDeps } from '../invites/letting-in.ts'
import type { Seeking } from '../invites/seeking.ts'
import type { RootWord } from '../root-word.ts'
import type { FleetKind } from '../types.ts'
import { lastKeyOf } from '../verify.ts'

export interface CredentialsDeps extends LettingInDeps {
  readonly rootWord: RootWord
  /** The invite that this node uses. */
  readonly seeking: Seeking
  /** Certificates shown by another node count here at once; resolves when they are stored. */
  readonly signed: (kind: FleetKind, frame: Uint8Array) => Promise<void>
  /** There is something else to say about these nodes now. */
  readonly tell: (nodes: Iterable<NodeId>) => void
}

export function createCredentials(deps: CredentialsDeps): Omit<Credentials, 'seeks'> & { end(): void } {
  const { identity, kinship, roll, lineage, rootWord, seeking, clock, log, tell } = deps
  const lettingIn = createLettingIn(deps)
  const take = (kind: FleetKind, frame: Uint8Array): void =>
    void deps
      .signed(kind, frame)
      .catch((error: unknown) =>
        log.error({ kind, reason: String(error) }, 'what another node showed was not stored'),
      )
  const settled = createListeners<[NodeId]>()

  const revokedOf = (keys: readonly NodeId[]) => keys.map(roll.revoked).find((one) => one !== undefined)

  function byIssuer(by: NodeId): Answer['revoked_by'] {
    const list = roll.listOf(by)?.frame
    const [issuer] = roll.chainOf(by, clock.now()) ?? []
    if (list === undefined || issuer === undefined || list.length > ROOT_LIST_BYTES) return undefined
    return { list, issuer }
  }

  /** A key of this node stands in the list, so that what it says is this node's to know. */
  function namesThis({ revoked }: RevocationListBody): boolean {
    const own = lineage.ancestors(identity.nodeId)
    return revoked.some(({ key }) => own.includes(formatNodeId(key)))
  }

  /** The list that revoked `node`, as it goes with an acknowledgement; undefined if no list did, or none fits into the message. */
  function listFor(node: NodeId): Answer | undefined {
    const revoked = revokedOf([node, ...lineage.family(node)])
    const revoked_by = revoked && byIssuer(revoked.by)
    if (revoked_by !== undefined) return { revoked_by }
    const root_list = revoked !== undefined || kinship.isVoid(node) ? rootWord.frame() : undefined
    return root_list && { root_list }
  }

  /**
   * Takes a list that another node showed. A list of an issuer counts if it names a key of this node, and no list that
   * is here does so. Any node may show it, because the issuer signed it.
   */
  function heardList({ root_list, revoked_by }: Answer): void {
    if (root_list !== undefined) rootWord.heard(root_list)
    const root = roll.root()
    if (revoked_by === undefined || root === undefined) return
    if (revokedOf(lineage.ancestors(identity.nodeId)) !== undefined) return
    const said = statementIn(RevocationList, revoked_by.list, root.mesh)
    if (said === undefined || !namesThis(said.body)) return
    const author = said.by
    if (!roll.isAuthority(author) && lastKeyOf([revoked_by.issuer]) === author)
      take('certificate', revoked_by.issuer)
    // A list by an author who may not revoke has no effect, and is not stored.
    if (roll.wants(author, said.body.version)) take('revocation_list', revoked_by.list)
  }

  return {
    shown(to) {
      const chain = roll.chainOf(kinship.certifiedKey(), clock.now())
      const join = seeking.shown(to)
      return { chain, join }
    },
    heard(node, { chain, join, name }) {
      if (chain !== undefined) tell(roll.chain(kinship.keyOf(node, chain), chain, clock.now()))
      if (join === undefined) return false
      lettingIn
        .letIn(node, join, name)
        .catch((error: unknown) =>
          log.warn({ peer: node, reason: String(error) }, 'a node could not be let in'),
        )
        .finally(() => settled.tell(node))
      return true
    },
    answer(node) {
      const said = lettingIn.answer(node)
      const list = listFor(node)
      if (list === undefined) return said
      // Without a valid certificate its grants are void too, and both would be too large for one message.
      const { granted: _, ...rest } = said
      return { ...rest, ...list }
    },
    answered(node, answer) {
      heardList(answer)
      seeking.answered(node, answer)
    },
    onSettled: settled.on,
    end: lettingIn.end,
  }
}
