// What an agent in a jail may connect to: the places of its manifest, each by its one name, and what else it tries.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Manifest } from '../../../src/agents/manifest/manifest.ts'
import { createConnected } from '../../../src/agents/runtime/runtime.ts'
import { createWayOut, onlyTo, type WayOutDeps } from '../../../src/agents/runtime/way-out.ts'
import type { Gates } from '../../../src/agents/types.ts'
import { systemTimers, type Timers } from '../../../src/base/clock.ts'
import { networkPlace } from '../../../src/base/words/network-place.ts'
import { placeAddress } from '../../../src/daemon/place-address.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import { ANN, actor, agentRig, done, ONLY_READS, said, TRACE, wantedOf } from '../../support/agents/rig.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { jobOf, muscleHere, providersHere } from '../../support/muscle/muscle.ts'
import { pacedTimers } from '../../support/run/paced-time.ts'
import { PATIENCE_MS } from '../../support/run/until.ts'
import { action, PERSON, rig } from './rig.ts'

async function listening(server: { listen: (port: number, host: string) => unknown; address(): unknown }) {
  await once(server.listen(0, '127.0.0.1') as never, 'listening')
  return (server.address() as AddressInfo).port
}

/** A server of HTTP that remembers what it was asked. */
async function site(answer: RequestListener = (_, response) => void response.end('hello')) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    answer(request, response)
  })
  const port = await listening(server)
  onTestFinished(() => void server.close().closeAllConnections())
  return { asked, port, place: `127.0.0.1:${port}` }
}

function out(places: readonly string[], more: Partial<WayOutDeps> = {}) {
  const told: Parameters<WayOutDeps['told']>[0][] = []
  const take = createWayOut({
    refusal: onlyTo(places),
    addressOf: async () => '127.0.0.1',
    mostBytes: 2 ** 20,
    timers: pacedTimers,
    told: (what) => void told.push(what),
    ...more,
  })
  return {
    told,
    /** All that comes back for these bytes. */
    async ask(bytes: string, end = true): Promise<string> {
      const [near, far] = duplexPair()
      near.setEncoding('latin1')
      far.on('error', () => {})
      take(far)
      near.write(bytes, 'latin1')
      if (end) near.end()
      return text(near).catch((error: Error) => error.message)
    },
  }
}

