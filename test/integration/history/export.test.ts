// A person's own history leaves as a file and comes back without loss, once; a file that is wrong changes nothing; at a terminal an import has a bar and can be stopped.
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { EventShape, ImportListShape, StatisticsShape } from '../../../src/api/contract/shapes.ts'
import type { TransferEvent } from '../../../src/ops/care/transfer.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { cleanEnv, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { atEnd } from '../../support/run/processes.ts'
import { times } from '../../support/run/thorough.ts'
import { until } from '../../support/run/until.ts'

/** More than an import sends at once. */
const COMMANDS = [
  ...Array.from({ length: 1_100 }, (_, i) => `git commit -m "step ${i}, of many"`),
  'cat <<END\nlines, "quotes"\nEND',
  'curl -H "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789"',
  'rm -rf /',
]
const historyOf = async (node: TestNode): Promise<EventShape[]> =>
  (await node.json<{ events: EventShape[] }>(['history', '--limit', '10000'])).events

const KARO = join(import.meta.dirname, '../../../dist/karo.js')
const LINES = times(20_000, 40_000)

function largeHistory(lines = LINES): string {
  const file = join(temporaryHome(), 'history')
  const line = (_: unknown, i: number): string => `#${1_600_000_000 + i * 60}\ngit commit -m "change ${i}"\n`
  writeFileSync(file, Array.from({ length: lines }, line).join(''))
  return file
}

/** The program at a terminal of 80 × 24. */
function atTerminal(node: TestNode, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const terminal = spawn(process.execPath, [KARO, ...args], {
    cols: 80,
    rows: 24,
    cwd: node.home,
    env: { ...cleanEnv(node.home), TERM: 'xterm', ...env } as Record<string, string>,
  })
  let shown = ''
  let code: number | undefined
  terminal.onData((text) => (shown += text))
  // As a shell tells it: 130 for what Ctrl-C ended.
  terminal.onExit(({ exitCode, signal }) => (code = signal ? 128 + signal : exitCode))
  atEnd(() => {
    if (code === undefined) terminal.kill('SIGKILL')
  })
  return {
    shown: () => shown,
    type: (keys: string) => terminal.write(keys),
    shows: (what: RegExp) =>
      until(() => what.test(shown) || code !== undefined, { what: `${what} on the screen` }),
    async ended() {
      await until(() => code !== undefined, { what: `the end of it, which shows ${JSON.stringify(shown)}` })
      return code
    },
  }
}

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

const imports = async () => (await other.json<ImportListShape>(['import', 'list'])).imports
const stored = async (): Promise<number> => (await other.status()).store.events

afterEach(async () => {
  for (const { id } of await imports()) await other.json(['import', 'undo', String(id), '--yes'])
})

test.each(['ndjson'])(
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
    // A word is looked for, and is no file.
    expect((await node.karo(['export', file])).stderr).toContain('karo export -o <file>')

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

test('a bar within 80 columns, and Ctrl-C: what came is told, and can be taken out', async () => {
  const file = largeHistory()
  const cli = atTerminal(other, ['import', 'bash', file])
  await cli.shows(/\[#+ *\] \d+ % \d+ commands, \d+\/s/)
  cli.type('\x03')
  expect(await cli.ended()).toBe(130)
  for (const line of cli.shown().split(/\r|\n|\x1b\[K/)) expect(line.length).toBeLessThanOrEqual(80)
  // Erased before anything else is said.
  expect(cli.shown()).toMatch(/\r\x1b\[K\d+ commands of bash read/)
  expect(cli.shown()).toContain('The import was interrupted')
  // All that was read is in the history.
  const told = /(\d+) commands of bash read.*added +(\d+)/s.exec(cli.shown())
  expect(told?.[1]).toBe(told?.[2])
  const [one] = await imports()
  expect(one).toMatchObject({
    id: expect.any(Number),
    events: await stored(),
    finished_at: expect.any(String),
  })
  expect(one!.events).toBeGreaterThan(0)
  expect(one!.events).toBeLessThan(LINES)

  const asking = atTerminal(other, ['import', 'undo'])
  await asking.shows(/Take out \d+ commands that import \d+ brought .*\? \[y\/N\] $/s)
  for (const line of asking.shown().split(/\r?\n/)) expect(line.length).toBeLessThanOrEqual(80)
  asking.type('\r')
  expect(await asking.ended()).toBe(1)
  expect(await stored()).toBe(one!.events)
  const again = atTerminal(other, ['import', 'undo'])
  await again.shows(/\[y\/N\] $/)
  again.type('y\r')
  expect(await again.ended()).toBe(0)
  expect(again.shown()).toContain(`${one!.events} commands of import ${one!.id} taken out.`)
  expect(await stored()).toBe(0)

  // A terminal that can do nothing gets no bar.
  const dumb = atTerminal(other, ['import', 'bash', largeHistory(2_000)], { TERM: 'dumb' })
  expect(await dumb.ended()).toBe(0)
  expect(dumb.shown()).not.toContain('\x1b')
  expect(dumb.shown()).toMatch(/^2000 commands of bash read/)
})
