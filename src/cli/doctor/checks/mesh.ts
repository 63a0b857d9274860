// Checks of this node's place in the network: ports, addresses, multicast, names of peers.
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import type { MulticastFacts } from '../../../api/contract/shapes.ts'
import { isLoopback, isPrivateAddress } from '../../../config/addresses.ts'
import { hostsOf } from '../../../config/host-names.ts'
import type { Config } from '../../../config/index.ts'
import {
  type Checks,
  configOf,
  ELSEWHERE,
  type Finding,
  fail,
  ok,
  skipped,
  troubleOf,
  Unknown,
  warn,
} from '../check.ts'
import { endpoint } from '../egress.ts'
import { type Holder, holderOf, type InetSocket, socketTable } from '../sockets.ts'
import { readSystem, type World } from '../world.ts'
import { RESTART, restartOf } from './config.ts'

/** Names in one line; the rest is to be found in the configuration. */
const NAMES_SHOWN = 4
const ANY = new Set(['0.0.0.0', '::'])
const NO_PORT = 'the mesh does not listen, see mesh.port'

export const http = {
  'http.listener': {
    title: 'REST API',
    what: 'The daemon listens on the configured HTTP port, on loopback only; while no daemon runs, the port is free.',
    why: 'Otherwise browsers and scripts would send their tokens for Karo to another program.',
    severity: 'fail',
    fix: 'Choose another http.port, or end the named program.',
    async look(world) {
      const facts = await world.facts()
      const { host, port } = facts?.http ?? {}
      return lookAtPort(world, 'http', {
        listens: host === undefined ? facts && [] : [`${host}:${port}`],
        isBound: (ip) => ip === '127.0.0.1',
        without: facts?.http === null ? 'it is off' : undefined,
      })
    },
  },
} satisfies Checks

export const mesh = {
  'mesh.port': {
    title: 'mesh port',
    what: 'The daemon listens on the port of the mesh; while no daemon runs, the port is free.',
    why: 'Without it no other node can connect to this one.',
    severity: 'fail',
    fix: 'Choose another mesh.port (0 takes any free one), or end the named program.',
    async look(world) {
      const { listen } = configOf(world).mesh
      const facts = await world.facts()
      return lookAtPort(world, 'mesh', {
        // `/ip6/fd00::5/tcp/9238` → `[fd00::5]:9238`.
        listens: facts?.mesh.listen.map((one) => endpoint(ipOf(one), Number(one.split('/')[4]))),
        isBound: (ip) => listen === 'auto' || listen.includes(ip),
        without: listen.length === 0 ? 'does not listen, as configured' : undefined,
      })
    },
  },
  'mesh.addresses': {
    title: 'addresses',
    what: 'The daemon listens on every private address that this machine has now.',
    why: 'Others cannot reach this node at an address where it does not listen. With mesh.listen = "auto" it listens at a new one within 15 seconds.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: RESTART,
    async look(facts, world) {
      const config = configOf(world)
      if (!(await world.sameNetwork())) return skipped(ELSEWHERE)
      const interfaces = world.interfaces()
      const names = (readSystem('/proc/net/dev') ?? '').matchAll(/^ *([^:|\n]+):/gm)
      const down = [...names]
        .map(([, name = '']) => name)
        .filter((name) => readSystem(`/sys/class/net/${name}/operstate`)?.trim() === 'down')
      const listening = facts.mesh.listen.map(ipOf)
      return judgeAddresses(
        config.mesh,
        interfaces,
        listening,
        Object.keys(interfaces).length === 0 ? [] : down,
        restartOf(world),
        heldByOthers(config.mesh.port, listening, tcpTable(facts.pid)),
      )
    },
  },
  'mesh.lan_only': {
    title: 'private addresses only',
    what: 'mesh.lan_only is on, and the daemon listens only on private addresses.',
    why: 'While it is on, Karo sends nothing outside the local networks, whatever else is configured.',
    severity: 'warn',
    fix: 'Remove lan_only = false under [mesh] in config.toml, then restart the daemon.',
    look: async (world) =>
      judgeLanOnly(configOf(world).mesh, (await world.facts())?.mesh.listen.map(ipOf) ?? []),
  },
  'mesh.names': {
    title: 'names of peers',
    what: 'Each host name in discovery.peers can be looked up without asking anybody outside the local network.',
    why: 'With mesh.lan_only, only /etc/hosts and the servers in discovery.resolvers are asked: other names are not dialed.',
    severity: 'warn',
    fix: 'Name a DNS server of the local network by its IP address in discovery.resolvers, or put the host into /etc/hosts, then restart the daemon.',
    look: async (world) =>
      judgeNames(configOf(world), hostsOf(await readFile('/etc/hosts', 'utf8').catch(() => ''))),
  },
  'mesh.multicast': {
    title: 'multicast',
    what: 'On each interface an mDNS question can be sent, this machine receives it itself, and others answer within 2 s.',
    why: 'Nodes find each other by multicast. Firewalls, switches with IGMP snooping and Wi-Fi with client isolation can drop it silently.',
    severity: 'fail',
    looksAt: 'admin',
    fix: 'sudo karo doctor --only mesh.firewall shows which rule names UDP 5353, and the command that allows it. Or name the other nodes in discovery.peers, which needs no multicast.',
    look({ multicast, mesh }) {
      if (mesh.listen.length === 0) return skipped(NO_PORT)
      if (!multicast?.length) return skipped('discovery.mdns is off, or allows no interface of this machine')
      return multicast.map(judgePlace)
    },
  },
} satisfies Checks

