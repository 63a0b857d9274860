// Schemas of operators: certified people, and who is logged in on this node.
import * as z from 'zod'
import { AGENT_CONTROL } from '../../../../protocols/messages/agent.ts'
import { ASKED_TYPES } from '../../../exchange/query/query-types/index.ts'
import {
  count,
  digits,
  fingerprint,
  flag,
  frameText,
  labels,
  listOf,
  moment,
  named,
  nodeFields,
  nodeId,
  nodeName,
  oneOf,
  someText,
  whole,
} from './fields.ts'

const HOUR_MS = 3_600_000
/** Two thirds of a base64url text are at most the bytes of one frame in a chain. */
const frame = (what: string) => frameText(4096, `${what}: the frame in base64url`)
const chain = () => listOf(frame('a certificate'), 2, 'from the certificate that the root signed on')

const operator = named('Operator', {
  node_id: nodeId('public key of the operator, written as that of a node'),
  fingerprint: fingerprint(),
  name: nodeName(),
  roles: labels('roles it was given'),
  teams: labels('teams it was given'),
  state: oneOf(['valid', 'expired', 'revoked', 'void'], 'void: its issuer counts no more'),
  issuer: nodeId('who signed its certificate'),
  issued_at: moment('when its certificate was signed'),
  ends_at: moment('until when it holds'),
})
export type OperatorShape = z.infer<typeof operator>

export const operatorList = named('Operators', { operators: listOf(operator, 1024, 'by name') })

export const operatorBody = z.strictObject({
  key: nodeId('public key of the operator; the private one is never sent'),
  name: someText(64, 'how people and ledgers call it'),
  for_ms: whole(60_000, 30 * 24 * HOUR_MS, 'how long the certificate holds').default(30 * 24 * HOUR_MS),
  roles: listOf(someText(64), 8, 'roles of the operator').default([]),
  teams: listOf(someText(64), 8, 'teams of the operator').default([]),
})

export const operatorMade = named('OperatorMade', { operator, chain: chain() })

const whose = someText(256, 'name, fingerprint or public key of the operator')
export const revokeOperatorBody = z.strictObject({
  operator: whose,
  dry_run: flag('only say which operator it would be').default(false),
})
export const renewBody = z.strictObject({
  operator: whose,
  for_ms: operatorBody.shape.for_ms,
})
const replaced = (what: string) => operatorBody.shape.roles.unwrap().exactOptional().describe(what)
export const reassignBody = z.strictObject({
  operator: whose,
  roles: replaced('replaces the roles'),
  teams: replaced('replaces the teams'),
})
export const operatorAnswer = named('OperatorAnswer', { operator })

/** What a login may be for. */
export const LOGIN_TYPES = [...ASKED_TYPES, AGENT_CONTROL] as const
export type LoginType = (typeof LOGIN_TYPES)[number]

const types = () =>
  listOf(z.enum(LOGIN_TYPES), 16)
    .refine(
      (list) => list.length > 0 && new Set(list).size === list.length,
      'at least one type, and each once',
    )
    .describe(
      'types of questions that may be asked under the login, and AgentControl: agents of other machines',
    )

export const offerBody = z.strictObject({
  for_ms: whole(60_000, 8 * HOUR_MS, 'how long the login holds').default(8 * HOUR_MS),
  types: types().exactOptional(),
})

export const loginOffer = named(
  'LoginOffer',
  {
    session: digits(32, 'names the login'),
    mesh: digits(64, 'identity of the mesh'),
    node: nodeId('this node'),
    uid: count('the person whose login it is'),
    types: types(),
    audience_key: digits(64, 'key to which answers are sealed; its private half stays in memory here'),
    begins_at: moment('from when on it holds'),
    ends_at: moment('until when it holds'),
  },
  'What the operator is to sign.',
)
export type LoginOfferShape = z.infer<typeof loginOffer>

export const loginBody = z.strictObject({ delegation: frame('the signed delegation'), chain: chain() })

const login = named('Login', {
  session: digits(32, 'names the login; no secret'),
  operator: nodeId(),
  fingerprint: fingerprint(),
  name: nodeName(),
  roles: labels('roles of the operator'),
  teams: labels('teams of the operator'),
  types: types(),
  begun_at: moment('when it began'),
  ends_at: moment('when it ends'),
})
export type LoginShape = z.infer<typeof login>

export const loginState = named('WhoAmI', {
  uid: count('the person who asks'),
  node: z.strictObject(nodeFields),
  login: login.nullable().describe('null: this person asks as the node'),
  lapsed: someText(256, 'why a login ended by itself; questions are refused').nullable(),
  outside: someText(1024, 'why this node is no longer a member of its mesh').optional(),
})
export type WhoAmIShape = z.infer<typeof loginState>

export const logoutAnswer = named('Logout', {
  ended: login.nullable().describe('the login that ended; null: there was none'),
})
