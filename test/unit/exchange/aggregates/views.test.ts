// What one aggregator, a relay and another contributor see of a machine's vector: nothing that differs from random bytes.
import { describe, expect, it } from 'vitest'
import { releases, tallies } from '../../../../protocols/aggregate.ts'
import { bucketOf, slotOfBucket } from '../../../../protocols/buckets.ts'
import type { ReleaseContent } from '../../../../protocols/messages/release.ts'
import { Share } from '../../../../protocols/messages/share.ts'
import { FrameError } from '../../../../protocols/reject.ts'
import {
  releaseData,
  shareData,
  tallyData,
} from '../../../../src/exchange/aggregates/documents/associated.ts'
import {
  combine,
  type Layout,
  openOwnShare,
  openRelease,
  openShare,
  openTally,
  readShare,
  writeRelease,
  writeTally,
} from '../../../../src/exchange/aggregates/index.ts'
import { cellsOf, encodeVector } from '../../../../src/exchange/aggregates/layout.ts'
import { toBytes } from '../../../../src/exchange/aggregates/shares.ts'
import { createHints, signStatement } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import {
  BUCKET,
  contentsIn,
  type Machine,
  MESH,
  machines,
  openedBy,
  openerOf,
  PAIR,
  rawShare,
  sealedShare,
  seeded,
  TOOLS,
  World,
} from './world.ts'

const RANDOM = seeded('views')
const CLOCK = { now: () => BUCKET.end, monotonic: () => 0 }
const selfOf = (n: number) => {
  const identity = testIdentity(n)
  return { identity, hints: createHints(identity.agree) }
}
/** An unusual vector, so that its bytes are found where they stand. */
const VICTIM: Machine = { n: 3, counts: new Map([[TOOLS, new Map([[0, [971, 876]]])]]) }

/** Pearson's chi-squared of how often each value of a byte occurs, against each as often; 255 degrees of freedom. */
function chiSquared(bytes: Uint8Array): number {
  const counts = new Array<number>(256).fill(0)
  for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1
  const wanted = bytes.length / 256
  return counts.reduce((sum, count) => sum + (count - wanted) ** 2 / wanted, 0)
}

/** Above it, by chance, once in a hundred million times. */
const UNLIKELY = 400

const has = (where: Uint8Array, what: Uint8Array) => Buffer.from(where).includes(Buffer.from(what))

describe('one aggregator', () => {
  it.each([0, 1] as const)(
    'of the pair (%i) has bytes of every machine that are as good as random',
    (index) => {
      const vector = encodeVector(TOOLS, VICTIM.counts.get(TOOLS)!)
      const halves = Array.from({ length: 400 }, () => {
        return toBytes(rawShare(VICTIM, RANDOM)[index].halves()[0]!)
      })
      expect(chiSquared(Buffer.concat(halves))).toBeLessThan(UNLIKELY)
      // Also each cell by itself: one that is not masked would stand out.
      for (let cell = 0; cell < cellsOf(TOOLS); cell++) {
        const bytes = Buffer.concat(halves.map((half) => half.subarray(cell * 8, cell * 8 + 8)))
        expect(chiSquared(bytes)).toBeLessThan(UNLIKELY)
      }
      // And the vector itself would be found so.
      expect(chiSquared(Buffer.concat(halves.map(() => toBytes(vector))))).toBeGreaterThan(UNLIKELY)
    },
  )

  it.each([0, 1] as const)(
    'of the pair (%i) finds no value of a machine in all that it ever gets',
    (index) => {
      const all = [VICTIM, ...machines(9).filter(({ n }) => n !== VICTIM.n)]
      const world = new World(all, { sealed: true })
      const [step] = world.run()
      const mine = world.sides[index].shares.flatMap(({ halves }) => halves().map((cells) => toBytes(cells)))
      const theirs = tallies.encode(world.sides[1 - index]!.own!)
      const seen = Buffer.concat([...mine, theirs])
      const vector = toBytes(encodeVector(TOOLS, VICTIM.counts.get(TOOLS)!))
      // The values of its one row come after all indicators.
      const values = 8 * TOOLS.rows.length
      expect(
        has(seen, vector.subarray(values, values + 8)) || has(seen, vector.subarray(values + 8, values + 16)),
      ).toBe(false)
      // What it learns is the total, in which others stand too.
      expect(contentsIn(step)[0]!.types[0]!.rows[0]!.values[0]).toBeGreaterThan(971)
    },
  )

  it('cannot open the other half, nor a box that was copied to another place', () => {
    const document = sealedShare(VICTIM, RANDOM)
    expect(openedBy(0, document).header).toEqual(openedBy(1, document).header)
    const about = { mesh: MESH, bucket: BUCKET, pair: PAIR }
    expect(() => openShare([openerOf(0)], document, { ...about, index: 1 })).toThrow(FrameError)
    const day = 86_400_000
    const next = { ...BUCKET, start: BUCKET.start + day, end: BUCKET.end + day }
    expect(() => openShare([openerOf(0)], document, { ...about, bucket: next, index: 0 })).toThrow(/bucket/)
    expect(() => openShare([openerOf(0)], document, { ...about, mesh: PAIR[0], index: 0 })).toThrow(/mesh/)
    const turned = [PAIR[1], PAIR[0]] as const
    expect(() => openShare([openerOf(0)], document, { ...about, pair: turned, index: 0 })).toThrow(/pair/)
  })
})

