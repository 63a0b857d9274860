// What released totals rest on: buckets, layouts, halves, the pair and the people, against vectors of another program.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  BUCKET_LENGTHS,
  type Bucket,
  bucketOf,
  bucketOfSlot,
  isBucket,
  overlap,
  slotOfBucket,
} from '../../../../protocols/buckets.ts'
import { PARTS_MAX } from '../../../../protocols/messages/aggregate.ts'
import { type Layout, pairOf, whoContributes } from '../../../../src/exchange/aggregates/index.ts'
import { cellsOf, encodeVector, hashOf } from '../../../../src/exchange/aggregates/layout.ts'
import { breakdownOf } from '../../../../src/exchange/aggregates/parts/breakdown.ts'
import { cellsOfGroup } from '../../../../src/exchange/aggregates/parts/parts.ts'
import {
  added,
  createSum,
  expandAll,
  fromBytes,
  split,
  toBytes,
} from '../../../../src/exchange/aggregates/shares.ts'
import fc, { forAll } from '../../../support/run/properties.ts'
import { layoutWith, oneNumber, rowsOf, seeded, TOOLS } from './world.ts'

interface Golden {
  readonly layout: Layout
  readonly layout_hash: string
  readonly seed: string
  readonly vectors: readonly number[][]
  readonly expanded: readonly string[]
  readonly rest: readonly string[]
  readonly mesh: string
  readonly aggregators: readonly { readonly key: string; readonly operator: string }[]
  readonly pairs: readonly (Pick<Bucket, 'length' | 'start'> & { readonly pair: readonly string[] })[]
  readonly parts: readonly {
    readonly machines: readonly {
      readonly teams: readonly string[]
      readonly insider: boolean
      readonly k_min: number
    }[]
    readonly k: number
    readonly room: number
    readonly cells: readonly unknown[]
  }[]
  readonly rows: readonly {
    readonly sizes: readonly number[]
    readonly thresholds: readonly number[]
    readonly tables: readonly {
      readonly families: readonly string[]
      readonly open: readonly boolean[]
      readonly nodes: readonly (readonly number[])[]
    }[]
    readonly told: readonly (readonly boolean[])[]
  }[]
}
const golden = JSON.parse(
  readFileSync(new URL('../../../vectors/aggregates.json', import.meta.url), 'utf8'),
) as Golden
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (of: Uint8Array) => Buffer.from(of).toString('hex')
const vector = (cells: readonly (number | bigint)[]) => BigUint64Array.from(cells, BigInt)

describe('what another program computes', () => {
  it('is the hash of the layout', () => {
    expect(hex(hashOf(golden.layout))).toBe(golden.layout_hash)
    const other = {
      ...golden.layout,
      rows: golden.layout.rows.with(0, { ...golden.layout.rows[0]!, family: 'x' }),
    }
    expect(hex(hashOf(other))).not.toBe(golden.layout_hash)
  })

  it('are the two halves', () => {
    const vectors = golden.vectors.map(vector)
    const seed = bytes(golden.seed)
    const lengths = vectors.map(({ length }) => length)
    expect(expandAll(seed, lengths).map((half) => hex(toBytes(half)))).toEqual(golden.expanded)
    const { rest } = split(vectors, { bytes: () => seed })
    expect(rest.map((half) => hex(toBytes(half)))).toEqual(golden.rest)
  })

  it('are the parts of a group by its teams', () => {
    for (const { machines, k, room, cells } of golden.parts) {
      const members = machines.map(({ teams, insider, k_min }, at) => ({
        at,
        member: `m${at}`,
        kMin: k_min,
        keys: ['T security'],
        teams,
        isOfPair: false,
        roles: insider ? ['security'] : [],
      }))
      const found = cellsOfGroup(members, ['T security'], k, Math.min(room, PARTS_MAX)).cells
      expect(found.map(({ teams, members: of, threshold }) => [teams, of, threshold])).toEqual(cells)
    }
    expect(golden.parts.filter(({ cells }) => cells.length > 1).length).toBeGreaterThan(2)
  })

  it('are the rows that are told of each part', () => {
    for (const { sizes, thresholds, tables, told } of golden.rows) {
      const of = tables.map(({ families, open, nodes }, type) => {
        const rows = families.map((family, row) => oneNumber(`r${row}`, family))
        const whole = families.map((_, row) => nodes.reduce((sum, cell) => sum + cell[row]!, 0))
        return { layout: layoutWith(rows, `T${type}`), opening: { nodes: whole, isOpen: open }, nodes }
      })
      expect(breakdownOf(of, thresholds, sizes)).toEqual(told)
    }
    const kinds = new Set(golden.rows.map(({ told }) => told.flat().filter(Boolean).length))
    expect(kinds.size).toBeGreaterThan(4)
  })

  it('is the pair, of two operators', () => {
    const list = golden.aggregators.map(({ key, operator }) => ({ key: bytes(key), operator }))
    for (const { length, start, pair } of golden.pairs) {
      expect(pairOf(bytes(golden.mesh), bucketOf(length, start), list)?.map(hex)).toEqual(pair)
    }
    const leaders = new Set(golden.pairs.map(({ pair }) => pair[0]))
    expect(leaders.size).toBeGreaterThan(1)
  })
})

it('has no pair where one operator runs all aggregators', () => {
  const list = [1, 2, 3].map((n) => ({ key: new Uint8Array(32).fill(n), operator: 'one' }))
  expect(pairOf(bytes(golden.mesh), bucketOf('day', 0), list)).toBeUndefined()
  expect(pairOf(bytes(golden.mesh), bucketOf('day', 0), [])).toBeUndefined()
  const [first] = list
  const twice = [first!, { ...first!, operator: 'two' }]
  expect(pairOf(bytes(golden.mesh), bucketOf('day', 0), twice)).toBeUndefined()
})