/** `/ip4/10.0.0.5/tcp/9238` → `10.0.0.5`. */
const ipOf = (multiaddr: string): string => multiaddr.split('/')[2] ?? ''

const tcpTable = (pid: number | 'self'): readonly InetSocket[] =>
  socketTable(pid).flatMap((socket) => (socket.kind === 'tcp' ? socket : []))

interface PortLook {
  readonly part: 'mesh' | 'http'
  readonly port: number
  /** Addresses on which the daemon says that it listens; undefined if no daemon answers. */
  readonly listens: readonly string[] | undefined
  /** The daemon's reason why it cannot listen; undefined if it can. */
  readonly trouble: string | undefined
  /** Another process that listens on the port, as far as it is known. */
  readonly taken: { readonly address: string; readonly holder: Holder | undefined } | undefined
  /** A daemon is alive and does not answer, so a port that no other program holds may be its own. */
  readonly held?: boolean
  /** What is said of a daemon that is not meant to listen. */
  readonly without?: string | undefined
}

async function lookAtPort(
  world: World,
  part: PortLook['part'],
  look: Pick<PortLook, 'listens' | 'without'> & { isBound(ip: string): boolean },
): Promise<Finding> {
  const { port } = configOf(world)[part]
  const state = await world.daemon()
  const pid = 'pid' in state ? state.pid : undefined
  // The owner of a listening socket may be the daemon.
  if (pid === undefined && state.kind !== 'down')
    throw new Unknown('it is unknown whether the daemon or another program uses the port, see daemon.running')
  const facts = await world.facts()
  const trouble = troubleOf(facts, `${part}.listening`)
  /** The first listening socket on that port that is not the daemon's. */
  const takenBy = (): PortLook['taken'] => {
    for (const socket of port === 0 ? [] : tcpTable(pid ?? 'self')) {
      const { local: address, inode } = socket
      const isIts = socket.listens && socket.localPort === port && (ANY.has(address) || look.isBound(address))
      const holder = isIts ? holderOf(inode) : undefined
      if (isIts && (holder === undefined || holder.pid !== pid)) return { address, holder }
    }
    return undefined
  }
  return judgePort({
    part,
    port,
    listens: look.listens,
    trouble,
    taken: facts !== undefined && trouble === undefined ? undefined : takenBy(),
    held: facts === undefined && pid !== undefined,
    without: look.without,
  })
}

export function judgePort(look: PortLook): Finding {
  const { port, listens, trouble, taken } = look
  const another = `choose another port, 0 for any free one: karo config set ${look.part}.port 0`
  if (listens !== undefined && listens.length > 0 && trouble === undefined)
    return ok(`listens on ${listens.join(' ')}`)
  if (taken !== undefined) {
    const { address, holder } = taken
    const [who, end] =
      holder === undefined
        ? [
            'a program of another user, perhaps a node of Karo,',
            `whose it is: sudo ss -lptn 'sport = :${port}'`,
          ]
        : [`${holder.command}, pid ${holder.pid},`, `or end that program: kill ${holder.pid}`]
    return fail(`${who} listens on port ${port} (${address})`, `${another}\n${end}`)
  }
  // It names an address that this machine does not have.
  if (trouble?.includes('mesh.listen')) return fail(trouble, 'ip -br addr')
  if (trouble !== undefined) {
    // The daemon found the port taken, but now no other program uses it.
    const free = `No other program uses port ${port} now, and the daemon tries again every few seconds: run karo doctor again\n`
    return fail(trouble, `${port === 0 ? '' : free}if the problem stays: ${another}`)
  }
  if (look.without !== undefined) return ok(look.without)
  if (listens !== undefined) return fail('the daemon does not listen')
  if (look.held) return ok('no other program uses it')
  return ok(port === 0 ? 'any free port' : `port ${port} is free`)
}

