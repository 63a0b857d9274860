// Certificates and invites over the real hello of two nodes: who gets in by them, and who does not whatever it shows.
import { expect, test } from 'vitest'
import { DAY_MS } from '../../../src/base/calendar.ts'
import { systemClock, systemRandom } from '../../../src/base/clock.ts'
import type { Fleet } from '../../../src/trust/certificates/index.ts'
import { signRotation } from '../../../src/trust/identity/index.ts'
import { createLineage } from '../../../src/trust/lineage/index.ts'
import { withRotations } from '../../../src/trust/peers/index.ts'
import type { FakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { NO_CREDENTIALS } from '../../support/mesh/no-credentials.ts'
import { until } from '../../support/run/until.ts'
import { issuerCertificate, listOf, nodeCertificate, root } from '../trust/certificates/chains.ts'
import { found, invited, room } from '../trust/certificates/rooms.ts'
import { trustRoom } from '../trust/peers/world.ts'
import { answerOn, greets, linked, type Running, raw, start } from './cluster.ts'

interface Certified extends Running {
  readonly fleet: Fleet
}

/** A node with the real rooms of trust and certificates. `discovery.peers`: whom it dials. */
async function node(peers: readonly { host: string; port: number }[] = []): Promise<Certified> {
  const identity = testIdentity()
  const { fleet } = await room(0, { identity, clock: systemClock })
  const { trust } = await trustRoom({ identity, certificates: fleet, clock: systemClock })
  const running = await start({
    identity,
    trust: trust as FakeTrust,
    credentials: fleet,
    discovery: { peers: [...peers] },
    timings: { retryAfterMs: 100 },
  })
  return { ...running, fleet }
}

/** From now on, as these nodes have the time. */
const lasting = (days: number, from = Date.now()) => ({
  version: from,
  notBefore: from,
  notAfter: from + days * DAY_MS,
})

async function issuerNode(): Promise<Certified> {
  const one = await node()
  await found({ ...one, now: Date.now })
  return one
}

test('a stranger with an invite is admitted within one connection, and then by members it never met', async () => {
  const issuer = await issuerNode()
  const first = await member(issuer)
  const second = await node([issuer.address(), first.address()])
  await second.fleet.join(await invited(issuer), { places: [] })
  await linked(issuer, second)
  await linked(first, second)
  expect(first.trust.opinion(second.id)).toMatchObject({ trust_level: 'peer', why: 'certificate' })
  expect(first.trust.standing(second.id)).toBe('member')
})

test('a revoked neighbour loses its connection and does not get another one', async () => {
  const issuer = await issuerNode()
  const lost = await member(issuer)
  await issuer.fleet.revoke(lost.id)
  await until(() => issuer.mesh.status().peers_connected === 0, { what: 'it is gone' })
  expect(issuer.events.at(-1)).toMatchObject({ what: 'down', peer: lost.id })
  expect(issuer.trust.refuses(lost.id)).toBe(true)
})

/** What a raw peer shows in its hello, and what the node says to that first. */
async function shows(
  to: Certified,
  make: (self: Awaited<ReturnType<typeof raw>>) => {
    chain?: Uint8Array[]
    join?: { id: Uint8Array; proof: Uint8Array }
  },
): Promise<{ stage: string; invite_refused?: string }> {
  const peer = await raw()
  const { control } = await greets(peer, to, make(peer))
  return (await answerOn(control)).body as { stage: string }
}

const signed = (signer: typeof root, key: Uint8Array, life = lasting(30)): Uint8Array =>
  nodeCertificate({ signer, key, roles: [], teams: [], ...life })

/** Whatever else may be wrong with a chain: `test/unit/trust/certificates/verify.test.ts`. */
test('chains that say nothing leave a stranger a stranger', async () => {
  const issuer = await issuerNode()
  const own = issuer.fleet.shown(issuer.id).chain?.[0] as Uint8Array
  const { identity: ca } = issuer
  const past = lasting(30, Date.now() - 60 * DAY_MS)
  const wrong: Record<string, (peer: { identity: typeof root }) => Uint8Array[]> = {
    expired: ({ identity }) => [own, signed(ca, identity.publicKey, past)],
    'self-issued': ({ identity }) => [own, signed(identity, identity.publicKey)],
    'of somebody else': () => [own, signed(ca, testIdentity().publicKey)],
    'the issuer’s own': () => [own],
  }
  for (const [what, chain] of Object.entries(wrong))
    expect([what, (await shows(issuer, (peer) => ({ chain: chain(peer) }))).stage]).toEqual([what, 'pending'])
  // The same peer with a chain that holds is admitted: it was not something else that kept the others out.
  const right = await shows(issuer, ({ identity }) => ({ chain: [own, signed(ca, identity.publicKey)] }))
  expect(right.stage).toBe('yes')
})

const REFUSED = { stage: 'pending', invite_refused: 'unknown' }

test('a guessed invite, and one that was meant for another machine, let nobody in', async () => {
  const issuer = await issuerNode()
  const guess = { id: new Uint8Array(8).fill(7), proof: new Uint8Array(32).fill(7) }
  expect(await shows(issuer, () => ({ join: guess }))).toMatchObject(REFUSED)
  const joiner = await node()
  await joiner.fleet.join(await invited(issuer), { places: [] })
  const stolen = joiner.fleet.shown(issuer.id)
  expect(await shows(issuer, () => ({ join: stolen.join! }))).toMatchObject(REFUSED)
  expect(issuer.fleet.invites()).toMatchObject([{ failures: 1, used: [] }])
})

test('a node that may not certify takes no invite', async () => {
  const plain = await node()
  const guess = { id: new Uint8Array(8), proof: new Uint8Array(32) }
  expect(await shows(plain, () => ({ join: guess }))).toMatchObject({ stage: 'pending' })
})

/** One who joined by an invite of the issuer, and is linked to it. */
async function member(issuer: Certified): Promise<Certified> {
  const one = await node([issuer.address()])
  await one.fleet.join(await invited(issuer), { places: [] })
  await linked(issuer, one)
  return one
}

/** As many keys of nobody as a list holds, and this one among them. */
const longList = (key: Uint8Array, at: number): Uint8Array[] =>
  Array.from({ length: 1_024 }, (_, n) =>
    n === at ? key : new Uint8Array(32).fill(n >> 8, 1).fill(n & 255, 2),
  )

function knock(how: string, ann: Certified, bob: Certified): void {
  const [from, to] = how === 'knocks' ? [ann, bob] : [bob, ann]
  const { host, port } = to.address()
  from.mesh.meet({ host, port })
}

/** It hears it also by the longest lists that a root and an issuer can sign. */
const HEARING = ['knocks', 'is knocked at']

test.each(HEARING)('a machine whose issuer was revoked hears it when it %s', async (how) => {
  const [hq, second] = await Promise.all([issuerNode(), issuerNode()])
  const [ann, bob] = [await member(hq), await member(second)]
  const version = Date.now()
  await bob.fleet.revokedByRoot(listOf(root, longList(hq.identity.publicKey, 0), { version, at: version }))
  expect(ann.fleet.state().own).not.toBeNull()
  knock(how, ann, bob)
  await until(() => ann.fleet.state().own === null, { what: 'it knows that it is certified no more' })
  expect(ann.fleet.revoked(hq.id)).toBeDefined()
})

test.each(HEARING)('a machine that an issuer revoked hears it when it %s', async (how) => {
  const hq = await issuerNode()
  const [ann, bob] = [await member(hq), await member(hq)]
  const second = testIdentity()
  const issuer = issuerCertificate({ key: second.publicKey, ...lasting(365) })
  const version = Date.now()
  const list = listOf(second, longList(ann.identity.publicKey, 1_000), { version, at: version })
  bob.fleet.documents.certificate.accept(issuer, true)
  bob.fleet.documents.revocation_list.accept(list, true)
  expect(ann.fleet.state().own).not.toBeNull()
  knock(how, ann, bob)
  await until(() => ann.fleet.state().revoked_by !== null, { what: 'it knows that it was revoked' })
  expect(ann.fleet.state()).toMatchObject({ own: null, revoked_by: { node_id: second.nodeId } })
  expect(bob.trust.pending()).toEqual([])
  expect(ann.events.some(({ what, peer }) => what === 'up' && peer === bob.id)).toBe(false)
})

test('a machine that comes with a key that was replaced a day ago is shown by which one', async () => {
  const clockBack = Date.now() - 2 * DAY_MS
  const [old, next] = [testIdentity(), testIdentity()]
  const frame = signRotation(old, next, clockBack, systemRandom)
  const rooms = async (identity: typeof old) => {
    const lineage = createLineage(systemClock.now)
    const { trust } = await trustRoom({ identity, lineage, clock: systemClock })
    const credentials = withRotations(NO_CREDENTIALS, trust.rotations, [])
    return { identity, credentials, trust: trust as FakeTrust }
  }
  const other = await start(await rooms(testIdentity()))
  await other.trust.trust(old.nodeId, {})
  other.trust.rotations.accept(frame, true)
  const there = await rooms(old)
  const discovery = { peers: [other.address()] }
  const restored = await start({ ...there, discovery, timings: { retryAfterMs: 100 } })
  await restored.trust.trust(other.id, {})
  await until(() => there.trust.keyState(old.nodeId).kind === 'retired', { what: 'it heard of it' })
  expect(there.trust.keyState(old.nodeId)).toMatchObject({ by: next.nodeId })
  expect(other.mesh.status().peers_connected).toBe(0)
  expect(other.trust.pending()).toEqual([])
})
