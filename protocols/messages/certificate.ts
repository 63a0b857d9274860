// Certificates and revocation lists: what an organisation's root, and the issuers it certified, say about keys.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { FRAME_OVERHEAD } from '../frame.ts'
import { bytes, label, listOf, publicName, rowsOf, timestamp, uint } from './fields.ts'

/** The payload of one certificate. */
const CERTIFICATE_BYTES = 2 * 1024
/** The whole frame of one, as it stands in a chain. */
export const CERTIFICATE_FRAME_BYTES = CERTIFICATE_BYTES + FRAME_OVERHEAD
/** Certificates in one chain, the root's own key not counted. */
export const CHAIN_MAX = 2
/** Roles, and teams, of one certificate. */
const CERTIFIED_LABELS_MAX = 8
/** Keys one list may revoke. */
export const REVOKED_MAX = 1024

export const Certificate = defineMessage({
  type: 0x0302,
  name: 'Certificate',
  purpose:
    'Binds a key to a name, roles and teams of one mesh for some time; signed by its root or an issuer.',
  limit: CERTIFICATE_BYTES,
  carried: 'document',
  body: z.object({
    version: timestamp('when it was signed; the newest of one key holds'),
    usage: publicName(16).describe(
      '`issuer`: the key may sign certificates of nodes and operators, and is a node itself · `node`: the key is a node · `operator`: the key is a person, who asks through nodes by delegations',
    ),
    mesh: bytes(32).describe('BLAKE3 of the public key of the root'),
    key: bytes(32).describe('the key that is bound, Ed25519'),
    member: bytes(8).describe('fingerprint of the first key of its lineage'),
    name: label(64).describe('what the organisation calls it'),
    roles: listOf(label(64), CERTIFIED_LABELS_MAX),
    teams: listOf(label(64), CERTIFIED_LABELS_MAX),
    owner: label(64)
      .optional()
      .describe('who has the machine: machines of one owner count once in totals; absent: nobody but itself'),
    grants: listOf(label(64), CERTIFIED_LABELS_MAX).describe(
      'of an issuer: the privileged roles that it may put into certificates of nodes and operators',
    ),
    not_before: timestamp('from when on it holds'),
    not_after: timestamp('until when it holds'),
  }),
})
export type CertificateBody = z.infer<typeof Certificate.body>

export const RevocationList = defineMessage({
  type: 0x0303,
  name: 'RevocationList',
  purpose:
    'Names every key that its author has revoked; signed anew at least once a day, so that a missing one is noticed.',
  limit: 64 * 1024,
  carried: 'document',
  body: z.object({
    version: timestamp('when it was signed; the newest of one author holds'),
    number: uint().describe('grows by one with every list of its author'),
    mesh: bytes(32).describe('BLAKE3 of the public key of the root'),
    revoked: rowsOf(REVOKED_MAX, { key: bytes(32), at: timestamp('when it was revoked') }).describe(
      'keys that are members no more, in any certificate',
    ),
  }),
})
export type RevocationListBody = z.infer<typeof RevocationList.body>
