// Tasks as other rooms see them: the states of A2A 1.0, numbered events, and what became of each task.
import type { TaskRow } from '../../store/tables/agents.ts'
import type { AgentId } from '../types.ts'

/** Of A2A 1.0. `auth-required` is for requesters of other machines. */
export const TASK_STATES = [
  'submitted',
  'working',
  'input-required',
  'auth-required',
  'completed',
  'failed',
  'canceled',
  'rejected',
] as const
export type TaskState = (typeof TASK_STATES)[number]

const FINAL: ReadonlySet<TaskState> = new Set(['completed', 'failed', 'canceled', 'rejected'])
export const isFinal = (state: TaskState): boolean => FINAL.has(state)

/** Somebody of another machine: its node, and the operator who asks through it. */
export type Afar = NonNullable<TaskRow['by']>

export interface TaskEvent {
  /** From 1, without gaps. */
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly state: TaskState
  /** For people; of the agent where there is progress. */
  readonly message: string | null
  readonly progress: { readonly done: number; readonly total: number | null } | null
}

export interface Task {
  readonly id: string
  /** Who gave it, by number. */
  readonly person: number
  readonly agent: AgentId
  readonly tool: string
  /** Canonical JSON of the arguments. */
  readonly input: string
  readonly why: string
  readonly traceId: string
  readonly state: TaskState
  /** Number of the last event. */
  readonly seq: number
  /** The last ones; those of progress are dropped first. */
  readonly events: readonly TaskEvent[]
  /** Id of the approval that it waits for, or waited for. */
  readonly approval: string | null
  readonly createdAt: number
  readonly endedAt: number | null
  /** Who of another machine gave it; undefined: a person of this one. */
  readonly by: Afar | undefined
}

export interface TaskRequest {
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`; the same id is the same task. Absent: a new one. */
  readonly id?: string
  readonly person: number
  readonly agent: string
  readonly tool: string
  readonly input: Readonly<Record<string, unknown>>
  readonly why: string
  /** See `Requester`. */
  readonly sessions?: readonly string[] | undefined
  /** Who of another machine gives it: `person` is then AFAR, and `id` the one of `afarId`. */
  readonly by?: Afar
  /** 32 hex digits. */
  readonly traceId: string
}

/** A task that is under way, for whoever drives it. */
export interface Live {
  task(): Task
  /** Aborts when somebody cancels the task, or with RightEnded. */
  readonly signal: AbortSignal
  /** It may not go on. */
  withdraw(why: string): void
  /**
   * The gates let it through, or have it wait for a person, by these capabilities. It may not go on if one of them was taken back
   * meanwhile.
   */
  restsOn(capabilities: readonly string[]): void
  /** Durable when it resolves. `approval`: with `input-required`. */
  to(
    state: TaskState,
    message: string,
    more?: { readonly approval?: string; readonly result?: string },
  ): Promise<void>
  /** Left out when the last one was a moment ago. */
  progress(done: number, total: number | null, message: string | null): void
}
