// Operations of /planner and /models: plans of the caller, and the local models that there are.

import { own } from '../../of-agents.ts'
import { defineOperation, schemasOf } from '../../operation.ts'

const from = schemasOf(() => import('../../schemas/agents/planner.ts'))

const example = { id: '0123abcd' }

export const makePlan = defineOperation('POST /api/v1/planner/plan', {
  ...own,
  summary: 'Turn a goal into steps; nothing runs',
  description:
    'By the first local model that answers, and otherwise by the descriptions of tools and the grammar of `karo ask`; `made_by` says which. Each step is the tool of an agent, or a command that the person runs.',
  body: from.planBody,
  answer: from.plan,
  errors: ['not_found'],
  example: { goal: 'list the notes, then show how full the disk is' },
})

export const getPlans = defineOperation('GET /api/v1/planner/plans', {
  ...own,
  summary: 'The plans of the caller, the newest first',
  answer: from.planList,
})

export const showPlan = defineOperation('GET /api/v1/planner/show', {
  ...own,
  summary: 'A plan, and the outcome of its steps',
  query: from.whichPlan,
  answer: from.plan,
  errors: ['not_found', 'conflict'],
  example,
})

export const runPlan = defineOperation('POST /api/v1/planner/run', {
  ...own,
  summary: 'Run a plan: its steps one after the other, as tasks, each through the gates',
  description:
    'Answers when the first task is stored. It stops at the first step that fails, and at one that the person runs; a repeated request continues, and a step that has begun never runs again.',
  body: from.runPlanBody,
  answer: from.plan,
  errors: ['not_found', 'conflict', 'rate_limited', 'unavailable'],
  example,
})

export const removePlan = defineOperation('POST /api/v1/planner/remove', {
  ...own,
  summary: 'Remove a plan; its tasks stay',
  body: from.whichPlan,
  answer: from.plan,
  errors: ['not_found', 'conflict'],
  example,
})

export const getModels = defineOperation('GET /api/v1/models', {
  ...own,
  summary: 'The local models that are configured, and whether each answers now',
  description: 'One that failed is left out for a while, longer each time.',
  answer: from.modelList,
  errors: ['bad_file'],
})
