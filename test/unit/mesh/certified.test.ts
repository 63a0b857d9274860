// Certificates and invites over the real hello of two nodes: who gets in by them, and who does not whatever it shows.
import { expect, test } from 'vitest'
import { Hello, HelloAck } from '../../../protocols/messages/hello.ts'
import { hello } from '../../../protocols/registry.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import { systemClock, systemRandom } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createFleetRepository } from '../../../src/store/tables/fleet.ts'
import { createMemberRepository } from '../../../src/store/tables/members.ts'
import {
  createFleet,
  type Fleet,
  meshOf,
  signCertificate,
  signRevocationList,
} from '../../../src/trust/certificates/index.ts'
import { NO_CREDENTIALS } from '../../../src/trust/certificates/none.ts'
import { signRotation } from '../../../src/trust/identity/index.ts'
import { createLineage } from '../../../src/trust/lineage/index.ts'
import { createTrust, withRotations } from '../../../src/trust/peers/index.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import type { FakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/mesh-node.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'
import { until } from '../../support/run/until.ts'
import { linked, type Running, raw, start } from './cluster.ts'

const root = testIdentity()
const mesh = meshOf(root.publicKey)

interface Certified extends Running {
  readonly fleet: Fleet
}

/** A node with the real rooms of trust and certificates. `discovery.peers`: whom it dials. */
async function node(peers: readonly { host: string; port: number }[] = []): Promise<Certified> {
  const identity = testIdentity()
  const db = await temporaryDatabase()
  const base = {
    identity,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    audit: { record: async () => {} },
  }
  const fleet = createFleet({ ...base, repository: createFleetRepository(db) })
  const trust = createTrust({
    ...base,
    config: { peers: { trusted: new Map(), denied: [] } },
    repository: createMemberRepository(db),
    certificates: fleet,
  })
  await fleet.start(new AbortController().signal)
  await trust.start(new AbortController().signal)
  const running = await start({
    identity,
    trust: trust as FakeTrust,
    credentials: fleet,
    discovery: { peers: [...peers] },
    timings: { retryAfterMs: 100 },
  })
  return { ...running, fleet }
}

const terms = (usage: 'issuer' | 'node', key: Uint8Array) => {
  const now = Date.now()
  const life = usage === 'issuer' ? 365 * DAY_MS : 30 * DAY_MS
  const times = { version: now, notBefore: now, notAfter: now + life }
  return { usage, key, name: usage, roles: [], teams: [], ...times }
}
type Terms = Parameters<typeof signCertificate>[2]

async function issuerNode(): Promise<Certified> {
  const one = await node()
  const certificate = signCertificate(root, mesh, terms('issuer', one.identity.publicKey), systemRandom)
  await one.fleet.found(root.publicKey, certificate)
  return one
}

const invite = async (issuer: Certified): Promise<string> =>
  (await issuer.fleet.invite({ uses: 1, for_ms: DAY_MS, roles: [], teams: [], places: [] })).code

test('a stranger with an invite is admitted within one connection, and then by members it never met', async () => {
  const issuer = await issuerNode()
  const first = await node([issuer.address()])
  await first.fleet.join(await invite(issuer), { places: [] })
  await linked(issuer, first)
  const second = await node([issuer.address(), first.address()])
  await second.fleet.join(await invite(issuer), { places: [] })
  await linked(issuer, second)
  await linked(first, second)
  expect(first.trust.opinion(second.id)).toMatchObject({ trust_level: 'peer', why: 'certificate' })
  expect(first.trust.standing(second.id)).toBe('member')
})

