// Requests as Cedar takes them: who asks, for what, and the entities that policies speak of.
import { tableRoles } from '../roles.ts'
import {
  AGENT_ACTION,
  type AgentRequest,
  APPROVE_ACTION,
  type Principal,
  type RoleRequest,
} from '../types.ts'

/** Ids of an instance's one policy set and one schema. */
export const SET = 'set'
export const SCHEMA_ID = 'schema'

const HOUR_MS = 3_600_000

/** Whether data may go to somebody. */
export function callOf({ principal, action, resource, teams, k, circumstances }: RoleRequest) {
  const { at, range } = circumstances
  const who = whoOf(principal)
  const { level, category } = resource
  const what = { type: 'Data', id: `level${level}/${category ?? 'health'}` }
  const context = { ...timeOf(at), k }
  const asked = range ?? { start: at, end: at }
  return {
    principal: who.uid,
    action: { type: 'Action', id: action },
    resource: what,
    context:
      action === 'summary.receive'
        ? context
        : { ...context, range_hours: hours(asked.end - asked.start), age_hours: hours(at - asked.start) },
    ...PREPARED,
    entities: [
      who,
      {
        uid: what,
        attrs: { level, ...(category === undefined ? {} : { category }), teams: [...teams] },
        parents: [],
      },
    ],
  }
}

const PREPARED = { preparsedPolicySetId: SET, preparsedSchemaName: SCHEMA_ID, validateRequest: true }

/** Whether an agent may do something for somebody. */
export function agentCallOf(request: AgentRequest) {
  const { principal, agent, tool, operation, own, by_agent, at, k, teams } = request
  const who = whoOf(principal)
  const what = { type: 'Agent', id: agent }
  return {
    principal: who.uid,
    action: { type: 'Action', id: operation === 'approve' ? APPROVE_ACTION : AGENT_ACTION },
    resource: what,
    context: { ...timeOf(at), k, own, by_agent, tool, operation },
    ...PREPARED,
    entities: [
      who,
      { uid: what, attrs: { level: 0, teams: [...teams], kind: agent.split(':', 1)[0] ?? '' }, parents: [] },
    ],
  }
}

/** In this machine's own time. */
function timeOf(at: number): { readonly hour: number; readonly weekday: number } {
  const now = new Date(at)
  return { hour: now.getHours(), weekday: ((now.getDay() + 6) % 7) + 1 }
}

/** Who asks, as an entity with what it is in. */
function whoOf(principal: Principal) {
  const roles = [...new Set([...principal.roles, ...tableRoles(principal.roles)])]
  const node = { type: 'Node', id: principal.node_id }
  // By the whole key: a fingerprint is for people, and short enough for somebody to make another key with the same one.
  const operator = principal.operator_id ?? principal.operator
  const others = (principal.through ?? principal).other_keys ?? []
  return {
    uid: operator === undefined ? node : { type: 'Operator', id: operator },
    attrs: {
      node_id: principal.node_id,
      trust_level: principal.trust_level,
      roles: [...principal.roles],
      teams: [...principal.teams],
    },
    parents: [
      ...roles.map((id) => ({ type: 'Role', id })),
      ...principal.teams.map((id) => ({ type: 'Team', id })),
      // What a policy forbids a node it forbids those who ask through it. The node's own roles are not theirs.
      ...(operator === undefined ? [] : [node]),
      // A node that replaces its key does not slip out of what a policy says of the key before.
      ...others.map((id) => ({ type: 'Node', id })),
    ],
  }
}

/** Rounded up, so that no part of an hour slips under a bound; never a fraction, which Cedar does not know. */
const hours = (ms: number): number => Math.max(0, Math.ceil(ms / HOUR_MS))
