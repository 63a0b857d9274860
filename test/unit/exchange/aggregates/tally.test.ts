// Two aggregators and a batch: sums that are exact, whatever is lost, repeated or late, and never about a machine twice.

import { describe, expect, it } from 'vitest'
import type { ReleasedType } from '../../../../protocols/messages/release.ts'
import type { TallyPlain } from '../../../../protocols/messages/tally.ts'
import { toHex } from '../../../../src/base/hex.ts'
import type { Counts, Layout, TallyView } from '../../../../src/exchange/aggregates/index.ts'
import { hashOf } from '../../../../src/exchange/aggregates/layout.ts'
import { added } from '../../../../src/exchange/aggregates/shares.ts'
import { sumsOfCells } from '../../../../src/exchange/aggregates/totals.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import {
  AFTER,
  authorOf,
  BUCKET,
  contentsIn,
  HOURS,
  type Machine,
  machines,
  plainly,
  refusalIn,
  saidIn,
  TOOLS,
  World,
} from './world.ts'

const typed = (world: World, type: string, audience = 'security'): ReleasedType =>
  world.released(audience).types.find((one) => one.type === type)!

const busy = (count: number): Machine[] =>
  machines(count, (n) => ({
    counts: new Map<Layout, Counts>([
      [
        TOOLS,
        new Map([[0, [(n % 900) + 1, n % 2]], ...(n % 3 === 0 ? [[1, [(n % 900) + 7, 0]] as const] : [])]),
      ],
      [HOURS, new Map([[n % 2, [((2 * n) % 900) + 1]]])],
    ]),
  }))

describe('sums', () => {
  it.each([
    [8, true],
    [times(200, 1_000), false],
  ] as const)('of %i machines are those of plain addition (sealed: %s)', (count, sealed) => {
    const all = busy(count)
    const world = new World(all, { sealed, k: 3, noise: 0 })
    for (const layout of [TOOLS, HOURS]) {
      const type = typed(world, layout.type)
      expect(type.n).toBe(count)
      const rows = new Map(type.rows.map((one) => [one.row, one]))
      const wanted = plainly(all, layout)
      let compared = 0
      for (const [row, { nodes, values }] of wanted.entries()) {
        const told = rows.get(row)
        if (told === undefined) continue
        expect(told).toMatchObject({ nodes, values })
        compared++
      }
      expect(compared).toBeGreaterThan(0)
    }
  })

  it('that were kept are not used for other machines, though the first and their number are the same', () => {
    const { shares } = new World(busy(6)).sides[0]
    const sumOf = (places: readonly number[], layouts: readonly Layout[]) =>
      sumsOfCells(layouts, places, [], (at) => shares[at]!).whole
    const plain = (places: readonly number[], at: number) =>
      places.map((place) => shares[place]!.halves()[at]!).reduce(added)
    const both = [TOOLS, HOURS]
    const at = both.map((layout) => shares[0]!.header.sections.findIndex(({ type }) => type === layout.type))
    for (const places of [[0, 1, 2], [0, 1, 3], [0, 1, 3], [0, 2, 1], [0, 4, 5], [0]])
      expect(sumOf(places, both)).toEqual(at.map((section) => plain(places, section)))
    expect(sumOf([0], [HOURS])).toEqual([plain([0], at[1]!)])
  })

  it('show no row of too few, and none by which it could be had', () => {
    const all = machines(12, (n) => ({
      tools: new Map([
        [0, [1, 0]],
        ...(n < 9 ? [[1, [10, 0]] as const] : []),
        ...(n === 0 ? [[2, [99, 0]] as const] : []),
      ]),
    }))
    const type = typed(new World(all), 'ToolUsage')
    expect(type.rows).toEqual([{ row: 0, of: 12, nodes: 12, values: [12, 0] }])
  })

  it('of several groups are added up where each is open', () => {
    const all = machines(14, (n) => ({
      audiences: n < 7 ? ['security'] : ['admin', 'security'],
      tools: new Map([[0, [1, 0]], ...(n < 8 ? [[5, []] as const] : [])]),
    }))
    const world = new World(all, { audiences: ['admin', 'security'] })
    const security = typed(world, 'ToolUsage')
    expect([security.n, security.rows]).toEqual([
      14,
      [
        { row: 0, of: 14, nodes: 14, values: [14, 0] },
        // The second group has it once, so it counts among the first only.
        { row: 5, of: 7, nodes: 7, values: [] },
      ],
    ])
    expect(typed(world, 'ToolUsage', 'admin').n).toBe(7)
  })

  it('say who declined, who waits and what both hold', () => {
    const all = [
      ...machines(6),
      { n: 20, counts: new Map(), declined: [{ type: 'ToolUsage', audiences: ['security'] }] },
      { n: 21, counts: new Map([[HOURS, new Map([[0, [1]]])]]) },
    ]
    const world = new World(all)
    expect(typed(world, 'ToolUsage')).toMatchObject({ n: 6, declined: 1, waiting: 0 })
    expect(typed(world, 'ActivityPatterns')).toMatchObject({ n: 0, waiting: 1, reason: 'too_few', rows: [] })
    const [leader, follower] = world.run()
    expect(contentsIn(leader)[0]).toMatchObject({ expected: 8, listed: 8, common: 8, unlisted: 0 })
    // Who declined everything is in no list of what became of shares.
    for (const step of [leader, follower]) {
      if (step.kind !== 'done') throw new Error(`the step is ${step.kind}`)
      const authorsIn = (shares: typeof step.set.counted) => shares.map(({ author }) => toHex(author)).sort()
      const named = (...of: readonly number[]) => of.map((n) => toHex(authorOf(n))).sort()
      expect(authorsIn(step.set.counted)).toEqual(named(0, 1, 2, 3, 4, 5))
      expect(authorsIn(step.set.waiting)).toEqual(named(21))
      expect(step.set.unproved).toEqual([])
    }
  })
})

