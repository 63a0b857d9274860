// Teams in a batch: sums of parts that are exact, and what an aggregator or a member that wants more gets.

import { describe, expect, it } from 'vitest'
import { releases } from '../../../../protocols/aggregate.ts'
import type { ReleaseContent } from '../../../../protocols/messages/release.ts'
import type { TallyPlain } from '../../../../protocols/messages/tally.ts'
import { bitsOf, placesIn } from '../../../../src/base/bits.ts'
import { cellRows, type Step, type TallyView } from '../../../../src/exchange/aggregates/index.ts'
import { CLAMP } from '../../../../src/exchange/aggregates/layout.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import {
  authorOf,
  contentsIn,
  HOURS,
  layoutOf,
  type Machine,
  machines,
  plainly,
  refusalIn,
  saidIn,
  TOOLS,
  World,
} from './world.ts'

/** A part of a tally in which the cells of each group are changed. */
const recelled = <P extends { readonly groups: readonly { readonly cells: readonly unknown[] }[] }>(
  part: P | undefined,
  change: (cells: P['groups'][number]['cells']) => readonly unknown[],
): P => ({ ...part!, groups: part!.groups.map((group) => ({ ...group, cells: change(group.cells) })) })

type SplitCell = ReleaseContent['types'][number]['splits'][number]['cells'][number]

/** What a cell of a released split says of each told row by its number. */
function rowsIn(content: ReleaseContent, type = TOOLS, audience = 'ToolUsage') {
  const of = content.types.find((one) => one.type === audience)!
  return of.splits.map(({ told, cells }) => ({
    told: placesIn(told),
    cells: cells.map((cell: SplitCell) => ({
      teams: cell.teams.join('+'),
      n: cell.n,
      rows: Object.fromEntries(cellRows(type, placesIn(told), cell)!),
    })),
  }))
}

/** Ops of the first eight, who fail often; the others are in no team. */
const twoTeams = (count = 20): Machine[] =>
  machines(count, (n) => ({
    teams: n < 8 ? ['ops'] : n < 14 ? ['web'] : [],
    tools: new Map([
      [0, [100 + n, n < 8 ? 15 : 2]],
      [3, [3, 0]],
      ...(n === 1 || n > 11 ? [[2, [7, 1]] as const] : []),
    ]),
  }))

describe('parts of a batch', () => {
  it.each(times([20, 60], [20, 60, 600]))(
    'of %i machines are those of plain addition, and the whole is as without them',
    (count) => {
      const all = twoTeams(count)
      const content = new World(all).released()
      const [split] = rowsIn(content)
      const sizes = split!.cells.map(({ teams, n }) => `${teams} ${n}`)
      expect(sizes.toSorted()).toEqual([` ${count - 14}`, 'ops 8', 'web 6'])
      for (const { teams, rows } of split!.cells) {
        const own = all.filter((one) => (one.teams ?? []).join('+') === teams)
        expect(Object.keys(rows)).not.toHaveLength(0)
        for (const [row, found] of Object.entries(rows))
          expect(found).toEqual(plainly(own, TOOLS)[Number(row)])
      }
      // One machine of ops has kubectl: the row is told of the whole only, and so is the smallest that hides it.
      for (const row of [0, 2]) expect(split!.told).not.toContain(row)
      const without = new World(all.map(({ teams: _, ...one }) => one)).released()
      const types = content.types.map(({ splits: _, ...type }) => type)
      expect(types).toEqual(without.types.map(({ splits: _, ...type }) => type))
      expect(without.types[0]!.splits).toEqual([])
      expect(content.teams).toEqual([
        { team: 'ops', machines: 8 },
        { team: 'web', machines: 6 },
      ])
    },
  )

  it('are of several types, and fit into what both tell each other at their largest', () => {
    const names = Array.from({ length: 20 }, (_, n) => `team ${n} `.padEnd(64, 'x'))
    const rows = Array.from({ length: 480 }, (_, n) => `row ${n}`)
    const layouts = [layoutOf('ToolUsage', rows), layoutOf('ActivityPatterns', rows.slice(0, 60))]
    const counts = new Map(
      layouts.map((layout) => [layout, new Map(layout.rows.map((_, row) => [row, [1_000_000, 9]]))]),
    )
    for (const count of [120, 1_000]) {
      const all = machines(count, (n) => ({ teams: [names[n % names.length]!], counts }))
      const content = new World(all, { layouts }).released()
      expect(() => releases.encode(content)).not.toThrow()
      expect(content.types[0]!.splits[0]!.cells.length).toBeGreaterThan(1)
      expect(content.left_out).toBeGreaterThan(0)
    }
  })
})

