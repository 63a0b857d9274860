// What a policy bundle of the organisation may do to a node's own policy: restrict it, unless the owner said otherwise.
import type { PolicyEngine, RoleDecision } from './types.ts'

/** What an owner lets their organisation do: only take away, or decide in place of their own role policies. */
export type AcceptOrg = 'restrict' | 'full'

/** The limits that a bundle and the file both may set: the narrower one holds, with `full` too. */
export interface Limits {
  readonly max_level: 0 | 1 | 2
  /** Nodes. */
  readonly k_min: number
}

/**
 * The role policies in force. `restrict`: what the owner's policies permit, less what the bundle forbids; a bundle's
 * permits open nothing. `full`: the bundle's permits count too, and a forbid on either side still wins. What
 * nobody could judge is forbidden too.
 */
export function mergedEngine(own: PolicyEngine, bundle: PolicyEngine, accept: AcceptOrg): PolicyEngine {
  const merged = (ours: RoleDecision, theirs: RoleDecision): RoleDecision => {
    if (theirs.effect === 'deny' && isForbid(theirs)) return theirs
    if (ours.effect === 'allow' || accept !== 'full' || isForbid(ours)) return ours
    return theirs
  }
  return {
    kind: own.kind,
    judge: (request) => merged(own.judge(request), bundle.judge(request)),
    judgeAgent: (request) => merged(own.judgeAgent(request), bundle.judgeAgent(request)),
  }
}

/** A denial that some policy asked for, or that stands for one which could not be judged; not the mere lack of a permit. */
export const isForbid = ({ effect, rule }: RoleDecision): boolean =>
  effect === 'deny' && !NO_PERMIT.test(rule)

/** Rules of policies name their file and line, so none of them looks like these. */
const NO_PERMIT = /^(?:policy\.default|role\.\w+)$/
