// /agents and /tasks: each person has their own agents and tasks; administrators see what there is, and can stop it.
import { Readable } from 'node:stream'
import type { Actor, AgentView, Runtime, Task, TaskEvent } from '../../agents/index.ts'
import { DEFAULT_CALL_MS, DEFAULT_LIMITS } from '../../agents/manifest/words.ts'
import { isFinal } from '../../agents/tasks/types.ts'
import { KaroError } from '../../base/errors.ts'
import { jsonText } from '../../base/printable.ts'
import { type SeatOfCaller, seatByKernel } from '../access/at-terminal.ts'
import {
  addAgent,
  cancelTask,
  describeAgent,
  followTask,
  getAgentLogs,
  getAgents,
  getTask,
  getTasks,
  removeAgent,
  runTask,
  startAgent,
  stopAgent,
} from '../contract/operations/agents/agents.ts'
import type { AgentListShape, AgentShape, TaskLineShape, TaskRowShape } from '../contract/shapes.ts'
import type { Caller, Routes } from '../server/route.ts'
import { serve } from '../server/serve.ts'

interface AgentsRouteDeps {
  readonly agents: Runtime
  /** Tests play the kernel. */
  readonly seatOf?: SeatOfCaller
}

/** Errors: `bad_request`, `not_found`, `conflict`, `refused`, `rate_limited`, `unavailable`. */
export function agentsRoutes({ agents, seatOf = seatByKernel }: AgentsRouteDeps): Routes {
  const { tasks } = agents
  const actorOf = ({ caller, id }: { readonly caller: Caller; readonly id: string }): Actor => ({
    ...{ person: caller.uid, admin: caller.admin, traceId: id },
    // What a page asks for was asked for out of the terminal that opened it.
    sessions: (caller.credential?.seat ?? seatOf(caller))?.near,
  })
  return (server) => {
    serve(server, getAgents, async (request) => ({
      agents: (await agents.list(actorOf(request))).map(rowOf),
    }))
    serve(server, addAgent, async (request) => {
      const { call_ms, limits, ...rest } = request.body
      const wanted = { ...rest, limits: { ...DEFAULT_LIMITS, ...limits }, callMs: call_ms ?? DEFAULT_CALL_MS }
      return shapeOf(await agents.add(actorOf(request), wanted))
    })
    serve(server, describeAgent, async (request) =>
      shapeOf(await agents.describe(actorOf(request), request.query.agent)),
    )
    serve(server, removeAgent, async (request) =>
      shapeOf(await agents.remove(actorOf(request), request.body.agent)),
    )
    serve(server, startAgent, async (request) =>
      shapeOf(await agents.startAgent(actorOf(request), request.body.agent)),
    )
    serve(server, stopAgent, async (request) =>
      shapeOf(await agents.stopAgent(actorOf(request), request.body.agent)),
    )
    serve(server, getAgentLogs, async (request) => {
      const { lines, ...counts } = agents.logs(actorOf(request), request.query.agent)
      return { ...counts, lines: lines.map((line) => ({ ...line, at: time(line.at) })) }
    })

    serve(server, runTask, async (request) => {
      const { body } = request
      const { person, sessions, traceId } = actorOf(request)
      const wanted = { ...body, input: objectIn(body.input), person, traceId }
      return taskRowOf(await agents.run({ ...wanted, ...(sessions !== undefined && { sessions }) }))
    })
    serve(server, getTasks, async ({ caller, query }) => {
      const all = await tasks.list(caller.admin ? undefined : caller.uid)
      return { tasks: all.slice(0, query.limit).map(taskRowOf) }
    })
    serve(server, getTask, async ({ caller, query }) => {
      const found = await tasks.get(caller.uid, query.id)
      return {
        ...taskRowOf(found),
        input: JSON.parse(found.input) as unknown,
        events: found.events.map(eventOf),
        result: await resultOf(found),
      }
    })
    serve(server, followTask, async ({ caller, query }, reply) => {
      const { id, after } = query
      const found = await tasks.get(caller.uid, id)
      const over = new AbortController()
      reply.raw.once('close', () => over.abort())
      const lines = linesOf(found, after, over.signal)
      return reply.type('application/x-ndjson').send(Readable.from(lines, { objectMode: false }))
    })
    serve(server, cancelTask, async ({ caller, body }) => {
      const person = caller.admin ? (body.person ?? caller.uid) : caller.uid
      return taskRowOf(await tasks.cancel(person, body.id))
    })
  }

  async function resultOf({ person, id }: Task): Promise<unknown> {
    const json = await tasks.result(person, id)
    return json === undefined ? null : (JSON.parse(json) as unknown)
  }

  /** Reads on as fast as its reader does; what came meanwhile is in the task. */
  async function* linesOf(begun: Task, after: number, signal: AbortSignal): AsyncGenerator<string, void> {
    const { person, id } = begun
    let more = Promise.withResolvers<void>()
    const wake = (): void => more.resolve()
    const end = tasks.onEvent((task) => {
      if (task.id === id && task.person === person) wake()
    })
    signal.addEventListener('abort', wake, { once: true })
    try {
      for (let seen = after; !signal.aborted; ) {
        more = Promise.withResolvers()
        const task = await tasks.get(person, id)
        for (const event of task.events.filter(({ seq }) => seq > seen)) {
          seen = event.seq
          yield `${jsonText(await lineOf(task, event))}\n`
        }
        if (isFinal(task.state)) return
        await more.promise
      }
    } finally {
      end()
    }
  }

  async function lineOf(task: Task, event: TaskEvent): Promise<TaskLineShape> {
    const final = isFinal(event.state)
    return {
      ...{ task: task.id, ...eventOf(event), final },
      ...(event.state === 'input-required' && task.approval !== null && { approval: task.approval }),
      ...(final && { result: await resultOf(task) }),
    }
  }
}

/** Throws KaroError `bad_request` for a text that is no JSON object. */
function objectIn(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new KaroError('bad_request', 'the arguments are no JSON object', { where: 'input' })
}

const time = (ms: number): string => new Date(ms).toISOString()
const timeOrNull = (ms: number | null): string | null => (ms === null ? null : time(ms))

const rowOf = ({ id, name, person, status, manifest }: AgentView): AgentListShape['agents'][number] => ({
  ...{ id, name, person, state: status.state, detail: status.detail.slice(0, 2_048) },
  ...{ restarts: status.restarts, since: timeOrNull(status.since), argv: manifest?.argv ?? null },
})

const shapeOf = (view: AgentView): AgentShape => ({
  ...rowOf(view),
  manifest: view.manifest && {
    ...{ cwd: view.manifest.cwd, binds: view.manifest.binds, tools: view.manifest.tools },
    ...{ capabilities: view.manifest.capabilities, limits: view.manifest.limits },
    ...{ call_ms: view.manifest.callMs, why: view.manifest.why, added_at: time(view.manifest.addedAt) },
  },
  server: view.server,
  offers:
    view.offers?.map(({ name, description, readOnly, inputSchema }) => ({
      ...{ name, description, read_only: readOnly, input_schema: inputSchema },
    })) ?? null,
})

const eventOf = ({ state, seq, at, message, progress }: TaskEvent) => ({
  ...{ state, seq, at: time(at), message, progress },
})

const taskRowOf = (task: Task): TaskRowShape => ({
  ...{ id: task.id, person: task.person, agent: task.agent, tool: task.tool, state: task.state },
  ...{ seq: task.seq, why: task.why, trace_id: task.traceId, approval: task.approval },
  ...{ created_at: time(task.createdAt), ended_at: timeOrNull(task.endedAt) },
})
