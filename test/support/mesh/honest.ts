// An honest node beside hostile ones: it asks all the time, and whoever disturbs it shows in its answers.
import { deepEqual, ok } from 'node:assert/strict'
import { join } from 'node:path'
import type { QueryResult } from '../../../src/api/contract/shapes.ts'
import { callDaemon } from '../node/call-daemon.ts'
import type { TestNode } from '../node/node.ts'
import { until } from '../run/until.ts'

/** Twenty questions in ten seconds are what one author may ask. */
const ASKS_EVERY_MS = 600
const RANGE_MS = 3_600_000
/** The longest there is: on a busy machine too, a query that is not disturbed ends because all have answered. */
const PATIENCE_MS = 60_000

/** One call of the daemon's API, without the start of a program for each. `path` begins after `/api/v1/`. */
export const api = (node: TestNode, method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> =>
  callDaemon({ socket: join(node.home, 'karo.sock') }, method, `/api/v1/${path}`, body)

export const trusts = (node: TestNode, who: string): Promise<unknown> =>
  api(node, 'POST', 'peers/trust', { who })

/** Where a node on loopback listens. */
export async function addressOf(node: TestNode): Promise<{ readonly host: string; readonly port: number }> {
  const [listen = ''] = (await node.status()).mesh.listen
  return { host: '127.0.0.1', port: Number(listen.split('/').at(-1)) }
}

/** Configuration of a node that knows where `other` listens, and nothing else. */
export const nextTo = async (other: TestNode): Promise<string> =>
  `[discovery]\npeers = ["127.0.0.1:${(await addressOf(other)).port}"]\n`

/** Both are linked to somebody they trust. */
export async function linked(a: TestNode, b: TestNode): Promise<void> {
  for (const node of [a, b]) {
    await until(async () => (await node.status()).mesh.peers_trusted > 0, { what: `${node.name} is linked` })
  }
}

/** Each trusts the other, they are linked, and `owner` lets `asker` have level 1. */
export async function befriend(owner: TestNode, asker: TestNode): Promise<void> {
  const { node_id } = await asker.status()
  await trusts(owner, node_id)
  await trusts(asker, (await owner.status()).node_id)
  await owner.json(['share', 'allow', node_id])
  await linked(owner, asker)
}

/** Asks over and over, within its quota, until told to end; then gives all the results. */
export function keepAsking(node: TestNode): { end(): Promise<readonly QueryResult[]> } {
  const results: QueryResult[] = []
  let over = false
  const ask = async (): Promise<void> => {
    while (!over) {
      const now = Date.now()
      const range = { start: new Date(now - RANGE_MS).toISOString(), end: new Date(now).toISOString() }
      const query_type = results.length % 2 === 0 ? 'ToolUsage' : 'NodeHealth'
      const asked = { query_type, range, timeout_ms: PATIENCE_MS }
      results.push((await api(node, 'POST', 'query', asked)) as QueryResult)
      await new Promise((resolve) => setTimeout(resolve, ASKS_EVERY_MS))
    }
  }
  const asking = ask()
  // Told by end(); until then nobody listens.
  asking.catch(() => {})
  return {
    async end() {
      over = true
      await asking
      return results
    },
  }
}

/** Throws AssertionError unless every one of at least one result is complete, from `known` other members. */
export function undisturbed(results: readonly QueryResult[], known: number): void {
  ok(results.length > 0)
  for (const { ended_by, coverage } of results) {
    const { answered, complete } = coverage
    deepEqual(
      { ended_by, known: coverage.known, answered, complete },
      { ended_by: 'all_done', known, answered: known, complete: true },
    )
  }
}
