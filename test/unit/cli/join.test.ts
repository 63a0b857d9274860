// karo join: an invite that is none is refused with the reason, before the daemon is asked.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/data/database.ts'
import { karo } from '../../support/node/played-daemon.ts'

const looking = {
  mesh: null,
  root: null,
  joined_at: null,
  own: null,
  why_not: null,
  revoked_by: null,
  issuer: false,
  lists_at: null,
  stale: false,
  certified: 0,
  revoked: 0,
  joining: {
    ends_at: '2026-11-22T00:00:00.000Z',
    refused: null,
    detail: null,
    clock_off_ms: null,
    places: [] as readonly string[],
    ways: ['mdns'],
  },
}

test('a mistyped path is not called a mistyped code, and an empty file is called empty', async () => {
  const folder = temporaryDirectory()
  const empty = join(folder, 'code')
  writeFileSync(empty, ' \n')
  for (const [invite, says] of [
    [join(folder, 'missing'), 'there is no such file'],
    ['enrolment-of-nobody.json', 'there is no such file'],
    [empty, 'it is empty'],
  ] as const) {
    const { code, err, requests } = await karo({}, 'join', invite)
    expect([code, err]).toEqual([expect.any(Number), expect.stringContaining(says)])
    expect(code).not.toBe(0)
    expect(requests).toHaveLength(0)
  }
})

test('who has not been let in in time hears where to look, by what was said about the place', async () => {
  for (const [places, says] of [
    [['nosuch.lan:9238', '10.0.0.5:9238', '[fd00::5]:9238'], 'nosuch.lan: a name has to be in /etc/hosts'],
    [['10.0.0.5:9238', '[fd00::5]:9238'], 'compare address and port'],
    [[], '--at host:port'],
  ] as const) {
    const at = places.flatMap((place) => ['--at', place])
    const there = { ...looking, joining: { ...looking.joining, places } }
    const answers = { 'POST /api/v1/fleet/join': there, 'GET /api/v1/fleet': there }
    const { code, err } = await karo(answers, 'join', 'CODE', '--wait', '0s', ...at)
    expect(code).not.toBe(0)
    expect(err.replace(/\s+/g, ' ')).toContain(says)
  }
  const clocks = { ...looking, joining: { ...looking.joining, clock_off_ms: -600_000 } }
  const answers = { 'POST /api/v1/fleet/join': clocks, 'GET /api/v1/fleet': clocks }
  // Long before the day is over, because nothing comes of waiting.
  const { err } = await karo(answers, 'join', 'CODE', '--wait', '1d')
  expect(err).toContain('its clock is 10 min behind')
  expect(err.replace(/\s+/g, ' ')).toContain('Looking for the issuer by mDNS.')
})

test('what an earlier try heard of the clock does not end this one', async () => {
  const joining = { ...looking.joining, clock_off_ms: -600_000 }
  const answers = {
    'POST /api/v1/fleet/join': { ...looking, joining },
    'GET /api/v1/fleet': { ...looking, joining: { ...looking.joining, refused: 'used' } },
  }
  const { err } = await karo(answers, 'join', 'CODE', '--wait', '1d')
  expect(err).toContain('the invite was refused')
})
