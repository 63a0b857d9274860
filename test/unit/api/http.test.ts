// The API over TCP, on real sockets: who gets in with what, for how long, and what the others are told.

import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { CODE_MS, IDLE_MS, LIFE_MS } from '../../../src/api/access/sessions.ts'
import { OPERATIONS } from '../../../src/api/contract/operations/index.ts'
import type { SessionShape } from '../../../src/api/contract/schemas/tokens.ts'
import type { Routes } from '../../../src/api/server/route.ts'
import { asked, open, type Sent } from '../../support/api/http.ts'
import { type Rig, startRig } from '../../support/api/http-rig.ts'
import { until } from '../../support/run/until.ts'
import type { SessionCodeShape, SessionListShape, TokenListShape } from '../../support/shapes.ts'

const ANN = 1000
const BOB = 1001
const DAY = 86_400_000

const routes: Routes = (server) => {
  server.get('/api/v1/health', { config: { access: 'anyone' } }, async () => ({ ready: true }))
  server.get('/api/v1/mine', { config: { access: 'person' } }, async ({ caller }) => ({ uid: caller.person }))
  server.post('/api/v1/mine', { config: { access: 'person' } }, async ({ caller }) => ({
    uid: caller.person,
  }))
  server.post('/api/v1/query', { config: { access: 'asker' } }, async () => ({}))
  server.get('/api/v1/managed', { config: { access: 'admin' } }, async () => ({}))
  server.post('/api/v1/managed', { config: { access: 'admin' } }, async () => ({}))
  server.get('/metrics', { config: { access: 'person', scope: 'metrics' } }, async () => 'karo_ready 1\n')
  server.get('/api/v1/stream', { config: { access: 'person' } }, (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.raw.write('data: first\n\n')
  })
}
const start = () => startRig([routes])

/** A stream that has begun; `path`: of the control socket, for one over it. */
async function streamingWith(rig: Rig, headers: string, path?: string) {
  const { socket, ended } = await open(path ?? rig.port)
  const begun = new Promise((resolve) => socket.once('data', resolve))
  socket.write(`GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\n${headers}\r\n`)
  await begun
  return { socket, ended }
}

/** A session as a page of ours uses it. */
async function pageOf(rig: Rig, opening: Sent) {
  const origin = `http://127.0.0.1:${rig.port}`
  const opened = await rig.send('/api/v1/sessions', { method: 'POST', ...opening })
  const cookie = opened.headers['set-cookie']?.[0] ?? ''
  const pair = cookie.split(';')[0] ?? ''
  const { key } = opened.json<SessionShape>()
  const ask = (path: string, sent: Sent = {}) =>
    rig.send(path, { ...sent, headers: { cookie: pair, 'x-karo-session': key, origin, ...sent.headers } })
  /** What is answered about the person's own affairs. */
  const mine = async () => (await ask('/api/v1/mine')).status
  return { opened, cookie, pair, key, origin, ask, mine }
}
/** The same of a token. */
const opens = async (rig: Rig, token: string) => (await rig.with(token, '/api/v1/mine')).status
const revoke = (rig: Rig, uid: number, token: string) =>
  rig.asPerson(uid, 'POST', '/api/v1/tokens/revoke', { token })
/** Redeems a code, or shows nothing. */
const enter = async (rig: Rig, code?: string, from = '127.0.0.1') =>
  (
    await rig.send('/api/v1/sessions', {
      method: 'POST',
      from,
      ...(code !== undefined && { body: { code } }),
    })
  ).status
const sessionOf = async (rig: Rig, uid = ANN, wanted: Record<string, unknown> = { scope: 'full' }) => {
  const { token, name } = await rig.token(uid, wanted)
  return { name, ...(await pageOf(rig, { headers: { authorization: `Bearer ${token}` } })) }
}
const codeOf = async (rig: Rig, uid = ANN) =>
  ((await rig.asPerson(uid, 'POST', '/api/v1/sessions/codes')) as SessionCodeShape).code

test('a token and a session of a person whose account is gone open nothing, and a stream of theirs ends', async () => {
  const rig = await start()
  const { token } = await rig.token(ANN, { scope: 'full' })
  const page = await sessionOf(rig, ANN)
  expect([await opens(rig, token), await page.mine()]).toEqual([200, 200])
  rig.held.add(ANN)
  expect([await opens(rig, token), await page.mine()]).toEqual([401, 401])
  rig.held.delete(ANN)
  expect(await opens(rig, token)).toBe(200)
})

