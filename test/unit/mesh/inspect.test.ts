// What the mesh tells whoever diagnoses it: clocks, trust on one side, dials; and multicast tried on loopback.
import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Hello } from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { hello } from '../../../protocols/registry.ts'
import { systemTimers } from '../../../src/base/clock.ts'
import { checkMulticast } from '../../../src/mesh/discovery/multicast-check.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { NO_CREDENTIALS } from '../../support/mesh/no-credentials.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'
import { pacedClock } from '../../support/run/paced-time.ts'
import { until } from '../../support/run/until.ts'
import { start, visitor } from './cluster.ts'

/** Two nodes that trust each other, or one the other only; the second one's clock is off. */
async function pair({ skewMs = 0, mutual = true }) {
  const [one, two] = [testIdentity(), testIdentity()]
  const far = await start({
    identity: two,
    trust: createFakeTrust(mutual ? [one.nodeId] : []),
    clock: { ...pacedClock, now: () => pacedClock.now() + skewMs },
  })
  const discovery = { peers: [{ ...far.address(), nodeId: two.nodeId }] }
  const near = await start({ identity: one, trust: createFakeTrust([two.nodeId]), discovery })
  return { near, far }
}

test('the clock of a neighbour, its version, and where it is', async () => {
  const { near, far } = await pair({ skewMs: 120_000 })
  await until(() => near.link.peers().length === 1, { what: 'a link' })
  const [connection, ...more] = near.mesh.inspect().connections
  expect(more).toEqual([])
  expect(connection).toMatchObject({
    node_id: far.id,
    admitted: true,
    dialed: true,
    remote: `127.0.0.1:${far.address().port}`,
    karo_version: '0.1.0',
    protocol_version: 1,
  })
  expect(Math.abs((connection?.skew_ms ?? 0) - 120_000)).toBeLessThan(30_000)
  expect(near.mesh.inspect().stale).toEqual([])
})

test('a member whose clock is beyond the window is named', async () => {
  const { near, far } = await pair({ skewMs: 600_000 })
  await until(() => near.mesh.inspect().stale.length === 1, { what: 'its frames are refused' })
  const [wrong, ...more] = near.mesh.inspect().stale
  expect([wrong?.node_id, more]).toEqual([far.id, []])
  // The frame's own time, so less the moment it took.
  expect(Math.abs((wrong?.clock_off_ms ?? 0) - 600_000)).toBeLessThan(30_000)
  expect(near.mesh.apart(far.id)).toEqual({ why: 'clock', clock_off_ms: wrong?.clock_off_ms })
  expect(near.link.peers()).toEqual([])
})

test.each([
  ['the one that joins dials', true],
  ['the inviter dials', false],
])('a node that joins with a wrong clock hears of it where %s', async (_, joinerDials) => {
  const [inviter, joiner] = [testIdentity(), testIdentity()]
  const far = { ...pacedClock, now: () => pacedClock.now() - 600_000 }
  const asInviter = { identity: inviter, trust: createFakeTrust() }
  const credentials = { ...NO_CREDENTIALS, seeks: (node: NodeId) => node === inviter.nodeId }
  const asJoiner = { identity: joiner, trust: createFakeTrust(), clock: far, credentials }
  const [first, second] = joinerDials ? [asInviter, asJoiner] : [asJoiner, asInviter]
  const there = await start(first)
  const dials = await start({ ...second, discovery: { peers: [there.address()] } })
  const [by, of] = joinerDials ? [dials, there] : [there, dials]
  await until(() => by.mesh.inspect().stale.length === 1, { what: 'the one that joins hears of its clock' })
  const [wrong] = by.mesh.inspect().stale
  expect(wrong?.node_id).toBe(of.id)
  expect(Math.abs((wrong?.clock_off_ms ?? 0) - 600_000)).toBeLessThan(30_000)
  // Strangers with wrong clocks are nobody's business.
  expect(of.mesh.inspect().stale).toEqual([])
})

