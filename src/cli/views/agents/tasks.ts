// Views of tasks: the list, one task with its events, and what a tool said.
import type { TaskLineShape, TaskListShape, TaskShape } from '../../../api/contract/shapes.ts'
import { localTime, printable } from '../../../base/format.ts'
import { facts, type Screen, table } from '../../terminal/table.ts'
import { fitted } from '../../terminal/text.ts'

type State = TaskShape['state']

const COLOUR: Partial<Record<State, 'red' | 'green' | 'yellow'>> = {
  completed: 'green',
  failed: 'red',
  rejected: 'red',
  'input-required': 'yellow',
}

export function tasksView({ tasks }: TaskListShape, screen: Screen): string {
  return table(
    screen,
    tasks,
    {
      TASK: 'id',
      AGENT: 'agent',
      TOOL: { value: 'tool', shrink: true },
      STATE: { value: 'state', style: ({ state }) => COLOUR[state] },
      GIVEN: 'created_at',
    },
    'No tasks.\n',
  )
}

export function taskView(task: TaskShape, screen: Screen): string {
  const { id, agent, tool, state, why, trace_id, given_by, approval, input, events, result } = task
  const known = {
    state,
    agent,
    tool,
    arguments: JSON.stringify(input),
    why,
    'given by': given_by ?? null,
    approval,
    trace: trace_id,
  }
  const happened = events.map(
    (event) => `  ${event.seq}  ${localTime(event.at)}  ${printable(event.state)}${wordsOf(event)}\n`,
  )
  const said = resultView(result)
  return `${facts(screen, id, known)}\n${fitted(happened.join(''), screen.columns)}${said === '' ? '' : `\n${said}`}`
}

type Told = Pick<TaskLineShape, 'state' | 'message' | 'progress'>

/** What a person reads of one event, behind its state. */
function wordsOf({ message, progress }: Pick<Told, 'message' | 'progress'>): string {
  const { done, total } = progress ?? {}
  const counted = done === undefined ? '' : ` ${done}${total === null ? '' : ` of ${total}`}`
  return `${counted}${message === null || message === '' ? '' : `: ${printable(message)}`}`
}

/** `at`: the machine that the task was given to, if that is another one. */
export const progressLine = (line: Told & Pick<TaskLineShape, 'approval'>, at?: string): string =>
  `${printable(line.state)}${wordsOf(line)}${line.approval === undefined ? '' : ` (${whereTo(at)}: ${approving(line.approval)})`}`

const whereTo = (at: string | undefined): string =>
  at === undefined ? 'answer it' : `on ${printable(at)}, or on a third machine with --at ${printable(at)}`

const approving = (approval: string): string => `karo approvals approve ${printable(approval)}`

/** Why a task is not done, and what to do about it. */
export function stateLine(line: Told & Pick<TaskLineShape, 'task' | 'approval'>, at?: string): string {
  const what = `${line.task} is ${printable(line.state)}${wordsOf(line)}\n`
  if (line.state !== 'input-required' || line.approval === undefined) return what
  const where = whereTo(at)
  const named = at === undefined ? line.task : `${line.task} --at ${printable(at)}`
  return `${what}${where[0]?.toUpperCase()}${where.slice(1)}: ${approving(line.approval)}. karo task show ${named} shows what became of it.\n`
}

/** The texts of a CallToolResult, each with a line end; other parts by their kind. */
export function resultView(result: unknown): string {
  const content = (result as { content?: unknown } | null | undefined)?.content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: { type?: unknown; text?: unknown; mimeType?: unknown } | null) => {
      if (part?.type === 'text' && typeof part.text === 'string')
        return part.text.endsWith('\n') ? linesOf(part.text) : `${linesOf(part.text)}\n`
      return `[${printable(String(part?.type))}${part?.mimeType === undefined ? '' : ` ${printable(String(part.mimeType))}`}; karo task show --json has it]\n`
    })
    .join('')
}

/** Lines stay lines; all else that a terminal would obey is made visible. */
const linesOf = (text: string): string => text.split('\n').map(printable).join('\n')
