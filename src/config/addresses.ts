// Which addresses are private: the one definition behind `lan_only`, for dialling, listening and configuration.
import { BlockList, isIP } from 'node:net'
import { createRecent } from '../base/recent.ts'

/** RFC 1918, loopback, link-local and unique local addresses (RFC 3927, 4193, 4291). */
const PRIVATE = [
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['::1', 128, 'ipv6'],
] as const

type Subnet = readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6']

/**
 * Whether an IP address is in one of the subnets; IPv4-mapped IPv6 counts as the IPv4 address it stands for, a zone (`%eth0`) is
 * ignored. False for names and anything malformed.
 */
export function testOf(...subnets: readonly Subnet[]): (address: string) => boolean {
  const list = new BlockList()
  for (const subnet of subnets) list.addSubnet(...subnet)
  return (address) => {
    const [ip = ''] = address.split('%')
    const family = isIP(ip)
    return family !== 0 && list.check(ip, family === 4 ? 'ipv4' : 'ipv6')
  }
}

const tests = {
  false: testOf(...PRIVATE),
  // Customers of one provider share this network (RFC 6598), so it is private only if the owner says so.
  true: testOf(...PRIVATE, ['100.64.0.0', 10, 'ipv4']),
}

/** The last result for each list: every presence of every member is checked, and usually repeats the same addresses. */
const JUDGED_MAX = 4_096
const judged = {
  false: createRecent<string, boolean>(JUDGED_MAX),
  true: createRecent<string, boolean>(JUDGED_MAX),
} as const

/** True for an IP address in private space, as `testOf` reads it; false for public and unspecified addresses and multicast. */
export function isPrivateAddress(address: string, options: { readonly allowCgnat: boolean }): boolean {
  const which = `${options.allowCgnat}` as const
  return judged[which].getOrInsert(address, () => tests[which](address))
}

/** True for an IP address that counts on one link alone, as those of many services of machines in a cloud. */
export const isLinkLocal = testOf(['169.254.0.0', 16, 'ipv4'], ['fe80::', 10, 'ipv6'])

/** True for an IP address of loopback, which only this machine has. */
export const isLoopback = testOf(['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6'])

/** Names of interfaces that lead to virtual machines, containers and their networks. */
export const VIRTUAL = /^(docker|br-|virbr|lxc|veth|podman|cni)/
