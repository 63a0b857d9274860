// Tasks that agents were given, the newest first; one of them as it goes on, with its arguments and its result.
import { useEffect, useState } from 'preact/hooks'
import type { Problem } from '../../../api/contract/client/page.ts'
import { cancelTask, followTask, getTask, getTasks } from '../../../api/contract/operations/agents/agents.ts'
import type { TaskLineShape, TaskRowShape, TaskShape } from '../../../api/contract/shapes.ts'
import {
  Act,
  type Columns,
  Dialog,
  Facts,
  Foreign,
  number,
  Panel,
  Shown,
  State,
  Table,
  Time,
  Trouble,
} from '../../parts/index.ts'
import { Terminal } from '../../parts/terminal.tsx'
import { client, noted, status, useAnswer } from '../../state/index.ts'
import { linesOfResult } from './result-lines.ts'

const LIMIT = 100

const TONES = {
  submitted: 'quiet',
  working: 'good',
  'input-required': 'warn',
  'auth-required': 'warn',
  completed: 'good',
  failed: 'bad',
  canceled: 'quiet',
  rejected: 'bad',
} as const

const TaskState = ({ state }: Pick<TaskRowShape, 'state'>) => <State tone={TONES[state]}>{state}</State>

export const keyOf = ({ person, id }: Pick<TaskRowShape, 'person' | 'id'>): string => `${person} ${id}`

interface TasksProps {
  /** Key of the task that is shown by itself: ids are chosen by people, and two people may choose the same. */
  readonly chosen: string | undefined
  readonly onChoose: (id: string | undefined) => void
}

export function Tasks({ chosen, onChoose }: TasksProps) {
  const asked = useAnswer(getTasks, ['task_progress'], { query: { limit: LIMIT } })
  const one = asked.data?.tasks.find((task) => keyOf(task) === chosen)
  return (
    <Panel title="Tasks" wide note={`The newest ${number(LIMIT)}. Each calls one tool once.`}>
      <Shown asked={asked} empty={({ tasks }) => tasks.length === 0 && <p>No agent was given a task yet.</p>}>
        {({ tasks }) => (
          <Table
            caption="Tasks"
            rows={tasks}
            keyOf={keyOf}
            columns={{
              ...COLUMNS,
              More: (task) => (
                <button type="button" onClick={() => onChoose(keyOf(task))}>
                  Open
                  <span class="hidden"> task {task.id}</span>
                </button>
              ),
            }}
          />
        )}
      </Shown>
      {one !== undefined && <Task key={keyOf(one)} row={one} onClose={() => onChoose(undefined)} />}
    </Panel>
  )
}

const COLUMNS: Columns<TaskRowShape> = {
  Task: ({ id }) => <code>{id}</code>,
  State: TaskState,
  Agent: 'agent',
  Tool: 'tool',
  Why: { cell: ({ why }) => (why === '' ? '–' : <Foreign text={why} />), long: true },
  Given: 'created_at',
  Over: ({ ended_at }) => (ended_at === null ? 'not yet' : <Time at={ended_at} as="ago" />),
}

/** What is known of a task: all that was stored of it, and what came since. */
interface Followed {
  readonly task: TaskShape | undefined
  readonly lines: readonly TaskLineShape[]
  readonly problem: Problem | undefined
}

/** Nothing is asked of a task of somebody else: it is their own person's alone, and here that id may be another one. */
function useTask(id: string, isOwn: boolean): Followed {
  const [known, setKnown] = useState<Followed>({ task: undefined, lines: [], problem: undefined })
  useEffect(() => {
    if (!isOwn) return
    const ending = new AbortController()
    const { signal } = ending
    const read = async (): Promise<void> => {
      try {
        const task = await client.call(getTask, { query: { id }, signal })
        setKnown((before) => ({ ...before, task }))
        for await (const line of client.lines(followTask, { query: { id, after: 0 }, signal }))
          setKnown((before) => ({ ...before, lines: [...before.lines, line] }))
      } catch (error) {
        if (signal.aborted) return
        const problem = noted(error)
        setKnown((before) => ({ ...before, problem }))
      }
    }
    void read()
    return () => ending.abort(new Error('the task is no longer shown'))
  }, [id, isOwn])
  return known
}

function Task({ row, onClose }: { readonly row: TaskRowShape; readonly onClose: () => void }) {
  const { id, agent, tool, why, person, trace_id } = row
  const isOwn = person === status.value?.you.uid
  const { task, lines, problem } = useTask(id, isOwn)
  const last = lines.at(-1)
  const state = last?.state ?? row.state
  const isOver = last?.final === true || row.ended_at !== null
  const approval = lines.findLast((line) => line.approval !== undefined)?.approval
  const result = last?.final === true ? last.result : task?.result
  const cancel = (): Promise<unknown> =>
    client.call(cancelTask, { body: { id, ...(!isOwn && { person }) }, deadlineMs: 60_000 })
  return (
    <Dialog title={`Task ${id}`} onClose={onClose}>
      <Facts
        facts={{
          State: <TaskState state={state} />,
          Agent: agent,
          Tool: tool,
          Why: why,
          Arguments: <Arguments isOwn={isOwn} task={task} />,
          Trace: <code>{trace_id}</code>,
        }}
      />
      {isOwn && problem !== undefined && <Trouble problem={problem} />}
      {state === 'input-required' && (
        <p class="note">
          It waits for a yes: <a href="#/approvals">request {approval ?? row.approval}</a>
        </p>
      )}
      {isOwn && <Steps lines={lines} />}
      {result !== null && result !== undefined && (
        <Terminal label={`Result of ${id}`} lines={linesOfResult(result)} />
      )}
      {!isOver && (
        <Act kind="danger" run={cancel} confirm="Its call is stopped: press again">
          Cancel this task
        </Act>
      )}
    </Dialog>
  )
}

const Arguments = ({ isOwn, task }: { readonly isOwn: boolean; readonly task: TaskShape | undefined }) =>
  !isOwn ? (
    <span class="quiet">of another person, who alone sees them</span>
  ) : (
    <code>
      <Foreign text={task === undefined ? '…' : JSON.stringify(task.input)} />
    </code>
  )

/** What happened, the newest last; how far it is as a bar, where the agent says so. */
function Steps({ lines }: { readonly lines: readonly TaskLineShape[] }) {
  const progress = lines.findLast((line) => line.progress !== null)?.progress
  return (
    <>
      {progress?.total != null && (
        <progress max={progress.total} value={progress.done} aria-label="Progress, as the agent reports it" />
      )}
      <ol class="steps">
        {lines.map(({ seq, at, state, message }) => (
          <li key={seq}>
            <Time at={at} as="clock" /> {state} {message !== null && <Foreign text={message} />}
          </li>
        ))}
      </ol>
    </>
  )
}
