// /approvals and /capabilities: what agents and AI tools want to do, a person's decision, and what agents were granted.
import { formatNodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { hashOf } from '../../agents/approvals/binding.ts'
import { changesOf } from '../../agents/approvals/changes.ts'
import type { Approval, Approvals, Approver, EndedApproval } from '../../agents/approvals/types.ts'
import type { Capabilities, HeldCapability } from '../../agents/capabilities/capabilities.ts'
import type { Action, AgentId, Gates } from '../../agents/types.ts'
import { deadline } from '../../base/async/deadline.ts'
import type { Timers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import type { Seat } from '../../base/kernel/sessions.ts'
import { fingerprintOf, type PublicIdentity } from '../../trust/identity/index.ts'
import type { Sessions } from '../../trust/operators/index.ts'
import { checkPerson, type SeatOfCaller, seatByKernel } from '../access/at-terminal.ts'
import {
  askApproval,
  decideApproval,
  getApproval,
  getApprovals,
  getApprovalsLog,
  getCapabilities,
  grantCapability,
  revokeCapability,
} from '../contract/operations/agents/approvals.ts'
import type { ApprovalShape, AskedShape, CapabilityShape, EndedApprovalShape } from '../contract/shapes.ts'
import type { Caller, Routes } from '../server/route.ts'
import { type RequestFor, serve } from '../server/serve.ts'

interface ApprovalsRoutesDeps {
  readonly approvals: Approvals
  readonly capabilities: Capabilities
  readonly gates: Gates
  readonly identity: Pick<PublicIdentity, 'nodeId'>
  readonly sessions: Pick<Sessions, 'of'>
  readonly timers: Timers
  /** Tests play the kernel. */
  readonly seatOf?: SeatOfCaller
}

/** Milliseconds that one request waits for an answer, well within the time that a client waits for a reply. */
const WAIT_MS = 5_000

export function approvalsRoutes(deps: ApprovalsRoutesDeps): Routes {
  const { approvals, capabilities, gates, identity, sessions, timers } = deps
  const seat = deps.seatOf ?? seatByKernel

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
    const { tool, shell, command, cwd, why } = body
    const sits = seat(caller)
    // What the kernel does not name a session of cannot be told from who approves it.
    if (sits === undefined) throw new KaroError('refused', 'the kernel does not say which process asks')
    const agent: AgentId = `kBridge:${tool}`
    return {
      // The task is the login session: the tool's own words for its conversation prove nothing.
      ...{ id: traceId, task: `session:${sits.session}`, agent, tool: 'exec', readOnly: false },
      ...{ argv: [shell, '-c', command], cwd, env: {}, binds: [], input: '', target: identity.nodeId },
      requester: { node: identity.nodeId, person: String(caller.uid), agent, sessions: sits.near },
      ...{ why, traceId },
    }
  }

  async function ask(caller: Caller, body: AskBody, trace: string): Promise<AskedShape> {
    const action = actionOf(caller, body, trace)
    const { approval: id } = body
    if (id !== undefined) {
      const waiting = approvals.list(approverOf(caller)).find((one) => one.id === id)
      if (waiting?.state === 'pending') {
        if (waiting.hash !== hashOf(action)) throw new KaroError('refused', 'this is not what was asked')
        const limit = deadline(timers, WAIT_MS)
        try {
          await approvals.wait(id, limit.signal)
        } catch {
          return waitFor(id, waiting.expires_at, 'nobody has decided yet')
        } finally {
          limit.end()
        }
      }
    }
    const verdict =
      id === undefined
        ? await gates.judge(action)
        : await gates.settled(id, action, new AbortController().signal)
    const { outcome, reason } = verdict
    if (verdict.outcome !== 'wait') return { outcome, approval: id ?? null, reason, expires_at: null }
    const { expires_at } = approvals.find(approverOf(caller), verdict.approval)
    return waitFor(verdict.approval, expires_at, reason)
  }

  /** A grant opens something, so it needs a person as an approval does. */
  function checkGranting(caller: Caller): void {
    const place = placeOf(caller)
    if (caller.credential === undefined || place !== undefined)
      checkPerson(place, approvals.hasAsked, 'grants a capability')
  }

  return (server) => {
    serve(server, getApprovals, async ({ caller }) => ({
      approvals: await Promise.all(approvals.list(approverOf(caller)).map((one) => shapeOf(one))),
    }))
    serve(server, getApproval, async ({ caller, query }) =>
      shapeOf(approvals.find(approverOf(caller), query.id)),
    )
    serve(server, decideApproval, async ({ caller, body }) => {
      const { id, approve, hash, scope = 'once', reason = '' } = body
      const made = await approvals.decide(approverOf(caller), id, { approve, hash, scope, reason })
      const ends = 'expires_at' in made ? time(made.expires_at) : null
      return {
        id: made.id,
        decision: approve ? ('approved' as const) : ('denied' as const),
        expires_at: ends,
      }
    })
    serve(server, getApprovalsLog, async ({ caller, query }) => {
      const { id, limit } = query
      const all = await approvals.log(approverOf(caller), id === undefined ? limit : Number.MAX_SAFE_INTEGER)
      return { entries: all.filter((one) => id === undefined || one.id.startsWith(id)).map(endedShape) }
    })
    serve(server, askApproval, async ({ caller, body, id }) => ask(caller, body, id))
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

const time = (ms: number): string => new Date(ms).toISOString()

const waitFor = (approval: string, expires: number, reason: string): AskedShape => ({
  ...{ outcome: 'wait', approval, reason, expires_at: time(expires) },
})

async function shapeOf(approval: Approval): Promise<ApprovalShape> {
  const { id, state, action, class: of, kind, risk, risks, hash, scope, created_at, expires_at } = approval
  const { agent, tool, argv, cwd, env, binds, input, target, task, why } = action
  const changes = await changesOf(action)
  return {
    ...{
      id,
      state,
      agent,
      action: tool,
      class: of,
      kind,
      risk,
      risks,
      argv,
      cwd,
      env,
      binds,
      input,
      task,
      why,
    },
    ...{ hash, scope, created_at: time(created_at), expires_at: time(expires_at) },
    diff: changes.map(({ path, diff, note }) => ({ path, diff: diff ?? null, note: note ?? null })),
    target: targetOf(target),
    requested_by: askerOf(action),
    group: groupOf(action),
  }
}

function targetOf(target: string): ApprovalShape['target'] {
  const key = parseNodeId(target)
  if (key === undefined) throw new Error('an action was let through for a machine without a key')
  return { node_id: formatNodeId(key), fingerprint: fingerprintOf(key) }
}

function askerOf({ requester }: Action): string {
  const { node, person, operator, agent } = requester
  const who = agent ?? (person === undefined ? node : 'a person of this machine')
  return operator === undefined ? who : `${who}, operator ${operator}`
}

/** Agent, tool, program and directory; of a shell the first word of what it reads counts as the program. */
function groupOf(action: Action): string {
  const { argv } = action
  const program = argv[1] === '-c' ? (argv[2] ?? '').trim().split(/\s/, 1)[0] : argv[0]
  return hashOf({ ...action, argv: [program ?? ''], input: '', env: {}, binds: [] }).slice(0, 8)
}

function endedShape(entry: EndedApproval): EndedApprovalShape {
  const { id, outcome, agent, tool, class: of, line, cwd, task, hash, scope, uses, by, reason } = entry
  return {
    ...{ id, outcome, agent, action: tool, class: of, line, cwd, task, hash, scope, uses, by, reason },
    ...{ asked_at: time(entry.created_at), ended_at: time(entry.ended_at) },
  }
}

function capabilityShape({ subject, issued_at, expires_at, ...rest }: HeldCapability): CapabilityShape {
  return { ...rest, agent: subject, issued_at: time(issued_at), expires_at: time(expires_at) }
}