describe('an aggregator that', () => {
  type Cells = NonNullable<TallyPlain['agreement']>['groups'][number]['cells']
  const settledWith = (change: (cells: Cells) => readonly unknown[]) => {
    const world = World.after(2, twoTeams())
    const own = world.sides[1].own!
    const lie = { ...own, agreement: recelled(own.agreement, change) }
    world.sides[1].own = lie
    return world.answerTo(0, lie)
  }
  /** How many bytes the leader opens of each part then. */
  const lengthsOpened = (world: World) =>
    world.speak(0).settlement!.groups[0]!.cells.map(({ opened }) => opened.length)
  const cellsIn = (step: Step) => saidIn(step).settlement?.groups[0]?.cells.length

  it('cuts out one machine gets nothing told apart', () => {
    const cut = ([ops, web, rest]: Cells) => {
      const places = placesIn(ops!.members)
      const one = { ...ops!, members: bitsOf(places.slice(0, 1), 20), threshold: 1 }
      const others = { ...rest!, members: bitsOf([...placesIn(rest!.members), ...places.slice(1)], 20) }
      return [one, web!, others]
    }
    expect(cellsIn(settledWith(cut))).toBe(0)
    expect(cellsIn(settledWith((cells) => cells))).toBe(3)
  })

  it('calls a part by another team, leaves machines out of it or joins two of them gets nothing told apart', () => {
    const [first, second, third] = World.after(2, twoTeams()).sides[1].own!.agreement!.groups[0]!.cells
    for (const cells of [
      [{ ...first!, teams: ['web'] }, { ...second!, teams: ['ops'] }, third!],
      [{ ...first!, members: bitsOf(placesIn(first!.members).slice(1), 20) }, second!, third!],
      [first!, { ...third!, teams: [] }],
      [],
    ])
      expect(cellsIn(settledWith(() => cells))).toBe(0)
  })

  it('tells sums of other lengths is refused', () => {
    const short = (cells: Cells) =>
      cells.map((cell) => ({ ...cell, indicators: cell.indicators.subarray(2) }))
    expect(refusalIn(settledWith(short))).toBe('wrong_length')
    const world = World.after(3, twoTeams())
    const own = world.sides[0].own!
    type Told = NonNullable<TallyPlain['settlement']>['groups'][number]['cells']
    const lie = (change: (cells: Told) => Told) => ({
      ...own,
      settlement: recelled(own.settlement, change),
    })
    const wrong = [
      lie((cells) => cells.slice(1)),
      lie((cells) => cells.map((cell) => ({ ...cell, indicators: new Uint8Array(4) }))),
      lie((cells) => cells.map((cell) => ({ ...cell, opened: new Uint8Array(cell.opened.length + 4) }))),
    ]
    for (const plain of wrong) expect(world.refusalOf(1, plain)).toBe('wrong_length')
    // Without a word about parts the group alone is opened.
    const nothing = lie(() => [])
    const [group] = saidIn(world.answerTo(1, nothing)).opening!.groups
    expect(group!.cells).toEqual([])
    expect(group!.opened[0]!.sums.length).toBeGreaterThan(0)
  })

  it('tells indicators or values that so many machines cannot have spoils the parts, and not the whole', () => {
    const world = World.after(4, twoTeams())
    const own = world.sides[1].own!
    const opening = recelled(own.opening, (cells) =>
      cells.map(({ opened }) => ({ opened: opened.map((byte, at) => (at === 0 ? byte + 128 : byte)) })),
    )
    const [type] = contentsIn(world.answerTo(0, { ...own, opening }))[0]!.types
    expect([type!.n, type!.splits]).toEqual([20, []])
    const early = World.after(2, twoTeams())
    const lied = early.sides[1].own!
    const agreement = recelled(lied.agreement, (cells) =>
      cells.map((cell) => ({
        ...cell,
        indicators: cell.indicators.map((byte, at) => (at % 2 === 0 ? byte + 1 : byte)),
      })),
    )
    early.sides[1].own = { ...lied, agreement }
    expect(lengthsOpened(early)).toEqual([0, 0, 0])
  })

  it('moves values between parts as far as so many machines can have them, and not further', () => {
    const world = new World(
      machines(20, (n) => ({ teams: n < 8 ? ['ops'] : [], tools: new Map([[0, [600, 2]]]) })),
    )
    for (const side of [0, 1, 0, 1] as const) world.speak(side)
    const own = world.sides[1].own!
    const shown = (delta: number): boolean => {
      const opening = recelled(own.opening, (cells) =>
        cells.map(({ opened }, cell) => {
          const lied = Buffer.from(opened)
          if (cell === 0) lied.writeUInt32BE((lied.readUInt32BE(0) + delta) >>> 0, 0)
          return { opened: new Uint8Array(lied) }
        }),
      )
      return contentsIn(world.answerTo(0, { ...own, opening }))[0]!.types[0]!.splits.length > 0
    }
    expect(shown(0)).toBe(true)
    const near = fc.integer({ min: -6_000, max: 6_000 })
    const edges = fc.constantFrom(3_200, 3_201, -4_792, -4_793, -4_801, 7_189)
    forAllIn({ numRuns: 60 }, fc.oneof(near, edges), (delta) => {
      const [ops, rest] = [8 * 600 + delta, 12 * 600 - delta]
      const isPossible = ops >= 8 && ops <= 8 * CLAMP && rest >= 12 && rest <= 12 * CLAMP
      expect([delta, shown(delta)]).toEqual([delta, isPossible])
    })
  })

  it('wants a lower threshold than the other one does not get it', () => {
    const world = World.after(2, twoTeams())
    const own = world.sides[1].own!
    const agreement = recelled(own.agreement, (cells) => cells.map((cell) => ({ ...cell, threshold: 7 })))
    world.sides[1].own = { ...own, agreement }
    // Web and the rest are six machines each.
    expect(lengthsOpened(world)).toEqual([0, 0, 0])
  })
})

