// /agents and /tasks: each person has their own agents and tasks; administrators see what there is, and can stop it.
import { pipe } from 'it-pipe'
import type { Actor, AgentView, Runtime, Task } from '../../../agents/index.ts'
import { DEFAULT_CALL_MS, DEFAULT_LIMITS } from '../../../agents/manifest/words.ts'
import { STEP_TASKS } from '../../../agents/planner/types.ts'
import { AFAR } from '../../../agents/tasks/afar.ts'
import { KaroError } from '../../../base/errors.ts'
import { askersOf, checkPerson, placeOf, seatByKernel } from '../../access/at-terminal.ts'
import * as api from '../../contract/operations/agents/agents.ts'
import type { Asked } from '../../remote/ask.ts'
import { answered, type Caller, ndjson, type Rooms, type Routes, serve } from '../../server/index.ts'
import { agentRow, agentShape, logsShape, objectIn, taskLines, taskRow, taskShape } from './shapes.ts'
import { whileOpen } from './while-open.ts'

/** Tasks that one person may follow at the same time, here and on other machines. */
const MOST_FOLLOWED = 32

/** Errors: `bad_request`, `not_found`, `conflict`, `refused`, `rate_limited`, `unavailable`. */
export function agentsRoutes(rooms: Rooms): Routes {
  const { agents, approvals, people, http, elsewhere, seatOf = seatByKernel } = rooms
  const actorOf = ({ caller, id }: Asked): Actor => ({
    person: caller.person,
    admin: caller.admin,
    traceId: id,
    sessions: askersOf(caller, seatOf),
  })
  /** What is added is granted, so a person says it. */
  function checkAdding({ caller }: Asked, token: string | undefined): void {
    if (token === undefined)
      checkPerson(
        placeOf(caller, seatOf),
        approvals.hasAsked,
        'adds an agent',
        'Type the command in a terminal; a script needs --yes, and by --token-file a token with scope approve.',
      )
    else if (!http.mayApprove(token, caller.person))
      throw new KaroError('refused', 'this is no token of yours that approves', {
        hint: 'karo token create --scope approve  makes one, at a terminal.',
      })
  }
  return (server) => {
    tasksRoutes(rooms)(server)
    serve(server, api.getAgents, async (request) => {
      const { at } = request.query
      if (at !== undefined) return elsewhere.ask(request, at, api.getAgents, { operation: 'list' })
      const all = await agents.list(actorOf(request))
      const isOther = ({ person }: AgentView) => person !== request.caller.person
      const names = all.some(isOther) ? await people.list() : []
      const rows = all.map((view) => ({
        ...agentRow(view),
        ...(isOther(view) && {
          owner: names.find(({ number }) => number === view.person)?.name ?? `number ${view.person}`,
        }),
      }))
      return { agents: rows, ...(agents.areOff() && { off: true }) }
    })
    serve(server, api.addAgent, async (request) => {
      const { call_ms, limits, token, ...rest } = request.body
      checkAdding(request, token)
      const wanted = { ...rest, limits: { ...DEFAULT_LIMITS, ...limits }, callMs: call_ms ?? DEFAULT_CALL_MS }
      return agentShape(await agents.add(actorOf(request), wanted))
    })
    serve(server, api.describeAgent, async (request) => {
      const { at, agent } = request.query
      if (at !== undefined)
        return elsewhere.ask(request, at, api.describeAgent, { operation: 'describe', agent })
      return agentShape(await agents.describe(actorOf(request), agent))
    })
    serve(server, api.removeAgent, async (request) =>
      agentShape(await agents.remove(actorOf(request), request.body.agent)),
    )
    for (const [operation, asked] of [
      ['start', api.startAgent],
      ['stop', api.stopAgent],
    ] as const) {
      serve(server, asked, async (request) => {
        const { at, agent } = request.body
        if (at !== undefined) return elsewhere.ask(request, at, asked, { operation, agent })
        return agentShape(await agents[`${operation}Agent`](actorOf(request), agent))
      })
    }
    serve(server, api.getAgentLogs, async (request) => {
      const { at, agent } = request.query
      if (at !== undefined) return elsewhere.ask(request, at, api.getAgentLogs, { operation: 'logs', agent })
      return logsShape(await agents.logs(actorOf(request), agent))
    })
  }
}

