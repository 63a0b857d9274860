// Who fetched released totals: what a node that shows them tells of it to members, from its ledger, over real frames.
import { expect, test } from 'vitest'
import { FETCHES_MAX, type ReleaseFetch } from '../../../../protocols/messages/numbers.ts'
import type { QueryDataOf } from '../../../../src/api/contract/shapes.ts'
import { nodeHealth as view } from '../../../../src/cli/views/query/node-health.ts'
import { createFetched } from '../../../../src/exchange/query/answering/fetches.ts'
import { nodeHealth } from '../../../../src/exchange/query/query-types/node-health.ts'
import type { Audit, AuditEntry } from '../../../../src/trust/audit/index.ts'
import { meshOf, person, type TestNode, uses } from './network.ts'

const AT = Date.UTC(2026, 10, 21, 9, 41)
const DAY = 86_400_000

const { nodes } = meshOf(['a', 'b', 'c'].map((name) => ({ name, people: person(uses('git', 1)) })))
const [a, b, c] = nodes as [TestNode, TestNode, TestNode]

const range = { range_start: '2026-11-20T00:00:00.000Z', range_end: '2026-11-21T00:00:00.000Z' }
const entry = (details: object, more: Partial<AuditEntry> = {}): AuditEntry =>
  ({
    type: 'query_responded',
    success: true,
    seq: 1,
    ts: AT,
    hash: '',
    peer: c.id,
    details: { query_type: 'ToolUsage', audience: 'security', batches: 2, sent: true, ...range, ...details },
    ...more,
  }) as AuditEntry

async function told(entries: readonly AuditEntry[]) {
  const asked: Parameters<Audit['log']>[0][] = []
  const log: Audit['log'] = async (filter) => {
    asked.push(filter)
    if (isDamaged) throw new Error('damaged')
    return entries
  }
  const clock = { now: () => AT, monotonic: () => 0 }
  const fetched = createFetched({ log }, clock)
  let isDamaged = true
  // What could not be read is read again.
  await expect(fetched()).rejects.toThrow('damaged')
  isDamaged = false
  asked.length = 0
  return { asked, fetched, all: await fetched() }
}

test('a node tells the fetches of thirty days from its ledger, by the hour, and no more than there is room for', async () => {
  const operator = { operator: b.id, operator_name: 'carol' }
  const { asked, all, fetched } = await told([
    entry(operator),
    entry({}),
    // The same again in one hour takes no room.
    entry({}),
    // Nor are these told, which would be seen by their role.
    entry({ audience: 'empty', batches: 0 }),
    entry({ audience: 'unsent', sent: false }),
    entry({ audience: 'denied' }, { success: false }),
    // It has no place in an answer.
    entry({ audience: 'x'.repeat(65) }),
  ])
  const one = { node: c.id, audience: 'security', query_type: 'ToolUsage', hour: '2026-11-21T09:00:00.000Z' }
  const of = { start: range.range_start, end: range.range_end }
  expect(all).toEqual([
    { ...one, ...of, ...operator },
    { ...one, ...of },
  ])
  // Every member may ask, so the ledger is not read each time.
  await fetched()
  expect(asked).toEqual([{ type: 'query_responded', limit: 2_000, since: AT - 30 * DAY }])
  const many = Array.from({ length: 40 }, (_, at) => entry({ range_end: `2026-11-21T00:00:${10 + at}.000Z` }))
  expect((await told(many)).all).toHaveLength(FETCHES_MAX)
})

test('its health has them where it can tell, and members learn which nodes said so', async () => {
  const { all } = await told([entry({ operator: b.id, operator_name: 'carol' })])
  const insight = { nodeHealth: async () => ({ node_id: b.id }), fetched: async () => all }
  const gathered = await nodeHealth.gather(insight as never, [], { start: 0, end: 1 }, undefined)
  expect(gathered).toEqual({ query_type: 'NodeHealth', health: { node_id: b.id, fetched: all } })
  const silent = { nodeHealth: async () => ({ node_id: b.id }) }
  const none = await nodeHealth.gather(silent as never, [], { start: 0, end: 1 }, undefined)
  expect(none).toEqual({ query_type: 'NodeHealth', health: { node_id: b.id } })

  const says = (fetched: readonly ReleaseFetch[]) => ({ version: '0.1.0', events_24h: 3, fetched })
  Object.assign(b.health, says(all))
  const result = await a.ask({ query_type: 'NodeHealth' })
  const rows = (result.data as QueryDataOf<'NodeHealth'>).nodes
  expect(rows.map(({ fetched }) => fetched)).toEqual([undefined, all, undefined])
  const shown = (data: QueryDataOf<'NodeHealth'>) =>
    view.data(data, {
      screen: { colour: false, columns: 160 },
      passes: () => true,
      least: () => '',
      off: { nodes: '', values: '' },
    })
  const text = shown(result.data as QueryDataOf<'NodeHealth'>)
  expect(text).toContain('as 1 of 3 say; other nodes may have shown them too')
  expect(text).toMatch(
    /carol +c +security +ToolUsage +2026-11-20 00:00 to 2026-11-21 00:00 +2026-11-21 09:00 +b/,
  )
  Object.assign(b.health, says([]))
  const nobody = await a.ask({ query_type: 'NodeHealth' })
  expect(shown(nobody.data as QueryDataOf<'NodeHealth'>)).not.toContain('Released totals')
})
