// The name of a tool that few machines have: nothing that is released, and no length of what is sent, depends on which it is.
import { expect, it } from 'vitest'
import { releasePlains, releases, tallies } from '../../../../protocols/aggregate.ts'
import { signaturesOf } from '../../../../src/exchange/aggregates/statement.ts'
import { contentsIn, IDENTITIES, type Machine, machines, run, type World, worldOf } from './world.ts'

const [GIT, DOCKER, KUBECTL, MAKE] = [0, 1, 2, 3]

/** Twelve machines of two teams with git and docker; the first `count` have another tool as well. */
const withTool = (tool: number, count: number): readonly Machine[] =>
  machines(12, (n) => ({
    teams: n < 6 ? ['ops'] : ['web'],
    tools: new Map([[GIT, [10, 1]], [DOCKER, [5, 0]], ...(n < count ? [[tool, [99, 7]] as const] : [])]),
  }))

const ran = (all: readonly Machine[]) => {
  const world = worldOf(all)
  const contents = contentsIn(run(world)[0])
  return { world, contents, types: contents.map(({ types }) => types) }
}

const lengthsIn = ({ sides }: World) => sides.map(({ own }) => tallies.encode(own!).length)

const released = (contents: ReturnType<typeof contentsIn>) =>
  contents.map((content) =>
    releasePlains.encode({ ...content, signatures: signaturesOf(content, IDENTITIES[0]) }),
  )

it.each([1, 4])('is the same to readers whichever it is, on %i machines', (count) => {
  const [one, other] = [ran(withTool(KUBECTL, count)), ran(withTool(MAKE, count))]
  expect(one.types).toEqual(other.types)
  expect(one.types[0]!.find(({ type }) => type === 'ToolUsage')!.rows.map(({ row }) => row)).not.toContain(
    KUBECTL,
  )
})

it('is in no length: tallies and releases are of a few sizes, the same with the tool, with another and without', () => {
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
