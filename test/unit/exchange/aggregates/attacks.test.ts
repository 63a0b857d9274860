// Aggregators and contributors that lie: each lie is refused and named, or it is one of those that the last tests show.
import { describe, expect, it } from 'vitest'
import type { TallyPlain } from '../../../../protocols/messages/tally.ts'
import { MESSAGES } from '../../../../protocols/registry.ts'
import { bitsOf, placesIn } from '../../../../src/base/bits.ts'
import type { TallyView } from '../../../../src/exchange/aggregates/index.ts'
import { hashOfPart } from '../../../../src/exchange/aggregates/listing.ts'
import { MODULUS } from '../../../../src/exchange/aggregates/proof/field.ts'
import { fromBytes, toBytes } from '../../../../src/exchange/aggregates/shares.ts'
import { goldenFrames } from '../../../support/mesh/vectors.ts'
import {
  AFTER,
  authorOf,
  BUCKET,
  contentsIn,
  machines,
  rawShare,
  refusalIn,
  saidIn,
  seeded,
  TOOLS,
  World,
} from './world.ts'

type Group = NonNullable<TallyPlain['agreement']>['groups'][number]

/** What is said of a bucket of which one set was agreed to. */
const OVER = { kind: 'wait', reason: expect.stringContaining('agreed to') }