/** Errors: as `agentsRoutes`. */
function tasksRoutes({ agents, elsewhere, seatOf = seatByKernel }: Rooms): Routes {
  const { tasks } = agents
  /** The person of each task that is followed now. */
  const followed: number[] = []

  /** Counts until `over`. Throws KaroError `rate_limited`. */
  function follows(person: number, over: AbortSignal): void {
    if (followed.filter((one) => one === person).length >= MOST_FOLLOWED)
      throw new KaroError('rate_limited', `you follow ${MOST_FOLLOWED} tasks already`, {
        hint: 'End one of the commands that follow a task, or close a page.',
      })
    followed.push(person)
    over.addEventListener('abort', () => followed.splice(followed.indexOf(person), 1), { once: true })
  }

  return (server) => {
    serve(server, api.runTask, async (request) => {
      const { body, caller } = request
      const { at, ...wanted } = body
      const input = objectIn(body.input)
      if (at !== undefined) {
        // Before anything leaves, so that a retry can name it.
        const id = `t-${request.id.slice(0, 16)}`
        return elsewhere.ask(request, at, api.runTask, { operation: 'task', id, ...wanted })
      }
      if (wanted.id?.startsWith(STEP_TASKS))
        throw new KaroError('bad_request', `ids that begin with ${STEP_TASKS} are of steps of plans`, {
          where: 'id',
          hint: 'Choose another id.',
        })
      return taskRow(
        await agents.run({
          ...wanted,
          input,
          person: caller.person,
          traceId: request.id,
          sessions: askersOf(caller, seatOf),
        }),
      )
    })
    serve(server, api.getTasks, async (request) => {
      const { caller, query } = request
      const { at, limit } = query
      if (at !== undefined) return elsewhere.ask(request, at, api.getTasks, { operation: 'tasks', limit })
      const all = await tasks.list(caller.admin ? undefined : caller.person)
      return { tasks: all.slice(0, limit).map(taskRow) }
    })
    serve(server, api.getTask, async (request) => {
      const { at, id } = request.query
      if (at !== undefined) return elsewhere.ask(request, at, api.getTask, { operation: 'status', id })
      return taskShape(tasks, await tasks.get(request.caller.person, id))
    })
    serve(server, api.followTask, async (request, reply) => {
      const { id, after, at } = request.query
      const over = whileOpen(reply)
      follows(request.caller.person, over)
      // A call may take longer than an idle connection lasts, and so may another machine be away.
      request.raw.socket.setTimeout(0)
      const lines =
        at === undefined
          ? taskLines(tasks, await tasks.get(request.caller.person, id), after, over)
          : await elsewhere.follow(request, at, { id, after }, over)
      return pipe(lines, ndjson, answered(reply, 'application/x-ndjson'))
    })
    serve(server, api.cancelTask, async (request) => {
      const { caller, body } = request
      const { at, id, person = caller.person } = body
      if (at !== undefined) return elsewhere.ask(request, at, api.cancelTask, { operation: 'cancel', id })
      return taskRow(await cancelHere(tasks, caller, person, id))
    })
  }
}

/** Administrators also end what another machine gave this one to do. */
async function cancelHere(
  tasks: Runtime['tasks'],
  caller: Caller,
  person: number,
  id: string,
): Promise<Task> {
  try {
    return await tasks.cancel(caller.admin ? person : caller.person, id)
  } catch (error) {
    if (!caller.admin || (error as KaroError).code !== 'not_found') throw error
    return tasks.cancel(AFAR, id)
  }
}
