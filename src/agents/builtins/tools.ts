// The built-in agents, and the tools of those that use only data of their own person; outward.ts has the two that reach
// further.
import { DAY_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import type { Memory } from '../memory/memory.ts'
import type { Planner } from '../planner/types.ts'
import type { Prompts } from '../prompts/prompts.ts'
import type { AgentView } from '../runtime/runtime.ts'
import { isFinal, type Task } from '../tasks/types.ts'
import type { BuiltIn, BuiltInTool } from './agent.ts'
import type { Alerts } from './alerts.ts'
import { bridge, executor, type OutwardDeps } from './outward.ts'
import { type Opinion, reviewed } from './review.ts'

export interface BuiltInDeps {
  readonly memory: Pick<Memory, 'add' | 'kept' | 'list' | 'search'>
  readonly prompts: Pick<Prompts, 'list' | 'show' | 'render'>
  readonly planner: Pick<Planner, 'plan' | 'list' | 'show'>
  /** Tasks of the person. */
  readonly tasks: (person: number) => Promise<readonly Task[]>
  /** JSON of the CallToolResult; undefined for a task without one. Rejects with KaroError `not_found`. */
  readonly resultOf: (
    person: number,
    id: string,
  ) => Promise<{ readonly task: Task; readonly json: string | undefined }>
  readonly agents: (person: number) => Promise<readonly AgentView[]>
  /** Unusual signals in the person's own numbers, in words. */
  readonly anomalies: (
    person: number,
  ) => Promise<readonly { readonly what: string; readonly severity: number }[]>
  /** Of a local model; undefined: none is configured. */
  readonly opinion: Opinion
  readonly alerts: Pick<Alerts, 'of'>
  /** `runs`: false where commands are not run, because agents are off, or the daemon is a machine's and not a person's. */
  readonly outward: OutwardDeps & { readonly runs: boolean }
  readonly clock: Pick<Clock, 'now'>
}

const optional = { required: false } as const
const required = { required: true } as const
const MOST_LISTED = 100
const NOTHING = {} as const

export function builtInAgents(deps: BuiltInDeps): readonly BuiltIn[] {
  const own = [core(deps), plans(deps), results(deps), watch(deps), notes(deps), prompts(deps)]
  const { runs, ...outward } = deps.outward
  return [...own, bridge(outward), ...(runs ? [executor(outward)] : [])]
}

const readOnly = (tool: Omit<BuiltInTool, 'readOnly'>): BuiltInTool => ({ ...tool, readOnly: true })

function core({ tasks, agents, planner }: BuiltInDeps): BuiltIn {
  return {
    id: 'kCore:queue',
    purpose: 'the queue of your tasks, and which agent a task could go to',
    tools: [
      readOnly({
        name: 'list_tasks',
        description: 'Lists your tasks, the newest first: all, or those in one state.',
        takes: { state: { type: 'string', ...optional } },
        run: async ({ state }, { person }) =>
          (await tasks(person))
            .filter((task) => state === undefined || task.state === state)
            .slice(0, MOST_LISTED)
            .map(shortTask),
      }),
      readOnly({
        name: 'list_queue',
        description:
          'Lists the open steps of your plans: the agent of each, what it waits for, and which results it uses.',
        takes: NOTHING,
        run: async (_, { person }) =>
          (await planner.list(person))
            .filter(({ state }) => state !== 'completed')
            .flatMap(({ id, steps }) =>
              steps
                .filter(({ state }) => state !== 'completed' && state !== 'done')
                .map(({ id: step, agent, tool, state, after, takes = {} }) => ({
                  plan: id,
                  step,
                  agent,
                  tool,
                  state,
                  after,
                  takes,
                })),
            )
            .slice(0, MOST_LISTED),
      }),
      readOnly({
        name: 'find_agent',
        description:
          'Finds the agents that run and offer a tool; the one with the fewest tasks under way first.',
        takes: { tool: { type: 'string', ...required } },
        async run({ tool }, { person }) {
          const live = (await tasks(person)).filter(({ state }) => !isFinal(state))
          return (await agents(person))
            .filter(({ offers }) => offers?.some(({ name }) => name === tool))
            .map(({ id }) => ({ agent: id, under_way: live.filter(({ agent }) => agent === id).length }))
            .sort((a, b) => a.under_way - b.under_way)
        },
      }),
    ],
  }
}

const shortTask = ({ id, agent, tool, state, why, createdAt, events }: Task) => ({
  id,
  agent,
  tool,
  state,
  why,
  detail: events.at(-1)?.message ?? null,
  created_at: new Date(createdAt).toISOString(),
})

function plans({ planner }: BuiltInDeps): BuiltIn {
  return {
    id: 'kPlanner:plans',
    purpose: 'turns a goal into steps; runs none of them',
    tools: [
      readOnly({
        name: 'preview_plan',
        description: 'Shows the steps for a goal, each with its class. Nothing is kept, and nothing runs.',
        takes: { goal: { type: 'string', ...required } },
        run: ({ goal }, { person, signal }) => planner.plan(person, String(goal), signal, { keep: false }),
      }),
      readOnly({
        name: 'list_plans',
        description: 'Lists your plans with their goals and states.',
        takes: NOTHING,
        run: async (_, { person }) =>
          (await planner.list(person)).map(({ id, goal, state, steps }) => ({
            id,
            goal,
            state,
            steps: steps.length,
          })),
      }),
      readOnly({
        name: 'show_plan',
        description: 'Shows a plan of yours, with the outcome of each step.',
        takes: { id: { type: 'string', ...required } },
        run: ({ id }, { person }) => planner.show(person, String(id)),
      }),
    ],
  }
}

function results({ resultOf, opinion }: BuiltInDeps): BuiltIn {
  return {
    id: 'kReviewer:results',
    purpose: 'compares the result of a task with the expected result',
    tools: [
      readOnly({
        name: 'compare_result',
        description:
          'Compares the result of a task of yours with texts that it has to contain or to lack, and with a goal, which a local model judges where there is one.',
        takes: {
          task: { type: 'string', ...required },
          contains: { type: 'string', ...optional },
          lacks: { type: 'string', ...optional },
          goal: { type: 'string', ...optional },
        },
        async run({ task: id, contains, lacks, goal }, { person, signal }) {
          const { task, json } = await resultOf(person, String(id))
          if (!isFinal(task.state)) throw new KaroError('conflict', `the task ${task.id} is not over yet`)
          const wanted = { contains, lacks, goal } as Readonly<Record<string, string | undefined>>
          return reviewed(task, json, wanted, (text, of) => opinion(text, of, signal))
        },
      }),
    ],
  }
}

function watch({ tasks, agents, anomalies, alerts, clock }: BuiltInDeps): BuiltIn {
  return {
    id: 'kSentinel:watch',
    purpose: 'what was refused, what crashed and what is unusual',
    tools: [
      readOnly({
        name: 'list_findings',
        description:
          'Lists what the gates or a person refused your agents within a day, agents that cannot run, and what is unusual in your own numbers.',
        takes: NOTHING,
        async run(_, { person }) {
          const all = await tasks(person)
          const since = clock.now() - DAY_MS
          const refused = all
            .filter(({ state, createdAt }) => state === 'rejected' && createdAt > since)
            .slice(0, MOST_LISTED)
            .map((task) => ({ finding: 'refused', ...shortTask(task) }))
          const failing = (await agents(person))
            .filter(({ status }) => ['failed', 'refused', 'locked'].includes(status.state))
            .map(({ id, status }) => ({ finding: 'cannot run', agent: id, detail: status.detail }))
          const unusual = (await anomalies(person)).map((one) => ({ finding: 'unusual', ...one }))
          const told = alerts.of(person).map(({ at, ...one }) => ({
            finding: 'alert',
            ...one,
            at: new Date(at).toISOString(),
          }))
          return [...refused, ...failing, ...unusual, ...told]
        },
      }),
    ],
  }
}

/** Throws KaroError `bad_request`. */
function limitOf(given: unknown, otherwise: number): number {
  const limit = given === undefined ? otherwise : Number(given)
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST_LISTED) return limit
  throw new KaroError('bad_request', `limit has to be a whole number from 1 to ${MOST_LISTED}`)
}

