// This node's verdict on a question, and the answer that follows from it: each person's consent decides, and only consenting people's
// numbers are gathered. Totals that were released before are shown to askers whom the policy permits, and to nobody else.
import { widenToHours } from '../../../insight/statistics/index.ts'
import type { Asker } from '../../../trust/operators/index.ts'
import { type Decision, type QueryAction, resourceOf } from '../../../trust/policy/index.ts'
import type { AnswerBody, Question } from '../document.ts'
import { audienceIn, ownerApplies } from '../filters.ts'
import { filterNode, findQueryType } from '../query-types/index.ts'
import { RANGE_MAX_MS, reachOf } from '../range.ts'
import type { QueryDeps } from '../types.ts'

export interface Verdict {
  readonly decision: Decision
  readonly level: 1 | 2
  /** The people who consent; only their data is looked at. */
  readonly uids: readonly number[]
  /** True where each of them lets the asker know of single tools too, live or in totals. */
  readonly tools?: boolean
  /** The role whose totals were asked for; absent: the question is not about released totals. */
  readonly audience?: string
}

/**
 * That this release has no answer to a type is no person's data, so every admitted node may learn it, as it may learn the
 * node's health; consent and level decide nothing. Nodes that are denied or not trusted hear `access_denied` as always.
 */
const actionOf = (type: string): QueryAction => findQueryType(type)?.action ?? 'query.node_health'

/** `asker`: as the principal resolver says. Each person decides for themself; one who consents is enough for an answer about that one. */
export async function judge(deps: QueryDeps, question: Question, asker: Asker): Promise<Verdict> {
  const ofReleased = judgeReleased(deps, question, asker)
  if (ofReleased !== undefined) return ofReleased
  const { deciders, sharing, policy, clock } = deps
  const { principal, fault } = asker
  const action = actionOf(question.body.query_type)
  const resource = resourceOf(action, principal, question.body.level)
  // An asker refuses an answer of another level than it asked for, so the refusal of an unknown type keeps that level.
  const isKnown = findQueryType(question.body.query_type) !== undefined
  const level = (isKnown ? undefined : question.body.level) ?? resource.level
  if (fault !== undefined) return { decision: { effect: 'deny', ...fault }, level, uids: [] }
  const circumstances = { at: clock.now(), range: question.body.time_range }
  if (resource.category === undefined) {
    return { decision: policy.decide(principal, action, resource, circumstances), level, uids: [] }
  }
  const decisions: { uid: number; decision: Decision; tools: boolean }[] = []
  for (const uid of await deciders()) {
    const consent = await sharing.consentOf(uid)
    decisions.push({
      uid,
      decision: policy.decide(principal, action, resource, { ...circumstances, consent }),
      tools: ([1, 2] as const).some((one) => {
        const about = resourceOf('query.tool_usage', principal, one)
        return (
          policy.decide(principal, 'query.tool_usage', about, { ...circumstances, consent }).effect ===
          'allow'
        )
      }),
    })
  }
  const with_ = (effect: Decision['effect']) => decisions.filter((one) => one.decision.effect === effect)
  const deciding = [...with_('allow'), ...with_('withhold'), ...decisions][0]
  if (deciding === undefined) throw new Error('nobody decided')
  const allowing = with_('allow')
  return {
    decision: deciding.decision,
    level,
    uids: allowing.map((one) => one.uid),
    tools: allowing.every(({ tools }) => tools),
  }
}

/**
 * Undefined: the question is not about released totals. These are no numbers of the people here any more, who were asked before
 * they contributed, so both layers of policy decide as they do for somebody who asks at this machine: trust, the role that the
 * totals are for, types, times.
 */
function judgeReleased(
  { totals, policy, clock }: QueryDeps,
  { body }: Question,
  { principal, fault }: Asker,
): Verdict | undefined {
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

/** The answer that follows from the verdict: a refusal, or the numbers of the people who consent. */
export async function answerOf(
  deps: QueryDeps,
  question: Question,
  { decision, level, uids, tools = false, audience }: Verdict,
): Promise<AnswerBody> {
  if (audience !== undefined) return showReleased(deps, question, decision, audience)
  if (decision.effect === 'deny') return { status: 'access_denied', level }
  if (decision.effect === 'withhold') return { status: 'withheld', level, reason: decision.reason }
  const { query_type, time_range, filters } = question.body
  const { insight, clock } = deps
  const row = findQueryType(query_type)
  // A filter that is not applied would answer another question than the one asked.
  const applies = filters.every((filter) => ownerApplies(query_type, filter))
  if (row === undefined || !applies || time_range.end - time_range.start > RANGE_MAX_MS) {
    return { status: 'not_supported', level }
  }
  const range = widenToHours(time_range)
  // The asker's clock may be ahead: the hour that is open there is asked about, and nothing of it is missing here.
  const now = Math.max(clock.now(), question.body.created_at)
  const { covers, before } = await reachOf(insight, row, uids, range, now)
  const gathered = await row.gather(insight, uids, range, before)
  const told = gathered && !tools ? (row.withoutTools?.(gathered) ?? gathered) : gathered
  const data = told && filterNode(told, filters)
  const rests = covers === undefined ? {} : { covers }
  return data === null ? { status: 'no_data', level, ...rests } : { status: 'success', level, ...rests, data }
}

/** A refusal, or what is held here of the type, and of no other one. */
async function showReleased(
  { totals }: QueryDeps,
  { body: { query_type, time_range } }: Question,
  decision: Decision,
  audience: string,
): Promise<AnswerBody> {
  const level = 2
  if (decision.effect !== 'allow') return { status: 'access_denied', level }
  if (time_range.end - time_range.start > RANGE_MAX_MS) return { status: 'not_supported', level }
  const { statements, more } = await totals.show({ audience, type: query_type, range: time_range })
  if (statements.length === 0) return { status: 'no_data', level }
  return { status: 'released', level, statements: [...statements], more }
}
