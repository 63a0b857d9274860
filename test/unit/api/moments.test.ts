// Moments in requests: what is RFC 3339 and no time is a mistake of the caller, and not a range of nothing.
import { expect, test } from 'vitest'
import { whoAsked } from '../../../src/api/contract/operations/audit.ts'
import type { Routes } from '../../../src/api/server/route.ts'
import { serve } from '../../../src/api/server/serve.ts'
import { serving } from '../../support/api/serving.ts'

test.each([
  ['2026-12-31T23:59:59Z', 200],
  ['2026-06-30t16:59:59.5-07:00', 200],
  ['2026-12-31T23:59:60Z', 400],
  ['2026-06-30T16:59:60.5-07:00', 400],
])('%s is answered with %i', async (since, status) => {
  const routes: Routes = (server) => {
    serve(server, whoAsked, async (request) => ({ ms: Date.parse(request.query.since!) }) as never)
  }
  const answer = await serving(routes).get(`${whoAsked.path}?since=${encodeURIComponent(since)}`)
  expect(answer.status).toBe(status)
  if (status === 400)
    expect(answer.body.error).toMatchObject({ code: 'bad_request', where: 'querystring/since' })
  else expect(answer.body.ms).toBe(Date.parse(since))
})
