// Looks for nodes where the configuration says that some may be: in domains that list them, and in subnets, for machines that listen on the
// mesh's port, at a pace that no network notices.
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Timers } from '../../base/clock.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Config } from '../../config/index.ts'
import { DEFAULTS } from '../../config/table.ts'
import { allowsAddress } from '../admission/gater.ts'
import type { Put } from '../state/types.ts'
import type { Names } from './names.ts'

/** A machine that was added to a domain or a subnet is found within this time. */
const AGAIN_MS = 5 * 60_000
/** A /20: at the pace below one look through it takes under four minutes. */
const HOSTS_MAX = 4_096
/** One connection attempt in this time. */
const EVERY_MS = 50
/** A machine of a LAN answers within milliseconds; one that drops packets is given up after this. */
const ANSWER_MS = 1_000

interface LookoutDeps extends Pick<Ambient, 'timers' | 'log'> {
  readonly config: Pick<Config, 'mesh' | 'discovery'>
  readonly names: Names
  readonly put: Put
}

export function createLookout({ config, names, timers, put, log }: LookoutDeps) {
  const { dns_sd: domains, scan: subnets } = config.discovery
  const port = config.mesh.port === 0 ? DEFAULTS.mesh.port : config.mesh.port
  let running: AbortController | undefined
  let wait: (() => void) | undefined

  const askDomain = async (domain: string, signal: AbortSignal): Promise<void> => {
    const { peers, failure } = await names.services(domain, signal)
    if (signal.aborted) return
    const allowed = peers.filter(({ host }) => allowsAddress(config.mesh, host))
    log.debug({ domain, nodes: allowed.length }, 'a domain lists nodes')
    put({ on: 'listed', peers: allowed })
    if (failure !== undefined)
      log.warn(
        { domain, nodes: allowed.length, reason: String(failure) },
        'a domain of discovery.dns_sd did not answer, or not all that was asked',
      )
  }

  /** Resolves after the last address, or when the signal aborts. Never rejects. */
  const scan = async (signal: AbortSignal): Promise<void> => {
    const own = new Set(
      Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address)),
    )
    const open: Promise<void>[] = []
    for (const subnet of subnets) {
      for (const ip of hostsIn(subnet)) {
        if (signal.aborted) return
        if (own.has(ip) || !allowsAddress(config.mesh, ip)) continue
        const told = listens(ip, port, timers).then((yes) => {
          if (yes && !signal.aborted) put({ on: 'listed', peers: [{ host: ip, port }] })
        })
        open.push(told)
        await new Promise<void>((resolve) => void timers.after(EVERY_MS, resolve))
      }
    }
    await Promise.all(open)
  }

  const look = async (signal: AbortSignal): Promise<void> => {
    await Promise.all([...domains.map((domain) => askDomain(domain, signal)), scan(signal)])
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

/** IPv4 addresses of `10.0.3.0/24` without those of the network and its broadcast; at most `HOSTS_MAX`. */
export function* hostsIn(subnet: string): Generator<string> {
  const [base = '', length = ''] = subnet.split('/')
  const bits = 32 - Number(length)
  const address = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** bits
  const first = address - (address % size)
  // A /31 and a /32 have neither (RFC 3021).
  const [from, to] = bits > 1 ? [first + 1, first + size - 1] : [first, first + size]
  for (let host = from; host < Math.min(to, from + HOSTS_MAX); host++)
    yield [24, 16, 8, 0].map((shift) => Math.floor(host / 2 ** shift) % 256).join('.')
}

function listens(host: string, port: number, timers: Timers): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const done = (yes: boolean): void => {
      cancel()
      socket.destroy()
      resolve(yes)
    }
    const cancel = timers.after(ANSWER_MS, () => done(false))
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}
