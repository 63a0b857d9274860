// The planner: turns a goal into a plan that is kept, and runs plans as tasks, one step after the other, through the gates.
import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { PlanRow } from '../../store/tables/memory.ts'
import { isFinal, type Task } from '../tasks/types.ts'
import type { ActionClass } from '../types.ts'
import { planRequest, stepsIn } from './by-model.ts'
import { embeddedPlan } from './embedded.ts'
import { checked, MOST_GOAL, type Offer, type Step } from './plan.ts'
import {
  MOST_PLANS,
  type Plan,
  type PlannedStep,
  type Planner,
  type PlannerDeps,
  type Runner,
  type StepState,
  type Tasks,
} from './types.ts'

/** As many times a step that never ran may be given again. */
const MOST_ATTEMPTS = 9
const ID_LEAST = 4

export function createPlanner(deps: PlannerDeps): Planner {
  const { repository, models, tasks, clock, random, log } = deps
  const serially = createSerial()
  /** Plans that are being run. */
  const running = new Set<string>()

  async function rowOf(person: number, which: string): Promise<PlanRow> {
    const rows =
      which.length < ID_LEAST
        ? []
        : (await repository.all(person, 'plan')).filter(({ id }) => id.startsWith(which))
    const [only, other] = rows
    if (only === undefined)
      throw new KaroError('not_found', `you have no plan ${which.slice(0, 16)}`, {
        hint: 'karo plan list shows those that there are.',
      })
    if (other !== undefined)
      throw new KaroError('conflict', `${which.slice(0, 16)} is the beginning of several plans`)
    return only
  }

  async function viewOf(person: number, row: PlanRow): Promise<Plan> {
    const all = await tasks.list(person, `plan.${row.id}.`)
    const states = new Map<string, StepState>()
    const steps = row.steps.map((step): PlannedStep => {
      const task = lastOf(all, row.id, step.id)
      const ready = step.after.every((id) => isDone(states.get(id) ?? 'waiting'))
      const mine = step.done ? 'done' : ready ? 'yours' : 'waiting'
      const state = step.command !== '' ? mine : (task?.state ?? 'waiting')
      states.set(step.id, state)
      const { done: _, ...rest } = step
      return {
        ...{ ...rest, class: step.class as ActionClass, state, task: task?.id ?? null },
        ...{ approval: task?.approval ?? null, detail: task?.events.at(-1)?.message ?? null },
      }
    })
    return {
      ...{ id: row.id, goal: row.goal, createdAt: row.created_at, madeBy: row.made_by, notes: row.notes },
      ...{ steps, state: stateOf(steps, running.has(keyOf(person, row.id))) },
    }
  }

  async function byModel(goal: string, offers: readonly Offer[], signal: AbortSignal) {
    const { text, by, notes } = await models.chat((model) => planRequest(goal, offers, model), signal)
    return { steps: checked(stepsIn(text), offers), madeBy: `the local model at ${by}`, notes }
  }

  async function embedded(goal: string, offers: readonly Offer[]) {
    const { drafts, unknown } = await embeddedPlan(goal, offers, deps.commandFor)
    if (drafts.length === 0)
      throw new KaroError('not_found', 'there is no step for this goal', {
        hint: 'Say it in steps, in words of the tools of your agents (karo agent describe), or configure a local model: ask.endpoint.',
      })
    const notes = unknown.map((clause) => `Nothing was found for: ${clause}`)
    const madeBy = 'the descriptions of tools and the grammar of karo ask; no model was asked'
    return { steps: checked(drafts, offers), madeBy, notes }
  }

  async function make(goal: string, offers: readonly Offer[], signal: AbortSignal) {
    if (models.count() === 0) return embedded(goal, offers)
    try {
      return await byModel(goal, offers, signal)
    } catch (error) {
      signal.throwIfAborted()
      const made = await embedded(goal, offers)
      return { ...made, notes: [`The model was not used: ${(error as Error).message}.`, ...made.notes] }
    }
  }

  /** Until the plan is over, a step fails, or the next one is the person's. Rejects when a task cannot be given. */
  async function drive(who: Runner, row: PlanRow, begun: () => void): Promise<void> {
    for (;;) {
      const { steps } = await viewOf(who.person, row)
      const next = steps.find(({ state }) => !isDone(state))
      if (next === undefined || next.command !== '') return
      let task = next.task === null ? undefined : await tasks.get(who.person, next.task)
      if (task === undefined || isFinal(task.state)) {
        const id = attemptAfter(row.id, next.id, task)
        if (id === undefined) return
        task = await deps.run({
          ...{ id, person: who.person, agent: next.agent, tool: next.tool, traceId: who.traceId },
          ...{ input: JSON.parse(next.input) as Record<string, unknown>, why: whyOf(row, next) },
          ...(who.sessions !== undefined && { sessions: who.sessions }),
        })
      }
      begun()
      const over = await ended(tasks, who.person, task.id)
      if (over.state !== 'completed') return
    }
  }

  return {
    async plan(person, goal, signal, keep = true) {
      if (goal.trim() === '' || goal.length > MOST_GOAL)
        throw new KaroError('bad_request', `a goal has 1 to ${MOST_GOAL} characters`, { where: 'GOAL' })
      const { offers, idle } = await deps.offers(person)
      const { steps, madeBy, notes } = await make(goal, offers, signal)
      const some = idle === 0 ? [] : [`${idle} of your agents do not run, so their tools were not looked at.`]
      const row: PlanRow = {
        ...{ id: toHex(random.bytes(4)), goal, created_at: clock.now(), made_by: madeBy },
        ...{ notes: [...notes, ...some], steps: steps.map((step) => ({ ...step, done: false })) },
      }
      if (keep)
        await serially(async () => {
          const all = [...(await repository.all(person, 'plan'))].sort((a, b) => b.created_at - a.created_at)
          const remove = all.slice(MOST_PLANS - 1).map(({ id }) => id)
          await repository.write(person, 'plan', { put: [row], remove })
        })
      return viewOf(person, row)
    },
    async list(person) {
      const rows = await repository.all(person, 'plan')
      const plans = await Promise.all(rows.map((row) => viewOf(person, row)))
      return plans.sort((a, b) => b.createdAt - a.createdAt)
    },
    show: async (person, which) => viewOf(person, await rowOf(person, which)),
    async run(who, which, done) {
      const { person } = who
      const row = await serially(async () => {
        const found = await rowOf(person, which)
        if (done === undefined) return found
        const plan = await viewOf(person, found)
        const step = plan.steps.find(({ id }) => id === done)
        if (step?.state !== 'yours' && step?.state !== 'done')
          throw new KaroError('conflict', `${done.slice(0, 16)} is no step that is yours to do now`)
        const steps = found.steps.map((one) => (one.id === done ? { ...one, done: true } : one))
        await repository.write(person, 'plan', { put: [{ ...found, steps }] })
        return { ...found, steps }
      })
      const key = keyOf(person, row.id)
      if (!running.has(key)) {
        running.add(key)
        await new Promise<void>((resolve, reject) => {
          void drive(who, row, resolve)
            .then(resolve, (error: Error) => {
              log.warn({ trace_id: who.traceId, reason: error.message }, 'a plan does not go on')
              reject(error)
            })
            .finally(() => running.delete(key))
        })
      }
      return viewOf(person, row)
    },
    remove: (person, which) =>
      serially(async () => {
        const row = await rowOf(person, which)
        if (running.has(keyOf(person, row.id)))
          throw new KaroError('conflict', `the plan ${row.id} runs`, {
            hint: 'Cancel its task first: karo task list, karo task cancel.',
          })
        const plan = await viewOf(person, row)
        await repository.write(person, 'plan', { remove: [row.id] })
        return plan
      }),
  }
}

