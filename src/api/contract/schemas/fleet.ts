// Schemas of the mesh that a root certifies: /fleet.
import * as z from 'zod'
import {
  count,
  digits,
  fingerprint,
  flag,
  frameText,
  integer,
  labels,
  listOf,
  moment,
  named,
  nodeFields,
  nodeId,
  nodeName,
  oneOf,
  someText,
  text,
  who,
  whole,
} from './fields.ts'

const owner = (what: string) => text(64, what)

const certificate = named('Certificate', {
  usage: oneOf(
    ['issuer', 'node', 'operator'],
    'issuer: may certify others, and is a node itself; operator: a person',
  ),
  ...nodeFields,
  roles: labels('roles it was given'),
  teams: labels('teams it was given'),
  owner: owner('of a node: who has it').optional(),
  grants: labels('of an issuer: privileged roles that it may give'),
  issuer: nodeId('who signed it'),
  issued_at: moment('when it was signed'),
  ends_at: moment('until when it holds, with every certificate above it'),
})

/** Who took the certificate of a node from it. */
export const revokedBy = () =>
  z.strictObject({
    node_id: nodeId('who signed the list that names the key'),
    fingerprint: fingerprint(),
    name: nodeName().describe('of the issuer; empty for the root, and where it is not known'),
    root: flag('the root of the mesh did, and no issuer'),
    at: moment('when it was revoked'),
  })

export const fleetState = named('Fleet', {
  mesh: digits(64, 'identity of the mesh: BLAKE3 of the key of its root').nullable(),
  root: nodeId().nullable().describe('the root that this node trusts; null: none'),
  joined_at: moment('when this node began to belong to it').nullable(),
  own: certificate.nullable().describe('the certificate of this node; null: none that holds'),
  last: certificate.nullable().describe('the newest one, also where it has ended'),
  why_not: z
    .enum(['revoked', 'issuer_revoked', 'not_granted', 'ended', 'issuer_ended', 'early'])
    .nullable()
    .describe(
      'why the certificate of this node does not hold; not_granted: the issuer may not give its roles any more; ended, issuer_ended: its time is over, or its issuer’s; early: a clock that was ahead signed it',
    ),
  revoked_by: revokedBy()
    .nullable()
    .describe('who revoked the key of this node; null: nobody, or not that is known here'),
  issuer: flag('this node may certify others'),
  lists_at: moment(
    'when the newest revocation list was signed, or this node joined if that is later',
  ).nullable(),
  stale: flag('no revocation list for a week: certificates open no data here'),
  certified: count('nodes with a certificate that holds, this one included'),
  revoked: count('keys that are revoked'),
  joining: z
    .strictObject({
      ends_at: moment('when the invite ends'),
      refused: text(32, 'why the inviter did not take it').nullable(),
      detail: text(400, 'what is wrong with the enrolment file').nullable(),
      clock_off_ms: integer(
        "the inviter's clock minus this one, milliseconds, where it is refused for that",
      ).nullable(),
      places: listOf(text(300, '`host:port`'), 16, 'addresses at which this node tries the inviter'),
      ways: listOf(
        z.enum(['mdns', 'dns_sd', 'scan', 'peers']),
        4,
        'what else finds it here: the keys of discovery that are in use',
      ),
    })
    .nullable()
    .describe('an invite that this node is using; null: none'),
})
export type FleetShape = z.infer<typeof fleetState>

export const foundBody = z.strictObject({
  root: nodeId('public key of the root'),
  certificate: frameText(
    4096,
    'certificate of this node as an issuer, signed by the root: the frame in base64url',
  ),
})

export const rootList = named('RootList', {
  number: z.int().min(0).nullable().describe('number of the newest list that the root signed; null: none'),
  signed_at: moment('when that list was signed; the next one has to be later').nullable(),
  revoked: listOf(
    z.strictObject({ node_id: nodeId(), at: moment('when it was revoked') }),
    1024,
    'keys that the root revoked',
  ),
  by_issuers: listOf(
    z.strictObject({ issuer: nodeId(), node_id: nodeId(), at: moment('when it was revoked') }),
    8_192,
    'keys that issuers revoked; a list that revokes an issuer repeats what that one revoked',
  ),
})
export type RootListShape = z.infer<typeof rootList>

export const rootListBody = z.strictObject({
  list: frameText(90_000, 'revocation list that the root signed: the frame in base64url'),
})

/** One line of a mesh that is exported. */
export const meshExportLine = z
  .union([
    z.strictObject({
      karo_mesh: z.literal(1).describe('of the first line: the form of the file'),
      root: nodeId(),
      exported_at: moment('when it was exported'),
      exported_ms: z.int().describe('the same, milliseconds since the epoch'),
    }),
    z.strictObject({
      kind: z.enum(['certificate', 'revocation_list', 'policy_bundle']),
      frame: text(90_000, 'as its author signed it, base64url'),
    }),
  ])
  .meta({ id: 'MeshExportLine' })

export const assignBody = z.strictObject({
  who: who(),
  name: someText(64, 'replaces its name').exactOptional(),
  roles: listOf(someText(64), 8, 'replaces its roles').exactOptional(),
  teams: listOf(someText(64), 8, 'replaces its teams').exactOptional(),
  owner: owner('replaces who has it; empty: nobody but itself').exactOptional(),
})
export const assignableQuery = z.strictObject({ issuer: who().describe('who certified them last') })
export const assignable = named('Assignable', {
  nodes: listOf(
    z.strictObject({
      ...nodeFields,
      roles: labels('roles it has'),
      teams: labels('teams it has'),
    }),
    8_192,
    'nodes for which this issuer can sign a new certificate',
  ),
})

export const assigned = named('Assigned', { certificate })

const invite = named('Invite', {
  id: digits(16, 'names the invite; no secret'),
  state: oneOf(
    ['open', 'used', 'expired', 'cancelled', 'replaced'],
    'replaced: it names a key that this node has no more, so it lets nobody in',
  ),
  made_at: moment('when it was made'),
  made_by: text(256, 'the account that made it').optional(),
  ends_at: moment('when it ends'),
  uses: count('number of machines that may use it'),
  used: count('machines it has let in'),
  failures: count('wrong proofs; five of them cancel it'),
  roles: labels('roles of these machines'),
  teams: labels('teams of these machines'),
  owner: owner('who has these machines').optional(),
})
export type InviteShape = z.infer<typeof invite>

export const inviteList = z.strictObject({ invites: listOf(invite, 2048, 'the newest first') })
export const inviteAnswer = z.strictObject({ invite })

export const inviteBody = z.strictObject({
  uses: whole(1, 1_000, 'number of machines that may use it').default(1),
  for_ms: whole(60_000, 90 * 86_400_000, 'how long it can be used').default(86_400_000),
  roles: listOf(someText(64), 8, 'roles of these machines').default([]),
  teams: listOf(someText(64), 8, 'teams of these machines').default([]),
  owner: someText(64, 'who has these machines: in totals they count once').exactOptional(),
})

export const inviteMade = named('InviteMade', {
  invite,
  code: text(128, 'the invite itself, with addresses of this node; never told again'),
  root: nodeId(),
  places: listOf(text(300, '`host:port`'), 16, 'where this node listens'),
})

export const cancelBody = z.strictObject({ id: someText(64, 'its id') })

export const joinBody = z.strictObject({
  code: someText(256, 'the invite'),
  root: nodeId('the root that has to answer, if it is known').exactOptional(),
  places: listOf(someText(300), 16, 'where the inviter is, `host:port`, beside what mDNS finds').default([]),
})
