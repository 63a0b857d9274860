// The network segments that mDNS may speak on: all local ones, or the ones that the configuration names.
import { BlockList, isIP } from 'node:net'
import { leadsHere } from '../admission/endpoint.ts'
import type { Interfaces } from '../admission/listen.ts'

export interface Segments {
  /** Own IPv4 addresses to send from, one per address; loopback only when there is no other. */
  readonly speakFrom: readonly string[]
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
      allowed?.addSubnet(network, Number(prefix ?? (family === 4 ? 32 : 128)), `ipv${family as 4 | 6}`)
    else {
      for (const info of own.filter(({ name }) => name === entry)) {
        const [address, bits] = info.cidr?.split('/') ?? []
        if (address !== undefined)
          allowed?.addSubnet(address, Number(bits), info.family === 'IPv4' ? 'ipv4' : 'ipv6')
      }
    }
  }
  const includes = (ip: string): boolean => {
    const family = isIP(ip)
    if (family === 0 || !allows(ip)) return false
    return allowed === undefined || allowed.check(ip, family === 4 ? 'ipv4' : 'ipv6')
  }
  const links = new BlockList()
  for (const { cidr, family } of own) {
    const [address, bits] = cidr?.split('/') ?? []
    if (address !== undefined) links.addSubnet(address, Number(bits), family === 'IPv4' ? 'ipv4' : 'ipv6')
  }
  const onLink = (ip: string): boolean => includes(ip) && links.check(ip, isIP(ip) === 4 ? 'ipv4' : 'ipv6')
  const speakable = own
    .filter((info) => info.family === 'IPv4' && includes(info.address))
    .map((info) => info.address)
  const lan = speakable.filter((ip) => !leadsHere(ip))
  const speakFrom = lan.length > 0 ? lan : speakable
  const networks = own.flatMap(({ address, cidr }) => {
    const [, bits] = cidr?.split('/') ?? []
    if (bits === undefined || !speakFrom.includes(address)) return []
    const network = new BlockList()
    network.addSubnet(address, Number(bits), 'ipv4')
    return [{ address, network, bits: Number(bits) }]
  })
  const besideOf = (ip: string): readonly string[] => {
    if (isIP(ip) !== 4 || !includes(ip)) return []
    const around = networks.filter(({ network }) => network.check(ip, 'ipv4'))
    const most = Math.max(...around.map(({ bits }) => bits))
    return around.filter(({ bits }) => bits === most).map(({ address }) => address)
  }
  return { speakFrom, includes, onLink, besideOf }
}

/**
 * The present segments, read by `read` at most every 3 s. If the system cannot tell (no descriptors left), the last
 * known segments, or none before that. `now` is monotonic.
 */
export function watchSegments(
  read: () => Segments,
  now: () => number,
  onError: (error: unknown) => void,
): () => Segments {
  let known: Segments = {
    speakFrom: [],
    includes: () => false,
    onLink: () => false,
    besideOf: () => [],
  }
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
