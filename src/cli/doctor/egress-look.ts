// Compares the sockets of the running daemon with its own list, often enough to be sure of unexplained ones.

import { setTimeout as sleep } from 'node:timers/promises'
import type { DaemonFacts } from '../../api/contract/shapes.ts'
import { KaroError } from '../../base/errors.ts'
import { type EgressContext, type Explained, explain, settle } from './egress.ts'
import { openSockets } from './sockets.ts'

const LOOKS = 4
/** A dial that nobody answers ends after some seconds; it is explained as long as it lasts. */
const BETWEEN_MS = 400

export interface EgressDeps extends Omit<EgressContext, 'facts'> {
  readonly pid: number
  /** Called again for each comparison. */
  readonly facts: () => Promise<DaemonFacts>
}

/** Ends with the first look that explains everything. KaroError `refused` where only root may look. */
export async function lookAtEgress({
  pid,
  socket,
  mesh,
  discovery,
  facts,
}: EgressDeps): Promise<readonly Explained[]> {
  const looks: (readonly Explained[])[] = []
  for (let i = 0; i < LOOKS; i++) {
    if (i > 0) await sleep(BETWEEN_MS)
    // Before and after: a connection that came or went in between is in one of the two.
    const before = await facts()
    const sockets = socketsOf(pid)
    const after = await facts()
    const known = {
      http: after.http,
      mesh: {
        ...after.mesh,
        connections: [...before.mesh.connections, ...after.mesh.connections],
        dialing: [...before.mesh.dialing, ...after.mesh.dialing],
      },
    }
    looks.push(explain(sockets, { facts: known, mesh, discovery, socket }))
    if (looks.at(-1)?.every(({ why }) => why !== null)) break
  }
  return settle(looks)
}

function socketsOf(pid: number) {
  try {
    return openSockets(pid)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') {
      throw new KaroError('refused', `only root may see which sockets process ${pid} has open`, {
        hint: 'sudo karo doctor --egress',
        cause,
      })
    }
    throw new KaroError('not_found', `pid ${pid} has just ended`, { cause })
  }
}
