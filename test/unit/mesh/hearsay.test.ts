// Whoever says where nodes are (mDNS, a member's presence, its hello, an answer to a look-up) points nobody at a third party.
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, onTestFinished, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { atSource, heardAddresses } from '../../../src/mesh/admission/addresses.ts'
import { createCaution, MEMBERS_DIALED, STRANGERS_DIALED } from '../../../src/mesh/caution.ts'
import { createBook } from '../../../src/mesh/discovery/book.ts'
import { segmentsOf } from '../../../src/mesh/discovery/segments.ts'
import { type Contacts, createContacts } from '../../../src/mesh/overlay/contacts.ts'
import { createPlaces } from '../../../src/mesh/places.ts'
import { TIMINGS } from '../../../src/mesh/timings.ts'
import { createFakeTrust } from '../../support/fake-trust.ts'
import { testIdentity } from '../../support/mesh-node.ts'
import { until } from '../../support/until.ts'

/** Rounding is given half of one. */
const andOne = (count: number): number => count + 1

interface Rig {
  readonly contacts: Contacts
  /** `ip:port` of each dial, in order. */
  readonly dialed: string[]
  advance(ms: number): void
  /** Every dial that is due has been made. */
  settled(): Promise<void>
}

/** A node whose dials all fail at once, with `members` trusted. */
async function rig(members: readonly NodeId[] = []): Promise<Rig> {
  let now = 0
  const dialed: string[] = []
  const contacts = createContacts({
    config: {
      mesh: { lan_only: true, allow_cgnat: false, port: 7_000, listen: 'auto', ping_seconds: 15 },
      overlay: { full_mesh_up_to: 32 },
      discovery: { mdns: false, mdns_interval_seconds: 60, peers: [], dht: false },
    },
    self: testIdentity().nodeId,
    trust: createFakeTrust([...members]),
    sessions: () => ({ neighbours: () => [], neighbour: () => undefined, to: () => [] }) as never,
    host: () =>
      ({
        dial(addresses: readonly Multiaddr[]) {
          for (const address of addresses) {
            const [ip, tcp] = address.getComponents()
            dialed.push(`${ip?.value}:${tcp?.value}`)
          }
          return Promise.reject(new Error('nobody there'))
        },
        peerStore: { delete: () => Promise.resolve() },
      }) as never,
    complete: () => true,
    inUse: () => false,
    timings: TIMINGS,
    clock: { now: () => now, monotonic: () => now },
    random: systemRandom,
    log: silentLog,
  })
  await contacts.prepare()
  contacts.start()
  onTestFinished(() => contacts.stop())
  return {
    contacts,
    dialed,
    advance(ms) {
      now += ms
    },
    async settled() {
      let before = -1
      await until(
        async () => {
          const same = before === dialed.length
          before = dialed.length
          contacts.look()
          // Two rounds of the loop, which begins what is due from a timer.
          for (let i = 0; i < 10; i++) await new Promise((resolve) => setTimeout(resolve))
          return same
        },
        { what: 'no more dials' },
      )
    },
  }
}

const stranger = (): NodeId => testIdentity().nodeId

test('a hundred invented strangers at one address are four connections, and none to another service', async () => {
  const { contacts, dialed, settled, advance } = await rig()
  for (let i = 0; i < 100; i++) {
    for (const port of [22, 80, 443, 1_023, 3_306, 6_379, 8_080, 9_100, 9_237])
      contacts.sighted(stranger(), [`/ip4/10.0.0.9/tcp/${port}`])
  }
  await settled()
  expect(dialed).toEqual([])
  for (let i = 0; i < 100; i++) contacts.sighted(stranger(), ['/ip4/10.0.0.9/tcp/9238'])
  await settled()
  const { frames, perMs } = STRANGERS_DIALED.perAddress
  expect(dialed).toEqual(Array.from({ length: frames }, () => '10.0.0.9:9238'))
  advance(perMs / 2)
  for (let i = 0; i < 100; i++) contacts.sighted(stranger(), ['/ip4/10.0.0.9/tcp/40000'])
  await settled()
  expect(dialed.length).toBeLessThanOrEqual(andOne(frames * 1.5))
})

test('strangers at any number of addresses are met at one rate', async () => {
  const { contacts, dialed, settled, advance } = await rig()
  const { frames, perMs } = STRANGERS_DIALED.together
  for (let i = 0; i < 200; i++) contacts.sighted(stranger(), [`/ip4/10.0.0.${i}/tcp/7000`])
  await settled()
  expect(dialed).toHaveLength(frames)
  advance(perMs)
  for (let i = 0; i < 200; i++) contacts.sighted(stranger(), [`/ip4/10.0.1.${i}/tcp/7000`])
  await settled()
  expect(dialed.length).toBeLessThanOrEqual(andOne(2 * frames))
})

