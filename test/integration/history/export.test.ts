// A person's own history leaves as a file and comes back without loss, once; a file that is wrong changes nothing.
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { EventShape, ImportListShape, StatisticsShape } from '../../../src/api/contract/shapes.ts'
import { readEventId } from '../../../src/base/words/event-id.ts'
import { type TransferEvent, timestampOf } from '../../../src/ops/care/transfer.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const COMMANDS = [
  ...Array.from({ length: 2_000 }, (_, i) => `git commit -m "step ${i}, of many"`),
  'cat <<END\nlines, "quotes"\nEND',
  'curl -H "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789"',
  'rm -rf /',
]
const historyOf = async (node: TestNode): Promise<EventShape[]> =>
  (await node.json<{ events: EventShape[] }>(['history', '--limit', '10000'])).events

let node: TestNode
/** Another machine, from which each test takes what it brought there. */
let other: TestNode
let events: EventShape[]

beforeAll(async () => {
  node = await startNode({ name: 'from' })
  append(join(node.home, 'spool'), liveName(), records(COMMANDS))
  await until(async () => (await node.status()).store.events === COMMANDS.length, { what: 'all events' })
  events = await historyOf(node)
  other = await startNode({ name: 'to' })
})

afterEach(async () => {
  const { imports } = await other.json<ImportListShape>(['import', 'list'])
  for (const { id } of imports) await other.json(['import', 'undo', String(id), '--yes'])
})

test.each(['ndjson', 'csv'])(
  '%s: the same events and numbers on another machine, and twice does no harm',
  async (format) => {
    const file = join(temporaryHome(), `history.${format}`)
    const exported = await node.karo(['export', '--format', format, '-o', file])
    expect([exported.code, exported.stderr]).toEqual([
      0,
      expect.stringContaining(`${COMMANDS.length} commands are in `),
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect((await node.karo(['export', '-o', file])).stderr).toContain('there is a file of that name')
    expect((await node.karo(['export', '--format', format])).stdout).toBe(readFileSync(file, 'utf8'))

    const all = { added: COMMANDS.length, known: 0, too_old: 0, odd_durations: 0 }
    expect(await other.json(['import', file, '--dry-run'])).toEqual({
      ...all,
      dry_run: true,
      id: null,
      interrupted: false,
    })
    expect(await historyOf(other)).toEqual([])
    expect(await other.json(['import', file])).toEqual({
      ...all,
      dry_run: false,
      id: expect.any(Number),
      interrupted: false,
    })
    expect(await historyOf(other)).toEqual(events)
    const { time_range: _, ...numbers } = await other.json<StatisticsShape>(['stats', 'year'])
    const { time_range: __, ...before } = await node.json<StatisticsShape>(['stats', 'year'])
    expect(numbers).toEqual(before)
    expect(await other.json(['import', file])).toMatchObject({ added: 0, known: COMMANDS.length })
    expect(await historyOf(other)).toHaveLength(COMMANDS.length)
    expect(await node.json(['import', file])).toMatchObject({ added: 0, known: COMMANDS.length })
  },
)

test('standard input: one node into another through a pipe, and nothing of what is wrong there', async () => {
  const { stdout } = await node.karo(['export'])
  const cut = await other.karo(['import', '-'], stdout.slice(0, -20))
  expect([cut.code, cut.stderr]).toEqual([1, expect.stringContaining('standard input: nothing was imported')])
  const all = {
    added: COMMANDS.length,
    known: 0,
    too_old: 0,
    odd_durations: 0,
    dry_run: false,
    id: expect.any(Number),
    interrupted: false,
  }
  expect(JSON.parse((await other.karo(['import', '-', '--json'], stdout)).stdout)).toEqual(all)
  expect(await historyOf(other)).toEqual(events)
})

test('--json is a document a line, and no table', async () => {
  const lines = (await node.karo(['export', '--json'])).stdout.trimEnd().split('\n')
  expect(lines.map((line) => typeof JSON.parse(line))).toEqual(lines.map(() => 'object'))
  for (const command of [['export'], ['audit', 'export']]) {
    const table = await node.karo([...command, '--format', 'csv', '--json'])
    expect([table.code, JSON.parse(table.stdout)]).toMatchObject([2, { error: { where: '--json' } }])
    expect((await node.karo([...command, '--help'])).stdout.replace(/\s+/g, ' ')).toContain(
      'NDJSON, one JSON document a line; with --output',
    )
  }
})

test('-o is the same for everything that writes a file', async () => {
  for (const command of [['export'], ['audit', 'export'], ['report-problem']]) {
    const file = join(temporaryHome(), 'out')
    expect((await node.karo([...command, '-o', file])).code).toBe(0)
    expect(statSync(file).size).toBeGreaterThan(0)
  }
})

test('a file with wrong lines changes nothing, and each is named', async () => {
  const directory = temporaryHome()
  const file = join(directory, 'history.ndjson')
  await node.karo(['export', '-o', file])
  const lines = readFileSync(file, 'utf8').split('\n')
  lines[6] = '{"half'
  lines[9] = lines[9]!.replace('"exit_code":0', '"exit_code":"zero"')
  writeFileSync(file, lines.join('\n'))
  const ran = await other.karo(['import', file])
  expect(ran.code).toBe(1)
  expect(ran.stderr).toContain('2 lines')
  expect(ran.stderr).toContain('line 7 is no JSON')
  expect(ran.stderr).toContain('line 10 has an unusable exit_code')
  expect(await historyOf(other)).toEqual([])
  expect((await other.karo(['import', join(directory, 'nothing')])).stderr).toContain('no such file')
  execFileSync('mkfifo', [join(directory, 'fifo')])
  expect((await other.karo(['import', join(directory, 'fifo')])).stderr).toContain('this is no regular file')
})

test('a file that changes while it is read: told, with what came of it, which can be taken out at once', async () => {
  const file = join(temporaryHome(), 'restless.ndjson')
  await node.karo(['export', '-o', file])
  const touching = setInterval(() => utimesSync(file, new Date(), new Date()), 1)
  const ran = await other.karo(['import', file]).finally(() => clearInterval(touching))
  expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('changed while it was read')])
  const [, id] =
    /commands had been added by then: karo import undo (\d+) takes them out/.exec(ran.stderr) ?? []
  expect(ran.stderr).toContain(`${COMMANDS.length} commands had been added by then`)
  expect(await other.json(['import', 'undo', id!, '--yes'])).toMatchObject({ id: Number(id) })
  expect(await historyOf(other)).toEqual([])
})

