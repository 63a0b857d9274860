// Agents whose server Karo did not start: MCP over HTTP on loopback, what such a server is sent, and what of it is not believed.

import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, test } from 'vitest'
import { findRisk } from '../../../src/agents/gates/risk.ts'
import type { Runtime } from '../../../src/agents/index.ts'
import { DEFAULT_LIMITS } from '../../../src/agents/manifest/words.ts'
import type { MuscleClient } from '../../../src/agents/muscle/client.ts'
import { createHttpTransport } from '../../../src/agents/runtime/http-transport.ts'
import type { ApprovalsShape } from '../../../src/api/contract/shapes.ts'
import { systemClock, systemTimers, type Timers } from '../../../src/base/clock.ts'
import { ownersIn } from '../../../src/base/kernel/listening.ts'
import { loopbackEndpoint } from '../../../src/base/words/loopback-endpoint.ts'
import { approvalsView } from '../../../src/cli/views/approvals.ts'
import {
  events,
  type HttpServer,
  httpServer,
  json,
  said,
  type Way,
} from '../../support/agents/http-server.ts'
import {
  type AgentOptions,
  ANN,
  actor,
  agentRig,
  begun,
  denies,
  done,
  lastWords,
  OPEN,
  said as saidBy,
  wantedOf,
} from '../../support/agents/rig.ts'
import { until } from '../../support/run/until.ts'
import { action, PERSON, rig, waiting } from './rig.ts'

const MEBIBYTE = 2 ** 20

/** No jail is needed, so the Muscle is only what can be lost. */
function muscle() {
  const { promise: closed, resolve: lose } = Promise.withResolvers<string>()
  return { client: { closed } as MuscleClient, lose }
}

interface Other extends AgentOptions {
  readonly limits?: { output_bytes: number }
}

async function outside(server: HttpServer, { limits, ...more }: Other = {}) {
  const { client, lose } = muscle()
  const made = await agentRig({ client, gates: OPEN, endpoints: [server.url], ...more })
  const wanted = wantedOf('/', [], { argv: [server.url], cwd: '/tmp', binds: [] })
  const secrets = more.secrets === undefined ? [] : [{ variable: 'BEARER', secret: 'token' }]
  await made.runtime.add(actor(), { ...wanted, limits: { ...wanted.limits, ...limits }, secrets })
  return { ...made, lose }
}

const isAsked = ({ asked }: HttpServer, method: string): boolean =>
  asked.some(({ message }) => message?.method === method)

/** A task whose call the server has. */
async function under(runtime: Runtime, server: HttpServer) {
  const task = await begun(runtime, 'echo')
  await until(() => isAsked(server, 'tools/call'), { what: 'it is called' })
  return task
}

/** The last words about a call of a server that does this. */
async function lastOf(call: Way, more: Other = {}): Promise<string> {
  const server = await httpServer({ call })
  const { runtime } = await outside(server, more)
  const task = await done(runtime, 'echo', { text: 'x' })
  expect(task.state).toBe('failed')
  return lastWords(task)
}

