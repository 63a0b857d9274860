// Tasks as they are in the store, and as other rooms see them.
import type { TaskRow } from '../../store/tables/agents.ts'
import type { AgentId } from '../types.ts'
import type { Task, TaskEvent, TaskState } from './types.ts'

/** How the address of an artifact begins that a long result is kept as. */
export const ARTIFACT = 'karo:artifact/'

/** Events that are kept of one task. */
const MOST_EVENTS = 100

/** The last events; those of progress go first, because what became of the task has to stay. */
export function trimmed(events: TaskRow['events']): TaskRow['events'] {
  if (events.length <= MOST_EVENTS) return events
  const oldest = events.findIndex(({ progress }) => progress !== null)
  return events.toSpliced(Math.max(0, oldest), 1)
}

export const taskOf = (row: TaskRow): Task => ({
  id: row.id,
  person: row.uid,
  agent: row.agent as AgentId,
  tool: row.tool,
  input: row.input,
  why: row.why,
  traceId: row.trace_id,
  state: row.state as TaskState,
  seq: row.seq,
  events: row.events as readonly TaskEvent[],
  approval: row.approval,
  createdAt: row.created_at,
  endedAt: row.ended_at,
  by: row.by,
})

/** The texts of a CallToolResult. */
export function textOf(json: string): string {
  const { content = [] } = JSON.parse(json) as { content?: readonly { text?: unknown }[] }
  return content.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n')
}

/** Whether the texts are all of it, and nothing stands beside them. */
export function isAllText(json: string): boolean {
  const { content } = JSON.parse(json) as { content?: unknown }
  return (
    Array.isArray(content) &&
    (content as readonly { type?: unknown; text?: unknown }[]).every(
      ({ type, text }) => type === 'text' && typeof text === 'string',
    )
  )
}

/** Id of the artifact that a long result is kept as; undefined where the result is all there. */
export function keptElsewhere(json: string): string | undefined {
  const { content = [] } = JSON.parse(json) as { content?: readonly { type?: unknown; uri?: unknown }[] }
  for (const { type, uri } of content)
    if (type === 'resource_link' && typeof uri === 'string' && uri.startsWith(ARTIFACT))
      return uri.slice(ARTIFACT.length).slice(0, 12)
  return undefined
}
