// The mesh's decisions that need no network: admission steps, rivals, back-off, addresses, mDNS packets.
import type { NetworkInterfaceInfo } from 'node:os'
import type { MultiaddrConnection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import type { HelloStage } from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { believable, heardAddresses, told } from '../../../src/mesh/admission/addresses.ts'
import { createDoorkeeper, type Doorkeeper } from '../../../src/mesh/admission/doorkeeper.ts'
import { type Endpoint, endpointOf, parseEndpoint } from '../../../src/mesh/admission/endpoint.ts'
import { allowsAddress, createGater, type GaterDeps } from '../../../src/mesh/admission/gater.ts'
import { type Interfaces, listenAddresses } from '../../../src/mesh/admission/listen.ts'
import { encodeAnswers, encodeQuestions } from '../../../src/mesh/discovery/mdns-packet.ts'
import { segmentsOf, watchSegments } from '../../../src/mesh/discovery/segments.ts'
import { resolveStatic } from '../../../src/mesh/link/dials.ts'
import { peerIdOf } from '../../../src/mesh/link/peer.ts'
import { UNSENT_MAX } from '../../../src/mesh/muxer.ts'
import { ADDRESSES_PER_NODE, createBook, HEARSAY_PER_NODE } from '../../../src/mesh/state/book.ts'
import { createHandshake, loserAtOpening, type Step } from '../../../src/mesh/state/connections.ts'
import { createDialing } from '../../../src/mesh/state/dialing.ts'
import { createPlaces } from '../../../src/mesh/state/places.ts'
import { backoffMs, createRedial } from '../../../src/mesh/state/redial.ts'
import type { Conn, MeshAction, Outcome } from '../../../src/mesh/state/types.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import fc, { forAll } from '../../support/run/properties.ts'
import { patience } from '../../support/run/until.ts'

const LAN = { lan_only: true, allow_cgnat: false }
/** Of a machine on a LAN that knows nobody and refuses no key. */
const gaterHere = (over: Partial<GaterDeps> = {}) =>
  createGater({
    mesh: LAN,
    doorkeeper: createDoorkeeper(() => 0),
    refuses: () => false,
    knows: () => false,
    proved: () => {},
    ...over,
  })
const isPrivate = (ip: string): boolean => allowsAddress(LAN, ip)

describe('handshake', () => {
  test('whatever the order of minds and messages, serve at one end precedes out at the other', () => {
    forAll(fc.array(fc.nat(5), { maxLength: 60 }), (moves) => {
      const ends = [0, 1].map(() => ({
        machine: createHandshake(),
        inbox: [] as HelloStage[],
        view: { serve: false, out: false },
        minds: false,
      }))
      const run = (at: number, steps: readonly Step[] | undefined): void => {
        expect(steps).toBeDefined()
        for (const step of steps ?? []) {
          const [here, there] = [ends[at]!, ends[1 - at]!]
          if ('say' in step) there.inbox.push(step.say)
          else here.view[step.open] = true
          if (here.view.out) expect(there.view.serve).toBe(true)
          if (here.view.serve || here.view.out) expect(here.minds).toBe(true)
        }
      }
      for (const move of moves) {
        const at = move % 2
        const end = ends[at]!
        if (move < 2) {
          const stage = end.inbox.shift()
          if (stage !== undefined) run(at, end.machine.heard(stage))
        } else if (move < 4) {
          end.minds = true
          run(at, end.machine.decide(true))
        } else run(at, end.machine.decide(end.minds))
      }
      // Whatever was left unsaid is said: both agree in the end.
      for (let turn = 0; turn < 12; turn++) {
        const end = ends[turn % 2]!
        if (turn < 2) {
          end.minds = true
          run(turn, end.machine.decide(true))
        }
        for (let stage = end.inbox.shift(); stage !== undefined; stage = end.inbox.shift()) {
          run(turn % 2, end.machine.heard(stage))
        }
      }
      expect(ends.map((end) => end.machine.admitted())).toEqual([true, true])
    })
  })

  test('what nobody may say is refused', () => {
    const heard = (...stages: HelloStage[]): unknown => {
      const machine = createHandshake()
      machine.decide(true)
      return stages.map((stage) => machine.heard(stage)).at(-1)
    }
    expect(heard('ready')).toBeUndefined()
    expect(heard('yes', 'yes')).toBeUndefined()
    expect(heard('yes', 'pending')).toBeUndefined()
    expect(heard('yes', 'ready', 'ready')).toBeUndefined()
    const unwilling = createHandshake()
    unwilling.decide(false)
    expect(unwilling.heard('yes')).toEqual([])
    expect(unwilling.heard('ready')).toBeUndefined()
    expect(unwilling.waits()).toBe(true)
  })
})

test('rivals: both ends come to the same answer', () => {
  const [x, y] = [testIdentity().nodeId, testIdentity().nodeId].sort() as [NodeId, NodeId]
  forAll(fc.integer({ min: 0, max: 4_999 }), fc.boolean(), (gap, xFirst) => {
    const byX = { openedAt: xFirst ? 0 : gap }
    const byY = { openedAt: xFirst ? gap : 0 }
    const seen = (self: NodeId): string => {
      const ours = { ...byX, by: 'x', dialed: self === x }
      const theirs = { ...byY, by: 'y', dialed: self === y }
      const [older, newer] = xFirst ? [ours, theirs] : [theirs, ours]
      return loserAtOpening(older, newer, { self, peer: self === x ? y : x }, 5_000)?.by ?? 'none'
    }
    expect(seen(x)).toBe('y')
    expect(seen(y)).toBe('y')
  })
  const old = { dialed: true, openedAt: 0 }
  expect(loserAtOpening(old, { dialed: false, openedAt: 6_000 }, { self: x, peer: y }, 5_000)).toBeUndefined()
  expect(loserAtOpening(old, { dialed: true, openedAt: 1 }, { self: x, peer: y }, 5_000)).toBeUndefined()
})

test('back-off doubles from a second to a minute, with jitter', () => {
  const span = (failures: number): number[] => [0, 1].map((random) => backoffMs(failures, () => random))
  const least = [500, 1_000, 2_000, 16_000, 30_000, 30_000]
  expect([1, 2, 3, 6, 7, 100].map(span)).toEqual(least.map((ms) => [ms, 2 * ms]))
})

const random = { bytes: () => new Uint8Array(), float: () => 0 }

/** A redial table over a clock that the test moves. */
function redialing() {
  const clock = { time: 0, now: () => clock.time, monotonic: () => clock.time }
  return { clock, redial: createRedial({ clock, random }) }
}

describe('redial', () => {
  const failed: Outcome = { kind: 'ended', reason: 'cut' }

  test('at most eight at a time, everybody in the end', () => {
    const { redial } = redialing()
    const left = new Set(Array.from({ length: 60 }, (_, n) => `t${n}`))
    const rounds: number[] = []
    while (left.size > 0) {
      const { begin } = redial.due(left)
      // A full house begins nothing more.
      expect(redial.due(left).begin).toEqual([])
      rounds.push(begin.length)
      for (const target of begin) {
        left.delete(target)
        redial.settle(target, { kind: 'admitted' })
      }
    }
    expect(rounds).toEqual([8, 8, 8, 8, 8, 8, 8, 4])
  })

  test('each silent dial halves how many run at a time, down to two; it grows as others end', () => {
    const { clock, redial } = redialing()
    const silent: Outcome = { kind: 'ended', reason: 'silent' }
    const everybody = Array.from({ length: 60 }, (_, n) => `t${n}`)
    const next = (silentOnes: number): number => {
      clock.time += 60_000
      const { begin } = redial.due(everybody)
      for (const [at, target] of begin.toReversed().entries())
        redial.settle(target, at >= begin.length - silentOnes ? silent : failed)
      return begin.length
    }
    // Where nobody answers at all, no machine is too busy.
    expect([next(0), next(0)]).toEqual([8, 8])
    expect([8, 2, 0, 0, 0, 0, 0, 0, 0].map(next)).toEqual([8, 2, 2, 3, 4, 5, 6, 7, 8])
    expect([1, 0].map(next)).toEqual([8, 4])
  })

  test('a wake-up during a dial outlives what the dial comes to', () => {
    const { redial } = redialing()
    expect(redial.due(['t']).begin).toEqual(['t'])
    redial.wake('t')
    redial.settle('t', { kind: 'pending', retryAfterMs: 3_600_000 })
    expect(redial.due(['t']).begin).toEqual(['t'])
    redial.settle('t', { kind: 'pending', retryAfterMs: 3_600_000 })
    expect(redial.due(['t'])).toEqual({ begin: [], nextMs: 3_600_000 })
  })

  test('one attempt at a time; who fails waits, and who is not wanted any more is forgotten', () => {
    const { clock, redial } = redialing()
    expect([redial.begin('t'), redial.begin('t')]).toEqual([true, false])
    redial.settle('t', failed)
    expect(redial.due(['t'])).toEqual({ begin: [], nextMs: 500 })
    clock.time = 500
    expect(redial.due(['t']).begin).toEqual(['t'])
    redial.settle('t', failed)
    clock.time = 60_000
    redial.due([])
    expect(redial.size).toBe(0)
  })
})

describe('addresses', () => {
  const info = (address: string, prefix: number): NetworkInterfaceInfo =>
    ({
      address,
      cidr: `${address}/${prefix}`,
      family: address.includes(':') ? 'IPv6' : 'IPv4',
    }) as NetworkInterfaceInfo
  const interfaces = {
    lo: [info('127.0.0.1', 8), info('::1', 128)],
    eth0: [info('10.0.0.5', 24), info('fe80::5', 64), info('fd00::5', 64)],
    eth1: [info('192.168.7.5', 24)],
    wan: [info('203.0.113.9', 24)],
  }

  test('only IP and TCP are endpoints, and a mapped address is the IPv4 one it reaches', () => {
    expect(parseEndpoint('/ip4/10.0.0.5/tcp/9238')).toEqual({ ip: '10.0.0.5', port: 9238 })
    for (const mapped of ['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:FFFF:7F00:1']) {
      expect(parseEndpoint(`/ip6/${mapped}/tcp/5999`)).toEqual({ ip: '127.0.0.1', port: 5999 })
      expect(endpointOf(multiaddr(`/ip6/${mapped}/tcp/5999`))).toEqual({ ip: '127.0.0.1', port: 5999 })
    }
    expect(parseEndpoint('/ip6/0:0:0:0:0:0:0:1/tcp/1')?.ip).toBe('::1')
    expect(parseEndpoint('/ip6/::ffff:8.8.4.255/tcp/1')?.ip).toBe('8.8.4.255')
    const others = ['/dns4/a/tcp/1', '/ip4/10.0.0.5/udp/1', '/ip6zone/eth0/ip6/fe80::1/tcp/1', '/unix/a']
    for (const text of [...others, '', 'x']) expect(parseEndpoint(text)).toBeUndefined()
    const relayed = `/ip4/10.0.0.5/tcp/1/p2p/12D3KooWGzBXWNvHpLALvEbSbzGXWrq2bCQHXvQ4iF2rTsoq2Hhy/p2p-circuit`
    expect(parseEndpoint(relayed)).toBeUndefined()
  })

  test('the gater lets only private addresses through, in both directions', () => {
    const gater = gaterHere()
    const dials = (text: string): boolean => gater.denyDialMultiaddr?.(multiaddr(text)) === false
    const enters = (text: string): boolean =>
      gater.denyInboundConnection?.({ remoteAddr: multiaddr(text), addEventListener: () => {} } as never) ===
      false
    for (const ip of ['10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.1.1', '127.0.0.1']) {
      expect([dials(`/ip4/${ip}/tcp/1`), enters(`/ip4/${ip}/tcp/1`)]).toEqual([true, true])
    }
    for (const ip of ['8.8.8.8', '172.32.0.1', '100.64.0.1', '0.0.0.0', '224.0.0.251']) {
      expect([dials(`/ip4/${ip}/tcp/1`), enters(`/ip4/${ip}/tcp/1`)]).toEqual([false, false])
    }
    expect([dials('/ip6/fd00::1/tcp/1'), enters('/ip6/::1/tcp/1')]).toEqual([true, true])
    expect([dials('/ip6/2001:db8::1/tcp/1'), enters('/ip6/::ffff:8.8.8.8/tcp/1')]).toEqual([false, false])
    expect(dials('/dns4/example.org/tcp/1')).toBe(false)
  })

  test('the gater bounds what a connection holds unread, in both directions', () => {
    const gater = gaterHere()
    const connection = (): MultiaddrConnection =>
      ({ remoteAddr: multiaddr('/ip4/10.0.0.5/tcp/1'), addEventListener: () => {} }) as never
    const [inbound, outbound] = [connection(), connection()]
    gater.denyInboundConnection?.(inbound)
    gater.denyOutboundEncryptedConnection?.(peerIdOf(testIdentity().nodeId), outbound)
    for (const { maxReadBufferLength, maxWriteBufferLength } of [inbound, outbound])
      expect([maxReadBufferLength, maxWriteBufferLength]).toEqual([256 * 1024, UNSENT_MAX])
  })

  test('the gater refuses keys that are refused here, at every step at which it sees them', () => {
    const [denied, fine] = [testIdentity().nodeId, testIdentity().nodeId]
    const proved: unknown[] = []
    const gater = gaterHere({
      refuses: (node) => node === denied,
      proved: (node, ip) => void proved.push([node, ip]),
    })
    for (const node of [denied, fine]) {
      const refused = node === denied
      const id = peerIdOf(node)
      const connection = { remoteAddr: multiaddr('/ip4/10.0.0.5/tcp/1') } as never
      expect(gater.denyDialPeer?.(id)).toBe(refused)
      expect(gater.denyInboundEncryptedConnection?.(id, connection)).toBe(refused)
      expect(gater.denyOutboundEncryptedConnection?.(id, connection)).toBe(refused)
      expect(gater.denyInboundUpgradedConnection?.(id, connection)).toBe(refused)
      expect(gater.denyOutboundUpgradedConnection?.(id, connection)).toBe(refused)
    }
    expect(proved).toEqual([denied, fine].map((node) => [node, '10.0.0.5']))
  })

  test('a handshake holds its place at the door until it is over, however it ends', () => {
    const left: string[] = []
    const doorkeeper: Doorkeeper = { enters: () => true, left: (host) => void left.push(host) }
    const gater = gaterHere({ doorkeeper })
    const enter = () => {
      let close = (): void => {}
      const connection = {
        remoteAddr: multiaddr('/ip4/10.0.0.5/tcp/1'),
        addEventListener: (_: string, listener: () => void) => {
          close = listener
        },
      } as never
      expect(gater.denyInboundConnection?.(connection)).toBe(false)
      return { connection, close: () => close() }
    }
    const [upgraded, failed] = [enter(), enter()]
    expect(left).toHaveLength(0)
    gater.denyInboundUpgradedConnection?.(peerIdOf(testIdentity().nodeId), upgraded.connection)
    expect(left).toHaveLength(1)
    upgraded.close()
    expect(left).toHaveLength(1)
    failed.close()
    expect(left).toEqual(['10.0.0.5', '10.0.0.5'])
  })

  test('nobody on the LAN points this node at itself, however the address is spelled', () => {
    const own = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '0.0.0.0', '::']
    const inward = own.map((ip) => `/ip${ip.includes(':') ? 6 : 4}/${ip}/tcp/5999`)
    const open = { lan_only: false, allow_cgnat: false }
    expect(believable(open, inward, '10.0.0.5', true)).toEqual([])
    const segments = segmentsOf(true, interfaces, isPrivate)
    const outward = '/ip4/10.0.0.9/tcp/1'
    const heard = (source: string) => heardAddresses(segments, [...inward, outward], source)
    expect(own.flatMap(heard)).toEqual([])
    expect(heard('10.0.0.9')).toEqual([outward])
  })

  test('a peer’s claims are believed as far as they are plausible', () => {
    const ips = ['10.0.0.9', '10.0.0.5', '127.0.0.1', '8.8.8.8']
    const claims = ips.map((ip) => `/ip4/${ip}/tcp/1`)
    expect(believable(LAN, claims, '10.0.0.5', true)).toEqual(['/ip4/10.0.0.5/tcp/1', '/ip4/10.0.0.9/tcp/1'])
    expect(believable(LAN, claims, '10.0.0.5', false)).toEqual(['/ip4/10.0.0.5/tcp/1'])
    expect(believable(LAN, claims, '127.0.0.1', false)).toEqual(['/ip4/127.0.0.1/tcp/1'])
    const own = ['/ip4/127.0.0.1/tcp/1', '/ip4/10.0.0.5/tcp/1']
    expect(told(own.map((address) => multiaddr(address)))).toEqual(own.toReversed())
  })

  test('auto listens on every private address by itself and on no other', () => {
    const mesh = { port: 9238, listen: 'auto', ping_seconds: 15, ...LAN } as const
    expect(listenAddresses(mesh, interfaces)).toEqual([
      '/ip4/127.0.0.1/tcp/9238',
      '/ip6/::1/tcp/9238',
      '/ip4/10.0.0.5/tcp/9238',
      '/ip6/fd00::5/tcp/9238',
      '/ip4/192.168.7.5/tcp/9238',
    ])
    expect(listenAddresses({ ...mesh, listen: ['10.0.0.5'], port: 0 }, interfaces)).toEqual([
      '/ip4/10.0.0.5/tcp/0',
    ])
  })

  test('bridges of containers come last, whichever interface the system names first', () => {
    const mesh = { port: 1, listen: 'auto', ping_seconds: 15, ...LAN } as const
    const bridges = { docker0: [info('172.17.0.1', 16)], 'br-1f': [info('172.18.0.1', 16)] }
    expect(listenAddresses(mesh, { ...bridges, eth1: interfaces.eth1 })).toEqual([
      '/ip4/192.168.7.5/tcp/1',
      '/ip4/172.17.0.1/tcp/1',
      '/ip4/172.18.0.1/tcp/1',
    ])
  })

  test('mDNS speaks where it may: everywhere, on an interface, in a subnet', () => {
    const segments = (where: true | string[], of: Interfaces = interfaces) => segmentsOf(where, of, isPrivate)
    expect(segments(true).speakFrom).toEqual(['10.0.0.5', 'fd00::5', '192.168.7.5'])
    expect(segments(true).interfaceOf('fd00::5')).toBe('eth0')
    expect(segments(true).includes('203.0.113.9')).toBe(false)
    expect(segments(['wan']).speakFrom).toEqual([])
    expect(segmentsOf(['wan'], interfaces, () => true).speakFrom).toEqual(['203.0.113.9'])
    expect(segments(true, { lo: interfaces.lo }).speakFrom).toEqual(['127.0.0.1'])
    const wired = segments(['eth0'])
    expect(wired.speakFrom).toEqual(['10.0.0.5', 'fd00::5'])
    expect([wired.includes('10.0.0.77'), wired.includes('192.168.7.7')]).toEqual([true, false])
    expect(segments(['192.168.0.0/16']).speakFrom).toEqual(['192.168.7.5'])
    expect(segments(['eth9']).speakFrom).toEqual([])
  })

  test('a packet came over the link in whose network its sender is, where mDNS may speak', () => {
    const { besideOf } = segmentsOf(true, interfaces, isPrivate)
    expect(besideOf('10.0.0.77')).toEqual(['10.0.0.5'])
    expect(besideOf('192.168.7.77')).toEqual(['192.168.7.5'])
    expect(besideOf('fd00::7')).toEqual(['fd00::5'])
    for (const other of ['172.16.0.1', '203.0.113.10', 'fd01::7', 'fe80::7%eth0', ''])
      expect(besideOf(other)).toEqual([])
    expect(segmentsOf(['eth0'], interfaces, isPrivate).besideOf('192.168.7.77')).toEqual([])
  })

  test('of networks within networks a packet came over the smallest', () => {
    const at = (address: string, bits: number) => [{ address, family: 'IPv4', cidr: `${address}/${bits}` }]
    const nested = { tun0: at('10.9.0.5', 8), eth0: at('10.1.2.5', 24), wlan0: at('10.1.2.6', 24) } as never
    const { besideOf } = segmentsOf(true, nested, isPrivate)
    expect(besideOf('10.1.2.77')).toEqual(['10.1.2.5', '10.1.2.6'])
    expect(besideOf('10.1.3.77')).toEqual(['10.9.0.5'])
  })

  test('interfaces are read every few seconds at most, and when that fails the last ones stand', () => {
    let now = 0
    let reads = 0
    let fails = true
    const errors: unknown[] = []
    const watched = watchSegments(
      () => {
        reads++
        if (fails) throw new Error('EMFILE')
        return segmentsOf(true, interfaces, isPrivate)
      },
      () => now,
      (error) => errors.push(error),
    )
    expect(watched().speakFrom).toEqual([])
    fails = false
    now += 10_000
    for (let i = 0; i < 1_000; i++) expect(watched().speakFrom).toHaveLength(3)
    fails = true
    now += 10_000
    expect(watched().speakFrom).toHaveLength(3)
    expect([reads, errors.length]).toEqual([3, 2])
  })

  test('static peers: an address as it is, a name by whoever knows it, nothing that cannot be dialed', async () => {
    const signal = patience()
    const names = {
      addresses: (host: string) =>
        host === 'a'
          ? Promise.resolve(['fe80::1%eth0', '10.0.0.5', 'fd00::5'])
          : Promise.reject(new Error('nobody knows')),
    }
    expect(await resolveStatic({ host: 'a', port: 1 }, names, signal)).toEqual([
      '/ip4/10.0.0.5/tcp/1',
      '/ip6/fd00::5/tcp/1',
    ])
    expect(await resolveStatic({ host: 'b', port: 1 }, names, signal)).toEqual([])
  })

  test('the book: newest first, bounded per node, strangers bounded, members kept', () => {
    const member = 'karo:ed25519:member' as NodeId
    const book = createBook((node) => node === member)
    book.learn(member, ['/ip4/10.0.0.1/tcp/1'])
    for (let i = 0; i < 20; i++) book.learn(member, [`/ip4/10.0.0.2/tcp/${i}`])
    expect(book.addresses(member)).toHaveLength(ADDRESSES_PER_NODE)
    expect(book.addresses(member)[0]).toBe('/ip4/10.0.0.2/tcp/19')
    for (let i = 0; i < 1_000; i++) book.learn(`karo:ed25519:${i}` as NodeId, ['/ip4/10.0.0.3/tcp/1'])
    expect(book.size()).toBeLessThanOrEqual(257)
    expect(book.addresses(member)).toHaveLength(ADDRESSES_PER_NODE)
  })

  test('the book: what anybody may have said comes last and displaces nothing that the node told', () => {
    const [member, other] = ['karo:ed25519:member', 'karo:ed25519:other'] as NodeId[] as [NodeId, NodeId]
    const book = createBook((node) => node === member)
    const learned = Array.from({ length: 8 }, (_, n) => `/ip4/10.0.0.${n}/tcp/1`)
    const heard = Array.from({ length: 100 }, (_, n) => `/ip4/10.0.1.${n}/tcp/1`)
    book.learn(member, learned)
    for (const address of heard) book.hear(member, [address])
    const latest = heard.toReversed().slice(0, HEARSAY_PER_NODE)
    expect(book.addresses(member)).toEqual([...learned, ...latest])
    // A member that has moved is found even when its old addresses swallow the time of a whole dial.
    book.failed(member)
    expect(book.addresses(member)).toEqual([...latest, ...learned])
    book.failed(member)
    expect(book.addresses(member)[0]).toBe(learned[0])
    book.learn(member, [heard[99]!])
    expect(book.addresses(member)).toEqual([heard[99], ...learned.slice(0, 7), ...latest.slice(1)])

    expect(['10.0.1.99', '10.0.0.6'].map(book.membersAt)).toEqual([true, true])
    expect(['10.0.0.7', '10.0.1.98'].map(book.membersAt)).toEqual([false, false])
    book.learn(other, ['/ip4/10.0.2.1/tcp/1'])
    expect(book.membersAt('10.0.2.1')).toBe(false)
  })

  test('a round follows when more members are due by time alone', () => {
    const { dialing, wanted, next } = dialers(createFakeTrust())
    dialing.start()
    dialing.round({ ...wanted(), againMs: 2_000 }, hasDeclined)
    expect(next()?.ms).toBe(2_000)
    dialing.round(wanted(), hasDeclined)
    expect(next()?.ms).toBeUndefined()
  })

  test('members are dialed first, and of strangers two at a time, however many are invented', async () => {
    const [member, denied] = [testIdentity().nodeId, testIdentity().nodeId]
    const trust = createFakeTrust([member])
    await trust.deny(denied)
    const { book, dialing, dialed, wanted } = dialers(trust)
    dialing.start()
    const strangers = Array.from({ length: 100 }, () => testIdentity().nodeId)
    for (const node of [...strangers, denied]) {
      book.hear(node, ['/ip4/10.0.0.9/tcp/40000'])
      dialing.meet(node)
    }
    book.learn(member, ['/ip4/10.0.0.5/tcp/40000'])
    dialing.round(wanted(), hasDeclined)
    expect(dialed()).toEqual([member, strangers[0], strangers[1]])
    dialing.round(wanted(), hasDeclined)
    expect(dialed()).toEqual([])
    // Having connected is not the end: it may be silent for as long as the lobby lets it.
    dialing.met(strangers[0]!)
    dialing.round(wanted(), hasDeclined)
    expect(dialed()).toEqual([])
    for (const target of [strangers[0]!, strangers[1]!]) dialing.dialed(target, undefined)
    dialing.round(wanted(), hasDeclined)
    expect(dialed()).toEqual([strangers[2], strangers[3]])
  })
})

