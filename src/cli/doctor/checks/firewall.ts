// The check of the machine's packet filter: whether its rules drop packets for the ports of Karo.
import { existsSync } from 'node:fs'
import { type Chain, type Port, readIptables, readNft, type Said, speakAgainst } from '../firewall-rules.ts'
import { type Finding, ok, skipped, warn } from '../result.ts'
import { readSystem, type World } from '../world.ts'
import { configOf, ELSEWHERE, NO_CONFIG } from './mesh.ts'

const MDNS_GROUP = '224.0.0.251'
const MDNS_PORT = 5353

/** The program that manages the rules; a change without it is lost when it starts again. */
export type Manager = 'ufw' | 'firewalld' | undefined

export async function meshFirewall(world: World): Promise<readonly Finding[]> {
  const config = configOf(world)
  if (config === undefined) return [skipped(NO_CONFIG)]
  if (!(await world.sameNetwork())) return [skipped(ELSEWHERE)]
  const read = await readRules(world)
  if ('problem' in read) return [skipped(read.problem)]
  const facts = await world.facts()
  const port = config.mesh.port || portOf(facts?.mesh.listen ?? [])
  return judgeRules(read.chains, neededPorts(port, config.discovery.mdns !== false), managerOf())
}

/** The port of the mesh if the system chose it: the first one of the addresses that are not loopback or IPv6. */
const portOf = (listen: readonly string[]): number =>
  Number(listen.find((address) => !/^\/ip4\/127\.|^\/ip6\//.test(address))?.split('/')[4] ?? 0)

async function readRules(
  world: World,
): Promise<{ readonly chains: readonly Chain[] } | { readonly problem: string }> {
  const [nft, iptables] = await Promise.all([world.run('nft', 'list', 'ruleset'), world.run('iptables-save')])
  if (nft.kind === 'missing' && iptables.kind === 'missing') {
    return { problem: 'neither nft nor iptables-save is installed to read the rules' }
  }
  const own = nft.kind === 'ran' && nft.code === 0 ? readNft(nft.stdout) : undefined
  const saved = iptables.kind === 'ran' && iptables.code === 0 ? readIptables(iptables.stdout) : undefined
  if (own === undefined && saved === undefined) {
    return {
      problem:
        world.uid === 0
          ? 'the rules cannot be read'
          : 'only root may read the rules: sudo karo doctor --only mesh.firewall',
    }
  }
  // Both tools show rules that iptables keeps in nftables; the output of iptables is easier to understand.
  const others = saved === undefined ? own : own?.filter((chain) => !isOfIptables(chain))
  return { chains: [...(others ?? []), ...(saved ?? [])] }
}

const isOfIptables = ({ table }: Chain): boolean => /^ip (filter|mangle|raw|security)$/.test(table)

function managerOf(): Manager {
  if (/^ENABLED=yes/m.test(readSystem('/etc/ufw/ufw.conf') ?? '')) return 'ufw'
  return existsSync('/run/firewalld') ? 'firewalld' : undefined
}

/** The ports that Karo needs: connections of neighbours, and mDNS both ways. `port` is 0 while it is unknown. */
export const neededPorts = (port: number, mdns: boolean): readonly Port[] => [
  ...(port === 0 ? [] : [{ way: 'in', protocol: 'tcp', port } as const]),
  ...(mdns
    ? (['in', 'out'] as const).map((way) => ({ way, protocol: 'udp', port: MDNS_PORT }) as const)
    : []),
]

export function judgeRules(
  chains: readonly Chain[],
  ports: readonly Port[],
  manager: Manager,
): readonly Finding[] {
  const found = ports.flatMap((port) =>
    speakAgainst(chains, port).map((said) => warn(inWords(port, said), opening(port, said.chain, manager))),
  )
  if (found.length > 0) return found
  const rules = chains.reduce((sum, chain) => sum + chain.rules.length, 0)
  if (rules === 0 && chains.every(({ base }) => base?.policy !== 'drop')) return [ok('there are no rules')]
  const by = manager === undefined ? '' : `, managed by ${manager}`
  return [ok(`there are rules (${rules}${by}), and no rule is known to drop packets for the ports of Karo`)]
}

function inWords({ way, protocol, port }: Port, { chain, says, by }: Said): string {
  const what =
    protocol === 'tcp'
      ? `the port of the mesh (TCP ${port})`
      : `mDNS (UDP ${port}) ${way === 'in' ? 'coming in' : 'going out'}`
  const where = `${chain.table}, chain ${chain.name}: ${by}`
  return says === 'dropped'
    ? `${what}: the first rule that names it drops it (${where}); an earlier rule may accept it`
    : `${what}: no rule names it, and other packets are dropped (${where}); another rule may accept it`
}

/** The command that lets the packets pass. */
function opening({ protocol, port, way }: Port, chain: Chain, manager: Manager): string {
  const multicast = protocol === 'udp'
  if (manager === 'ufw') {
    const to = multicast ? `to ${MDNS_GROUP} ` : 'to any '
    return `sudo ufw allow ${way} proto ${protocol} ${to}port ${port}`
  }
  if (manager === 'firewalld') {
    const what = multicast ? '--add-service=mdns' : `--add-port=${port}/${protocol}`
    return `sudo firewall-cmd --permanent ${what}\nsudo firewall-cmd --reload`
  }
  const table = /^iptables -t (.*)$/.exec(chain.table)?.[1]
  if (table !== undefined) {
    const to = multicast ? `-d ${MDNS_GROUP} ` : ''
    return `sudo iptables -t ${table} -I ${chain.name} -p ${protocol} ${to}--dport ${port} -j ACCEPT`
  }
  const to = multicast ? `ip daddr ${MDNS_GROUP} ` : ''
  return `sudo nft insert rule ${chain.table} ${chain.name} ${to}${protocol} dport ${port} accept`
}
