// Checks whether the host names of configured peers can be looked up inside the local network.
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostsOf } from '../../../config/hosts-file.ts'
import type { Config } from '../../../config/index.ts'
import { type Finding, ok, skipped, warn } from '../result.ts'
import type { World } from '../world.ts'
import { configOf, NO_CONFIG } from './mesh.ts'

/** Names in one line; the rest is to be found in the configuration. */
const NAMES_SHOWN = 4

export async function meshNames(world: World): Promise<Finding> {
  const config = configOf(world)
  if (config === undefined) return skipped(NO_CONFIG)
  return judgeNames(config, hostsOf(await readFile('/etc/hosts', 'utf8').catch(() => '')))
}

export function judgeNames(
  {
    mesh,
    discovery,
  }: {
    readonly mesh: Pick<Config['mesh'], 'lan_only'>
    readonly discovery: Pick<Config['discovery'], 'peers' | 'resolvers'>
  },
  hosts: ReadonlyMap<string, unknown>,
): Finding {
  const names = discovery.peers.map(({ host }) => host).filter((host) => isIP(host) === 0)
  if (names.length === 0) return ok('discovery.peers names no host by name')
  if (discovery.resolvers.length > 0) return ok(`names are looked up at ${discovery.resolvers.join(', ')}`)
  if (!mesh.lan_only) return ok("names are looked up by this machine's own resolver")
  const unknown = names.filter((name) => !hosts.has(name.toLowerCase()))
  return unknown.length === 0
    ? ok('every name is in /etc/hosts')
    : warn(`no permitted server can look up ${unknown.slice(0, NAMES_SHOWN).join(', ')}`)
}