describe('a server over HTTP', () => {
  test('is an agent: greeted, asked for its tools, called with the trace, and told the end', async () => {
    const server = await httpServer()
    const { runtime } = await outside(server)
    const task = await done(runtime, 'echo', { text: 'hello' })
    expect(task).toMatchObject({ state: 'completed' })
    expect(await saidBy(runtime, task)).toBe('hello')
    const call = server.asked.find(({ message }) => message?.method === 'tools/call')
    expect(JSON.stringify(call?.message?.params?._meta)).toContain(task.traceId)
    const { session } = call ?? {}
    expect(session).toMatch(/^s-/)
    const described = await runtime.describe(actor(), 'fixture')
    expect(described).toMatchObject({ server: 'played 1', status: { state: 'running' } })
    expect(described.manifest?.capabilities).toEqual([`net.connect:${new URL(server.url).host}`])
    await runtime.stopAgent(actor(), 'fixture')
    expect(server.asked.at(-1)).toMatchObject({ method: 'DELETE', session })
    // What is sent goes over the connection whose other end was looked at, and over no other one.
    expect(server.connections()).toBe(server.asked.length)
  })

  test('answers by a stream of events too, with progress before the result', async () => {
    const server = await httpServer({
      call(response, { id, params = {} }) {
        const { progressToken } = params._meta as { progressToken: number }
        const progress = { progressToken, progress: 1, total: 2, message: 'half' }
        events(response).write(
          `: a comment\n\ndata: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: progress })}\n\n`,
        )
        response.end(`data: ${JSON.stringify(said(id, 'streamed'))}\r\n\r\n`)
      },
    })
    const { runtime } = await outside(server)
    const task = await done(runtime, 'echo')
    expect(await saidBy(runtime, task)).toBe('streamed')
  })

  test('answers in a batch too, as releases of the protocol before 2025-06-18 do', async () => {
    const server = await httpServer({ call: (response, { id }) => json(response, [said(id, 'in a batch')]) })
    const { runtime } = await outside(server)
    expect(await saidBy(runtime, await done(runtime, 'echo'))).toBe('in a batch')
  })

  test('gets the secret of the vault as its bearer token, and it is wiped with the session', async () => {
    const server = await httpServer()
    const bytes = Buffer.from('s3cret-token')
    const { runtime } = await outside(server, { secrets: async () => [{ name: 'BEARER', bytes }] })
    await runtime.startAgent(actor(), 'fixture')
    await done(runtime, 'echo', { text: 'x' })
    expect(new Set(server.asked.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer s3cret-token']),
    )
    await runtime.stopAgent(actor(), 'fixture')
    expect(bytes.every((byte) => byte === 0)).toBe(true)
  })

  test('is sent no secret that is no token, and nobody is told the secret by that', async () => {
    const server = await httpServer()
    const secrets = async () => [{ name: 'BEARER', bytes: Buffer.from('two lines\nof it') }]
    const { runtime } = await outside(server, { secrets })
    const told = runtime.startAgent(actor(), 'fixture')
    await expect(told).rejects.toThrow('its secret cannot be a bearer token')
    expect(JSON.stringify(await runtime.describe(actor(), 'fixture'))).not.toContain('two lines')
    expect(server.asked).toEqual([])
  })

  test('that was started anew is greeted again, after a call that failed honestly', async () => {
    const server = await httpServer()
    const { runtime } = await outside(server)
    await done(runtime, 'echo', { text: 'before' })
    await server.close()
    const during = await done(runtime, 'echo', { text: 'x' })
    expect(lastWords(during)).toContain('nobody listens at')
    expect(lastWords(during)).toContain('is not known, and it is not run again')
    await server.open()
    await until(async () => (await done(runtime, 'echo', { text: 'after' })).state === 'completed', {
      what: 'it is there again',
    })
    expect(server.asked.filter(({ message }) => message?.method === 'initialize').length).toBeGreaterThan(1)
  })

  test('that is not there is asked four times, and then it failed', async () => {
    const server = await httpServer()
    await server.close()
    const { runtime } = await outside(server)
    const task = await done(runtime, 'echo')
    expect(lastWords(task)).toContain('does not start: nobody listens at 127.0.0.1:')
    const { lines } = await runtime.logs(actor(), 'fixture')
    expect(lines.filter(({ text }) => text.startsWith('it did not start')).length).toBe(4)
  })

  test('that takes half a minute to say nothing is not asked again, because a person waits', async () => {
    const server = await httpServer()
    await server.close()
    let passed = 0
    const clock = { ...systemClock, monotonic: () => (passed += 31_000) }
    const { runtime } = await outside(server, { clock })
    await done(runtime, 'echo')
    const { lines } = await runtime.logs(actor(), 'fixture')
    expect(lines.filter(({ text }) => text.startsWith('it did not start')).length).toBe(1)
  })

  test('is told of a cancellation, and nobody says that it has stopped', async () => {
    const server = await httpServer({ call: () => {} })
    // The second that it has begins when it was told, however slow the machine is.
    const timers: Timers = {
      after(ms, run) {
        if (ms !== 1_000) return systemTimers.after(ms, run)
        let isOff = false
        const told = until(() => isOff || isAsked(server, 'notifications/cancelled'), { what: 'it is told' })
        void told.then(
          () => isOff || run(),
          () => {},
        )
        return () => {
          isOff = true
        }
      },
    }
    const { runtime } = await outside(server, { timers })
    const task = await under(runtime, server)
    await task.cancel()
    expect(lastWords(await task.become('canceled'))).toContain(
      'its server is outside of jails, and may not have stopped',
    )
  })

  test('that answers when it is told of a cancellation has stopped', async () => {
    let end = (): void => {}
    const server = await httpServer({
      call(response, { id }) {
        end = () => json(response, said(id, 'stopped'))
      },
      first(_, response, message) {
        if (message?.method !== 'notifications/cancelled') return false
        end()
        return Boolean(response.writeHead(202).end())
      },
    })
    const long: Timers = { after: (ms, run) => systemTimers.after(ms === 1_000 ? 600_000 : ms, run) }
    const { runtime } = await outside(server, { timers: long })
    const task = await under(runtime, server)
    await task.cancel()
    expect(lastWords(await task.become('canceled'))).not.toContain('may not have stopped')
  })

  test('is told of the end of a right before its session ends', async () => {
    const server = await httpServer({ call: () => {} })
    let isGranted = true
    const denial = denies('the grant is over', { gate: 'capability' })
    const { runtime } = await outside(server, {
      gates: { ...OPEN, lost: async () => (isGranted ? undefined : denial) },
      grantedUntil: () => (isGranted ? Number.POSITIVE_INFINITY : undefined),
      timers: { after: (ms, run) => systemTimers.after(ms === 1_000 ? 600_000 : ms, run) },
    })
    const task = await under(runtime, server)
    // The stream of its own messages is opened beside all others.
    await until(() => server.asked.some(({ method }) => method === 'GET'), { what: 'its stream is open' })
    const before = server.asked.length
    isGranted = false
    await runtime.look()
    expect(lastWords(await task.become('canceled'))).toContain('the grant is over')
    const said = server.asked.slice(before).map(({ method, message }) => message?.method ?? method)
    expect(said).toEqual(['notifications/cancelled', 'DELETE'])
  })

  test('is not connected to without a grant, and after its end not by itself', async () => {
    const closing = await httpServer({ call: (response) => void response.destroy() })
    const one = await outside(closing)
    await done(one.runtime, 'echo')
    const stateOf = async ({ runtime }: typeof one) => (await runtime.describe(actor(), 'fixture')).status
    await until(async () => (await stateOf(one)).state === 'stopped', { what: 'it is not started again' })
    expect(closing.asked.filter(({ message }) => message?.method === 'initialize').length).toBe(1)
    const other = await outside(await httpServer(), { grantedUntil: () => undefined })
    await done(other.runtime, 'echo')
    const over = await until(
      async () => {
        const status = await stateOf(other)
        return status.state === 'stopped' && status
      },
      { what: 'it is ended' },
    )
    expect(over.detail).toContain('was granted the port of its server, and that is over')
  })

  test('may leave its stream open behind its answer, which is closed then', async () => {
    let closed = 0
    const server = await httpServer({
      call(response, { id }) {
        response.on('close', () => {
          closed += 1
        })
        events(response).write(`data: ${JSON.stringify(said(id, 'open'))}\n\n`)
      },
    })
    const { runtime } = await outside(server)
    expect(await saidBy(runtime, await done(runtime, 'echo'))).toBe('open')
    expect(await saidBy(runtime, await done(runtime, 'echo'))).toBe('open')
    await until(() => closed === 2, { what: 'both are closed' })
  })

  test('does nothing while the Muscle is lost', async () => {
    const server = await httpServer({ call: () => {} })
    const { runtime, lose } = await outside(server)
    const task = done(runtime, 'echo')
    await until(() => isAsked(server, 'tools/call'), { what: 'it is called' })
    lose('it ended')
    expect(lastWords(await task)).toContain('karo-exec was lost')
  })
})

describe('a hostile server over HTTP', () => {
  test('that sends it elsewhere is not followed, also not to another port of this machine', async () => {
    const other = await httpServer()
    const server = await httpServer({
      first: (_, response) => Boolean(response.writeHead(307, { location: other.url }).end()),
    })
    const { runtime } = await outside(server)
    const task = await done(runtime, 'echo')
    expect(lastWords(task)).toContain('it answers with a redirect (HTTP 307), which is not followed')
    expect(other.asked).toEqual([])
  })

  test('with a message without end is cut off', async () => {
    const piece = 'x'.repeat(MEBIBYTE)
    const endless: Way = (response) => {
      events(response).write('data: ')
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    expect(await lastOf(endless)).toContain('it sent a message of more than 4 MiB')
    expect(
      await lastOf(
        (response) => void response.setHeader('content-type', 'application/json').end(`"${piece.repeat(5)}"`),
      ),
    ).toContain('it sent a message of more than 4 MiB')
  })

  test('with empty lines in what is no stream of events is cut off too', async () => {
    const lines = 'x\n\n'.repeat(2 * MEBIBYTE)
    const words = 'it sent a message of more than 4 MiB'
    const type = 'text/event-stream'
    expect(
      await lastOf((response) => void response.writeHead(500, { 'content-type': type }).end(lines)),
    ).toContain(words)
    expect(
      await lastOf((response) => void response.writeHead(200, { 'content-type': `${type}-x` }).end(lines)),
    ).toContain(words)
    const server = await httpServer({
      first: (_, response, message) =>
        message?.method === 'notifications/initialized' && Boolean(events(response).end(lines)),
    })
    const { runtime } = await outside(server)
    expect(lastWords(await done(runtime, 'echo'))).toContain(words)
  })

  test('that does not let itself be greeted is told of with what it answered', async () => {
    const server = await httpServer({
      first: (_, response, message) =>
        message?.method === 'initialize' && Boolean(response.writeHead(503).end('not today')),
    })
    const { runtime } = await outside(server)
    expect(lastWords(await done(runtime, 'echo'))).toContain('not today')
  })

  test('with a long page of an error is told of in few words', async () => {
    const server = await httpServer({
      first: (_, response, message) =>
        message?.method === 'tools/list' && Boolean(response.writeHead(500).end('long '.repeat(100_000))),
    })
    const { runtime } = await outside(server)
    const message = lastWords(await done(runtime, 'echo'))
    expect(message).toContain('long long')
    expect(message.length).toBeLessThan(1_000)
  })

  test('with events without end is ended at the quota, and comments without end at the output that a jail has', async () => {
    const note = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } })}\n\n`
    // In no time, because a machine that is busy reads them no faster than an agent may send them.
    const clock = { ...systemClock, monotonic: () => 0 }
    expect(await lastOf((response) => void events(response).write(note.repeat(3_000)), { clock })).toContain(
      'it sent more messages than an agent may',
    )
    const server = await httpServer({
      call: (response) => void events(response).write(': x\n\n'.repeat(MEBIBYTE)),
    })
    const { runtime } = await outside(server, { limits: { output_bytes: MEBIBYTE } })
    expect(lastWords(await done(runtime, 'echo'))).toContain('it wrote more than it may')
  })

  test('with what is no JSON-RPC is ended, as an answer and as an event', async () => {
    const words = 'it sent something that is not a JSON-RPC message'
    expect(await lastOf((response) => json(response, { hello: 1 }))).toContain(words)
    expect(await lastOf((response) => void events(response).write('data: {"jsonrpc":\n\n'))).toContain(words)
  })

  test('that closes instead of answering is not called again', async () => {
    let calls = 0
    const closes: Way = (response) => {
      calls += 1
      response.destroy()
    }
    expect(await lastOf(closes)).toContain('is not known, and it is not run again')
    expect(calls).toBe(1)
    expect(await lastOf((response) => void events(response).end(': bye\n\n'))).toContain(
      'it ended its answer before it was there',
    )
  })

  /** Of a server that is asked without a runtime. */
  const transportTo = (
    server: HttpServer,
    owners: readonly number[],
    after: Timers['after'] = () => () => {},
  ) =>
    createHttpTransport({
      endpoint: new URL(server.url),
      limits: DEFAULT_LIMITS,
      token: undefined,
      muscle: muscle().client,
      Transport: StreamableHTTPClientTransport,
      timers: { after },
      now: () => 0,
      owners: async () => owners,
    })
  const NOTE = { jsonrpc: '2.0', method: 'notifications/initialized' } as const

  test('that another user runs at its port is sent nothing', async () => {
    const server = await httpServer()
    const transport = transportTo(server, [0, 4_242])
    await transport.start()
    await expect(transport.send(NOTE)).rejects.toThrow('another user of this machine (uid 4242) listens')
    expect(server.asked).toEqual([])
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 1',
      '   1: 0200007F:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1002        0 2',
      '   2: 0100007F:0BB9 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1003        0 3',
      '   3: 00000000000000000000000000000000:0BB9 00:0000 0A 0:0 00:0 0  1004        0 4',
      '   4: 0100007F:D431 0100007F:0BB9 01 00000000:00000000 00:00000000 00000000  1005        0 5',
    ].join('\n')
    // The connection from port 0xd431 was accepted by somebody who does not listen any more.
    expect(ownersIn(table, '127.0.0.1', 3_001, 0xd431)).toEqual([1_001, 1_003, 1_004])
    expect(ownersIn(table, '127.0.0.1', 3_001, 0xd432)).toEqual([1_001, 1_004])
    expect(ownersIn(table, '[::1]', 3_001, 0xd431)).toEqual([1_004])
    expect(ownersIn(table, '127.0.0.1', 3_002, 0xd431)).toEqual([])
  })

  test('that leaves many requests open, or closes each stream, is given up', async () => {
    const silent = await httpServer({ first: () => true })
    const one = transportTo(silent, [0])
    await one.start()
    const sent = Array.from({ length: 65 }, () => one.send(NOTE).catch(() => 'given up'))
    expect(await one.over).toBe('it left more than 64 requests open')
    expect(new Set(await Promise.all(sent))).toEqual(new Set(['given up']))
    const closing = await httpServer({
      first: (request, response) =>
        Boolean(request.method === 'GET' ? events(response).end() : response.writeHead(202).end()),
    })
    const soon: Timers['after'] = (ms, run) => {
      if (ms === 100) setImmediate(run)
      return () => {}
    }
    const other = transportTo(closing, [0], soon)
    await other.start()
    await other.send(NOTE)
    expect(await other.over).toBe('it closed its streams too often')
  })

  test('that never takes a message is given up', async () => {
    const server = await httpServer({ first: () => true })
    const due: (() => void)[] = []
    const transport = transportTo(server, [0], (ms, run) => {
      if (ms === 10_000) due.push(run)
      return () => {}
    })
    await transport.start()
    const sent = transport.send(NOTE).catch(() => 'given up')
    await until(() => server.asked.length === 1, { what: 'it is asked' })
    for (const run of due) run()
    expect(await transport.over).toBe('it did not take a message within 10 s')
    expect(await sent).toBe('given up')
  })

  test('that asks for sampling, a form or roots is refused each', async () => {
    const asks = ['sampling/createMessage', 'elicitation/create', 'roots/list']
    const server = await httpServer({
      call(response, { id }, asked) {
        events(response)
        for (const [at, method] of asks.entries())
          response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 900 + at, method, params: {} })}\n\n`)
        const look = setInterval(() => {
          const refused = asked.filter(({ message }) => message?.error !== undefined)
          if (refused.length < asks.length) return
          clearInterval(look)
          response.end(`data: ${JSON.stringify(said(id, 'refused all'))}\n\n`)
        }, 10)
        response.on('close', () => clearInterval(look))
      },
    })
    const { runtime } = await outside(server)
    expect(await saidBy(runtime, await done(runtime, 'echo'))).toBe('refused all')
  })
})

