// /approvals and /capabilities: what agents and AI tools want to do, a person's decision, and what agents were granted.
import type { AgentAsk } from '../../../../protocols/messages/agent.ts'
import { hashOf } from '../../../agents/approvals/binding.ts'
import { changesOf } from '../../../agents/approvals/changes.ts'
import type { Approval, Approvals, Approver } from '../../../agents/approvals/types.ts'
import type { Capabilities, HeldCapability } from '../../../agents/capabilities/capabilities.ts'
import { EXEC } from '../../../agents/classes.ts'
import type { Action, AgentId, Gates } from '../../../agents/types.ts'
import { deadline } from '../../../base/async/deadline.ts'
import type { Timers } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import type { Seat } from '../../../base/kernel/sessions.ts'
import { createRecent } from '../../../base/recent.ts'
import type { PublicIdentity } from '../../../trust/identity/index.ts'
import type { Sessions } from '../../../trust/operators/index.ts'
import { checkPerson, type SeatOfCaller, seatByKernel } from '../../access/at-terminal.ts'
import {
  askApproval,
  decideApproval,
  getApproval,
  getApprovals,
  getApprovalsLog,
  getCapabilities,
  grantCapability,
  revokeCapability,
} from '../../contract/operations/agents/approvals.ts'
import type { AskedShape, CapabilityShape, DecidedShape } from '../../contract/shapes.ts'
import type { Elsewhere } from '../../remote/ask.ts'
import type { Caller, Routes } from '../../server/route.ts'
import { type RequestFor, serve } from '../../server/serve.ts'
import { approvalShape, decidedShape, endedShape } from './approval-shapes.ts'

interface ApprovalsRoutesDeps {
  readonly approvals: Approvals
  readonly capabilities: Capabilities
  readonly gates: Gates
  readonly identity: Pick<PublicIdentity, 'nodeId'>
  readonly sessions: Pick<Sessions, 'of'>
  readonly timers: Timers
  /** Asks other machines. */
  readonly elsewhere: Elsewhere
  /** Tests play the kernel. */
  readonly seatOf?: SeatOfCaller
}

/** Milliseconds that one request waits for an answer, well within the time that a client waits for a reply. */
const WAIT_MS = 5_000
/** Milliseconds within which a tool asks again about a call of its own; otherwise it is gone. */
const AGAIN_MS = 15_000
/** Requests answered on the screen of a tool that are remembered; those that wait for them end at once. */
const THERE_MAX = 256