test('members that end no handshake make a node dial fewer at a time; strangers that do not change nothing', () => {
  const members = Array.from({ length: 40 }, () => testIdentity().nodeId)
  const { book, dialing, dialed, wanted } = dialers(createFakeTrust(members))
  dialing.start()
  for (const [at, node] of members.entries()) book.learn(node, [`/ip4/10.0.0.${at + 10}/tcp/40000`])
  const strangers = Array.from({ length: 2 }, () => testIdentity().nodeId)
  for (const [at, node] of strangers.entries()) {
    book.hear(node, [`/ip4/10.0.2.${at}/tcp/40000`])
    dialing.meet(node)
  }
  dialing.round({ ...wanted(), nodes: [] }, hasDeclined)
  expect(dialed()).toEqual(strangers)
  for (const node of strangers) dialing.dialed(node, undefined, true)
  const next = (isSilent: boolean): number => {
    dialing.round(wanted(), hasDeclined)
    const begun = dialed()
    for (const [at, node] of begun.entries())
      dialing.dialed(node, undefined, isSilent && at === begun.length - 1)
    return begun.length
  }
  expect([next(false), next(true), next(true), next(true)]).toEqual([8, 8, 4, 2])
  // Strangers that keep their dials waiting take none of the places that are left.
  const newest = strangers.map(() => testIdentity().nodeId)
  for (const [at, node] of newest.entries()) {
    book.hear(node, [`/ip4/10.0.1.${at}/tcp/40000`])
    dialing.meet(node)
  }
  dialing.round(wanted(), hasDeclined)
  const begun = dialed()
  expect(begun).toHaveLength(4)
  expect(begun.slice(-2)).toEqual(newest)
  for (const node of begun.slice(0, 2)) dialing.dialed(node, undefined)
  // The strangers are still being dialed.
  expect(next(false)).toBe(3)
})

