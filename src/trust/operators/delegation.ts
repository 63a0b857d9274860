// Signs, reads and judges delegations: pure functions from bytes and facts to a reading or a reason.
import { Delegation, type DelegationBody } from '../../../protocols/messages/operator.ts'
import { DELEGATION_DIGEST_BYTES } from '../../../protocols/messages/query.ts'
import type { Random } from '../../base/clock.ts'
import { blake3 } from '../../base/hash.ts'
import { CHAIN_FAULTS, type ChainFault } from '../certificates/index.ts'
import { isSame, readStatement, type Signer, signStatement, timeFault } from '../identity/index.ts'

/** Why a delegation gives nothing. Those of certificates begin with `certificate_`. */
const FAULTS = {
  malformed: 'the delegation cannot be read',
  bad_signature: 'the delegation was changed after it was signed',
  wrong_mesh: 'the delegation is for another mesh',
  wrong_node: 'the delegation was made for another node',
  wrong_key: 'the delegation names another key for answers',
  wrong_type: 'the delegation does not cover questions of this type',
  not_yet_valid: 'the delegation does not hold yet: a clock is wrong',
  expired: 'the time of the login is over',
  no_mesh: 'this node is in no mesh of a root',
  denied: 'the operator is denied here',
  issuer_denied: 'the issuer that certified the operator is denied here',
} as const
export type DelegationFault = keyof typeof FAULTS | `certificate_${ChainFault}`

/** For people. */
export function faultWords(fault: DelegationFault): string {
  if (fault in FAULTS) return FAULTS[fault as keyof typeof FAULTS]
  const words = CHAIN_FAULTS[fault.slice('certificate_'.length) as ChainFault]
  return `the certificate of the operator is not valid: ${words}`
}

/** Its signature is checked, and nothing else. */
export const readDelegation = (bytes: Uint8Array) => readStatement(Delegation, bytes)

/** The key for answers that a delegation names; empty where it cannot be read. */
export function audienceKeyOf(delegation: Uint8Array): Uint8Array {
  const read = readDelegation(delegation)
  return typeof read === 'string' ? new Uint8Array() : read.body.audience_key
}

export interface DelegationAgainst {
  readonly mesh: Uint8Array
  /** Ed25519 key of the node that asks. */
  readonly node: Uint8Array
  readonly audienceKey: Uint8Array
  readonly type: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The first thing that is wrong with what it says; undefined when it covers this question now. */
export function delegationFault(
  body: DelegationBody,
  { mesh, node, audienceKey, type, at }: DelegationAgainst,
): DelegationFault | undefined {
  if (!isSame(body.mesh, mesh)) return 'wrong_mesh'
  if (!isSame(body.node, node)) return 'wrong_node'
  if (!isSame(body.audience_key, audienceKey)) return 'wrong_key'
  if (!body.types.includes(type)) return 'wrong_type'
  return timeFault(body, at)
}

/** A whole frame. FrameError `malformed` for a body out of bounds. */
export const signDelegation = (signer: Signer, body: DelegationBody, random: Random): Uint8Array =>
  signStatement(Delegation, body, signer, body.not_before, random)

/** The digest that an answer repeats, so that the asking node knows that the owner judged this delegation. */
export const delegationDigest = (delegation: Uint8Array): Uint8Array =>
  blake3([delegation], DELEGATION_DIGEST_BYTES)
