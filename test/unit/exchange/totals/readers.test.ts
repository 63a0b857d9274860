// Who is said to read totals: what certificates say in the whole mesh, and not what people of one machine call somebody.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { readersShape } from '../../../../src/api/routes/given-totals.ts'
import { withReaders } from '../../../../src/api/routes/share.ts'
import type { TotalsDeps } from '../../../../src/exchange/totals/deps.ts'
import { rosterOf } from '../../../../src/exchange/totals/roster.ts'
import { opinionOf } from '../../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'

const idOf = (n: number) => testIdentity(n).nodeId
const [self, ciso, lost] = [idOf(1), idOf(2), idOf(3)]
const [called, carol, dora] = [idOf(4), idOf(5), idOf(6)]

const binding = (node_id: string, name: string) => ({ node_id, name, roles: ['security'], teams: [] })
const deps = {
  identity: { nodeId: self },
  fleet: {
    certified: () => [binding(self, 'self'), binding(ciso, 'ciso'), binding(lost, 'lost')],
    operators: {
      list: () => [
        { state: 'valid', binding: binding(carol, 'carol') },
        { state: 'revoked', binding: binding(dora, 'dora') },
      ],
    },
  },
  trust: {
    known: () => [ciso, lost, called],
    memberOf: (node: string) => node,
    // The people here gave one node a role of their own.
    opinion: (node: NodeId) =>
      opinionOf(node, {
        trust_level: 'peer',
        roles: node === called ? ['security'] : [],
        revoked: node === lost,
      }),
  },
} as unknown as TotalsDeps

test('readers are those of certificates that hold, and operators by name', () => {
  const roster = rosterOf(deps)
  expect(roster.named('security')).toEqual({ nodes: [ciso], operators: [{ node_id: carol, name: 'carol' }] })
  expect(roster.named('admin')).toEqual({ nodes: [], operators: [] })
  // Whoever may have something by a decision here is still looked at before anything is given.
  expect(roster.principals('security').map(({ node_id }) => node_id)).toContain(called)
})

test('share show names the same readers, and no node that the mesh does not let', () => {
  const totals = { audiences: () => ['security'], readersOf: (role: string) => rosterOf(deps).named(role) }
  const named = { fingerprint: '0123456789abcdef', name: 'ciso' }
  const readers = readersShape(totals, (node_id) => ({ node_id, ...named }))
  expect(readers).toEqual([
    {
      audience: 'security',
      nodes: [{ node_id: ciso, ...named }],
      operators: [{ node_id: carol, name: 'carol', fingerprint: testIdentity(5).fingerprint }],
    },
  ])
  const of = { level_1: ['tool_usage'], summaries: [], level_2: ['tool_usage'] }
  const peer = (node_id: string) => ({ node_id, ...of })
  const view = { peers: [peer(ciso), peer(called)] } as unknown as Parameters<typeof withReaders>[0]
  const shown = withReaders(view, readers)
  expect(shown.peers.map(({ level_1, level_2 }) => [level_1.length, level_2.length])).toEqual([
    [1, 1],
    [1, 0],
  ])
  expect(shown.totals).toBe(readers)
  // Consent that opens nothing is not what a person is told as the reason of three times no.
  const only = { ...view, peers: [{ ...peer(called), level_1: [], summaries: [], reason: 'consent' }] }
  expect(withReaders(only as unknown as typeof view, readers).peers[0]?.reason).toContain('totals only')
  // A mesh without totals has nobody who reads them.
  expect(withReaders(view, []).peers.every(({ level_2 }) => level_2.length === 0)).toBe(true)
})
