// Questions about a team at level 2: released parts, what is beside them, and why there may be none.

import { describe, expect, it } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { QueryResult as Shown } from '../../../../src/api/contract/shapes.ts'
import { whoContributed } from '../../../../src/cli/views/query/totals.ts'
import type { Fetch } from '../../../../src/exchange/query/asking/fetch.ts'
import { askTotals } from '../../../../src/exchange/query/asking/totals.ts'
import type { QueryResult } from '../../../../src/exchange/query/schema.ts'
import type { AskRequest } from '../../../../src/exchange/query/types.ts'
import type { TotalsParts } from '../../../../src/exchange/totals/parts.ts'
import { createReader } from '../../../../src/exchange/totals/reader.ts'
import type { Principal } from '../../../../src/trust/policy/index.ts'
import { policyOf } from '../../../support/mesh/policy.ts'
import { some } from '../../../support/some.ts'
import { countsOf, layoutFor } from '../aggregates/tools.ts'
import { BUCKET, type Machine, machines, World } from '../aggregates/world.ts'
import { planOf } from '../totals/pair.ts'

const DAY = 86_400_000

const TOOLS = layoutFor('ToolUsage')

/** Ops of eight fail often; six of web; the others are in no team. One of ops and some others have kubectl. */
const twoTeams = (count = 20): Machine[] =>
  machines(count).map(({ n }) => ({
    n,
    teams: n < 8 ? ['ops'] : n < 14 ? ['web'] : [],
    audiences: ['lead', 'security'],
    counts: countsOf({
      git: [100, n < 8 ? 15 : 2],
      make: [100, n < 8 ? 15 : 2],
      ...(n === 1 || n > 11 ? { kubectl: [7, 0] as const } : {}),
    }),
  }))

const TEAMS = twoTeams()

const releasedOf = (all: readonly Machine[]) =>
  new World(all, { audiences: ['lead', 'security'], layouts: [TOOLS] }).contents()

const asker = (roles: readonly string[], teams: readonly string[] = []): Principal => ({
  node_id: 'karo:asker' as Principal['node_id'],
  other_keys: [],
  trust_level: 'supervisor',
  denied: false,
  roles,
  teams,
})

async function ask(
  all: readonly Machine[],
  request: Partial<AskRequest>,
  self: Principal = asker(['security']),
  teams: readonly string[] = [],
  { fetch, held = true }: { readonly fetch?: Fetch; readonly held?: boolean } = {},
): Promise<QueryResult> {
  const contents = held ? releasedOf(all) : []
  const clock = { now: () => BUCKET.end + DAY, monotonic: () => 0 }
  const totals = createReader(
    some<TotalsParts>({
      plan: () => planOf([], { bundle: 3, k: 5, length: 'day', audiences: ['lead', 'security'] }),
      layouts: new Map([['ToolUsage', TOOLS]]),
      roster: () => ({ isRevoked: () => false }) as never,
      releases: {
        held: async (_, audience) =>
          contents
            .filter((content) => content.audience === audience)
            .map((content) => content.pair.map((author) => ({ author, content }))),
      },
      clock,
    }),
  )
  const policy = policyOf({ teams: () => teams, k: () => 3, now: clock.now })
  const random = { bytes: (count: number) => new Uint8Array(count), float: () => 0 }
  return askTotals(
    { totals, self: () => self, policy, trust: NOBODY, clock, random, ...(fetch && { fetch }) },
    { query_type: 'ToolUsage', level: 2, ...request } as AskRequest,
    { start: BUCKET.start, end: BUCKET.end },
    { trace: new Uint8Array(16), signal: new AbortController().signal, deadlineAt: 0 },
  )
}

const NOBODY = {
  members: () => [],
  keyState: () => ({ kind: 'current' as const }),
  known: () => [],
  met: () => undefined,
  memberOf: (node: NodeId) => node,
  admits: () => false,
  onChange: () => () => {},
  opinion: () => {
    throw new Error('nobody is known')
  },
}

const tools = (data: object | undefined) =>
  Object.fromEntries(
    ((data as { tools?: { tool: string; uses: number; nodes: number }[] } | undefined)?.tools ?? []).map(
      ({ tool, uses, nodes }) => [tool, [uses, nodes]],
    ),
  )

const linesOf = (result: QueryResult) => {
  const { line, rows } = whoContributed(result as unknown as Shown)
  return [line, ...rows]
}

