// The libp2p host with discovery by mDNS: how both start, follow this machine's addresses, say how they are, and end in time.
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { within } from '../../base/async/deadline.ts'
import { singleFlight } from '../../base/async/single-flight.ts'
import { KaroError } from '../../base/errors.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { inSteps } from '../../base/timers.ts'
import { isAlone } from '../../config/alone.ts'
import type { Config } from '../../config/index.ts'
import type { Mdns } from '../discovery/mdns.ts'
import type { Put } from '../state/types.ts'
import type { Timings } from '../timings.ts'
import { told } from './addresses.ts'
import {
  type Endpoint,
  endpointOf,
  endpointsOf,
  formatEndpoint,
  parseEndpoint,
  readable,
} from './endpoint.ts'
import { allowsAddress } from './gater.ts'
import type { Host, HostInit } from './host.ts'
import { type Interfaces, listenAddresses } from './listen.ts'

interface ListeningDeps extends Ambient {
  readonly config: Pick<Config, 'mesh' | 'transport' | 'discovery'>
  readonly timings: Timings
  readonly put: Put
  /** No member is known yet. */
  readonly knowsNobody: () => boolean
  /** This machine's network interfaces now. */
  readonly interfaces?: (() => Interfaces) | undefined
}

type Start = Omit<HostInit, 'listen' | 'security' | 'timings'>

export type Listening = ReturnType<typeof createListening>

const ipOf = (address: string): string => parseEndpoint(address)?.ip ?? ''
const ipsOf = (addresses: readonly Multiaddr[]): ReadonlySet<string> =>
  new Set(endpointsOf(addresses).map(({ ip }) => ip))

