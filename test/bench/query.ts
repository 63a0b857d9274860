// How long a question to a small mesh takes, as the person at the command line sees it.

import type { QueryResult } from '../../src/api/contract/shapes.ts'
import { callDaemon } from '../support/node/call-daemon.ts'
import { allLinked, startFleet } from '../support/node/fleet.ts'
import { endAll } from '../support/run/processes.ts'
import { median } from './median.ts'

export interface QueryTimes {
  readonly nodes: number
  /** Median of `elapsed_ms` of `karo query tools`: from the request to the complete, verified, merged answer. */
  readonly elapsed_ms: number
  /** The same connection, the same API, but nothing asked of anybody: GET /health. */
  readonly local_ms: number
}

/** In all not more questions than an owner answers one author in ten seconds (20). */
const WARM_UP = 4
const ROUNDS = 15

/** One asks, all others answer, on loopback. */
export async function measureQuery(nodes = 5): Promise<QueryTimes> {
  try {
    const fleet = await startFleet(nodes, { lan: false })
    await allLinked(fleet.nodes)
    const asker = fleet.nodes[0]!
    const io = { socket: `${asker.home}/karo.sock` }
    const local: number[] = []
    const elapsed: number[] = []
    for (let i = -WARM_UP; i < ROUNDS; i++) {
      const began = performance.now()
      await callDaemon(io, 'GET', '/api/v1/health')
      const ms = performance.now() - began
      const result = await asker.json<QueryResult>(['query', 'tools'])
      if (!result.coverage.complete || result.coverage.known !== nodes - 1) {
        throw new Error(`the answer is not complete: ${JSON.stringify(result.coverage)}`)
      }
      if (i < 0) continue
      local.push(ms)
      elapsed.push(result.timing.elapsed_ms)
    }
    return { nodes, elapsed_ms: median(elapsed), local_ms: median(local) }
  } finally {
    await endAll(false)
  }
}
