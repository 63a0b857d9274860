// Noise in totals: its size, that both release the same, that readers can trust its bounds, and what is learned of a machine over many totals.
import { describe, expect, it } from 'vitest'
import type { ReleasedType } from '../../../../protocols/messages/release.ts'
import { placesIn } from '../../../../src/base/bits.ts'
import { cellRows } from '../../../../src/exchange/aggregates/index.ts'
import { drawsOf } from '../../../../src/exchange/aggregates/noise.ts'
import { added } from '../../../../src/exchange/aggregates/shares.ts'
import { guessing, joining, usefulness } from '../../../sim/learned.ts'
import { contentsIn, type Machine, machines, refusalIn, TOOLS, World } from './world.ts'

const [GIT, DOCKER, KUBECTL] = [0, 1, 2]

/** Machines that all say the same, some of them in teams: one share is proved for all. */
function fleet(
  counts: ReadonlyMap<number, readonly number[]>,
  teams: readonly (readonly string[])[],
  from = 0,
): readonly Machine[] {
  return teams.map((of, at) => ({ n: from + at, counts: new Map([[TOOLS, counts]]), teams: of }))
}

function worldWith(noise: number | undefined, parts: readonly (readonly Machine[])[]): World {
  const world = new World([], { noise })
  for (const part of parts) world.give(...part)
  return world
}

const teamsOf = (count: number, team: string): readonly (readonly string[])[] =>
  Array.from({ length: count }, () => [team])

const rowOf = ({ rows }: ReleasedType, row: number) => rows.find((one) => one.row === row)

describe('draws', () => {
  it('are of the two-sided geometric distribution, and the same of one seed', () => {
    const scale = 10
    const draw = drawsOf(new Uint8Array(32).fill(1))
    const drawn = Array.from({ length: 20_000 }, () => draw(scale))
    const decay = Math.exp(-1 / scale)
    const share = (is: (x: number) => boolean) => drawn.filter(is).length / drawn.length
    const expectShare = (is: (x: number) => boolean, wanted: number): void =>
      // Four standard deviations.
      expect(Math.abs(share(is) - wanted)).toBeLessThan(4 * Math.sqrt((wanted * (1 - wanted)) / drawn.length))
    expectShare((x) => x === 0, (1 - decay) / (1 + decay))
    expectShare((x) => x < 0, decay / (1 + decay))
    for (const far of [5, 20, 40])
      expectShare((x) => Math.abs(x) > far, (2 * decay ** (far + 1)) / (1 + decay))
    const again = drawsOf(new Uint8Array(32).fill(1))
    expect(drawn.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => again(scale)))
    expect(drawsOf(new Uint8Array(32).fill(2))(1_000)).not.toBe(drawsOf(new Uint8Array(32).fill(1))(1_000))
    expect(draw(0)).toBe(0)
  })
})

describe('a release with noise', () => {
  const parts = [
    fleet(
      new Map([
        [GIT, [40, 3]],
        [DOCKER, [2, 0]],
      ]),
      teamsOf(60, 'ops'),
    ),
    fleet(new Map([[GIT, [7, 1]]]), teamsOf(50, 'web'), 100),
    fleet(new Map([[GIT, [1, 0]]]), teamsOf(100, 'lab'), 200),
  ]
  const git = 60 * 40 + 50 * 7 + 100

  it('says the same from both, how far its numbers are off, and has parts that add up to the whole', () => {
    const [type] = worldWith(undefined, parts).released().types
    const row = rowOf(type!, GIT)!
    expect(type!.off).toEqual({ nodes: Math.ceil(3 * Math.sqrt(3)), values: Math.ceil(30 * Math.sqrt(6)) })
    expect(row.values[0]).not.toBe(git)
    // 30 scales, of both, in three parts: so far the widest draws go.
    expect(Math.abs(row.values[0]! - git)).toBeLessThanOrEqual(3 * 2 * 30 * 10)
    const [split] = type!.splits
    const told = placesIn(split!.told)
    const cells = split!.cells.map((cell) => cellRows(TOOLS, told, cell)!.get(GIT)!)
    expect(cells.reduce((sum, { nodes }) => sum + nodes, 0)).toBe(row.nodes)
    for (const at of [0, 1])
      expect(cells.reduce((sum, { values }) => sum + values[at]!, 0)).toBe(row.values[at])
    for (const [at, { nodes, values }] of cells.entries()) {
      expect(nodes).toBeLessThanOrEqual(split!.cells[at]!.n)
      expect(values[0]).toBeGreaterThanOrEqual(nodes)
      expect(values[1]).toBeGreaterThanOrEqual(0)
    }
  })

  it('has none where the policy says so, or totals are of fewer than 200', () => {
    for (const world of [worldWith(0, parts), worldWith(undefined, parts.slice(0, 2))]) {
      const [type] = world.released().types
      expect(type!.off).toBeUndefined()
      expect(rowOf(type!, GIT)!.values[0]).toBe(world.noise === 0 ? git : git - 100)
    }
  })

  it('is the same when it is told again, and another one for other secrets', () => {
    const first = worldWith(10, parts).released()
    expect(worldWith(10, parts).released()).toEqual(first)
    const world = worldWith(10, parts)
    const [other] = contentsIn(world.run({}, { secret: new Uint8Array(32).fill(99) })[0])
    expect(rowOf(other!.types[0]!, GIT)!.values).not.toEqual(rowOf(first.types[0]!, GIT)!.values)
  })
})

