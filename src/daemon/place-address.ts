// The address of a place that an agent in a jail may connect to: looked up once, and judged before anything is sent there.
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLinkLocal, isLoopback, isPrivateAddress } from '../config/addresses.ts'
import { addressesOf, type NameSources } from '../config/index.ts'

const LOOKUP_MS = 10_000

/** Rejects with an Error that says why nothing is connected to. `hostsFile`: another one than the machine's own, for tests. */
export async function placeAddress(host: string, sources: NameSources, hostsFile?: string): Promise<string> {
  const addresses = await addressesOf(host, sources, AbortSignal.timeout(LOOKUP_MS), hostsFile).catch(() => {
    throw new Error(`the name ${host} could not be looked up`)
  })
  if (addresses === undefined)
    throw new Error(`${host} is not in /etc/hosts, and discovery.resolvers names no server that may be asked`)
  const [first] = addresses
  if (first === undefined) throw new Error(`${host} has no address`)
  const isName = isIP(host) === 0
  for (const address of addresses) {
    if (!isPrivateAddress(address, { allowCgnat: false }))
      throw new Error(`${host} is at ${address}, which is not an address of a private network`)
    // The owner of a name's DNS entry could point the name at this machine. A loopback or link-local address therefore
    // counts only if the configuration itself contains it.
    if (isName && (isLoopback(address) || isLinkLocal(address) || isOwn(address)))
      throw new Error(
        `the name ${host} is at ${address}, which counts only where the address itself is allowed`,
      )
  }
  return first
}

const isOwn = (address: string): boolean =>
  Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address))
