// Three machines in a line: the outer two cannot reach each other, and have everything of each other through the one between.
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { QueryResult } from '../../../src/api/contract/shapes.ts'
import { type Fed, feed, hoursOfFeed } from '../../support/data/feed.ts'
import { type Fleet, startFleet } from '../../support/node/fleet.ts'
import { canNamespaces } from '../../support/node/lan.ts'
import { until } from '../../support/run/until.ts'

const FIRST = 0
const LAST = 2
const range = hoursOfFeed()
const BETWEEN = ['--from', new Date(range.start).toISOString(), '--to', new Date(range.end).toISOString()]

const possible = canNamespaces()
if (!possible.ok) process.stderr.write(`no line of machines (${possible.reason}): nothing is tried here\n`)

describe.runIf(possible.ok)('a line', () => {
  let fleet: Fleet
  let fed: Fed

  const asked = (): Promise<QueryResult> =>
    fleet.nodes[LAST]!.json<QueryResult>(['query', 'activity', ...BETWEEN])

  beforeAll(async () => {
    fleet = await startFleet(3, {
      lan: true,
      parted: [[FIRST, LAST]],
      // The one between is no recipient: it carries what it cannot read.
      allow: (_index, ids) => [ids[LAST]!],
      prepare: (home, index) => {
        if (index === FIRST) fed = feed(join(home, 'spool'), index, 1, range)
      },
    })
    await until(async () => (await fleet.nodes[FIRST]!.status()).store.events === fed.commands, {
      what: 'the first has stored what it was fed',
    })
  })

  test('a question goes through the one between, and so does the answer', async () => {
    const links = await until(
      async () => {
        const statuses = await Promise.all(fleet.nodes.map((node) => node.status()))
        const found = statuses.map(({ mesh }) => [mesh.members_known, mesh.peers_connected])
        return found.every(([known]) => known === 2) && found
      },
      { what: 'everybody knows everybody', pollMs: 200 },
    )
    expect(links).toEqual([
      [2, 1],
      [2, 2],
      [2, 1],
    ])
    const { coverage, data } = await asked()
    expect(coverage).toMatchObject({ known: 2, answered: 2, complete: true })
    expect(data).toMatchObject({ total_commands: fed.commands })
  })

  test('its summaries come through it too, and speak for it when it is gone', async () => {
    await until(
      async () => {
        const [author, reader] = await Promise.all([FIRST, LAST].map((index) => fleet.nodes[index]!.status()))
        // Two hours, a day and a week of the only one that has something to say.
        const own = author!.documents.own
        return own >= 4 && reader!.documents.received >= own
      },
      { what: 'the last holds every summary of the first', deadlineMs: 600_000, pollMs: 500 },
    )
    await fleet.nodes[FIRST]!.kill9()
    const result = await until(
      async () => {
        const answer = await asked()
        return answer.coverage.from_summary === 1 && answer
      },
      { what: 'the first is shown from its summary', pollMs: 500 },
    )
    expect(result.coverage).toMatchObject({ known: 2, answered: 1, from_summary: 1 })
    expect(result.data).toMatchObject({ total_commands: fed.commands })
  })
})