describe('halves', () => {
  const cells = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 40 })

  it('add up to what was split, and bytes to what was written', () => {
    forAll(fc.array(cells, { maxLength: 3 }), fc.nat(), (vectors, salt) => {
      const { seed, rest } = split(vectors.map(vector), seeded(`${salt}`))
      const halves = expandAll(
        seed,
        vectors.map(({ length }) => length),
      )
      for (const [at, of] of vectors.entries()) {
        expect([...added(halves[at]!, rest[at]!)]).toEqual(of)
        expect([...fromBytes(toBytes(vector(of)))]).toEqual(of)
      }
    })
  })

  it('add up to what plain addition says, of however many', () => {
    forAll(
      fc.nat({ max: 8 }),
      fc.array(fc.array(cells, { minLength: 8, maxLength: 8 }), { maxLength: 30 }),
      (length, of) => {
        const vectors = of.map((all) => Array.from({ length }, (_, at) => all[at]?.[0] ?? 2n ** 64n - 1n))
        const sum = createSum(length)
        for (const one of vectors) sum.add(vector(one))
        const plain = Array.from({ length }, (_, at) =>
          BigInt.asUintN(
            64,
            vectors.reduce((total, one) => total + one[at]!, 0n),
          ),
        )
        expect([...sum.total()]).toEqual(plain)
      },
    )
    expect(() => createSum(2).add(vector([1n]))).toThrow(RangeError)
  })

  it('are other ones each time and for each section', () => {
    const [one, two] = [split([vector([1]), vector([1])], seeded('a')), split([vector([1])], seeded('b'))]
    expect(one.rest[0]).not.toEqual(one.rest[1])
    expect(one.rest[0]).not.toEqual(two.rest[0])
  })
})

describe('buckets', () => {
  it('are found again by their name, and hold the moment they were made of', () => {
    forAll(fc.constantFrom(...BUCKET_LENGTHS), fc.nat({ max: 4e12 }), (length, time) => {
      const bucket = bucketOf(length, time)
      expect(bucket.start <= time && time < bucket.end && isBucket(bucket)).toBe(true)
      expect(bucketOfSlot(slotOfBucket(bucket))).toEqual(bucket)
      expect(isBucket({ ...bucket, start: bucket.start + 1 })).toBe(false)
    })
    for (const slot of ['day:01', 'week:1', 'day:', 'day:1:0', 'day:9999999999999999']) {
      expect(bucketOfSlot(slot)).toBeUndefined()
    }
  })

  it('of another length overlap, so that nobody gives to both', () => {
    const [day, hour] = [bucketOf('day', 5e12), bucketOf('hour', 5e12)]
    expect([overlap(day, hour), overlap(hour, day), overlap(day, day)]).toEqual([true, true, false])
    expect(overlap(day, bucketOf('day', day.end))).toBe(false)
    expect(overlap(bucketOf('hour', hour.end), hour)).toBe(false)
  })
})

describe('a vector', () => {
  it('has clamped values and an indicator beside them', () => {
    const counts = new Map([
      [0, [5_000_000, -1]],
      [1, [0, 3]],
      [2, [2.9, Number.NaN]],
      [5, []],
    ])
    const rows = rowsOf(TOOLS, encodeVector(TOOLS, counts))
    expect(rows[0]).toEqual({ nodes: 1n, values: [1_000n, 0n] })
    // Failures without a use are nothing: the row counts.
    expect(rows[1]).toEqual({ nodes: 0n, values: [0n, 0n] })
    expect(rows[2]).toEqual({ nodes: 1n, values: [2n, 0n] })
    expect(rows[5]).toEqual({ nodes: 1n, values: [] })
    expect(rows).toHaveLength(6)
    expect(cellsOf(TOOLS)).toBe(16)
  })

  it('is of no row that the layout does not have', () => {
    expect(() => encodeVector(TOOLS, new Map([[6, []]]))).toThrow(RangeError)
    expect(() => encodeVector(TOOLS, new Map([[0, [1]]]))).toThrow(RangeError)
  })
})

describe('people of one machine', () => {
  const consents = (of: Record<string, string[]>) =>
    new Map(Object.entries(of).map(([name, keys]) => [name, new Set(keys)]))

  it('share the same, whoever shares more', () => {
    expect(whoContributes(consents({ ann: ['a x', 'b x'], bob: ['a x'] }))).toEqual({
      people: ['ann', 'bob'],
      keys: ['a x'],
    })
    expect(whoContributes(consents({ ann: ['a x', 'b x', 'c x'], bob: ['a x'] }))).toEqual({
      people: ['ann'],
      keys: ['a x', 'b x', 'c x'],
    })
    expect(whoContributes(consents({ ann: [], bob: [] }))).toEqual({ people: [], keys: [] })
    expect(whoContributes(new Map())).toEqual({ people: [], keys: [] })
  })

  it('each share each key, whatever they consent to', () => {
    const key = fc.constantFrom('a x', 'b x', 'c x', 'a y')
    forAll(fc.dictionary(fc.string({ maxLength: 3 }), fc.array(key)), (of) => {
      const all = consents(of)
      const { people, keys } = whoContributes(all)
      expect(people.every((name) => keys.every((one) => all.get(name)?.has(one)))).toBe(true)
      const anybody = [...all.values()].some(({ size }) => size > 0)
      expect(keys.length > 0).toBe(anybody)
    })
  })
})
