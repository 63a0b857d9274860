// The worked example of docs/aggregates.md: eight machines, real halves and sums, as text.
import { indicatorsOf } from '../../../../src/exchange/aggregates/layout.ts'
import { added, createSum, fromBytes } from '../../../../src/exchange/aggregates/shares.ts'
import type { HeldShare } from '../../../../src/exchange/aggregates/types.ts'
import { contentsIn, machines, rowsOf, TOOLS, World } from './world.ts'

const GIT = [40, 12, 7, 3, 21, 9, 15, 2]
const KUBECTL = [0, 0, 5, 0, 0, 0, 0, 0]
const DOCKER = [1, 2, 0, 4, 1, 0, 6, 0]

/** Place of the first row's first value: it comes after the indicators. */
const USES = TOOLS.rows.length

const sumOf = (shares: readonly HeldShare[]): BigUint64Array => {
  const sum = createSum(16)
  for (const { halves } of shares) sum.add(halves()[0]!)
  return sum.total()
}

/** Cells as people of the example see them. */
const cells = (of: Iterable<bigint>, wide: number): string =>
  [...of].map((cell) => String(cell).padStart(wide)).join(' ')

/** Everything that happens in one batch, from the vectors to the release; the same each time. */
export function exampleText(): string {
  const world = new World(
    machines(8, (n) => {
      const tools = [GIT[n]!, DOCKER[n]!, KUBECTL[n]!].map((uses, row) => [row, [uses, 0]] as const)
      return { tools: new Map(tools) }
    }),
  )
  const [leader, follower] = world.sides.map(({ shares }) => shares) as [HeldShare[], HeldShare[]]
  const lines = ['Uses of git, docker and kubectl, and the two halves of the cell "git, uses":', '']
  for (const n of GIT.keys()) {
    const [first, second] = [leader[n]!.halves()[0]![USES]!, follower[n]!.halves()[0]![USES]!]
    lines.push(
      `machine ${n}  ${[GIT[n], DOCKER[n], KUBECTL[n]].map((uses) => String(uses).padStart(3)).join('')}  ${cells([first, second], 20)}`,
    )
  }
  const sums = [sumOf(leader), sumOf(follower)] as const
  lines.push(`sums                     ${cells([sums[0][USES]!, sums[1][USES]!], 20)}`)
  lines.push(`added mod 2^64           ${cells([added(...sums)[USES]!], 20)}`, '')
  const [step] = world.run()
  const { agreement } = world.sides[1].own!
  const { settlement } = world.sides[0].own!
  const [group] = agreement!.groups
  const told = [settlement!.groups[0]!.indicators[0]!, group!.indicators[0]!].map(({ sums: of }) =>
    fromBytes(of),
  )
  lines.push('Sums of the indicators that the two tell each other, and what they come to:', '')
  for (const [row, { name }] of TOOLS.rows.entries()) {
    const [a, b] = [told[0]![row]!, told[1]![row]!]
    lines.push(`${name.padEnd(9)}${cells([a, b], 21)}  ${BigInt.asUintN(64, a + b)}`)
  }
  lines.push('', `Threshold ${group!.threshold}. Released:`, '')
  const [type] = contentsIn(step)[0]!.types
  for (const { row, nodes, of, values } of type!.rows) {
    lines.push(`${TOOLS.rows[row]!.name.padEnd(9)}${nodes} of ${of} machines, ${values.join(' and ')}`)
  }
  lines.push('', 'Of docker, kubectl, make, other and guard on nothing is said, which is the same for each.')
  const truth = rowsOf(TOOLS, added(...sums))
  lines.push('', 'What nobody sees, by plain addition:', '')
  for (const [row, { name }] of TOOLS.rows.entries()) {
    const { nodes, values } = truth[row]!
    if (nodes === 0n || type!.rows.some((told) => told.row === row)) continue
    lines.push(`${name.padEnd(9)}${nodes} machines, ${values.join(' and ')}`)
  }
  lines.push(`machines with any, by row: ${[...indicatorsOf(TOOLS, added(...sums))].join(' ')}`)
  return lines.join('\n')
}