test('mDNS packets have the bytes another implementation gives them', () => {
  // Made by dns-packet 5.
  expect(encodeQuestions([{ name: '_karo._udp.local', type: 'PTR' }]).toString('hex')).toBe(
    '000000000001000000000000055f6b61726f045f756470056c6f63616c00000c0001',
  )
  const answers = encodeAnswers([
    { name: '_karo._udp.local', type: 'PTR', ttl: 120, data: 'abc._karo._udp.local' },
    { name: 'abc._karo._udp.local', type: 'TXT', ttl: 120, data: 'dnsaddr=/ip4/10.0.0.5/tcp/1' },
  ])
  expect(answers.toString('hex')).toBe(
    '000084000000000200000000055f6b61726f045f756470056c6f63616c00000c0001000000780016' +
      '03616263055f6b61726f045f756470056c6f63616c0003616263055f6b61726f045f756470056c6f' +
      '63616c000010000100000078001c1b646e73616464723d2f6970342f31302e302e302e352f746370' +
      '2f31',
  )
  expect(() => encodeQuestions([{ name: `${'x'.repeat(64)}.local`, type: 'PTR' }])).toThrow(RangeError)
})

test('a stranger that cannot be met uses up no place in a rate', async () => {
  const [member, denied] = [testIdentity().nodeId, testIdentity().nodeId]
  const trust = createFakeTrust([member])
  await trust.deny(denied)
  let asked = 0
  const here = '/ip4/10.0.0.1/tcp/40000'
  const { book, dialing } = dialers(trust, () => ++asked > 0, here)
  const meet = (node: NodeId, address = '/ip4/10.0.0.9/tcp/40000'): void => {
    book.hear(node, [address])
    dialing.meet(node)
  }
  for (const node of [member, denied]) meet(node)
  // Somebody who says that it is where this node listens itself.
  meet(testIdentity().nodeId, here)
  expect(asked).toBe(0)
  const waiting = Array.from({ length: 64 }, () => testIdentity().nodeId)
  for (const node of [...waiting, ...waiting]) meet(node)
  for (let n = 0; n < 10; n++) meet(testIdentity().nodeId)
  expect(asked).toBe(64)
})

