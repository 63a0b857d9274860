// Answers to questions of the last day, kept in memory to be given again to the same person for the same question.
import type { Clock } from '../../base/clock.ts'
import { jsonText } from '../../base/printable.ts'
import { createRecent } from '../../base/recent.ts'
import { type AskRequest, askedRange } from '../../exchange/query/index.ts'
import type { QueryResult } from '../../exchange/query/result.ts'

/** What a person looks at in turn; an answer of a large mesh is some hundred KiB. */
const KEPT_MAX = 32

export interface KeptAnswers {
  /** The last answer, with its age, if it is at most `maxAgeMs` old. */
  of(request: AskRequest, maxAgeMs: number): QueryResult | undefined
  /** One that is not whole because somebody cancelled it is not kept, and neither is a refusal. */
  keep(request: AskRequest, result: QueryResult): void
}

export function createKeptAnswers(clock: Pick<Clock, 'monotonic'>): KeptAnswers {
  const kept = createRecent<string, { readonly result: QueryResult; readonly at: number }>(KEPT_MAX)
  return {
    of(request, maxAgeMs) {
      const found = kept.get(keyOf(request))
      const age = found === undefined ? Number.POSITIVE_INFINITY : Math.floor(clock.monotonic() - found.at)
      return found === undefined || age > maxAgeMs ? undefined : { ...found.result, age_ms: age }
    },
    keep(request, result) {
      if (result.status === 'success' && result.ended_by !== 'cancelled')
        kept.set(keyOf(request), { result, at: clock.monotonic() })
    },
  }
}

/** Who asks as whom, and what: a login has answers of its own, and a new one begins without any. */
function keyOf({ query_type, level, range, perNode, filters, team, uid, acting }: AskRequest): string {
  const { start, end } = askedRange(range)
  return jsonText([query_type, level, start, end, perNode, filters, team, uid, acting?.id])
}