const get = (url: string, more = ''): string => `GET ${url} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
const dial = (place: string, rest = ''): string =>
  `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\n${rest}`

describe('the way out of a jail', () => {
  test('leads any bytes to a place by CONNECT, and a request to the place that its address names', async () => {
    const echo = createTcpServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket))
    const port = await listening(echo)
    onTestFinished(() => void echo.close())
    const tunnel = out([`db.lan:${port}`])
    expect(await tunnel.ask(dial(`DB.lan:${port}`, 'any \0 bytes'))).toBe(
      'HTTP/1.1 200 Connection established\r\n\r\nany \0 bytes',
    )
    expect(tunnel.told).toEqual([{ place: `db.lan:${port}` }])
    const { asked, place } = await site()
    const answer = await out([place]).ask(
      get(
        `http://${place}/a?b=c`,
        'Host2: x\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nProxy-Authorization: Basic x\r\n',
      ),
      false,
    )
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n.*\r\n\r\n(?:5\r\n)?hello/s)
    expect(asked.map(({ url, headers }) => [url, headers])).toEqual([
      ['/a?b=c', { host: place, host2: 'x', connection: 'close' }],
    ])
  })

  test('leads to the same places by SOCKS5, and to no other', async () => {
    const echo = createTcpServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket))
    const port = await listening(echo)
    onTestFinished(() => void echo.close())
    const way = out([`db.lan:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
    const at = String.fromCharCode(port >> 8, port & 255)
    const dialled = (form: string, more = 'any bytes', command = '\x01') =>
      way.ask(`\x05\x01\0\x05${command}\0${form}${at}${more}`)
    const answer = (code: string) => `\x05\0\x05${code}\0\x01\0\0\0\0\0\0`
    expect(await dialled('\x03\x06DB.lan')).toBe(`${answer('\0')}any bytes`)
    expect(await dialled('\x01\x7f\0\0\x01')).toBe(`${answer('\0')}any bytes`)
    expect(await dialled(`\x04${'\0'.repeat(15)}\x01`)).toBe(`${answer('\0')}any bytes`)
    for (const form of ['\x03\x0afile.lan:1', '\x03\x07db.lan.', '\x01\x7f\0\0\x02'])
      expect(await dialled(form), form).toBe(answer('\x02'))
    expect(await dialled('\x03\x06db.lan', '', '\x02')).toBe(answer('\x07'))
    expect(await dialled('\x02')).toBe(answer('\x08'))
    expect(await way.ask('\x05\x01\x02')).toBe('\x05\xff')
    expect(await dialled('\x03\0')).not.toContain('any')
    expect(way.told.map(({ refused }) => refused === undefined)).toEqual([
      true,
      true,
      true,
      ...Array(3).fill(false),
    ])
  })

  test('leads to no other port or host, and to no place under another name of it', async () => {
    const { asked, port, place } = await site()
    const other = await site()
    const way = out([place])
    const refused = [
      ...[`127.0.0.1:${other.port}`, `10.0.0.1:${port}`, `localhost:${port}`, `2130706433:${port}`],
      ...[`0x7f000001:${port}`, `127.1:${port}`, `0177.0.0.1:${port}`, `127.0.0.1.:${port}`, '127.0.0.1'],
      ...[`[::1]:${port}`, `[::ffff:127.0.0.1]:${port}`, `[::ffff:7f00:1]:${port}`, `127.0.0.1:0${port}`],
      ...[`me@127.0.0.1:${port}`, `127.0.0.1:${port}@${other.place}`, `127.0.0.1%00:${port}`, '*'],
    ]
    for (const one of refused) {
      expect(await way.ask(dial(one)), one).toMatch(/^HTTP\/1.1 40[03] /)
      expect(await way.ask(get(`http://${one}/`), false), one).toMatch(/^HTTP\/1.1 40[03] /)
    }
    for (const url of ['/', `//${place}/`, `https://${place}/`, `ftp://${place}/`, place, `unix:/run/x`])
      expect(await way.ask(get(url), false), url).toMatch(/^HTTP\/1.1 40[03] /)
    expect([...asked, ...other.asked]).toEqual([])
    expect(
      way.told.every(({ refused: why }) => why?.includes(`may connect to ${place} and to nothing else`)),
    ).toBe(true)
  })

  test('a place that answers with what is no HTTP, or whose jail is gone meanwhile, harms nobody', async () => {
    const odd = createTcpServer((socket) => void socket.end('HTTP/1.1 099 x\r\ncontent-length: 0\r\n\r\n'))
    const place = `127.0.0.1:${await listening(odd)}`
    onTestFinished(() => void odd.close())
    expect(await out([place]).ask(get(`http://${place}/`), false)).toMatch(/^HTTP\/1.1 502 .*HTTP\n/s)

    // Its right ends while the name is looked up: nothing is connected, and nothing of what it sent goes out.
    const came: string[] = []
    const heard = createTcpServer((socket) => void socket.on('data', (piece) => came.push(String(piece))))
    const port = await listening(heard)
    onTestFinished(() => void heard.close())
    const looked = Promise.withResolvers<string>()
    const told: unknown[] = []
    const take = createWayOut({
      refusal: onlyTo([`db.lan:${port}`]),
      mostBytes: 2 ** 20,
      timers: pacedTimers,
      addressOf: () => looked.promise,
      told: (what: unknown) => void told.push(what),
    })
    const [near, far] = duplexPair()
    far.on('error', () => {})
    take(far)
    near.write(dial(`db.lan:${port}`, 'secret'))
    await new Promise((resolve) => setImmediate(resolve))
    far.destroy()
    await once(far, 'close')
    looked.resolve('127.0.0.1')
    const connections = () =>
      new Promise<number>((resolve) => heard.getConnections((_, count) => resolve(count)))
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect([await connections(), came, told]).toEqual([0, [], []])
  })

  test('hears the first of many requests at once, and a body whose end nobody says goes as one', async () => {
    const { asked, place } = await site()
    const way = out([place])
    await way.ask(get(`http://${place}/`).repeat(100), false)
    expect(asked.length).toBeLessThanOrEqual(1)
    const inner = get('/hidden')
    const body = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`
    const before = asked.length
    await way.ask(
      `DELETE http://${place}/one HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
      false,
    )
    expect(asked.slice(before).map(({ url, headers }) => [url, headers['transfer-encoding']])).toEqual([
      ['/one', 'chunked'],
    ])
  })

  test('heads count to what may be sent, and so does each connection', async () => {
    const { asked, place } = await site()
    const way = out([place], { mostBytes: 20_000 })
    for (let n = 0; n < 8; n++) await way.ask(get(`http://${place}/${'x'.repeat(4_000)}`), false)
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.length).toBeLessThan(6)
    const rare = out([place], { mostBytes: 4_000 })
    for (let n = 0; n < 8; n++) await rare.ask(dial(place))
    expect(rare.told.filter(({ refused }) => refused === undefined).length).toBeLessThan(5)
  })

  test('follows no redirect, and takes one request of a connection', async () => {
    const other = await site()
    const first = await site(
      (_, response) => void response.writeHead(302, { location: `http://${other.place}/` }).end(),
    )
    const way = out([first.place])
    const twice =
      get(`http://${first.place}/`) + get(`http://${other.place}/`) + get(`http://${first.place}/`)
    const answer = await way.ask(twice, false)
    expect(answer).toContain('302')
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1)
    expect([first.asked.length, other.asked.length]).toEqual([1, 0])
    const smuggled = `POST http://${first.place}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${twice}`
    expect(await way.ask(smuggled, false)).toContain('400 Bad Request')
    expect(first.asked).toHaveLength(1)
  })

  test('says why a name is not connected to, and that a place does not answer', async () => {
    const way = out(['evil.lan:80'], {
      addressOf: async (host) => {
        throw new Error(`the name ${host} is at 127.0.0.1`)
      },
    })
    expect(await way.ask(dial('evil.lan:80'))).toMatch(/^HTTP\/1.1 403 .*the name evil.lan is at 127.0.0.1/s)
    expect(way.told).toEqual([{ place: 'evil.lan:80', refused: 'the name evil.lan is at 127.0.0.1' }])
    const closed = createTcpServer()
    const port = await listening(closed)
    await new Promise((resolve) => closed.close(resolve))
    expect(await out([`127.0.0.1:${port}`]).ask(dial(`127.0.0.1:${port}`))).toMatch(
      /^HTTP\/1.1 502 .*ECONNREFUSED/s,
    )
  })

  test('ends what sends or receives more than it may, and what asks for nothing', async () => {
    const { place } = await site((_, response) => void response.end('x'.repeat(100_000)))
    const way = out([place], { mostBytes: 50_000 })
    expect((await way.ask(get(`http://${place}/`), false)).length).toBeLessThan(100_000)
    expect(await way.ask(dial(place))).toContain('as much as it may')
    const due: (() => void)[] = []
    const silent = out([place], {
      timers: {
        after(ms, run) {
          if (ms === 10_000) due.push(run)
          return () => {}
        },
      },
    }).ask('GET http://', false)
    for (const run of due) run()
    expect(await silent).toBe('')
    expect(
      await out([place]).ask(`GET http://${place}/ HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`),
    ).toContain('431')
  })

  test('is in the ledger: each place at once, then counted, and never with the words of the agent', async () => {
    const ledger: AuditRecord[] = []
    let now = 0
    const clock = { now: () => now, monotonic: () => now }
    const connected = createConnected({ clock, record: async (entry) => void ledger.push(entry) })
    const manifest = { id: 'kExecutor:fixture', person: ANN } as unknown as Manifest
    for (let times = 0; times < 3; times++) connected(manifest, TRACE, { place: 'db.lan:80' })
    connected(manifest, TRACE, { place: undefined, refused: 'it asks for the-contents-of-a-file.example:80' })
    now = 70_000
    connected(manifest, TRACE, { place: 'db.lan:80' })
    const about = { uid: ANN, agent: 'kExecutor:fixture' }
    expect(ledger).toEqual([
      {
        type: 'agent_connected',
        success: true,
        trace_id: TRACE,
        details: { ...about, times: 1, place: 'db.lan:80' },
      },
      {
        type: 'agent_connected',
        success: false,
        trace_id: TRACE,
        details: { ...about, times: 1, reason: 'none of its places' },
      },
      {
        type: 'agent_connected',
        success: true,
        trace_id: TRACE,
        details: { ...about, times: 3, place: 'db.lan:80' },
      },
    ])
  })
})