test('members whose places may not be dialed yet have not failed, and are tried again soon', () => {
  const member = testIdentity().nodeId
  let open = false
  const { book, dialing, dialed, finished } = dialers(createFakeTrust([member]), () => open)
  dialing.start()
  book.learn(member, ['/ip4/10.0.0.9/tcp/22'])
  // A port that is never dialed on somebody's word is no place at all.
  dialing.dial(member)
  expect(finished()).toMatchObject([{ target: member, outcome: { kind: 'ended' } }])
  expect(dialing.failures(member)).toBe(1)
  dialing.wake(member)
  book.learn(member, ['/ip4/10.0.0.9/tcp/7000'])
  dialing.dial(member)
  expect(finished()).toMatchObject([{ outcome: { kind: 'held' } }])
  expect([dialing.failures(member), dialed()]).toEqual([0, []])
  open = true
  dialing.dial(member)
  expect(dialed()).toEqual([member])
})

test('dials of a static address and of the member behind it, which libp2p gives one connection, both end with it', () => {
  const member = testIdentity().nodeId
  const trust = createFakeTrust([member])
  const conn: Conn = {
    id: 1,
    node: member,
    ip: '10.0.0.2',
    openedAt: 0,
    dialed: true,
    admitted: false,
    heardAt: 0,
    introduced: undefined,
    leaf: false,
    leafHere: false,
    skewMs: undefined,
    outcome: undefined,
  }
  /** The other end has dialed this node meanwhile. */
  const others: Conn[] = [{ ...conn, id: 2, dialed: false }]
  const dialing = createDialing({
    peers: [{ host: '10.0.0.2', port: 9_236 }],
    trust,
    random,
    emit: () => {},
    book: { failed: () => {}, proved: () => {} },
    places: { toDial: () => ['/ip4/10.0.0.2/tcp/9236'], isHeld: () => false, mayMeet: () => true },
    connections: { get: () => conn, isConnected: () => true, to: () => others },
    clock: { now: () => 0, monotonic: () => 0 },
  })
  const targets = ['10.0.0.2:9236', member]
  for (const target of targets) dialing.dial(target)
  for (const target of targets) dialing.dialed(target, conn.id)
  expect(targets.map(dialing.isRunning)).toEqual([true, true])
  dialing.settled(conn, { kind: 'ended', reason: 'replaced' })
  expect(targets.map(dialing.isRunning)).toEqual([true, true])
  dialing.settled(others.pop()!, { kind: 'admitted' })
  expect(targets.map(dialing.isRunning)).toEqual([false, false])
})

