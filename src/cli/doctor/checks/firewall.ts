// The check of the machine's packet filter: whether its rules drop packets for the ports of Karo.
import { existsSync } from 'node:fs'
import { type Checks, configOf, ELSEWHERE, type Finding, ok, skipped, warn } from '../check.ts'
import { type Chain, type Port, readIptables, readNft, type Said, speakAgainst } from '../firewall-rules.ts'
import { readSystem, type World } from '../world.ts'

const MDNS_GROUP = '224.0.0.251'
const MDNS_PORT = 5353

/** The program that manages the rules; a change without it is lost when it starts again. */
export type Manager = 'ufw' | 'firewalld' | undefined

export const firewall = {
  'mesh.firewall': {
    title: 'firewall',
    what: "If the machine's packet filter has rules, the first rule that names the mesh's TCP port or mDNS does not drop it; if the filter drops everything else, there is such a rule. Only root can read the rules.",
    why: 'If the filter drops packets of Karo, other nodes seem to be absent. The check only reads the rules; mesh.multicast and the peers show what really passes.',
    severity: 'warn',
    fix: 'sudo nft insert rule <table> <chain> tcp dport <port> accept; the same for udp dport 5353; or use ufw or firewalld if they manage the rules.',
    async look(world) {
      const { mesh, discovery } = configOf(world)
      if (!(await world.sameNetwork())) return skipped(ELSEWHERE)
      const read = await readRules(world)
      if (typeof read === 'string') return skipped(read)
      // If the system chose the port: that of the first address that is not loopback or IPv6.
      const chosen = (await world.facts())?.mesh.listen.find((one) => !/^\/ip4\/127\.|^\/ip6\//.test(one))
      const port = mesh.port || Number(chosen?.split('/')[4] ?? 0)
      return judgeRules(read, neededPorts(port, discovery.mdns !== false), managerOf())
    },
  },
} satisfies Checks

/** The chains, or why they are not known. */
async function readRules({ run, uid }: World): Promise<readonly Chain[] | string> {
  const [nft, iptables] = await Promise.all([run('nft', 'list', 'ruleset'), run('iptables-save')])
  if (nft.kind === 'missing' && iptables.kind === 'missing')
    return 'neither nft nor iptables-save is installed to read the rules'
  const own = nft.kind === 'ran' && nft.code === 0 ? readNft(nft.stdout) : undefined
  const saved = iptables.kind === 'ran' && iptables.code === 0 ? readIptables(iptables.stdout) : undefined
  if (own === undefined && saved === undefined)
    return uid === 0
      ? 'the rules cannot be read'
      : 'only root may read the rules: sudo karo doctor --only mesh.firewall'
  // Both tools show rules that iptables keeps in nftables; the output of iptables is easier to understand.
  const others =
    saved === undefined ? own : own?.filter(({ table }) => !/^ip (filter|mangle|raw|security)$/.test(table))
  return [...(others ?? []), ...(saved ?? [])]
}

function managerOf(): Manager {
  if (/^ENABLED=yes/m.test(readSystem('/etc/ufw/ufw.conf') ?? '')) return 'ufw'
  return existsSync('/run/firewalld') ? 'firewalld' : undefined
}

/** The ports that Karo needs: connections of neighbours, and mDNS both ways. `port` is 0 while it is unknown. */
export function neededPorts(port: number, mdns: boolean): readonly Port[] {
  const udp = { protocol: 'udp', port: MDNS_PORT } as const
  return [
    ...(port === 0 ? [] : [{ way: 'in', protocol: 'tcp', port } as const]),
    ...(mdns
      ? ([
          { way: 'in', ...udp },
          { way: 'out', ...udp },
        ] as const)
      : []),
  ]
}

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
  const by = manager ? `, managed by ${manager}` : ''
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
  // Of both families: a machine may have IPv6 alone.
  const to = multicast && way === 'in' ? 'meta pkttype multicast ' : ''
  return `sudo nft insert rule ${chain.table} ${chain.name} ${to}${protocol} dport ${port} accept`
}