describe('what one of the pair tells', () => {
  it('has its own noise in each value, so that the other one alone does not see the total', () => {
    const world = worldWith(10, [fleet(new Map([[GIT, [9, 0]]]), teamsOf(20, 'ops'))])
    const plain = worldWith(0, [fleet(new Map([[GIT, [9, 0]]]), teamsOf(20, 'ops'))])
    for (const one of [world, plain]) one.run()
    const [[leader, follower], [leaders, followers]] = [world.told(), plain.told()]
    expect(added(leaders, followers)[0]).toBe(180n)
    expect(leader[0]).not.toBe(leaders[0])
    expect(follower[0]).not.toBe(followers[0])
  })

  it('is refused where the leader asks for less noise than the policy', () => {
    const world = worldWith(10, [fleet(new Map([[GIT, [9, 0]]]), teamsOf(20, 'ops'))])
    world.take(0, { noise: 0 })
    expect(refusalIn(world.step(1))).toBe('other_bundle')
  })
})

describe('somebody with k - 1 machines', () => {
  const others = fleet(new Map([[GIT, [9, 0]]]), teamsOf(20, ''))
  /** Four of the attacker, and one machine that has kubectl or not. */
  const among = (has: boolean) =>
    machines(25, (n) => ({
      n: 300 + n,
      tools: new Map([[GIT, [9, 0]], ...(n < 4 || (n === 4 && has) ? [[KUBECTL, [3, 0]] as const] : [])]),
    }))

  it('sees whether one other machine has a row without noise, and does not with it', () => {
    const isTold = (has: boolean, noise: number) => {
      const world = new World(among(has), { noise })
      world.give(...others)
      return rowOf(world.released().types[0]!, KUBECTL) !== undefined
    }
    expect([isTold(false, 0), isTold(true, 0)]).toEqual([false, true])
    expect([isTold(false, 10), isTold(true, 10)]).toEqual([false, false])
  })
})

it('of a machine that joins a small group, noise leaves a reader with several times the error', () => {
  const error = (noise: number): number =>
    joining({ machines: 12, length: 'hour', buckets: 28, noise }, 40).error
  expect(error(10)).toBeGreaterThan(2 * error(0))
})

it('k - 1 machines of an attacker say with noise no more than a guess', () => {
  expect(guessing({ own: 4, machines: 40, noise: 0 }, 100)).toBe(1)
  expect(guessing({ own: 4, machines: 40, noise: 10 }, 400)).toBeLessThan(0.6)
})

it('a thousand machines have their totals with noise, and twelve would have hardly any', () => {
  const most = { agree: 90, there: 95 }
  expect(usefulness({ machines: 1_000, ...most, noise: undefined }, 1)).toMatchObject({ released: 1 })
  expect(usefulness({ machines: 1_000, ...most, noise: undefined }, 1).rows).toBeGreaterThan(0.9)
  expect(usefulness({ machines: 12, ...most, noise: 10 }, 20).rows).toBeLessThan(0.1)
})