/** Link-local IPv6 addresses; Karo does not listen on them, because no other machine can name their zone. */
const isLinkLocal = (ip: string): boolean => /^fe[89ab]/i.test(ip)

/** Addresses on which another program listens on the mesh's port, and the daemon does not. */
export function heldByOthers(
  port: number,
  daemon: readonly string[],
  table: readonly InetSocket[],
): (ip: string) => boolean {
  const theirs = table
    .filter((one) => one.listens && one.localPort === port && !daemon.includes(one.local))
    .map(({ local }) => local)
  return (ip) => theirs.some((local) => local === ip || ANY.has(local))
}

/** Judges the addresses; mesh.port tells about addresses in `taken`, which another program holds. */
export function judgeAddresses(
  mesh: Config['mesh'],
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
  listening: readonly string[],
  down: readonly string[],
  restart: string,
  taken: (ip: string) => boolean = () => false,
): Finding {
  // mesh.port tells if the daemon does not listen at all.
  if (listening.length === 0) return skipped(NO_PORT)
  const own = Object.entries(interfaces).flatMap(([name, infos = []]) =>
    infos.map(({ address }) => ({ name, address })),
  )
  const isPrivate = (ip: string): boolean => isPrivateAddress(ip, { allowCgnat: mesh.allow_cgnat })
  const closed = own.filter(
    ({ address }) =>
      mesh.listen === 'auto' && isPrivate(address) && !isLinkLocal(address) && !listening.includes(address),
  )
  const missing = closed.filter(({ address }) => !taken(address))
  if (missing.length > 0) {
    const which = missing.map(({ name, address }) => `${address} (${name})`).join(', ')
    return warn(`the daemon does not listen on ${which}`, restart)
  }
  if (closed.length > 0)
    return skipped(
      `another program uses the port at ${closed.map(({ address }) => address).join(', ')}, see mesh.port`,
    )
  const off = down.length === 0 ? '' : `; down: ${down.join(', ')}`
  if (listening.every(isLoopback)) {
    if (mesh.listen !== 'auto') return ok('only on this machine, as configured in mesh.listen')
    const local = own.find(({ address }) => isLinkLocal(address))
    return warn(
      `this machine has no private address except loopback${local ? ` and ${local.address}, which the mesh cannot use because it is valid on one link only` : ''}, so it cannot reach other machines${off}`,
      local
        ? `give each machine one of fd00::/8, here for example: ip address add fd12:3456:789a::1/64 dev ${local.name}`
        : 'ip -br addr',
    )
  }
  const left = own.filter(({ address }) => !isPrivate(address) && !listening.includes(address)).length
  const unused =
    left === 0 ? '' : `; ${left === 1 ? '1 public address is' : `${left} public addresses are`} not used`
  return ok(`${listening.filter((ip) => !isLoopback(ip)).join(' ')}${unused}${off}`)
}

export function judgeLanOnly(mesh: Config['mesh'], listening: readonly string[]): Finding {
  const outside = listening.filter((ip) => !isPrivateAddress(ip, { allowCgnat: mesh.allow_cgnat })).join(', ')
  if (!mesh.lan_only)
    return warn(`mesh.lan_only is off${outside === '' ? '' : `, and it listens on ${outside}`}`)
  return outside === '' ? ok('on') : warn(`it is on, but the daemon listens on ${outside}`)
}

/** Whether the host names of configured peers can be looked up inside the local network. */
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

function judgePlace(place: MulticastFacts): Finding {
  const { not_sent, heard_others, connected_nodes: count } = place
  const at = `${place.interface} (${place.address}):`
  // A filter on the way out makes a send fail with EPERM (netfilter); other errors come from routes and interfaces.
  if (not_sent === 'EPERM') return fail(`${at} cannot send (EPERM: a firewall drops it on the way out)`)
  if (not_sent !== null)
    return fail(`${at} cannot send (${not_sent}: the interface or its route)`, 'ip route')
  if (!place.heard_itself)
    return fail(`${at} sends, but does not receive its own question: UDP 5353 is dropped on the way in`)
  const hears = `${at} receives its own question`
  if (heard_others > 0)
    return ok(`${hears} and answers of ${heard_others} others, ${place.heard_nodes} of them nodes of Karo`)
  if (count === 0)
    return ok(
      `${hears}; no other machine answered, and no member is connected there that would have shown whether others are heard`,
    )
  return warn(
    `${hears} but no other machine, and ${count} connected ${count === 1 ? 'node is' : 'nodes are'} there: a firewall of theirs, or the network between the machines, drops multicast`,
    'Run karo doctor there, check switch and Wi-Fi, or name the nodes in discovery.peers.',
  )
}
