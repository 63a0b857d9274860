// Whoever says where nodes are (mDNS, a member's presence, its hello, an answer to a look-up) points nobody at a third party.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { heardAddresses } from '../../../src/mesh/admission/addresses.ts'
import { readable } from '../../../src/mesh/admission/endpoint.ts'
import { segmentsOf } from '../../../src/mesh/discovery/segments.ts'
import { createBook } from '../../../src/mesh/state/book.ts'
import {
  createCaution,
  MEMBERS_DIALED,
  NAMED_BY_SOURCE,
  STRANGERS_DIALED,
} from '../../../src/mesh/state/caution.ts'
import { createPlaces } from '../../../src/mesh/state/places.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'
import { rigOf } from './rig.ts'

/** Rounding is given half of one. */
const andOne = (count: number): number => count + 1

/** A node whose dials all fail at once, with `members` trusted. */
function rig(members: readonly NodeId[] = [], self = stranger()) {
  const relay = stranger()
  const trust = createFakeTrust([...members, relay])
  const { time, state, dialed, put, comes, admitted, brings } = rigOf({ self, trust })
  let from: number | undefined
  put({ on: 'start' })
  const advance = (ms: number): void => time.advance(ms)
  let version = 0
  return {
    state,
    put,
    advance,
    /** `ip:port` of each address dialed since it was asked last, in order. */
    dialed: () => dialed.splice(0).flatMap(({ at }) => ('host' in at ? [] : at.map(readable))),
    sighted(node: NodeId, addresses: readonly string[], source = '10.0.0.9') {
      put({ on: 'sighted', node, addresses, source })
      advance(0)
    },
    heard(node: NodeId, listen: readonly string[]) {
      const { capabilities } = rawHello()
      const body = { state: 'online' as const, again_s: 300, name: 'x', capabilities, lost: [] }
      if (from === undefined) {
        from = comes(relay, '10.0.0.200')
        admitted(from)
        dialed.length = 0
      }
      brings(from, { author: node, body: { ...body, version: ++version, listen: [...listen] } })
      advance(0)
    },
    /** The node came in from `ip`, and says that it listens there. */
    introduces(node: NodeId, ip: string, listen: readonly string[]) {
      put({ on: 'closed', id: comes(node, ip, { listen: [...listen] }) })
      advance(0)
    },
  }
}
type Rig = ReturnType<typeof rig>

const stranger = (): NodeId => testIdentity().nodeId

test('a hundred invented strangers at one address are four connections, and none to another service', () => {
  const { sighted, dialed, advance } = rig()
  for (let i = 0; i < 100; i++) {
    for (const port of [22, 80, 443, 1_023, 3_306, 6_379, 8_080, 9_100, 9_237])
      sighted(stranger(), [`/ip4/10.0.0.9/tcp/${port}`])
  }
  expect(dialed()).toEqual([])
  for (let i = 0; i < 100; i++) sighted(stranger(), ['/ip4/10.0.0.9/tcp/9238'])
  const { frames, perMs } = STRANGERS_DIALED.perAddress
  expect(dialed()).toEqual(Array.from({ length: frames }, () => '10.0.0.9:9238'))
  advance(perMs / 2)
  for (let i = 0; i < 100; i++) sighted(stranger(), ['/ip4/10.0.0.9/tcp/40000'])
  expect(dialed().length).toBeLessThanOrEqual(andOne(frames / 2))
})

test('who says to be this node is met like a stranger, since its key may have been copied', () => {
  const self = stranger()
  const { sighted, dialed } = rig([], self)
  sighted(self, ['/ip4/10.0.0.9/tcp/9238', '/ip4/10.0.0.1/tcp/7000'])
  expect(dialed()).toEqual(['10.0.0.9:9238'])
})

test('strangers at any number of addresses are met at one rate', () => {
  const { sighted, dialed, advance } = rig()
  const { frames, perMs } = STRANGERS_DIALED.together
  for (let i = 0; i < 200; i++) sighted(stranger(), [`/ip4/10.0.2.${i}/tcp/7000`], `10.0.2.${i}`)
  expect(dialed()).toHaveLength(frames)
  advance(perMs)
  for (let i = 0; i < 200; i++) sighted(stranger(), [`/ip4/10.0.1.${i}/tcp/7000`], `10.0.1.${i}`)
  expect(dialed().length).toBeLessThanOrEqual(andOne(frames))
})

test('what is said of a stranger after it was to be met changes nothing', () => {
  const { put, dialed, advance } = rig()
  const node = stranger()
  put({ on: 'sighted', node, addresses: ['/ip4/10.0.0.9/tcp/9238'], source: '10.0.0.9' })
  for (const port of [22, 9_238, 40_000])
    put({ on: 'sighted', node, addresses: [`/ip4/10.0.0.77/tcp/${port}`], source: '10.0.0.77' })
  advance(0)
  expect(dialed()).toEqual(['10.0.0.9:9238'])
})

