// Sifts the addresses that peers claim and discovery hears: keeps private, dialable and plausible ones.

import type { Multiaddr } from '@multiformats/multiaddr'
import { isPrivateAddress } from '../../config/addresses.ts'
import type { Config } from '../../config/index.ts'
import type { Segments } from '../discovery/segments.ts'
import {
  endpointsOf,
  formatEndpoint,
  leadsHere,
  needsZone,
  parseEndpoint,
  parseEndpoints,
} from './endpoint.ts'
import { allowsAddress } from './gater.ts'

type MeshConfig = Pick<Config['mesh'], 'lan_only' | 'allow_cgnat'>

/** Addresses told to others, at most this many. */
const TOLD_MAX = 8
/** Addresses taken from one answer. */
const HEARD_MAX = 8

/**
 * The credible part of a peer's listening addresses. Loopback counts only if the peer is on this machine. For a
 * stranger only the address it came from is kept, so that nobody can make this node dial a third party.
 */
export function believable(
  mesh: MeshConfig,
  claimed: readonly string[],
  remoteIp: string,
  member: boolean,
): readonly string[] {
  const usable = announced(mesh, claimed, () => leadsHere(remoteIp))
  const isThere = (address: string): boolean => parseEndpoint(address)?.ip === remoteIp
  // The address it came from is known to work.
  const there = usable.filter(isThere)
  return member ? [...there, ...usable.filter((address) => !isThere(address))] : there
}

/**
 * The same of a presence that a neighbour handed on. Loopback counts only among nodes of one machine: when the
 * neighbour is here too, which is asked only where an address is one.
 */
export function announced(
  mesh: MeshConfig,
  claimed: readonly string[],
  fromHere: () => boolean,
): readonly string[] {
  return parseEndpoints(claimed)
    .filter(({ ip }) => allowsAddress(mesh, ip) && !needsZone(ip) && (!leadsHere(ip) || fromHere()))
    .map(formatEndpoint)
}

/** The addresses that this node announces to all members: private ones, and loopback only when there is no other. */
export function announcing(mesh: MeshConfig, listening: readonly Multiaddr[]): readonly string[] {
  const isPrivate = (address: string): boolean =>
    isPrivateAddress(parseEndpoint(address)?.ip ?? '', { allowCgnat: mesh.allow_cgnat })
  const all = told(listening).filter(isPrivate)
  const lan = all.filter((address) => !leadsHere(parseEndpoint(address)?.ip ?? ''))
  return lan.length > 0 ? lan : all
}

/**
 * The usable addresses of an mDNS answer that came from `source`, which anybody on the LAN may have written: that address alone, since
 * a node answers from each that it has, if it is on this machine's links and not this node's own.
 */
export function heardAddresses(
  segments: Segments,
  addresses: readonly string[],
  source: string,
): readonly string[] {
  const alone = segments.speakFrom.some(leadsHere)
  return parseEndpoints(addresses)
    .filter(({ ip }) => ip === source && segments.onLink(ip) && leadsHere(ip) === alone)
    .slice(0, HEARD_MAX)
    .map(formatEndpoint)
}

/** The addresses told to a peer, LAN addresses first. `only`: the IP that a stranger has found already; it gets no other. */
export function told(listening: readonly Multiaddr[], only?: string): readonly string[] {
  return endpointsOf(listening)
    .filter(({ ip }) => only === undefined || ip === only)
    .toSorted((a, b) => Number(leadsHere(a.ip)) - Number(leadsHere(b.ip)))
    .slice(0, TOLD_MAX)
    .map(formatEndpoint)
}
