// Requests that wait for approval as the API answers them, to programs of this machine and to other machines.
import { type NodeId, parseNodeId } from '../../../../protocols/node-id.ts'
import { hashOf } from '../../../agents/approvals/binding.ts'
import type { FileChange } from '../../../agents/approvals/changes.ts'
import type { Approval, EndedApproval } from '../../../agents/approvals/types.ts'
import type { Action } from '../../../agents/types.ts'
import { formatFingerprint } from '../../../base/format.ts'
import { fingerprintOf } from '../../../trust/identity/index.ts'
import type { ApprovalShape, DecidedShape, EndedApprovalShape } from '../../contract/shapes.ts'
import { time } from '../../server/shown.ts'

/** `changes`: see `changesOf`; none where many are listed. */
export function approvalShape(approval: Approval, changes: readonly FileChange[]): ApprovalShape {
  const { id, state, action, class: of, kind, risk, risks, code = [], changed = [] } = approval
  const { hash, scope, created_at, expires_at } = approval
  const { agent, tool, argv, cwd, env, binds, input, target, task, why, traceId: trace_id } = action
  return {
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
    trace_id,
    why,
    hash,
    scope,
    created_at: time(created_at),
    expires_at: time(expires_at),
    code: code.map(({ path, bytes, hash: content }) => ({ path, bytes, content })),
    diff: [...changed, ...changes].map(({ path, diff, note }) => ({
      path,
      diff: diff ?? null,
      note: note ?? null,
    })),
    target: { node_id: target as NodeId, fingerprint: fingerprintIn(target) },
    requested_by: askerOf(action),
    group: groupOf(action),
  }
}

function fingerprintIn(id: string): string {
  const key = parseNodeId(id)
  if (key === undefined) throw new Error('an action names no key')
  return fingerprintOf(key)
}

/** Keys as lists show them. */
function askerOf({ requester }: Action): string {
  const { node, person, operator, agent } = requester
  const who =
    agent ??
    (person === undefined ? `machine ${formatFingerprint(fingerprintIn(node))}` : 'a person of this machine')
  return operator === undefined ? who : `${who}, operator ${formatFingerprint(fingerprintIn(operator))}`
}

/** Agent, tool, program and directory; of a shell the first word of what it reads counts as the program. */
function groupOf(action: Action): string {
  const { argv } = action
  const program = argv[1] === '-c' ? (argv[2] ?? '').trim().split(/\s/, 1)[0] : argv[0]
  return hashOf({ ...action, argv: [program ?? ''], input: '', env: {}, binds: [] }).slice(0, 8)
}

export function endedShape(entry: EndedApproval): EndedApprovalShape {
  const { id, outcome, agent, tool, class: of, line, cwd, task, hash, scope, uses, by, reason } = entry
  return {
    id,
    outcome,
    agent,
    action: tool,
    class: of,
    line,
    cwd,
    task,
    hash,
    scope,
    uses,
    by,
    reason,
    asked_at: time(entry.created_at),
    ended_at: time(entry.ended_at),
  }
}

export const decidedShape = (made: Approval | EndedApproval, approve: boolean): DecidedShape => ({
  id: made.id,
  decision: approve ? 'approved' : 'denied',
  expires_at: 'expires_at' in made ? time(made.expires_at) : null,
})
