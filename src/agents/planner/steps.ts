// The present state of a plan's step: its task, whether it may be given again, and its outcome.
import type { PlanRow } from '../../store/tables/memory.ts'
import { isFinal, type Task } from '../tasks/types.ts'
import type { Step } from './plan.ts'
import { type Plan, type PlannedStep, STEP_TASKS, type StepState } from './types.ts'

/** A step that never ran is given as a task at most so many times. */
const MOST_ATTEMPTS = 9

export type Over = 'completed' | 'ran' | 'never ran'
type KnownStep = Pick<PlanRow['steps'][number], 'attempt' | 'over'>

export const LOST = 'it was given as a task, whose outcome is no longer known; it is not run again'

export const keyOf = (person: number, id: string): string => `${person} ${id}`
export const isDone = (state: StepState): boolean => state === 'completed' || state === 'done'

export const whyOf = ({ id, goal }: PlanRow, { id: step, what }: Step): string =>
  `step ${step} of the plan ${id} (${goal.slice(0, 150)}): ${what}`.slice(0, 500)

/** Whether this is the task that the step was given as last: nothing else counts, whatever id it has. */
export const isOf = (task: Task, plan: string, step: PlanRow['steps'][number]): boolean =>
  task.id === taskId(plan, step.id, step.attempt ?? 1) &&
  task.agent === step.agent &&
  task.tool === step.tool &&
  task.input === (step.given ?? step.input)

/** The state of a step whose task is not there. */
export function stateWithout({ attempt, over }: KnownStep): StepState {
  if (attempt === undefined) return 'waiting'
  return over === 'completed' ? over : over === 'never ran' ? 'rejected' : 'failed'
}

export const taskId = (plan: string, step: string, attempt: number): string =>
  `${STEP_TASKS}${plan}.${step}${attempt === 1 ? '' : `.${attempt}`}`

/** False only for a task that ended before it began to run. */
export const mayHaveRun = ({ state, events }: Pick<Task, 'state' | 'events'>): boolean =>
  !isFinal(state) || events.some((one) => one.state === 'working' || one.state === 'completed')

/** Number of the task that a step is given as next; undefined where it may have run, or was given too often. */
export function attemptAfter(
  { attempt, over }: KnownStep,
  task: Pick<Task, 'state' | 'events'> | undefined,
): number | undefined {
  if (attempt === undefined && task === undefined) return 1
  if (task === undefined ? over !== 'never ran' : mayHaveRun(task)) return undefined
  const last = attempt ?? 1
  return last >= MOST_ATTEMPTS ? undefined : last + 1
}

export function stateOf(steps: readonly PlannedStep[], isRunning: boolean): Plan['state'] {
  const next = steps.find(({ state }) => !isDone(state))
  if (next === undefined) return 'completed'
  if (isRunning) return 'running'
  if (next.state === 'yours') return 'yours'
  const hasBegun = steps.some(({ state, task }) => task !== null || state === 'done')
  return hasBegun ? 'stopped' : 'planned'
}