describe('a team', () => {
  it('has the sums of its part, with the same rates of all others beside it', async () => {
    const result = await ask(TEAMS, { team: 'ops' })
    expect(result.status).toBe('success')
    // The smallest row beside kubectl hides it; of git and make that is git.
    expect(tools(result.data)).toEqual({ make: [800, 8] })
    expect(tools(result.elsewhere?.data)).toEqual({ make: [1200, 12] })
    expect(result.elsewhere?.machines).toBe(12)
    expect(result.coverage).toMatchObject({ known: 8, answered: 8, withheld: 0, complete: true })
    expect(result.released?.team).toEqual({ name: 'ops', machines: 8, of: 8 })
    expect(linesOf(result)).toEqual([
      '8 of 8 machines of the team ops, the one closed period, for the role security',
      'ops: failures 14 % against 1.9 % elsewhere (12 machines)',
      expect.stringContaining('3 rows are shown for all machines together only'),
      expect.stringContaining('as if no machine had it'),
      expect.stringContaining('at most'),
      expect.stringContaining('no comparison with before'),
    ])
    const whole = await ask(TEAMS, {})
    expect(tools(whole.data)).toEqual({ git: [2000, 20], make: [2000, 20], kubectl: [63, 9] })
    expect([whole.elsewhere, whole.released?.team]).toEqual([undefined, undefined])
    const named = await ask(TEAMS, { perNode: true })
    expect([whole.notes, named.notes]).toEqual([[], [expect.stringContaining('no numbers of single nodes')]])
  })

  it('is filtered like everything else, and so is what is beside it', async () => {
    const filters = [{ field: 'tool', operator: 'Equals', value: 'git' } as const]
    const result = await ask(TEAMS, { team: 'ops', filters })
    expect([tools(result.data), tools(result.elsewhere?.data)]).toEqual([{}, {}])
    expect(linesOf(result).join()).not.toContain('elsewhere')
  })

  it('says how many of its machines are in its numbers', async () => {
    // Two of ops are in another team as well, so they are in no part of ops alone.
    const all = twoTeams(24).map((one) => (one.n > 21 ? { ...one, teams: ['ops', 'lab'] } : one))
    const result = await ask(all, { team: 'ops' })
    expect(result.coverage).toMatchObject({ known: 10, answered: 8, withheld: 2, complete: false })
    expect(linesOf(result)[0]).toContain('8 of 10 machines of the team ops')
  })

  it.each<readonly [string, readonly Machine[], string, string]>([
    ['it is unknown', TEAMS, 'lab', 'no machine had the team lab'],
    [
      'too few are in it',
      twoTeams(18).map((one) => (one.n > 15 ? { ...one, teams: ['lab'] } : one)),
      'lab',
      'lab has 2',
    ],
    ['too few are outside of it', twoTeams(10), 'ops', 'of 10 that contributed, too few are outside of ops'],
    [
      'its machines are of different teams',
      twoTeams().map((one) => (one.n < 8 ? { ...one, teams: ['ops', `lab ${one.n % 2}`] } : one)),
      'ops',
      'too few of the 8 of ops did, or have exactly the same teams',
    ],
  ])('has no totals where %s, and says why', async (_, all, team, why) => {
    const result = await ask(all, { team })
    expect([result.status, tools(result.data), result.elsewhere]).toEqual(['withheld', {}, undefined])
    expect(result.released?.buckets[0]?.why).toBe('team')
    expect(result.notes.join('\n')).toContain(why)
    expect(result.coverage).toMatchObject({ answered: 0, complete: false })
  })
})

describe('an asker whose role opens their own team alone', () => {
  const lead = asker(['lead'], ['ops'])

  it('gets the totals of that team, without the others beside it', async () => {
    const result = await ask(TEAMS, { team: 'ops' }, lead, ['ops'])
    expect(tools(result.data)).toEqual({ make: [800, 8] })
    expect([result.elsewhere, result.released?.audience]).toEqual([undefined, 'lead'])
  })

  it('asks nobody, because statements are about all machines, and hears where it may ask', async () => {
    let fetched = 0
    const fetch: Fetch = async (_request, _asked, totals) => {
      fetched++
      return { totals, holders: [], refused: [], outcomes: ['denied'] }
    }
    const elsewhere = { fetch, held: false }
    const own = await ask(TEAMS, { team: 'ops' }, lead, ['ops'], elsewhere)
    expect([own.status, fetched]).toEqual(['withheld', 0])
    expect(own.notes.join()).toContain('ask at a node with the role lead')
    // Who may see all is shown them, and needs no such advice.
    const all = await ask(TEAMS, { team: 'ops' }, asker(['security']), [], elsewhere)
    expect([fetched, all.notes.join()]).toEqual([1, expect.not.stringContaining('ask at a node')])
  })

  it('gets neither those of another team nor of all together', async () => {
    for (const request of [{ team: 'web' }, {}]) {
      const result = await ask(TEAMS, request, lead, ['ops'])
      expect([result.status, tools(result.data)]).toEqual(['access_denied', {}])
    }
  })
})
