// POST /query: what a body may hold, one answer or a stream of lines, and hanging up.

import { describe, expect, test } from 'vitest'
import { createKeptAnswers, queryRoutes } from '../../../src/api/routes/query.ts'
import type { Caller } from '../../../src/api/server/route.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { coverageOf } from '../../../src/exchange/query/asking/collect.ts'
import type { AskRequest, Query } from '../../../src/exchange/query/index.ts'
import { ASKED_TYPES } from '../../../src/exchange/query/query-types/index.ts'
import type { QueryResult } from '../../../src/exchange/query/schema.ts'
import type { FleetState } from '../../../src/trust/certificates/index.ts'
import type { Acting } from '../../../src/trust/operators/index.ts'
import type { Member } from '../../../src/trust/peers/index.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { some } from '../../support/some.ts'

const RANGE = { start: '2026-11-20T08:00:00Z', end: '2026-11-20T09:00:00Z' }
const RESULT = { query_id: 'x', data: { tools: [] } } as unknown as QueryResult
const unreachable = (fingerprint: string, name: string, why: 'not_trusted_there' | 'silent') => ({
  member: some<Member>({ fingerprint, name }),
  collected: { outcome: 'unreachable' as const },
  unreached: { why },
})
const COVERAGE = coverageOf([unreachable('0', 'a', 'silent')])

const MEMBER: Standing = { why_not: null, revoked_by: null }
type Standing = Pick<FleetState, 'why_not' | 'revoked_by'>

function serverWith(ask: Query['ask'], caller: Partial<Caller> = {}, login?: Acting, standing = MEMBER) {
  const rooms = {
    query: { ask },
    sessions: { of: (uid: number) => (uid === 7 ? login : undefined) },
    config: { query: { timeout_ms: 5_000 } as never },
    clock: systemClock,
    fleet: { state: () => standing as FleetState },
  }
  const { server } = servingOver(queryRoutes, rooms, { ...owner(7), ...caller })
  const post = (body: object, accept?: string) =>
    server.inject({
      method: 'POST',
      url: '/api/v1/query',
      ...(accept === undefined ? {} : { headers: { accept } }),
      payload: { query_type: 'ToolUsage', range: RANGE, ...body },
    })
  return { post }
}

/** Remembers what was asked. */
function asking() {
  const asked: AskRequest[] = []
  const { post } = serverWith(async (request) => {
    asked.push(request)
    return RESULT
  })
  return { asked, post }
}

test.each(ASKED_TYPES)('%s can be asked', async (query_type) => {
  const { asked, post } = asking()
  expect((await post({ query_type })).json()).toEqual(RESULT)
  expect(asked[0]).toMatchObject({ query_type, perNode: false, timeoutMs: 5_000, uid: 7 })
})

test('filters and a team reach the question as they are on the wire', async () => {
  const { asked, post } = asking()
  const filters = [
    { field: 'tool', operator: 'InList', value: ['git'] },
    { field: 'uses', operator: 'GreaterThan', value: '3' },
  ]
  expect((await post({ filters, team: 'eng', per_node: true, timeout_ms: 100, level: 1 })).statusCode).toBe(
    200,
  )
  expect(asked[0]).toMatchObject({ filters, team: 'eng', perNode: true, timeoutMs: 100, level: 1 })
})

test('a machine that was revoked is told so first, and not to ask others for their trust', async () => {
  const rows = [unreachable('0', 'a', 'not_trusted_there'), unreachable('1', 'b', 'silent')]
  const result = { ...RESULT, coverage: coverageOf(rows), notes: ['else'] }
  const by = { node_id: testIdentity(1).nodeId, root: false, name: 'hq', at: 0 }
  const { post } = serverWith(async () => result, {}, undefined, { why_not: 'revoked', revoked_by: by })
  const { coverage, notes } = (await post({})).json() as QueryResult
  expect(coverage.nodes.map(({ why }) => why)).toEqual([undefined, 'silent'])
  expect(notes).toEqual([expect.stringMatching(/^This node is no longer a member.*hq.*identity new/), 'else'])
})