test.each([
  ['presence', (it: Rig, node: NodeId, at: string[]) => it.heard(node, at)],
  ['mDNS', (it: Rig, node: NodeId, at: string[]) => it.sighted(node, at)],
  ['hello', (it: Rig, node: NodeId, at: string[]) => it.introduces(node, '10.0.0.9', at)],
] as const)('by %s a member points others at one machine a few times, and at no other service', (_, say) => {
  const members = Array.from({ length: 20 }, stranger)
  const it = rig(members)
  const claim = (port: (n: number) => number): void => {
    for (let round = 0; round < 10; round++) {
      for (const [i, node] of members.entries())
        say(it, node, [`/ip4/10.0.0.9/tcp/${port(round * members.length + i)}`])
    }
  }
  claim((n) => 1 + (n % 1_023))
  expect(it.dialed()).toEqual([])
  // So that they are listened to again.
  it.advance(10 * 60_000)
  it.dialed()
  claim((n) => 2_000 + n)
  const { frames, perMs } = MEMBERS_DIALED.perAddress
  const first = it.dialed()
  expect(first.length).toBeLessThanOrEqual(andOne(frames))
  it.advance(perMs / 2)
  claim((n) => 3_000 + n)
  const all = [...first, ...it.dialed()]
  expect(all.length).toBeLessThanOrEqual(andOne(andOne(frames * 1.5)))
  expect(all.every((at) => Number(at.split(':')[1]) >= 1_024)).toBe(true)
})

test('a member that says it is somewhere else, again and again, is not tried each time', () => {
  const member = stranger()
  const { heard, dialed } = rig([member])
  for (let i = 0; i < 50; i++) heard(member, [`/ip4/10.0.${i + 2}.9/tcp/9238`])
  // Each attempt knows the eight addresses said last; time has stood still.
  expect(dialed().length).toBeLessThanOrEqual(5 * 8)
})

test('IPv6 addresses are charged to the machine whose packet names them', () => {
  const it = rig()
  for (let i = 0; i < 200; i++) it.sighted(stranger(), [`/ip6/fd00::${i.toString(16)}/tcp/7000`], '10.0.0.66')
  const noted = it.state.sizes().book
  expect(noted).toBe(NAMED_BY_SOURCE.frames)
  // Another machine names its own all the same.
  it.dialed()
  it.advance(STRANGERS_DIALED.together.perMs)
  it.sighted(stranger(), ['/ip6/fd00:1::7/tcp/7000'], '10.0.0.7')
  expect(it.dialed()).toContain('[fd00:1::7]:7000')
})

const still = (): number => 0
const cautionOf = (isOwn: boolean) => createCaution(0, () => isOwn, still)
const placesOf = (book: ReturnType<typeof createBook>, isOwn = false) =>
  createPlaces({ book, caution: cautionOf(isOwn), admits: () => true, isHere: () => false })

test('where the key of a node was proven it is dialed as often as it takes', () => {
  const member = stranger()
  const book = createBook(() => true)
  const places = placesOf(book)
  book.learn(member, ['/ip4/10.0.0.9/tcp/443', '/ip4/10.0.0.9/tcp/9238'])
  const asked = (): readonly string[] => places.toDial(member)
  const { frames } = MEMBERS_DIALED.perAddress
  for (let i = 0; i < frames; i++) expect(asked()).toEqual(['/ip4/10.0.0.9/tcp/9238'])
  expect(asked()).toEqual([])
  book.proved(member, '/ip4/10.0.0.9/tcp/443')
  for (let i = 0; i < 100; i++) expect(asked()).toEqual(['/ip4/10.0.0.9/tcp/443'])
})

test('a dial of many addresses is one dial to the rate of all dials', () => {
  const book = createBook(() => true)
  const places = placesOf(book)
  const { frames } = MEMBERS_DIALED.together
  for (let i = 0; i < frames; i++) {
    const member = stranger()
    const all = Array.from({ length: 8 }, (_, n) => `/ip4/10.${n}.0.${i}/tcp/9238`)
    book.learn(member, all)
    expect(places.toDial(member)).toEqual(all)
  }
  const late = stranger()
  book.learn(late, ['/ip4/10.9.0.1/tcp/9238'])
  expect(places.toDial(late)).toEqual([])
})

test('many nodes of this machine share its address, and are dialed at one rate with all others', () => {
  const book = createBook(() => true)
  const dialed = (isOwn: boolean): number => {
    const places = placesOf(book, isOwn)
    return Array.from({ length: 200 }, (_, n) => {
      const member = stranger()
      book.learn(member, [`/ip4/10.0.0.1/tcp/${40_000 + n}`])
      return places.toDial(member).length
    }).reduce((sum, one) => sum + one)
  }
  expect(dialed(false)).toBe(MEMBERS_DIALED.perAddress.frames)
  expect(dialed(true)).toBe(MEMBERS_DIALED.together.frames)
})

test('of an mDNS answer the address it came from counts, where it is on our links', () => {
  const ipv4 = (address: string, bits: number) => ({
    address,
    cidr: `${address}/${bits}`,
    family: 'IPv4' as const,
    internal: false,
    netmask: '',
    mac: '',
  })
  const ipv6 = { ...ipv4('fd00::5', 64), family: 'IPv6' as const, scopeid: 0 }
  const segments = segmentsOf(true, { eth0: [ipv4('10.0.0.5', 24), ipv6] }, () => true)
  const heard = (addresses: readonly string[], source: string): readonly string[] =>
    heardAddresses(segments, addresses, source)
  const all = ['/ip4/10.0.0.9/tcp/1', '/ip4/10.0.0.7/tcp/1', '/ip4/10.0.1.9/tcp/1', '/ip6/fd00::9/tcp/1']
  expect(heard([...all, '/ip6/fd01::9/tcp/1'], '10.0.0.9')).toEqual([all[0]])
  expect(heard(all, 'fd00::9')).toEqual([all[3]])
  expect(heard(all, 'fe80::9%eth0')).toEqual([])
  expect(heard(all.slice(0, 3), '10.0.1.9')).toEqual([])
  expect(
    ['10.0.0.200', '10.0.1.1', '192.168.0.1', 'fd00::77', 'fd01::77', 'fe80::9%eth0'].map(segments.onLink),
  ).toEqual([...[true, false, false, true, false, false]])
})
