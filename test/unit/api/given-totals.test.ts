// What the ledger says of totals that this machine took part in: given, released, fetched from here, and nothing that was not.
import { expect, test } from 'vitest'
import { givenTotals } from '../../../src/api/routes/given-totals.ts'
import type { AuditEntry } from '../../../src/trust/audit/index.ts'
import { testNodes } from '../../support/mesh/identity.ts'

const [leader, other, reader, carol] = testNodes(1, 2, 3, 4)
const AT = Date.UTC(2026, 10, 21, 1)

const entry = (type: AuditEntry['type'], details: object, more: Partial<AuditEntry> = {}): AuditEntry =>
  ({ type, success: true, details, seq: 1, ts: AT, hash: '', ...more }) as AuditEntry
const deps = {
  trust: { opinion: (node: string) => ({ fingerprint: node.slice(-8), name: `name-${node.slice(-4)}` }) },
  totals: { audiences: () => ['security'], readersOf: () => ({ nodes: [reader], operators: [] }) },
} as unknown as Parameters<typeof givenTotals>[1]
const of = (...all: readonly AuditEntry[]) =>
  givenTotals(async (type) => all.filter((one) => one.type === type), deps)

test('a period says what was given, to whom, and how many were in it where this machine released it', async () => {
  const share = {
    bucket: 'day:20777',
    types: 'ToolUsage SafetyPosture',
    audiences: 'security',
    aggregators: `${leader} ${other}`,
  }
  const release = { bucket: 'day:20777', audience: 'security', types: 'ToolUsage:8', threshold: 6 }
  const { given, may_read } = await of(entry('share_given', share), entry('total_released', release))
  expect(given).toMatchObject([
    {
      start: '2026-11-20T00:00:00.000Z',
      end: '2026-11-21T00:00:00.000Z',
      types: ['ToolUsage', 'SafetyPosture'],
      aggregators: [{ node_id: leader }, { node_id: other }],
      released: [{ audience: 'security', threshold: 6, types: [{ type: 'ToolUsage', machines: 8 }] }],
    },
  ])
  expect(may_read).toMatchObject([{ audience: 'security', nodes: [{ node_id: reader }] }])
  // Shares nothing, and one that a newer release of Karo wrote about a bucket that this one does not know.
  const nothing = { ...share, types: '', audiences: '' }
  const bare = await of(entry('share_given', nothing), entry('share_given', { ...share, bucket: 'year:1' }))
  expect(bare.given).toMatchObject([{ types: [], audiences: [], released: [] }])
})

test('a fetch names operator and node; what was refused, empty, or came too late is none', async () => {
  const range = { range_start: '2026-11-20T00:00:00.000Z', range_end: '2026-11-21T00:00:00.000Z' }
  const shown = { query_type: 'ToolUsage', audience: 'security', batches: 2, sent: true, ...range }
  const asked = (details: object, more: Partial<AuditEntry> = {}) =>
    entry('query_responded', { ...shown, ...details }, { peer: reader, ...more })
  const { fetched } = await of(
    asked({ operator: carol, operator_name: 'carol' }),
    asked({}),
    asked({ batches: 0 }),
    asked({ sent: false }),
    asked({}, { success: false }),
    entry('query_responded', { query_type: 'ToolUsage', ...range }, { peer: reader }),
  )
  expect(fetched.map(({ node, operator }) => [node.node_id, operator?.name])).toEqual([
    [reader, 'carol'],
    [reader, undefined],
  ])
})
