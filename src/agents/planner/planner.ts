// The planner: turns a goal into a plan that is kept, and runs plans as tasks, one step after the other, through the gates.
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { PlanRow } from '../../store/tables/memory.ts'
import { createCollection } from '../collection.ts'
import { canonicalJson } from '../tasks/canonical.ts'
import { isAllText, keptElsewhere, textOf } from '../tasks/rows.ts'
import { isFinal, type Task } from '../tasks/types.ts'
import type { ActionClass } from '../types.ts'
import { planRequest, stepsIn } from './by-model.ts'
import { embeddedPlan } from './embedded.ts'
import { checked, MOST_GOAL, MOST_HANDED, MOST_PLANS, type Offer, type Step } from './plan.ts'
import {
  type Plan,
  type PlannedStep,
  type Planner,
  type PlannerDeps,
  type Runner,
  STEP_TASKS,
  type StepState,
} from './types.ts'

const ID_LEAST = 4

export function createPlanner(deps: PlannerDeps): Planner {
  const { repository, models, agents, clock, random, log } = deps
  const plans = { what: 'plan', command: 'karo plan list', least: ID_LEAST } as const
  const { serially, all, one: rowOf, write, drop } = createCollection({ rows: repository, ...plans })
  /** Plans that are being run. */
  const running = new Set<string>()
  async function viewOf(person: number, row: PlanRow): Promise<Plan> {
    const all = await agents().tasks.list(person, `${STEP_TASKS}${row.id}.`)
    const states = new Map<string, StepState>()
    const steps = row.steps.map((step): PlannedStep => {
      const task = all.find((one) => isOf(one, row.id, step))
      const ready = step.after.every((id) => isDone(states.get(id) ?? 'waiting'))
      const mine = step.done ? 'done' : ready ? 'yours' : 'waiting'
      const state = step.command !== '' ? mine : (task?.state ?? stateWithout(step))
      states.set(step.id, state)
      const { done: _, warning, attempt, over, given, ...rest } = step
      const lost = attempt !== undefined && over === undefined ? LOST : null
      return {
        ...rest,
        input: given ?? step.input,
        class: step.class as ActionClass,
        state,
        task: task?.id ?? null,
        approval: task?.approval ?? null,
        detail: (task === undefined ? lost : task.events.at(-1)?.message) ?? warning ?? null,
      }
    })
    return {
      ...row,
      steps,
      state: stateOf(steps, running.has(keyOf(person, row.id))),
    }
  }

  async function byModel(goal: string, offers: readonly Offer[], signal: AbortSignal) {
    const { text, by, notes } = await models.chat((model) => planRequest(goal, offers, model), signal)
    return { steps: checked(stepsIn(text), offers, deps.judge), made_by: `the local model at ${by}`, notes }
  }

  async function embedded(goal: string, offers: readonly Offer[]) {
    const { drafts, unknown } = await embeddedPlan(goal, offers, deps.commandFor)
    if (drafts.length === 0)
      throw new KaroError('not_found', 'without a local model Karo found no steps for this goal', {
        hint: 'A model plans in free words: karo config set ask.endpoint http://127.0.0.1:11434, with Ollama or another server there. Without one, say it in steps, in words of commands and of the tools of your agents (karo agent describe).',
      })
    const notes = unknown.map((clause) => `Nothing was found for: ${clause}`)
    const made_by = 'the descriptions of tools and the grammar of karo ask; no model was asked'
    return { steps: checked(drafts, offers, deps.judge), made_by, notes }
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

  /** Writes down which task a step was given as, and what became of it. */
  const mark = (
    person: number,
    plan: string,
    step: string,
    now: { readonly attempt: number; readonly over?: Over; readonly given?: string },
  ): Promise<void> =>
    serially(async () => {
      const row = await rowOf(person, plan)
      const steps = row.steps.map((one) => {
        if (one.id !== step) return one
        const { over: _, ...rest } = one
        return { ...rest, ...now }
      })
      await write(person, { put: [{ ...row, steps }] })
    })

  /** The arguments of a step with the results that it takes. Rejects where one cannot be handed on whole, which the plan then says. */
  async function handed(person: number, row: PlanRow, step: Step): Promise<Record<string, unknown>> {
    const own = row.steps.find(({ id }) => id === step.id)?.input ?? step.input
    const input = JSON.parse(own) as Record<string, unknown>
    try {
      for (const [argument, from] of Object.entries(step.takes ?? {}))
        input[argument] = await resultOf(person, row, from)
    } catch (error) {
      const said = `${step.id} was not given: ${(error as Error).message}`
      await serially(async () => {
        const now = await rowOf(person, row.id)
        if (now.notes.includes(said)) return
        await write(person, { put: [{ ...now, notes: [...now.notes, said].slice(-64) }] })
      })
      throw error
    }
    return { ...deps.kept(step.agent, step.tool, input) }
  }

  async function resultOf(person: number, row: PlanRow, from: string): Promise<string> {
    const step = row.steps.find(({ id }) => id === from)
    const json = await agents().tasks.result(person, taskId(row.id, from, step?.attempt ?? 1))
    const wrong = (why: string): KaroError => new KaroError('conflict', `the result of ${from} ${why}`)
    if (json === undefined) throw wrong('no longer exists')
    const text = textOf(json)
    if (text.length > MOST_HANDED || keptElsewhere(json) !== undefined)
      throw wrong(`is longer than the ${MOST_HANDED} characters that are handed on`)
    if (!isAllText(json)) throw wrong('is not only text, and no part of a result is handed on')
    return text
  }

  /** Runs one step after the other until the plan is over, a step fails, or the person has to run the next one. Rejects when a task cannot be given. */
  async function drive(who: Runner, plan: string, begun: () => void): Promise<void> {
    const { person } = who
    const { run, tasks } = agents()
    for (;;) {
      const row = await rowOf(person, plan)
      const { steps } = await viewOf(person, row)
      const next = steps.find(({ state }) => !isDone(state))
      if (next === undefined || next.command !== '') return
      const known = row.steps.find(({ id }) => id === next.id)
      let attempt = known?.attempt ?? 1
      let task = next.task === null ? undefined : await tasks.get(person, next.task)
      if (task === undefined || isFinal(task.state)) {
        const following = attemptAfter(known ?? {}, task)
        if (following === undefined) return
        attempt = following
        // Before it is given, because the task is forgotten before the plan is, and no step runs twice.
        const input = await handed(person, row, next)
        await mark(person, plan, next.id, { attempt, ...(next.takes && { given: canonicalJson(input) }) })
        try {
          task = await run({
            id: taskId(plan, next.id, attempt),
            person,
            agent: next.agent,
            tool: next.tool,
            input,
            why: whyOf(row, next),
            sessions: who.sessions,
            traceId: who.traceId,
          })
        } catch (error) {
          await mark(person, plan, next.id, { attempt, over: 'never ran' })
          throw error
        }
      }
      begun()
      await tasks.ended(person, task.id)
      const over = await tasks.get(person, task.id)
      const isOver = over.state === 'completed'
      const became = isOver ? 'completed' : mayHaveRun(over) ? 'ran' : 'never ran'
      await mark(person, plan, next.id, { attempt, over: became })
      if (!isOver) return
    }
  }

  /** Nothing is kept with a plan that a task would not keep. */
  const rowStep = (step: Step): PlanRow['steps'][number] => {
    const input = JSON.parse(step.input) as Record<string, unknown>
    return { ...step, input: canonicalJson(deps.kept(step.agent, step.tool, input)), done: false }
  }

  return {
    async plan(person, given, signal, { keep = true, steps: drafts } = {}) {
      const goal = deps.redact(given)
      if (goal.trim() === '' || goal.length > MOST_GOAL)
        throw new KaroError('bad_request', `a goal has 1 to ${MOST_GOAL} characters`, { where: 'GOAL' })
      const { offers, idle } = await deps.offers(person)
      const { steps, made_by, notes } =
        drafts === undefined
          ? await make(goal, offers, signal)
          : { steps: checked(drafts, offers, deps.judge), made_by: 'you', notes: [] }
      const some = idle === 0 ? [] : [`Not looked at: tools of agents of yours that do not run (${idle}).`]
      const row: PlanRow = {
        id: toHex(random.bytes(4)),
        goal,
        created_at: clock.now(),
        made_by,
        notes: [...notes, ...some],
        steps: steps.map(rowStep),
      }
      if (keep)
        await serially(async () => {
          const before = (await all(person)).toSorted((a, b) => b.created_at - a.created_at)
          const old = before.slice(MOST_PLANS - 1).map(({ id }) => id)
          const remove = old.filter((id) => !running.has(keyOf(person, id)))
          await write(person, { put: [row], remove })
        })
      return viewOf(person, row)
    },
    async list(person) {
      const views = await Promise.all((await all(person)).map((row) => viewOf(person, row)))
      return views.sort((a, b) => b.created_at - a.created_at)
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
          throw new KaroError('conflict', `${done.slice(0, 16)} is not a step that waits for you to do it`)
        const steps = found.steps.map((one) => (one.id === done ? { ...one, done: true } : one))
        await write(person, { put: [{ ...found, steps }] })
        return { ...found, steps }
      })
      const key = keyOf(person, row.id)
      if (!running.has(key)) {
        running.add(key)
        await new Promise<void>((resolve, reject) => {
          void drive(who, row.id, resolve)
            .then(resolve, (error: Error) => {
              log.warn({ trace_id: who.traceId, reason: error.message }, 'a plan stopped')
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
        await write(person, { remove: [row.id] })
        return plan
      }),
    drop,
  }
}

// The present state of a plan's step: its task, whether it may be given again, and its outcome.

/** A step that never ran is given as a task at most so many times. */
const MOST_ATTEMPTS = 9

type Over = 'completed' | 'ran' | 'never ran'
type KnownStep = Pick<PlanRow['steps'][number], 'attempt' | 'over'>

const LOST = 'it was given as a task, whose outcome is no longer known; it is not run again'

const keyOf = (person: number, id: string): string => `${person} ${id}`
const isDone = (state: StepState): boolean => state === 'completed' || state === 'done'

const whyOf = ({ id, goal }: PlanRow, { id: step, what }: Step): string =>
  `step ${step} of the plan ${id} (${goal.slice(0, 150)}): ${what}`.slice(0, 500)

/** Whether this is the task that the step was given as last: nothing else counts, whatever id it has. */
const isOf = (task: Task, plan: string, step: PlanRow['steps'][number]): boolean =>
  task.id === taskId(plan, step.id, step.attempt ?? 1) &&
  task.agent === step.agent &&
  task.tool === step.tool &&
  task.input === (step.given ?? step.input)

/** The state of a step whose task is not there. */
function stateWithout({ attempt, over }: KnownStep): StepState {
  if (attempt === undefined) return 'waiting'
  return over === 'completed' ? over : over === 'never ran' ? 'rejected' : 'failed'
}

const taskId = (plan: string, step: string, attempt: number): string =>
  `${STEP_TASKS}${plan}.${step}${attempt === 1 ? '' : `.${attempt}`}`

/** False only for a task that ended before it began to run. */
const mayHaveRun = ({ state, events }: Pick<Task, 'state' | 'events'>): boolean =>
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

function stateOf(steps: readonly PlannedStep[], isRunning: boolean): Plan['state'] {
  const next = steps.find(({ state }) => !isDone(state))
  if (next === undefined) return 'completed'
  if (isRunning) return 'running'
  if (next.state === 'yours') return 'yours'
  const hasBegun = steps.some(({ state, task }) => task !== null || state === 'done')
  return hasBegun ? 'stopped' : 'planned'
}
