// /policy, described: which role policies are in force, and what they say.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/policy.ts'))

export const getPolicy = defineOperation('GET /api/v1/policy', {
  access: 'person',
  tag: 'sharing',
  summary: 'The role policies in force',
  answer: from.policyView,
})

export const getBundle = defineOperation('GET /api/v1/policy/bundle', {
  access: 'person',
  tag: 'sharing',
  summary: 'The policy bundle in force, as the root of the mesh signed it',
  answer: from.bundleKept,
})

export const takeBundle = defineOperation('POST /api/v1/policy/bundle', {
  access: 'admin',
  via: 'socket',
  tag: 'sharing',
  summary: 'Take a policy bundle that the root of the mesh signed',
  description: 'It counts on every member. The secret key of the root is never sent.',
  body: from.bundleBody,
  answer: from.bundleTaken,
  errors: ['refused', 'conflict', 'bad_config'],
  example: { bundle: 'S0FSTwAB' },
})

export const checkPolicy = defineOperation('GET /api/v1/policy/check', {
  access: 'person',
  tag: 'sharing',
  summary: 'The decision of the role policies about a hypothetical request',
  query: from.policyCheckQuery,
  answer: from.policyCheck,
  errors: ['bad_request'],
  example: { as: 'role:security', action: 'query.tool_usage', level: '2' },
})

export const explainPolicy = defineOperation('GET /api/v1/policy/explain', {
  access: 'person',
  tag: 'sharing',
  summary: 'What one node may have of the caller, and which rule says so',
  query: from.policyExplainQuery,
  answer: from.policyExplanation,
  errors: ['not_found', 'conflict', 'bad_request'],
  example: { who: 'bob', action: 'query.tool_usage' },
})
