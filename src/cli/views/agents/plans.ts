// Views of plans: the list, and one of them with its steps, their classes and what became of them.
import type { PlanListShape, PlanShape } from '../../../api/contract/shapes.ts'
import { printable } from '../../../base/format.ts'
import { paint, type Screen, table } from '../../terminal/table.ts'
import { fitted } from '../../terminal/text.ts'

type Step = PlanShape['steps'][number]

const STATES: Readonly<Record<PlanShape['state'], string>> = {
  planned: 'not run yet',
  running: 'running',
  yours: 'waits for you to run a command',
  stopped: 'stopped',
  completed: 'completed',
}

export function plansView({ plans }: PlanListShape, screen: Screen): string {
  return table(
    screen,
    plans,
    {
      PLAN: 'id',
      STATE: ({ state }) => (state === 'yours' ? 'waits for you' : state),
      STEPS: { value: ({ steps }) => String(steps.length), align: 'right' },
      MADE: 'created_at',
      GOAL: { value: 'goal', shrink: true },
    },
    'No plans. karo plan make GOAL  makes one.\n',
  )
}

/** What the class of a step means for the person who runs the plan. */
function classOf({ class: of, kind, command }: Step, colour: boolean): string {
  if (command !== '') return `you run this command yourself (${kind}, ${of})`
  const isGreen = of === 'green'
  const text = isGreen ? `runs without a question (${kind})` : `needs your yes (${kind}, ${of})`
  return paint(isGreen ? 'green' : 'red', text, { colour })
}

export function planView(plan: PlanShape, screen: Screen): string {
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
  return `${lines.map((line) => fitted(line, screen.columns)).join('\n')}\n`
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
