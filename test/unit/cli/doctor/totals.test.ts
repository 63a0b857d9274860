// The check of totals, by what the daemon says.
import { expect, test } from 'vitest'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { found } from './found.ts'

const judgeTotals = (totals: object | null, now: number) =>
  found('mesh.totals', { totals }, { now: () => now })

const ENDED = Date.UTC(2026, 10, 22)
const HOUR = 3_600_000
const pair = ['vault', 'desk'].map((name, at) => {
  const { nodeId: node_id, fingerprint } = testIdentity(at + 1)
  return { node_id, fingerprint, name, there: true }
})
const facts = { ended_at: new Date(ENDED).toISOString(), given: true, why: null, late: null, pair }

test('a machine that gave its part is well, also where nothing was to be given', async () => {
  expect(await judgeTotals(null, ENDED)).toMatchObject([{ outcome: 'skipped' }])
  for (const one of [
    facts,
    { ...facts, late: 1 },
    { ...facts, given: false, why: 'before_records' as const },
  ])
    expect(await judgeTotals(one, ENDED + 12 * HOUR)).toMatchObject([{ outcome: 'ok' }])
})

test('a machine that gives nothing is told, once it could have', async () => {
  const late = { ...facts, given: false }
  expect(await judgeTotals(late, ENDED + HOUR / 2)).toMatchObject([{ outcome: 'ok' }])
  expect(await judgeTotals(late, ENDED + 2 * HOUR)).toMatchObject([{ outcome: 'warn' }])
  const refused = { ...facts, given: false, why: 'aggregator_refused' as const }
  expect(await judgeTotals(refused, ENDED)).toMatchObject([{ outcome: 'warn' }])
})

test('where none was released yet nothing is late', async () => {
  const [finding] = await judgeTotals({ ...facts, none_yet: true }, ENDED + 12 * HOUR)
  expect([finding?.outcome, finding?.detail]).toEqual([
    'ok',
    expect.stringContaining('no total was released yet'),
  ])
})

test('releases that do not come are told where they are read, with the aggregator that is not there', async () => {
  const gone = [{ ...pair[0]!, there: false }, pair[1]!]
  const [finding, ...more] = await judgeTotals({ ...facts, late: 2, pair: gone }, ENDED)
  expect([finding?.outcome, more]).toEqual(['warn', []])
  expect(finding?.detail).toContain('newest 2 periods')
  expect(finding?.detail).toContain('vault')
  expect(finding?.detail).not.toContain('desk')
})
