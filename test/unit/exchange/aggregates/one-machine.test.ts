// Ways to learn one machine’s row, or the name of a tool that few have: each is tried in two worlds in which that alone differs, and what readers see must not.
import { expect, test } from 'vitest'
import { releasePlains, releases, tallies } from '../../../../protocols/aggregate.ts'
import type { Counts } from '../../../../src/exchange/aggregates/index.ts'
import { signaturesOf } from '../../../../src/exchange/aggregates/statement.ts'
import { authorOf, contentsIn, HOURS, IDENTITIES, type Machine, machines, TOOLS, World } from './world.ts'

const [GIT, DOCKER, KUBECTL, MAKE] = [0, 1, 2, 3]
const OFTEN: Counts = new Map([[GIT, [9, 1]]])
const RARELY: Counts = new Map([...OFTEN, [KUBECTL, [37, 4]]])

const machine = (n: number, counts: Counts, more: Partial<Machine> = {}): Machine => ({
  n,
  counts: new Map([[TOOLS, counts]]),
  ...more,
})
const others = (count: number, more: Partial<Machine> = {}): readonly Machine[] =>
  Array.from({ length: count }, (_, n) => machine(1_000 + n, OFTEN, more))
/** Of the attacker: certified, and each with the row that the one machine may have. */
const sybils = (count: number, more: Partial<Machine> = {}, counts = RARELY): readonly Machine[] =>
  Array.from({ length: count }, (_, n) => machine(500 + n, counts, more))

const worldWith = (all: readonly Machine[], fleet: readonly Machine[], options = {}): World =>
  new World([...all, ...fleet], options)

/** What readers of any audience see, but for the hash of the set, which is another one each time; of no release, that there is none. */
function seen(world: World): unknown {
  const [step] = world.run()
  return step.kind === 'done' ? step.contents.map(({ set: _, ...content }) => content) : step.kind
}

/** The same where the leader knows of these machines only, and says so; the other one is honest. */
function listing(world: World, numbers: readonly number[]): unknown {
  const wanted = numbers.map((n) => Buffer.from(authorOf(n)).toString('hex'))
  const shares = world.sides[0].shares.filter(({ author }) =>
    wanted.includes(Buffer.from(author).toString('hex')),
  )
  const [step] = world.run({ shares, expected: new Set(wanted) })
  const shown = step.kind === 'done' ? contentsIn(step).map(({ types }) => types) : step.kind
  return [world.sides[1].own?.refusal?.reason, shown]
}

const tens = (more: Partial<Machine>): readonly Machine[] =>
  Array.from({ length: 20 }, (_, n) => machine(700 + n, OFTEN, more))

/** Each takes what the one machine has. */
const WAYS: Readonly<Record<string, (counts: Counts) => unknown>> = {
  'to be late with four others': (counts) => {
    const world = worldWith([], others(195))
    const first = seen(world)
    world.nextAttempt()
    world.give(machine(1, counts), ...sybils(4, {}, OFTEN))
    return [first, seen(world)]
  },
  'to share with four others what nobody else does': (counts) => {
    const rare = { audiences: ['admin', 'security'] }
    const all = [machine(1, counts, rare), ...sybils(4, rare, OFTEN)].map((one) => ({
      ...one,
      counts: new Map([...one.counts, [HOURS, new Map([[0, [3]]])]]),
    }))
    // Some tool of few there is in every fleet, and then the smallest of the others is withheld with it.
    const make = machine(700, new Map([[MAKE, [5, 0]]]))
    return seen(worldWith([...all, make], others(194), { audiences: ['admin', 'security'], noise: 0 }))
  },
  ...Object.fromEntries(
    [10, 20, 200].map((count) => [
      `a leader that lists it and four others of ${count}`,
      (counts: Counts) =>
        listing(worldWith([machine(1, counts), ...sybils(4)], others(count - 5)), [1, 500, 501, 502, 503]),
    ]),
  ),
  'three others with the same row': (counts) =>
    seen(worldWith([machine(1, counts), ...sybils(3)], others(20))),
  'seven others of one owner with the same row': (counts) => {
    const world = worldWith([machine(1, counts), ...sybils(7)], others(20))
    for (const [author, of] of world.contributors)
      if (/machine 50\d/.test(of.member)) world.contributors.set(author, { ...of, owner: 'somebody' })
    return seen(world)
  },
  'four others with the same row, of totals with noise': (counts) =>
    withoutNoise(seen(worldWith([machine(1, counts), ...sybils(4)], others(30), { noise: 10 }))),
  'four others in its team with the same row, of totals with noise': (counts) => {
    const team = { teams: ['ops'] }
    const all = [machine(1, counts, team), ...sybils(4, team), ...tens(team)]
    return rowsOfParts(seen(worldWith(all, others(30, { teams: ['web'] }), { noise: 10 })))
  },
  'three others in its team': (counts) => {
    const team = { teams: ['ops'] }
    return seen(worldWith([machine(1, counts, team), ...sybils(3, team)], others(20, { teams: ['web'] })))
  },
  'four others in its team, which has five more': (counts) => {
    const team = { teams: ['ops'] }
    const all = [machine(1, counts, team), ...sybils(3, team), ...others(5, team)]
    return seen(
      worldWith(
        all,
        others(20, { teams: ['web'] }).map((one) => ({ ...one, n: one.n + 100 })),
      ),
    )
  },
  'two audiences, of which one has its team alone': (counts) => {
    const all = [machine(1, counts, { audiences: ['admin', 'security'] }), ...sybils(3)]
    return seen(worldWith(all, others(20), { audiences: ['admin', 'security'] }))
  },
  'an aggregator whose clock is a day ahead': (counts) => {
    const world = worldWith([machine(1, counts), ...sybils(4)], [])
    // The others have not given yet, and the honest one waits for them.
    const expected = new Set(['others that are still to come'])
    world.take(0)
    const answer = world.step(1, { now: world.now - 7 * 3_600_000, expected })
    return [answer.kind, answer.kind === 'say' ? answer.plain.agreement?.groups : undefined]
  },
  'to be revoked between two attempts': (counts) => {
    const world = worldWith([machine(1, counts), ...sybils(3)], others(20))
    const first = seen(world)
    world.nextAttempt()
    for (const side of world.sides)
      side.shares = side.shares.filter(({ author }) => Buffer.compare(author, authorOf(1)) !== 0)
    return [first, seen(world)]
  },
}

