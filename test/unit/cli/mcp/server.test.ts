// The server's own limits and rules, with the protocol's client at the other end of a pair of queues.
import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { afterEach, expect, test } from 'vitest'
import type { Operation } from '../../../../src/api/contract/operation.ts'
import { loadGuard } from '../../../../src/assist/guard/index.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import { createServer } from '../../../../src/cli/mcp/server.ts'
import type { McpWorld } from '../../../../src/cli/mcp/tool.ts'
import { until } from '../../../support/run/until.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** What the daemon is asked: method, path, and what goes with it. */
type Ask = (method: string, path: string, given: { readonly query?: unknown }) => Promise<unknown>
const daemonOf = (ask: Ask) =>
  ({
    call: (operation: Operation, given: object) => ask(operation.method, operation.path, given),
  }) as McpWorld['daemon']

async function connect(world: Partial<McpWorld> = {}) {
  const server = createServer({
    guard: () => loadGuard({ home: '/none', env: {}, machineFile: '/none/guard.toml' }),
    place: { cwd: '/work/app', home: '/home/dev', karoHome: '/home/dev/.local/share/karo' },
    machine: () => ({ files: [], startFiles: [], programs: [], real: (path) => path }),
    mayReadHistory: () => true,
    mayGiveTasks: () => false,
    daemon: daemonOf(() => Promise.reject(new KaroError('not_running', 'the node is not running'))),
    now: () => Date.parse('2026-11-20T12:00:00Z'),
    monotonic: () => 0,
    ...world,
  })
  const client = new Client({ name: 'test', version: '1' })
  const [one, other] = InMemoryTransport.createLinkedPair()
  await server.connect(other as never)
  await client.connect(one)
  closing.push(
    () => client.close(),
    () => server.close(),
  )
  return client
}

interface Called {
  readonly isError?: boolean
  readonly content: readonly { readonly text: string }[]
  readonly structuredContent?: unknown
}
const call = async (client: Client, name: string, args: Record<string, unknown> = {}) =>
  (await client.callTool({ name, arguments: args })) as unknown as Called

test('eight calls at once, and a place for the next as soon as one ends', async () => {
  const waiting: ((value: unknown) => void)[] = []
  const ask: Ask = () => new Promise((resolve) => waiting.push(resolve))
  const client = await connect({ daemon: daemonOf(ask) })
  const asked = Array.from({ length: 9 }, () => call(client, 'stats'))
  const refused = await Promise.race(asked)
  expect(refused).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('8 calls') }] })
  expect(waiting).toHaveLength(8)
  const numbers = {
    period: 'today',
    total_commands: 0,
    unique_commands: 0,
    failures: 0,
    unknown: 0,
    tools: [],
    categories: [],
    by_risk_level: {},
  }
  for (const resolve of waiting.splice(0)) resolve(numbers)
  expect((await Promise.all(asked)).filter(({ isError }) => isError !== true)).toHaveLength(8)
  const next = call(client, 'stats')
  await until(() => waiting.length === 1, { what: 'the next question' })
  for (const resolve of waiting.splice(0)) resolve(numbers)
  expect((await next).structuredContent).toEqual(numbers)
})

test('120 calls a minute, and again after a while', async () => {
  let now = 0
  const client = await connect({ monotonic: () => now })
  const check = async () => (await call(client, 'check', { command: 'ls' })).isError === true
  for (let n = 0; n < 120; n++) expect(await check()).toBe(false)
  expect(await check()).toBe(true)
  now += 60_000
  expect(await check()).toBe(false)
})

test('an error that nobody foresaw says nothing of the call', async () => {
  const client = await connect({ guard: () => loadGuard(undefined as never) })
  const said = await call(client, 'check', { command: 'echo canary-8f' })
  expect(said.isError).toBe(true)
  expect(JSON.stringify(said)).not.toMatch(/canary|undefined|TypeError/)
})