function notes({ memory }: BuiltInDeps): BuiltIn {
  return {
    id: 'kMemory:notes',
    purpose: 'your notes, and results of tasks that were kept',
    tools: [
      readOnly({
        name: 'search_notes',
        description:
          'Searches your notes by words, and by meaning where a local endpoint of embeddings is configured.',
        takes: { query: { type: 'string', ...required }, limit: { type: 'number', ...optional } },
        run: async ({ query, limit }, { person, signal }) =>
          memory.search(person, String(query), limitOf(limit, 10), signal),
      }),
      readOnly({
        name: 'list_notes',
        description: `Lists your notes, the newest first; at most ${MOST_LISTED}, or \`limit\`.`,
        takes: { limit: { type: 'number', ...optional } },
        run: async ({ limit }, { person }) =>
          (await memory.list(person)).slice(0, limitOf(limit, MOST_LISTED)),
      }),
      {
        name: 'add_note',
        description: 'Adds a note; secrets that are found in it are taken out.',
        readOnly: false,
        takes: { text: { type: 'string', ...required } },
        // The task and the card of its approval contain the same redacted text as the note.
        kept: (input) =>
          typeof input.text === 'string' ? { ...input, text: memory.kept(input.text) } : input,
        run: ({ text }, { person }) => memory.add(person, String(text)),
      },
    ],
  }
}

function prompts(deps: BuiltInDeps): BuiltIn {
  const which = { name: { type: 'string', ...required }, version: { type: 'number', ...optional } } as const
  const versionOf = (version: unknown): number | undefined =>
    version === undefined ? undefined : Number(version)
  return {
    id: 'kPersona:prompts',
    purpose: 'your prompts, and what they become with their variables filled in',
    tools: [
      readOnly({
        name: 'list_prompts',
        description: 'Lists your prompts with their variables.',
        takes: NOTHING,
        run: async (_, { person }) =>
          (await deps.prompts.list(person)).map(({ name, version, variables }) => ({
            name,
            version,
            variables,
          })),
      }),
      readOnly({
        name: 'show_prompt',
        description: 'Shows a prompt of yours: the newest version, or the one that is named.',
        takes: which,
        run: ({ name, version }, { person }) => deps.prompts.show(person, String(name), versionOf(version)),
      }),
      readOnly({
        name: 'preview_prompt',
        description: 'Shows the text of a prompt with its variables filled in. Nothing is evaluated or run.',
        takes: { ...which, values: { type: 'object', ...optional } },
        async run({ name, version, values = {} }, { person }) {
          const texts = Object.entries(values as object).map(([key, value]) => [key, String(value)] as const)
          const given = Object.fromEntries(texts)
          const { text } = await deps.prompts.render(person, String(name), given, versionOf(version))
          return { text }
        },
      }),
    ],
  }
}