describe('a place of the network', () => {
  test('has one form', () => {
    for (const text of ['10.0.0.5:5432', 'build.lan:443', 'x:1', '[fd00::5]:80', '127.0.0.1:65535'])
      expect(networkPlace(text), text).toBeDefined()
    for (const text of [
      ...[
        '10.0.0.5',
        '10.0.0.5:0',
        '10.0.0.5:65536',
        '10.0.0.5:080',
        '10.5:80',
        '167772165:80',
        '0xa000005:80',
      ],
      ...[
        'Build.lan:80',
        'a_b:80',
        'a..b:80x',
        '-a:80',
        '[fd00:0::5]:80',
        '[FD00::5]:80',
        '[::ffff:10.0.0.5]:80',
      ],
      ...['me@10.0.0.5:80', 'http://10.0.0.5:80', '10.0.0.5:80/', '*:80', ':80', `${'x'.repeat(300)}:80`],
    ])
      expect(networkPlace(text), text).toBeUndefined()
  })

  test('is looked up outside of the jail: a name is of another machine of a private network, or of nobody', async () => {
    const hosts = join(temporaryDirectory(), 'hosts')
    writeFileSync(
      hosts,
      '10.0.0.5 good\n127.0.0.1 self\n169.254.169.254 cloud\nfe80::1 link\n8.8.8.8 public\n10.0.0.5 both\n127.0.0.1 both\n::ffff:127.0.0.1 mapped\n0.0.0.0 none\n',
    )
    const sources = { mesh: { lan_only: true }, discovery: { resolvers: [] } }
    const look = (host: string) => placeAddress(host, sources, hosts)
    expect(await look('good')).toBe('10.0.0.5')
    expect(await look('127.0.0.1')).toBe('127.0.0.1')
    expect(await look('169.254.1.1')).toBe('169.254.1.1')
    for (const name of ['self', 'cloud', 'link', 'both', 'mapped'])
      await expect(look(name), name).rejects.toThrow('counts only where the address itself is allowed')
    for (const name of ['public', '8.8.8.8', 'none', '0.0.0.0', '2001:db8::1'])
      await expect(look(name), name).rejects.toThrow('not an address of a private network')
    await expect(look('unknown')).rejects.toThrow('discovery.resolvers')
  })

  test('is given only as the configuration names it, by an administrator, and to what is in a jail', async () => {
    const { runtime } = await agentRig({ connect: ['10.0.0.5:80'] })
    const wanted = wantedOf('/', [], {
      argv: ['/usr/bin/true'],
      cwd: '/tmp',
      binds: [],
      connect: ['10.0.0.5:80'],
    })
    const add = (more: Partial<typeof wanted>, who = actor()) => runtime.add(who, { ...wanted, ...more })
    await expect(add({ connect: ['10.0.0.5:81'] })).rejects.toThrow(
      'does not permit agents to connect to 10.0.0.5:81',
    )
    await expect(add({ connect: ['10.5:80'] })).rejects.toThrow('is not HOST:PORT')
    await expect(add({ argv: ['http://127.0.0.1:1/'] })).rejects.toThrow()
    for (const path of ['/srv/a\nb', `/${'a'.repeat(1_000)}`])
      await expect(add({ binds: [{ path, write: false }] })).rejects.toThrow('no grant can name the place')
    await expect(add({}, actor(ANN, false))).rejects.toThrow('only administrators')
    expect((await add({})).manifest?.capabilities).toContain('net.connect:10.0.0.5:80')
  })

  test('is denied by policy without the configuration, and by capability without a grant or with another one', async () => {
    const reads = action({
      agent: 'kExecutor:fixture',
      connect: ['10.0.0.5:80'],
      requester: { node: action().target, person: String(PERSON) },
    })
    expect(await (await rig()).gates.judge(reads)).toMatchObject({ outcome: 'deny', gate: 'policy' })
    const { gates, capabilities } = await rig({ connect: ['10.0.0.5:80', '10.0.0.5:81'] })
    const grant = (name: string) => capabilities.grant({ subject: reads.agent, names: [name], by: PERSON })
    await grant('net.connect:10.0.0.5:81')
    expect(await gates.judge(reads)).toMatchObject({
      outcome: 'deny',
      gate: 'capability',
      hint: expect.stringContaining('net.connect:10.0.0.5:80'),
    })
    await grant('net.connect:10.0.0.5:80')
    expect(await gates.lost(reads)).toBeUndefined()
    expect(await gates.lost({ ...reads, connect: ['10.0.0.5:80', '10.0.0.5:82'] })).toMatchObject({
      gate: 'policy',
    })
  })
})

