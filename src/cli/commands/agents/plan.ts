// karo plan: turns a goal into steps that are shown before anything runs, and runs them as tasks, each through the gates.

import {
  getPlans,
  makePlan,
  removePlan,
  runPlan,
  showPlan,
} from '../../../api/contract/operations/agents/planner.ts'
import type { NamedStepShape, PlanShape } from '../../../api/contract/shapes.ts'
import { isTable } from '../../../config/kinds.ts'
import { jsonFrom } from '../../input/text-from.ts'
import {
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  fitted,
  joined,
  KaroError,
  paint,
  printable,
  type Screen,
  show,
  table,
} from '../../kit.ts'
import { pause, watchInterrupt } from '../../terminal/interrupt.ts'

type Step = PlanShape['steps'][number]

const STATES: Readonly<Record<PlanShape['state'], string>> = {
  planned: 'not run yet',
  running: 'running',
  yours: 'waits for you to run a command',
  stopped: 'stopped',
  completed: 'completed',
}

/** What the class of a step means for the person who runs the plan. */
function classOf({ class: of, kind, command }: Step, colour: boolean): string {
  if (command !== '') return `you run this command yourself (${kind}, ${of})`
  const isGreen = of === 'green'
  const text = isGreen ? `runs without a question (${kind})` : `needs your yes (${kind}, ${of})`
  return paint(isGreen ? 'green' : 'red', text, { colour })
}

function planView(plan: PlanShape, screen: Screen): string {
  const { id, goal, state, steps, made_by, notes } = plan
  const lines = [`Plan ${id}: ${printable(goal)}`, `${STATES[state]}; steps from ${printable(made_by)}`, '']
  for (const step of steps) {
    const after = step.after.length === 0 ? '' : `, after ${step.after.join(', ')}`
    lines.push(`  ${step.id}  ${printable(step.what)}${after}`)
    const does =
      step.command === '' ? `${step.agent} ${step.tool} ${JSON.stringify(step.input)}` : step.command
    lines.push(`      ${printable(does)}`)
    for (const { argument, step: from } of step.takes ?? [])
      lines.push(`      ${printable(argument)}: the result of ${from}`)
    const what =
      step.state === 'waiting' && plan.state === 'planned'
        ? ''
        : `: ${step.state === 'yours' ? 'waits for you' : step.state}`
    lines.push(`      ${classOf(step, screen.colour)}${what}`)
    if (step.detail !== null && step.state !== 'completed') lines.push(`      ${printable(step.detail)}`)
  }
  lines.push('', ...notes.map((note) => `note: ${printable(note)}`), ...next(plan))
  return `${lines.map((line) => fitted(line, screen)).join('\n')}\n`
}

/** What can be done now. */
function next({ id, state, steps }: PlanShape): readonly string[] {
  const asks = steps.find((step) => step.state === 'input-required')
  if (state === 'running' && asks !== undefined)
    return [`Answer it: karo approvals approve ${asks.approval ?? ''}`]
  const mine = steps.find((step) => step.state === 'yours')
  if (state === 'yours' && mine !== undefined)
    return [`Run the command of ${mine.id} yourself, then: karo plan run ${id} --done ${mine.id}`]
  if (state === 'planned') return [`No step has run. karo plan run ${id}  runs it.`]
  if (state !== 'stopped') return []
  return [
    `The plan has stopped. karo plan run ${id}  continues if the step had not begun: a step that has begun never runs again.`,
    'If it has begun, make a new plan for the rest: karo plan make GOAL',
  ]
}

/** A model may take as long as `ask.timeout_ms` allows at most, and a second try without it follows. */
const PLAN_DEADLINE_MS = 150_000
const LOOK_MS = 300
/** Characters of a file with steps. */
const MOST_STEPS_TEXT = 131_072
const ID = {
  description: 'its id, or at least 4 digits of the beginning, see karo plan list',
  completes: 'plan:list:id',
} as const

const EXIT_OF: Readonly<Record<PlanShape['state'], ExitCode>> = {
  planned: EXIT.done,
  running: EXIT.refused,
  completed: EXIT.done,
  yours: EXIT.refused,
  stopped: EXIT.failed,
}

