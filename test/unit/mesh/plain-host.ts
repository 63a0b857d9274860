// The node's host without the mesh around it, whose every peer is admitted, and an unmodified libp2p that is connected to it.
import { onTestFinished } from 'vitest'
import { createDoorkeeper } from '../../../src/mesh/admission/doorkeeper.ts'
import { createGater } from '../../../src/mesh/admission/gater.ts'
import { createHost } from '../../../src/mesh/admission/host.ts'
import { TIMINGS } from '../../../src/mesh/timings.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { AMPLE } from '../../support/mesh/mesh-node.ts'
import { rawPeer } from '../../support/mesh/raw-peer.ts'

type HostOptions = Parameters<typeof createHost>[0]

const yes = (): boolean => true
/** Of a peer that may do as much as it likes. */
export const ALLOWANCE = { stream: yes, frame: yes, ping: yes, bytes: yes, reply: yes }

export async function plainHost(own: Pick<HostOptions, 'handlers' | 'onConnection'> & Partial<HostOptions>) {
  const identity = testIdentity()
  const host = await createHost({
    seed: identity.seed(),
    publicKey: identity.publicKey,
    version: '0',
    pingMs: 15_000,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    security: ['noise'],
    timings: { ...TIMINGS, ...AMPLE },
    gater: createGater({
      mesh: { lan_only: true, allow_cgnat: false },
      doorkeeper: createDoorkeeper(() => performance.now()),
      refuses: () => false,
      knows: yes,
      proved: () => {},
    }),
    ...own,
  })
  await host.start()
  onTestFinished(() => host.stop())
  const peer = await rawPeer()
  onTestFinished(() => peer.stop())
  const port = Number(/tcp\/(\d+)/.exec(String(host.getMultiaddrs()[0]))?.[1])
  return { peer, dial: () => peer.dial({ host: '127.0.0.1', port }) }
}
