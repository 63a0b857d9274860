// karo join: an invite that is none is refused with the reason, before the daemon is asked; who is not let in hears where to look.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { BUILD } from '../../../src/base/version.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { karo, playDaemon } from '../../support/node/played-daemon.ts'
import { commandLine } from '../../support/run/command-line.ts'

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
    expect([err, requests]).toEqual([expect.stringContaining(says), []])
    expect(code).not.toBe(0)
  }
})

const JOINING = {
  ends_at: '2026-11-22T00:00:00.000Z',
  refused: null,
  detail: null,
  clock_off_ms: null,
  places: [],
  ways: ['mdns'],
}
type Joining = Partial<Record<keyof typeof JOINING, unknown>>

/** Milliseconds, where a test says so: a second passes with each look at what the daemon has come to, and with nothing else. */
let time = 0

/** What is said where the daemon takes the invite, and comes no further than `later`. */
async function waiting(wait: string, begun: Joining, later: Joining = begun, ...more: string[]) {
  const fleet = {
    mesh: null,
    root: null,
    joined_at: null,
    own: null,
    last: null,
    why_not: null,
    revoked_by: null,
    issuer: false,
    lists_at: null,
    stale: false,
    certified: 0,
    revoked: 0,
  }
  const answers = {
    'POST /api/v1/fleet/join': { ...fleet, joining: { ...JOINING, ...begun } },
    'GET /api/v1/fleet': () => {
      time += 1_000
      return { ...fleet, joining: { ...JOINING, ...later } }
    },
  }
  const { code, err } = await karo(answers, 'join', 'CODE', '--wait', wait, ...more)
  expect(code).not.toBe(0)
  return err.replace(/\s+/g, ' ')
}

test.each([
  [['nosuch.lan:9238', '10.0.0.5:9238', '[fd00::5]:9238'], 'nosuch.lan: a name has to be in /etc/hosts'],
  [['10.0.0.5:9238', '[fd00::5]:9238'], 'compare address and port'],
  [[], '--at host:port'],
])('who was not let in in time at %j hears where to look', async (places, says) => {
  const at = places.flatMap((place) => ['--at', place])
  expect(await waiting('0s', { places }, { places }, ...at)).toContain(says)
})

test('a wrong clock ends the wait, because nothing comes of waiting; one that an earlier try heard of does not', async () => {
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => time)
  onTestFinished(() => clock.mockRestore())
  const wrong = { clock_off_ms: -600_000 }
  const said = await waiting('1d', wrong)
  expect(said).toContain('its clock is 10 min behind')
  expect(said).toContain('Looking for the issuer by mDNS.')
  expect(await waiting('1d', wrong, { refused: 'used' })).toContain('the invite was refused')
})

test('whose key was revoked is not sent for a new invite: another key joins by the same one', async () => {
  const said = await waiting('1d', {}, { ends_at: '2020-01-01T00:00:00.000Z', refused: 'revoked' })
  expect(said).toMatch(/karo identity new --replace makes another Join again then/)
})

test('who gets another name than its own is told why, and how it gets one of choice', async () => {
  const fingerprint = '3f9a2c0011223344'
  const own = { name: 'db-1-3f9a2c', ends_at: '2026-12-22T00:00:00.000Z' }
  const joined = async (name: string) => {
    const { home } = await playDaemon(
      {
        'POST /api/v1/fleet/join': { own, joining: null },
        'GET /api/v1/identity': { node_id: '', fingerprint, name },
      },
      BUILD,
    )
    return (await commandLine(['join', 'CODE'], { env: { KARO_HOME: home } })).out
  }
  expect(await joined('db-1')).toContain(`karo ca assign ${fingerprint} --name`)
  expect(await joined('db-1-3f9a2c')).not.toContain('ca assign')
  // An issuer gave it that name.
  own.name = 'archive'
  expect(await joined('db-1')).not.toContain('ca assign')
})
