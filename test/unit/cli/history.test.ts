// karo history against a daemon that is played: what is said of an order that is not whole, and of a directory that is gone.
import { afterEach, expect, test, vi } from 'vitest'
import type { CommandIo } from '../../../src/cli/command.ts'
import { historyColumns } from '../../../src/cli/history/columns.ts'
import { karo } from '../../support/node/played-daemon.ts'

const COMMANDS = 'GET /api/v1/history/commands'
const make = {
  id: '1',
  timestamp: '2026-11-20T08:15:00.000Z',
  command: 'make all',
  cwd: '/srv',
  shell: 'bash',
  exit_code: 0,
  duration_ms: 12,
  risk_level: 'safe',
  category: 'build',
  karo_generated: false,
  uses: 3,
  failures: 0,
  unknown: 0,
}
const ranked = (complete: boolean) => ({ [COMMANDS]: { commands: [make], total: 1, complete } })

afterEach(() => {
  vi.restoreAllMocks()
})

test('what is of another year says so where there is no room for more', () => {
  const [time] = historyColumns({ columns: 80 } as CommandIo)
  const of = (year: number) =>
    time!.value({ timestamp: new Date(year, 10, 14, 22, 13).toISOString() } as never)
  expect([of(new Date().getFullYear()), of(2023)]).toEqual(['11-14 22:13', '2023-11-14'])
})

test('an order that not all commands were there for is told to be one', async () => {
  expect((await karo(ranked(true), 'history', '--rank')).err).toBe('')
  // As if the time were over at once.
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort())
  const told = await karo(ranked(false), 'history', '--rank')
  expect([told.code, told.out, told.err]).toEqual([
    0,
    expect.stringContaining('make all'),
    expect.stringContaining('Older commands'),
  ])
  const document = await karo(ranked(false), 'history', '--rank', '--json')
  expect([JSON.parse(document.out).complete, document.err]).toEqual([false, ''])
})

test('the ranking knows where one is, and works where that was deleted', async () => {
  expect((await karo(ranked(true), 'history', '--rank')).requests).toEqual([
    {
      line: expect.stringContaining(new URLSearchParams({ here: process.cwd() }).toString()),
      body: undefined,
    },
  ])
  vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { code: 'ENOENT' })
  })
  const { code, requests } = await karo(ranked(true), 'history', '--rank')
  expect([code, requests]).toEqual([0, [{ line: expect.not.stringContaining('here='), body: undefined }]])
  expect(await karo({}, 'history', '--cwd', 'below')).toMatchObject({
    code: 2,
    requests: [],
    err: expect.stringContaining('--cwd: the current directory was deleted'),
  })
  for (const line of ['import bash file', 'import file.ndjson', 'export --output out', 'backup out']) {
    const { code, err, requests } = await karo({}, ...line.split(' '))
    expect([code, err, requests], line).toEqual([
      ...[2, expect.stringContaining('the current directory was deleted'), []],
    ])
  }
  const named = await karo(ranked(true), 'history', '--rank', '--cwd', '/srv/./shop')
  expect(named.requests[0]!.line).toContain(new URLSearchParams({ cwd: '/srv/shop' }).toString())
})
