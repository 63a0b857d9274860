// Commands that a person runs here with the root key: make this node an issuer, or revoke a key, even an issuer's.

import { RevocationList } from '../../../protocols/messages/certificate.ts'
import { ROOT_LIST_BYTES } from '../../../protocols/messages/hello.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import { ANOTHER_KEY } from '../../base/words/revoked.ts'
import { isSame, statementIn } from '../identity/index.ts'
import type { FleetParts } from './fleet-options.ts'
import type { Fleet } from './fleet-types.ts'
import { meshOf } from './sign.ts'
import { CHAIN_FAULTS, type TrustedRoot, verifyChain } from './verify.ts'

export interface RootWordDeps extends FleetParts {
  /** Whether this node belongs to the mesh of another root. */
  readonly isOther: (root: Uint8Array) => boolean
  /**
   * A list was signed by the root: it goes to the mesh, and counts here once the neighbours have it, or a little later.
   * Resolves then, when it is stored; where it cannot be stored it counts here at once.
   */
  readonly signedByRoot: (list: Uint8Array) => Promise<void>
  /** This node belongs to the root's mesh from now on, with this certificate; resolves when that is stored. */
  readonly joined: (root: Uint8Array, certificate: Uint8Array) => Promise<void>
}

export interface RootWord extends Pick<Fleet, 'found' | 'rootList' | 'revokedByRoot'> {
  /** The newest list of the root, as it goes with an acknowledgement. */
  frame(): Uint8Array | undefined
  /** A list that another node showed; it counts, and goes to the mesh, if the root signed it and it says something new. */
  heard(frame: Uint8Array): void
}

export function createRootWord({
  identity,
  roll,
  clock,
  log,
  isOther,
  signedByRoot,
  joined,
}: RootWordDeps): RootWord {
  const listNow = () => {
    const root = roll.root()
    return root && roll.listOf(formatNodeId(root.key))
  }

  return {
    async found(root, certificate) {
      if (isOther(root)) throw otherMesh()
      const mesh = meshOf(root)
      const verdict = verifyChain([certificate], {
        root: { key: root, mesh },
        at: clock.now(),
        key: identity.publicKey,
        isRevoked: (key) => roll.revoked(formatNodeId(key)) !== undefined,
      })
      if (!verdict.ok) {
        throw new KaroError('refused', `the certificate is not valid: ${CHAIN_FAULTS[verdict.fault]}`)
      }
      await joined(root, certificate)
    },

    frame() {
      const frame = listNow()?.frame
      return frame !== undefined && frame.length <= ROOT_LIST_BYTES ? frame : undefined
    },
    heard(frame) {
      const root = roll.root()
      if (root === undefined || !saysMore(frame, root, listNow()?.revoked)) return
      signedByRoot(frame).catch((error: unknown) =>
        log.error(
          { reason: String(error) },
          'a revocation list of the root counts here, and could not be stored',
        ),
      )
    },

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

    async revokedByRoot(frame) {
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

/** No invite lets a revoked key in, and no inviter need be looked for to hear that. */
export const revokedKey = (): KaroError =>
  new KaroError('refused', 'the key of this node was revoked: no invite lets it in any more', {
    hint: `Give this machine another key: ${ANOTHER_KEY}. karo ca show says who revoked it.`,
  })

export const otherMesh = (): KaroError =>
  new KaroError('conflict', 'this node belongs to a mesh already', {
    hint: 'karo ca show says which. karo leave leaves it; another home (--home) can join another.',
  })
