// A member that floods a real daemon with questions of invented authors: its ledger has a count, and what people decided.
import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { QueryHop } from '../../../protocols/messages/query.ts'
import { query } from '../../../protocols/registry.ts'
import type { AuditEntryShape } from '../../../src/api/contract/shapes.ts'
import { systemClock, systemRandom } from '../../../src/base/clock.ts'
import { writeQuestion } from '../../../src/exchange/query/document.ts'
import { addressOf, api, trusts } from '../../support/mesh/honest.ts'
import { hostilePeers } from '../../support/mesh/hostile.ts'
import { testIdentity } from '../../support/mesh/mesh-node.ts'
import type { RawPeer } from '../../support/mesh/raw-peer.ts'
import { startNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

/** Fewer than a neighbour may hand on at once. */
const QUESTIONS = 50

test('fifty questions of fifty invented authors are one entry, under the name of the neighbour that handed them on', async () => {
  const victim = await startNode()
  const [peer] = (await hostilePeers(1)) as [RawPeer]
  onTestFinished(() => peer.stop())
  await trusts(victim, peer.id)
  const connection = await peer.dial(await addressOf(victim))
  await peer.join(connection)
  const stream = await peer.open(connection, query.id)
  for (let n = 0; n < QUESTIONS; n++) {
    const author = { identity: testIdentity(randomBytes(32)), clock: systemClock, random: systemRandom }
    const now = Date.now()
    const { bytes, body } = writeQuestion(
      author,
      { query_type: 'ToolUsage', level: 1, time_range: { start: now - 3_600_000, end: now } },
      randomBytes(16),
    )
    const hop = { query_id: body.query_id, remaining_ms: 30_000, hops: 16, document: bytes }
    stream.send(stream.frame(QueryHop, hop))
  }
  await until(() => stream.frames.length >= QUESTIONS, { what: 'an answer to each' })
  const { entries } = (await api(victim, 'GET', 'audit/log?limit=1000')) as { entries: AuditEntryShape[] }
  const asked = entries.filter(({ type }) => type === 'query_received' || type === 'query_responded')
  // A machine that needs more than a minute for the fifty writes a second one.
  expect(asked.length).toBeLessThanOrEqual(2)
  expect(asked[0]).toMatchObject({
    type: 'query_received',
    success: false,
    peer: peer.id,
    details: { reason: 'author_not_admitted' },
  })
  expect(entries.filter(({ type }) => type === 'trust_change')).toHaveLength(1)
})