const nothing = (): void => {}
for (const { provider, problem } of await providersHere()) {
  if (problem !== undefined || provider.name === 'landlock') continue
  test(`an agent in a jail by ${provider.name} reaches its place, and nothing else`, async () => {
    const { asked, place } = await site()
    const other = await site()
    const { client } = await muscleHere({ providers: [provider] })
    const gates: Gates = {
      ...ONLY_READS,
      judge: async (what) =>
        what.operation === 'start' && what.env.HTTPS_PROXY === `to ${place} and nowhere else`
          ? { outcome: 'run', hash: '', class: 'medium', reason: 'a test', by: [], code: [] }
          : ONLY_READS.judge(what),
    }
    // A guest that is emulated may boot for minutes: its template is made before anything waits for an answer.
    const first = await client.run(jobOf(['/usr/bin/true']), nothing, nothing)
    expect(await first.ended).toMatchObject({ code: 0 })
    const timers: Timers = { after: (ms, run) => systemTimers.after(10 * ms, run) }
    const { runtime, ledger } = await agentRig({ connect: [place], client, gates, timers })
    const ample = { connect: [place], callMs: PATIENCE_MS }
    await runtime.add(actor(), wantedOf(serverDirectory(), [], ample))
    const page = async (url: string) => said(runtime, await done(runtime, 'get_page', { url }))
    expect(await page(`http://${place}/a`)).toBe('200 hello')
    const refused = await done(runtime, 'get_page', { url: `http://${other.place}/the-words-of-a-file` })
    expect(refused.state).toBe('failed')
    expect(asked.map(({ url }) => url)).toEqual(['/a'])
    expect(other.asked).toEqual([])
    expect(
      ledger.flatMap(({ type, success, details }) =>
        type === 'agent_connected' ? [[success, details]] : [],
      ),
    ).toEqual([
      [true, { uid: ANN, agent: 'kExecutor:fixture', times: 1, place }],
      [false, { uid: ANN, agent: 'kExecutor:fixture', times: 1, reason: 'none of its places' }],
    ])
    const { lines } = await runtime.logs(actor(), 'fixture')
    expect(lines.some(({ text: line }) => line.includes(`asks for ${other.place}`))).toBe(true)
  })
}
