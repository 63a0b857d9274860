// What a reader makes of released contents: which sums are of some machines only, and what became of each machine.
import { expect, test } from 'vitest'
import type { ReleaseContent, ReleasedType } from '../../../../protocols/messages/release.ts'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { hashOf } from '../../../../src/exchange/aggregates/index.ts'
import type { TotalsParts } from '../../../../src/exchange/totals/parts.ts'
import { createReader } from '../../../../src/exchange/totals/reader.ts'
import { some } from '../../../support/some.ts'
import { layoutOf } from '../aggregates/world.ts'
import { HOUR } from '../documents/network.ts'
import { contentOf } from '../query/holders.ts'
import { planOf } from './pair.ts'

const LAYOUT = layoutOf('ToolUsage', ['git', 'make'], ['uses'])
const START = Date.UTC(2026, 10, 20, 9)
const BUCKET = { length: 'hour', start: START, end: START + HOUR } as const
const PAIR = [0, 1].map((by) => new Uint8Array(32).fill(by))
const PLAN = planOf([])

const row = (at: number, of: number) => ({ row: at, of, nodes: of, values: [of] })
const released = (of: Partial<ReleasedType>): ReleasedType => ({
  type: 'ToolUsage',
  layout: hashOf(LAYOUT),
  n: 8,
  threshold: 3,
  rows: [row(0, 8), row(1, 8)],
  declined: 0,
  waiting: 0,
  outside: 0,
  splits: [],
  ...of,
})
const content = (of: Partial<ReleasedType>, about: Partial<ReleaseContent> = {}): ReleaseContent =>
  contentOf(1, 0, { ...BUCKET, mesh: PLAN.mesh, pair: PAIR, types: [released(of)], ...about })

const read = (...contents: readonly ReleaseContent[]) => readOf([0, 1], contents)

/** `authors`: which of the two have released it. */
async function readOf(authors: readonly number[], contents: readonly ReleaseContent[]) {
  const reader = createReader(
    some<TotalsParts>({
      plan: () => PLAN,
      layouts: new Map([['ToolUsage', LAYOUT]]),
      roster: () => ({ isRevoked: () => false }) as never,
      releases: {
        held: async () =>
          contents.map((one) => authors.map((by) => ({ author: new Uint8Array(32).fill(by), content: one }))),
      },
      clock: { now: () => START + 2 * HOUR },
    }),
  )
  return (await reader.read('security', 'ToolUsage', BUCKET)).buckets[0]!
}

test('a row that was opened among fewer machines than contributed is of some of them', async () => {
  const { batches, implausible } = await read(content({ rows: [row(0, 5), row(1, 8)] }))
  expect([batches[0]!.partly, implausible]).toEqual([new Set(['git']), false])
  expect((await read(content({}))).batches[0]!.partly).toEqual(new Set())
})

test('beside sums that cannot be every number is of some machines', async () => {
  const short = content({ n: 5, reason: 'implausible', rows: [row(0, 5), row(1, 5)] })
  const one = await read(short)
  expect(one).toMatchObject({ why: undefined, implausible: true })
  expect(one.batches[0]!.partly).toEqual(new Set(['git', 'make']))
})

test('beside sums that cannot be a part tells of some machines too', async () => {
  const [nodes, values] = [new Uint8Array([0, 3]), new Uint8Array([0, 0, 0, 7])]
  const cell = { teams: ['ops'], n: 3, threshold: 3, nodes, values }
  const partOf = async (reason?: 'implausible') => {
    const splits = [{ told: new Uint8Array([1]), cells: [cell] }]
    return (await read(content({ splits, ...(reason && { reason }) }))).apart?.parts[0]
  }
  expect(await partOf()).toMatchObject({ rows: new Map([['git', { nodes: 3, values: [7] }]]) })
  expect((await partOf())?.partly).toEqual(new Set())
  expect((await partOf('implausible'))?.partly).toEqual(new Set(['git']))
})

test('a release of another layout has no numbers here', async () => {
  expect(await read(content({ layout: new Uint8Array(32) }))).toMatchObject({ why: 'layout', batches: [] })
})

test('each machine that was expected is in one count', async () => {
  const of = async (...contents: readonly ReleaseContent[]) => (await read(...contents)).contributions
  const counts = (contributed: number, others: object) => ({
    contributed,
    declined: 0,
    late: 0,
    absent: 0,
    refused: 0,
    ...others,
  })
  const expected = { expected: 12, listed: 12, common: 12 }
  // A group whose sums cannot be.
  const implausible = content({ reason: 'implausible' }, expected)
  expect(await of(implausible)).toEqual(counts(8, { refused: 4 }))
  // Outside of groups: in none yet, and in one without this type.
  expect(await of(content({ waiting: 3, outside: 1 }, expected))).toEqual(counts(8, { late: 3, refused: 1 }))
  // Declines this type, and waits with another.
  expect(await of(content({ declined: 3 }, expected))).toEqual(counts(8, { declined: 3, late: 1 }))
  // Only one of the two aggregators had them.
  expect(await of(content({}, { expected: 12, listed: 10, common: 8, unlisted: 1 }))).toEqual(
    counts(8, { late: 3, absent: 1 }),
  )
  // Who is revoked was not expected.
  const refused = (['uncertified', 'revoked', 'unreadable'] as const).map((reason) => ({ reason, count: 1 }))
  expect(await of(content({}, { expected: 10, refused }))).toEqual(counts(8, { refused: 1, absent: 1 }))
})

test('of a release that only one of the two has made the other one is known', async () => {
  for (const [by, lacks] of [PAIR[1]!, PAIR[0]!].entries())
    expect(await readOf([by], [content({})])).toMatchObject({ why: 'half', lacks: formatNodeId(lacks) })
  expect((await read(content({}))).lacks).toBeUndefined()
})
