// The types of the planner, and its dependencies.
import type { Clock, Random } from '../../base/clock.ts'
import type { Log } from '../../base/run/log.ts'
import type { MemoryRepository, PlanRow } from '../../store/tables/memory.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { TaskState } from '../tasks/types.ts'
import type { Draft, Judge, Offer, Step } from './plan.ts'

/** How the ids of tasks begin that steps of plans are given as; nobody gives other tasks such an id. */
export const STEP_TASKS = 'plan.'
/** `waiting`: for a step before it. `yours`: the person has to run its command. Otherwise the state of its task, or `done` by the person. */
export type StepState = 'waiting' | 'yours' | 'done' | TaskState

/** `input`: with the results that it took, once it was given as a task. */
export interface PlannedStep extends Omit<Step, 'warning'> {
  readonly state: StepState
  /** The task that it became; null: none yet. */
  readonly task: string | null
  readonly approval: string | null
  /** Of its task, or what is risky about its command; for people. */
  readonly detail: string | null
}

export interface Plan extends Omit<PlanRow, 'steps'> {
  /** `stopped`: a step failed, or nothing runs it now. `yours`: the next step is a command of the person. */
  readonly state: 'planned' | 'running' | 'yours' | 'stopped' | 'completed'
  readonly steps: readonly PlannedStep[]
}

interface Models {
  count(): number
  chat(
    body: (model: string) => string,
    signal: AbortSignal,
  ): Promise<{ readonly text: string; readonly by: string; readonly notes: readonly string[] }>
}

export interface PlannerDeps {
  readonly repository: MemoryRepository['plans']
  readonly redact: (text: string) => string
  /** The tools that agents of this person offer now, and how many agents do not run. */
  readonly offers: (person: number) => Promise<{ readonly offers: readonly Offer[]; readonly idle: number }>
  readonly models: Models
  /** By the grammar of `karo ask`; undefined: it knows none. */
  readonly commandFor: (clause: string) => Promise<string | undefined>
  readonly judge: Judge
  readonly agents: () => Pick<Runtime, 'run' | 'tasks'>
  /** The arguments as a task of that tool keeps them. */
  readonly kept: (
    agent: string,
    tool: string,
    input: Readonly<Record<string, unknown>>,
  ) => Readonly<Record<string, unknown>>
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  readonly log: Log
}

/** The person who runs a plan. */
export interface Runner {
  readonly person: number
  /** See `Requester`. */
  readonly sessions?: readonly string[] | undefined
  readonly traceId: string
}

/** Every method touches the plans of that person alone. Errors: `bad_request`, `not_found`, `conflict`. */
export interface Planner {
  /**
   * Nothing runs. Rejects with `not_found` where there is no step for the goal. `keep`: false for one that is only shown. `steps`:
   * those that the person names, and no others.
   */
  plan(
    person: number,
    goal: string,
    signal: AbortSignal,
    options?: { readonly keep?: boolean; readonly steps?: readonly Draft[] | undefined },
  ): Promise<Plan>
  /** The newest first. */
  list(person: number): Promise<readonly Plan[]>
  show(person: number, which: string): Promise<Plan>
  /**
   * Goes on with the plan: steps that are done or under way stay what they are, and no step that began to run ever runs again.
   * `done`: the id of a step of the person that is done. Resolves when the first task is stored, or there is nothing to do.
   */
  run(who: Runner, which: string, done?: string): Promise<Plan>
  remove(person: number, which: string): Promise<Plan>
  /** Resolves when nothing of this person is written or run any more; the rows are the caller's to remove. */
  drop(person: number): Promise<void>
}
