// The mesh seen from inside, for diagnosis: connections, dials under way, and a trial of multicast.
import { networkInterfaces } from 'node:os'
import { singleFlight } from '../../base/async/single-flight.ts'
import type { Timers } from '../../base/clock.ts'
import type { Config } from '../../config/index.ts'
import { checkMulticast } from '../discovery/multicast-check.ts'
import { segmentsOf } from '../discovery/segments.ts'
import type { News } from '../link/news.ts'
import type { Rejections } from '../link/rejections.ts'
import type { Twins } from '../link/twins.ts'
import type { Wires } from '../link/wires.ts'
import type { State } from '../state/state.ts'
import type { MeshInspection, MulticastTried } from '../types.ts'
import { endpointOf, endpointsOf, leadsHere } from './endpoint.ts'
import { allowsAddress } from './gater.ts'
import type { Listening } from './listening.ts'

interface InspectDeps {
  readonly config: Pick<Config, 'mesh' | 'discovery' | 'overlay'>
  readonly listening: Listening
  readonly state: State
  readonly wires: Wires
  readonly timers: Timers
  readonly news: News
  readonly rejections: Rejections
  readonly twins: Twins
}

export function createInspect({
  config,
  listening,
  state: { connections, leaves },
  wires,
  timers,
  news,
  rejections,
  twins,
}: InspectDeps) {
  const places = () => {
    const { mdns } = config.discovery
    if (mdns === false) return []
    const interfaces = networkInterfaces()
    const { speakFrom } = segmentsOf(mdns, interfaces, (ip) => allowsAddress(config.mesh, ip))
    return Object.entries(interfaces).flatMap(([name, infos]) =>
      (infos ?? [])
        .filter(({ address, cidr }) => cidr !== null && speakFrom.includes(address))
        .map(({ address, cidr }) => ({ address, interface: name, cidr: cidr as string })),
    )
  }

  return {
    inspect: (): MeshInspection => ({
      mdns: places().map(({ address }) => address),
      connections: connections.all().map(({ id, node, ip, admitted, dialed, skewMs, introduced }) => {
        const wire = wires.get(id)
        const remote = wire === undefined ? undefined : endpointOf(wire.connection.remoteAddr)
        return {
          node_id: node,
          admitted,
          dialed,
          remote: `${ip}:${remote?.port ?? 0}`,
          skew_ms: skewMs ?? null,
          karo_version: introduced?.capabilities.karo_version ?? null,
          protocol_version: introduced?.capabilities.protocol_version ?? null,
        }
      }),
      dialing: (listening.host()?.getDialQueue() ?? [])
        .flatMap(({ multiaddrs }) => endpointsOf(multiaddrs))
        .map(({ ip, port }) => `${ip}:${port}`),
      one_sided: news.oneSided(),
      stalled: news.stalled(),
      leaves: {
        linked: connections.all().filter(({ admitted, leaf }) => admitted && leaf).length,
        up_to: config.overlay.leaves_up_to,
        turned_away: leaves.turnedAway(),
      },
      stale: rejections.stale(),
      stale_strangers: rejections.staleStrangers(),
      twins: twins.state(),
    }),

    /**
     * Asks an mDNS question on every interface it may speak on, and listens for up to two seconds. Empty where mDNS is off or no
     * interface is there. Never throws. Callers that ask meanwhile share the answer, so the network carries one question.
     */
    tryMulticast: singleFlight(tryNow),
  }

  async function tryNow(): Promise<readonly MulticastTried[]> {
    const where = places()
    if (where.length === 0) return []
    const own = Object.values(networkInterfaces()).flatMap((infos) =>
      (infos ?? []).map(({ address }) => address),
    )
    const outcomes = await checkMulticast({ places: where, own, timers })
    return outcomes.map((outcome) => {
      const { includes } = segmentsOf([outcome.interface], networkInterfaces(), () => true)
      const connected = connections
        .all()
        .filter(({ ip, admitted }) => admitted && includes(ip) && !own.includes(ip) && !leadsHere(ip))
      return { ...outcome, connected_nodes: new Set(connected.map(({ node }) => node)).size }
    })
  }
}