describe('everybody else', () => {
  it('sees the same of a machine that declines everything as of one that shares', () => {
    const declines: Machine = {
      n: 4,
      counts: new Map(),
      declined: [{ type: 'ToolUsage', audiences: ['security'] }],
    }
    const documents = [VICTIM, declines].map((machine) => sealedShare(machine, RANDOM))
    expect(documents[0]!.length).toBe(documents[1]!.length)
    const sizes = documents.map((one) => readShare(one).body.boxes.map(({ sealed }) => sealed.length))
    expect(sizes[0]).toEqual(sizes[1])
  })

  it('opens nothing, and the author only what it gave to whom', () => {
    const document = sealedShare(VICTIM, RANDOM)
    const about = { mesh: MESH, bucket: BUCKET, pair: PAIR }
    for (const index of [0, 1] as const) {
      expect(() => openShare([selfOf(99)], document, { ...about, index })).toThrow(FrameError)
      expect(() => openShare([selfOf(VICTIM.n)], document, { ...about, index })).toThrow(FrameError)
    }
    expect(openOwnShare([selfOf(VICTIM.n)], document).header.sections[0]).toMatchObject({ type: 'ToolUsage' })
    expect(() => openOwnShare([selfOf(99)], document)).toThrow(FrameError)
    expect(
      chiSquared(Buffer.concat(readShare(document).body.boxes.map(({ sealed }) => sealed))),
    ).toBeLessThan(UNLIKELY)
  })

  it('cannot give the boxes of somebody else as its own: signed again, they open for nobody of the pair', () => {
    const thief = testIdentity(99)
    const { body } = readShare(sealedShare(VICTIM, RANDOM))
    // Hints are made from the keys of both ends; the thief can make those that let the pair look for its key.
    const hints = createHints(thief.agree)
    const edition = { author: thief.publicKey, slot: slotOfBucket(BUCKET), version: BUCKET.end }
    const boxes = body.boxes.map((box, at) => ({
      ...box,
      hint: hints(PAIR[at] ?? thief.publicKey, edition)!,
    }))
    for (const stolen of [body, { ...body, boxes }]) {
      const document = signStatement(Share, stolen, thief, BUCKET.end, RANDOM)
      expect(readShare(document).author).toEqual(thief.publicKey)
      for (const index of [0, 1] as const) expect(() => openedBy(index, document)).toThrow('does not open')
    }
  })

  it('alters no byte of a share that is not noticed', () => {
    const document = sealedShare(VICTIM, RANDOM)
    forAllIn(
      { numRuns: 60 },
      fc.nat({ max: document.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, by) => {
        const altered = Uint8Array.from(document)
        altered[at] = (altered[at] as number) ^ by
        expect(() => openedBy(0, altered)).toThrow(FrameError)
      },
    )
  })
})

describe('documents of the pair', () => {
  const attempt = { mesh: MESH, bucket: BUCKET, attempt: 0 }
  const tally = (version = BUCKET.end + 5) =>
    writeTally(selfOf(1_000_001), { clock: CLOCK, random: RANDOM }, attempt, PAIR[1], version, { scheme: 2 })

  it('are for the other one, and for the author after a restart', () => {
    expect(openTally([openerOf(1)], tally(), attempt)).toMatchObject({ attempt: 0, plain: { scheme: 2 } })
    expect(openTally([openerOf(0)], tally(), attempt)).toMatchObject({ attempt: 0, plain: { scheme: 2 } })
    expect(() => openTally([selfOf(99)], tally(), attempt)).toThrow(FrameError)
    expect(() => openTally([openerOf(1)], tally(), { ...attempt, mesh: PAIR[0] })).toThrow(FrameError)
  })

  const content = (): ReleaseContent => new World(machines(9)).released()
  const release = (index: 0 | 1, of: ReleaseContent, readers = [testIdentity(50).publicKey]) =>
    writeRelease(openerOf(index), { clock: CLOCK, random: RANDOM }, readers, BUCKET.end + 9, of)
  const opened = (index: 0 | 1, of: ReleaseContent) => openRelease([selfOf(50)], release(index, of), MESH)

  it('count when both say the same, and name both when they do not', () => {
    const of = content()
    const both = combine(opened(0, of), opened(1, of))
    expect(both.kind === 'released' && releases.encode(both.content)).toEqual(releases.encode(of))
    const lie = { ...of, expected: of.expected + 1 }
    expect(combine(opened(0, of), opened(1, lie))).toEqual({ kind: 'unequal' })
    expect(combine(opened(0, of), opened(0, of)).kind).toBe('unrelated')
    expect(combine(opened(0, of), opened(1, { ...of, audience: 'lead' })).kind).toBe('unrelated')
  })

  it('are read by their audience alone, and written by the pair alone', () => {
    const of = content()
    expect(() => openRelease([selfOf(51)], release(0, of), MESH)).toThrow(FrameError)
    expect(() => openRelease([selfOf(50)], release(0, of), PAIR[0])).toThrow(FrameError)
    const foreign = { ...of, pair: [testIdentity(7).publicKey, PAIR[1]] }
    expect(() => opened(0, foreign)).toThrow(/pair/)
    const many = Array.from({ length: 256 }, () => testIdentity(50).publicKey)
    expect(() => release(0, of, many)).toThrow(FrameError)
  })
})

it('a layout of another version is another hash, so its halves are never added to these', () => {
  const newer: Layout = { ...TOOLS, version: 2 }
  const world = new World(
    machines(9, (n) => (n < 3 ? { counts: new Map([[newer, new Map([[0, [1, 0]]])]]) } : {})),
  )
  expect(world.released().types[0]!.n).toBe(6)
  expect(world.released().refused).toEqual([{ reason: 'other_layout', count: 3 }])
})

const key = (n: number) => new Uint8Array(32).fill(n)
const DAY = bucketOf('day', 0)
const HOUR = bucketOf('hour', 0)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** The data that seals are bound to differs where one of these other values is at its place. */
function isBoundTo<A extends readonly unknown[]>(
  data: (...about: A) => Uint8Array,
  about: A,
  ...others: readonly (readonly [place: number, value: unknown])[]
): void {
  const all = [data(...about)]
  for (const [place, value] of others) all.push(data(...(about.with(place, value) as unknown as A)))
  expect(new Set(all.map(hex)).size).toBe(1 + others.length)
}

it('a share is bound to mesh, bucket, author, recipient and half', () => {
  const days = [HOUR, bucketOf('day', DAY.end)].map((bucket) => [1, bucket] as const)
  const about = [key(1), DAY, key(2), key(3), 0] as const
  isBoundTo(shareData, [...about], [0, key(9)], ...days, [2, key(9)], [3, key(9)], [4, 1])
})

it('a tally and a release are bound to mesh, bucket, attempt, edition, author, audience and set', () => {
  const of = { audience: new Uint8Array(4), set: key(7) }
  isBoundTo(tallyData, [key(1), DAY, 0, 5, key(2)], [0, key(9)], [1, HOUR], [2, 1], [3, 6], [4, key(3)])
  const sets = [
    { ...of, audience: of.audience.with(0, 1) },
    { ...of, set: key(8) },
  ]
  const about = [key(1), DAY, 5, key(2), of] as const
  const ofSets = sets.map((set) => [4, set] as const)
  isBoundTo(releaseData, [...about], [0, key(9)], [1, HOUR], [2, 6], [3, key(3)], ...ofSets)
})
