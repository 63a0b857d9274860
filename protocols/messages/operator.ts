// The delegation: an operator lets one node ask under the operator's name, for one person there and for some hours.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { FRAME_OVERHEAD } from '../frame.ts'
import { CERTIFICATE_FRAME_BYTES, CHAIN_MAX } from './certificate.ts'
import { bytes, listOf, timestamp, typeName, uint } from './fields.ts'

/** The longest time that a delegation may hold: a working day. */
export const DELEGATION_LIFE_MS = 8 * 60 * 60_000
/** Types of questions that one delegation may name. */
const DELEGATED_TYPES_MAX = 16

/** The sender of the frame is the operator. */
export const Delegation = defineMessage({
  type: 0x0310,
  name: 'Delegation',
  purpose: "Signed by an operator: lets one node ask under the operator's name; travels inside MeshQuery.",
  limit: 1024,
  carried: 'document',
  body: z
    .object({
      session: bytes(16).describe('names the login, for ledgers'),
      mesh: bytes(32).describe('BLAKE3 of the public key of the root'),
      node: bytes(32).describe('Ed25519 key of the only node that may ask by it'),
      uid: uint(0xffff_ffff).describe('the person of that node who may; that node sees to it'),
      types: listOf(typeName(), DELEGATED_TYPES_MAX).describe('types of questions that may be asked by it'),
      audience_key: bytes(32).describe(
        'X25519 key that the node keeps in memory alone, to which every answer is sealed',
      ),
      not_before: timestamp('from when on it holds'),
      not_after: timestamp('until when it holds'),
    })
    .refine(
      ({ not_before, not_after }) => not_after > not_before && not_after - not_before <= DELEGATION_LIFE_MS,
      'a delegation holds for at most 8 hours',
    ),
})
export type DelegationBody = z.infer<typeof Delegation.body>

/** What shows that an operator asks through a node; absent where the node asks for itself. */
export const operatorProof = z
  .object({
    delegation: bytes(FRAME_OVERHEAD, FRAME_OVERHEAD + Delegation.limit).describe(
      'the Delegation frame as the operator signed it',
    ),
    chain: listOf(bytes(FRAME_OVERHEAD, CERTIFICATE_FRAME_BYTES), CHAIN_MAX).describe(
      'certificates from the one that the root signed to the one of the operator',
    ),
  })
  .optional()
