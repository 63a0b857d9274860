// The routes of logs, problems and metrics: who may use them, what may be asked, and how many may follow.

import { describe, expect, test } from 'vitest'
import { logsRoutes } from '../../../src/api/routes/care/logs.ts'
import { metricsRoutes } from '../../../src/api/routes/care/metrics.ts'
import { problemsRoutes } from '../../../src/api/routes/care/problems.ts'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import type { Caller } from '../../../src/api/server/route.ts'
import { systemClock, systemRandom } from '../../../src/base/clock.ts'
import { createLogRing } from '../../../src/ops/log/ring.ts'
import { owner } from '../../support/api/callers.ts'
import { serving } from '../../support/api/serving.ts'
import { PATIENCE_MS } from '../../support/run/until.ts'
import { some } from '../../support/some.ts'

function rooms(caller: Caller | 'nobody' = owner()) {
  const ring = createLogRing({ level: 'info', clock: systemClock })
  const salts: string[] = []
  const served = serving(
    [
      logsRoutes(some<Rooms>({ logs: ring, clock: systemClock })),
      metricsRoutes(
        some<Rooms>({ metrics: { render: async () => ({ type: 'text/plain', body: 'x 1\n' }) } }),
      ),
      problemsRoutes(
        some<Rooms>({
          problems: {
            report: (salt) => {
              salts.push(Buffer.from(salt).toString('hex'))
              return []
            },
          },
          random: systemRandom,
        }),
      ),
    ],
    { caller: () => (caller === 'nobody' ? undefined : caller) },
  )
  return { ring, salts, ...served }
}

const PATHS = ['/api/v1/logs', '/api/v1/problems', '/api/v1/metrics', '/metrics']

describe('who may', () => {
  test.each([
    ['nobody known', 'nobody', [401, 401, 401, 401]],
    ['a person', { ...owner(1000), admin: false, asks: false }, [403, 403, 200, 200]],
    ['an administrator', owner(1000), [200, 200, 200, 200]],
    // What a scraper's token opens is the metrics alone, whoever made it.
    [
      "an administrator's token for metrics",
      { ...owner(0), via: 'http', credential: { scope: 'metrics' } },
      [403, 403, 200, 200],
    ],
  ] as const)('%s', async (_who, caller, codes) => {
    const { get } = rooms(caller)
    const got = await Promise.all(PATHS.map(async (url) => (await get(url)).status))
    expect(got).toEqual(codes)
  })
})

describe('GET /api/v1/logs', () => {
  test('gives the last lines as NDJSON, filtered, as many as asked for', async () => {
    const { ring, get } = rooms()
    for (let i = 0; i < 150; i++)
      ring.sink(i % 2 === 0 ? 'info' : 'warn', { trace_id: 'ab'.repeat(16) }, `line ${i}`)
    const said = async (query: string): Promise<string[]> => {
      const { text, headers } = await get(`/api/v1/logs${query}`)
      expect(headers['content-type']).toMatch(/^application\/x-ndjson/)
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).msg]))
    }
    expect(await said('')).toHaveLength(100)
    expect(await said('?lines=2')).toEqual(['line 148', 'line 149'])
    expect(await said('?lines=1&level=info&trace=abab')).toEqual(['line 149'])
    expect(await said('?lines=0')).toEqual([])
    expect(await said('?trace=cd')).toEqual([])
  })

  test('who follows is told the end when the server closes', async () => {
    const { ring, server } = rooms()
    const address = await server.listen({ host: '127.0.0.1', port: 0 })
    const answer = await fetch(`${address}/api/v1/logs?follow=true&lines=0`)
    ring.sink('info', {}, 'a last word')
    const closed = server.close()
    expect(JSON.parse(await answer.text())).toMatchObject({ msg: 'a last word' })
    await closed
  })

  test('who does not read is told how many lines were left out', async () => {
    const { ring, server } = rooms()
    const address = await server.listen({ host: '127.0.0.1', port: 0 })
    const answer = await fetch(`${address}/api/v1/logs?follow=true&lines=0`)
    // More than waits for somebody who has read nothing yet.
    for (let i = 0; i < 2_000; i++) ring.sink('info', { filler: 'x'.repeat(400) }, `line ${i}`)
    let text = ''
    for await (const part of answer.body!) {
      text += Buffer.from(part).toString()
      if (/"dropped"|line 1999/.test(text) && text.endsWith('\n')) break
    }
    const lines = text.trimEnd().split('\n')
    const told = lines.map((line) => JSON.parse(line) as { dropped?: number })
    expect(told.at(-1)).toMatchObject({ level: 'warn', dropped: 2_000 - told.length + 1 })
  })

  test('sixteen may follow, and another one when somebody has left', async () => {
    const { server } = rooms()
    const address = await server.listen({ host: '127.0.0.1', port: 0 })
    const follow = async () => {
      const leave = new AbortController()
      const answer = await fetch(`${address}/api/v1/logs?follow=true&lines=0`, { signal: leave.signal })
      return { status: answer.status, leave: () => leave.abort() }
    }
    const all = await Promise.all(Array.from({ length: 16 }, follow))
    expect(all.map(({ status }) => status)).toEqual(Array(16).fill(200))
    expect((await follow()).status).toBe(429)
    all[0]!.leave()
    await expect.poll(async () => (await follow()).status, { timeout: PATIENCE_MS }).toBe(200)
    for (const { leave } of all) leave()
  })
})

test('what stands for a node in the problems has another salt each time', async () => {
  const { get, salts } = rooms()
  for (let i = 0; i < 3; i++) await get('/api/v1/problems')
  expect(new Set(salts).size).toBe(3)
  expect(salts[0]).toMatch(/^[0-9a-f]{64}$/)
})
