// The hosts file of this machine: names that can be looked up without asking anybody.
import { isIP } from 'node:net'

/** Every name of a hosts file (hosts(5)) in lower case, with its addresses. */
export function hostsOf(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, readonly string[]>()
  for (const line of text.split('\n')) {
    const [ip = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (isIP(ip) === 0) continue
    for (const name of names.map((one) => one.toLowerCase()))
      hosts.set(name, [...(hosts.get(name) ?? []), ip])
  }
  return hosts
}
