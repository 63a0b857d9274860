// POST /query: asks the mesh. Closing the connection cancels the query. NDJSON shows the coverage while it is under way. Answers of the last day are kept.

import { PassThrough } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { QueryFilter } from '../../../protocols/messages/query.ts'
import type { Clock } from '../../base/clock.ts'
import { jsonText } from '../../base/printable.ts'
import { createRecent } from '../../base/recent.ts'
import { type AskRequest, askedRange } from '../../exchange/query/index.ts'
import type { Coverage, QueryResult } from '../../exchange/query/schema.ts'
import { postQuery } from '../contract/operations/query.ts'
import type { QueryLine } from '../contract/shapes.ts'
import { describeError } from '../server/errors.ts'
import { type RequestFor, type Rooms, type Routes, serve } from '../server/index.ts'
import { actingOf } from './acting.ts'
import { whileOpen } from './agents/while-open.ts'
import { revokedInWords } from './mesh/revoked.ts'

/** What a person looks at in turn; an answer of a large mesh is some hundred KiB. */
const KEPT_MAX = 32

export function createKeptAnswers(clock: Pick<Clock, 'monotonic'>) {
  const kept = createRecent<string, { readonly result: QueryResult; readonly at: number }>(KEPT_MAX)
  return {
    /** The last answer, with its age, if it is at most `maxAgeMs` old. */
    of(request: AskRequest, maxAgeMs: number): QueryResult | undefined {
      const found = kept.get(keyOf(request))
      if (found === undefined) return
      const age = Math.floor(clock.monotonic() - found.at)
      return age > maxAgeMs ? undefined : { ...found.result, age_ms: age }
    },
    /** One that is not whole because somebody cancelled it is not kept, and neither is a refusal. */
    keep(request: AskRequest, result: QueryResult): void {
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

const NDJSON = 'application/x-ndjson'

/** Errors: `bad_request`, `refused` (no login, or one that does not cover it), `rate_limited`, `unavailable`; a refusal by the mesh is a result, not an error. */
export function queryRoutes({ query, sessions, config, clock, fleet }: Rooms): Routes {
  type Request = RequestFor<typeof postQuery>
  const kept = createKeptAnswers(clock)

  async function ask(
    { body, id, caller }: Request,
    signal: AbortSignal,
    onProgress?: (coverage: Coverage) => void,
  ): Promise<QueryResult> {
    const { query_type, level, range, per_node, filters, team, timeout_ms, max_age_ms = 0 } = body
    const acting = actingOf(sessions, body.as, caller)
    const asked: AskRequest = {
      query_type,
      level,
      range: { start: Date.parse(range.start), end: Date.parse(range.end) },
      perNode: per_node ?? false,
      filters: filters?.flatMap(toFilters),
      team,
      timeoutMs: timeout_ms ?? config.query.timeout_ms,
      uid: caller.person,
      acting,
      traceId: id,
    }
    const earlier = max_age_ms === 0 ? undefined : kept.of(asked, max_age_ms)
    const result = earlier ?? (await query.ask(asked, signal, onProgress))
    if (earlier === undefined) kept.keep(asked, result)
    const revoked = revokedInWords(fleet.state())
    return revoked ? outside(result, revoked) : result
  }

  /**
   * Sends nothing before the question was accepted, so that a mistake in it gives a normal error answer. A slow reader
   * misses lines of progress. The last line is the result, or the error.
   */
  async function stream(request: Request, reply: FastifyReply, signal: AbortSignal): Promise<FastifyReply> {
    const lines = new PassThrough()
    let begun = false
    const say = (line: QueryLine): void => {
      if (!begun) reply.type(NDJSON).send(lines)
      begun = true
      lines.write(`${jsonText(line)}\n`)
    }
    try {
      const result = await ask(request, signal, (coverage) => {
        if (!lines.writableNeedDrain) say({ type: 'progress', coverage })
      })
      say({ type: 'result', result })
    } catch (error) {
      if (!begun) throw error
      say({ type: 'error', ...describeError(error).body })
    }
    lines.end()
    return reply
  }

  return (server) => {
    serve(server, postQuery, async (request, reply) => {
      const open = whileOpen(reply)
      return request.headers.accept === NDJSON ? stream(request, reply, open) : ask(request, open)
    })
  }
}

/** What a machine that was revoked is told: why nobody answers it, instead of what each of the others could do for a node that it does not trust yet. */
function outside(result: QueryResult, revoked: string): QueryResult {
  const nodes = result.coverage.nodes.map((row) => {
    if (row.why !== 'not_trusted_there') return row
    const { why: _, ...rest } = row
    return rest
  })
  const note = `${revoked[0]?.toUpperCase()}${revoked.slice(1)}.`
  return { ...result, coverage: { ...result.coverage, nodes }, notes: [note, ...result.notes] }
}

/** Makes one filter for each value if the operator takes only one value. `Equals` with two values then matches nothing. */
function toFilters({
  field,
  operator,
  value,
}: NonNullable<RequestFor<typeof postQuery>['body']['filters']>[number]): QueryFilter[] {
  return operator === 'InList'
    ? [{ field, operator, value }]
    : value.map((one) => ({ field, operator, value: one }))
}