const linesOf = (text: string): unknown[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

test('as NDJSON it tells the coverage as it grows, then the result', async () => {
  const { post } = serverWith(async (_request, _signal, onProgress) => {
    onProgress?.(COVERAGE)
    await new Promise((resolve) => setImmediate(resolve))
    onProgress?.(COVERAGE)
    return RESULT
  })
  const response = await post({}, 'application/x-ndjson')
  expect(response.headers['content-type']).toBe('application/x-ndjson')
  expect(linesOf(response.body)).toEqual([
    { type: 'progress', coverage: COVERAGE },
    { type: 'progress', coverage: COVERAGE },
    { type: 'result', result: RESULT },
  ])
})

test('without a wish for lines nobody is told of progress', async () => {
  const { post } = serverWith(async (_request, _signal, onProgress) => {
    expect(onProgress).toBeUndefined()
    return RESULT
  })
  expect((await post({})).json()).toEqual(RESULT)
})

test('an error before the first line is an error like any other; after it, it is the last line', async () => {
  const wrong = new KaroError('bad_request', 'nobody is in it', { where: 'team', hint: 'eng' })
  const early = await serverWith(async () => {
    throw wrong
  }).post({}, 'application/x-ndjson')
  expect([early.statusCode, early.json().error.where]).toEqual([400, 'team'])
  const late = await serverWith(async (_request, _signal, onProgress) => {
    onProgress?.(COVERAGE)
    throw new Error('secret words')
  }).post({}, 'application/x-ndjson')
  expect(late.statusCode).toBe(200)
  expect(linesOf(late.body).at(-1)).toMatchObject({ type: 'error', error: { code: 'internal' } })
  expect(late.body).not.toContain('secret words')
})

describe('a person who is logged in as an operator', () => {
  const login = { name: 'carol' } as unknown as Acting

  async function askedAs(caller: Partial<Caller>, body: object = {}) {
    const asked: AskRequest[] = []
    const ask: Query['ask'] = async (request) => {
      asked.push(request)
      return RESULT
    }
    const response = await serverWith(ask, caller, login).post(body)
    return { acting: asked[0]?.acting, code: response.json().error?.code as unknown }
  }

  test('asks as the operator, or as the node when they say so', async () => {
    expect((await askedAs({})).acting).toBe(login)
    expect((await askedAs({}, { as: 'operator' })).acting).toBe(login)
    expect(await askedAs({}, { as: 'node' })).toEqual({ acting: undefined, code: undefined })
  })

  test('lends the login to no other person, and to no token', async () => {
    const token = { via: 'http', credential: { scope: 'full', token: 'x' } } as const
    for (const caller of [{ person: 8 }, token]) {
      expect(await askedAs(caller)).toEqual({ acting: undefined, code: undefined })
      expect(await askedAs(caller, { as: 'operator' })).toEqual({ acting: undefined, code: 'refused' })
    }
  })
})

test('an answer is given again to the same person for the same question while it is young enough, with its age', async () => {
  const clock = { time: 0, monotonic: () => clock.time }
  const kept = createKeptAnswers(clock)
  const request: AskRequest = {
    query_type: 'ToolUsage',
    range: { start: Date.parse(RANGE.start) + 60_000, end: Date.parse(RANGE.end) },
    perNode: false,
    timeoutMs: 5_000,
    uid: 7,
  }
  const result = { status: 'success', ended_by: 'all_done' } as unknown as QueryResult
  kept.keep(request, result)
  clock.time = 90_000
  expect(kept.of(request, 90_000)).toEqual({ ...result, age_ms: 90_000 })
  expect(kept.of(request, 89_999)).toBeUndefined()
  // Whole hours are asked about, so a question some minutes later is the same one.
  const range = { ...request.range, start: request.range.start + 120_000 }
  const later = { ...request, range, traceId: 'x' }
  expect(kept.of(later, 90_000)).toBeDefined()
  const acting = { id: 'login' } as Acting
  for (const other of [{ uid: 8 }, { team: 'eng' }, { level: 2 as const }, { perNode: true }, { acting }])
    expect(kept.of({ ...request, ...other }, 90_000)).toBeUndefined()
  for (const change of [{ status: 'access_denied' }, { ended_by: 'cancelled' }]) {
    kept.keep({ ...request, uid: 9 }, { ...result, ...change } as QueryResult)
    expect(kept.of({ ...request, uid: 9 }, 90_000)).toBeUndefined()
  }
})

test('without an age everybody is asked, and with one the answer that was kept says how old it is', async () => {
  let times = 0
  const { post } = serverWith(async () => {
    times++
    return { ...RESULT, status: 'success', ended_by: 'all_done' } as QueryResult
  })
  await post({})
  await post({})
  expect(times).toBe(2)
  expect((await post({ max_age_ms: 60_000 })).json()).toMatchObject({ age_ms: expect.any(Number) })
  expect((await post({ max_age_ms: 60_000, team: 'eng' })).json()).not.toHaveProperty('age_ms')
  expect(times).toBe(3)
})
