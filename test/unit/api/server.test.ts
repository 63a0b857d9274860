// The control socket: who may use it, how requests fail, and that one daemon's socket is never another's.

import { type EventEmitter, once } from 'node:events'
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { ACCESS } from '../../../src/api/contract/operation.ts'
import { createApi, SOCKET_CONNECTIONS } from '../../../src/api/server/control-socket.ts'
import { describeError } from '../../../src/api/server/errors.ts'
import type { Caller, Routes } from '../../../src/api/server/route.ts'
import { buildServer } from '../../../src/api/server/server.ts'
import { systemClock, systemTimers } from '../../../src/base/clock.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { type LogFields, silentLog } from '../../../src/base/run/log.ts'
import type { Room } from '../../../src/base/run/room.ts'
import { owner, unreadLedger } from '../../support/api/callers.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { until } from '../../support/run/until.ts'

let home: string
let socketPath: string
let hanging = 0
const signal = new AbortController().signal

beforeEach(() => {
  home = temporaryDirectory()
  socketPath = join(home, 'karo.sock')
})

const routes: Routes = (server) => {
  server.get('/api/v1/health', { config: { access: 'anyone' } }, async () => ({ ready: true, pid: 4711 }))
  server.get('/api/v1/trace', { config: { access: 'anyone' } }, async (request) => ({ trace_id: request.id }))
  server.get('/api/v1/refuse', { config: { access: 'anyone' } }, async () => {
    throw new KaroError('refused', 'no consent', { where: 'share', hint: 'Ask them.' })
  })
  server.get('/api/v1/hang', { config: { access: 'anyone' } }, () => {
    hanging++
    return new Promise(() => {})
  })
  server.get('/api/v1/crash', { config: { access: 'anyone' } }, async () => {
    throw new Error('secret detail')
  })
  server.get(
    '/api/v1/words',
    {
      config: { access: 'anyone' },
      schema: {
        querystring: { type: 'object', properties: { word: { type: 'array', items: { type: 'string' } } } },
      },
    },
    async (request) => request.query,
  )
  server.post(
    '/api/v1/echo',
    {
      config: { access: 'anyone' },
      schema: {
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['limit'],
          properties: {
            limit: { type: 'integer', minimum: 1, maximum: 10 },
            name: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' },
            id: { type: 'string', pattern: '^[0-9a-f]{4}$', description: 'four hex digits' },
            digit: { type: 'string', pattern: '^[0-9]$' },
            shell: { enum: ['bash', 'zsh'] },
          },
        },
      },
    },
    async (request) => request.body,
  )
}
const deps = {
  audit: unreadLedger,
  routes: [routes],
  callerOf: () => owner(),
  rightsOf: async () => ({ admin: true, asks: true }),
  clock: systemClock,
  timers: systemTimers,
  log: silentLog,
}

function api(path = socketPath, over: Partial<Parameters<typeof createApi>[0]> = {}): Room {
  const room = createApi({ ...deps, socketPath: path, ...over })
  onTestFinished(() => room.stop())
  return room
}