export function createListening(deps: ListeningDeps) {
  const { config, timings, clock, timers, random, log, put, interfaces = networkInterfaces } = deps
  let host: Host | undefined
  let isRunning = false
  let open = async (): Promise<Host | undefined> => undefined
  let mdns: Mdns | undefined
  /** Addresses that were tried and cannot be listened on: another program has them, or they have just come. */
  let closed: readonly string[] = []
  /** Takes back the next attempt to listen there. */
  let giveUp: (() => void) | undefined
  /** Addresses that still have a listener although this machine lost them, and since when; monotonic. */
  const goneSince = new Map<string, number>()
  let stopFollowing = (): void => {}

  const addresses = (): readonly Multiaddr[] =>
    (host?.getMultiaddrs() ?? []).filter((address) => !goneSince.has(endpointOf(address)?.ip ?? ''))

  const startMdns = async (): Promise<void> => {
    const where = config.discovery.mdns
    if (where === false) return
    const { createMdns } = await import('../discovery/mdns.ts')
    mdns = createMdns({
      where,
      intervalMs: config.discovery.mdns_interval_seconds * 1_000,
      allows: (ip) => allowsAddress(config.mesh, ip),
      clock,
      timers,
      put,
      knowsNobody: deps.knowsNobody,
      listening: addresses,
      interfaces,
      random,
      log,
    })
    await mdns.start()
  }

  const closedOf = (made: Host, wanted: readonly string[]): readonly string[] => {
    const open = ipsOf(made.getMultiaddrs())
    return wanted.filter((address) => !open.has(ipOf(address)))
  }

  /** Opens addresses that could not be opened as soon as they can be. */
  const openLater = (made: Host): void => {
    giveUp?.()
    giveUp = timers.after(timings.reopenMs, () => void openNow(made, closed))
  }

  const openNow = singleFlight(async (made: Host, wanted: readonly string[]) => {
    await openEach(made, wanted)
    if (host !== made) return
    closed = closedOf(made, wanted)
    if (closed.length < wanted.length) log.info({ left: closed }, 'the mesh listens on more addresses')
    if (closed.length > 0) openLater(made)
  })

  const openEach = async (made: Host, wanted: readonly string[]): Promise<void> => {
    for (const address of wanted) {
      const endpoint = parseEndpoint(address)
      if (endpoint === undefined || !(await isFree(endpoint)) || host !== made) continue
      try {
        await made.services.guard.listen(multiaddr(address))
      } catch (error) {
        log.debug({ address, reason: String(error) }, 'the mesh still cannot listen there')
      }
    }
  }

  /**
   * Those of the addresses that `auto` means now that the host does not listen on yet. An address that has disappeared is no
   * longer announced. Its listener is closed only after a while, so that a cable that is unplugged for a moment breaks no
   * connection.
   */
  const followAddresses = (made: Host): readonly string[] => {
    const wanted = listenAddresses(config.mesh, interfaces())
    const here = new Set(wanted.map(ipOf))
    const open = ipsOf(made.getMultiaddrs())
    const now = clock.monotonic()
    for (const ip of goneSince.keys()) if (here.has(ip) || !open.has(ip)) goneSince.delete(ip)
    for (const ip of open) if (!here.has(ip) && !goneSince.has(ip)) goneSince.set(ip, now)
    for (const [ip, since] of goneSince) if (now - since >= timings.goneMs) made.services.guard.unlisten(ip)
    return closedOf(made, wanted)
  }

  /** A cable was put in, an address was given by DHCP, a wireless network was joined or left. */
  const follow = async (made: Host): Promise<void> => {
    try {
      await openNow(made, config.mesh.listen === 'auto' ? followAddresses(made) : closed)
      // Nodes that are asked answer at once, so the listeners have to exist first.
      if (host === made) mdns?.look()
    } catch (error) {
      log.warn({ reason: String(error) }, 'the network interfaces could not be read')
    }
  }

  const openHost = async (init: Start): Promise<Host | undefined> => {
    const { createHost } = await import('./host.ts')
    const listen = listenAddresses(config.mesh, interfaces())
    const made = await createHost({
      ...init,
      listen,
      security: config.transport.security,
      timings,
    })
    if (!isRunning) return undefined
    host = made
    await made.start()
    closed = closedOf(made, listen)
    if (listen.length === 0 || closed.length < listen.length) return made
    await made.stop()
    throw new KaroError('unavailable', `the mesh cannot listen on ${listen.map(readable).join(', ')}`, {
      hint:
        lacks(listen, interfaces) ||
        'Choose another mesh.port (0 is any free one), or end the other node or program.',
    })
  }

  return {
    /** The host, from the moment it is made until the stop begins. */
    host: () => host,
    /**
     * The host, which a node that is alone has only from the first dial on: libp2p is a tenth of its memory. Undefined outside
     * of start and stop.
     */
    open: () => open(),
    /** The addresses of this machine that the host listens on now, without peer ids. */
    addresses,
    multiaddrs: () => endpointsOf(addresses()).map(formatEndpoint),

    /** Throws after undoing what it did, except for `leave`. */
    async start(init: () => Promise<Start>, signal: AbortSignal) {
      isRunning = true
      open = singleFlight(async () => {
        if (host !== undefined) return host
        return await openHost(await init())
      })
      const made = isAlone(config) ? undefined : await open()
      if (made === undefined) return
      if (closed.length > 0) {
        log.warn({ addresses: closed }, 'the mesh could not listen on some addresses; they are tried again')
        openLater(made)
      }
      signal.throwIfAborted()
      await startMdns()
      signal.throwIfAborted()
      stopFollowing = inSteps(
        { clock, timers },
        () => timings.followMs,
        () => void follow(made),
      )
    },

    /** `leave` runs while connections still work. Always ends, within `timings.stopMs`; never throws. */
    async stop(leave: () => Promise<void>) {
      const stopping = host
      isRunning = false
      open = async () => undefined
      giveUp?.()
      stopFollowing()
      const quietly = async (): Promise<void> => {
        await mdns?.stop()
        await leave()
        host = undefined
        await stopping?.stop()
      }
      const stopped = quietly().catch((error: unknown) =>
        log.warn({ reason: String(error) }, 'the mesh did not stop cleanly'),
      )
      await within(stopped, timings.stopMs, timers)
      host = undefined
    },

    health() {
      if (isRunning && config.mesh.listen.length === 0)
        return [{ name: 'mesh.listening', ok: true, detail: 'listens to nobody, as mesh.listen says' }]
      if (host === undefined)
        return [{ name: 'mesh.listening', ok: false, detail: 'the mesh is not running' }]
      return [checkOf(addresses(), closed, interfaces)]
    },
  }
}

function checkOf(here: readonly Multiaddr[], closed: readonly string[], interfaces: () => Interfaces) {
  const missing = closed.length === 0 ? [] : [`but not on ${closed.map(readable).join(', ')}`]
  const hint = lacks(closed, interfaces)
  return {
    name: 'mesh.listening',
    // mDNS tells IPv4 addresses; an IPv6 one may be missing while it is still being checked for duplicates.
    ok: here.length > 0 && hint === '' && !closed.some((address) => address.startsWith('/ip4/')),
    detail: `listens on ${[...told(here).map(readable), ...missing].join(', ')}${hint && `. ${hint}`}`,
  }
}

/** What to do where this machine does not have all of these addresses, else empty. */
function lacks(wanted: readonly string[], interfaces: () => Interfaces): string {
  const isHere = (address: string): boolean =>
    Object.values(interfaces()).some((infos) => infos?.some((info) => info.address === ipOf(address)))
  return wanted.every(isHere)
    ? ''
    : 'Name addresses of this machine in mesh.listen, or "auto" for all of them.'
}

/** Whether that address can be listened on now. */
function isFree({ ip, port }: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: ip, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
