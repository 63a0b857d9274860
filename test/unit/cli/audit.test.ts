// The ledger at the terminal: nodes by name and fingerprint, wherever their ids stand.
import { expect, test } from 'vitest'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { fingerprintOf } from '../../../src/trust/identity/index.ts'
import { karo } from '../../support/node/played-daemon.ts'

const keyOf = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const [bob, eve] = [formatNodeId(keyOf(1)), formatNodeId(keyOf(2))]
const entry = { seq: 1, timestamp: '2026-11-20T08:00:00Z', success: true, hash: '00'.repeat(32) }
const peers = {
  peers: [
    {
      node_id: bob,
      fingerprint: fingerprintOf(keyOf(1)),
      name: 'bob',
      state: 'known',
      why: 'tofu',
      trust_level: 'peer',
      roles: [],
      teams: [],
      addresses: [],
      last_seen: null,
      known_by: null,
      presence: null,
    },
  ],
}

test('audit log names who is known, and says the fingerprint of everybody', async () => {
  const { code, out } = await karo(
    {
      'GET /api/v1/audit/log': {
        entries: [
          { ...entry, type: 'trust_change', peer: bob, details: { action: 'trust' } },
          { ...entry, type: 'policy_violation', peer: eve, details: { reason: 'stale' } },
          { ...entry, type: 'node_restored', details: { earlier: eve, told_by: `${bob},${eve}` } },
        ],
      },
      'GET /api/v1/peers': peers,
    },
    'audit',
    'log',
  )
  expect(code).toBe(0)
  const [bobs, eves] = [`bob ${fingerprintOf(keyOf(1))}`, fingerprintOf(keyOf(2))]
  const lines = out.split('\n')
  expect(lines[1]).toContain(` ${bobs} `)
  expect(lines[2]).toContain(` ${eves} `)
  expect(lines[3]).toContain(`earlier=${eves} told_by=${bobs},${eves}`)
  expect(out).not.toContain('karo:ed25519:')
})
