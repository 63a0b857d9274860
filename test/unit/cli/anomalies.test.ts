// karo anomalies, and the notice of a new shell, against a daemon that is played: what is told is noted, and nothing else.
import { expect, onTestFinished, test, vi } from 'vitest'
import { daemonAt } from '../../../src/api/contract/client/socket.ts'
import type { CommandIo } from '../../../src/cli/command.ts'
import { tellUnusual } from '../../../src/cli/terminal/notice.ts'
import { karo, playDaemon } from '../../support/node/played-daemon.ts'

const LIST = 'GET /api/v1/anomalies'
const SEEN = 'POST /api/v1/anomalies/seen'
const signal = (id: string, seen: boolean) => ({
  id,
  kind: 'repeated_risk',
  subject: null,
  severity: 9,
  words: `words of ${id}`,
  count: 1,
  seen,
  first_seen: '2026-11-20T08:00:00.000Z',
  last_seen: '2026-11-20T09:00:00.000Z',
  ongoing: false,
  muted: false,
  numbers: {
    unit: 'commands',
    observed: 3,
    expected: 0,
    spread: null,
    n: 30,
    window: { start: '2026-11-20T08:00:00.000Z', end: '2026-11-20T09:00:00.000Z' },
  },
})
const listed = (...signals: object[]) => ({ [LIST]: { signals, mutes: [] }, [SEEN]: { signals: [] } })
const noted = (requests: readonly { line: string; body: unknown }[]) =>
  requests.filter(({ line }) => line === SEEN).map(({ body }) => body)

test('what was not shown is not noted as seen', async () => {
  const shown = await karo(listed(signal('a', false), signal('b', true)), 'anomalies', '--since', '1h')
  expect(shown.out).toContain('new: words of a')
  expect(noted(shown.requests)).toEqual([{ ids: ['a'] }])
  expect(noted((await karo(listed(signal('b', true)), 'anomalies')).requests)).toEqual([])
  // A script is no person.
  expect(noted((await karo(listed(signal('a', false)), 'anomalies', '--json')).requests)).toEqual([])
})

test('a time out of reach is a mistake of the command line', async () => {
  const { code, err, requests } = await karo(listed(), 'anomalies', '--since', '999999999w')
  expect([code, err, requests]).toEqual([2, expect.stringContaining('--since'), []])
})

test('a new shell tells of some, notes these, and waits 50 ms for both together', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const limits = vi.spyOn(globalThis, 'setTimeout')
  const { socket, requests } = await playDaemon({
    get [SEEN]() {
      vi.advanceTimersByTime(30)
      return { signals: [signal('a', false), signal('b', false)] }
    },
  })
  let told = ''
  const { call } = daemonAt({ socket })
  const io = {
    socket,
    call,
    json: false,
    terminal: false,
    liveLine: true,
    err: (text: string) => (told += text),
  }
  // The second answer comes after its end.
  await tellUnusual(io as unknown as CommandIo)
  expect(told).toBe('karo: words of a; 1 more  (karo anomalies)\n')
  expect(requests.map(({ body }) => body)).toEqual([{ severity: 5, notice: true }, { ids: ['a', 'b'] }])
  expect(limits.mock.calls.map(([, ms]) => ms)).toEqual([50, 20])
})

test('where nobody would see the notice it is left for another time', async () => {
  const { socket, requests } = await playDaemon({ [SEEN]: { signals: [signal('a', false)] } })
  let told = ''
  const { call } = daemonAt({ socket })
  const io = {
    socket,
    call,
    json: false,
    terminal: false,
    liveLine: false,
    err: (text: string) => (told += text),
  }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  expect(await tellUnusual(io as unknown as CommandIo)).toBe(false)
  expect(told).toBe('')
  expect(noted(requests)).toEqual([{ severity: 5, notice: true }])
  const quiet = await playDaemon({ [SEEN]: { signals: [] } })
  expect(await tellUnusual({ ...io, ...quiet, call: daemonAt(quiet).call } as unknown as CommandIo)).toBe(
    true,
  )
})
