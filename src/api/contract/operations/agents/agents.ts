// Operations of /agents and /tasks: programs that act in jails for a person, and what they are given to do.

import { AFAR } from '../../of-agents.ts'
import { defineOperation, schemasOf } from '../../operation.ts'

const from = schemasOf(() => import('../../schemas/agents/agents.ts'))

const ofPerson = { access: 'person', tag: 'agents' } as const
const THEIRS = 'Administrators reach the agents of everybody, others their own.'
const example = { agent: 'files' }

export const getAgents = defineOperation('GET /api/v1/agents', {
  ...ofPerson,
  summary: 'Agents, and the state of each',
  description: THEIRS,
  query: from.getAgentsQuery,
  answer: from.agentList,
  errors: AFAR,
})

export const addAgent = defineOperation('POST /api/v1/agents', {
  ...ofPerson,
  via: 'socket',
  daily: true,
  summary: 'Add a program as an agent: an MCP server on standard input and output, which runs in a jail',
  description:
    'What it names is granted until it is taken back, so a person says it at a terminal, or a token of the scope approve. The node signs the manifest, and verifies it at every start. Only administrators may give an agent places of the machine. Nothing is started by this.',
  body: from.addAgentBody,
  answer: from.agent,
  errors: ['conflict', 'refused', 'rate_limited'],
  example: { name: 'files', argv: ['files-server', '/srv/app'], binds: [{ path: '/srv/app', write: false }] },
})

export const describeAgent = defineOperation('GET /api/v1/agents/describe', {
  ...ofPerson,
  summary: 'One agent: its manifest, its limits, and the tools that it offers',
  description: THEIRS,
  query: from.whichAgent,
  answer: from.agent,
  errors: AFAR,
  example,
})

export const removeAgent = defineOperation('POST /api/v1/agents/remove', {
  ...ofPerson,
  via: 'socket',
  summary: 'Stop an agent and forget it; its tasks stay',
  description: THEIRS,
  body: from.ownAgentBody,
  answer: from.agent,
  errors: AFAR,
  example,
})

export const startAgent = defineOperation('POST /api/v1/agents/start', {
  ...ofPerson,
  summary: 'Start an agent of yours, also after it crashed too often',
  description:
    'A task starts its agent by itself. Where its program or its tools are not those that were granted, a person is asked first.',
  body: from.whichAgent,
  answer: from.agent,
  errors: AFAR,
  example,
})

export const stopAgent = defineOperation('POST /api/v1/agents/stop', {
  ...ofPerson,
  summary: 'Stop an agent; no process of it is left',
  description: THEIRS,
  body: from.whichAgent,
  answer: from.agent,
  errors: AFAR,
  example,
})

export const getAgentLogs = defineOperation('GET /api/v1/agents/logs', {
  ...ofPerson,
  summary: 'The log of an agent of yours, and how much of it was dropped',
  query: from.whichAgent,
  answer: from.agentLogs,
  errors: AFAR,
  example,
})

export const runTask = defineOperation('POST /api/v1/tasks', {
  ...ofPerson,
  summary: 'Have an agent of yours call a tool',
  description:
    'Answers when the task is stored. A request with the id of a task that there is already returns that task, whatever became of it: no task runs twice. Follow it by /tasks/events.',
  body: from.runTaskBody,
  answer: from.taskRow,
  errors: [...AFAR, 'conflict'],
  example: { agent: 'files', tool: 'read_text_file', input: '{"path":"/srv/app"}' },
})

export const getTasks = defineOperation('GET /api/v1/tasks', {
  ...ofPerson,
  summary: 'Tasks, the newest first',
  description: `${THEIRS} Arguments and results are the person's alone.`,
  query: from.getTasksQuery,
  answer: from.taskList,
  errors: AFAR,
})

export const getTask = defineOperation('GET /api/v1/tasks/show', {
  ...ofPerson,
  summary: 'One task of yours: its arguments, its events and its result',
  query: from.whichTaskQuery,
  answer: from.task,
  errors: AFAR,
  example: { id: 't-1077efe3b0d3615b' },
})

export const followTask = defineOperation('GET /api/v1/tasks/events', {
  ...ofPerson,
  summary: 'The events of a task of yours, as they come, until it is over',
  query: from.followTaskQuery,
  lines: {
    type: 'application/x-ndjson',
    description: 'Begins after the event `after`, so that a connection that broke can be continued.',
    item: from.taskLine,
  },
  errors: AFAR,
  example: { id: 't-1077efe3b0d3615b', after: '0' },
})

export const cancelTask = defineOperation('POST /api/v1/tasks/cancel', {
  ...ofPerson,
  summary: 'Cancel a task: its call is stopped, and its agent killed if it does not stop',
  description: `Answers when the task has ended. A task that has ended before does not change. ${THEIRS}`,
  body: from.whichTaskBody,
  answer: from.taskRow,
  errors: AFAR,
  example: { id: 't-1077efe3b0d3615b' },
})
