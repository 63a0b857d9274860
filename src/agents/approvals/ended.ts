// The part of a request that stays in the log: enough to recognise it, bounded, without input and environment.
import { shellWord } from '../../base/quote.ts'
import type { Action } from '../types.ts'
import type { Approval, ApprovalOutcome, EndedApproval } from './types.ts'

const LINE_MAX = 2_000

/** The number of the person on this machine whose affair the action is; null: of nobody here. */
export const personOf = ({ requester, target }: Action): number | null =>
  requester.node === target && requester.person !== undefined && /^\d{1,10}$/.test(requester.person)
    ? Number(requester.person)
    : null

/** The words as a line for a shell, which shows where each begins and ends. */
export const lineOf = ({ argv }: Pick<Action, 'argv'>): string => argv.map(shellWord).join(' ')

export function endedOf(
  { id, person, created_at, action, class: of, kind, hash, scope, uses }: Approval,
  outcome: ApprovalOutcome,
  ended_at: number,
  { by, reason }: { readonly by: string; readonly reason: string },
): EndedApproval {
  const line = lineOf(action)
  const { agent, tool, cwd, target, task } = action
  return {
    id,
    person,
    created_at,
    outcome,
    agent,
    tool,
    class: of,
    kind,
    cwd,
    target,
    task,
    hash,
    scope,
    uses,
    ended_at,
    by,
    reason,
    line: line.length > LINE_MAX ? `${line.slice(0, LINE_MAX - 1)}…` : line,
  }
}