/** Values have noise that follows from what was told, so they differ in any two worlds; which rows there are must not. */
const withoutNoise = (contents: unknown): unknown =>
  (contents as { types: { rows: { row: number }[] }[] }[]).map(({ types }) =>
    types.map(({ rows }) => rows.map(({ row }) => row)),
  )

const rowsOfParts = (contents: unknown): unknown =>
  (contents as { types: { splits: { told: Uint8Array }[] }[] }[]).map(({ types }) =>
    types.map(({ splits }) => splits.map(({ told }) => [...told])),
  )

test.each(Object.entries(WAYS))('nothing is learned by %s', (_, way) => {
  expect(way(RARELY)).toEqual(way(OFTEN))
})

/** Twelve machines of two teams with git and docker; the first `count` have another tool as well. */
const withTool = (tool: number, count: number): readonly Machine[] =>
  machines(12, (n) => ({
    teams: n < 6 ? ['ops'] : ['web'],
    tools: new Map([[GIT, [10, 1]], [DOCKER, [5, 0]], ...(n < count ? [[tool, [99, 7]] as const] : [])]),
  }))

const ran = (all: readonly Machine[]) => {
  const world = new World(all)
  const contents = world.contents()
  return { world, contents, types: contents.map(({ types }) => types) }
}

const lengthsIn = ({ sides }: World) => sides.map(({ own }) => tallies.encode(own!).length)

const released = (contents: ReturnType<typeof contentsIn>) =>
  contents.map((content) =>
    releasePlains.encode({ ...content, signatures: signaturesOf(content, IDENTITIES[0]) }),
  )

test.each([1, 4])('is the same to readers whichever it is, on %i machines', (count) => {
  const [one, other] = [ran(withTool(KUBECTL, count)), ran(withTool(MAKE, count))]
  expect(one.types).toEqual(other.types)
  expect(one.types[0]!.find(({ type }) => type === 'ToolUsage')!.rows.map(({ row }) => row)).not.toContain(
    KUBECTL,
  )
})

test('is in no length: tallies and releases are of a few sizes, the same with the tool, with another and without', () => {
  const all = [ran(withTool(KUBECTL, 1)), ran(withTool(MAKE, 1)), ran(withTool(MAKE, 0))]
  for (const lengths of all.map(({ world }) => lengthsIn(world))) {
    expect(lengths).toEqual(lengthsIn(all[0]!.world))
    for (const length of lengths) expect(length % 1024).toBe(0)
  }
  for (const { contents } of all)
    for (const [at, bytes] of released(contents).entries()) {
      expect(bytes.length).toBe(released(all[0]!.contents)[at]!.length)
      const { signatures: _, ...said } = releasePlains.decode(bytes)
      expect(releases.encode(said)).toEqual(releases.encode(contents[at]!))
    }
})
