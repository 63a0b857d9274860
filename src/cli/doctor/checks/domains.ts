// The check of [trust.domains]: subnets that others can easily join, and subnets that lie in one another.
import type { NetworkInterfaceInfo } from 'node:os'
import { subnetTest } from '../../../config/domains.ts'
import type { Config } from '../../../config/index.ts'
import { type Finding, ok, skipped, warn } from '../result.ts'
import type { World } from '../world.ts'
import { configOf, NO_CONFIG } from './mesh.ts'

/** More addresses than a network of machines that somebody looks after has. */
const WIDE = { four: 22, six: 64 } as const
/** Linux names wireless interfaces so; bridges of virtual machines and containers, and of virtual networks, like the others. */
const WIRELESS = /^(wl|wlan)/
const VIRTUAL = /^(docker|br-|virbr|lxc|veth|podman|cni)/

export async function trustDomains(world: World): Promise<readonly Finding[]> {
  const config = configOf(world)
  return config === undefined ? [skipped(NO_CONFIG)] : judgeDomains(config.trust.domains, world.interfaces())
}

export function judgeDomains(
  domains: Config['trust']['domains'],
  interfaces: NodeJS.Dict<readonly Pick<NetworkInterfaceInfo, 'address'>[]>,
): readonly Finding[] {
  if (domains.size === 0) return [ok('no subnet is trusted')]
  const found: Finding[] = []
  for (const [subnet, { level }] of domains) {
    if (level === 'untrusted') continue
    const why = whyShared(subnet, interfaces)
    if (why !== undefined) found.push(warn(`${subnet} has level ${level}, and ${why}`))
    const wider = [...domains.keys()].find((other) => other !== subnet && holds(other, subnet))
    if (wider !== undefined) found.push(warn(`${subnet} is a part of ${wider}: the narrower subnet decides`))
  }
  return found.length > 0 ? found : [ok(`${domains.size} trusted, none of them wide or shared`)]
}

function whyShared(
  subnet: string,
  interfaces: NodeJS.Dict<readonly Pick<NetworkInterfaceInfo, 'address'>[]>,
): string | undefined {
  const [base = '', length] = subnet.split('/')
  const has = subnetTest(subnet)
  if (has('127.0.0.1') || has('::1')) return 'every person and program of this machine connects from there'
  if (/^169\.254\./.test(base) || /^fe[89ab]/i.test(base))
    return 'every machine that is plugged in gets a link-local address'
  if (/^100\./.test(base)) return 'customers of one provider share such addresses'
  const wide = base.includes(':') ? WIDE.six : WIDE.four
  if (Number(length) < wide) return `a subnet of less than /${wide} holds more machines than anybody knows`
  for (const [name, infos] of Object.entries(interfaces)) {
    if (!(infos ?? []).some(({ address }) => has(address))) continue
    if (WIRELESS.test(name)) return `it is a wireless network here (${name}), which guests may use`
    if (VIRTUAL.test(name)) return `its machines here are containers or virtual (${name})`
  }
  return undefined
}

/** Whether the first subnet holds all of the second. */
function holds(wider: string, narrower: string): boolean {
  const [base = '', length] = narrower.split('/')
  return Number(wider.split('/')[1]) < Number(length) && subnetTest(wider)(base)
}