const hasDeclined = (): boolean => false

/** A dialing table that writes down whom it has dialed; `allows` is what caution says. */
function dialers(
  trust: ReturnType<typeof createFakeTrust>,
  allows: () => boolean = () => true,
  here?: string,
) {
  const book = createBook(trust.admits)
  const actions: MeshAction[] = []
  const caution = {
    member: (endpoints: readonly Endpoint[]) => endpoints.filter(({ port }) => allows() && port >= 1_024),
    stranger: allows,
  }
  const places = createPlaces({ book, caution, admits: trust.admits, isHere: (one) => one === here })
  const clock = { now: () => 0, monotonic: () => 0 }
  const connections = { get: () => undefined, isConnected: () => false, to: () => [] }
  const emit = (action: MeshAction): void => void actions.push(action)
  const dialing = createDialing({ peers: [], trust, book, places, connections, clock, random, emit })
  return {
    book,
    dialing,
    wanted: () => ({
      nodes: [...book.nodes()].filter(trust.admits),
      againMs: undefined,
      members: 1,
    }),
    /** For when the next round was set last, ms. */
    next: () =>
      actions.findLast((action) => 'do' in action && action.do === 'timer' && action.timer === 'redial') as
        | { readonly ms: number | undefined }
        | undefined,
    /** Since it was asked last, and with it what was dialed. */
    finished: () => actions.splice(0).filter((action) => 'did' in action && action.did === 'finish'),
    /** Since it was asked last. */
    dialed: () =>
      actions.splice(0).flatMap((action) => ('do' in action && action.do === 'dial' ? [action.target] : [])),
  }
}
