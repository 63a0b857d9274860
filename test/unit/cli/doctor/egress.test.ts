// Every kind of socket: which are explained, by what, and which never are.
import { describe, expect, test } from 'vitest'
import { type EgressContext, type Explained, explain, settle } from '../../../../src/cli/doctor/egress.ts'
import type { OpenSocket } from '../../../../src/cli/doctor/sockets.ts'

const link = {
  node_id: 'karo:ed25519:x' as never,
  fingerprint: '0123456789abcdef',
  name: 'birch',
  admitted: true,
  dialed: true,
  remote: '10.0.0.6:9238',
  skew_ms: 0,
  karo_version: '0.1.0',
  protocol_version: 1,
}
const context: EgressContext = {
  socket: '/home/a/karo/karo.sock',
  mesh: { lan_only: true, allow_cgnat: false },
  discovery: { resolvers: ['10.0.0.53'] },
  facts: {
    http: { host: '127.0.0.1', port: 9237 },
    mesh: {
      listen: ['/ip4/10.0.0.5/tcp/9238', '/ip6/fd00::5/tcp/9238'],
      mdns: ['10.0.0.5'],
      connections: [
        link,
        { ...link, name: 'public', remote: '8.8.8.8:9238' },
        { ...link, name: 'six', remote: 'fd00::6:9238' },
      ],
      dialing: ['10.0.0.7:9238', '9.9.9.9:9238'],
      leaves: { linked: 0, up_to: 256, turned_away: [] },
    },
  },
}
const tcp = (local: string, localPort: number, remote = '0.0.0.0', remotePort = 0): OpenSocket => ({
  kind: 'tcp',
  fd: 20,
  inode: '1',
  local,
  localPort,
  remote,
  remotePort,
  listens: remotePort === 0,
})
const udp = (local: string, localPort: number, remote = '0.0.0.0', remotePort = 0): OpenSocket => ({
  ...(tcp(local, localPort, remote, remotePort) as OpenSocket & { kind: 'tcp' }),
  kind: 'udp',
  listens: false,
})
const unix = (path: string, type: 'stream' | 'datagram' = 'stream', fd = 20): OpenSocket => ({
  kind: 'unix',
  fd,
  inode: '1',
  type,
  path,
})
const why = (socket: OpenSocket, other: Partial<EgressContext> = {}): string | null =>
  explain([socket], { ...context, ...other })[0]?.why ?? null

test('each kind of socket that there may be is explained', () => {
  const sockets: Readonly<Record<string, OpenSocket>> = {
    'mesh listener': tcp('10.0.0.5', 9238),
    'mesh listener, IPv6': tcp('fd00::5', 9238),
    'HTTP listener': tcp('127.0.0.1', 9237),
    'a browser': tcp('127.0.0.1', 9237, '127.0.0.1', 50_000),
    'a browser, by a socket of IPv6': tcp('::ffff:127.0.0.1', 9237, '::ffff:127.0.0.1', 50_000),
    'a link': tcp('10.0.0.5', 40_000, '10.0.0.6', 9238),
    'a link, IPv6': tcp('fd00::5', 40_000, 'fd00::6', 9238),
    'a dial': tcp('10.0.0.5', 40_000, '10.0.0.7', 9238),
    'somebody at the door': tcp('10.0.0.5', 9238, '10.0.0.8', 50_000),
    mDNS: udp('0.0.0.0', 5353),
    'what sends mDNS': udp('239.192.53.53', 5353),
    'a DNS server, over UDP': udp('10.0.0.5', 40_000, '10.0.0.53', 53),
    'a DNS server, over TCP': tcp('10.0.0.5', 40_000, '10.0.0.53', 53),
    'the control socket as it is bound': unix('/home/a/karo/.AbC123/s'),
    'the control socket': unix('/home/a/karo/karo.sock'),
    'the journal': unix('', 'stream', 2),
    'the service manager': unix('', 'datagram'),
  }
  const page = Object.entries(sockets).map(([title, socket]) => `${title}: ${why(socket)}`)
  expect(page.join('\n')).toMatchSnapshot()
})

describe('never explained', () => {
  const sockets: Readonly<Record<string, OpenSocket>> = {
    'a listener on another port': tcp('10.0.0.5', 9999),
    'a listener on every address': tcp('0.0.0.0', 9238),
    'REST on the LAN': tcp('10.0.0.5', 9237),
    'a public address, even where the daemon says that it is a link': tcp(
      '10.0.0.5',
      40_000,
      '8.8.8.8',
      9238,
    ),
    'a public address that it says is dialed': tcp('10.0.0.5', 40_000, '9.9.9.9', 9238),
    'a public address at the door': tcp('10.0.0.5', 9238, '8.8.8.8', 50_000),
    'a connection nobody knows of': tcp('10.0.0.5', 40_000, '10.0.0.9', 22),
    'HTTP from another machine': tcp('127.0.0.1', 9237, '10.0.0.9', 50_000),
    'a DNS server that is not configured': udp('10.0.0.5', 40_000, '10.0.0.54', 53),
    'another port of one that is': udp('10.0.0.5', 40_000, '10.0.0.53', 853),
    'UDP on another port': udp('0.0.0.0', 53),
    'UDP of another group': udp('239.192.53.54', 5353),
    'UDP that is connected': udp('0.0.0.0', 5353, '10.0.0.9', 53),
    'a Unix socket elsewhere': unix('/run/other.sock'),
    'a Unix stream to somebody': unix(''),
    'a name that only looks like ours': unix('/tmp/.AbC123/s'),
    'a packet socket': { kind: 'packet', fd: 9, inode: '1' } as OpenSocket,
    'one in no table': { kind: 'unknown', fd: 9, inode: '1' } as OpenSocket,
  }
  test.each(Object.entries(sockets))('%s', (_, socket) => {
    expect(why(socket)).toBeNull()
  })

  test('mDNS where it is off', () => {
    const facts = { ...context.facts, mesh: { ...context.facts.mesh, mdns: [] } }
    expect(why(udp('0.0.0.0', 5353), { facts })).toBeNull()
  })

  test('a public DNS server while lan_only is on, whatever is configured', () => {
    const socket = udp('10.0.0.5', 40_000, '9.9.9.9', 53)
    expect(why(socket, { discovery: { resolvers: ['9.9.9.9'] } })).toBeNull()
  })

  test('without lan_only a public link is one', () => {
    const socket = tcp('10.0.0.5', 40_000, '8.8.8.8', 9238)
    expect(why(socket, { mesh: { lan_only: false, allow_cgnat: false } })).toContain('link to public')
  })
})

test('what comes and goes between looks counts only when it stays without an explanation', () => {
  const one = (fd: number, says: string | null): Explained => ({
    fd,
    kind: 'tcp',
    local: 'a',
    remote: 'b',
    why: says,
  })
  expect(settle([[one(1, null)], [one(1, 'link')]])).toEqual([one(1, 'link')])
  expect(settle([[one(1, null)], [one(2, null)]])).toEqual([])
  expect(settle([[one(1, null)], [one(1, null), one(3, 'mDNS')]])).toEqual([one(1, null), one(3, 'mDNS')])
  expect(settle([[one(1, null)]])).toEqual([one(1, null)])
})
