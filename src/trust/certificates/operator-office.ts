// A node's tasks for operators: an issuer certifies them, and every member verifies the certificates they show.
import { FRAME_OVERHEAD } from '../../../protocols/frame.ts'
import { MeshQuery } from '../../../protocols/messages/query.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../base/calendar.ts'
import { KaroError } from '../../base/errors.ts'
import { printable } from '../../base/printable.ts'
import type { FleetParts } from './fleet-options.ts'
import type { OperatorTerms } from './fleet-types.ts'
import { checkLabels } from './invites/invite-terms.ts'
import type { Issuing } from './issuing.ts'
import { isCalled } from './kinship.ts'
import { certificateBytes } from './sign.ts'
import { LIFE_MAX_MS } from './verify.ts'

/** Half of what a question may have, so that a delegation and a question with filters have room beside the chain. */
const CHAIN_BYTES_MAX = (MeshQuery.limit + FRAME_OVERHEAD) / 2
const LEAST_MS = 60_000
const NAME_MAX = 64

type OperatorOfficeDeps = FleetParts & { readonly issuing: Issuing }

export function createOperatorOffice(deps: OperatorOfficeDeps) {
  const { roll, issuing, clock } = deps
  return {
    /** The mesh of this node, 32 bytes; undefined: it is in none of a root. */
    mesh: () => roll.root()?.mesh,
    /** The present validity of the certificates shown for this key, including what this node knows about their issuer. */
    verdict: (chain: readonly Uint8Array[], key: Uint8Array) =>
      roll.operators.verdict(chain, key, clock.now()),
    /** The newest certificates of this operator that came here, from the one of the root on. */
    chainOf: roll.operators.chainOf,
    /** Every operator whose certificate came here, those that have ended or were revoked among them. */
    list: () => roll.operators.list(clock.now()),

    /**
     * Certifies a person, or does so again; resolves with the chain when it is stored. KaroErrors: `refused` when this node
     * may not, or not with these roles; `bad_request` for terms out of bounds; `conflict` where another key has the name.
     */
    async issue(terms: OperatorTerms) {
      const { key, name, roles, teams, for_ms } = terms
      issuing.mayGive(roles)
      checkTerms(terms)
      checkSize(deps, terms)
      const operator = formatNodeId(key)
      const now = clock.now()
      if (roll.revoked(operator) !== undefined)
        throw new KaroError('refused', 'the key of this operator was revoked', {
          hint: 'karo operator issue makes a credential with another key.',
        })
      if (roll.word(operator, now) !== undefined)
        throw new KaroError('conflict', 'this key is a node, which cannot be an operator too')
      if (isCalled(roll, name, now, ({ node_id }) => node_id === operator)) {
        throw new KaroError('conflict', `a machine or an operator is called ${name} already`, {
          hint: 'Ledgers name both: choose another name, or revoke the operator whose credential is lost (karo operator list).',
        })
      }
      const chain = await issuing.certifyOperator(key, { name, roles, teams }, for_ms)
      if (chain.length === 0) throw new KaroError('internal', 'the certificate is not valid on this node')
      return chain
    },
  }
}

/** Certified people, who ask through nodes by delegations. */
export type Operators = ReturnType<typeof createOperatorOffice>

function checkTerms({ name, roles, teams, for_ms }: OperatorTerms): void {
  // People take sixteen hex digits for a fingerprint.
  const isFingerprint = /^[0-9a-f]{16}$/i.test(name.replace(/[\s:-]/g, ''))
  const isVisible = name !== '' && name.trim() === name && printable(name) === name
  if (!isVisible || isFingerprint || [...name].length > NAME_MAX) {
    throw new KaroError(
      'bad_request',
      `a name has 1 to ${NAME_MAX} visible characters, and is no fingerprint`,
      {
        where: 'name',
      },
    )
  }
  checkLabels('role', roles)
  checkLabels('team', teams)
  if (for_ms < LEAST_MS || for_ms > LIFE_MAX_MS.operator) {
    const days = LIFE_MAX_MS.operator / DAY_MS
    throw new KaroError('bad_request', `an operator is certified for a minute to ${days} days`)
  }
}

/** Throws KaroError `bad_request` where the certificates would leave too little of a question free. */
function checkSize(deps: OperatorOfficeDeps, { key, name, roles, teams }: OperatorTerms): void {
  const { roll, identity, clock } = deps
  const terms = { usage: 'operator', key, name, roles, teams } as const
  const above = roll.chainOf(identity.nodeId, clock.now())?.[0]?.length ?? 0
  if (above + certificateBytes(identity, roll.root()?.mesh as Uint8Array, terms, deps) <= CHAIN_BYTES_MAX)
    return
  throw new KaroError('bad_request', 'a question cannot hold so many roles and teams', {
    hint: 'Give fewer or shorter ones.',
  })
}
