// What questions cost the ledger in virtual time: invented authors a few counts, admitted ones a share of entries of their own.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { createBook } from '../../../../src/exchange/query/answering/book.ts'
import { createFetched, fetchesIn } from '../../../../src/exchange/query/answering/fetches.ts'
import type { Question } from '../../../../src/exchange/query/document.ts'
import type { QueryDeps } from '../../../../src/exchange/query/types.ts'
import type { AuditEntry, AuditRecord } from '../../../../src/trust/audit/index.ts'
import { createWhoAsked } from '../../../../src/trust/audit/reading.ts'
import type { Identity } from '../../../../src/trust/identity/index.ts'
import type { PeerOpinion } from '../../../../src/trust/peers/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { some } from '../../../support/some.ts'

type Outcome = Parameters<ReturnType<typeof createBook>['responded']>[1]

const MINUTE = 60_000
const NOW = 1_763_626_500_000
const admitted = testIdentity(1)
const neighbour = testIdentity(2).nodeId
const body: Question['body'] = {
  query_id: new Uint8Array(16),
  query_type: 'ToolUsage',
  time_range: { start: 0, end: 1 },
  filters: [],
  audience_key: new Uint8Array(32),
  created_at: NOW,
  expires_at: NOW + 1,
}

function setUp() {
  const clock = { time: NOW, now: () => clock.time, monotonic: () => clock.time }
  const entries: AuditRecord[] = []
  const book = createBook(
    some<QueryDeps>({
      audit: { record: async (entry) => void entries.push(entry) },
      trust: {
        opinion: (node: NodeId) =>
          ({ denied: false, trust_level: node === admitted.nodeId ? 'peer' : 'untrusted' }) as PeerOpinion,
      },
      clock,
    }),
  )
  /** The book reads whose it is and what about; nothing here is signed. */
  const asked = async (
    { publicKey: author, nodeId: authorId }: Identity,
    outcome: Partial<Outcome> = {},
    asker: Parameters<typeof book.received>[2] = {},
  ): Promise<void> => {
    const question: Question = { author, authorId, body, trace: undefined }
    await book.received(question, neighbour, asker)
    const decision = { effect: 'allow', rule: 'consent.allow', reason: '' } as const
    const usual = { status: 'success', decision, level: 1, people: 1, sent: true } as const
    await book.responded(question, { asker, ...usual, ...outcome })
  }
  const whoAsked = () => {
    const all = createWhoAsked((peer) => peer)
    for (const [seq, entry] of entries.entries()) all.add({ ...entry, seq, ts: seq, hash: '' } as AuditEntry)
    return all.result()
  }
  return { clock, entries, book, asked, whoAsked }
}

test('348 questions a minute by invented authors for five hours are less than 20 entries, and all are counted', async () => {
  const { clock, entries, book, asked, whoAsked } = setUp()
  const authors = Array.from({ length: 50 }, (_, n) => testIdentity(100 + n))
  for (let minute = 0; minute < 300; minute++) {
    for (let n = 0; n < 348; n++) await asked(authors[(minute + n) % authors.length] as Identity)
    clock.time += MINUTE
  }
  await book.flush()
  expect(entries.length).toBeLessThan(20)
  expect(entries.every(({ type, peer }) => type === 'query_received' && peer === neighbour)).toBe(true)
  expect(entries.reduce((sum, { details }) => sum + Number(details.times), 0)).toBe(300 * 348)
  expect(whoAsked()).toMatchObject([
    { peer: neighbour, query_type: null, asked: 104_400, refused: 104_400, rules: ['author_not_admitted'] },
  ])
})

test('an admitted author has entries of its own as far as its share goes, and every question is counted', async () => {
  const { clock, entries, book, asked, whoAsked } = setUp()
  // A question a minute for three days, as `karo query --watch --every 1m` asks.
  const all = (3 * 24 * 3_600) / 60
  for (let n = 0; n < all; n++) {
    clock.time += MINUTE
    await asked(admitted)
  }
  await book.flush()
  const own = entries.filter(
    ({ type, details }) => type === 'query_received' && details.query_id !== undefined,
  )
  expect(own.length).toBeGreaterThanOrEqual(300)
  expect(own.length).toBeLessThanOrEqual(300 + 3 * 100 + 1)
  expect(entries.length).toBeLessThan(2 * own.length + 2 * (3 * 24 + 10))
  expect(whoAsked()).toMatchObject([
    { peer: admitted.nodeId, query_type: 'ToolUsage', asked: all, allowed: all, rules: ['consent.allow'] },
  ])
})

test('who is shown released totals is told, however many questions came before, and what was not sent is not', async () => {
  const { book, entries, asked } = setUp()
  for (let n = 0; n < 400; n++) await asked(admitted)
  const told = () => fetchesIn(entries.map((entry) => ({ ...entry, ts: NOW }) as AuditEntry))
  const shown = { status: 'released', level: 2, released: { audience: 'security', batches: 3 } } as const
  await asked(admitted, { ...shown, sent: false })
  await asked(admitted, { ...shown, released: { audience: 'security', batches: 0 } })
  expect(told()).toEqual([])
  await asked(admitted, shown)
  const one = { node: admitted.nodeId, operator: undefined, query_type: 'ToolUsage' }
  expect(told()).toMatchObject([
    { ...one, audience: 'security', batches: 3, start: '1970-01-01T00:00:00.000Z' },
  ])
  // An operator whose questions are only counted is told to members by the key.
  const operator = { operator: { id: neighbour, name: 'carol' } } as Parameters<typeof book.received>[2]
  for (let n = 0; n < 301; n++) await asked(admitted, {}, operator)
  await asked(admitted, shown, operator)
  const ledger = async () => entries.map((entry) => ({ ...entry, ts: NOW }) as AuditEntry)
  const clock = { now: () => NOW, monotonic: () => 0 }
  expect(await createFetched({ log: ledger }, clock)()).toContainEqual(
    expect.objectContaining({ node: admitted.nodeId, operator: neighbour, audience: 'security' }),
  )
  expect(told()).toHaveLength(2)
  // Others of the same hour, type and audience are counted with it.
  await asked(admitted, shown)
  expect(told()).toHaveLength(2)
})

test('an admitted author is told by itself while others flood', async () => {
  const { entries, asked } = setUp()
  for (let n = 0; n < 200; n++) await asked(testIdentity(1_000 + n))
  await asked(admitted)
  expect(entries.filter(({ peer }) => peer === admitted.nodeId).map(({ type }) => type)).toEqual([
    'query_received',
    'query_responded',
  ])
})

test('neighbours beyond those that are told apart share an entry that names none of them', async () => {
  const { clock, entries, book } = setUp()
  for (let n = 0; n < 300; n++) book.refused(`karo:ed25519:${n}` as NodeId)
  clock.time += 60 * MINUTE
  for (let n = 0; n < 256; n++) book.refused(`karo:ed25519:${n}` as NodeId)
  book.refused('karo:ed25519:299' as NodeId)
  const shared = entries.filter(({ peer }) => peer === undefined)
  expect(shared.map(({ details }) => details)).toEqual([
    { reason: 'busy', times: 1 },
    { reason: 'busy', times: 44 },
  ])
  expect(entries.filter(({ peer }) => peer !== undefined && Number(peer.slice(13)) >= 256)).toEqual([])
})
