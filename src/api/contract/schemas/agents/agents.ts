// Schemas of /agents and /tasks: programs that act in jails for a person, and what they are given to do.
import * as z from 'zod'
import { ACTION_CLASSES } from '../../../../agents/classes.ts'
import { AGENT_CLASSES, AGENT_NAME } from '../../../../agents/manifest/words.ts'
import { AGENT_STATES } from '../../../../agents/runtime/agent-states.ts'
import { TASK_STATES } from '../../../../agents/tasks/types.ts'
import { CHOSEN_NAME } from '../../constants.ts'
import {
  count,
  flag,
  integer,
  listOf,
  moment,
  named,
  oneOf,
  pattern,
  rowsOf,
  someText,
  text,
  traceId,
  whole,
} from '../fields.ts'
import { at } from './at.ts'
import { secretWish } from './vault.ts'

const agentId = () => text(64, 'id of the agent: its class and its name')
const person = () => integer('the person it belongs to, by number')
const path = (what: string) => someText(4096).regex(/^\//).describe(what)
const which = () => someText(64, 'name or id of an agent')
const argv = () => z.array(someText(32_767)).min(1).max(1024).readonly()

const bind = z.strictObject({ path: path('absolute path'), write: z.boolean() })

const LIMITS = {
  cpu_seconds: whole(1, 86_400, 'processor seconds of each process'),
  memory_bytes: whole(16 * 2 ** 20, 2 ** 40, 'private memory of each process; Node.js needs 1 GiB'),
  disk_bytes: whole(2 ** 20, 2 ** 40, 'of each directory of its own, in memory'),
  tasks: whole(1, 256, 'processes and threads'),
  wall_ms: whole(1, 604_800_000, 'milliseconds after which the agent is restarted'),
  output_bytes: whole(0, 2 ** 34, 'output after which the agent is restarted'),
}
const limits = named('AgentLimits', LIMITS)
const someLimits = z.strictObject({
  cpu_seconds: LIMITS.cpu_seconds.exactOptional(),
  memory_bytes: LIMITS.memory_bytes.exactOptional(),
  disk_bytes: LIMITS.disk_bytes.exactOptional(),
  tasks: LIMITS.tasks.exactOptional(),
  wall_ms: LIMITS.wall_ms.exactOptional(),
  output_bytes: LIMITS.output_bytes.exactOptional(),
})

const tool = z.strictObject({
  name: text(128, 'as it is called'),
  description: text(2_000, 'in the words of the agent'),
  read_only: flag('what it says of itself (readOnlyHint)'),
  class: oneOf(
    ACTION_CLASSES,
    'by its name; green runs, all others wait for a yes. What it is called with can make it redder; absent: on another machine',
  ).exactOptional(),
  kind: text(32, 'ReadFile, EditFile …; Unknown: a name that Karo does not know').exactOptional(),
  input_schema: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('JSON Schema of its arguments, as the agent gives it; null: longer than is kept'),
})

const agentFields = {
  id: agentId(),
  name: text(32, 'the part behind the class; no two agents of a node have the same'),
  person: person(),
  owner: text(256, 'name of that person; absent: your own').optional(),
  built_in: flag('part of the daemon: no process, and always there').optional(),
  outside: flag(
    'a server that Karo did not start: no jail holds it, and its command is its address',
  ).optional(),
  state: z.enum(AGENT_STATES),
  detail: text(2_048, 'why it is in this state'),
  restarts: count('starts again by itself since a person or a task started it'),
  since: moment('since when it runs').nullable(),
  granted_until: moment(
    'when the first grant that it needs is over, and with it what runs, unless it is granted again; absent: it does not run, or not by a grant',
  ).optional(),
  argv: argv()
    .nullable()
    .describe(
      'null, as all that follows from the manifest: it is built in, its manifest differs from the signed one, or another machine asks',
    ),
}

export const agent = named('Agent', {
  ...agentFields,
  manifest: z
    .strictObject({
      cwd: path('directory inside the jail'),
      binds: listOf(bind, 64),
      tools: listOf(text(128, 'that may be called; none: all'), 256),
      secrets: listOf(secretWish, 8, 'that it is given when it starts'),
      connect: listOf(
        text(260, 'host and port'),
        16,
        'places of the network that it may connect to; absent: none',
      ).optional(),
      capabilities: listOf(text(4_200, 'what it wants'), 128),
      limits,
      call_ms: count('milliseconds until a call has to be answered'),
      why: text(500, 'in the words of the person'),
      added_at: moment('when it was added, and signed'),
    })
    .nullable(),
  server: text(128, 'what it calls itself; null while it does not run').nullable(),
  offers: listOf(tool, 256).nullable().describe('its tools; null while it does not run'),
  cannot_change: listOf(
    path('in a place that it may write'),
    8,
    'when it was added: some of what the user of its jail cannot change',
  ).optional(),
})

export const agentList = named('AgentList', {
  agents: listOf(z.strictObject(agentFields), 1_024),
  off: flag('true: agents are off here, and only built-in ones run').exactOptional(),
})

export const agentLogs = named('AgentLogs', {
  lines: rowsOf(1_000, {
    at: moment('when it was written'),
    from: oneOf(['agent', 'karo'], 'agent: its standard error; karo: what became of it'),
    text: text(1_000, 'the line, cut where it is longer'),
  }),
  dropped: count('lines before these'),
  cut: count('characters that too long lines among these lost'),
})

export const addAgentBody = z.strictObject({
  class: z.enum(AGENT_CLASSES).default('kExecutor'),
  name: pattern(AGENT_NAME, 'at most 32 small letters, digits and . _ -'),
  argv: argv().describe(
    'the command, never a line for a shell; or the address of a server that runs already',
  ),
  cwd: path('directory inside the jail').default('/tmp'),
  binds: z.array(bind).max(64).readonly().default([]).describe('places of the machine that it sees'),
  tools: z.array(someText(128)).max(256).readonly().default([]),
  secrets: z
    .array(secretWish)
    .max(8)
    .readonly()
    .default([])
    .describe('of the vault of its person, if that one allows it'),
  connect: z
    .array(z.string().min(3).max(260))
    .min(1)
    .max(16)
    .readonly()
    .exactOptional()
    .describe('places of the network, as HOST:PORT, that it may connect to if agents.connect names them'),
  limits: someLimits.default({}),
  call_ms: whole(1_000, 3_600_000).exactOptional(),
  why: z.string().max(500).default(''),
  token: text(256, 'of the scope approve, in place of a person at a terminal').exactOptional(),
})

export const getAgentsQuery = z.strictObject({ at: at() })
export const ownAgentBody = z.strictObject({ agent: which() })
export const whichAgent = ownAgentBody.extend({ at: at() })

const state = () => oneOf(TASK_STATES, 'as in A2A 1.0')
const taskId = () => pattern(CHOSEN_NAME, 'the same id is the same task, which never runs twice')

const progress = z.strictObject({
  done: z.number().describe('as the agent counts'),
  total: z.number().nullable().describe('null: it does not say'),
})

const taskFields = {
  id: taskId(),
  person: person(),
  agent: agentId(),
  tool: text(128, 'of the agent'),
  state: state(),
  seq: count('number of its last event'),
  why: text(500, 'in the words of the person'),
  trace_id: traceId(),
  approval: text(64, 'id of the approval that it waits for, or waited for').nullable(),
  given_by: text(128, 'who of another machine gave it: operator or node').optional(),
  created_at: moment('when it was given'),
  ended_at: moment('when it was over').nullable(),
}

const event = z.strictObject({
  state: state(),
  seq: count('from 1, without gaps'),
  at: moment('when it happened'),
  message: text(4_096, 'for people').nullable(),
  progress: progress.nullable(),
})

export const taskRow = named('TaskRow', taskFields)
export const taskList = named('TaskList', { tasks: listOf(taskRow) })
export const task = named('Task', {
  ...taskFields,
  input: z.unknown().describe('the arguments; null for the task of another person'),
  events: listOf(event, 100, 'the last ones; none for the task of another person'),
  result: z.unknown().describe('CallToolResult of MCP; null: there is none, or it is of another person'),
})

export const taskLine = named(
  'TaskLine',
  {
    task: taskId(),
    ...event.shape,
    approval: text(64, 'with `input-required`: its id').exactOptional(),
    final: flag('true: this is the last line'),
    away: flag(
      'the newest event once more. true: its machine is not reached; false: it is again',
    ).exactOptional(),
    result: z.unknown().optional().describe('with the last line: CallToolResult of MCP, or null'),
  },
  'One event of a task.',
)

export const runTaskBody = z.strictObject({
  agent: which(),
  tool: someText(128),
  input: text(64 * 1024, 'arguments of the tool: a JSON object, as text').default('{}'),
  id: taskId().exactOptional(),
  why: z.string().max(500).default(''),
  at: at(),
})
export const getTasksQuery = getAgentsQuery.extend({
  limit: whole(1, 10_000, 'the newest ones').default(100),
})
export const whichTaskQuery = getAgentsQuery.extend({ id: taskId() })
export const whichTaskBody = whichTaskQuery.extend({
  person: count('whose, for administrators; absent: your own').exactOptional(),
})
export const followTaskQuery = whichTaskQuery.extend({
  after: count('number of the last event that was seen').default(0),
})

export type AgentShape = z.infer<typeof agent>
export type AgentListShape = z.infer<typeof agentList>
export type AgentLogsShape = z.infer<typeof agentLogs>
export type TaskShape = z.infer<typeof task>
export type TaskRowShape = z.infer<typeof taskRow>
export type TaskLineShape = z.infer<typeof taskLine>
