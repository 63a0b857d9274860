// The operations that another machine may request here, after the policy has permitted them, and their answers.
import type { AgentAsk } from '../../../protocols/messages/agent.ts'
import { changesOf } from '../../agents/approvals/changes.ts'
import type { Approval, Approvals, Approver } from '../../agents/approvals/types.ts'
import type { Actor, AgentView, Runtime, Task } from '../../agents/index.ts'
import { AFAR, afarId, ownId, shareOf } from '../../agents/tasks/afar.ts'
import { KaroError } from '../../base/errors.ts'
import { approvalShape, decidedShape } from '../routes/agents/approval-shapes.ts'
import {
  agentRow,
  agentShape,
  logsShape,
  objectIn,
  taskLines,
  taskRow,
  taskShape,
} from '../routes/agents/shapes.ts'
import { refusal, type Visitor } from './answer.ts'

export interface OperationsDeps {
  readonly agents: Runtime
  readonly approvals: Pick<Approvals, 'list' | 'decide'>
}

type Of<O extends AgentAsk['operation']> = Extract<AgentAsk, { readonly operation: O }>
/** Sees what no person of this machine asked for; which of it somebody may see is decided for each. */
const ANYBODY = { person: -1, account: -1, admin: true, way: 'program', sessions: [] } as const

