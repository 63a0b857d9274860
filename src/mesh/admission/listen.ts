// Which addresses the mesh listens on: each private one by itself, never the wildcard, so a public one is never open.
import { isIP } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { isPrivateAddress, VIRTUAL } from '../../config/addresses.ts'
import type { Config } from '../../config/index.ts'
import { formatEndpoint, needsZone } from './endpoint.ts'

export type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>

/**
 * Multiaddrs to listen on. `auto` is every private address of this moment, loopback included.
 */
export function listenAddresses(mesh: Config['mesh'], interfaces: Interfaces): readonly string[] {
  const ips = mesh.listen === 'auto' ? ownAddresses(mesh, interfaces) : mesh.listen
  return [...new Set(ips)].filter((ip) => isIP(ip) !== 0).map((ip) => formatEndpoint({ ip, port: mesh.port }))
}

function ownAddresses(mesh: Config['mesh'], interfaces: Interfaces): string[] {
  // Bridges of containers come last: an invite has two addresses, and other machines are told eight.
  return Object.entries(interfaces)
    .toSorted(([one], [other]) => Number(VIRTUAL.test(one)) - Number(VIRTUAL.test(other)))
    .flatMap(([, addresses]) => addresses ?? [])
    .map((info) => info.address)
    .filter((ip) => !needsZone(ip))
    .filter((ip) => !mesh.lan_only || isPrivateAddress(ip, { allowCgnat: mesh.allow_cgnat }))
}
