// The certificates and invites that two nodes show each other while they admit each other, and the result.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { createListeners } from '../../../base/run/listeners.ts'
import type { Log } from '../../../base/run/log.ts'
import type { Credentials } from '../fleet-types.ts'
import { createLettingIn, type LettingInDeps } from '../invites/letting-in.ts'
import type { Seeking } from '../invites/seeking.ts'
import type { Roll } from '../roll-types.ts'
import type { FleetKind } from '../types.ts'
import { createKnocking, type KnockingDeps } from './knocking.ts'

export interface CredentialsDeps
  extends Omit<LettingInDeps, 'self' | 'isNameKnown'>,
    Omit<KnockingDeps, 'self' | 'take'> {
  readonly identity: LettingInDeps['self']
  /** Default: people know no names. */
  readonly isNameKnown: LettingInDeps['isNameKnown'] | undefined
  /** The key of this node that has a certificate. */
  readonly certifiedKey: () => NodeId
  /** Which of its keys the certificates are about that a node shows. */
  readonly keyOf: (node: NodeId, chain: readonly Uint8Array[]) => NodeId
  readonly roll: Roll
  /** The invite that this node uses. */
  readonly seeking: Pick<Seeking, 'shown' | 'answered'>
  readonly clock: Clock
  readonly log: Log
  /** Certificates shown by another node count here at once; resolves when they are stored. */
  readonly signed: (kind: FleetKind, frame: Uint8Array) => Promise<void>
  /** There is something else to say about these nodes now. */
  readonly tell: (nodes: Iterable<NodeId>) => void
}

export function createCredentials(deps: CredentialsDeps): Omit<Credentials, 'seeks'> {
  const { identity, certifiedKey, keyOf, roll, seeking, clock, log, tell } = deps
  const { isNameKnown = () => false } = deps
  const lettingIn = createLettingIn({ ...deps, self: identity, isNameKnown })
  const knocking = createKnocking({
    ...deps,
    self: identity.nodeId,
    take: (kind, frame) =>
      void deps
        .signed(kind, frame)
        .catch((error: unknown) =>
          log.error({ kind, reason: String(error) }, 'what another node showed was not stored'),
        ),
  })
  const settled = createListeners<[NodeId]>()

  return {
    shown(to) {
      const chain = roll.chainOf(certifiedKey(), clock.now())
      const join = seeking.shown(to)
      return { ...(chain === undefined ? {} : { chain }), ...(join === undefined ? {} : { join }) }
    },
    heard(node, { chain, join, name }) {
      if (chain !== undefined) tell(roll.chain(keyOf(node, chain), chain, clock.now()))
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
      const list = knocking.told(node)
      if (list === undefined) return said
      // Without a valid certificate its grants are void too, and both would be too large for one message.
      const { granted: _, ...rest } = said
      return { ...rest, ...list }
    },
    answered(node, answer) {
      knocking.heard(answer)
      seeking.answered(node, answer)
    },
    onSettled: settled.on,
  }
}
