// The network segments that mDNS may speak on: all local ones, or the ones that the configuration names.
import { BlockList, isIP } from 'node:net'
import { leadsHere, needsZone } from '../admission/endpoint.ts'
import type { Interfaces } from '../admission/listen.ts'

export interface Segments {
  /** Own addresses to send from; loopback, of IPv4, only when there is no other. */
  readonly speakFrom: readonly string[]
  /** The interface that has this own address. */
  interfaceOf(ip: string): string | undefined
  /** Whether an address, ours or another's, lies in them. */
  includes(ip: string): boolean
  /** Whether it is in them, and in the network of one of our interfaces: reached without a router. */
  onLink(ip: string): boolean
  /** Those of `speakFrom` in whose network the address is; of networks within networks the smallest, as packets are routed. */
  besideOf(ip: string): readonly string[]
}

/** Interfaces are read again after this: an answer to a flood of questions must not read them for each. */
const READ_EVERY_MS = 3_000

/**
 * `where`: `true`, or interface names and subnets (`eth0`, `10.0.0.0/24`, one address). Addresses that `allows`
 * refuses (public ones, with `mesh.lan_only`) are in no segment.
 */
export function segmentsOf(
  where: true | readonly string[],
  interfaces: Interfaces,
  allows: (ip: string) => boolean,
): Segments {
  const own = Object.entries(interfaces).flatMap(([name, infos]) =>
    (infos ?? []).map((info) => ({ name, ...info })),
  )
  const allowed = where === true ? undefined : new BlockList()
  for (const entry of where === true ? [] : where) {
    const [network = '', prefix] = entry.split('/')
    const family = isIP(network)
    if (family !== 0)
      allowed?.addSubnet(network, Number(prefix ?? (family === 4 ? 32 : 128)), typeOf(network))
    else {
      for (const info of own.filter(({ name }) => name === entry)) {
        const [address, bits] = info.cidr?.split('/') ?? []
        if (address !== undefined) allowed?.addSubnet(address, Number(bits), typeOf(address))
      }
    }
  }
  const includes = (ip: string): boolean => {
    const family = isIP(ip)
    if (family === 0 || ip.includes('%') || !allows(ip)) return false
    return allowed === undefined || allowed.check(ip, typeOf(ip))
  }
  const links = new BlockList()
  for (const { cidr } of own) {
    const [address, bits] = cidr?.split('/') ?? []
    if (address !== undefined) links.addSubnet(address, Number(bits), typeOf(address))
  }
  const onLink = (ip: string): boolean => includes(ip) && links.check(ip, typeOf(ip))
  const speakable = own
    .filter(({ family, address }) => family === 'IPv4' || !(needsZone(address) || leadsHere(address)))
    .map(({ address }) => address)
    .filter(includes)
  const lan = speakable.filter((ip) => !leadsHere(ip))
  const speakFrom = lan.length > 0 ? lan : speakable
  const networks = own.flatMap(({ address, cidr }) => {
    const [, bits] = cidr?.split('/') ?? []
    if (bits === undefined || !speakFrom.includes(address)) return []
    const network = new BlockList()
    network.addSubnet(address, Number(bits), typeOf(address))
    return [{ address, network, bits: Number(bits) }]
  })
  const besideOf = (ip: string): readonly string[] => {
    if (!includes(ip)) return []
    const around = networks.filter(({ network }) => network.check(ip, typeOf(ip)))
    const most = Math.max(...around.map(({ bits }) => bits))
    return around.filter(({ bits }) => bits === most).map(({ address }) => address)
  }
  const interfaceOf = (ip: string): string | undefined => own.find(({ address }) => address === ip)?.name
  return { speakFrom, interfaceOf, includes, onLink, besideOf }
}

const typeOf = (ip: string): 'ipv4' | 'ipv6' => (isIP(ip) === 4 ? 'ipv4' : 'ipv6')

/**
 * The present segments, read by `read` at most every 3 s. If the system cannot tell (no descriptors left), the last
 * known segments, or none before that. `now` is monotonic.
 */
export function watchSegments(
  read: () => Segments,
  now: () => number,
  onError: (error: unknown) => void,
): () => Segments {
  let known = segmentsOf([], {}, () => false)
  let readAt = Number.NEGATIVE_INFINITY
  return () => {
    if (now() - readAt < READ_EVERY_MS) return known
    readAt = now()
    try {
      known = read()
    } catch (error) {
      onError(error)
    }
    return known
  }
}