describe('whoever shows nothing', () => {
  test('has what is for anyone, and of the rest not even whether it exists', async () => {
    const rig = await start()
    const paths = ['/api/v1/health', '/api/v1/mine', '/metrics', '/api/v1/nothing', '/', '/api/v1/tokens']
    const answers = await Promise.all(paths.map((path) => rig.send(path)))
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 401, 401, 401, 401])
    expect(answers[1]?.headers['www-authenticate']).toBe('Bearer realm="karo"')
    expect(answers[3]?.json()).toEqual(answers[1]?.json())
  })

  test('is told that nothing may be kept, framed, guessed or passed on, in every answer', async () => {
    const rig = await start()
    const paths = ['/api/v1/health', '/api/v1/mine', '/api/v1/%']
    const stranger = rig.send('/', { headers: { host: 'evil.example' } })
    const asked = [...paths.map((path) => rig.send(path)), stranger]
    for (const { headers } of await Promise.all(asked)) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
      })
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  test('and asks for what no address can be, hears that and nothing of what it said', async () => {
    const rig = await start()
    const answer = await rig.send('/api/v1/%zz-what-it-said')
    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({
      error: { code: 'bad_request', message: 'the address cannot be understood' },
    })
  })

  test('is slowed down together, and nobody who shows a token with them', async () => {
    const rig = await start()
    const { token } = await rig.token(ANN)
    expect(await asked(rig.port, 300, '/api/v1/health')).toEqual(Array(300).fill(200))
    const refused = await rig.send('/api/v1/health')
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1'])
    expect(await opens(rig, token)).toBe(200)
    rig.pass(60_000)
    expect((await rig.send('/api/v1/health')).status).toBe(200)
  })
})