const keyOf = (person: number, id: string): string => `${person} ${id}`
const isDone = (state: StepState): boolean => state === 'completed' || state === 'done'

const whyOf = ({ id, goal }: PlanRow, { id: step, what }: Step): string =>
  `step ${step} of the plan ${id} (${goal.slice(0, 150)}): ${what}`.slice(0, 500)

/** Of the tasks of one step, the last attempt. */
function lastOf(tasks: readonly Task[], plan: string, step: string): Task | undefined {
  const ids = Array.from({ length: MOST_ATTEMPTS }, (_, i) => taskId(plan, step, MOST_ATTEMPTS - i))
  for (const id of ids) {
    const found = tasks.find((task) => task.id === id)
    if (found !== undefined) return found
  }
  return undefined
}

const taskId = (plan: string, step: string, attempt: number): string =>
  `plan.${plan}.${step}${attempt === 1 ? '' : `.${attempt}`}`

/** Id of the next attempt; undefined where the step ran, or was given too often. */
export function attemptAfter(
  plan: string,
  step: string,
  task: Pick<Task, 'id' | 'events'> | undefined,
): string | undefined {
  if (task === undefined) return taskId(plan, step, 1)
  if (task.events.some(({ state }) => state === 'working' || state === 'completed')) return undefined
  const attempt = Number(/\.(\d)$/.exec(task.id)?.[1] ?? 1)
  return attempt >= MOST_ATTEMPTS ? undefined : taskId(plan, step, attempt + 1)
}

function stateOf(steps: readonly PlannedStep[], isRunning: boolean): Plan['state'] {
  const next = steps.find(({ state }) => !isDone(state))
  if (next === undefined) return 'completed'
  if (isRunning) return 'running'
  if (next.state === 'yours') return 'yours'
  const hasBegun = steps.some(({ state, task }) => task !== null || state === 'done')
  return hasBegun ? 'stopped' : 'planned'
}

/** Resolves with the task when it is over. */
async function ended(tasks: Tasks, person: number, id: string): Promise<Task> {
  const over = Promise.withResolvers<Task>()
  const end = tasks.onEvent((task) => {
    if (task.id === id && task.person === person && isFinal(task.state)) over.resolve(task)
  })
  try {
    const now = await tasks.get(person, id)
    return isFinal(now.state) ? now : await over.promise
  } finally {
    end()
  }
}