export function approvalsRoutes(deps: ApprovalsRoutesDeps): Routes {
  const { approvals, capabilities, gates, identity, sessions, timers, elsewhere } = deps
  const seat = deps.seatOf ?? seatByKernel
  /** Whether answers on the screens of tools counted, by the request. */
  const there = createRecent<string, Promise<boolean>>(THERE_MAX)
  /** Ends the wait for the next request about a call; no more of them than requests that wait. */
  const expected = new Map<string, () => void>()

  const leaveAlone = (id: string): void => {
    expected.get(id)?.()
    expected.delete(id)
  }
  /** Withdraws a call unless it is asked about again soon: the tool may have died between two requests. */
  const expect = (id: string): void => {
    leaveAlone(id)
    const stop = timers.after(AGAIN_MS, () => {
      expected.delete(id)
      // What the store does not take stays in the inbox until its time is over.
      approvals.withdraw(id).catch(() => {})
    })
    expected.set(id, stop)
  }

  /** Of a page the terminal that opened it, as long as it was opened for approving. */
  const placeOf = (caller: Caller): Pick<Seat, 'sessions' | 'terminal'> | undefined => {
    const { credential } = caller
    if (credential === undefined) return seat(caller)
    return credential.seat && { ...credential.seat, terminal: credential.scope === 'approve' }
  }

  const approverOf = (caller: Caller): Approver => {
    const { uid, account, admin, via, credential } = caller
    const sits = placeOf(caller)
    const operator = via === 'socket' ? sessions.of(uid, account)?.operator : undefined
    const way =
      credential?.scope === 'approve' && sits === undefined
        ? 'token'
        : sits?.terminal
          ? 'terminal'
          : 'program'
    return {
      ...{ person: uid, account, admin, way, sessions: sits?.sessions ?? [] },
      ...(operator === undefined ? {} : { operator }),
    }
  }

  const actionOf = (caller: Caller, body: AskBody, traceId: string): Action => {
    const { tool, cwd, why } = body
    const sits = seat(caller)
    // What the kernel does not name a session of cannot be told from who approves it.
    if (sits === undefined) throw new KaroError('refused', 'the kernel does not say which process asks')
    const agent: AgentId = `kBridge:${tool}`
    return {
      // The task is the login session: the tool's own words for its conversation prove nothing.
      ...{ id: traceId, task: `session:${sits.session}`, agent, readOnly: false },
      ...{ ...calledIn(body), cwd, env: {}, binds: [], target: identity.nodeId },
      requester: { node: identity.nodeId, person: String(caller.uid), agent, sessions: sits.near },
      ...{ why, traceId },
    }
  }

  async function ask(caller: Caller, body: AskBody, trace: string, hungUp: AbortSignal): Promise<AskedShape> {
    const action = actionOf(caller, body, trace)
    const { approval: id, answered, call } = body
    if (id !== undefined) {
      const who = approverOf(caller)
      const waiting = approvals.list(who).find((one) => one.id === id)
      if (waiting !== undefined && waiting.hash !== hashOf(action))
        throw new KaroError('refused', 'this is not what was asked')
      if (answered !== undefined && call === undefined)
        throw new KaroError('bad_request', 'only a call of a tool is answered there')
      if (answered !== undefined) return answeredThere(who, waiting, answered)
      leaveAlone(id)
      if (waiting?.state === 'pending') {
        const limit = deadline(timers, WAIT_MS)
        try {
          await approvals.wait(id, AbortSignal.any([limit.signal, hungUp]))
        } catch {
          // A tool that died does not run what somebody approves now.
          if (hungUp.aborted && call !== undefined) await approvals.withdraw(id)
          else if (call !== undefined) expect(id)
          return waitFor(id, waiting.expires_at, 'nobody has decided yet')
        } finally {
          limit.end()
        }
        // Another request of the same tool brought the answer: there is nothing to decide here, and to write down.
        if (await there.get(id))
          return { outcome: 'wait', approval: null, reason: 'it was answered there', expires_at: null }
      }
    }
    const verdict =
      id === undefined
        ? await gates.judge(action)
        : await gates.settled(id, action, new AbortController().signal)
    const { outcome, reason } = verdict
    if (verdict.outcome !== 'wait') return { outcome, approval: id ?? null, reason, expires_at: null }
    if (call !== undefined) expect(verdict.approval)
    const { expires_at } = approvals.find(approverOf(caller), verdict.approval)
    return waitFor(verdict.approval, expires_at, reason)
  }

  /**
   * The answer on the tool's own screen counts if it is the first. It approves nothing here: a hook, which has no screen that a
   * person answers at, must not be able to say that somebody did.
   */
  async function answeredThere(
    who: Approver,
    waiting: Approval | undefined,
    answered: 'approved' | 'denied',
  ): Promise<AskedShape> {
    const approve = answered === 'approved'
    const withdrawn =
      waiting === undefined ? Promise.resolve(false) : approvals.withdraw(waiting.id, { who, approve })
    if (waiting !== undefined) there.set(waiting.id, withdrawn)
    const counts = await withdrawn
    return {
      ...{ outcome: counts ? (approve ? 'run' : 'deny') : 'wait', approval: waiting?.id ?? null },
      ...{ reason: counts ? `${answered} there` : 'it is decided already', expires_at: null },
    }
  }

  /** The other machine has nothing but this one's word for it that a person says this, and at a terminal. */
  async function decideElsewhere(
    request: Parameters<Elsewhere['ask']>[0],
    at: string,
    decision: Omit<Extract<AgentAsk, { readonly operation: 'decide' }>, 'operation'>,
  ): Promise<DecidedShape> {
    const { caller } = request
    if (decision.approve) checkPerson(seat(caller), approvals.hasAsked, 'approves')
    // In the trace of what is decided, so that the ledgers of all machines name one.
    const { trace_id } = await elsewhere.ask(request, at, getApproval, {
      operation: 'approval',
      id: decision.id,
    })
    return elsewhere.ask({ caller, id: trace_id }, at, decideApproval, { operation: 'decide', ...decision })
  }

  /** A grant opens something, so it needs a person as an approval does. */
  function checkGranting(caller: Caller): void {
    const place = placeOf(caller)
    if (caller.credential === undefined || place !== undefined)
      checkPerson(place, approvals.hasAsked, 'grants a capability')
  }

  return (server) => {
    serve(server, getApprovals, async (request) => {
      const { at } = request.query
      if (at !== undefined) return elsewhere.ask(request, at, getApprovals, { operation: 'approvals' })
      const all = approvals.list(approverOf(request.caller))
      return { approvals: await Promise.all(all.map(withChanges)) }
    })
    serve(server, getApproval, async (request) => {
      const { at, id } = request.query
      if (at !== undefined) return elsewhere.ask(request, at, getApproval, { operation: 'approval', id })
      return withChanges(approvals.find(approverOf(request.caller), id))
    })
    serve(server, decideApproval, async (request) => {
      const { caller, body } = request
      const { id, approve, hash, scope = 'once', reason = '', at } = body
      if (at !== undefined) return decideElsewhere(request, at, { id, approve, hash, scope, reason })
      return decidedShape(
        await approvals.decide(approverOf(caller), id, { approve, hash, scope, reason }),
        approve,
      )
    })
    serve(server, getApprovalsLog, async ({ caller, query }) => {
      const { id, limit } = query
      const all = await approvals.log(approverOf(caller), id === undefined ? limit : Number.MAX_SAFE_INTEGER)
      return { entries: all.filter((one) => id === undefined || one.id.startsWith(id)).map(endedShape) }
    })
    serve(server, askApproval, async ({ caller, body, id }, reply) => {
      const hungUp = new AbortController()
      reply.raw.once('close', () => hungUp.abort())
      return ask(caller, body, id, hungUp.signal)
    })
    serve(server, getCapabilities, async () => ({ capabilities: capabilities.list().map(capabilityShape) }))
    serve(server, grantCapability, async ({ caller, body }) => {
      checkGranting(caller)
      const { agent: subject, ...rest } = body
      return capabilityShape(await capabilities.grant({ subject, ...rest, by: caller.uid }))
    })
    serve(server, revokeCapability, async ({ caller, body }) => ({
      revoked: await capabilities.revoke(body.id, caller.uid),
    }))
  }
}

type AskBody = RequestFor<typeof askApproval>['body']

/** Throws KaroError `bad_request` unless the request is of a command or of a call. */
function calledIn({ shell, command, call }: AskBody): Pick<Action, 'tool' | 'argv' | 'input'> {
  if (call !== undefined && shell === undefined && command === undefined)
    return { tool: call.action, argv: call.argv, input: call.input }
  if (call === undefined && shell !== undefined && command !== undefined)
    return { tool: EXEC, argv: [shell, '-c', command], input: '' }
  throw new KaroError('bad_request', 'a request is of a command and its shell, or of a call')
}

const time = (ms: number): string => new Date(ms).toISOString()

const waitFor = (approval: string, expires: number, reason: string): AskedShape => ({
  ...{ outcome: 'wait', approval, reason, expires_at: time(expires) },
})

function capabilityShape({ subject, issued_at, expires_at, ...rest }: HeldCapability): CapabilityShape {
  return { ...rest, agent: subject, issued_at: time(issued_at), expires_at: time(expires_at) }
}

const withChanges = async (approval: Approval) => approvalShape(approval, await changesOf(approval.action))
