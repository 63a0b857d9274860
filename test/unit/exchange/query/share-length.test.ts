// A share of the real layouts is equally long whatever its author gives, declines, or gives to some of the readers only.
import { expect, test } from 'vitest'
import {
  type Contribution,
  type Counts,
  type Layout,
  writeShare,
} from '../../../../src/exchange/aggregates/index.ts'
import { measuresOf } from '../../../../src/exchange/query/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import { ABOUT, BUCKET, selfOf } from '../totals/pair.ts'

const AUDIENCES = ['admin', 'lead', 'security']
// Only the layouts are asked for; nothing is counted.
const LAYOUTS: readonly Layout[] = measuresOf({} as Parameters<typeof measuresOf>[0]).map(
  ({ layout }) => layout,
)

/** Every byte is the same: only lengths are compared. */
const random = { bytes: (length: number) => new Uint8Array(length).fill(9), float: () => 0.5 }
const lengthOf = (contribution: Omit<Contribution, 'layouts'>): number =>
  writeShare(
    selfOf(testIdentity(3)),
    { clock: { now: () => BUCKET.end, monotonic: () => 0 }, random },
    ABOUT,
    {
      layouts: LAYOUTS,
      ...contribution,
    },
  ).length

const counted = (layout: Layout): Counts =>
  new Map(layout.rows.map(({ values }, row) => [row, values.map(() => 1_000_000)]))

const DECLINED = lengthOf({
  kMin: 1,
  sections: [],
  declined: LAYOUTS.map(({ type }) => ({ type, audiences: AUDIENCES })),
})

test('any choice of types and readers', () => {
  expect(LAYOUTS.length).toBeGreaterThan(2)
  const choices = fc.tuple(...LAYOUTS.map(() => fc.subarray(AUDIENCES)))
  const all: [string[][], number] = [LAYOUTS.map(() => AUDIENCES), 1_000]
  forAllIn({ numRuns: 30, examples: [all] }, choices, fc.integer({ min: 1, max: 1_000 }), (choice, kMin) => {
    const given = LAYOUTS.flatMap((layout, at) =>
      choice[at]!.length === 0 ? [] : [{ layout, counts: counted(layout), audiences: choice[at]! }],
    )
    const declined = LAYOUTS.flatMap(({ type }, at) => {
      const audiences = AUDIENCES.filter((one) => !choice[at]!.includes(one))
      return audiences.length === 0 ? [] : [{ type, audiences }]
    })
    expect(lengthOf({ kMin, sections: given, declined })).toBe(DECLINED)
  })
})
