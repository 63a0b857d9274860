// What a result says beside its numbers: how old a summary is, in a unit that tells something.
import { expect, test } from 'vitest'
import { type Collection, notesOf } from '../../../../src/exchange/query/asking/collect.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const MINUTE_MS = 60_000

function noteOf(...ages: readonly number[]): string {
  const collection: Pick<Collection, 'own' | 'team' | 'question' | 'self' | 'members'> = {
    own: {},
    team: undefined,
    question: {
      query_id: new Uint8Array(16),
      query_type: 'ToolUsage',
      level: 1,
      time_range: { start: NOW - 1, end: NOW },
    },
    self: { fingerprint: '0'.repeat(16), name: 'ann', as_of: NOW },
    members: ages.map((age) => ({
      member: {} as Collection['members'][number]['member'],
      collected: { outcome: 'from_summary' },
      summary: {
        as_of: NOW - age,
        covers: { start: NOW - 1, end: NOW },
        data: { query_type: 'ToolUsage', tools: [] },
      },
    })),
  }
  return notesOf(collection as Collection, 0).join()
}

test.each([
  [-5_000, 'just now'],
  [41_900, '41 s ago'],
  [90_000, '1 min ago'],
  [59 * MINUTE_MS, '59 min ago'],
  [47 * 60 * MINUTE_MS, '47 h ago'],
  [48 * 60 * MINUTE_MS, '2 d ago'],
])('a summary %d ms old is of %s', (age, said) => {
  expect(noteOf(age)).toBe(`Shown from last summaries: 1 of 1, the oldest ${said}.`)
  expect(noteOf(age, -60_000)).toBe(`Shown from last summaries: 2 of 2, the oldest ${said}.`)
})