it('a machine with another layout of a type changes nothing of what the release says of the others', () => {
  const both = (tools: Layout) =>
    new Map(
      [tools, HOURS].map((layout) => [
        layout,
        new Map([[0, [1, 0].slice(0, layout.rows[0]!.values.length)]]),
      ]),
    )
  const all = machines(9).map((one) => ({ ...one, counts: both(TOOLS) }))
  const first = [...Array(100).keys()]
    .map((n) => n + 100)
    .sort((a, b) => Buffer.compare(authorOf(a), authorOf(b)))[0]!
  const old = { n: first, counts: both({ ...TOOLS, version: 0 }) }
  expect(Buffer.from(typed(new World([...all, old]), 'ToolUsage').layout)).toEqual(Buffer.from(hashOf(TOOLS)))
})

it('a role that the policy releases nothing to divides nobody, and gets nothing', () => {
  const docker = (n: number) => (n % 8 < 3 ? [[1, [1, 0]] as const] : [])
  const all = machines(16, (n) => ({
    tools: new Map([[0, [1, 0]], ...docker(n)]),
    audiences: n < 8 ? ['lead', 'security'] : ['security'],
  }))
  const world = new World(all)
  expect(world.contents().map(({ audience }) => audience)).toEqual(['security'])
  // In two groups of eight, three of each would be too few to be told.
  expect(typed(world, 'ToolUsage').rows.map(({ row, nodes }) => [row, nodes])).toEqual([
    [0, 16],
    [1, 6],
  ])
})

it('machines that give the same and decline other things are counted by what each declines', () => {
  const declines = (type: string) => ({ declined: [{ type, audiences: ['security'] }] })
  const world = new World(
    machines(8, (n) => (n < 2 ? {} : n < 5 ? declines('ActivityPatterns') : declines('SafetyPosture'))),
  )
  expect(typed(world, 'ToolUsage')).toMatchObject({ n: 8, declined: 0 })
  expect(typed(world, 'ActivityPatterns').declined).toBe(3)
  expect(typed(world, 'SafetyPosture').declined).toBe(3)
})