test('a file that somebody made brings in no secret and no name of its own to share', async () => {
  const file = join(temporaryHome(), 'made.ndjson')
  await node.karo(['export', '-o', file])
  const [head, first] = readFileSync(file, 'utf8').split('\n') as [string, string]
  const made = {
    ...(JSON.parse(first) as object),
    command: 'deploy --password=hunter2hunter',
    tool: 'my-secret-project',
    category: 'x',
  }
  writeFileSync(file, `${head}\n${JSON.stringify(made)}\n{"end":1}\n`)
  expect(await other.json(['import', file])).toMatchObject({ added: 1 })
  const [event] = await historyOf(other)
  expect(event).toMatchObject({ category: 'other' })
  expect(event?.command).not.toContain('hunter2')
  expect(JSON.stringify(await other.json(['stats', 'year']))).not.toContain('secret-project')
})

test('the API takes no event whose id and timestamp disagree, and nothing beside it', async () => {
  const [, first, second] = (await node.karo(['export'])).stdout.split('\n')
  const good = JSON.parse(first!) as TransferEvent
  const send = (event: unknown) =>
    callDaemon({ socket: join(other.home, 'karo.sock') }, 'POST', '/api/v1/import', {
      events: [JSON.parse(second!), event],
    })
  for (const change of [{ timestamp: '2020-01-01T00:00:00Z' }, { id: 'zzzzzzzzzzzzzzzzzz' }])
    await expect(send({ ...good, ...change })).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('event 1 has an'),
    })
  expect(await historyOf(other)).toEqual([])
  expect(await send(good)).toMatchObject({ added: 2 })
})

test('what retention would remove at once is left out, and told', async () => {
  const file = join(temporaryHome(), 'old.ndjson')
  await node.karo(['export', '-o', file])
  const aged = readFileSync(file, 'utf8').replaceAll(
    /"id":"....(.{14})","timestamp":"[^"]*"/g,
    (_, rest: string) => {
      const id = `0g00${rest}`
      return `"id":"${id}","timestamp":"${timestampOf(readEventId(id).start_us)}"`
    },
  )
  writeFileSync(file, aged)
  const short = await startNode({ name: 'short', config: '[retention]\nevents_days = 30\n' })
  const { too_old, added } = await short.json<{ too_old: number; added: number }>(['import', file])
  expect([too_old, added]).toEqual([COMMANDS.length, 0])
})
