// The API on 127.0.0.1 of a real daemon, attacked as a web page, a neighbour on the machine or a broken client would.

import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Operation } from '../../../src/api/contract/operation.ts'
import { OPERATIONS } from '../../../src/api/contract/operations/index.ts'
import type { SessionShape } from '../../../src/api/contract/schemas/tokens.ts'
import type { SharingView, StatusShape, TokenCreatedShape } from '../../../src/api/contract/shapes.ts'
import { open, raw, type Sent, send, statuses } from '../../support/api/http.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import type { SessionCodeShape } from '../../support/shapes.ts'

let node: TestNode
let port: number
/** Every secret that was ever handed out here. */
const secrets: string[] = []

const portOf = (status: StatusShape): number => Number(status.http.listen?.split(':')[1])

async function tokenOf(...options: string[]): Promise<TokenCreatedShape> {
  const made = await node.json<TokenCreatedShape>(['token', 'create', ...options])
  secrets.push(made.token)
  return made
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const sharingIsOff = async () => (await node.json<SharingView>(['share', 'show'])).sharing === 'off'

/** A page that `karo` has just opened: cookie and key, as a browser would send them. */
async function pageOf(): Promise<Record<string, string>> {
  const socket = `${node.home}/karo.sock`
  const { code } = (await callDaemon({ socket }, 'POST', '/api/v1/sessions/codes')) as SessionCodeShape
  const opened = await send(port, '/api/v1/sessions', { method: 'POST', body: { code } })
  const { key } = opened.json<SessionShape>()
  const cookie = opened.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  secrets.push(code, key, cookie.split('=')[1] ?? '')
  return {
    cookie,
    'x-karo-session': key,
    origin: `http://127.0.0.1:${port}`,
    'sec-fetch-site': 'same-origin',
  }
}

beforeAll(async () => {
  node = await startNode({ config: '[log]\nlevel = "debug"\n' })
  port = portOf(await node.status())
})

describe('the listener', () => {
  test('is at the two loopback addresses and nowhere else', async () => {
    expect((await node.status()).http.listen).toBe(`127.0.0.1:${port}`)
    const hex = port.toString(16).toUpperCase().padStart(4, '0')
    const listening = (table: string): readonly string[] =>
      readFileSync(`/proc/${node.pid}/net/${table}`, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${hex}`))
        .map(([, local]) => local ?? '')
    expect(listening('tcp')).toEqual([`0100007F:${hex}`])
    // What people call localhost may be either; a machine without IPv6 has the first alone.
    for (const local of listening('tcp6')) expect(local).toBe(`00000000000000000000000001000000:${hex}`)
  })
})

describe('a web page', () => {
  const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  const change = { method: 'POST', body: '{}' }

  // Every other origin and name is judged in test/unit/api/guard.test.ts.
  test.each<[string, Sent]>([
    [
      'a form elsewhere that posts',
      { ...change, headers: { ...evil, 'content-type': 'application/x-www-form-urlencoded' } },
    ],
    [
      'a name that was rebound, to its own page the same origin',
      { ...change, headers: { host: 'evil.example:PORT', origin: 'http://evil.example:PORT' } },
    ],
    [
      'a page that asks before (preflight)',
      {
        method: 'OPTIONS',
        headers: {
          ...evil,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'x-karo-session',
        },
      },
    ],
  ])('%s gets nothing, even with cookie and key', async (_, sent) => {
    const page = await pageOf()
    const good = await send(port, '/api/v1/history', { headers: page })
    expect(good.status).toBe(200)
    // What the attack does not say of itself stays as the page would say it.
    const headers = Object.entries({ ...page, ...sent.headers }).map(([name, value]) => [
      name,
      String(value).replace('PORT', String(port)),
    ])
    const answer = await send(port, '/api/v1/share/off', { ...sent, headers: Object.fromEntries(headers) })
    expect(answer.status).toBe(403)
    expect(answer.text).not.toContain('events')
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(await sharingIsOff()).toBe(false)
  })
})

describe('requests with tricks', () => {
  const line = (target: string, method = 'GET') =>
    `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
  const end = 'Connection: close\r\n\r\n'

  test.each([
    '//api/v1/status',
    '/api//v1/status',
    '/api/v1/status/',
    '/API/v1/STATUS',
    '/%61pi/v1/status',
    '/api%2fv1%2fstatus',
    '/api/v1%2fstatus',
    '/api/v1/./status',
    '/api/v1/health/../status',
    '/api/v1/%2e%2e/v1/status',
    '/api/v1/health/%2e%2e/status',
    '/api/v1/health%2f..%2fstatus',
    '/api/v1/health;/../status',
    '/api/v1/status;x',
    '/api/v1/status%00',
    '/api/v1/status%',
    '/api/v1/status#',
    '/api\\v1\\status',
    '/api/v1/status?access=anyone',
    '/..',
    '*',
    'http://evil.example/api/v1/status',
    `http://127.0.0.1:1/api/v1/status`,
  ])('the address %s tells nothing without a token', async (target) => {
    const received = await raw(port, `${line(target)}${end}`)
    expect(statuses(received)).toHaveLength(1)
    expect([400, 401, 404]).toContain(statuses(received)[0])
    expect(received).not.toContain('node_id')
  })

  test('HEAD, OPTIONS, TRACE and CONNECT are not served, and repeat nothing', async () => {
    const { token } = await tokenOf()
    const head = await send(port, '/api/v1/status', { method: 'HEAD', headers: bearer(token) })
    expect([head.status, head.text]).toEqual([404, ''])
    const auth = `Authorization: Bearer ${token}\r\n`
    for (const method of ['OPTIONS', 'TRACE', 'PROPFIND']) {
      const received = await raw(port, `${line('/api/v1/status', method)}${auth}${end}`)
      expect(statuses(received)).toEqual([404])
      expect(received).not.toMatch(/access-control|allow:|Bearer karo/i)
    }
    expect(await raw(port, `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n`)).toBe('')
  })

  test('an upgrade is not one', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n'
    const { socket, ended } = await open(port)
    socket.write(`${line('/api/v1/status')}${upgrade}\r\n`)
    const first = await new Promise<string>((resolve) => socket.once('data', (text: string) => resolve(text)))
    expect(statuses(first)).toEqual([401])
    socket.destroy()
    await ended
  })

  test.each<[string, (auth: string, smuggled: string) => string]>([
    [
      'length and chunks',
      (auth, smuggled) =>
        `${auth}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'chunks and length',
      (auth, smuggled) =>
        `${auth}Transfer-Encoding: chunked\r\nContent-Length: ${smuggled.length + 5}\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'two lengths',
      (auth, smuggled) => `${auth}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    ],
    ['chunks spelled otherwise', (auth, smuggled) => `${auth}Transfer-Encoding: xchunked\r\n\r\n${smuggled}`],
    [
      'chunks not last',
      (auth, smuggled) => `${auth}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    ['a length with a sign', (auth, smuggled) => `${auth}Content-Length: +0\r\n\r\n${smuggled}`],
    ['a blank before the colon', (auth, smuggled) => `${auth}Content-Length : 0\r\n\r\n${smuggled}`],
    ['a folded header', (auth, smuggled) => `${auth}X-A: 1\r\n Content-Length: 0\r\n\r\n${smuggled}`],
    [
      'line ends without CR',
      (auth, smuggled) => `${auth}X-A: 1\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'a chunk size that is none',
      (auth, smuggled) => `${auth}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${smuggled}`,
    ],
    ['a foreign Host behind ours', (auth, smuggled) => `${auth}Host: evil.example\r\n\r\n${smuggled}`],
  ])('%s: what is hidden behind is never done', async (_, build) => {
    const { token } = await tokenOf('--scope', 'full')
    const auth = `Authorization: Bearer ${token}\r\n`
    const smuggled = `${line('/api/v1/share/off', 'POST')}${auth}Content-Length: 0\r\n${end}`
    const received = await raw(port, `${line('/api/v1/identity')}${build(auth, smuggled)}`)
    expect(statuses(received)).toEqual([400])
    expect(await sharingIsOff()).toBe(false)
  })

  test('requests in one go are answered in order, each by its own token', async () => {
    const { token } = await tokenOf()
    const auth = `Authorization: Bearer ${token}\r\n`
    const one = `${line('/api/v1/identity')}${auth}\r\n`
    const received = await raw(
      port,
      `${one}${line('/api/v1/identity')}\r\n${one}${line('/api/v1/health')}${end}`,
    )
    expect(statuses(received)).toEqual([200, 401, 200, 200])
  })

  test('whoever sends slowly is cut off, in the headers and in the body', async () => {
    const { token } = await tokenOf('--scope', 'full')
    const slow = async (begin: string) => {
      const { socket, ended } = await open(port)
      socket.write(begin)
      const dripping = setInterval(() => socket.write('x'), 500)
      const received = await ended
      clearInterval(dripping)
      return statuses(received)
    }
    const head = `${line('/api/v1/share/off', 'POST')}Authorization: Bearer ${token}\r\n`
    const answers = await Promise.all([
      slow(`${line('/api/v1/health')}X-A: `),
      slow(`${head}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"a":"`),
    ])
    expect(answers).toEqual([[408], [408]])
    expect(await sharingIsOff()).toBe(false)
  })
})

describe('every operation there is', () => {
  const named = ({ method, path }: Operation) => `${method} ${path}`
  /** Those that are not refused to whoever shows this; what else they need is not tried. */
  async function openTo(headers: Record<string, string>): Promise<string[]> {
    const opened: string[] = []
    for (const operation of OPERATIONS) {
      // Neither may a stream keep this test, nor a good request change something.
      const trial = operation.method === 'GET' ? `${operation.path}?no-such-parameter=1` : operation.path
      const { status, text } = await send(port, trial, { method: operation.method, headers, body: 'x' })
      if (status === 401 || status === 403) continue
      expect(text).not.toBe('')
      opened.push(named(operation))
    }
    return opened
  }
  const FOR_ANYONE = ['GET /api/v1/health', 'GET /api/v1/openapi.json']
  // Needs a token or a code, which it looks for itself.
  const OPENING = 'POST /api/v1/sessions'

  test('is closed to whoever shows nothing, but for three', async () => {
    const opened = await openTo({ 'content-type': 'application/json' })
    expect(opened.sort()).toEqual([...FOR_ANYONE, OPENING].sort())
  })

  test('opens to a scraper only its numbers', async () => {
    const { token } = await tokenOf('--scope', 'metrics')
    const opened = await openTo({ 'content-type': 'application/json', ...bearer(token) })
    const own = ['GET /metrics', 'GET /api/v1/metrics', 'DELETE /api/v1/sessions']
    expect(opened.sort()).toEqual([...FOR_ANYONE, OPENING, ...own].sort())
  })

  test('opens to who may read nothing that changes or asks', async () => {
    const { token } = await tokenOf('--scope', 'read')
    const opened = await openTo({ 'content-type': 'application/json', ...bearer(token) })
    const others = opened.filter((name) => !name.startsWith('GET '))
    expect(others.sort()).toEqual([OPENING, 'DELETE /api/v1/sessions'].sort())
    expect(opened).toContain('GET /api/v1/history')
  })

  test('that makes or shows keys, or takes the whole node away, is done at the socket, whatever is shown here', async () => {
    const { token } = await tokenOf('--scope', 'full')
    const opened = await openTo({ 'content-type': 'application/json', ...bearer(token) })
    const closed = OPERATIONS.map(named).filter((name) => !opened.includes(name))
    expect(closed).toEqual(
      // A yes to what agents want needs a token that was made for just that.
      OPERATIONS.filter(({ via, scope }) => via === 'socket' || scope === 'approve').map(named),
    )
    expect(closed).toEqual(
      expect.arrayContaining([
        'GET /api/v1/tokens',
        'POST /api/v1/tokens',
        'POST /api/v1/tokens/revoke',
        'POST /api/v1/sessions/codes',
        'POST /api/v1/backup',
      ]),
    )
  })
})

test('what was turned away is counted, by why', async () => {
  await send(port, '/api/v1/identity', { headers: bearer('karo_0123456789_guessed') })
  const { token } = await tokenOf('--scope', 'metrics')
  const { text } = await send(port, '/metrics', { headers: bearer(token) })
  const counted = [...text.matchAll(/^karo_api_refused_total\{refusal="(\w+)"\} [1-9]/gm)].map(
    ([, why]) => why,
  )
  expect(counted).toEqual(expect.arrayContaining(['host', 'cross_site', 'malformed', 'credential']))
})

test('no secret is in the log, in the ledger or in anybody’s list of processes', async () => {
  expect(secrets.length).toBeGreaterThan(20)
  const audit = (await node.karo(['audit', 'log', '--limit', '1000', '--json'])).stdout
  const said = `${node.log()}${audit}${readFileSync(`/proc/${node.pid}/cmdline`)}`
  for (const secret of secrets) expect(said).not.toContain(secret.slice(-30))
  expect(audit).toContain('token_created')
  expect(audit).toContain('cross_site')
})