test('a stranger whose Hello is of another time is told the time, and heard no further', async () => {
  const { node, peer, connection, control } = await visitor()
  control.send(control.frame(Hello, rawHello(), { ts: Date.now() - 600_000 }))
  await until(() => node.mesh.rejections().stale === 1, { what: 'its Hello is refused' })
  // A place in the lobby like any other, for as long as that is.
  expect(node.mesh.inspect().connections).toHaveLength(1)
  await until(() => control.frames.length === 1, { what: 'the Hello of the node' })
  expect(control.frames[0]?.message).toBe(Hello)
  expect(Math.abs((control.frames[0]?.envelope.ts ?? 0) - Date.now())).toBeLessThan(120_000)
  // In time now, and too late: what comes on this stream is not read.
  control.send(control.frame(Hello, rawHello()))
  // A second one is refused, which comes back behind all that was read before it.
  const second = await peer.open(connection, hello.id).catch(() => undefined)
  await until(() => second?.open() !== true, { what: 'the second stream is refused' })
  expect(control.frames).toHaveLength(1)
  expect(node.trust.pending()).toEqual([])
})

test('trust on one side is told, until the other side trusts too', async () => {
  const { near, far } = await pair({ mutual: false })
  await until(() => near.mesh.inspect().one_sided.length === 1, { what: 'it waits there' })
  expect(near.mesh.inspect().one_sided).toEqual([far.id])
  expect(near.mesh.apart(far.id)).toEqual({ why: 'not_trusted_there' })
  // Which nobody there can mend while several keys follow the one that was trusted.
  const keyState = vi.spyOn(near.trust, 'keyState')
  keyState.mockReturnValue({ kind: 'frozen', fork: { at: far.id, between: [far.id, near.id] } })
  expect(near.mesh.apart(far.id)).toBeUndefined()
  keyState.mockRestore()
  expect(far.mesh.inspect().one_sided).toEqual([])
  await far.trust.trust(near.id, { level: 'peer' })
  await until(() => near.link.peers().length === 1, { what: 'a link' })
  expect(near.mesh.inspect().one_sided).toEqual([])
})

test('where mDNS is off nothing is tried, and it is said where it is spoken', async () => {
  const { near } = await pair({})
  expect(near.mesh.inspect().mdns).toEqual([])
  expect(await near.mesh.tryMulticast()).toEqual([])
})

describe('multicast on loopback', () => {
  const places = [{ address: '127.0.0.1', interface: 'lo', cidr: '127.0.0.1/8' }]

  test('it hears itself, and ends as soon as somebody of Karo answers', async () => {
    const answer = Buffer.from('0000840000000001000000000000055f6b61726f', 'hex')
    const other = createSocket({ type: 'udp4', reuseAddr: true })
    onTestFinished(() => void other.close())
    await new Promise<void>((resolve) =>
      other.bind(5353, '127.0.0.2', () => {
        other.setMulticastInterface('127.0.0.1')
        resolve()
      }),
    )
    const again = setInterval(() => other.send(answer, 5353, '224.0.0.251', () => {}), 20)
    onTestFinished(() => clearInterval(again))
    const how = { own: ['127.0.0.1'], listenMs: 20_000, timers: systemTimers }
    const outcome = await checkMulticast({ places, ...how })
    const heard = { heard_itself: true, heard_others: 1, heard_nodes: 1 }
    expect(outcome).toEqual([{ address: '127.0.0.1', interface: 'lo', not_sent: null, ...heard }])
  })

  test('an address that is not here cannot be asked from', async () => {
    const gone = [{ address: '10.255.255.1', interface: 'eth9', cidr: '10.255.255.1/24' }]
    const own = Object.values(networkInterfaces()).flatMap((infos) =>
      (infos ?? []).map(({ address }) => address),
    )
    expect(own).not.toContain('10.255.255.1')
    const [outcome] = await checkMulticast({ places: gone, own, listenMs: 10, timers: systemTimers })
    expect(outcome).toMatchObject({ heard_itself: false, heard_others: 0 })
    expect(outcome?.not_sent).toMatch(/^E[A-Z]+$/)
  })
})