describe('requests', () => {
  const post = (payload: string, type = 'application/json') =>
    buildServer(deps).inject({
      method: 'POST',
      url: '/api/v1/echo',
      payload,
      headers: { 'content-type': type },
    })

  test('a valid body reaches its handler, and a query string with one word fills a list of words', async () => {
    const answer = await post('{"limit":3}')
    expect([answer.statusCode, answer.json()]).toEqual([200, { limit: 3 }])
    expect((await buildServer(deps).inject('/api/v1/words?word=a')).json()).toEqual({ word: ['a'] })
  })

  test.each([
    ['out of range', '{"limit":11}', 'body/limit', /^it is too large: at most 10$/],
    ['an unknown field', '{"limit":1,"limmit":2}', 'body', /^there is no field 'limmit' here$/],
    ['a missing field', '{}', 'body', /^the field 'limit' is missing$/],
    ['a pattern that is described', '{"limit":1,"id":"xyz"}', 'body/id', /has to be: four hex digits$/],
    ['a pattern that is not', '{"limit":1,"digit":"x"}', 'body/digit', /has to be: \^\[0-9\]\$$/],
    ['another pattern', '{"limit":1,"name":"a b"}', 'body/name', /^letters, digits, \. _ - only/],
    ['none of the choices', '{"limit":1,"shell":"csh"}', 'body/shell', /^must be one of bash, zsh$/],
  ])('%s is the caller’s fault, and is said in words', async (_, payload, where, message) => {
    const answer = await post(payload)
    expect([answer.statusCode, answer.json().error]).toMatchObject([400, { code: 'bad_request', where }])
    expect(answer.json().error.message).toMatch(message)
  })

  test.each([
    ['no JSON', '{"limit"', 'application/json', 400, 'bad_request'],
    ['another content type', 'limit=3', 'application/x-www-form-urlencoded', 400, 'bad_request'],
    ['too large', `"${'x'.repeat(300 * 1024)}"`, 'application/json', 413, 'too_large'],
  ])('a body that is %s is refused', async (_, payload, type, status, code) => {
    const answer = await post(payload, type)
    expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
  })

  test('a KaroError goes out whole; anything else without details, but into the log with its trace', async () => {
    const logged: LogFields[] = []
    const log = { ...silentLog, error: (fields: LogFields) => void logged.push(fields) }
    const server = buildServer({ ...deps, log })
    const refused = await server.inject('/api/v1/refuse')
    expect([refused.statusCode, refused.json()]).toEqual([
      403,
      { error: { code: 'refused', message: 'no consent', where: 'share', hint: 'Ask them.' } },
    ])
    expect(logged).toEqual([])
    const trace = '0123456789abcdef'.repeat(2)
    const crashed = await server.inject({ url: '/api/v1/crash', headers: { 'x-trace-id': trace } })
    expect([crashed.statusCode, crashed.json().error.code]).toEqual([500, 'internal'])
    expect(crashed.body).not.toContain('secret')
    expect(logged).toEqual([{ trace_id: trace, error: expect.stringContaining('secret detail') }])
  })

  test('an unknown path is not_found', async () => {
    const answer = await buildServer(deps).inject('/api/v1/nothing?x=1')
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'not_found'])
  })

  test('a trace id is taken when well-formed, made otherwise, and told', async () => {
    const server = buildServer(deps)
    const given = 'ab'.repeat(16)
    const kept = await server.inject({ url: '/api/v1/trace', headers: { 'x-trace-id': given } })
    expect([kept.json().trace_id, kept.headers['x-trace-id']]).toEqual([given, given])
    const made = await server.inject({ url: '/api/v1/trace', headers: { 'x-trace-id': 'AB\nforged' } })
    expect(made.json().trace_id).toMatch(/^[0-9a-f]{32}$/)
    expect(made.headers['x-trace-id']).toBe(made.json().trace_id)
  })
})

test('what an answer took is told from the request, also of one that is refused, to its beginning: a stream lasts as long as its reader likes', async () => {
  const answered: unknown[] = []
  let now = 0
  const body = new PassThrough()
  const stream: Routes = (scope) => {
    scope.get('/api/v1/stream', { config: { access: 'person' } }, async (_request, reply) => {
      now += 7
      return reply.send(body)
    })
  }
  const server = buildServer({
    ...deps,
    routes: [stream],
    clock: { now: () => 0, monotonic: () => now },
    async callerOf({ headers }) {
      now += 3_000
      return headers.known === undefined ? undefined : owner(1)
    },
    onAnswered: (one) => void answered.push(one),
  })
  await server.inject('/api/v1/stream')
  now = 0
  const answer = server.inject({ url: '/api/v1/stream', headers: { known: 'yes' } })
  await until(() => now > 3_000, { what: 'it is asked' })
  body.write('a')
  await until(() => body.readableLength === 0, { what: 'it is being read' })
  now += 60_000
  body.end()
  await answer
  const of = { route: '/api/v1/stream', personal: false, method: 'GET' }
  expect(answered).toEqual([
    { ...of, status: 401, elapsed_ms: 3_000 },
    { ...of, status: 200, elapsed_ms: 3_007 },
  ])
})

test('a disk that takes nothing more is told as that, and not as a fault of the program', () => {
  const full = Object.assign(new Error('IO error: /db/000003.log: No space left on device'), {
    code: 'LEVEL_IO_ERROR',
  })
  for (const error of [full, new Error('not open', { cause: full })])
    expect(describeError(error)).toMatchObject({
      status: 503,
      unexpected: false,
      body: { error: { code: 'unavailable', hint: expect.stringContaining('karo status') } },
    })
})