/** The documents of the answer. Throws KaroError, `refused` with the same words for all that policy forbids. */
export function createOperations({ agents, approvals }: OperationsDeps) {
  const { tasks } = agents

  const actorOf = ({ by, trace }: Visitor): Actor => ({ person: AFAR, admin: true, by, traceId: trace })

  /** The agent, when policy lets them do that; what there is not is refused to those who may not know. */
  async function agentFor(
    visitor: Visitor,
    what: Of<'describe' | 'start' | 'stop' | 'logs' | 'task'>,
  ): Promise<AgentView> {
    const found = await agents.describe(actorOf(visitor), what.agent).catch((error: unknown) => {
      if (error instanceof KaroError && error.code === 'not_found') return undefined
      throw error
    })
    const id = found?.id ?? (what.agent.includes(':') ? what.agent : `kExecutor:${what.agent}`)
    await visitor.check(what, what.operation, id, what.operation === 'task' ? what.tool : '')
    if (found !== undefined) return found
    throw new KaroError('not_found', `there is no agent '${what.agent}'`, {
      hint: 'karo agent list --at NODE  shows them.',
    })
  }

  /** One's own task, while one may still have given it. */
  async function taskFor(visitor: Visitor, what: Of<'status' | 'cancel' | 'follow'>): Promise<Task> {
    const task = await tasks.get(AFAR, afarId(visitor.by, what.id)).catch(() => undefined)
    await visitor.check(what, 'task', task?.agent ?? 'kExecutor:none', task?.tool ?? '')
    if (task !== undefined) return task
    throw new KaroError('not_found', `there is no task '${what.id}' of yours`, {
      hint: 'karo task list --at NODE  shows yours.',
    })
  }

  function approvalsFor(visitor: Visitor): readonly { readonly approval: Approval; readonly as: Approver }[] {
    const asPeople = visitor.people.map((person) => ({ ...ANYBODY, person, admin: false }))
    const all = [ANYBODY, ...asPeople].flatMap((who) => approvals.list(who))
    return all.flatMap((approval) => {
      const as = visitor.approverOf(approval)
      return as === undefined ? [] : [{ approval, as }]
    })
  }

  async function approvalFor(visitor: Visitor, what: Of<'approval' | 'decide'>) {
    const all = approvalsFor(visitor)
    const [only, other] = all.filter(({ approval }) => approval.id.startsWith(what.id))
    if (only !== undefined && other === undefined) return only
    await visitor.note(what, false, only === undefined ? 'nothing that they may see' : 'it is not one alone')
    if (only === undefined)
      throw new KaroError('not_found', `no request ${what.id} waits there that you may decide`)
    throw new KaroError('conflict', `${what.id} is the beginning of several requests`)
  }

  async function aboutApprovals(
    visitor: Visitor,
    what: Of<'approvals' | 'approval' | 'decide'>,
  ): Promise<object> {
    switch (what.operation) {
      case 'approvals': {
        const seen = approvalsFor(visitor)
        await visitor.note(what, true, `${seen.length} requests`)
        return { approvals: seen.map(({ approval }) => approvalShape(shownOf(visitor, approval), [])) }
      }
      case 'approval': {
        const { approval } = await approvalFor(visitor, what)
        await visitor.note(what, true, 'they may see it')
        const shown = shownOf(visitor, approval)
        return approvalShape(shown, await changesOf(shown.action))
      }
      case 'decide': {
        const { approval, as } = await approvalFor(visitor, what)
        const { operation: _, id: __, ...decision } = what
        const made = await approvals.decide(as, approval.id, decision).catch(async (error: Error) => {
          await visitor.note(what, false, error.message)
          throw error
        })
        await visitor.note(what, true, what.approve ? 'approved' : 'denied')
        return decidedShape(made, what.approve)
      }
    }
  }

  async function* followed(
    visitor: Visitor,
    what: Of<'follow'>,
    signal: AbortSignal,
  ): AsyncGenerator<object, void> {
    const task = await taskFor(visitor, what)
    for await (const line of taskLines(tasks, task, what.after, signal)) {
      // It may have gone on for days.
      if (!visitor.still('task', task.agent, task.tool)) {
        await visitor.note(what, false, 'they may not any more')
        throw refusal()
      }
      yield { ...line, task: ownId(line.task) }
    }
  }

  return async function* perform(
    visitor: Visitor,
    what: AgentAsk,
    signal: AbortSignal,
  ): AsyncGenerator<object, void> {
    switch (what.operation) {
      case 'list': {
        const all = await agents.list(actorOf(visitor))
        const seen = all.filter(({ id }) => visitor.may('describe', id))
        const mayLook = seen.length > 0 || visitor.may('describe', 'kExecutor:none')
        await visitor.note(what, mayLook, `${seen.length} of ${all.length} agents`)
        // Who may see none is not told whether there are any.
        if (!mayLook) throw refusal()
        yield { agents: seen.map((view) => agentRow(discreet(view))) }
        return
      }
      case 'describe':
      case 'start':
      case 'stop': {
        const { operation } = what
        const found = await agentFor(visitor, what)
        yield agentShape(
          discreet(
            operation === 'describe' ? found : await agents[`${operation}Agent`](actorOf(visitor), found.id),
          ),
        )
        return
      }
      case 'logs': {
        const { id } = await agentFor(visitor, what)
        yield logsShape(await agents.logs(actorOf(visitor), id))
        return
      }
      case 'task': {
        const { id: agent } = await agentFor(visitor, what)
        const { tool, why, input } = what
        const { by, trace: traceId } = visitor
        const id = afarId(by, what.id)
        yield taskRow(
          afar(await agents.run({ agent, tool, why, id, by, traceId, person: AFAR, input: objectIn(input) })),
        )
        return
      }
      case 'tasks': {
        if (visitor.closed()) {
          await visitor.note(what, false, 'they may do nothing here')
          throw refusal()
        }
        const own = await tasks.list(AFAR, shareOf(visitor.by))
        const seen = own.filter(({ agent, tool }) => visitor.may('task', agent, tool)).slice(0, what.limit)
        await visitor.note(what, true, `${seen.length} of ${own.length} tasks of theirs`)
        yield { tasks: seen.map((task) => taskRow(afar(task))) }
        return
      }
      case 'status':
        yield shownTo(await taskShape(tasks, await taskFor(visitor, what)))
        return
      case 'cancel': {
        const { id } = await taskFor(visitor, what)
        yield taskRow(afar(await tasks.cancel(AFAR, id)))
        return
      }
      case 'follow':
        yield* followed(visitor, what, signal)
        return
      case 'approvals':
      case 'approval':
      case 'decide':
        yield await aboutApprovals(visitor, what)
        return
      case 'artifact':
      case 'pieces':
        // They have a stream of their own; `createAnswer` reads neither on this one.
        throw refusal()
    }
  }
}

/** Places and command of an agent are this machine's; so are the words of errors, in which they may stand. */
const discreet = (view: AgentView): AgentView => ({
  ...view,
  manifest: null,
  status: { ...view.status, detail: view.status.state === 'running' ? view.status.detail : '' },
})

/** Who asked for it learns nothing of the machine by its card: not by what, where and with what it would run. */
function shownOf({ by }: Visitor, approval: Approval): Approval {
  const { action } = approval
  if (by.operator === undefined || action.requester.operator !== by.operator) return approval
  return { ...approval, action: { ...action, argv: [], cwd: '', env: {}, binds: [] } }
}

const afar = (task: Task): Task => ({ ...task, id: ownId(task.id) })
const shownTo = <T extends { readonly id: string }>(task: T): T => ({ ...task, id: ownId(task.id) })
