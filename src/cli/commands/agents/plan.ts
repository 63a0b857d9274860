// karo plan: turns a goal into steps that are shown before anything runs, and runs them as tasks, each through the gates.
import {
  getPlans,
  makePlan,
  removePlan,
  runPlan,
  showPlan,
} from '../../../api/contract/operations/agents/planner.ts'
import { MOST_GOAL, type NamedStepShape, type PlanShape } from '../../../api/contract/shapes.ts'
import { EXIT, type ExitCode, KaroError } from '../../../base/errors.ts'
import { type CommandIo, defineCommand, show } from '../../command.ts'
import { textFrom } from '../../input/text-from.ts'
import { checkText } from '../../input/values.ts'
import { pause, watchInterrupt } from '../../terminal/interrupt.ts'
import { usage } from '../../usage.ts'
import { plansView, planView } from '../../views/agents/plans.ts'

/** A model may take as long as `ask.timeout_ms` allows at most, and a second try without it follows. */
const PLAN_DEADLINE_MS = 150_000
const LOOK_MS = 300
/** Characters of a file with steps. */
const MOST_STEPS_TEXT = 131_072
const ID = 'its id, or at least 4 digits of the beginning, see karo plan list'

const EXIT_OF: Readonly<Record<PlanShape['state'], ExitCode>> = {
  planned: EXIT.done,
  running: EXIT.done,
  completed: EXIT.done,
  yours: EXIT.refused,
  stopped: EXIT.failed,
}

function idOf(id: string): string {
  if (/^[0-9a-f]{4,8}$/.test(id)) return id
  throw usage(`'${id.slice(0, 40)}' is not the id of a plan`, 'ID', 'karo plan list shows the ids.')
}

/** Reads the steps from a file. The daemon checks them against their schema. */
async function stepsIn(path: string): Promise<NamedStepShape[]> {
  const text = await textFrom(path, MOST_STEPS_TEXT)
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value.map(asSent)
  } catch {
    // Text that is no JSON is refused like a value that is no list.
  }
  throw new KaroError('bad_file', 'this is not a JSON list of steps', {
    where: path,
    hint: 'For example: [{"id":"s1","agent":"kMemory:notes","tool":"list_notes"}]',
  })
}

/** Arguments stand in the file as an object, and are sent as text. */
function asSent(step: unknown): NamedStepShape {
  if (typeof step !== 'object' || step === null) return step as unknown as NamedStepShape
  const { input, ...rest } = step as { readonly input?: unknown }
  return { ...rest, ...(input !== undefined && { input: JSON.stringify(input) }) } as NamedStepShape
}

const make = defineCommand('plan make', {
  summary: 'turn a goal into steps and show how risky each is; runs none of them',
  shows: makePlan,
  args: {
    goal: { variadic: true, oneThing: true, description: 'what is to be reached' },
  },
  options: {
    steps: {
      value: 'file',
      description: 'your own steps as JSON (- for standard input), instead of steps made from the goal',
    },
  },
  examples: {
    'karo plan make tidy up --steps steps.json': 'docs/plans.md shows how a step is written',
    "karo plan make 'search notes for staging, then show free disk space'":
      'shows the steps, and whether a model or Karo made them',
  },
  async ask({ args, options }) {
    const goal = checkText(args.goal.join(' ').trim(), 'GOAL', MOST_GOAL)
    const body = { goal, ...(options.steps !== undefined && { steps: await stepsIn(options.steps) }) }
    return { body, deadlineMs: PLAN_DEADLINE_MS }
  },
  view: planView,
})

const list = defineCommand('plan list', {
  summary: 'list your plans, the newest first',
  shows: getPlans,
  view: plansView,
})

const showOne = defineCommand('plan show', {
  summary: 'show the steps of a plan, and the outcome of each',
  shows: showPlan,
  args: { id: ID },
  examples: { 'karo plan show 4f1d2a0c': 'also after the daemon was restarted' },
  ask: ({ args }) => ({ query: { id: idOf(args.id) } }),
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
    if (done !== undefined) checkText(done, '--done', 8)
    const body = { id: idOf(args.id), done }
    const first = await io.call(runPlan, { body })
    const last = await followed(io, first, options.follow === true)
    show(io, last, planView)
    return last.state === 'running' ? EXIT.refused : EXIT_OF[last.state]
  },
})

/** The plan when it does not run any more, or waits for a yes that is not waited for. */
async function followed(io: CommandIo, first: PlanShape, waits: boolean): Promise<PlanShape> {
  const interrupt = watchInterrupt()
  let plan = first
  try {
    for (;;) {
      const asks = plan.steps.some(({ state }) => state === 'input-required')
      if (plan.state !== 'running' || (asks && !waits) || interrupt.signal.aborted) return plan
      await pause(LOOK_MS, interrupt.signal)
      plan = await io.call(showPlan, { query: { id: plan.id } })
    }
  } finally {
    interrupt.release()
  }
}

const remove = defineCommand('plan remove', {
  summary: 'remove a plan; its tasks stay',
  shows: removePlan,
  args: { id: ID },
  examples: { 'karo plan remove 4f1d2a0c': 'not while it runs' },
  ask: ({ args }) => ({ body: { id: idOf(args.id) } }),
  view: ({ id }) => `Removed the plan ${id}.\n`,
})

export const commands = [make, list, showOne, run, remove]
