// Schemas of /planner and /models: plans of the caller, and the local models that there are.
import * as z from 'zod'
import { ACTION_CLASSES } from '../../../../agents/classes.ts'
import { MOST_GOAL, MOST_PLANS, MOST_STEPS, MOST_TAKES } from '../../../../agents/planner/plan.ts'
import { TASK_STATES } from '../../../../agents/tasks/types.ts'
import { count, listOf, moment, named, oneOf, pattern, rowsOf, someText, text } from '../fields.ts'

const takes = rowsOf(
  MOST_TAKES,
  {
    argument: text(128, 'of the tool'),
    step: text(8, 'whose result it is'),
  },
  'arguments that are the text of the result of a step before',
)
const step = z.strictObject({
  id: text(8, 's1, s2 …'),
  what: text(300, 'for people'),
  after: listOf(text(8, 'id of a step'), MOST_STEPS, 'steps that have to be done before'),
  agent: text(64, 'whose tool it is; empty: the person runs `command`'),
  tool: text(128, 'of the agent'),
  input: z.unknown().describe('the arguments of the tool'),
  takes: takes.exactOptional(),
  command: text(1_000, 'what the person runs; empty for the tool of an agent'),
  class: oneOf(ACTION_CLASSES, 'by its name, before the gates look at it: they can only make it redder'),
  kind: text(32, 'ReadFile, ExecuteCommand …'),
  state: oneOf(
    ['waiting', 'yours', 'done', ...TASK_STATES],
    'waiting: for steps before it; yours: the person runs its command; otherwise that of its task',
  ),
  task: text(64, 'the task that it became').nullable(),
  approval: text(64, 'id of the approval that it waits for, or waited for').nullable(),
  detail: text(4_096, 'of its task, for people').nullable(),
})
export const plan = named('Plan', {
  id: text(8, '8 hex digits'),
  goal: text(MOST_GOAL, 'in the words of the person'),
  created_at: moment('when it was made'),
  made_by: text(256, 'a local model, and which; or the descriptions of tools'),
  notes: listOf(text(4_096, 'what was not found or did not work'), 64),
  state: oneOf(
    ['planned', 'running', 'yours', 'stopped', 'completed'],
    'stopped: a step failed, or nothing runs it now; yours: the next step is a command of the person',
  ),
  steps: listOf(step, MOST_STEPS, 'in an order in which each stands behind those that it waits for'),
})
export type PlanShape = z.infer<typeof plan>
export const planList = named('PlanList', { plans: listOf(plan, MOST_PLANS) })

const which = () => pattern(/^[0-9a-f]{4,8}$/, 'id of a plan, or at least 4 digits of its beginning')
const namedStep = z.strictObject({
  id: someText(8, 'small letters and digits'),
  what: text(300, 'for people; default the tool or the command').exactOptional(),
  after: z.array(someText(8)).max(MOST_STEPS).exactOptional(),
  agent: text(
    64,
    'id; absent: of those that run and have the tool the one with the fewest tasks',
  ).exactOptional(),
  tool: z.string().max(128).exactOptional(),
  input: text(64 * 1024, 'arguments of the tool: a JSON object, as text; absent: {}').exactOptional(),
  takes: z
    .array(z.strictObject({ argument: someText(128), step: someText(8) }))
    .max(MOST_TAKES)
    .exactOptional()
    .describe('arguments that are the text of the result of a step before'),
  command: text(1_000, 'that the person runs, in place of a tool').exactOptional(),
})
export type NamedStepShape = z.infer<typeof namedStep>
export const planBody = z.strictObject({
  goal: someText(MOST_GOAL),
  steps: z
    .array(namedStep)
    .min(1)
    .max(MOST_STEPS)
    .exactOptional()
    .describe('these and no others; absent: they are made from the goal'),
})
export const whichPlan = z.strictObject({ id: which() })
export const runPlanBody = z.strictObject({
  id: which(),
  done: someText(8, 'a step of the person that is done').exactOptional(),
})

export const modelList = named('ModelList', {
  models: rowsOf(
    16,
    {
      name: text(256, 'host and port'),
      endpoint: text(2_048, 'address'),
      model: text(128, 'that is asked for; empty: the default of the server'),
      use: z.enum(['text', 'embeddings']),
      state: z.enum(['up', 'down']),
      detail: text(1_024, 'why it is down; empty otherwise'),
      rests_ms: count('milliseconds until it is asked again after it failed'),
      offers: listOf(text(128, 'name of a model'), 64),
    },
    'in the order in which they are asked',
  ),
})
export type ModelListShape = z.infer<typeof modelList>
