// /fleet, /operators and /login, described: the mesh that a root certifies, invites and joining, and people who log in.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/fleet.ts'))
const fromOperators = schemasOf(() => import('../schemas/operators.ts'))

const CODE = '04HMASR9-NF6YZK4R-8T3W2JQX-0D5BVCE7-16FGMNPS-TZY2XWQ8-R7A5D3B1-C9E6H4K0'

const KEY = 'karo:ed25519:gGmbYx3zT1bX0wq1m4nJ3pVdYc9k5uL2rS7hQe8tWfA'

const byAdmin = { access: 'admin', tag: 'mesh' } as const

export const getFleet = defineOperation('GET /api/v1/fleet', {
  access: 'person',
  tag: 'mesh',
  summary: 'The mesh of this node, and the state of its certificate',
  answer: from.fleetState,
})

export const foundFleet = defineOperation('POST /api/v1/fleet/root', {
  ...byAdmin,
  via: 'socket',
  summary: 'Take a certificate that makes this node an issuer',
  description: 'The root that signed it is trusted from now on. Its secret key is never sent.',
  body: from.foundBody,
  answer: from.fleetState,
  errors: ['refused', 'conflict'],
  example: { root: KEY, certificate: 'S0FSTwAB' },
})

export const leaveFleet = defineOperation('POST /api/v1/fleet/leave', {
  ...byAdmin,
  via: 'socket',
  summary: 'Leave the mesh; the node restarts',
  description: 'Sharing is off then. The answer is the state before.',
  answer: from.fleetState,
  errors: ['refused', 'conflict'],
})

export const getRootList = defineOperation('GET /api/v1/fleet/root', {
  ...byAdmin,
  summary: 'Revocations by the root',
  answer: from.rootList,
})

export const revokeByRoot = defineOperation('POST /api/v1/fleet/root/list', {
  ...byAdmin,
  via: 'socket',
  summary: 'Take a revocation list that the root signed',
  description:
    'On any node of the mesh. Whoever a revoked issuer certified needs another invite. The secret key of the root is never sent.',
  body: from.rootListBody,
  answer: from.rootList,
  errors: ['refused', 'conflict'],
  example: { list: 'S0FSTwAB' },
})

export const exportFleet = defineOperation('GET /api/v1/fleet/documents', {
  ...byAdmin,
  summary: 'Certificates, revocation lists and the policy bundle of the mesh, as they were signed',
  description:
    'A first line that names the root, then one document a line. They can be verified without Karo.',
  lines: {
    type: 'application/x-ndjson',
    description: 'The root, then documents, each on its own line.',
    item: from.meshExportLine,
  },
  errors: ['not_found'],
})

export const assignNode = defineOperation('POST /api/v1/fleet/assign', {
  ...byAdmin,
  via: 'socket',
  summary: 'Sign a new certificate for a node, with other roles or teams',
  description: 'Only on an issuer. Roles or teams that are left out stay.',
  body: from.assignBody,
  answer: from.assigned,
  errors: ['refused', 'not_found', 'conflict'],
  example: { who: 'bob', teams: ['eng'] },
})

export const getAssignable = defineOperation('GET /api/v1/fleet/assignable', {
  ...byAdmin,
  summary: 'Nodes whose newest certificate is by one issuer, and which another issuer may certify',
  query: from.assignableQuery,
  answer: from.assignable,
  errors: ['not_found', 'conflict', 'bad_request'],
  example: { issuer: 'hq' },
})

export const createInvite = defineOperation('POST /api/v1/fleet/invites', {
  ...byAdmin,
  via: 'socket',
  summary: 'Make an invite',
  description: 'Only on an issuer. The code is shown only once.',
  body: from.inviteBody,
  answer: from.inviteMade,
  errors: ['refused', 'conflict'],
  example: { uses: 1, for_ms: 86_400_000, roles: [], teams: ['eng'] },
})

export const getInvites = defineOperation('GET /api/v1/fleet/invites', {
  ...byAdmin,
  summary: 'Invites of this node, without their codes',
  answer: from.inviteList,
})

