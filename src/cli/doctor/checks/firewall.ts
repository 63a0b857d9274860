// The check of the machine's packet filter: what it does with the packets Karo needs.
import { existsSync } from 'node:fs'
import type { NetworkInterfaceInfo } from 'node:os'
import { isPrivateAddress } from '../../../config/addresses.ts'
import { judgePacket, type Packet, type Table } from '../firewall/filter.ts'
import { parseIptables } from '../firewall/iptables.ts'
import { parseNft } from '../firewall/nft.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'
import { readSystem, type World } from '../world.ts'
import { configOf, ELSEWHERE, NO_CONFIG } from './mesh.ts'

const MDNS_GROUP = '224.0.0.251'
const MDNS_PORT = 5353

/** Who manages the rules: what is changed behind its back is gone at its next start. */
export type Manager = 'ufw' | 'firewalld' | undefined

export async function meshFirewall(world: World): Promise<readonly Finding[]> {
  const config = configOf(world)
  if (config === undefined) return [skipped(NO_CONFIG)]
  if (!(await world.sameNetwork())) return [skipped(ELSEWHERE)]
  const read = await readRules(world)
  if ('problem' in read) return [skipped(read.problem)]
  const facts = await world.facts()
  const port = config.mesh.port || portOf(facts?.mesh.listen ?? [])
  const places = placesOf(world.interfaces(), config.mesh.allow_cgnat)
  if (places.length === 0) return [skipped('this machine has no private IPv4 address but loopback')]
  const packets = needed(places, port, config.discovery.mdns !== false)
  return judgeRules(read.tables, packets, managerOf())
}

/** A port that was taken because it was free: the same on every address with one listener, else the first. */
const portOf = (listen: readonly string[]): number =>
  Number(listen.find((address) => !/^\/ip4\/127\.|^\/ip6\//.test(address))?.split('/')[4] ?? 0)

async function readRules(
  world: World,
): Promise<{ readonly tables: readonly Table[] } | { readonly problem: string }> {
  const [nft, iptables] = await Promise.all([
    world.run('nft', '-j', 'list', 'ruleset'),
    world.run('iptables-save'),
  ])
  if (nft.kind === 'missing' && iptables.kind === 'missing') {
    return { problem: 'neither nft nor iptables-save is here to read the rules with' }
  }
  const readable = [nft, iptables].filter((one) => one.kind === 'ran' && one.code === 0)
  if (readable.length === 0) {
    return {
      problem:
        world.uid === 0
          ? 'the rules cannot be read'
          : 'only root may read the rules: sudo karo doctor --only mesh.firewall',
    }
  }
  const saved = iptables.kind === 'ran' && iptables.code === 0 ? parseIptables(iptables.stdout) : undefined
  const own = nft.kind === 'ran' && nft.code === 0 ? parseNft(nft.stdout) : []
  // What iptables keeps in nftables is shown by both, and by its own tool understandably.
  const others = saved === undefined ? own : own.filter((table) => !isOfIptables(table))
  return { tables: [...others, ...(saved ?? [])] }
}

const isOfIptables = ({ name, chains }: Table): boolean =>
  /^ip (filter|mangle|raw|security)$/.test(name) && chains.some((chain) => /^[A-Z]+$/.test(chain.name))

function managerOf(): Manager {
  if (/^ENABLED=yes/m.test(readSystem('/etc/ufw/ufw.conf') ?? '')) return 'ufw'
  return existsSync('/run/firewalld') ? 'firewalld' : undefined
}

interface Place {
  readonly interface: string
  readonly address: string
}

function placesOf(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>, allowCgnat: boolean): readonly Place[] {
  return Object.entries(interfaces).flatMap(([name, infos]) =>
    (infos ?? [])
      .filter(
        ({ family, internal, address }) =>
          family === 'IPv4' && !internal && isPrivateAddress(address, { allowCgnat }),
      )
      .map(({ address }) => ({ interface: name, address })),
  )
}

export interface Needed {
  /** Begins the sentence. */
  readonly what: string
  readonly packet: Packet
}

/** The first packet of a neighbour's connection, and mDNS both ways, on each interface. */
export function needed(places: readonly Place[], port: number, mdns: boolean): readonly Needed[] {
  return places.flatMap((place): Needed[] => {
    const { address } = place
    const at = { interface: place.interface, source: address }
    const group = { protocol: 'udp', port: MDNS_PORT, destination: MDNS_GROUP, multicast: true } as const
    return [
      ...(port === 0
        ? []
        : [
            {
              what: `connections to the mesh (TCP ${port}) on ${place.interface}`,
              // Somebody in the same network: as good as this machine's own address for any rule about subnets.
              packet: {
                way: 'in',
                protocol: 'tcp',
                port,
                destination: address,
                multicast: false,
                ...at,
              } as const,
            },
          ]),
      ...(mdns
        ? [
            {
              what: `mDNS (UDP ${MDNS_PORT}) coming in on ${place.interface}`,
              packet: { way: 'in', ...group, ...at } as const,
            },
            {
              what: `mDNS (UDP ${MDNS_PORT}) going out on ${place.interface}`,
              packet: { way: 'out', ...group, ...at } as const,
            },
          ]
        : []),
    ]
  })
}

export function judgeRules(
  tables: readonly Table[],
  packets: readonly Needed[],
  manager: Manager,
): readonly Finding[] {
  const found = packets.flatMap(({ what, packet }): Finding[] => {
    const { outcome, at } = judgePacket(tables, packet)
    if (outcome === 'accept' || at === undefined) return []
    const fix = opening(packet, at, manager)
    const where = `${at.table}, chain ${at.chain}: ${at.rule}`
    return outcome === 'drop'
      ? [fail(`${what}: dropped (${where})`, fix)]
      : [warn(`${what}: perhaps dropped (${where})`, fix)]
  })
  if (found.length > 0) return found
  const rules = tables.reduce(
    (sum, { chains }) => sum + chains.reduce((n, chain) => n + chain.rules.length, 0),
    0,
  )
  return [ok(rules === 0 ? 'there are no rules' : `${rules} rules let everything pass that Karo needs`)]
}

/** The command that lets the packet pass. */
function opening(
  packet: Packet,
  at: { readonly table: string; readonly chain: string },
  manager: Manager,
): string {
  const { protocol, port, way, multicast } = packet
  if (manager === 'ufw') {
    const to = multicast ? `to ${MDNS_GROUP} ` : 'to any '
    return `sudo ufw allow ${way} proto ${protocol} ${to}port ${port}`
  }
  if (manager === 'firewalld') {
    const what = multicast ? '--add-service=mdns' : `--add-port=${port}/${protocol}`
    return `sudo firewall-cmd --permanent ${what}\nsudo firewall-cmd --reload`
  }
  const table = /^iptables -t (.*)$/.exec(at.table)?.[1]
  if (table !== undefined) {
    const to = multicast ? `-d ${MDNS_GROUP} ` : ''
    return `sudo iptables -t ${table} -I ${at.chain} -p ${protocol} ${to}--dport ${port} -j ACCEPT`
  }
  const to = multicast ? `ip daddr ${MDNS_GROUP} ` : ''
  return `sudo nft insert rule ${at.table} ${at.chain} ${to}${protocol} dport ${port} accept`
}