describe('one set of machines for each bucket', () => {
  it('is of half of those that were expected and have not declined, or of nobody', () => {
    const of = (sharing: number, declining: number, off: number) => {
      const world = new World(
        machines(sharing + declining + off, (n) =>
          n < sharing
            ? {}
            : { counts: new Map(), declined: [{ type: 'ToolUsage', audiences: ['security'] }] },
        ),
      )
      for (const side of world.sides) side.shares = side.shares.slice(0, sharing + declining)
      return typed(world, 'ToolUsage').n
    }
    expect([of(10, 0, 10), of(9, 0, 10), of(6, 14, 0), of(6, 6, 7)]).toEqual([10, 0, 6, 0])
  })

  it('is opened once, whoever comes when and whatever was refused before', () => {
    const step = fc.array(
      fc.record({ come: fc.integer({ min: 0, max: 9 }), k: fc.integer({ min: 3, max: 6 }) }),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    forAllIn({ numRuns: 40 }, step, (steps) => {
      const world = new World([])
      const tallied: number[] = []
      let n = 0
      for (const { come, k } of steps) {
        world.k = k
        for (let more = 0; more < come; more++) world.give(machines(n + 1)[n++]!)
        world.run()
        if (world.sides[1].own?.agreement !== undefined) tallied.push(world.attempt)
        world.nextAttempt()
      }
      expect(tallied.length).toBeLessThanOrEqual(1)
    })
  })

  it('is listed again after a refusal, and not at once', () => {
    const refused = new World(machines(9))
    refused.sides[1].shares.splice(0, 5)
    refused.run()
    expect(refused.run()[0]).toMatchObject({ kind: 'refused', by: 1, reason: 'few_in_common' })
    refused.nextAttempt()
    expect(refused.run()[0].kind).toBe('wait')
    refused.now = BUCKET.end + 24 * 3_600_000
    expect(refused.run()[0].kind).toBe('refused')
  })

  it('has one share of a member, under whichever key it came', () => {
    const all = machines(7).map((one) => (one.n > 4 ? { ...one, member: 'machine 4' } : one))
    expect(typed(new World(all), 'ToolUsage').n).toBe(5)
  })

  it('is fixed when all have said something, or it is late', () => {
    const world = new World(machines(6), { now: BUCKET.end })
    const asked = (more: Partial<TallyView>) => world.step(0, more).kind
    const missing = { expected: new Set(['somebody else', 'and one more']) }
    expect(asked({})).toBe('say')
    expect(asked({ now: BUCKET.end - 1 })).toBe('wait')
    expect(asked(missing)).toBe('wait')
    const quarter = BUCKET.end + 6 * 3_600_000
    expect(asked({ ...missing, now: quarter })).toBe('say')
    const lately = (first: number, last: number) => ({ ...missing, arrivals: { first, last } })
    expect(asked({ ...lately(BUCKET.end, quarter - 60_000), now: quarter })).toBe('wait')
    const half = BUCKET.end + 12 * 3_600_000
    expect(asked({ ...lately(BUCKET.end, half), now: half })).toBe('say')
    // Of the six that gave and some others.
    const silent = (count: number) => ({
      expected: new Set([
        ...world.view(0).expected,
        ...Array.from({ length: count }, (_, at) => `silent ${at}`),
      ]),
    })
    const minutes = BUCKET.end + 15 * 60_000
    expect(asked({ ...silent(1), now: minutes - 1 })).toBe('wait')
    expect(asked({ ...silent(1), now: minutes })).toBe('say')
    expect(asked({ ...silent(2), now: minutes })).toBe('wait')
    const busy = { first: BUCKET.end, last: minutes - 60_000 }
    expect(asked({ ...silent(1), arrivals: busy, now: minutes })).toBe('wait')
    // The first aggregators of a mesh were named long after the bucket.
    expect(asked({ ...lately(half + 1, half + 1), now: half + 60_000 })).toBe('wait')
  })
})

/** What `newer` says again of what `older` said. */
const goesOn = (older: TallyPlain | undefined, newer: TallyPlain) =>
  expect(newer).toMatchObject(JSON.parse(JSON.stringify(older ?? {})) as object)

describe('whatever happens to editions', () => {
  const action = fc.record({
    side: fc.constantFrom(0 as const, 1 as const),
    /** Which of the other's editions arrives, from the newest back. */
    stale: fc.nat({ max: 3 }),
    /** The edition is lost before it is durable, and nobody saw it. */
    lost: fc.boolean(),
  })

  it('both end with the same totals, and nothing is taken back', () => {
    forAllIn({ numRuns: 30 }, fc.array(action, { maxLength: 30 }), fc.nat({ max: 3 }), (actions, missing) => {
      const world = new World(machines(9))
      world.sides[1].shares.splice(0, missing)
      const said: [TallyPlain[], TallyPlain[]] = [[], []]
      const act = (side: 0 | 1, stale: number, lost: boolean) => {
        const theirs = said[(1 - side) as 0 | 1]
        const { other } = world.view(side, theirs[Math.max(-1, theirs.length - 1 - stale)])
        const step = world.step(side, { other })
        if (step.kind !== 'say' || lost) return step
        const before = world.sides[side].own
        if (before !== undefined) {
          const plain = JSON.parse(JSON.stringify(step.plain)) as TallyPlain
          goesOn(before, plain)
        }
        world.sides[side].own = step.plain
        said[side].push(step.plain)
        return step
      }
      for (const { side, stale, lost } of actions) act(side, stale, lost)
      for (let more = 0; more < 6; more++) for (const side of [0, 1] as const) act(side, 0, false)
      expect(world.released().types[0]!.n).toBe(9 - missing)
    })
  })

  it('an aggregator that has lost a share waits, and says nothing else', () => {
    const world = World.after(1)
    world.sides[0].shares.pop()
    expect(world.step(0)).toMatchObject({ kind: 'wait', reason: 'a listed share is missing here' })
  })

  it.each([0, 1] as const)(
    'a share that stays away for an hour ends the batch of side %i, and says so',
    (side) => {
      const world = World.after(2)
      world.sides[side].shares.pop()
      const HOUR = 3_600_000
      expect(world.step(side)).toMatchObject({ kind: 'wait', isMissing: true, until: AFTER + HOUR })
      const missing = (now: number) => world.step(side, { missingSince: AFTER, now })
      expect(missing(AFTER + HOUR - 1)).toMatchObject({ kind: 'wait', isMissing: true })
      const ended = saidIn(missing(AFTER + HOUR))
      expect(ended).toMatchObject({ refusal: { reason: 'share_missing' } })
      // What was agreed to is spent all the same.
      expect(ended).toMatchObject(world.sides[side].own as object)
    },
  )

  it('whoever is revoked is not listed, and stays in what was listed before', () => {
    const gone = Buffer.from(authorOf(2)).toString('hex')
    const isRevoked = (author: Uint8Array) => Buffer.from(author).toString('hex') === gone
    const fresh = new World(machines(9))
    const { listing } = saidIn(fresh.step(0, { isRevoked }))
    expect(listing).toMatchObject({ refused: [{ reason: 'revoked', count: 1 }] })
    expect(listing!.shares).toHaveLength(8 * 24)
    const world = World.after(2)
    for (const side of [0, 1] as const) expect(world.take(side, { isRevoked }).kind).toBe('say')
    expect(contentsIn(world.step(0, { isRevoked }))[0]!.types[0]!.n).toBe(9)
  })

  it('whoever left after the list was made stays in it', () => {
    const world = World.after(2)
    const left = { member: 'left', counted: false, roles: [], teams: [] }
    world.contributors.set(Buffer.from(authorOf(2)).toString('hex'), left)
    expect(world.released().types[0]!.n).toBe(9)
  })

  it('another policy bundle is waited for, and refused at last', () => {
    const world = new World(machines(9))
    world.run()
    const other = { plain: { scheme: 2 as const, listing: world.sides[0].own!.listing! }, version: AFTER }
    const fresh = { own: undefined, bundle: 4, other }
    expect(world.step(1, fresh).kind).toBe('wait')
    const late = world.step(1, { ...fresh, now: AFTER + 3_600_000 })
    expect(refusalIn(late)).toBe('other_bundle')
  })
})