describe('an address of a server', () => {
  test('is of loopback, literally, and carries no secret', () => {
    for (const [text, url] of [
      ['http://127.0.0.1:3001/mcp', 'http://127.0.0.1:3001/mcp'],
      ['http://localhost:3001', 'http://127.0.0.1:3001/'],
      ['http://[::1]/mcp', 'http://[::1]/mcp'],
    ])
      expect(loopbackEndpoint(text as string)?.href).toBe(url)
    for (const text of [
      'https://127.0.0.1/mcp',
      'http://10.0.0.5/mcp',
      'http://127.0.0.1.example.com/',
      'http://localhost.example.com/',
      'http://127.1/',
      'http://0x7f000001/',
      'http://[::ffff:127.0.0.1]/',
      'http://me:word@127.0.0.1/',
      'http://127.0.0.1@example.com/',
      'http://127.0.0.1:0/',
      'http://127.0.0.1:99999/',
      'http://127.0.0.1/?key=secret',
      'http://127.0.0.1/#code',
      'http://127.0.0.1\\@example.com/',
      `http://127.0.0.1/${'x'.repeat(300)}`,
    ])
      expect(loopbackEndpoint(text), text).toBeUndefined()
  })

  test('is added only as the configuration names it, by an administrator, and with nothing that needs a jail', async () => {
    const server = await httpServer()
    const { runtime } = await agentRig({ client: muscle().client, gates: OPEN, endpoints: [server.url] })
    const wanted = wantedOf('/', [], { argv: [server.url], cwd: '/tmp', binds: [] })
    const add = (more: Partial<typeof wanted>, who = actor()) => runtime.add(who, { ...wanted, ...more })
    await expect(add({ argv: ['http://127.0.0.1:1/mcp'] })).rejects.toThrow(
      'this node does not permit an agent at',
    )
    await expect(add({ argv: ['http://10.0.0.5:80/mcp'] })).rejects.toThrow(
      'is not the address of a server that can be an agent',
    )
    await expect(add({ argv: [server.url, 'more'] })).rejects.toThrow('no arguments')
    await expect(add({ binds: [{ path: '/srv', write: false }] })).rejects.toThrow('cannot limit the places')
    await expect(add({ secrets: [{ variable: 'TOKEN', secret: 'x' }] })).rejects.toThrow('one secret')
    await expect(add({}, actor(ANN, false))).rejects.toThrow('only administrators')
    expect(server.asked).toEqual([])
  })

  test('is denied by policy without the configuration, by capability without a grant, and waits for a yes with both', async () => {
    const address = 'http://127.0.0.1:3001/mcp'
    const reads = action({
      agent: 'kExecutor:tools',
      tool: 'get_text',
      readOnly: true,
      argv: [address],
      cwd: '/tmp',
      input: '{}',
      requester: { node: action().target, person: String(PERSON) },
    })
    const closed = await rig()
    expect(await closed.gates.judge(reads)).toMatchObject({ outcome: 'deny', gate: 'policy' })
    const open = await rig({ endpoints: [address] })
    expect(await open.gates.judge(reads)).toMatchObject({
      outcome: 'deny',
      gate: 'capability',
      hint: expect.stringContaining('net.connect:127.0.0.1:3001'),
    })
    await open.capabilities.grant({
      subject: 'kExecutor:tools',
      names: ['net.connect:127.0.0.1:3001'],
      by: PERSON,
    })
    const id = await waiting(open, reads)
    expect(open.tables.open.get(id)).toMatchObject({ class: 'medium' })
    expect(JSON.stringify(open.tables.open.get(id))).toContain('outside of any jail')
  })

  test('has no command, so a tool called exec is judged and shown by its input', async () => {
    const argv = ['http://127.0.0.1:3001/mcp']
    const input = JSON.stringify({ command: 'rm -rf /' })
    const exec = action({ agent: 'kExecutor:tools', tool: 'exec', argv, input })
    expect(findRisk(exec, '/home/ann', '/home/ann/karo')).toMatchObject({ risk: 'critical' })
    expect(findRisk({ ...exec, input: '{}' }, '/home/ann', '/home/ann/karo')).toMatchObject({ risk: 'safe' })
    const row = {
      id: 'a1',
      class: 'high',
      agent: exec.agent,
      action: 'exec',
      argv,
      input,
      group: 'g',
      state: 'waiting',
    }
    const approvals = [{ ...row, expires_at: new Date(60_000).toISOString() }]
    const screen = { colour: false, columns: 200 }
    expect(approvalsView({ approvals } as unknown as ApprovalsShape, 0, screen)).toContain(
      'exec {"command":"rm -rf /"}',
    )
  })
})
