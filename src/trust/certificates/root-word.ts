// The root's word about revoked keys: the list that a person brings here with the root key, or that another node shows.
import { RevocationList } from '../../../protocols/messages/certificate.ts'
import { ROOT_LIST_BYTES } from '../../../protocols/messages/hello.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import { isSame, statementIn } from '../identity/index.ts'
import type { FleetParts } from './fleet-options.ts'
import type { TrustedRoot } from './verify.ts'

export type RootWord = ReturnType<typeof createRootWord>

/**
 * `signedByRoot`: a list was signed by the root: it goes to the mesh, and counts here once the neighbours have it, or a little later.
 * Resolves then, when it is stored; where it cannot be stored it counts here at once.
 */
export function createRootWord({ roll, log }: FleetParts, signedByRoot: (list: Uint8Array) => Promise<void>) {
  const listNow = () => {
    const root = roll.rootId()
    return root && roll.listOf(root)
  }

  return {
    /** The newest list of the root, as it goes with an acknowledgement. */
    frame() {
      const frame = listNow()?.frame
      return frame && frame.length <= ROOT_LIST_BYTES ? frame : undefined
    },
    /** A list that another node showed; it counts, and goes to the mesh, if the root signed it and it says something new. */
    heard(frame: Uint8Array): void {
      const root = roll.root()
      if (root === undefined || !saysMore(frame, root, listNow()?.revoked)) return
      signedByRoot(frame).catch((error: unknown) =>
        log.error(
          { reason: String(error) },
          'a revocation list of the root counts here, and could not be stored',
        ),
      )
    },

    /**
     * As `Fleet.rootList`. `version`: when the newest was signed, ms since the epoch: the next one has to be later. `by_issuers`: keys
     * revoked by issuers, which a list of the root that revokes an issuer has to repeat.
     */
    rootList() {
      const list = listNow()
      const revoked = [...(list?.revoked ?? [])].map(([node_id, at]) => ({ node_id, at }))
      return {
        number: list?.number ?? null,
        version: list?.version ?? null,
        revoked,
        by_issuers: roll.revokedByIssuers(),
      }
    },

    /** As `Fleet.revokedByRoot`. */
    async revokedByRoot(frame: Uint8Array): Promise<void> {
      const root = roll.root()
      if (root === undefined) {
        throw new KaroError('refused', 'this node belongs to no mesh with a root', {
          hint: 'Run this on any certified node of the mesh (karo ca show).',
        })
      }
      const { number, revoked } = bodyBy(frame, root) ?? notByRoot()
      if (revoked.some(({ key }) => isSame(key, root.key))) {
        throw new KaroError('refused', 'that is the root of this mesh, which nobody can revoke', {
          hint: 'If somebody else has the root key, make another mesh: karo ca init.',
        })
      }
      if (number <= (listNow()?.number ?? -1)) {
        throw new KaroError('conflict', 'the root signed another revocation list in the meantime', {
          hint: 'Run it again.',
        })
      }
      await signedByRoot(frame)
      if (listNow()?.number === number) return
      throw new KaroError('conflict', "the root's revocation list is not valid on this node", {
        hint: "Compare the clock of the machine that signed it with this one's.",
      })
    },
  }
}

/** The content of a list signed by the root of this mesh; undefined for anything else. */
const bodyBy = (frame: Uint8Array, { key, mesh }: TrustedRoot) =>
  statementIn(RevocationList, frame, mesh, key)?.body

const saysMore = (
  frame: Uint8Array,
  root: TrustedRoot,
  known: ReadonlyMap<NodeId, number> | undefined,
): boolean => bodyBy(frame, root)?.revoked.some(({ key }) => known?.has(formatNodeId(key)) !== true) ?? false

function notByRoot(): never {
  throw new KaroError('refused', 'this is no revocation list that the root of this mesh has signed', {
    hint: 'Name the file of the root key of this mesh: --root-key.',
  })
}