describe('a token', () => {
  test('opens as its owner, is told once, and is kept as a hash', async () => {
    const rig = await start()
    const made = await rig.token(ANN, { name: 'script' })
    expect(made).toMatchObject({ name: 'script', scope: 'read', last_used_at: null })
    expect(made.token).toMatch(/^karo_[0-9a-f]{10}_[\w-]{43}$/)
    const answer = await rig.with(made.token, '/api/v1/mine')
    expect([answer.status, answer.json()]).toEqual([200, { uid: ANN }])
    const { tokens } = (await rig.asPerson(ANN, 'GET', '/api/v1/tokens')) as TokenListShape
    const shown = { token: undefined, http: undefined, last_used_at: '2026-01-01T00:00:00.000Z' }
    expect(tokens).toEqual([{ ...made, ...shown }])
    const kept = (await rig.repository.all()).map((record) => JSON.stringify(record)).join()
    expect(kept).toContain('script')
    expect(kept).not.toContain(made.token.slice(16))
    expect(JSON.stringify(rig.audited)).not.toContain(made.token.slice(16))
  })

  test('is the maker’s alone: others neither see nor revoke it', async () => {
    const rig = await start()
    await rig.token(ANN, { name: 'script' })
    expect(await rig.asPerson(BOB, 'GET', '/api/v1/tokens')).toEqual({ tokens: [] })
    await expect(revoke(rig, BOB, 'script')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('that is revoked while the disk fails opens nothing, and can be revoked for good later', async () => {
    const rig = await start()
    const made = await rig.token(ANN)
    const { write } = rig.repository
    rig.repository.write = () => Promise.reject(new Error('ENOSPC'))
    const gone = () => revoke(rig, ANN, made.id)
    await expect(gone()).rejects.toThrow()
    expect(await opens(rig, made.token)).toBe(401)
    rig.repository.write = write
    await gone()
    expect(await rig.repository.all()).toEqual([])
    await expect(gone()).rejects.toMatchObject({ code: 'not_found' })
  })

  test.each(['id', 'name'] as const)('is revoked by its %s, at once', async (by) => {
    const rig = await start()
    const made = await rig.token(ANN, { name: 'script' })
    expect(await opens(rig, made.token)).toBe(200)
    await revoke(rig, ANN, made[by])
    expect(await opens(rig, made.token)).toBe(401)
    expect(await rig.repository.all()).toEqual([])
    expect(rig.audited.map(({ type }) => type)).toEqual(['token_created', 'token_revoked', 'api_refused'])
  })

  test('ends when it was to end, and is then forgotten', async () => {
    const rig = await start()
    const { token } = await rig.token(ANN, { ttl_ms: DAY })
    rig.pass(DAY - 1)
    expect(await opens(rig, token)).toBe(200)
    rig.pass(1)
    expect(await opens(rig, token)).toBe(401)
    await rig.token(ANN)
    expect(await rig.repository.all()).toHaveLength(1)
  })

  test('holds over a restart; one that the database holds damaged or of another version opens nothing', async () => {
    const rig = await start()
    const { token, id } = await rig.token(ANN)
    const signal = new AbortController().signal
    await rig.http.tokens.start(signal)
    expect(await opens(rig, token)).toBe(200)
    const [record] = await rig.repository.all()
    await rig.repository.write({ put: [{ ...record!, scope: 'everything' }] })
    await rig.http.tokens.start(signal)
    expect(await opens(rig, token)).toBe(401)
    await rig.repository.write({ put: [{ ...record!, id, hash: new Uint8Array(31) }] })
    expect(await rig.repository.all()).toEqual([])
  })

  test('of a person: at most 32, each name once, whatever others have', async () => {
    const rig = await start()
    await rig.token(ANN, { name: 'script' })
    await rig.token(BOB, { name: 'script' })
    await expect(rig.token(ANN, { name: 'script' })).rejects.toMatchObject({ code: 'conflict' })
    for (let i = 1; i < 32; i++) await rig.token(ANN)
    await expect(rig.token(ANN)).rejects.toMatchObject({ code: 'conflict' })
    await rig.token(BOB)
  })

  test.each([
    ['metrics', [200, 200, 403, 403, 403, 403, 403]],
    ['read', [200, 200, 200, 403, 403, 200, 403]],
    ['ask', [200, 200, 200, 403, 200, 200, 403]],
    ['full', [200, 200, 200, 200, 200, 200, 200]],
  ] as const)('of scope %s opens no more than that says', async (scope, expected) => {
    const rig = await start()
    rig.rights.set(ANN, { admin: true, asks: true })
    const { token } = await rig.token(ANN, { scope })
    const asked: readonly [string, string][] = [
      ['GET', '/api/v1/health'],
      ['GET', '/metrics'],
      ['GET', '/api/v1/mine'],
      ['POST', '/api/v1/mine'],
      ['POST', '/api/v1/query'],
      ['GET', '/api/v1/managed'],
      ['POST', '/api/v1/managed'],
    ]
    const answers = []
    for (const [method, path] of asked) answers.push((await rig.with(token, path, { method })).status)
    expect(answers).toEqual(expected)
  })

  test('is not told to become a wider one for what there is not', async () => {
    const rig = await start()
    const none = ['POST /api/v1/nosuch', 'GET /api/v1/nosuch', 'PATCH /api/v1/mine', 'DELETE /api/v1/health']
    for (const scope of ['metrics', 'read', 'full']) {
      const { token } = await rig.token(ANN, { scope })
      for (const asked of none) {
        const [method = '', path = ''] = asked.split(' ')
        const answer = await rig.with(token, path, { method })
        expect([asked, answer.status]).toEqual([asked, 404])
        expect(answer.text).not.toContain('scope')
      }
    }
  })

  test('opens never more than its owner may do now', async () => {
    const rig = await start()
    rig.rights.set(ANN, { admin: true, asks: true })
    const { token } = await rig.token(ANN, { scope: 'full' })
    const asked = async () => [
      (await rig.with(token, '/api/v1/managed', { method: 'POST' })).status,
      (await rig.with(token, '/api/v1/query', { method: 'POST' })).status,
      (await rig.with(token, '/api/v1/mine', { method: 'POST' })).status,
    ]
    expect(await asked()).toEqual([200, 200, 200])
    rig.rights.set(ANN, { admin: false, asks: false })
    expect(await asked()).toEqual([403, 403, 200])
  })

  test('makes no other, lists none, revokes none: that is done at the control socket', async () => {
    const rig = await start()
    rig.rights.set(ANN, { admin: true, asks: true })
    const { token, id } = await rig.token(ANN, { scope: 'full' })
    const post = { method: 'POST', body: {} }
    const answers = [
      await rig.with(token, '/api/v1/tokens', post),
      await rig.with(token, '/api/v1/tokens'),
      await rig.with(token, '/api/v1/tokens/revoke', { method: 'POST', body: { token: id } }),
      await rig.with(token, '/api/v1/sessions/codes', { method: 'POST' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
    expect(await rig.repository.all()).toHaveLength(1)
  })

  test('in the wrong place, form or number opens nothing, and is not repeated', async () => {
    const rig = await start()
    const { token } = await rig.token(ANN)
    const [short, last] = [token.slice(0, -1), token.endsWith('A') ? 'B' : 'A']
    const mine = (headers: NonNullable<Sent['headers']>): [string, Sent] => ['/api/v1/mine', { headers }]
    const bearer = (...tokens: string[]) => mine({ authorization: tokens.map((one) => `Bearer ${one}`) })
    const places: Readonly<Record<string, [string, Sent]>> = {
      'in the query': [`/api/v1/mine?token=${token}`, {}],
      'in the path': [`/api/v1/mine/${token}`, {}],
      'as Basic': mine({ authorization: `Basic ${token}` }),
      'without a scheme': mine({ authorization: token }),
      'with another header': mine({ 'x-api-key': token }),
      'as a cookie': mine({ cookie: `token=${token}` }),
      'cut short': bearer(short),
      'with another end': bearer(`${short}${last}`),
      'with another id': bearer(`karo_0000000000_${token.slice(16)}`),
      twice: bearer(token, token),
    }
    for (const [place, [path, sent]] of Object.entries(places)) {
      const answer = await rig.send(path, sent)
      expect([400, 401], place).toContain(answer.status)
      expect(answer.text, place).not.toContain(token.slice(16, 40))
    }
    expect(JSON.stringify(rig.audited)).not.toContain(token.slice(16, 40))
  })

  test('that is used too much is told to wait; the owner’s others are not', async () => {
    const rig = await start()
    const { token } = await rig.token(ANN)
    const other = await rig.token(ANN)
    const bearer = `Authorization: Bearer ${token}\r\n`
    expect(await asked(rig.port, 600, '/api/v1/mine', bearer)).toEqual(Array(600).fill(200))
    const refused = await rig.with(token, '/api/v1/mine')
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1'])
    expect(await opens(rig, other.token)).toBe(200)
    rig.pass(1_000)
    expect(await opens(rig, token)).toBe(200)
  })
})

describe('wrong tokens', () => {
  const wrong = (rig: Rig, i: number, from = '127.0.0.1') =>
    rig.send('/api/v1/mine', {
      headers: { authorization: `Bearer karo_0123456789_${String(i).padStart(43, 'x')}` },
      from,
    })

  test('are slowed down by address, neither the owner nor the ledger is', async () => {
    const rig = await start()
    const { token } = await rig.token(ANN)
    const answers = []
    for (let i = 0; i < 300; i++) answers.push(await wrong(rig, i))
    const codes = answers.map(({ status }) => status)
    expect(codes.filter((status) => status === 401)).toHaveLength(20)
    expect(codes.filter((status) => status === 429)).toHaveLength(280)
    expect(answers.at(-1)?.headers['retry-after']).toBe('3')
    expect((await wrong(rig, 301, '127.0.0.9')).status).toBe(401)
    expect(await opens(rig, token)).toBe(200)
    const refused = rig.audited.filter(({ type }) => type === 'api_refused')
    expect(refused.map(({ details }) => details)).toEqual([{ reason: 'credential', count: 1 }])
    rig.pass(10 * 60_000)
    expect(rig.audited.at(-1)?.details).toEqual({ reason: 'credential', count: 300 })
    expect((await wrong(rig, 302)).status).toBe(401)
  })

  test('of all addresses together have an end', async () => {
    const rig = await start()
    const { token } = await rig.token(ANN)
    const codes = []
    for (let i = 0; i < 150; i++) codes.push((await wrong(rig, i, `127.0.1.${i + 1}`)).status)
    expect(codes.filter((status) => status === 401)).toHaveLength(100)
    expect(await opens(rig, token)).toBe(200)
  })

  test('are refused also where nothing is needed', async () => {
    const rig = await start()
    const shown = [
      { authorization: 'Bearer nonsense' },
      { cookie: `karo_session_${rig.port}=${'x'.repeat(43)}` },
    ]
    for (const headers of shown) expect((await rig.send('/api/v1/health', { headers })).status).toBe(401)
  })

  test('that were counted and not yet told are told when the listener stops', async () => {
    const rig = await start()
    for (let i = 0; i < 3; i++) await wrong(rig, i)
    await rig.http.listener.stop()
    expect(rig.audited.map(({ details }) => details.count)).toEqual([1, 2])
  })
})

describe('a session', () => {
  test('is a cookie that scripts cannot read and a key that only the page has; it opens what its token does', async () => {
    const rig = await start()
    const page = await sessionOf(rig, ANN, { scope: 'read' })
    const life = { idle_ms: IDLE_MS, expires_in_ms: LIFE_MS }
    const key = expect.stringMatching(/^[\w-]{43}$/)
    expect(page.opened.json()).toEqual({ scope: 'read', key, ...life })
    expect(page.cookie).toMatch(
      new RegExp(
        `^karo_session_${rig.port}=[\\w-]{43}; Max-Age=43200; Path=/api/; HttpOnly; SameSite=Strict$`,
      ),
    )
    expect((await page.ask('/api/v1/mine')).json()).toEqual({ uid: ANN })
    expect((await page.ask('/api/v1/mine', { method: 'POST' })).status).toBe(403)
  })

  test('needs both halves', async () => {
    const rig = await start()
    const { pair, key } = await sessionOf(rig)
    const other = await sessionOf(rig)
    const asked = async (headers: Record<string, string>) =>
      (await rig.send('/api/v1/mine', { headers })).status
    expect(await asked({ cookie: pair })).toBe(401)
    expect(await asked({ 'x-karo-session': key })).toBe(401)
    expect(await asked({ cookie: pair, 'x-karo-session': other.key })).toBe(401)
    expect(await asked({ cookie: `theme=dark; ${pair}`, 'x-karo-session': key })).toBe(200)
  })

  test('goes on where a page of another port has left a cookie of the same name in the browser', async () => {
    const rig = await start()
    const left = `karo_session_${rig.port}=${'x'.repeat(43)}`
    const page = await sessionOf(rig)
    for (const cookie of [`${left}; ${page.pair}`, `${page.pair}; ${left}`])
      expect((await page.ask('/api/v1/mine', { headers: { cookie } })).status).toBe(200)
    expect((await page.ask('/api/v1/mine', { headers: { cookie: `${left}; ${left}` } })).status).toBe(401)
    const both = { cookie: `${left}; ${page.pair}` }
    const beside = await pageOf(rig, { headers: both, body: { code: await codeOf(rig) } })
    expect(beside.pair).toBe(page.pair)
    const ended = await page.ask('/api/v1/sessions', { method: 'DELETE', headers: both })
    expect(ended.headers['set-cookie']).toBeUndefined()
    expect([await page.mine(), await beside.mine()]).toEqual([401, 200])
  })

  test('changes something only for a page that says it is ours', async () => {
    const rig = await start()
    const { pair, key, origin } = await sessionOf(rig)
    const headers = { cookie: pair, 'x-karo-session': key }
    const post = async (more: Record<string, string>) =>
      (await rig.send('/api/v1/mine', { method: 'POST', headers: { ...headers, ...more } })).status
    expect(await post({})).toBe(403)
    expect(await post({ origin: 'http://127.0.0.1:1' })).toBe(403)
    expect(await post({ origin })).toBe(200)
  })

  test('ends when it is ended, and only that one; and with its token', async () => {
    const rig = await start()
    const [first, second] = [await sessionOf(rig), await sessionOf(rig)]
    const ended = await first.ask('/api/v1/sessions', { method: 'DELETE' })
    expect(ended.headers['set-cookie']?.[0]).toContain('=; Max-Age=0;')
    expect(await first.mine()).toBe(401)
    expect(await second.mine()).toBe(200)
    await revoke(rig, ANN, second.name)
    expect(await second.mine()).toBe(401)
    const { token } = await rig.token(ANN)
    expect((await rig.with(token, '/api/v1/sessions', { method: 'DELETE' })).status).toBe(404)
  })

  test('of one person lives beside others in one browser, each with its own key; of another person it takes the place', async () => {
    const rig = await start()
    const first = await sessionOf(rig)
    const beside = await pageOf(rig, { headers: { cookie: first.pair }, body: { code: await codeOf(rig) } })
    expect(beside.pair).toBe(first.pair)
    expect([await first.mine(), await beside.mine()]).toEqual([200, 200])
    const ended = await first.ask('/api/v1/sessions', { method: 'DELETE' })
    expect([ended.status, ended.headers['set-cookie']]).toEqual([200, undefined])
    expect([await first.mine(), await beside.mine()]).toEqual([401, 200])
    const bob = await pageOf(rig, { headers: { cookie: first.pair }, body: { code: await codeOf(rig, BOB) } })
    expect(bob.pair).not.toBe(first.pair)
    expect((await bob.ask('/api/v1/mine')).json()).toEqual({ uid: BOB })
    // A cookie that somebody else chose is not made one of Karo's.
    const chosen = `karo_session_${rig.port}=${'x'.repeat(43)}`
    const own = await pageOf(rig, { headers: { cookie: chosen }, body: { code: await codeOf(rig) } })
    expect(own.pair).not.toBe(chosen)
    // As many as browsers keep may stand in front of it, and no more are looked at.
    const behind = async (count: number) => {
      const cookie = [...Array<string>(count).fill(chosen), own.pair].join('; ')
      return (await own.ask('/api/v1/mine', { headers: { cookie } })).status
    }
    expect([await behind(100), await behind(1_000)]).toEqual([200, 401])
  })

  test('ends when nobody used it, and whatever happens after its time', async () => {
    const rig = await start()
    const [idle, busy] = [await sessionOf(rig), await sessionOf(rig)]
    for (let at = 0; at < LIFE_MS - IDLE_MS; at += IDLE_MS - 1) {
      rig.pass(IDLE_MS - 1)
      expect(await busy.mine()).toBe(200)
    }
    expect(await idle.mine()).toBe(401)
    rig.pass(IDLE_MS - 1)
    await busy.ask('/api/v1/mine')
    rig.pass(IDLE_MS - 1)
    expect(await busy.mine()).toBe(401)
  })

  test('opens no other session, and nothing does that is not good', async () => {
    const rig = await start()
    const page = await sessionOf(rig)
    expect((await page.ask('/api/v1/sessions', { method: 'POST' })).status).toBe(401)
    // However it is written.
    expect((await page.ask('/api/v1/%73essions', { method: 'POST' })).status).toBe(403)
    expect(await enter(rig)).toBe(401)
    expect(await enter(rig, 'x'.repeat(43))).toBe(401)
  })

  test('is opened by a code, once, within a minute', async () => {
    const rig = await start()
    const code = await codeOf(rig)
    const page = await pageOf(rig, { body: { code } })
    expect((await page.ask('/api/v1/mine', { method: 'POST' })).json()).toEqual({ uid: ANN })
    expect(await enter(rig, code)).toBe(401)
    const late = await codeOf(rig)
    rig.pass(CODE_MS)
    expect(await enter(rig, late)).toBe(401)
  })

  test('is opened by a code or a token whatever cookie stands in the way', async () => {
    const rig = await start()
    const stale = { cookie: `karo_session_${rig.port}=${'x'.repeat(43)}`, 'x-karo-session': 'y' }
    const byCode = await pageOf(rig, { headers: stale, body: { code: await codeOf(rig) } })
    expect([byCode.opened.status, await byCode.mine()]).toEqual([200, 200])
    const { token } = await rig.token(ANN)
    const byToken = await pageOf(rig, { headers: { ...stale, authorization: `Bearer ${token}` } })
    expect([byToken.opened.status, await byToken.mine()]).toEqual([200, 200])
    // Also one that has nothing to do with the one that is there.
    const again = await byToken.ask('/api/v1/sessions', { method: 'POST', body: { code: await codeOf(rig) } })
    expect(again.status).toBe(200)
  })

  test('that is over takes its cookie with it; one whose key a page has lost does not', async () => {
    const rig = await start()
    const page = await sessionOf(rig)
    const gone = new RegExp(`^karo_session_${rig.port}=; Max-Age=0; Path=/api/; HttpOnly; SameSite=Strict$`)
    const lost = await page.ask('/api/v1/mine', { headers: { 'x-karo-session': 'lost' } })
    expect([lost.status, lost.headers['set-cookie']]).toEqual([401, undefined])
    expect(await page.mine()).toBe(200)
    rig.pass(LIFE_MS)
    for (const method of ['GET', 'POST', 'DELETE']) {
      const over = await page.ask(method === 'DELETE' ? '/api/v1/sessions' : '/api/v1/mine', { method })
      expect([method, over.status, over.headers['set-cookie']?.[0]]).toEqual([
        method,
        401,
        expect.stringMatching(gone),
      ])
    }
    // Also when it is told to wait.
    for (let i = 0; i < 30; i++) await page.ask('/api/v1/mine')
    const slowed = await page.ask('/api/v1/mine')
    expect([slowed.status, slowed.headers['set-cookie']?.[0]]).toEqual([429, expect.stringMatching(gone)])
  })

  test('is opened by a code also while others who show nothing, or wrong codes, are slowed down', async () => {
    const rig = await start()
    await asked(rig.port, 300, '/api/v1/health')
    expect((await rig.send('/api/v1/health')).status).toBe(429)
    expect(await enter(rig)).toBe(429)
    const wrong = 'x'.repeat(43)
    const statuses = []
    for (let i = 0; i < 25; i++) statuses.push(await enter(rig, wrong))
    expect(statuses.filter((status) => status === 401)).toHaveLength(20)
    expect(statuses.at(-1)).toBe(429)
    for (let i = 0; i < 100; i++) await enter(rig, wrong, `127.0.2.${i}`)
    expect(await enter(rig, wrong, '127.0.3.1')).toBe(429)
    expect(await enter(rig, await codeOf(rig))).toBe(200)
    // What anybody may send is short.
    expect(await enter(rig, 'x'.repeat(1_024))).toBe(413)
  })

  test('is its person’s to see and to end at the control socket, with what is under way in it', async () => {
    const rig = await start()
    const sessionsOf = async (uid: number) =>
      ((await rig.asPerson(uid, 'GET', '/api/v1/sessions')) as SessionListShape).sessions
    const end = (uid: number, body: object) => rig.asPerson(uid, 'POST', '/api/v1/sessions/end', body)
    const bob = await sessionOf(rig, BOB)
    const [byToken, byCode] = [await sessionOf(rig), await pageOf(rig, { body: { code: await codeOf(rig) } })]
    rig.pass(60_000)
    await byCode.ask('/api/v1/mine')
    const listed = await sessionsOf(ANN)
    expect(listed).toEqual([
      {
        session: 3,
        scope: 'full',
        token: null,
        opened_at: '2026-01-01T00:00:00.000Z',
        last_used_at: '2026-01-01T00:01:00.000Z',
      },
      {
        session: 2,
        scope: 'full',
        token: byToken.name,
        opened_at: '2026-01-01T00:00:00.000Z',
        last_used_at: '2026-01-01T00:00:00.000Z',
      },
    ])
    // Over TCP nobody: what stole a session would see the others, and end them.
    const listedThere = await byCode.ask('/api/v1/sessions')
    const endedThere = await byCode.ask('/api/v1/sessions/end', { method: 'POST', body: {} })
    expect([listedThere.status, endedThere.status]).toEqual([403, 403])
    await expect(end(BOB, { session: 3 })).rejects.toMatchObject({ code: 'not_found' })

    const shown = `Cookie: ${byCode.pair}\r\nX-Karo-Session: ${byCode.key}\r\n`
    const { ended } = await streamingWith(rig, shown)
    expect(await end(ANN, { session: 3 })).toEqual({ ended: 1 })
    expect(await ended).toContain('data: first')
    const asked = () => Promise.all([byToken.mine(), byCode.mine(), bob.mine()])
    expect(await asked()).toEqual([200, 401, 200])
    const code = await codeOf(rig)
    expect(await end(ANN, {})).toEqual({ ended: 1 })
    expect(await asked()).toEqual([401, 401, 200])
    expect(await enter(rig, code)).toBe(401)
    expect(await sessionsOf(ANN)).toEqual([])
  })

  test('too many: the oldest of the same person goes, nobody else’s', async () => {
    const rig = await start()
    const bob = await sessionOf(rig, BOB)
    const first = await sessionOf(rig)
    const { token } = await rig.token(ANN, { scope: 'full' })
    for (let i = 0; i < 16; i++) await pageOf(rig, { headers: { authorization: `Bearer ${token}` } })
    expect(await first.mine()).toBe(401)
    expect(await bob.mine()).toBe(200)
    const { sessions } = (await rig.asPerson(ANN, 'GET', '/api/v1/sessions')) as SessionListShape
    expect(sessions).toHaveLength(16)
    const mine = await codeOf(rig, BOB)
    const codes = []
    for (let i = 0; i < 5; i++) codes.push(await codeOf(rig))
    const redeemed = [codes[0]!, codes[4]!, mine].map((code) => enter(rig, code))
    expect(await Promise.all(redeemed)).toEqual([401, 200, 200])
  })
})

describe('what is noted in the ledger each time', () => {
  test('a person causes a thousand times a day, however they come in; to take back is always possible', async () => {
    const daily: Routes = (server) => {
      server.post('/api/v1/given', { config: { access: 'person', daily: true } }, async () => ({}))
      server.post('/api/v1/taken', { config: { access: 'person' } }, async () => ({}))
    }
    const rig = await startRig([daily])
    const { token } = await rig.token(ANN, { scope: 'full' })
    const give = (uid: number) => rig.asPerson(uid, 'POST', '/api/v1/given', {})
    for (let i = 1; i < 1_000; i++) await give(ANN)
    await expect(give(ANN)).rejects.toMatchObject({ code: 'rate_limited' })
    const overTcp = await rig.with(token, '/api/v1/given', { method: 'POST' })
    expect([overTcp.status, overTcp.headers['retry-after']]).toEqual([429, '87'])
    await expect(rig.token(ANN)).rejects.toMatchObject({ code: 'rate_limited' })
    await rig.asPerson(ANN, 'POST', '/api/v1/taken', {})
    await give(BOB)
    rig.pass(87_000)
    await give(ANN)
    await expect(give(ANN)).rejects.toMatchObject({ code: 'rate_limited' })
  })

  test('is what a person may do by themselves and gives something; to take back waits for nothing', () => {
    const daily = OPERATIONS.filter((operation) => operation.daily).map(({ path }) => path)
    expect(daily.sort()).toEqual([
      '/api/v1/agents',
      '/api/v1/artifacts/begin',
      '/api/v1/artifacts/fetch',
      '/api/v1/artifacts/share',
      '/api/v1/mcp/reads',
      '/api/v1/share/allow',
      '/api/v1/share/anomalies',
      '/api/v1/share/on',
      '/api/v1/share/reset',
      '/api/v1/tokens',
      '/api/v1/vault/backup',
      '/api/v1/vault/init',
      '/api/v1/vault/restore',
      '/api/v1/vault/rotate',
      '/api/v1/vault/secrets',
      '/api/v1/vault/secrets/allow',
      '/api/v1/vault/secrets/reveal',
      '/api/v1/vault/unlock',
    ])
  })
})

describe('connections', () => {
  /** A stream of whoever has this token that has begun. */
  const streaming = (rig: Rig, token: string) => streamingWith(rig, `Authorization: Bearer ${token}\r\n`)

  test('end with the token that opened them, streams too', async () => {
    const rig = await start()
    const [revoked, other] = [await rig.token(ANN), await rig.token(ANN)]
    const [first, second] = [await streaming(rig, revoked.token), await streaming(rig, other.token)]
    await revoke(rig, ANN, revoked.id)
    expect(await first.ended).toContain('data: first')
    expect(second.socket.destroyed).toBe(false)
    rig.pass(30 * DAY)
    await second.ended
  })

  test.each(['revoked', 'other'] as const)('end with any token shown on them: the %s one', async (which) => {
    const rig = await start()
    const tokens = { revoked: await rig.token(ANN), other: await rig.token(ANN) }
    const first = tokens[which]
    const second = which === 'revoked' ? tokens.other : tokens.revoked
    const stream = await streaming(rig, first.token)
    const asked = `GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\n`
    stream.socket.write(`${asked}Authorization: Bearer ${second.token}\r\n\r\n`)
    await until(
      async () => {
        const { tokens: all } = (await rig.asPerson(ANN, 'GET', '/api/v1/tokens')) as TokenListShape
        return all.every(({ last_used_at }) => last_used_at !== null)
      },
      { what: 'both were shown' },
    )
    await revoke(rig, ANN, tokens.revoked.id)
    expect(await stream.ended).toContain('data: first')
  })

  test('that were asked on with a token long answered go on with the one they have now', async () => {
    const rig = await start()
    const [before, now] = [await rig.token(ANN), await rig.token(ANN)]
    const { socket } = await open(rig.port)
    const ask = async (path: string, token: string) => {
      const answered = new Promise<string>((resolve) => socket.once('data', (text) => resolve(String(text))))
      const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\n`
      socket.write(`${head}Authorization: Bearer ${token}\r\n\r\n`)
      return answered
    }
    expect(await ask('/api/v1/mine', before.token)).toContain('200 OK')
    expect(await ask('/api/v1/mine', now.token)).toContain('200 OK')
    await revoke(rig, ANN, before.id)
    expect(await ask('/api/v1/mine', now.token)).toContain('200 OK')
    socket.destroy()
  })

  test.each([
    ['the owner of the token', 'manage', { admin: false, asks: true }],
    ['the owner of the token', 'ask', { admin: true, asks: false }],
    ['who is at the control socket', 'manage', { admin: false, asks: true }],
    ['who is at the control socket', 'ask', { admin: true, asks: false }],
  ])('end when %s may not %s any more, also while they follow something', async (who, _, left) => {
    const rig = await start()
    const follow = async (uid: number) => {
      if (who === 'the owner of the token') return streaming(rig, (await rig.token(uid)).token)
      rig.speaksAs(uid)
      return streamingWith(rig, '', rig.socket)
    }
    rig.rights.set(ANN, { admin: true, asks: true })
    const [hers, his] = [await follow(ANN), await follow(BOB)]
    rig.pass(10_000)
    rig.rights.set(ANN, left)
    rig.rights.set(BOB, { admin: true, asks: true })
    expect(hers.socket.destroyed).toBe(false)
    rig.pass(10_000)
    await hers.ended
    expect(his.socket.destroyed).toBe(false)
    his.socket.destroy()
  })

  test('of those who show nothing make room for those who can', async () => {
    const rig = await start()
    const { token } = await rig.token(ANN)
    const stream = await streaming(rig, token)
    const held = []
    for (let i = 0; i < 63; i++) held.push(await open(rig.port))
    expect(await opens(rig, token)).toBe(200)
    // Without a word: a 408 would be the end of whoever is too slow.
    expect(await held[0]?.ended).toBe('')
    expect(held[62]?.socket.destroyed).toBe(false)
    expect(stream.socket.destroyed).toBe(false)
    for (const { socket } of [...held, stream]) socket.destroy()
  })

  test('are bounded even for those who show a token', async () => {
    const rig = await start()
    const streams = []
    const mine = (await rig.token(ANN)).token
    const others = []
    for (const uid of [BOB, 1002, 1003]) others.push((await rig.token(uid)).token)
    for (const token of [mine, ...others]) {
      for (let i = 0; i < 16; i++) streams.push(await streaming(rig, token))
    }
    const one = await open(rig.port)
    expect(await one.ended).toBe('')
    expect(streams.every(({ socket }) => !socket.destroyed)).toBe(true)
    for (const { socket } of streams) socket.destroy()
    const again = async () => (await opens(rig, mine)) === 200
    await until(again, { what: 'room again' })
  })

  test('of one person are 16, whatever tokens they show; the others have theirs', async () => {
    const rig = await start()
    const [one, two, his] = [await rig.token(ANN), await rig.token(ANN), await rig.token(BOB)]
    const streams = []
    for (let i = 0; i < 16; i++) streams.push(await streaming(rig, i % 2 === 0 ? one.token : two.token))
    const refused = await rig.with(two.token, '/api/v1/mine')
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '5'])
    expect(await opens(rig, his.token)).toBe(200)
    streams[0]?.socket.destroy()
    const again = async () => (await opens(rig, two.token)) === 200
    await until(again, { what: 'room again' })
    for (const { socket } of streams) socket.destroy()
  })

  test('are accepted at 127.0.0.1 and ::1, which localhost may be, and no other address of this machine', async () => {
    const rig = await start()
    expect(rig.http.address()).toEqual({ host: '127.0.0.1', port: rig.port })
    const socket = connect({ host: '127.0.0.2', port: rig.port })
    await expect(
      new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject)),
    ).rejects.toThrow()
  })
})