export const cancelInvite = defineOperation('POST /api/v1/fleet/invites/cancel', {
  ...byAdmin,
  summary: 'Cancel an invite',
  description: 'Machines that used it stay members.',
  body: from.cancelBody,
  answer: from.inviteAnswer,
  errors: ['not_found'],
  example: { id: '0123456789abcdef' },
})

export const joinFleet = defineOperation('POST /api/v1/fleet/join', {
  ...byAdmin,
  via: 'socket',
  summary: 'Use an invite: look for its inviter from now on',
  body: from.joinBody,
  answer: from.fleetState,
  errors: ['refused', 'conflict'],
  example: { code: CODE, places: ['10.0.0.5:9238'] },
})

export const issueOperator = defineOperation('POST /api/v1/operators', {
  ...byAdmin,
  via: 'socket',
  summary: 'Certify a person as an operator',
  description: 'Only on an issuer. The private key of the operator is never sent.',
  body: fromOperators.operatorBody,
  answer: fromOperators.operatorMade,
  errors: ['refused', 'conflict'],
  example: { key: KEY, name: 'carol', roles: ['security'], teams: [] },
})

export const getOperators = defineOperation('GET /api/v1/operators', {
  ...byAdmin,
  summary: 'Operators whose certificates came here',
  answer: fromOperators.operatorList,
})

const ofOperator = {
  ...byAdmin,
  via: 'socket',
  answer: fromOperators.operatorAnswer,
  errors: ['not_found', 'refused', 'conflict'],
} as const

export const renewOperator = defineOperation('POST /api/v1/operators/renew', {
  ...ofOperator,
  summary: 'Certify an operator again, with the same key, roles and teams',
  description:
    'Only on an issuer. The new certificate reaches the members by itself; the credential file stays as it is.',
  body: fromOperators.renewBody,
  example: { operator: 'carol' },
})

export const assignOperator = defineOperation('POST /api/v1/operators/assign', {
  ...ofOperator,
  summary: 'Give an operator other roles or teams',
  description:
    'Only on an issuer. It signs another certificate for the same key, until the same moment; the newest one counts.',
  body: fromOperators.reassignBody,
  example: { operator: 'carol', roles: ['lead'], teams: ['eng'] },
})

export const revokeOperator = defineOperation('POST /api/v1/operators/revoke', {
  ...ofOperator,
  summary: 'Revoke an operator in the whole mesh, for good',
  description: 'Only on an issuer. Logins of that operator end on every node that hears of it.',
  body: fromOperators.revokeOperatorBody,
  example: { operator: 'carol' },
})

export const offerLogin = defineOperation('POST /api/v1/login/offer', {
  access: 'asker',
  via: 'socket',
  tag: 'mesh',
  summary: 'The delegation that an operator signs to log in here',
  description: 'An offer belongs to the person who asked for it, and holds for five minutes.',
  body: fromOperators.offerBody,
  answer: fromOperators.loginOffer,
  errors: ['refused'],
  example: { types: ['ToolUsage'] },
})

export const beginLogin = defineOperation('POST /api/v1/login', {
  access: 'asker',
  via: 'socket',
  tag: 'mesh',
  summary: 'Log in as an operator, by the signed offer',
  description:
    'The login belongs to the person whom the kernel names, and ends with the daemon at the latest.',
  body: fromOperators.loginBody,
  answer: fromOperators.loginState,
  errors: ['refused', 'rate_limited'],
  example: { delegation: 'S0FSTwAB', chain: ['S0FSTwAB', 'S0FSTwAB'] },
})

export const getLogin = defineOperation('GET /api/v1/login', {
  access: 'person',
  via: 'socket',
  tag: 'mesh',
  summary: 'As whom this person asks the mesh',
  answer: fromOperators.loginState,
})

export const endLogin = defineOperation('POST /api/v1/login/end', {
  access: 'person',
  via: 'socket',
  tag: 'mesh',
  summary: 'Log out: wipe the key that opens answers',
  answer: fromOperators.logoutAnswer,
})
