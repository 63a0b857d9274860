// An operator, the node that it asks through, and an owner that knows their mesh; and the delegation between them.
import type { DelegationBody } from '../../../../protocols/messages/operator.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import type { TrustLevel } from '../../../../src/base/words/trust-levels.ts'
import { createRoll } from '../../../../src/trust/certificates/roll.ts'
import { newSealingKey } from '../../../../src/trust/identity/index.ts'
import { signDelegation } from '../../../../src/trust/operators/delegation.ts'
import { createPrincipals } from '../../../../src/trust/operators/principals.ts'
import type { Asking } from '../../../../src/trust/operators/types.ts'
import {
  issuerCertificate,
  mesh,
  NOW,
  node,
  operator,
  operatorChain,
  rollWith,
} from '../certificates/chains.ts'

export const HOUR_MS = 3_600_000
const audience = newSealingKey(systemRandom)

export const body: DelegationBody = {
  session: new Uint8Array(16).fill(7),
  mesh,
  node: node.publicKey,
  uid: 1000,
  types: ['ToolUsage'],
  audience_key: audience.publicKey,
  not_before: NOW,
  not_after: NOW + 8 * HOUR_MS,
}

/** `node` asks, for the operator, about tools. */
export function question(
  change: { readonly body?: Partial<DelegationBody>; readonly by?: typeof operator } & Partial<
    Asking['body']
  > = {},
): Asking {
  const { body: said, by = operator, ...rest } = change
  return {
    author: node.publicKey,
    authorId: node.nodeId,
    body: {
      query_type: 'ToolUsage',
      audience_key: audience.publicKey,
      operator: {
        delegation: signDelegation(by, { ...body, ...said }, systemRandom),
        chain: operatorChain(),
      },
      ...rest,
    },
  }
}

export interface Words {
  readonly level?: TrustLevel
  readonly denied?: boolean
  readonly revoked?: boolean
}

/** An owner in the mesh; `said` is what its people think of a key. */
export function owner(said: Readonly<Record<NodeId, Words>> = {}, inMesh = true) {
  const time = { now: NOW }
  const roll = inMesh ? rollWith(issuerCertificate()) : createRoll()
  const { resolve } = createPrincipals({
    opinion: (id) => ({
      node_id: id,
      roles: ['individual'],
      teams: ['desk'],
      trust_level: said[id]?.level ?? (id === node.nodeId ? 'peer' : 'untrusted'),
      denied: said[id]?.denied ?? false,
      revoked: said[id]?.revoked ?? false,
    }),
    operators: {
      mesh: () => roll.root()?.mesh,
      verdict: (chain, key) => roll.operators.verdict(chain, key, time.now),
    },
    clock: { now: () => time.now },
  })
  return { time, roll, resolve }
}