describe('a leader that lies about the set', () => {
  /** `view`: what the leader sees otherwise than it is. */
  const listed = (
    world: World,
    change: (entries: Uint8Array[]) => Uint8Array[],
    view?: Partial<TallyView>,
  ): TallyPlain => {
    const own = saidIn(world.step(0, view))
    const { shares } = own.listing!
    const entries = Array.from({ length: shares.length / 24 }, (_, at) =>
      shares.subarray(at * 24, at * 24 + 24),
    )
    return { ...own, listing: { ...own.listing!, shares: Buffer.concat(change(entries)) } }
  }

  const ghosts = (count: number) => Array.from({ length: count }, (_, n) => new Uint8Array(24).fill(n))
  const answered = (change: (entries: Uint8Array[]) => Uint8Array[]) => {
    const world = World.after(0)
    return world.answerTo(1, listed(world, change))
  }

  it.each<readonly [string, string, (entries: Uint8Array[]) => Uint8Array[]]>([
    ['dropping more than a third', 'few_in_common', (entries) => entries.slice(0, 5)],
    ['claiming as many others', 'few_in_common', (entries) => [...ghosts(9), ...entries]],
    ['a list out of order', 'no_list_order', (entries) => entries.toReversed()],
    ['a machine in it twice', 'no_list_order', (entries) => [entries[0]!, ...entries]],
    ['half a machine', 'no_list_order', (entries) => [new Uint8Array(5), ...entries]],
  ])('by %s is refused: %s', (_, reason, change) => {
    expect(refusalIn(answered(change))).toBe(reason)
  })

  it('by dropping fewer is told in the release, and by claiming a few others gets nothing about them', () => {
    expect(saidIn(answered((entries) => entries.slice(0, 6))).agreement?.unlisted).toBe(3)
    const claimed = saidIn(answered((entries) => [...ghosts(3), ...entries]))
    expect(placesIn(claimed.agreement!.common)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('by another list after the answer is refused, and no other attempt is answered', () => {
    const world = World.after(2)
    const lie = listed(world, (entries) => entries.slice(1), { own: undefined })
    expect(world.refusalOf(1, lie)).toBe('list_changed')
    expect(world.refusalOf(1, { scheme: 2 })).toBe('list_changed')
    world.nextAttempt()
    for (const side of world.sides) side.others = [{ leader: lie, follower: side.others[0]!.follower }]
    const again = { ...lie, listing: { ...lie.listing!, expected: 1 } }
    expect(world.answerTo(1, again)).toMatchObject(OVER)
  })

  it('by listing others, or the same again, after a bucket was agreed to gets no answer', () => {
    for (const rounds of [2, 3, 4]) {
      const world = World.after(rounds)
      world.nextAttempt()
      // Four of the attacker and one that came late.
      world.give(...machines(55).slice(50))
      for (const change of [(all: Uint8Array[]) => all, (all: Uint8Array[]) => all.slice(-5)])
        expect(world.answerTo(1, listed(world, change, { others: [], own: undefined }))).toMatchObject(OVER)
    }
  })

  it('by leaving out all but a few gets no group: half of those that were expected are needed', () => {
    const world = World.after(0, machines(20))
    // The other aggregator has no more either: the rest are off.
    for (const side of world.sides) side.shares = side.shares.slice(0, 9)
    const lie = listed(world, (entries) => entries)
    expect(saidIn(world.answerTo(1, lie)).agreement?.groups).toEqual([])
  })

  it('by beginning before the bucket is complete is not answered', () => {
    const world = World.after(1)
    expect(world.step(1, { now: BUCKET.end, expected: new Set(['somebody else']) }).kind).toBe('wait')
  })

  it('by settling before anybody agreed is refused', () => {
    const world = World.after(1)
    const lie = { ...world.sides[0].own!, settlement: { agreement: new Uint8Array(32), groups: [] } }
    expect(world.refusalOf(1, lie)).toBe('out_of_turn')
  })
})

describe('the other one, when it lies about the groups', () => {
  const agreed = (
    change: (group: Group) => Partial<Group>,
    all = machines(9),
    twice = false,
  ): string | undefined => {
    const world = World.after(1, all)
    const honest = world.speak(1)
    const [group] = honest.agreement!.groups
    const lie = { ...group!, ...change(group!) }
    const groups = twice ? [lie, lie] : [lie]
    return world.refusalOf(0, { ...honest, agreement: { ...honest.agreement!, groups } })
  }

  it('is refused for a group of too few, of others, of one twice, or for what it does not share', () => {
    expect(agreed(() => ({ members: bitsOf([0, 1, 2, 3], 9) }))).toBe('too_small')
    expect(agreed(() => ({ members: bitsOf([0, 1, 2, 3], 9), threshold: 1 }))).toBe('too_small')
    expect(agreed(() => ({ members: bitsOf([0, 1, 2, 3, 12], 16) }))).toBe('not_in_list')
    expect(agreed(() => ({}), machines(9), true)).toBe('twice')
    for (const keys of [
      [{ type: 'ToolUsage', audiences: ['admin'] }],
      [{ type: 'ActivityPatterns', audiences: ['security'] }],
      [{ type: 'NodeHealth', audiences: ['security'] }],
      [{ type: 'ToolUsage', audiences: [] }],
      [],
    ]) {
      expect(agreed(() => ({ keys }))).toBe('wrong_keys')
    }
    expect(agreed(() => ({ indicators: [] }))).toBe('wrong_length')
    expect(agreed(() => ({ indicators: [{ type: 'ToolUsage', sums: new Uint8Array(8) }] }))).toBe(
      'wrong_length',
    )
  })

  it('is refused for a group in which somebody wants to be among more', () => {
    const all = machines(9, (n) => (n === 0 ? { kMin: 12 } : {}))
    expect(agreed(() => ({ members: bitsOf([0, 1, 2, 3, 4, 5, 6, 7, 8], 9) }), all)).toBe('too_small')
  })

  it('is refused for hardly anything in common, or for more than was listed', () => {
    const lie = (common: Uint8Array) => {
      const world = World.after(2)
      const { own } = world.sides[1]
      return world.refusalOf(0, { ...own!, agreement: { ...own!.agreement!, common, groups: [] } })
    }
    expect(lie(bitsOf([0, 1, 2, 3, 4], 9))).toBe('few_in_common')
    expect(lie(bitsOf([0, 1, 2, 3, 4, 5, 11], 16))).toBe('not_in_list')
  })

  it('is refused when it answers another list, or takes back what it agreed to', () => {
    const world = World.after(2)
    const { own } = world.sides[1]
    const other = { ...own!, agreement: { ...own!.agreement!, listing: new Uint8Array(32) } }
    expect(world.refusalOf(0, other)).toBe('list_changed')
    world.speak(0)
    const changed = { ...own!, agreement: { ...own!.agreement!, unlisted: 7 } }
    expect(world.refusalOf(0, changed)).toBe('agreement_changed')
  })
})

describe('a bucket that was settled', () => {
  const refusal = { reason: 'out_of_turn' as const }

  it.each<readonly [string, (own: TallyPlain) => TallyPlain | undefined]>([
    ['nothing', () => undefined],
    ['that it refuses', () => ({ scheme: 2, refusal })],
    // Also what an honest one says that was restored from a backup of before.
    ['that it was out of turn', () => ({ scheme: 2, refusal: { ...refusal, detail: 'nobody agreed' } })],
    ['the same as before', (own) => own],
  ])('is over for the leader when the other one says %s afterwards', (_, said) => {
    const world = World.after(4)
    world.nextAttempt()
    const [before] = world.sides[0].others
    for (const side of world.sides)
      side.others = [{ leader: before!.leader, follower: said(before!.follower!) }]
    // Enough of others, so that the leader would list them.
    world.give(...machines(66).slice(50))
    expect(world.step(0)).toMatchObject(OVER)
  })

  it('is over for the one that agreed, whatever the leader says afterwards', () => {
    for (const rounds of [2, 3, 4]) {
      const world = World.after(rounds)
      const { listing } = world.sides[0].own!
      world.nextAttempt()
      const { follower } = world.sides[1].others[0]!
      for (const leader of [
        undefined,
        { scheme: 2 as const, refusal },
        { scheme: 2 as const, listing, refusal },
      ]) {
        world.sides[1].others = [{ leader, follower }]
        expect(world.answerTo(1, { scheme: 2, listing: listing! })).toMatchObject(OVER)
      }
    }
  })
})

describe('either, when it lies about sums', () => {
  /** The leader's settlement with other indicators. */
  function settledWith(change: (indicators: BigUint64Array) => void): World {
    const world = World.after(2)
    const own = world.speak(0)
    const [group] = own.settlement!.groups
    const indicators = fromBytes(group!.indicators[0]!.sums)
    change(indicators)
    const told = [{ type: 'ToolUsage', sums: toBytes(indicators) }]
    const groups = [{ ...group!, indicators: told, opened: [{ type: 'ToolUsage', sums: new Uint8Array(0) }] }]
    world.sides[0].own = { ...own, settlement: { ...own.settlement!, groups } }
    return world
  }

  it.each([
    ['above the number of machines', 100n],
    ['that wrap', -10n],
  ])('of indicators %s: nothing is opened, and the type says why', (_, by) => {
    const world = settledWith((indicators) => {
      indicators[0] = indicators[0]! + by
    })
    const step = world.speak(1)
    expect(step.opening!.groups[0]!.opened[0]!.sums).toHaveLength(0)
    const [type] = contentsIn(world.step(1))[0]!.types
    expect([type!.reason, type!.rows]).toEqual(['implausible', []])
  })

  it('of other rows than may be opened is refused', () => {
    const world = World.after(2)
    const own = world.speak(0)
    const [group] = own.settlement!.groups
    const more = [{ type: 'ToolUsage', sums: new Uint8Array(group!.opened[0]!.sums.length + 16) }]
    const settlement = { ...own.settlement!, groups: [{ ...group!, opened: more }] }
    expect(world.refusalOf(1, { ...own, settlement })).toBe('wrong_length')
    const short = { ...own.settlement!, groups: [] }
    expect(world.refusalOf(1, { ...own, settlement: short })).toBe('wrong_length')
    const other = { ...own.settlement!, agreement: new Uint8Array(32) }
    expect(world.refusalOf(1, { ...own, settlement: other })).toBe('agreement_changed')
  })

  it('that is taken back after it was answered is refused', () => {
    const world = World.after(4)
    const own = world.sides[0].own!
    const settlement = {
      ...own.settlement!,
      groups: own.settlement!.groups.map((one) => ({ ...one, threshold: 6 })),
    }
    expect(world.refusalOf(1, { ...own, settlement })).toBe('settlement_changed')
    const { own: theirs } = world.sides[1]
    const opening = { ...theirs!.opening!, settlement: hashOfPart(settlement) }
    expect(world.refusalOf(0, { ...theirs!, opening })).toBe('settlement_changed')
    const groups = [{ opened: [{ type: 'ToolUsage', sums: new Uint8Array(8) }], cells: [] }]
    expect(world.refusalOf(0, { ...theirs!, opening: { ...theirs!.opening!, groups } })).toBe('wrong_length')
  })

  it('of values that so many machines cannot have: the type is not shown', () => {
    for (const by of [10_000_000n, -40n]) {
      const world = World.after(4)
      const own = world.sides[1].own!
      const [opened] = own.opening!.groups
      const values = fromBytes(opened!.opened[0]!.sums)
      values[0] = values[0]! + by
      const groups = [{ opened: [{ type: 'ToolUsage', sums: toBytes(values) }], cells: [] }]
      const step = world.answerTo(0, { ...own, opening: { ...own.opening!, groups } })
      expect(contentsIn(step)[0]!.types[0]).toMatchObject({ reason: 'implausible', rows: [], n: 0 })
    }
  })
})

describe('who is not counted', () => {
  it('is nobody that is not certified, however many there are', () => {
    const sybils = machines(40, (n) => ({ n: 100 + n, counted: false }))
    const world = new World([...machines(4), ...sybils])
    expect(world.released()).toMatchObject({
      refused: [{ reason: 'uncertified', count: 40 }],
      types: [{ n: 0, reason: 'too_few', rows: [] }],
    })
  })

  it('is one of the pair, which could subtract itself', () => {
    const groupsOf = (count: number) => {
      const world = new World(machines(count))
      for (const side of [0, 1] as const) {
        world.take(side, { pair: [authorOf(0), world.view(side).pair[1]] })
      }
      return world.sides[1].own!.agreement!.groups.length
    }
    expect([groupsOf(5), groupsOf(6)]).toEqual([0, 1])
  })

  it('is who could read the total', () => {
    const readers = machines(6, (n) => (n < 2 ? { roles: ['security'] } : {}))
    expect(new World(readers).released().types[0]).toMatchObject({ n: 0, reason: 'too_few' })
    const more = machines(7, (n) => (n < 2 ? { roles: ['security'] } : {}))
    expect(new World(more).released().types[0]).toMatchObject({ n: 7, threshold: 7 })
  })

  it('is a share whose halves are of another length than its layout', () => {
    const world = new World(machines(9))
    for (const side of world.sides) {
      const { header, ...share } = side.shares[0]!
      const sections = header.sections.map((section) => ({ ...section, cells: 5 }))
      const halves = () => [new BigUint64Array(5)]
      side.shares[0] = { ...share, halves, header: { ...header, sections } }
    }
    expect(world.released()).toMatchObject({
      refused: [{ reason: 'other_layout', count: 1 }],
      types: [{ n: 8 }],
    })
  })

  it('is a share of which the two hold different documents, or headers', () => {
    const world = new World(machines(9))
    const [mine] = rawShare({ ...machines(1)[0]!, kMin: 2 }, seeded('other'))
    world.sides[1].shares[0] = { ...mine, check: new Uint8Array(16).fill(1) }
    expect(world.released()).toMatchObject({ listed: 9, common: 8, unlisted: 1, types: [{ n: 8 }] })
  })
})

/** One of nine has kubectl, which is row 2. */
const KUBECTL = 2
const FEW = machines(9, (n) => ({
  tools: new Map([[0, [n + 1, n % 3]], ...(n === 8 ? [[KUBECTL, [77, 0]] as const] : [])]),
}))
const USES = TOOLS.rows.length

/** A bucket of nine in which the share of the first one says what its author likes. */
function worldOfLiar(spoil: (vector: BigUint64Array) => unknown, all = machines(9)): World {
  const world = new World(all)
  const halves = rawShare(machines(1)[0]!, seeded('liar'), spoil)
  for (const side of [0, 1] as const) world.sides[side].shares[0] = halves[side]
  return world
}

describe('a contributor that lies about indicators', () => {
  const dropped = { refused: [{ reason: 'invalid_proof', count: 1 }], listed: 8, common: 8, unlisted: 0 }

  it.each<readonly [string, bigint]>([
    ['four times', 4n],
    ['twice', 2n],
    ['so that one less is counted', MODULUS - 1n],
    ['so that four fewer are', MODULUS - 4n],
    ['by a half, which two of them make one', (MODULUS + 1n) / 2n],
    ['by a million', 1_000_000n],
  ])('is dropped and counted when it claims a row %s, and a row of few stays closed', (_, value) => {
    const world = worldOfLiar((vector) => {
      vector[KUBECTL] = value
      vector[USES + 2 * KUBECTL] = 4n
    }, FEW)
    const content = world.released()
    expect(content).toMatchObject(dropped)
    expect(content.types[0]!.n).toBe(8)
    expect(content.types[0]!.rows.map(({ row }) => row)).not.toContain(KUBECTL)
    for (const step of world.run())
      expect(step).toMatchObject({ set: { unproved: [{ author: authorOf(0) }] } })
  })

  it('is dropped when its half is changed afterwards, by whomever, and nobody else is', () => {
    for (const side of [0, 1] as const) {
      const world = new World(FEW)
      const [share] = world.sides[side].shares
      world.sides[side].shares[0] = {
        ...share!,
        verifier: (key) => share!.verifier(key).map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
      }
      expect(world.released()).toMatchObject(dropped)
    }
  })

  it('cannot stop a bucket, also when a third of all lie', () => {
    const world = new World(machines(12))
    for (const n of [0, 1, 2, 3]) {
      const halves = rawShare(machines(12)[n]!, seeded(`liar ${n}`), (vector) => vector.fill(9n, 0, 1))
      for (const side of [0, 1] as const) world.sides[side].shares[n] = halves[side]
    }
    expect(world.released()).toMatchObject({
      refused: [{ reason: 'invalid_proof', count: 4 }],
      types: [{ n: 8 }],
    })
  })
})

describe('an aggregator that lies about proofs', () => {
  /** The agreement of a bucket with a liar, in which the second aggregator says otherwise of the proofs. */
  function agreedOtherwise(spoil: (vector: BigUint64Array) => unknown, common: number[], unproved: number[]) {
    const world = worldOfLiar(spoil)
    world.speak(0)
    const { agreement, ...own } = world.speak(1)
    const lie = { ...agreement!, common: bitsOf(common, 9), unproved: bitsOf(unproved, 9) }
    return world.refusalOf(0, { ...own, agreement: lie })
  }
  const ALL = [0, 1, 2, 3, 4, 5, 6, 7, 8]

  it('is refused when it counts a share whose proof fails, or drops one whose proof holds', () => {
    expect(agreedOtherwise((vector) => vector.fill(4n, 0, 1), ALL, [])).toBe('wrong_proof')
    expect(agreedOtherwise(() => {}, ALL.slice(1), [0])).toBe('wrong_proof')
    expect(agreedOtherwise(() => {}, ALL, [0])).toBe('wrong_proof')
    expect(agreedOtherwise(() => {}, ALL, [12])).toBe('not_in_list')
  })

  it('gets no agreement, and no settlement, before it has told of the proofs', () => {
    for (const [silent, rounds] of [
      [0, 1],
      [1, 2],
    ] as const) {
      const world = World.after(rounds)
      world.sides[silent].checks.clear()
      const honest = (1 - silent) as 0 | 1
      expect(world.step(honest, { now: silent === 0 ? BUCKET.end + 1 : AFTER })).toMatchObject({
        kind: 'wait',
        reason: expect.stringContaining('proofs'),
      })
    }
    // For ever is too long: what it told nothing of is not in common.
    const world = World.after(1)
    world.sides[0].checks.clear()
    expect(refusalIn(world.step(1))).toBe('few_in_common')
  })
})

describe('what a liar still can do', () => {
  it('a contributor moves a sum of values as far as all machines of the row could have it, and farther it spoils them for all', () => {
    const spoiled = (by: bigint) => {
      const world = worldOfLiar((vector) => {
        vector[USES] = vector[USES]! + by
      })
      return world.released().types[0]!
    }
    for (const most of [1_000n, 9n * 1_000n - 45n])
      expect(spoiled(most).rows[0]!.values[0]).toBe(45 + Number(most))
    expect(spoiled(-36n).rows[0]!.values[0]).toBe(9)
    for (const more of [9n * 1_000n - 44n, 11_000_000n, -37n])
      expect(spoiled(more)).toMatchObject({ reason: 'implausible', rows: [] })
  })

  it('a leader opens a row of few by indicators that are too high and possible, and learns its total, not whose it is', () => {
    const world = World.after(2, FEW)
    // It knows the other's sums before it tells its own.
    const [share, ...others] = world.sides[0].shares
    const halves = () => {
      const lie = BigUint64Array.from(share!.halves()[0]!)
      lie[KUBECTL] = lie[KUBECTL]! + 4n
      lie[USES + 2 * KUBECTL] = lie[USES + 2 * KUBECTL]! + 4n
      return [lie]
    }
    world.sides[0].shares = [{ ...share!, halves }, ...others]
    const row = world.released().types[0]!.rows.find(({ row: at }) => at === 2)
    expect(row).toMatchObject({ nodes: 5, values: [81, 0] })
  })
})

it.each(['Share', 'Tally', 'Check', 'Counted', 'Release'])(
  'a %s that would leave the stores sooner than others is none: nobody could go on with its bucket',
  (name) => {
    const golden = goldenFrames.find(({ message }) => message === name)!
    const { body: schema } = MESSAGES.get(golden.type)!
    const body = golden.body as { readonly expires_at: number }
    expect(schema.safeParse(body).success).toBe(true)
    for (const by of [-1, 1])
      expect(schema.safeParse({ ...body, expires_at: body.expires_at + by }).success).toBe(false)
  },
)
