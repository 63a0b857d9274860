// Seven machines of which six trust the first alone: it has a place for one of their links, and is answered by all.
import { beforeAll, describe, expect, test } from 'vitest'
import type { QueryResult } from '../../../src/api/contract/shapes.ts'
import { type Fleet, startFleet } from '../../support/node/fleet.ts'
import { canNamespaces } from '../../support/node/lan.ts'
import { until } from '../../support/run/until.ts'

const LEAVES = 6
/** Beside them a node chooses four of its members, whoever they are: so one at least is left over. */
const PLACES = 1

const possible = canNamespaces()
if (!possible.ok) process.stderr.write(`no star of machines (${possible.reason}): nothing is tried here\n`)

interface Doctor {
  readonly checks: readonly { readonly id: string; readonly outcome: string; readonly detail: string }[]
}

describe.runIf(possible.ok)('a star', () => {
  let fleet: Fleet

  const leavesCheck = async () => {
    const ran = await fleet.nodes[0]!.karo(['doctor', '--json', '--only', 'peers.leaves'])
    return (JSON.parse(ran.stdout) as Doctor).checks[0]!
  }

  beforeAll(async () => {
    fleet = await startFleet(1 + LEAVES, {
      lan: true,
      trusts: (index, other) => index === 0 || other === 0,
      // A mesh of five is full; this one is larger. Rounds follow one another quickly.
      config: `[overlay]\nfull_mesh_up_to = 1\nleaves_up_to = ${PLACES}\n\n[mesh]\nping_seconds = 2`,
    })
  })

  test('leaves beyond the bound give up their links, and doctor names them', async () => {
    const check = await until(
      async () => {
        const found = await leavesCheck()
        return found.outcome === 'warn' && found
      },
      { what: 'leaves have found no place', pollMs: 500 },
    )
    expect(check.detail).toMatch(/all 1 links for leaves are used.*node-[1-6]/)
  })

  test('every question is answered by all of them, twice', async () => {
    for (let turn = 0; turn < 2; turn++) {
      // A leaf without a link is dialed for 300 ms at most, which a busy machine may need longer for once.
      const { coverage, ended_by } = await until(
        async () => {
          const result = await fleet.nodes[0]!.json<QueryResult>(['query', 'health'])
          return result.coverage.complete && result
        },
        { what: 'all of them answer', pollMs: 1_000 },
      )
      expect({ ended_by, ...coverage }).toMatchObject({
        ended_by: 'all_done',
        known: LEAVES,
        answered: LEAVES,
        complete: true,
      })
    }
  })

  test('a leaf that is not there is missing, and the others are not', async () => {
    await fleet.nodes[4]!.stop()
    // A leaf without a link is dialed, for 300 ms at most: a machine that has other work may need longer than that once.
    const coverage = await until(
      async () => {
        const result = await fleet.nodes[0]!.json<QueryResult>(['query', 'health'])
        return result.coverage.answered === LEAVES - 1 && result.coverage
      },
      { what: 'all leaves but one have answered one question' },
    )
    expect(coverage.known).toBe(LEAVES)
    expect(coverage.nodes.find(({ name }) => name === 'node-4')).toMatchObject({
      outcome: 'unreachable',
      why: expect.stringMatching(/^(left|lost|links_full)$/),
    })
  })
})
