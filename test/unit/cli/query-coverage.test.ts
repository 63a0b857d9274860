// Whose numbers a result holds, as people read it: this node counts too, and who gave none is named with the reason.
import { describe, expect, it } from 'vitest'
import type { QueryResult } from '../../../src/api/contract/shapes.ts'
import { whoAnswered } from '../../../src/cli/views/query/coverage.ts'
import { nothingIn } from '../../../src/cli/views/query/result.ts'

type Row = QueryResult['coverage']['nodes'][number]
type Asked = Parameters<typeof whoAnswered>[0]

const row = (name: string, outcome: Row['outcome'], more: Partial<Row> = {}): Row => ({
  fingerprint: name.padEnd(16, '0'),
  name,
  outcome,
  ...more,
})

function result(nodes: readonly Row[], more: Partial<Asked> = {}): Asked {
  const of = (...outcomes: Row['outcome'][]): number =>
    nodes.filter(({ outcome }) => outcomes.includes(outcome)).length
  return {
    level: 1,
    coverage: {
      known: nodes.length,
      answered: of('answered'),
      from_summary: of('from_summary'),
      denied: of('denied'),
      withheld: of('withheld'),
      unreachable: of('unreachable'),
      failed: of('busy', 'error', 'not_supported', 'bad_signature'),
      complete: of('answered') === nodes.length,
      nodes: [...nodes],
    },
    ...more,
  } as Asked
}

const four = ['ash', 'birch', 'cedar', 'dan'].map((name) => row(name, 'answered'))

describe('the first line', () => {
  it.each([
    ['all', four, '5 nodes: this one and 4 of 4 others'],
    ['one denied', [...four, row('fir', 'denied')], '5 nodes: this one and 4 of 5 others; fir denied'],
    ['nobody else', [], '1 node: this one; no other node is known'],
    ['one other', [row('fir', 'unreachable')], '1 node: this one and 0 of 1 other; fir unreachable'],
    [
      'from a summary',
      [...four, row('elm', 'from_summary')],
      '6 nodes: this one, 4 of 5 others and 1 by its last summary',
    ],
    [
      'several reasons, names in order',
      [...four, row('gum', 'denied'), row('fir', 'denied'), row('elm', 'unreachable')],
      '5 nodes: this one and 4 of 7 others; fir and gum denied; elm unreachable',
    ],
  ])('%s', (_, nodes, line) => {
    expect(whoAnswered(result(nodes))).toMatchObject({ line })
  })

  it('leaves this node out where its numbers are not in the result', () => {
    const line = (more: Partial<Asked>) => whoAnswered(result(four, more)).line
    expect(line({ own_missing: true })).toBe('4 nodes: 4 of 4 others')
    expect(line({ level: 2 })).toBe('4 nodes: 4 of 4 others')
    expect(line({ team: 'eng' })).toBe('4 nodes: 4 of 4 of the team eng')
  })

  it('has the number of many, and their names below', () => {
    const { line, rows } = whoAnswered(result(['d', 'c', 'b', 'a'].map((name) => row(name, 'denied'))))
    expect(line).toBe('1 node: this one and 0 of 4 others; 4 others denied')
    expect(rows).toEqual(['denied: a, b, c, d'])
  })
})

describe('why', () => {
  const wrong = row('fir', 'unreachable', { why: 'clock', clock_off_ms: 600_000 })

  it('a wrong clock is a refusal, with what mends it', () => {
    const { line, rows } = whoAnswered(result([...four, wrong]))
    expect(line).toBe('5 nodes: this one and 4 of 5 others; fir refused')
    expect(rows).toEqual([
      'fir: refused, its clock is 10 min ahead',
      'To set a clock, run on that machine: sudo timedatectl set-ntp true',
    ])
  })

  it('where all others differ it is probably the clock of this machine', () => {
    const other = row('gum', 'unreachable', { why: 'clock', clock_off_ms: -7_200_000 })
    const { rows } = whoAnswered(result([wrong, other]))
    expect(rows[1]).toBe('gum: refused, its clock is 2 h behind')
    expect(rows.at(-1)).toMatch(/the clock of this machine is wrong: sudo timedatectl/)
  })

  it.each([
    ['not_trusted_there', {}, /^fir: does not trust this node; run there: karo peers trust/],
    ['left', { last_seen: new Date(Date.now() - 600_000).toISOString() }, /^fir: was stopped .* 10 min ago$/],
    [
      'lost',
      { last_seen: new Date(Date.now() - 600_000).toISOString() },
      /^fir: its connection broke, 10 min ago/,
    ],
    ['silent', {}, /^fir: connected, but did not answer in time/],
    ['away', { last_seen: new Date(Date.now() - 7_200_000).toISOString() }, /^fir: last message 2 h ago/],
  ] as const)('%s', (why, more, said) => {
    const { rows } = whoAnswered(result([row('fir', 'unreachable', { why, ...more })]))
    expect(rows).toEqual([expect.stringMatching(said)])
  })
})

it('a node that answered without numbers is not said to refuse them', () => {
  const says = (nodes: readonly Row[]) =>
    nothingIn({ ...result(nodes), status: 'access_denied', query_type: 'ToolUsage' })
  expect(says([row('fir', 'denied')])).toMatch(/^No numbers: the nodes that were asked do not share/)
  expect(says([row('fir', 'denied'), row('gum', 'answered')])).toMatch(
    /^No numbers: the nodes that answered have none of this period, and the others do not share/,
  )
})
