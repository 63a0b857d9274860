// /operators and /login, described: certified people who ask through nodes, and who is logged in here.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/operators.ts'))

const KEY = 'karo:ed25519:gGmbYx3zT1bX0wq1m4nJ3pVdYc9k5uL2rS7hQe8tWfA'

export const issueOperator = defineOperation('POST /api/v1/operators', {
  access: 'admin',
  via: 'socket',
  tag: 'mesh',
  summary: 'Certify a person as an operator',
  description: 'Only on an issuer. The private key of the operator is never sent.',
  body: from.operatorBody,
  answer: from.operatorMade,
  errors: ['refused', 'conflict'],
  example: { body: { key: KEY, name: 'carol', roles: ['security'], teams: [] } },
})

export const getOperators = defineOperation('GET /api/v1/operators', {
  access: 'admin',
  tag: 'mesh',
  summary: 'Operators whose certificates came here',
  answer: from.operatorList,
})

export const renewOperator = defineOperation('POST /api/v1/operators/renew', {
  access: 'admin',
  via: 'socket',
  tag: 'mesh',
  summary: 'Certify an operator again, with the same key, roles and teams',
  description:
    'Only on an issuer. The new certificate spreads by itself; the credential file stays as it is.',
  body: from.renewBody,
  answer: from.operatorAnswer,
  errors: ['not_found', 'refused', 'conflict'],
  example: { body: { operator: 'carol' } },
})

export const revokeOperator = defineOperation('POST /api/v1/operators/revoke', {
  access: 'admin',
  via: 'socket',
  tag: 'mesh',
  summary: 'Revoke an operator in the whole mesh, for good',
  description: 'Only on an issuer. Logins of that operator end on every node that hears of it.',
  body: from.whoseBody,
  answer: from.operatorAnswer,
  errors: ['not_found', 'refused', 'conflict'],
  example: { body: { operator: 'carol' } },
})

export const offerLogin = defineOperation('POST /api/v1/login/offer', {
  access: 'asker',
  via: 'socket',
  tag: 'mesh',
  summary: 'What an operator has to sign to log in here',
  description: 'An offer belongs to the person who asked for it, and holds for five minutes.',
  body: from.offerBody,
  answer: from.loginOffer,
  errors: ['refused'],
  example: { body: { types: ['ToolUsage'] } },
})

export const beginLogin = defineOperation('POST /api/v1/login', {
  access: 'asker',
  via: 'socket',
  tag: 'mesh',
  summary: 'Log in as an operator, by the signed offer',
  description:
    'The login belongs to the person whom the kernel names, and ends with the daemon at the latest.',
  body: from.loginBody,
  answer: from.loginState,
  errors: ['refused', 'rate_limited'],
  example: { body: { delegation: 'S0FSTwAB', chain: ['S0FSTwAB', 'S0FSTwAB'] } },
})

export const getLogin = defineOperation('GET /api/v1/login', {
  access: 'person',
  via: 'socket',
  tag: 'mesh',
  summary: 'As whom this person asks the mesh',
  answer: from.loginState,
})

export const endLogin = defineOperation('POST /api/v1/login/end', {
  access: 'person',
  via: 'socket',
  tag: 'mesh',
  summary: 'Log out: wipe the key that opens answers',
  answer: from.logoutAnswer,
})
