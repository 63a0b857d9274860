// Random situations of one node: what admits it, what it may have, and what `explain` says about it never disagree.

import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { systemRandom as random } from '../../../../src/base/clock.ts'
import { TRUST_LEVELS, type TrustLevel } from '../../../../src/base/words/trust-levels.ts'
import { trustDomains } from '../../../../src/config/domains.ts'
import type { TrustDomain } from '../../../../src/config/index.ts'
import type { Certificates } from '../../../../src/trust/certificates/index.ts'
import { type Identity, signRotation } from '../../../../src/trust/identity/index.ts'
import { testIdentities } from '../../../support/mesh/identity.ts'
import { NO_CERTIFICATES } from '../../../support/mesh/no-certificates.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'
import { bindingOf, peersOf, trustRoom } from './world.ts'

const DAY = 86_400_000
const [issuer, bob, bob2, bob3] = testIdentities(1, 3, 4, 5)
const people: readonly Identity[] = [bob, bob2, bob3]

/** One thing that happens, about one of these nodes. */
type Move = readonly [what: number, who: number, level: TrustLevel]

async function world() {
  const time = new VirtualTime(Date.UTC(2026, 10, 21))
  const certified = new Map<NodeId, { readonly level: TrustLevel; readonly stale: boolean }>()
  const revoked = new Set<NodeId>()
  let changed = (_: NodeId): void => {}
  const binding = (node: NodeId) => bindingOf(node, { issuer: issuer.nodeId })
  const certificates: Certificates = {
    ...NO_CERTIFICATES,
    word(node) {
      const word = revoked.has(node) ? undefined : certified.get(node)
      return word && { binding: binding(node), ...word }
    },
    certified: () => [...certified.keys()].filter((node) => !revoked.has(node)).map(binding),
    revoked: (node) => (revoked.has(node) ? { at: 1, by: issuer.nodeId, name: 'c' } : undefined),
    onChange(listener) {
      changed = listener
      return () => {}
    },
  }
  const config = { peers: peersOf({}), trust: { domains: new Map() as ReadonlyMap<string, TrustDomain> } }
  const { trust } = await trustRoom({ config, certificates, clock: time.clock })
  /** Whom the mesh was told to admit or not, as it heard last. */
  const heard = new Map<NodeId, boolean>()
  trust.onChange((node) => void heard.set(node, trust.admits(node)))
  const at = (node: Identity): number => time.clock.now() + people.indexOf(node)

  const moves: readonly ((who: Identity, level: TrustLevel) => unknown)[] = [
    ({ nodeId }, level) => trust.trust(nodeId, { level }),
    ({ nodeId }) => trust.deny(nodeId),
    ({ nodeId }) => trust.revoke(nodeId),
    ({ nodeId }, level) => {
      config.peers = peersOf({ trusted: [[nodeId, { level }]], denied: config.peers.denied })
      return trust.reload()
    },
    ({ nodeId }, level) => {
      config.peers = peersOf({ denied: level === 'peer' ? [nodeId] : [] })
      return trust.reload()
    },
    ({ nodeId }, level) => {
      const stale = level === 'untrusted'
      certified.set(nodeId, { level: stale ? 'untrusted' : 'peer', stale })
      changed(nodeId)
    },
    ({ nodeId }) => {
      revoked.add(nodeId)
      changed(nodeId)
    },
    ({ nodeId }, level) => trust.connected(nodeId, level === 'untrusted' ? [] : ['10.0.3.9']),
    (_, level) => {
      config.trust.domains = trustDomains.check({
        '10.0.3.0/24': { level: level === 'supervisor' ? 'peer' : level },
      })
      return trust.reload()
    },
    (_, level) => (level === 'untrusted' ? trust.deny(issuer.nodeId) : trust.trust(issuer.nodeId, { level })),
    () => trust.rotations.accept(signRotation(bob, bob2, at(bob2), random), true),
    () => trust.rotations.accept(signRotation(bob, bob3, at(bob3), random), true),
    () => {
      time.advance(DAY / 2 + 1)
      trust.rotations.look()
    },
  ]
  return { trust, heard, moves }
}

test('whatever happens in whatever order, decision, standing and explanation say the same, and nobody is left connected', async () => {
  const move = fc.tuple(fc.nat(12), fc.nat(2), fc.constantFrom(...TRUST_LEVELS))
  await forAllAsyncIn(
    { numRuns: 150 },
    fc.array(move, { minLength: 1, maxLength: 14 }),
    async (list: readonly Move[]) => {
      const { trust, heard, moves } = await world()
      for (const [what, who, level] of list) {
        const node = people[who] as Identity
        const before = new Map(people.map(({ nodeId }) => [nodeId, trust.admits(nodeId)]))
        heard.clear()
        await Promise.resolve(moves[what]?.(node, level)).catch(() => {})
        for (const { nodeId } of people) {
          const opinion = trust.opinion(nodeId)
          const admits = trust.admits(nodeId)
          const deciding = trust.explain(nodeId).filter(({ decides }) => decides)
          expect(deciding).toHaveLength(1)
          const [{ source, says }] = deciding as [(typeof deciding)[number]]
          const refused = opinion.denied || opinion.revoked
          if (refused) expect(['denied', 'revoked']).toContain(source)
          else expect(source).toBe(opinion.why)
          if (refused) expect([opinion.trust_level, admits]).toEqual(['untrusted', false])
          expect(trust.standing(nodeId) === 'member').toBe(admits)
          if (opinion.trust_level !== 'untrusted') {
            expect(admits).toBe(true)
            expect(says).toContain(`level ${opinion.trust_level}`)
          }
          // Whoever is admitted no more is told to the mesh, which closes the connections.
          if (before.get(nodeId) && !admits) expect(heard.get(nodeId)).toBe(false)
        }
      }
    },
  )
})

test('the file takes trust from a key that stands in two rotations: its connection ends as well', async () => {
  const { trust, heard, moves } = await world()
  const move = async (what: number, level: TrustLevel) => await moves[what]?.(bob, level)
  await move(0, 'peer')
  await move(10, 'peer')
  await move(11, 'peer')
  expect([trust.opinion(bob.nodeId).why, trust.admits(bob.nodeId)]).toEqual(['frozen', true])
  heard.clear()
  await move(3, 'untrusted')
  expect([trust.admits(bob.nodeId), heard.get(bob.nodeId)]).toEqual([false, false])
})

test('the day is over for which a new key was admitted by the certificate of the one before: its connection ends as well', async () => {
  const { trust, heard, moves } = await world()
  const move = async (what: number, level: TrustLevel = 'peer') => await moves[what]?.(bob, level)
  await move(10)
  await move(5)
  expect(trust.admits(bob2.nodeId)).toBe(true)
  heard.clear()
  await move(12)
  await move(12)
  expect([trust.admits(bob2.nodeId), heard.get(bob2.nodeId)]).toEqual([false, false])
})
