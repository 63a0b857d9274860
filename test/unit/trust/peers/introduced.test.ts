// Introductions in the whole trust room: what ends them besides a person, who takes their places, and what members are told.
import { expect, onTestFinished, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { systemRandom as random } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import type { IntroducerScope, TrustedPeer } from '../../../../src/config/index.ts'
import { introductionPort, rereadIntroductions } from '../../../../src/daemon/introduced.ts'
import { introduceAgain } from '../../../../src/daemon/rotation.ts'
import { createMemberRepository } from '../../../../src/store/tables/members.ts'
import { type Certificates, NO_CERTIFICATES } from '../../../../src/trust/certificates/index.ts'
import { GRACE_MS, type Identity, signRotation } from '../../../../src/trust/identity/index.ts'
import { createLineage } from '../../../../src/trust/lineage/index.ts'
import { createIntroductions, createTrust } from '../../../../src/trust/peers/index.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'

const DAY = 86_400_000
const SCOPE: IntroducerScope = { level: 'peer', teams: [], days: 30 }
const self = testIdentity(0)
/** The key that this node had before. */
const former = testIdentity(50)
const [hq, bob, next, rival] = [1, 2, 3, 4].map(testIdentity) as [Identity, Identity, Identity, Identity]

async function world() {
  const time = new VirtualTime(Date.UTC(2026, 10, 21))
  const revoked = new Set<NodeId>()
  const changed: ((node: NodeId) => void)[] = []
  const certificates: Certificates = {
    ...NO_CERTIFICATES,
    revoked: (node) => (revoked.has(node) ? { at: 1, by: self.nodeId, name: '' } : undefined),
    onChange(listener) {
      changed.push(listener)
      return () => {}
    },
  }
  const base = { clock: time.clock, timers: time, random }
  const introductions = createIntroductions({ ...base, identity: self })
  const config = { peers: { denied: [] as NodeId[], trusted: new Map<NodeId, TrustedPeer>() } }
  const trust = createTrust({
    config,
    certificates,
    introductions,
    identity: self,
    log: silentLog,
    clock: time.clock,
    repository: createMemberRepository(await temporaryDatabase()),
    lineage: createLineage(time.clock.now),
    audit: { record: async () => {} },
  })
  await trust.start(new AbortController().signal)
  onTestFinished(() => trust.stop())
  const told: NodeId[] = []
  trust.onChange((node) => void told.push(node))
  /** What this node keeps of each author, as the documents room would. */
  const kept = new Map<NodeId, Uint8Array[]>()
  const wired = { own: new Set([self.nodeId, former.nodeId]), trust, introductions }
  const port = introductionPort(wired)
  const documents = {
    of: async (author: NodeId) =>
      (kept.get(author) ?? []).map((bytes) => ({ bytes, head: {} as never, received_at: 1 })),
  }
  rereadIntroductions(wired, documents, silentLog)
  const introduce = (by: Identity, whom: Identity, more = {}): void => {
    const { sign } = createIntroductions({ ...base, identity: by })
    const said = { key: whom.publicKey, name: 'x', level: 'peer', teams: [], withdrawn: false }
    const frame = sign({ ...said, not_after: time.clock.now() + 10 * DAY, ...more })
    kept.set(by.nodeId, [...(kept.get(by.nodeId) ?? []), frame])
    port.accept(frame, true)
  }
  const revoke = (node: NodeId): void => {
    revoked.add(node)
    for (const listener of changed) listener(node)
  }
  return { time, trust, config, told, introductions, introduce, revoke }
}

/** Bob is a member here by the word of hq alone. */
async function introduced() {
  const it = await world()
  await it.trust.trust(hq.nodeId, { introducer: SCOPE })
  it.introduce(hq, bob)
  expect(it.trust.opinion(bob.nodeId)).toMatchObject({ why: 'introduction', trust_level: 'peer' })
  it.told.length = 0
  return it
}

test('an introducer whose key a list revokes takes with it whom it introduced, and their links end', async () => {
  const { trust, told, revoke } = await introduced()
  revoke(hq.nodeId)
  expect(trust.admits(bob.nodeId)).toBe(false)
  // The mesh closes connections of those that it is told of.
  expect(told).toContain(bob.nodeId)
})

test('whom this node introduced under an earlier key it introduces again under its own, once', async () => {
  const { time, introductions, introduce } = await world()
  introduce(former, bob)
  introduce(former, hq, { not_after: time.clock.now() + DAY })
  time.advance(2 * DAY)
  const published: string[] = []
  const again = () =>
    introduceAgain({
      introductions,
      clock: time.clock,
      identity: { nodeId: self.nodeId, former: [former] },
      documents: { publish: async (kind) => void published.push(kind) },
    })
  await again()
  await again()
  expect(published).toEqual(['introduction'])
  expect(introductions.all().filter(({ introducer }) => introducer === self.nodeId)).toMatchObject([
    { node_id: bob.nodeId, body: { level: 'peer', withdrawn: false } },
  ])
})

test('a key that stands in two rotations introduces nobody, because a thief may have signed it', async () => {
  const { time, trust, told, introduce } = await introduced()
  const at = time.clock.now()
  trust.rotations.accept(signRotation(hq, next, at, random), true)
  expect(trust.admits(bob.nodeId)).toBe(true)
  trust.rotations.accept(signRotation(hq, rival, at, random), true)
  expect(trust.opinion(hq.nodeId).why).toBe('frozen')
  expect(trust.admits(bob.nodeId)).toBe(false)
  expect(told).toContain(bob.nodeId)
  for (const by of [hq, next, rival]) {
    introduce(by, testIdentity(9))
    expect(trust.admits(testIdentity(9).nodeId)).toBe(false)
  }
  // A person says which of them is meant.
  await trust.trust(next.nodeId, {})
  expect(trust.admits(bob.nodeId)).toBe(true)
})

test('what a replaced key introduced ends with the day that it is honoured', async () => {
  const { time, trust, told } = await introduced()
  trust.rotations.accept(signRotation(hq, next, time.clock.now(), random), true)
  time.advance(GRACE_MS + 1)
  told.length = 0
  trust.rotations.look()
  expect(trust.admits(bob.nodeId)).toBe(false)
  expect(told).toContain(bob.nodeId)
})

test('members that nobody named introducers take no places, however many of them introduce', async () => {
  const { trust, introductions, introduce } = await world()
  for (let n = 0; n < 80; n++) introduce(testIdentity(100 + n), testIdentity(500 + n))
  expect(introductions.all()).toEqual([])
  introduce(hq, bob)
  expect(trust.admits(bob.nodeId)).toBe(false)
  // Named after its introduction came, it is heard: what is kept of it is read again.
  await trust.trust(hq.nodeId, { introducer: SCOPE })
  await Promise.resolve()
  expect(trust.opinion(bob.nodeId)).toMatchObject({ why: 'introduction' })
})

test('who is an introducer no more makes place for one that is', async () => {
  const { trust, introductions, introduce } = await world()
  for (let n = 0; n < 64; n++) {
    const one = testIdentity(100 + n)
    await trust.trust(one.nodeId, { introducer: SCOPE })
    introduce(one, testIdentity(500 + n))
  }
  await trust.trust(hq.nodeId, { introducer: SCOPE })
  introduce(hq, bob)
  expect(trust.admits(bob.nodeId)).toBe(false)
  await trust.trust(testIdentity(100).nodeId, { introducer: false })
  introduce(hq, bob)
  expect(trust.admits(bob.nodeId)).toBe(true)
  expect(new Set(introductions.all().map(({ introducer }) => introducer)).size).toBe(64)
})

test('the file names an introducer, and takes it back: a reload reads its introductions, and ends what they gave', async () => {
  const { trust, config, told, introduce } = await world()
  introduce(hq, bob)
  config.peers.trusted = new Map([[hq.nodeId, { level: 'peer', roles: [], teams: [], introducer: SCOPE }]])
  await trust.reload()
  await Promise.resolve()
  expect(trust.admits(bob.nodeId)).toBe(true)
  told.length = 0
  config.peers.trusted = new Map([[hq.nodeId, { level: 'peer', roles: [], teams: [] }]])
  await trust.reload()
  expect(trust.admits(bob.nodeId)).toBe(false)
  expect(trust.admits(hq.nodeId)).toBe(true)
  expect(told).toContain(bob.nodeId)
})

test('who is introduced introduces nobody, and a denial of the introduced one stays whatever is signed', async () => {
  const { trust, introduce } = await introduced()
  introduce(bob, testIdentity(9))
  expect(trust.admits(testIdentity(9).nodeId)).toBe(false)
  await trust.deny(bob.nodeId)
  introduce(hq, bob)
  expect(trust.opinion(bob.nodeId)).toMatchObject({ denied: true, trust_level: 'untrusted' })
  expect(trust.admits(bob.nodeId)).toBe(false)
})

test('a version that another author writes moves none of this node’s own', async () => {
  const { time, introductions } = await world()
  const ahead = new VirtualTime(time.clock.now() + 4 * 60_000)
  const theirs = createIntroductions({ identity: hq, clock: ahead.clock, timers: ahead, random })
  const said = { key: bob.publicKey, name: 'x', level: 'peer', teams: [], withdrawn: false }
  introductions.accept(theirs.sign({ ...said, not_after: time.clock.now() + DAY }))
  introductions.accept(introductions.sign({ ...said, not_after: time.clock.now() + DAY }))
  const own = introductions.all().find(({ introducer }) => introducer === self.nodeId)
  expect(own?.body.version).toBe(time.clock.now())
})