test('a revoked neighbour loses its connection and does not get another one', async () => {
  const issuer = await issuerNode()
  const lost = await node([issuer.address()])
  await lost.fleet.join(await invite(issuer), { places: [] })
  await linked(issuer, lost)
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
  const connection = await peer.dial(to.address())
  const control = await peer.open(connection, hello.id)
  control.send(control.frame(Hello, rawHello(make(peer))))
  const ack = await until(() => control.frames.find(({ message }) => message === HelloAck), {
    what: 'an answer',
  })
  return ack.body as { stage: string }
}

const signed = (signer: typeof root, change: Partial<Terms> & Pick<Terms, 'key'>, of = mesh): Uint8Array =>
  signCertificate(signer, of, { ...terms('node', change.key), ...change }, systemRandom)

/** Whatever else may be wrong with a chain: `test/unit/trust/certificates/verify.test.ts`. */
test('chains that say nothing leave a stranger a stranger', async () => {
  const issuer = await issuerNode()
  const own = issuer.fleet.shown(issuer.id).chain?.[0] as Uint8Array
  const { identity: ca } = issuer
  const past = Date.now() - 60 * DAY_MS
  const wrong: Record<string, (peer: { identity: typeof root }) => Uint8Array[]> = {
    expired: ({ identity: { publicKey: key } }) => [
      own,
      signed(ca, { key, version: past, notBefore: past, notAfter: past + 30 * DAY_MS }),
    ],
    'self-issued': ({ identity }) => [own, signed(identity, { key: identity.publicKey })],
    'of somebody else': () => [own, signed(ca, { key: testIdentity().publicKey })],
    'the issuer’s own': () => [own],
  }
  for (const [what, chain] of Object.entries(wrong))
    expect([what, (await shows(issuer, (peer) => ({ chain: chain(peer) }))).stage]).toEqual([what, 'pending'])
  // The same peer with a chain that holds is admitted: it was not something else that kept the others out.
  const right = await shows(issuer, ({ identity: { publicKey: key } }) => ({
    chain: [own, signed(ca, { key })],
  }))
  expect(right.stage).toBe('yes')
})

test('a guessed invite, and one that was meant for another machine, let nobody in', async () => {
  const issuer = await issuerNode()
  const guess = { id: new Uint8Array(8).fill(7), proof: new Uint8Array(32).fill(7) }
  expect(await shows(issuer, () => ({ join: guess }))).toMatchObject({
    stage: 'pending',
    invite_refused: 'unknown',
  })
  const joiner = await node()
  await joiner.fleet.join(await invite(issuer), { places: [] })
  const stolen = joiner.fleet.shown(issuer.id)
  expect(await shows(issuer, () => ({ join: stolen.join! }))).toMatchObject({
    stage: 'pending',
    invite_refused: 'unknown',
  })
  expect(issuer.fleet.invites()).toMatchObject([{ failures: 1, used: [] }])
})

test('a node that may not certify takes no invite', async () => {
  const plain = await node()
  const guess = { id: new Uint8Array(8), proof: new Uint8Array(32) }
  expect(await shows(plain, () => ({ join: guess }))).toMatchObject({ stage: 'pending' })
})

test.each(['knocks', 'is knocked at'])(
  'a machine whose issuer was revoked hears it when it %s, also by the longest list that a root can sign',
  async (how) => {
    const [hq, second] = await Promise.all([issuerNode(), issuerNode()])
    const ann = await node([hq.address()])
    await ann.fleet.join(await invite(hq), { places: [] })
    await linked(hq, ann)
    const bob = await node([second.address()])
    await bob.fleet.join(await invite(second), { places: [] })
    await linked(second, bob)
    const keys = [
      hq.identity.publicKey,
      ...Array.from({ length: 1_023 }, (_, n) => new Uint8Array(32).fill(n >> 8, 1).fill(n & 255, 2)),
    ]
    const version = Date.now()
    const revoked = keys.map((key) => ({ key, at: version }))
    await bob.fleet.revokedByRoot(
      signRevocationList(root, { version, number: 0, mesh, revoked }, systemRandom),
    )
    expect(ann.fleet.state().own).not.toBeNull()
    const [from, to] = how === 'knocks' ? [ann, bob] : [bob, ann]
    const { host, port } = to.address()
    from.mesh.meet({ host, port })
    await until(() => ann.fleet.state().own === null, { what: 'it knows that it is certified no more' })
    expect(ann.fleet.revoked(hq.id)).toBeDefined()
  },
)

test.each(['knocks', 'is knocked at'])(
  'a machine that an issuer revoked hears it when it %s, also by the longest list that an issuer can sign',
  async (how) => {
    const hq = await issuerNode()
    const [ann, bob] = [await node([hq.address()]), await node([hq.address()])]
    for (const one of [ann, bob]) {
      await one.fleet.join(await invite(hq), { places: [] })
      await linked(hq, one)
    }
    const second = testIdentity()
    const issuer = signCertificate(root, mesh, terms('issuer', second.publicKey), systemRandom)
    const version = Date.now()
    const revoked = Array.from({ length: 1_024 }, (_, n) => ({
      key: n === 1_000 ? ann.identity.publicKey : new Uint8Array(32).fill(n >> 8, 1).fill(n & 255, 2),
      at: version,
    }))
    const list = signRevocationList(second, { version, number: 0, mesh, revoked }, systemRandom)
    bob.fleet.documents.certificate.accept(issuer, true)
    bob.fleet.documents.revocation_list.accept(list, true)
    expect(ann.fleet.state().own).not.toBeNull()
    const [from, to] = how === 'knocks' ? [ann, bob] : [bob, ann]
    const { host, port } = to.address()
    from.mesh.meet({ host, port })
    await until(() => ann.fleet.state().revoked_by !== null, { what: 'it knows that it was revoked' })
    expect(ann.fleet.state()).toMatchObject({ own: null, revoked_by: { node_id: second.nodeId } })
    expect(bob.trust.pending()).toEqual([])
    expect(ann.events.some(({ what, peer }) => what === 'up' && peer === bob.id)).toBe(false)
  },
)

test('a machine that comes with a key that was replaced a day ago is shown by which one', async () => {
  const clockBack = Date.now() - 2 * DAY_MS
  const [old, next] = [testIdentity(), testIdentity()]
  const frame = signRotation(old, next, clockBack, systemRandom)
  const rooms = async (identity: typeof old) => {
    const lineage = createLineage(systemClock.now)
    const trust = createTrust({
      identity,
      lineage,
      clock: systemClock,
      log: silentLog,
      audit: { record: async () => {} },
      config: { peers: { trusted: new Map(), denied: [] } },
      repository: createMemberRepository(await temporaryDatabase()),
    })
    await trust.start(new AbortController().signal)
    const credentials = withRotations(NO_CREDENTIALS, trust.rotations, [])
    return { identity, credentials, trust: trust as FakeTrust }
  }
  const member = await start(await rooms(testIdentity()))
  await member.trust.trust(old.nodeId, {})
  member.trust.rotations.accept(frame, true)
  const there = await rooms(old)
  const restored = await start({
    ...there,
    discovery: { peers: [member.address()] },
    timings: { retryAfterMs: 100 },
  })
  await restored.trust.trust(member.id, {})
  await until(() => there.trust.keyState(old.nodeId).kind === 'retired', { what: 'it heard of it' })
  expect(there.trust.keyState(old.nodeId)).toMatchObject({ by: next.nodeId })
  expect(member.mesh.status().peers_connected).toBe(0)
  expect(member.trust.pending()).toEqual([])
})