test('what is said of a stranger after it was to be met changes nothing', async () => {
  const { contacts, dialed, settled } = await rig()
  const node = stranger()
  contacts.sighted(node, ['/ip4/10.0.0.9/tcp/9238'])
  for (const port of [22, 9_238, 40_000]) contacts.sighted(node, [`/ip4/10.0.0.77/tcp/${port}`])
  await settled()
  expect(dialed).toEqual(['10.0.0.9:9238'])
})

test.each([
  ['presence', (contacts: Contacts, node: NodeId, at: string[]) => contacts.heard(node, at, true)],
  ['mDNS', (contacts: Contacts, node: NodeId, at: string[]) => contacts.sighted(node, at)],
] as const)(
  'by %s a member points others at one machine a few times, and at no other service',
  async (_, say) => {
    const members = Array.from({ length: 20 }, stranger)
    const { contacts, dialed, settled, advance } = await rig(members)
    const claim = async (port: (n: number) => number): Promise<void> => {
      for (let round = 0; round < 10; round++) {
        for (const [i, node] of members.entries())
          say(contacts, node, [`/ip4/10.0.0.9/tcp/${port(round * members.length + i)}`])
        await settled()
      }
    }
    await claim((n) => 1 + (n % 1_023))
    expect(dialed).toEqual([])
    // So that they are listened to again.
    advance(10 * 60_000)
    await claim((n) => 2_000 + n)
    const { frames, perMs } = MEMBERS_DIALED.perAddress
    expect(dialed).toHaveLength(frames)
    advance(perMs / 2)
    await claim((n) => 3_000 + n)
    expect(dialed.length).toBeLessThanOrEqual(andOne(frames * 1.5))
  },
)

test('a member that says it is somewhere else, again and again, is not tried each time', async () => {
  const member = stranger()
  const { contacts, dialed, settled } = await rig([member])
  for (let i = 0; i < 50; i++) {
    contacts.heard(member, [`/ip4/10.0.${i}.9/tcp/9238`], true)
    await settled()
  }
  // Each attempt knows the eight addresses said last; time has stood still.
  expect(dialed.length).toBeLessThanOrEqual(5 * 8)
})

test('where the key of a node was proven it is dialed as often as it takes', () => {
  const member = stranger()
  const book = createBook(() => true)
  const places = createPlaces({ book, caution: createCaution(0, () => 0), admits: () => true })
  book.learn(member, ['/ip4/10.0.0.9/tcp/443', '/ip4/10.0.0.9/tcp/9238'])
  const asked = (): readonly string[] => places.addresses(member)
  const { frames } = MEMBERS_DIALED.perAddress
  for (let i = 0; i < frames; i++) expect(asked()).toEqual(['/ip4/10.0.0.9/tcp/9238'])
  expect(asked()).toEqual([])
  book.proved(member, '/ip4/10.0.0.9/tcp/443')
  for (let i = 0; i < 100; i++) expect(asked()).toEqual(['/ip4/10.0.0.9/tcp/443'])
})

test('of an mDNS answer: on our links, and of IPv4 the address it came from', () => {
  const ipv4 = (address: string, bits: number) => ({
    ...{ address, cidr: `${address}/${bits}`, family: 'IPv4' as const, internal: false },
    ...{ netmask: '', mac: '' },
  })
  const ipv6 = { ...ipv4('fd00::5', 64), family: 'IPv6' as const, scopeid: 0 }
  const segments = segmentsOf(true, { eth0: [ipv4('10.0.0.5', 24), ipv6] }, () => true)
  const heard = (addresses: readonly string[], source: string): readonly string[] =>
    heardAddresses(
      segments,
      atSource(
        addresses.map((text) => multiaddr(text)),
        source,
      ),
    )
  const all = ['/ip4/10.0.0.9/tcp/1', '/ip4/10.0.0.7/tcp/1', '/ip4/10.0.1.9/tcp/1', '/ip6/fd00::9/tcp/1']
  expect(heard([...all, '/ip6/fd01::9/tcp/1'], '10.0.0.9')).toEqual([all[0], all[3]])
  expect(heard(all.slice(0, 3), '10.0.1.9')).toEqual([])
  expect(['10.0.0.200', '10.0.1.1', '192.168.0.1', 'fd00::77', 'fd01::77'].map(segments.onLink)).toEqual([
    ...[true, false, false, true, false],
  ])
})
