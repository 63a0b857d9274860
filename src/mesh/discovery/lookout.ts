// Looks for nodes where the configuration says that some may be: domains that list them, and subnets to look through.
import { networkInterfaces } from 'node:os'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Config } from '../../config/index.ts'
import { KEYS } from '../../config/table.ts'
import { allowsAddress } from '../admission/gater.ts'
import type { Put } from '../state/types.ts'
import type { Names } from './names.ts'
import { scan } from './scan.ts'

/** A machine that was added to a domain or a subnet is found within this time. */
const AGAIN_MS = 5 * 60_000

export interface LookoutDeps extends Pick<Ambient, 'timers' | 'log'> {
  readonly config: Pick<Config, 'mesh' | 'discovery'>
  readonly names: Names
  readonly put: Put
}

export function createLookout({ config, names, timers, put, log }: LookoutDeps) {
  const { dns_sd: domains, scan: subnets } = config.discovery
  const port = config.mesh.port === 0 ? KEYS.meshPort.default : config.mesh.port
  let running: AbortController | undefined
  let wait: (() => void) | undefined

  const askDomain = async (domain: string, signal: AbortSignal): Promise<void> => {
    try {
      const peers = await names.services(domain, signal)
      const allowed = peers.filter(({ host }) => allowsAddress(config.mesh, host))
      log.debug({ domain, nodes: allowed.length }, 'a domain lists nodes')
      put({ on: 'listed', peers: allowed })
    } catch (error) {
      if (!signal.aborted)
        log.warn({ domain, reason: String(error) }, 'a domain of discovery.dns_sd did not answer')
    }
  }

  const look = async (signal: AbortSignal): Promise<void> => {
    const own = new Set(
      Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address)),
    )
    await Promise.all([
      ...domains.map((domain) => askDomain(domain, signal)),
      scan(subnets, signal, {
        timers,
        port,
        allows: (ip) => !own.has(ip) && allowsAddress(config.mesh, ip),
        found: (host) => put({ on: 'listed', peers: [{ host, port }] }),
      }),
    ])
    if (!signal.aborted) wait = timers.after(AGAIN_MS, () => void look(signal))
  }

  return {
    start() {
      if (domains.length === 0 && subnets.length === 0) return
      running = new AbortController()
      void look(running.signal)
    },
    stop() {
      running?.abort(new Error('stopping'))
      wait?.()
    },
  }
}
