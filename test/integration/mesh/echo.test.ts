// Five machines, each linked to its neighbours only: a question goes to those its author knows itself, and no further.
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { QueryResult } from '../../../src/api/contract/shapes.ts'
import { type Fed, feed, hoursOfFeed } from '../../support/data/feed.ts'
import { nextTo } from '../../support/mesh/honest.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const
const SEED = 20_261_120
const range = hoursOfFeed()
const nodes: TestNode[] = []
const fed: Fed[] = []

const ask = async (index: number, type: string, ...more: string[]): Promise<QueryResult> => {
  const between = ['--from', new Date(range.start).toISOString(), '--to', new Date(range.end).toISOString()]
  const ran = await nodes[index]!.karo(['query', type, '--json', ...between, ...more])
  return JSON.parse(ran.stdout) as QueryResult
}
const outcomes = ({ coverage }: QueryResult): Record<string, string> =>
  Object.fromEntries(coverage.nodes.map(({ name, outcome }) => [name, outcome]))
const usesOf = (result: QueryResult): Record<string, number> =>
  'tools' in result.data ? Object.fromEntries(result.data.tools.map(({ tool, uses }) => [tool, uses])) : {}

beforeAll(async () => {
  for (const [i, name] of NAMES.entries()) {
    // Each knows the address of the one before it, and admits its neighbours: a link needs both ends.
    const before = nodes.at(-1)
    const discovery = before === undefined ? '' : await nextTo(before)
    const config = `${discovery}\n[sharing.allow]\npeers = ["*"]\n`
    const node = await startNode({ name, config })
    fed.push(feed(join(node.home, 'spool'), i, SEED, range))
    nodes.push(node)
  }
  const ids = await Promise.all(nodes.map(async (node) => (await node.status()).node_id))
  const trust = (who: number, whom: number, level: string) =>
    nodes[who]!.json(['peers', 'trust', ids[whom]!, '--level', level, '--name', NAMES[whom]!])
  for (let i = 1; i < nodes.length; i++) {
    await trust(i - 1, i, 'peer')
    // The second knows the first and shows it nothing; the first and the last have never met.
    await trust(i, i - 1, i === 1 ? 'share_to' : 'peer')
  }
  await trust(4, 0, 'peer')
  for (const [i, node] of nodes.entries()) {
    await until(async () => (await node.status()).store.events === fed[i]!.commands, {
      what: `${node.name} has stored what it was fed`,
    })
    await until(async () => (await node.status()).mesh.members_known === NAMES.length - 1, {
      what: `${node.name} knows all others`,
      pollMs: 100,
    })
  }
})

test('each has a link to its neighbours only', async () => {
  const links = await Promise.all(nodes.map(async (node) => (await node.status()).mesh.peers_connected))
  expect(links).toEqual([1, 2, 2, 2, 1])
})

const receivedBy = async (index: number): Promise<{ type: string; peer?: string }[]> => {
  const log = await nodes[index]!.json<{ entries: { type: string; peer?: string }[] }>(['audit', 'log'])
  return log.entries.filter(({ type }) => type === 'query_received')
}

test('a question is heard by those its author trusts or has met, and by nobody who is known to it by gossip alone', async () => {
  const result = await ask(0, 'tools')
  expect(result).toMatchObject({ ended_by: 'all_done' })
  expect(outcomes(result)).toEqual({ b: 'denied' })
  expect(usesOf(result)).toEqual(fed[0]!.uses)
  // The last trusts the first, and would have answered.
  for (const index of [2, 3, 4]) expect(await receivedBy(index)).toEqual([])
  expect(result.notes.join()).toMatch(/3 more nodes/)
})

test('nor do they make a result incomplete', async () => {
  const between = ['--from', new Date(range.start).toISOString(), '--to', new Date(range.end).toISOString()]
  const ran = await nodes[0]!.karo(['query', 'health', '--require-complete', '--json', ...between])
  expect(ran.code).toBe(0)
  expect((JSON.parse(ran.stdout) as QueryResult).coverage).toMatchObject({ known: 1, answered: 1 })
})

test('what the owner writes down names the asker', async () => {
  const { node_id } = await nodes[0]!.status()
  const received = await receivedBy(1)
  expect(received.length).toBeGreaterThan(0)
  for (const entry of received) expect(entry.peer).toBe(node_id)
})

test('the one in the middle asks both its neighbours, and no further', async () => {
  const before = await Promise.all([0, 4].map(async (index) => (await receivedBy(index)).length))
  expect(outcomes(await ask(2, 'health'))).toEqual({ b: 'answered', d: 'answered' })
  const after = await Promise.all([0, 4].map(async (index) => (await receivedBy(index)).length))
  expect(after).toEqual(before)
})
