// The edge of dialing: resolves a static peer's name, dials through libp2p within a deadline, and reports the outcome.
import { multiaddr } from '@multiformats/multiaddr'
import type { NodeId } from '../../../protocols/node-id.ts'
import { deadline } from '../../base/async/deadline.ts'
import { createRecent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { StaticPeer } from '../../config/index.ts'
import { hasNoCommonEncryption } from '../admission/encrypters.ts'
import { formatEndpoint, parseEndpoint } from '../admission/endpoint.ts'
import type { Host } from '../admission/host.ts'
import type { Names } from '../discovery/names.ts'
import type { Command, Put } from '../state/types.ts'
import type { Timings } from '../timings.ts'
import { peerIdOf } from './peer.ts'
import type { Wires } from './wires.ts'

type Dial = Extract<Command, { readonly do: 'dial' }>

export interface DialsDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  /** Undefined while the mesh does not run. */
  readonly open: () => Promise<Pick<Host, 'dial'> | undefined>
  readonly names: Pick<Names, 'addresses'>
  readonly wires: Pick<Wires, 'of'>
  readonly timings: Timings
  readonly put: Put
  readonly self: NodeId
  /** The key of this node has answered there: another machine has it too, or passes connections on to this one. */
  readonly onOwnKey: (at: readonly string[]) => void
}

export type Dials = ReturnType<typeof createDials>

/** Static peers of a configuration and members together: more than a mesh dials at a time. */
const TARGETS_MAX = 1_024
/** libp2p's name for the step after the transport's connection: the other machine is there and accepts connections. */
const SECURING = 'upgrader:encrypt-outbound-connection'

export function createDials({
  open,
  names,
  wires,
  clock,
  timers,
  timings,
  put,
  log,
  self,
  onOwnKey,
}: DialsDeps) {
  /** With the node that is dialed, once the other machine has answered: two may run at once, one to a static peer and one to an announced address. */
  const running = new Map<AbortController, NodeId | undefined>()
  /** Targets that were reached and offered none of our encryptions, each with the key expected there. */
  const otherwise = createRecent<string, NodeId | undefined>(TARGETS_MAX)

  const addressesOf = async ({ target, at }: Dial, signal: AbortSignal): Promise<readonly string[]> => {
    if (!('host' in at)) return at
    const addresses = await resolveStatic(at, names, signal)
    put({ on: 'dialing', target, addresses })
    return addresses
  }

  const connect = async (
    command: Dial,
    signal: AbortSignal,
    onAnswered: () => void,
  ): Promise<number | undefined> => {
    const { to } = command
    const addresses = await addressesOf(command, signal)
    if (addresses.length === 0) return undefined
    // libp2p asks nobody for its own key. Where it was announced, and not configured, no key is named: the dial then shows which key answers.
    const suffix = to === undefined || (to === self && addresses === command.at) ? '' : `/p2p/${peerIdOf(to)}`
    const connection = await (await open())?.dial(
      addresses.map((address) => multiaddr(address + suffix)),
      {
        signal,
        onProgress: ({ type }) => {
          if (type === SECURING) onAnswered()
        },
      },
    )
    return connection && wires.of(connection)?.id
  }

  const tell = ({ target, to, at }: Dial, error: unknown): void => {
    const isStatic = 'host' in at
    const fields = { target, reason: error instanceof Error ? error.message : String(error) }
    if (isStatic && fields.reason.includes('does not match expected'))
      log.warn(fields, 'another key answers at the address of a pinned peer: refused')
    else if (hasNoCommonEncryption(error)) {
      if (!otherwise.has(target))
        log.warn(fields, 'the node there offers none of the encryptions in transport.security')
      otherwise.set(target, to)
    } else if (!isStatic && to === self && fields.reason.includes('dial self')) onOwnKey(at)
    else log.debug(fields, 'dial failed')
  }

  return {
    /** Always followed by one `dialed`. Never rejects. */
    async dial(command: Dial): Promise<void> {
      const { target, to } = command
      const control = new AbortController()
      using limit = deadline(timers, timings.dialMs)
      // Connecting counts to the time of a handshake as well, so one that ends by its time may last a little less than all of it.
      let answeredAt: number | undefined
      running.set(control, undefined)
      try {
        const id = await connect(command, AbortSignal.any([control.signal, limit.signal]), () => {
          answeredAt = clock.monotonic()
          // A word that comes after the end of a dial would stay for good.
          if (running.has(control)) running.set(control, to)
        })
        otherwise.delete(target)
        put({ on: 'dialed', target, id })
      } catch (error) {
        tell(command, error)
        const silent = answeredAt !== undefined && clock.monotonic() - answeredAt >= timings.handshakeMs / 2
        put({ on: 'dialed', target, id: undefined, silent })
      } finally {
        running.delete(control)
      }
    },
    /** True while a dial of this node is running that the other machine has answered: the connection is being secured. */
    isAnswered: (node: NodeId): boolean => [...running.values()].includes(node),
    /** True if the last dial of this node ended because it offers none of our encryptions. */
    encryptsOtherwise: (node: NodeId): boolean => [...otherwise].some(([, at]) => at === node),
    /** Ends dials that are under way. */
    stop(): void {
      for (const control of running.keys()) control.abort(new Error('stopping'))
    },
  }
}

/**
 * Multiaddrs of a static peer at this moment; what is not private is left to the gater. Empty on failure. An address
 * that cannot be dialed, such as a link-local one with a zone, is left out: it must not end the dial of the others.
 */
export async function resolveStatic(
  peer: StaticPeer,
  names: Pick<Names, 'addresses'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const ips = await names.addresses(peer.host, signal).catch(() => [])
  return ips
    .map((ip) => formatEndpoint({ ip, port: peer.port }))
    .filter((text) => parseEndpoint(text) !== undefined)
}
