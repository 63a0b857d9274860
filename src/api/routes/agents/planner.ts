// /planner and /models: each person has their own plans; what a plan runs are tasks of that person.
import type { Draft } from '../../../agents/planner/plan.ts'
import type { Plan } from '../../../agents/planner/types.ts'
import { askersOf, seatByKernel } from '../../access/at-terminal.ts'
import * as api from '../../contract/operations/agents/planner.ts'
import type { NamedStepShape, PlanShape } from '../../contract/shapes.ts'
import { type Rooms, type Routes, serve, shown } from '../../server/index.ts'
import { objectIn } from './shapes.ts'
import { whileOpen } from './while-open.ts'

/** Errors: those of `Planner`, and `bad_file` of the models. */
export function plannerRoutes({ planner, models, seatOf = seatByKernel }: Rooms): Routes {
  return (server) => {
    serve(server, api.makePlan, async ({ caller, body }, reply) =>
      planShape(
        await planner.plan(caller.person, body.goal, whileOpen(reply), { steps: body.steps?.map(draftOf) }),
      ),
    )
    serve(server, api.getPlans, async ({ caller }) => ({
      plans: (await planner.list(caller.person)).map(planShape),
    }))
    serve(server, api.showPlan, async ({ caller, query }) =>
      planShape(await planner.show(caller.person, query.id)),
    )
    serve(server, api.runPlan, async ({ caller, body, id }) => {
      const who = { person: caller.person, traceId: id, sessions: askersOf(caller, seatOf) }
      return planShape(await planner.run(who, body.id, body.done))
    })
    serve(server, api.removePlan, async ({ caller, body }) =>
      planShape(await planner.remove(caller.person, body.id)),
    )
    serve(server, api.getModels, async (_, reply) => ({
      models: (await models.look(whileOpen(reply))).map(({ restsMs, ...state }) => ({
        ...state,
        rests_ms: restsMs,
        detail: state.detail.slice(0, 1_024),
      })),
    }))
  }
}

const planShape = ({ steps, notes, ...plan }: Plan): PlanShape => ({
  ...shown(plan),
  notes: notes.map((note) => note.slice(0, 4_096)),
  steps: steps.map(({ takes = {}, ...step }) => ({
    ...step,
    input: JSON.parse(step.input) as unknown,
    takes: Object.entries(takes).map(([argument, from]) => ({ argument, step: from })),
  })),
})

const draftOf = ({
  id,
  tool = '',
  command = '',
  what = tool === '' ? command : tool,
  after = [],
  agent = '',
  input = '{}',
  takes = [],
}: NamedStepShape): Draft => ({
  id,
  what,
  after,
  agent,
  tool,
  command,
  input: objectIn(input),
  takes: Object.fromEntries(takes.map(({ argument, step }) => [argument, step])),
})
