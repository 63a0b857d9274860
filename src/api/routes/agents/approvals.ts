// /approvals and /capabilities: what agents and AI tools want to do, a person's decision, and what agents were granted.
import type { AgentAsk } from '../../../../protocols/messages/agent.ts'
import { changesOf } from '../../../agents/approvals/changes.ts'
import type { Approval, Approver } from '../../../agents/approvals/types.ts'
import type { HeldCapability } from '../../../agents/capabilities/capabilities.ts'
import { checkPerson, notTyped, placeOf, seatByKernel } from '../../access/at-terminal.ts'
import * as api from '../../contract/operations/agents/approvals.ts'
import type { CapabilityShape, DecidedShape } from '../../contract/shapes.ts'
import type { Elsewhere } from '../../remote/ask.ts'
import { type Caller, type Rooms, type Routes, serve, shown } from '../../server/index.ts'
import { approvalShape, decidedShape, endedShape } from './approval-shapes.ts'
import { createAsking } from './asking.ts'
import { whileOpen } from './while-open.ts'

export function approvalsRoutes(rooms: Rooms): Routes {
  const { approvals, agents, capabilities, sessions, present, elsewhere, seatOf: seat = seatByKernel } = rooms
  const approverOf = (caller: Caller): Approver => {
    const { person, account, admin, via, credential } = caller
    const sits = placeOf(caller, seat)
    const operator = via === 'socket' ? sessions.of(person, account)?.operator : undefined
    const way =
      credential?.scope === 'approve' && sits === undefined
        ? 'token'
        : sits?.terminal
          ? 'terminal'
          : 'program'
    return {
      person,
      account,
      admin,
      way,
      sessions: sits?.sessions ?? [],
      ...(way === 'program' && { notTyped: notTyped(sits) }),
      ...(operator !== undefined && { operator }),
    }
  }

  const asking = createAsking(rooms, seat, approverOf)

  /** The other machine has nothing but this one's word for it that a person says this, and at a terminal. */
  async function decideElsewhere(
    request: Parameters<Elsewhere['ask']>[0],
    at: string,
    decision: Omit<Extract<AgentAsk, { readonly operation: 'decide' }>, 'operation'>,
  ): Promise<DecidedShape> {
    const { caller } = request
    if (decision.approve) checkPerson(seat(caller), approvals.hasAsked, 'approves')
    // In the trace of what is decided, so that the ledgers of all machines name one.
    const { trace_id } = await elsewhere.ask(request, at, api.getApproval, {
      operation: 'approval',
      id: decision.id,
    })
    return elsewhere.ask({ caller, id: trace_id }, at, api.decideApproval, {
      operation: 'decide',
      ...decision,
    })
  }

  /** A grant opens something, so it needs a person as an approval does. */
  function checkGranting(caller: Caller): void {
    const place = placeOf(caller, seat)
    if (caller.credential === undefined || place !== undefined)
      checkPerson(place, approvals.hasAsked, 'grants a capability')
  }

  const withChanges = async (approval: Approval) =>
    approvalShape(approval, await changesOf(approval.action, present, approval.code))

  return (server) => {
    server.addHook('onReady', async () => asking.start())
    server.addHook('preClose', async () => asking.stop())
    serve(server, api.getApprovals, async (request) => {
      const { at } = request.query
      if (at !== undefined) return elsewhere.ask(request, at, api.getApprovals, { operation: 'approvals' })
      const all = approvals.list(approverOf(request.caller))
      return { approvals: await Promise.all(all.map(withChanges)) }
    })
    serve(server, api.getApproval, async (request) => {
      const { at, id } = request.query
      if (at !== undefined) return elsewhere.ask(request, at, api.getApproval, { operation: 'approval', id })
      return withChanges(approvals.find(approverOf(request.caller), id))
    })
    serve(server, api.decideApproval, async (request) => {
      const { caller, body } = request
      const { at, ...decision } = body
      if (at !== undefined) return decideElsewhere(request, at, decision)
      return decidedShape(await approvals.decide(approverOf(caller), decision.id, decision), decision.approve)
    })
    serve(server, api.getApprovalsLog, async ({ caller, query }) => {
      const { id, limit } = query
      const all = await approvals.log(approverOf(caller), id === undefined ? limit : Number.MAX_SAFE_INTEGER)
      return { entries: all.filter((one) => id === undefined || one.id.startsWith(id)).map(endedShape) }
    })
    serve(server, api.askApproval, async ({ caller, body, id }, reply) =>
      asking.ask(caller, body, id, whileOpen(reply)),
    )
    serve(server, api.getCapabilities, async () => ({
      capabilities: capabilities.list().map(capabilityShape),
    }))
    serve(server, api.grantCapability, async ({ caller, body, id: traceId }) => {
      checkGranting(caller)
      const { person, admin } = caller
      const { agent, ...rest } = body
      // One that is added later would begin with what was granted to nobody.
      const { id: subject } = await agents.describe({ person, admin, traceId }, agent)
      return capabilityShape(await capabilities.grant({ subject, ...rest, by: person }))
    })
    serve(server, api.revokeCapability, async ({ caller, body }) => ({
      revoked: await capabilities.revoke(body.id, caller.person),
    }))
  }
}

const capabilityShape = ({ subject: agent, ...rest }: HeldCapability): CapabilityShape => ({
  ...shown(rest),
  agent,
})
