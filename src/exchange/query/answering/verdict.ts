// This node's verdict on a question: each person's consent decides, and only consenting people's numbers are gathered.
import { widenToHours } from '../../../insight/statistics/index.ts'
import type { Asker } from '../../../trust/operators/index.ts'
import { type Decision, type QueryAction, resourceOf } from '../../../trust/policy/index.ts'
import type { QueryDeps } from '../deps.ts'
import type { AnswerBody, Question } from '../document.ts'
import { ownerApplies } from '../filters.ts'
import { filterNode, findQueryType } from '../query-types/index.ts'
import { RANGE_MAX_MS } from '../range.ts'
import { reachOf } from '../reach.ts'

export interface Verdict {
  readonly decision: Decision
  readonly level: 1 | 2
  /** The people who consent; only their data is looked at. */
  readonly uids: readonly number[]
  /** True where each of them lets the asker know of single tools too, live or in totals. */
  readonly tools?: boolean
  /** The role whose totals were asked for. */
  readonly audience?: string
}

/**
 * That this release has no answer to a type is no person's data, so every admitted node may learn it, as it may learn the
 * node's health; consent and level decide nothing. Nodes that are denied or not trusted hear `access_denied` as always.
 */
const actionOf = (type: string): QueryAction => findQueryType(type)?.action ?? 'query.node_health'

/** `asker`: as the principal resolver says. Each person decides for themself; one who consents is enough for an answer about that one. */
export async function judge(
  { deciders, sharing, policy, clock }: QueryDeps,
  question: Question,
  { principal, fault }: Asker,
): Promise<Verdict> {
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

/** The answer that follows from the verdict: a refusal, or the numbers of the people who consent. */
export async function answerOf(
  { insight, clock }: QueryDeps,
  question: Question,
  { decision, level, uids, tools = false }: Verdict,
): Promise<AnswerBody> {
  if (decision.effect === 'deny') return { status: 'access_denied', level }
  if (decision.effect === 'withhold') return { status: 'withheld', level, reason: decision.reason }
  const { query_type, time_range, filters } = question.body
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
