// karo history against a daemon that is played: what is said of an order that is not whole, and of a directory that is gone.
import { afterEach, expect, test, vi } from 'vitest'
import { HISTORY_LIMIT_MAX } from '../../../src/api/contract/constants.ts'
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
  const time = historyColumns({ columns: 80 } as CommandIo).TIME
  const of = (year: number) => time({ timestamp: new Date(year, 10, 14, 22, 13).toISOString() } as never)
  expect([of(new Date().getFullYear()), of(2023)]).toEqual(['11-14 22:13', '2023-11-14'])
})

test('where --limit shows no more, another way is named', async () => {
  const { uses: _, failures: __, unknown: ___, ...event } = make
  const told = async (limit: string): Promise<string> =>
    (await karo({ 'GET /api/v1/history': { events: [event], total: 20_000 } }, 'history', '--limit', limit))
      .err
  expect(await told('1')).toBe('1 of 20000; --limit shows more.\n')
  expect(await told(String(HISTORY_LIMIT_MAX))).toContain('karo export')
})

test('an empty word, as of a variable without a value, is told as that', async () => {
  for (const line of ['history', 'history --without', 'history delete --dry-run', 'export'])
    expect(await karo({}, ...line.split(' '), ''), line).toMatchObject({
      code: 2,
      requests: [],
      err: expect.stringContaining('the words: one is empty'),
    })
})

test('an order that not all commands were there for is told to be one', async () => {
  expect((await karo(ranked(true), 'history', '--rank')).err).toBe('')
  // As if the time were over at once.
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort())
  expect(await karo(ranked(false), 'history', '--rank')).toMatchObject({
    code: 0,
    out: expect.stringContaining('make all'),
    err: expect.stringContaining('Older commands'),
  })
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
    throw Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { syscall: 'uv_cwd' })
  })
  const { code, requests } = await karo(ranked(true), 'history', '--rank')
  expect([code, requests]).toEqual([0, [{ line: expect.not.stringContaining('here='), body: undefined }]])
  for (const line of [
    'history --cwd below',
    ...['import bash file', 'import file.ndjson', 'export --output out', 'backup out'],
    ...['knowledge add file', 'policy check --file file', 'agent add one -- true'],
  ])
    expect(await karo({}, ...line.split(' ')), line).toMatchObject({
      code: 2,
      requests: [],
      err: expect.stringContaining('the current directory was deleted'),
    })
  const named = await karo(ranked(true), 'history', '--rank', '--cwd', '/srv/./shop')
  expect(named.requests[0]!.line).toContain(new URLSearchParams({ cwd: '/srv/shop' }).toString())
})

const DELETE = 'POST /api/v1/history/delete'
const UNDO = 'POST /api/v1/imports/undo'

/** Three commands, one of which goes with each request; `heard` is called before the second answer. */
function inThree(heard = () => {}) {
  let left = 3
  return ({ dry_run = false }: { dry_run?: boolean }) => {
    if (dry_run) return { events: left, texts: 0, left: 0, dry_run, sample: [] }
    left--
    if (left === 1) heard()
    return { events: 1, texts: left === 0 ? 2 : 0, left, dry_run, sample: [] }
  }
}

test('a long history is deleted in parts, which are told as one', async () => {
  const { code, out, requests } = await karo({ [DELETE]: inThree() }, 'history', 'delete', 'make', '--yes')
  expect([code, out]).toEqual([0, 'Deleted 3 commands, and 2 texts that no other command uses.\n'])
  const bodies = requests.map(({ body }) => body as { most?: number; until: string; word: string[] })
  expect(bodies.map(({ most }) => most)).toEqual([undefined, 5000, 5000, 5000])
  // The same commands each time, and not what is typed meanwhile.
  expect(new Set(bodies.map(({ until, word }) => `${until} ${word}`)).size).toBe(1)
})

test('Ctrl-C ends a deletion after the part under way, and says what is gone and what is not', async () => {
  const stopped = (...more: string[]) => {
    const answers = { [DELETE]: inThree(() => process.emit('SIGINT')) }
    return karo(answers, 'history', 'delete', 'make', '--yes', ...more)
  }
  expect(await stopped()).toMatchObject({
    code: 1,
    out: '',
    err: 'Stopped: 2 commands are deleted for good, 1 are not. Run the same command again to delete those too.\n',
  })
  const json = await stopped('--json')
  expect([json.code, JSON.parse(json.out)]).toEqual([1, expect.objectContaining({ events: 2, left: 1 })])
})

test('Ctrl-C ends the undoing of an import in the same way', async () => {
  const one = { id: 2, source: 'bash', file: '/h', started_at: make.timestamp, finished_at: null, events: 9 }
  const answers = {
    'GET /api/v1/imports': { imports: [one] },
    [UNDO]: () => {
      process.emit('SIGINT')
      return { removed: 5, left: 4 }
    },
  }
  expect(await karo(answers, 'import', 'undo', '2', '--yes')).toMatchObject({
    code: 1,
    out: 'Stopped: 5 commands of import 2 taken out, 4 are left. karo import undo 2 takes those out too.\n',
  })
})

test('what was looked for besides is told, as where search is taken for a command', async () => {
  const found = await karo({ 'GET /api/v1/history': { events: [], total: 0 } }, 'history', 'search', 'make')
  expect(found.out).toContain('The word search is looked for, too; karo history alone lists the newest')
})