test('a daemon of another version may say more than is known here', async () => {
  const ask: Ask = async (method) =>
    method === 'POST' ? {} : { events: [], total: 0, something: { new: true } }
  const client = await connect({ daemon: daemonOf(ask) })
  expect((await call(client, 'history')).structuredContent).toMatchObject({ something: { new: true } })
})

test('who withdraws the history withdraws it from a tool that is connected', async () => {
  let allowed = true
  let asked = 0
  const ask: Ask = async () => {
    asked++
    return { events: [], total: 0 }
  }
  const client = await connect({ daemon: daemonOf(ask), mayReadHistory: () => allowed })
  const names = async () => (await client.listTools()).tools.map(({ name }) => name)
  expect(await names()).toContain('history')
  expect((await call(client, 'history')).isError).not.toBe(true)
  allowed = false
  const before = asked
  expect(await call(client, 'history')).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('not allowed') }],
  })
  expect(await names()).not.toContain('history')
  expect(asked).toBe(before)
})

test('what the daemon is asked: the words, the filters, and the time as it has it', async () => {
  const asked: unknown[][] = []
  const ask: Ask = async (...args) => {
    asked.push(args.slice(0, 3))
    return args[0] === 'POST' ? {} : { events: [{ command: 'x' }], total: 7 }
  }
  const client = await connect({ daemon: daemonOf(ask) })
  await call(client, 'history', {
    words: ['a b', '&c'],
    cwd: '/w',
    failed: true,
    risk: 'high',
    generated: false,
    since: '2026-11-20T10:00:00+02:00',
    limit: 5,
  }).catch(() => {})
  const [method, path, given] = asked[0] as [string, string, { query: unknown }]
  expect([method, path]).toEqual(['GET', '/api/v1/history'])
  expect(given.query).toMatchObject({
    limit: 5,
    word: ['a b', '&c'],
    since: '2026-11-20T08:00:00.000Z',
    cwd: '/w',
    failed: true,
    risk: 'high',
    generated: false,
  })
  expect(asked[1]).toMatchObject(['POST', '/api/v1/mcp/reads', { body: { events: 1, total: 7 } }])
  asked.length = 0
  await call(client, 'query', { type: 'safety', last_hours: 24, level: 2, team: 'eng' }).catch(() => {})
  expect(asked[0]).toMatchObject([
    'POST',
    '/api/v1/query',
    {
      body: {
        query_type: 'SafetyPosture',
        level: 2,
        team: 'eng',
        range: { start: '2026-11-19T12:00:00.000Z', end: '2026-11-20T12:00:00.000Z' },
      },
    },
  ])
})

test('agents are for tools that may use them, in the list and when they are called', async () => {
  let allowed = false
  const asked: string[] = []
  const ask: Ask = async (method, path, given) => {
    asked.push(`${method} ${path} ${JSON.stringify(given)}`)
    const task = { id: 't-1', agent: 'kExecutor:files', tool: 'echo', state: 'submitted', approval: null }
    return { ...task, agents: [] }
  }
  const client = await connect({ daemon: daemonOf(ask), mayGiveTasks: () => allowed })
  /** Of those about agents, whether each only reads. */
  const listed = async () =>
    (await client.listTools()).tools
      .filter(({ name }) => /^(agents|task_\w+)$/.test(name))
      .map(({ annotations }) => annotations?.readOnlyHint)
  expect(await listed()).toEqual([])
  const run = { agent: 'files', tool: 'echo', arguments: { text: 'x' } }
  const calls = { agents: {}, task_run: run, task_status: { id: 'a' }, task_cancel: { id: 'a' } }
  for (const [name, given] of Object.entries(calls))
    expect(await call(client, name, given)).toMatchObject({ isError: true })
  expect(asked).toEqual([])
  allowed = true
  expect(await listed()).toEqual([true, false, true, false])
  expect((await call(client, 'task_run', run)).structuredContent).toMatchObject({ state: 'submitted' })
  expect(asked[0]).toContain('POST /api/v1/tasks')
  expect(asked[0]).toContain(JSON.stringify('{"text":"x"}'))
})
