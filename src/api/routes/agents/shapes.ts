// Agents and tasks as the API answers them, to programs of this machine and to other machines.
import { isBuiltIn } from '../../../agents/builtins/words.ts'
import { kindOf } from '../../../agents/classes.ts'
import type { AgentView, Runtime, Task, TaskEvent } from '../../../agents/index.ts'
import type { Manifest } from '../../../agents/manifest/manifest.ts'
import { isOutside } from '../../../agents/manifest/wanted.ts'
import { isFinal } from '../../../agents/tasks/types.ts'
import { KaroError } from '../../../base/errors.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { isTable } from '../../../config/kinds.ts'
import type {
  AgentListShape,
  AgentLogsShape,
  AgentShape,
  TaskLineShape,
  TaskRowShape,
  TaskShape,
} from '../../contract/shapes.ts'
import { shown, time } from '../../server/shown.ts'

type TasksOf = Pick<Runtime['tasks'], 'get' | 'result' | 'onEvent'>

export const agentRow = ({
  id,
  name,
  person,
  status,
  manifest,
  grantedUntil,
}: AgentView): AgentListShape['agents'][number] => ({
  id,
  name,
  person,
  state: status.state,
  detail: status.detail.slice(0, 2_048),
  restarts: status.restarts,
  since: time(status.since),
  ...(grantedUntil !== null && { granted_until: time(grantedUntil) }),
  ...(isBuiltIn(id) ? { argv: null, built_in: true } : { argv: manifest?.argv ?? null }),
  outside: (manifest && isOutside(manifest)) || undefined,
})

const manifestShape = ({
  id,
  name,
  person,
  argv,
  callMs: call_ms,
  addedAt,
  ...manifest
}: Manifest): NonNullable<AgentShape['manifest']> => ({ ...manifest, call_ms, added_at: time(addedAt) })

/** Of what is called from another machine, more than the name decides. */
export const agentShape = (view: AgentView): AgentShape => ({
  ...agentRow(view),
  manifest: view.manifest && !isBuiltIn(view.id) ? manifestShape(view.manifest) : null,
  server: view.server,
  ...(view.cannotChange?.length && { cannot_change: view.cannotChange }),
  offers:
    view.offers?.map(({ name, description, readOnly, inputSchema }) => ({
      name,
      description,
      read_only: readOnly,
      ...(view.manifest && kindOf(name, readOnly && !isOutside(view.manifest))),
      input_schema: inputSchema,
    })) ?? null,
})

export const logsShape = ({ lines, ...counts }: Awaited<ReturnType<Runtime['logs']>>): AgentLogsShape => ({
  ...counts,
  lines: lines.map(shown),
})

export const taskRow = (task: Task): TaskRowShape => ({
  id: task.id,
  person: task.person,
  agent: task.agent,
  tool: task.tool,
  state: task.state,
  seq: task.seq,
  why: task.why,
  trace_id: task.traceId,
  approval: task.approval,
  created_at: time(task.createdAt),
  ended_at: time(task.endedAt),
  given_by: task.by?.name ?? task.by?.operator ?? task.by?.node,
})

async function resultOf(tasks: TasksOf, { person, id }: Task): Promise<unknown> {
  const json = await tasks.result(person, id)
  return json === undefined ? null : (JSON.parse(json) as unknown)
}

export const taskShape = async (tasks: TasksOf, task: Task): Promise<TaskShape> => ({
  ...taskRow(task),
  input: JSON.parse(task.input) as unknown,
  events: task.events.map(shown),
  result: await resultOf(tasks, task),
})

/** The events of a task as lines; reads on as fast as its reader does, because what came meanwhile is in the task. */
export async function* taskLines(
  tasks: TasksOf,
  begun: Task,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<TaskLineShape, void> {
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
        yield await lineOf(tasks, task, event)
      }
      if (isFinal(task.state)) return
      await more.promise
    }
  } finally {
    end()
  }
}

async function lineOf(tasks: TasksOf, task: Task, event: TaskEvent): Promise<TaskLineShape> {
  const final = isFinal(event.state)
  return {
    task: task.id,
    ...shown(event),
    final,
    ...(event.state === 'input-required' && task.approval !== null && { approval: task.approval }),
    ...(final && { result: await resultOf(tasks, task) }),
  }
}

/** Throws KaroError `bad_request` for a text that is no JSON object. */
export function objectIn(text: string): Record<string, unknown> {
  const value: unknown = orElse(() => JSON.parse(text), undefined)
  if (isTable(value)) return value
  throw new KaroError('bad_request', 'the arguments are not a JSON object', { where: 'input' })
}
