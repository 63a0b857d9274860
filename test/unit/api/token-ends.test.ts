// Tokens that end soon: which they are, and that each is logged once, without the name its owner gave it.
import { describe, expect, test } from 'vitest'
import { createTokenEnds, ENDS_SOON_MS, endsSoon } from '../../../src/api/access/token-ends.ts'
import type { Token } from '../../../src/api/access/tokens.ts'
import { DAY_MS, HOUR_MS } from '../../../src/base/calendar.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { found } from '../cli/doctor/found.ts'

const NOW = Date.parse('2026-11-21T00:00:00Z')

const token = (id: string, leftMs: number, livesMs = 366 * DAY_MS, uid = 1000): Token => ({
  id,
  uid,
  name: `name-of-${id}`,
  scope: 'metrics',
  last_used_at: null,
  created_at: NOW + leftMs - livesMs,
  expires_at: NOW + leftMs,
})

test.each([
  ['a year away', token('a', 365 * DAY_MS), false],
  ['two weeks away', token('a', ENDS_SOON_MS), false],
  ['a moment less', token('a', ENDS_SOON_MS - 1), true],
  ['an hour away', token('a', HOUR_MS), true],
  ['over', token('a', 0), false],
  ['made for ten days', token('a', 10 * DAY_MS, 10 * DAY_MS), true],
  ['made for one task', token('a', HOUR_MS, HOUR_MS), false],
])('%s', (_, one, soon) => {
  expect(endsSoon(one, NOW)).toBe(soon)
})

describe('watched', () => {
  function watched(all: Token[]) {
    const time = { now: NOW }
    const logged: unknown[] = []
    let look = (): void => {}
    const ends = createTokenEnds({
      tokens: { all: () => all, list: (uid) => all.filter((one) => one.uid === uid) },
      clock: { now: () => time.now, monotonic: () => time.now },
      timers: {
        after(ms, run) {
          look = () => {
            time.now += ms
            run()
          }
          return () => {
            look = () => {}
          }
        },
      },
      log: { ...silentLog, warn: (fields) => void logged.push(fields) },
    })
    return { time, logged, ends, next: () => look() }
  }

  test('each is logged once, by its id, as soon as it is near; and counted, for everybody and for one', async () => {
    const all = [token('0000000001', DAY_MS), token('0000000002', 15 * DAY_MS, 366 * DAY_MS, 7)]
    const { time, logged, ends, next } = watched(all)
    await ends.start()
    next()
    next()
    expect(logged).toEqual([
      { token: '0000000001', scope: 'metrics', expires_at: '2026-11-22T00:00:00.000Z' },
    ])
    expect([ends.count(), ends.of(1000).length, ends.of(7).length]).toEqual([1, 1, 0])
    time.now = NOW + 2 * DAY_MS
    next()
    expect(logged).toHaveLength(2)
    expect([ends.count(), ends.of(1000).length, ends.of(7).length]).toEqual([1, 0, 1])
    expect(JSON.stringify(logged)).not.toContain('name-of')
    await ends.stop()
    all.push(token('0000000003', 3 * DAY_MS))
    next()
    expect(logged).toHaveLength(2)
  })
})

test('doctor names one’s own, with the commands that replace one', async () => {
  const judgeTokens = (tokens_ending: readonly object[]) =>
    found('tokens.ends', { tokens_ending }, { now: () => NOW, homeFlag: ' --home /h' })
  expect(await judgeTokens([])).toMatchObject([{ outcome: 'ok' }])
  const at = (ms: number) => new Date(NOW + ms).toISOString()
  const [far, near] = await judgeTokens([
    { name: 'prometheus', scope: 'metrics', expires_at: at(3.5 * DAY_MS) },
    { name: "o'brien", scope: 'read', expires_at: at(HOUR_MS) },
  ])
  const detail = expect.stringContaining('prometheus (metrics) ends in 3 days')
  expect(far).toMatchObject({ outcome: 'warn', detail })
  expect(far?.fix).toBe(
    'karo token create --scope metrics --name prometheus-new --ttl 366d --home /h\nkaro token revoke prometheus --home /h',
  )
  expect(near?.detail).toContain('less than a day')
  expect(near?.fix).toContain(`revoke 'o'\\''brien'`)
})