describe('two aggregators that know different teams', () => {
  const renewed = (world: World): Pick<TallyView, 'contributorOf'> => {
    const { contributorOf } = world.view(0)
    return {
      contributorOf(author) {
        const of = contributorOf(author)
        return Buffer.compare(author, authorOf(2)) === 0 ? { ...of, teams: ['web'] } : of
      },
    }
  }

  it('tell nothing apart, and say so', () => {
    const world = World.after(2, twoTeams())
    world.take(0, renewed(world))
    const content = world.released()
    expect([content.undivided, content.types[0]!.n, content.types[0]!.splits]).toEqual([20, 20, []])
  })

  it('go on with the parts that they agreed to before a certificate was renewed', () => {
    const world = World.after(3, twoTeams())
    world.take(1, renewed(world))
    const [leader, follower] = [world.step(0, renewed(world)), world.step(1, renewed(world))].map(contentsIn)
    expect(leader).toEqual(follower)
    expect(leader![0]!.types[0]!.splits[0]!.cells.map(({ n }) => n)).toEqual([8, 6, 6])
  })
})

it('a machine of a team that gives two types is in one part of both', () => {
  const all = machines(16, (n) => ({
    teams: n < 7 ? ['ops'] : [],
    counts: new Map([
      [TOOLS, new Map([[0, [2, 1]]])],
      [HOURS, new Map([[n < 7 ? 0 : 1, [n]]])],
    ]),
  }))
  const content = new World(all).released()
  const [hours] = rowsIn(content, HOURS, 'ActivityPatterns')
  expect(hours!.cells.map(({ teams, n }) => `${teams} ${n}`)).toEqual(['ops 7', ' 9'])
})