test.each([
  'EMFILE: open /usr/lib/karo/dist/chunks/stats.js',
  'A system error occurred: uv_interface_addresses returned Unknown system error 24 (Unknown system error 24)',
  'IO error: /db/000004.log: Too many open files',
])('a daemon without a file left says that, and what shows how many it has: %s', (message) => {
  expect(describeError(Object.assign(new Error(message), { code: 'LEVEL_IO_ERROR' }))).toMatchObject({
    status: 503,
    unexpected: false,
    body: {
      error: { code: 'unavailable', hint: expect.stringContaining('karo doctor --only runtime.files') },
    },
  })
})

test.each([
  ['of the whole machine', 'IO error: /db/000004.log: Too many open files in system', 500],
  ['named by who asks', 'querystring/word must not hold EMFILE', 400],
])('files that the daemon lacks are not those %s', (_, message, status) => {
  const validation = status === 400 && [{ keyword: 'pattern', instancePath: '/word', params: {} }]
  const error = Object.assign(new Error(message), validation && { validation })
  expect(describeError(error).status).toBe(status)
})

describe('a connection without a byte for long', () => {
  /** The idle time of the connection is over as soon as `answer` runs; it is told when that was noticed. */
  async function asked(answer: (reply: FastifyReply, idle: Promise<unknown>) => Promise<unknown>) {
    const slow: Routes = (server) => {
      server.get('/api/v1/slow', { config: { access: 'anyone' } }, ({ raw: { socket } }, reply) => {
        const idle = once(socket, 'timeout')
        socket.setTimeout(1)
        return answer(reply, idle)
      })
    }
    await api(socketPath, { routes: [slow] }).start(signal)
    const asking = request({ socketPath, path: '/api/v1/slow' }).end()
    const [response] = await once(asking, 'response')
    return Buffer.concat(await response.toArray()).toString()
  }

  test('is kept while its answer is made', async () => {
    const answer = await asked(async (_, idle) => {
      await idle
      return { removed: 500_000 }
    })
    expect(JSON.parse(answer)).toEqual({ removed: 500_000 })
  })

  test('is cut where the answer has begun', async () => {
    const answer = asked((reply) => {
      reply.raw.write('[')
      return new Promise(() => {})
    })
    await expect(answer).rejects.toThrow('aborted')
  })
})

