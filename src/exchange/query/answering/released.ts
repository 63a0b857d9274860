// A question for released totals: a node that holds them shows them to askers whom its policy permits, and to nobody
// else.
import type { Asker } from '../../../trust/operators/index.ts'
import type { QueryDeps } from '../deps.ts'
import type { AnswerBody, Question } from '../document.ts'
import { audienceIn } from '../filters.ts'
import { findQueryType } from '../query-types/index.ts'
import { RANGE_MAX_MS } from '../range.ts'
import type { Verdict } from './verdict.ts'

type OfTotals = Verdict & { readonly audience: string }

/**
 * Undefined: the question is not about released totals. Both layers of policy decide as they do for somebody who asks at this
 * machine: trust, the role that the totals are for, types, times. Contributors were asked before they contributed.
 */
export function judgeReleased(
  { totals, policy, clock }: QueryDeps,
  { body }: Question,
  { principal, fault }: Asker,
): OfTotals | undefined {
  const row = findQueryType(body.query_type)
  const audience = audienceIn(body.filters)
  if (body.level !== 2 || audience === undefined || row === undefined || row.levelOneOnly) return undefined
  const about = { level: 2, uids: [], audience } as const
  if (fault !== undefined) return { ...about, decision: { effect: 'deny', ...fault } }
  if (!totals.audiences().includes(audience)) {
    const reason = `no totals are computed for the role ${audience}`
    return { ...about, decision: { effect: 'deny', rule: 'totals.audience', reason } }
  }
  const circumstances = { at: clock.now(), range: body.time_range }
  return { ...about, decision: policy.reads(principal, audience, row.action, circumstances) }
}

/** The answer that follows: a refusal, or what is held here of the type, and of no other one. */
export async function answerReleased(
  { totals }: QueryDeps,
  { body: { query_type, time_range } }: Question,
  { decision, audience }: OfTotals,
): Promise<AnswerBody> {
  const level = 2
  if (decision.effect !== 'allow') return { status: 'access_denied', level }
  if (time_range.end - time_range.start > RANGE_MAX_MS) return { status: 'not_supported', level }
  const { statements, more } = await totals.show({ audience, type: query_type, range: time_range })
  if (statements.length === 0) return { status: 'no_data', level }
  return { status: 'released', level, statements: [...statements], more }
}
