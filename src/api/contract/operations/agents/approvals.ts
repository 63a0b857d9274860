// Operations of /approvals and /capabilities: a person decides what agents and AI tools may do.

import { AFAR } from '../../of-agents.ts'
import { defineOperation, schemasOf } from '../../operation.ts'

const from = schemasOf(() => import('../../schemas/agents/approvals.ts'))

const own = { access: 'person', tag: 'agents' } as const

export const getApprovals = defineOperation('GET /api/v1/approvals', {
  ...own,
  summary: 'What waits for your approval',
  description:
    'Requests of agents and AI tools that work for the caller, oldest first, with all that an approval would be bound to. An administrator also sees what other machines ask for.',
  query: from.getApprovalsQuery,
  answer: from.approvals,
  errors: AFAR,
})

export const getApproval = defineOperation('GET /api/v1/approvals/one', {
  ...own,
  summary: 'One request, to be looked at',
  query: from.which,
  answer: from.approval,
  errors: [...AFAR, 'conflict'],
  example: { id: '3f9a11c02e' },
})

export const decideApproval = defineOperation('POST /api/v1/approvals/decide', {
  ...own,
  summary: 'Approve or deny a request',
  description:
    'An approval names the hash of what was shown, is used once (or for one task), and never comes from the login session that asked. Over the socket the kernel has to name a terminal of the caller; over TCP it takes a token with the scope `approve`, or a page that was opened out of such a terminal. A denial needs none of them.',
  body: from.decideBody,
  answer: from.decided,
  errors: [...AFAR, 'conflict'],
  example: { id: '3f9a11c02e', approve: true, hash: 'c0ffee00' },
})

export const getApprovalsLog = defineOperation('GET /api/v1/approvals/log', {
  ...own,
  summary: 'Past requests and their outcome, newest first',
  query: from.getLogQuery,
  answer: from.approvalsLog,
  example: { limit: '20' },
})

export const askApproval = defineOperation('POST /api/v1/approvals/ask', {
  ...own,
  via: 'socket',
  summary: 'Ask for a command of an AI tool',
  description:
    '`karo hook` and `karo acp` ask this, and ask again with `approval` until it is decided; each answer comes within some seconds. The gates judge it as an action of the agent `kBridge:` and the name of the tool. With `answered`, run says that a yes on the screen of the tool counts, deny that it was no there or before, and wait that somebody else approved it first. A request with `call` is withdrawn when the last connection ends that waits for it.',
  body: from.askBody,
  bodyBytes: 2 * 1024 * 1024,
  answer: from.asked,
  errors: ['rate_limited', 'refused', 'not_found'],
  example: { tool: 'claude', shell: 'bash', command: 'git push --force', cwd: '/srv/shop', why: '' },
})

export const getCapabilities = defineOperation('GET /api/v1/capabilities', {
  access: 'admin',
  tag: 'agents',
  summary: 'Grants of agents',
  answer: from.capabilities,
})

export const grantCapability = defineOperation('POST /api/v1/capabilities', {
  access: 'admin',
  tag: 'agents',
  scope: 'approve',
  summary: 'Grant a capability to an agent',
  description:
    'It lasts as long as its risk allows: 3600 s, 300 s or 60 s; a critical one is used once. With `from` it is a part of another one and ends with it. Over the socket the kernel has to name a terminal of the caller.',
  body: from.grantBody,
  answer: from.capability,
  errors: ['not_found', 'conflict', 'refused'],
  example: { agent: 'kExecutor:build', names: ['fs.read:/srv/app'] },
})

export const revokeCapability = defineOperation('POST /api/v1/capabilities/revoke', {
  access: 'admin',
  tag: 'agents',
  summary: 'Take a capability back, with everything derived from it',
  body: from.revokeBody,
  answer: from.revokedCapabilities,
  errors: ['not_found', 'conflict'],
  example: { id: '0123abcd' },
})