describe('the socket', () => {
  const health = () => callDaemon({ socket: socketPath }, 'GET', '/api/v1/health')

  test('survives an accept that fails', async () => {
    const onConnection = (socket: Socket & { server?: EventEmitter }) =>
      socket.server?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
    let failures = 0
    const log = { ...silentLog, warn: () => void failures++ }
    await api(socketPath, { log, onConnection }).start(signal)
    expect(await health()).toBeDefined()
    expect(failures).toBe(1)
  })

  test('is 0600 whatever the umask, in a directory that was made 0700, with nothing left beside it', async () => {
    const directory = join(home, 'run')
    const path = join(directory, 'karo.sock')
    await api(path).start(signal)
    expect(statSync(path).mode & 0o7777).toBe(0o600)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(readdirSync(directory)).toEqual(['karo.sock'])
    expect(await callDaemon({ socket: path }, 'GET', '/api/v1/health')).toEqual({ ready: true, pid: 4711 })
  })

  test('is gone after stop, and a stopped server can be started again', async () => {
    const room = api()
    await room.start(signal)
    await room.stop()
    expect(existsSync(socketPath)).toBe(false)
    await room.start(signal)
    expect(await health()).toBeDefined()
  })

  test('of a live daemon is refused with its pid, and keeps working', async () => {
    await api().start(signal)
    const message = expect.stringContaining('4711')
    const taken = { code: 'conflict', message, where: socketPath }
    await expect(api().start(signal)).rejects.toMatchObject(taken)
    expect(await health()).toBeDefined()
  })

  test('of a dead daemon is replaced', async () => {
    await leaveStaleSocket(socketPath)
    expect(existsSync(socketPath)).toBe(true)
    await api().start(signal)
    expect(await health()).toBeDefined()
  })

  test('that became another daemon’s is left to it', async () => {
    const first = api()
    await first.start(signal)
    rmSync(socketPath)
    await api().start(signal)
    await first.stop()
    expect(await health()).toBeDefined()
  })

  test('that cannot be made says where', async () => {
    const path = join(home, 'file', 'karo.sock')
    writeFileSync(join(home, 'file'), '')
    await expect(api(path).start(signal)).rejects.toMatchObject({ code: 'bad_file', where: path })
  })

  test('stop ends although a request is never answered', async () => {
    const room = api()
    await room.start(signal)
    const socket = await connected()
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write('GET /api/v1/hang HTTP/1.1\r\nhost: x\r\n\r\n')
    await until(() => hanging > 0, { what: 'the handler runs' })
    await room.stop()
    await closed
  })

  test.each([
    ['with its length', false],
    ['in chunks', true],
  ])('hears a body that is too large to its end, %s: nobody is hung up on', async (_, chunked) => {
    await api().start(signal)
    for (let round = 1; round <= 10; round++) {
      const text = 'x'.repeat(round * 300 * 1024)
      const headers = { 'content-type': 'application/json' }
      const asked = request({ socketPath, method: 'POST', path: '/api/v1/echo', headers })
      const status = new Promise((resolve, reject) => {
        asked.once('error', reject)
        // What goes wrong behind the answer would have lost it on another day.
        asked.once('response', (response) => {
          asked.once('close', () => resolve(response.statusCode))
          response.resume()
        })
      })
      if (chunked) asked.write(text)
      asked.end(chunked ? undefined : text)
      expect(await status).toBe(413)
    }
  })

  test('serves a bounded number of connections, and others again when some have ended', async () => {
    await api().start(signal)
    const held = await Promise.all(Array.from({ length: SOCKET_CONNECTIONS }, () => connected()))
    // An answer is the proof that a connection was accepted, and it stays open after it.
    for (const socket of held) {
      socket.write('GET /api/v1/health HTTP/1.1\r\nhost: x\r\n\r\n')
      await new Promise((resolve) => socket.once('data', resolve))
    }
    await expect(health()).rejects.toMatchObject({ code: 'unavailable' })
    for (const socket of held) socket.destroy()
    await until(health, { what: 'room for one more' })
  })
})

function connected(): Promise<Socket> {
  const socket = createConnection({ path: socketPath })
  socket.on('error', () => {}).resume()
  return new Promise((resolve) => socket.once('connect', () => resolve(socket)))
}

/** A socket file without a listener, as kill -9 leaves it: the listener's own name was moved away before it closed. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen({ path: `${path}.0` }, resolve))
  renameSync(`${path}.0`, path)
  await new Promise((resolve) => server.close(resolve))
}

describe('who may use a route', () => {
  const one = { person: 5, account: 5, admin: false, asks: false, via: 'socket' } as const
  const answered: unknown[] = []
  const guarded: Routes = (server) => {
    for (const access of ACCESS) {
      server.get(`/api/v1/${access}`, { config: { access } }, async ({ caller }) => {
        answered.push(caller)
        return {}
      })
    }
  }
  const statuses = async (caller: Caller | undefined) => {
    const server = buildServer({ ...deps, routes: [guarded], callerOf: () => caller })
    const answers = await Promise.all(ACCESS.map((access) => server.inject(`/api/v1/${access}`)))
    return answers.map(({ statusCode }) => statusCode)
  }

  test.each([
    ['nobody known', undefined, [200, 401, 401, 401]],
    ['a person', one, [200, 200, 403, 403]],
    ['one who may ask', { ...one, asks: true }, [200, 200, 200, 403]],
    ['an administrator', { ...one, admin: true }, [200, 200, 403, 200]],
  ])('%s', async (_, caller, expected) => {
    answered.length = 0
    expect(await statuses(caller)).toEqual(expected)
    expect(answered).toEqual(expected.filter((status) => status === 200).map(() => caller))
  })

  test('a route that does not say it cannot be made', async () => {
    const silent: Routes = (server) => void server.get('/api/v1/silent', async () => ({}))
    await expect(buildServer({ ...deps, routes: [silent] }).ready()).rejects.toThrow('/api/v1/silent')
  })
})
