// A node that asks often has links to all in a mesh of few links, in virtual time, and gives them up when it asks no more.
import { expect, test } from 'vitest'
import { times } from '../support/run/thorough.ts'
import { askWithTrust, describeAsked, type TrustSimOptions } from './star.ts'

const all = (): boolean => true
const MINUTE = 60_000
/** Links that a node of a large mesh keeps at most, and the one to the asker. */
const FEW = 17

/** Links to all members up to so many, where nobody asks often: fewer than by default, as the meshes are small. */
const FULL_MESH_UP_TO = 20

function run(options: Partial<TrustSimOptions> & { readonly nodes: number }) {
  const report = askWithTrust({
    seed: 1,
    trusts: all,
    askers: [0],
    times: 6,
    fullMeshUpTo: FULL_MESH_UP_TO,
    ...options,
  })
  if (report.asked.length < 10) process.stdout.write(`${describeAsked(report)}\n`)
  expect(report.broken).toEqual([])
  for (const { outcomes } of report.asked) {
    expect(outcomes.size).toBe(options.nodes - 1)
    expect(new Set(outcomes.values())).toEqual(new Set(['answered']))
  }
  return report
}

test.each(times([[28]], [[60], [100]]))(
  'of %i nodes one asks often: it has links to all, nobody else has more than before, and later nobody',
  (nodes) => {
    const { frames, links, linksAtRest } = run({ nodes, everyMs: 20_000, restMs: 23 * MINUTE })
    const [asker, ...others] = links
    expect(asker).toBe(nodes - 1)
    expect(Math.max(...others)).toBeLessThanOrEqual(FEW)
    // Over links to all, a question is one frame to each and one back, and nobody carries it further.
    expect(frames.at(-1)).toBe(2 * (nodes - 1))
    expect(frames[0]).toBeGreaterThan(4 * (nodes - 1))
    expect(Math.max(...linksAtRest)).toBeLessThan(FEW)
  },
)

test('in a mesh of more members than overlay.asker_links_up_to its questions go over few links', () => {
  const { links } = run({ nodes: 30, askerLinksUpTo: 28 })
  expect(Math.max(...links)).toBeLessThan(FEW)
})

test('where more ask often than a node keeps links for, all are answered, and nobody has links to all of them', () => {
  const askers = Array.from({ length: 20 }, (_, index) => index)
  const { links } = run({ nodes: 36, askers, times: 5 })
  const most = Math.max(...links.slice(20))
  expect(most).toBeLessThanOrEqual(FEW + 16)
  // Links over which neighbours ask are kept beyond the twelve that a node has enough with.
  expect(most).toBeGreaterThan(12)
})