/** Reads the steps from a file. The daemon checks them against their schema. */
async function stepsIn(path: string): Promise<NamedStepShape[]> {
  const hint = 'For example: [{"id":"s1","agent":"kMemory:notes","tool":"list_notes"}]'
  const words = 'this is not a JSON list of steps'
  const value = await jsonFrom(path, MOST_STEPS_TEXT, words, hint)
  if (!Array.isArray(value)) throw new KaroError('bad_file', words, { where: path, hint })
  // Arguments stand in the file as an object, and are sent as text.
  return value.map((step) => (isTable(step) ? { ...step, input: JSON.stringify(step.input) } : step))
}

const make = defineCommand('plan make', {
  summary: 'turn a goal into steps and show how risky each is; runs none of them',
  shows: makePlan,
  args: {
    goal: { variadic: true, oneThing: true, reads: joined, description: 'what is to be reached' },
  },
  options: {
    steps: {
      value: 'file',
      reads: stepsIn,
      description: 'your own steps as JSON (- for standard input), instead of steps made from the goal',
    },
  },
  examples: {
    'karo plan make tidy up --steps steps.json': 'docs/plans.md shows how a step is written',
    "karo plan make 'search notes for staging, then show free disk space'":
      'shows the steps, and whether a model or Karo made them',
  },
  deadlineMs: PLAN_DEADLINE_MS,
  view: planView,
})

const list = defineCommand('plan list', {
  summary: 'list your plans, the newest first',
  shows: getPlans,
  view: ({ plans }, io) =>
    table(
      io,
      plans,
      {
        PLAN: 'id',
        STATE: ({ state }) => (state === 'yours' ? 'waits for you' : state),
        STEPS: { value: ({ steps }) => String(steps.length), align: 'right' },
        MADE: 'created_at',
        GOAL: { value: 'goal', shrink: true },
      },
      'No plans. karo plan make GOAL  makes one.\n',
    ),
})

const showOne = defineCommand('plan show', {
  summary: 'show the steps of a plan, and the outcome of each',
  shows: showPlan,
  args: { id: ID },
  view: planView,
})

const run = defineCommand('plan run', {
  summary:
    'run the steps of a plan one after the other, as tasks; a step that may change something needs your yes',
  shows: runPlan,
  args: { id: ID },
  options: {
    done: { value: 'step', description: 'mark this step as done, because you have run it yourself' },
    follow: { short: 'f', description: 'also wait for your approval of steps that need it' },
  },
  examples: {
    'karo plan run 4f1d2a0c --follow':
      'stops at the first step that fails, and continues there when run again',
    'karo plan run 4f1d2a0c --done s2': 'continues after a command that you ran yourself',
  },
  async run(io, { args, options }) {
    const { done } = options
    const body = { id: args.id, done }
    using interrupt = watchInterrupt()
    const { signal } = interrupt
    const last = await followed(io, await io.call(runPlan, { body }), options.follow, signal)
    show(io, last, planView)
    return signal.aborted ? EXIT.failed : EXIT_OF[last.state]
  },
})

/** The plan when it does not run any more, or waits for a yes that is not waited for. */
async function followed(
  io: CommandIo,
  first: PlanShape,
  waits: boolean | undefined,
  signal: AbortSignal,
): Promise<PlanShape> {
  let plan = first
  for (;;) {
    const asks = plan.steps.some(({ state }) => state === 'input-required')
    if (plan.state !== 'running' || (asks && !waits) || signal.aborted) return plan
    await pause(LOOK_MS, signal)
    plan = await io.call(showPlan, { query: { id: plan.id } })
  }
}

const remove = defineCommand('plan remove', {
  summary: 'remove a plan; its tasks stay',
  shows: removePlan,
  args: { id: ID },
  examples: { 'karo plan remove 4f1d2a0c': 'not while it runs' },
  view: ({ id }) => `Removed the plan ${id}.\n`,
})

export const commands = [make, list, showOne, run, remove]
