// Checks of this node's place in the network: ports, addresses, multicast.
import type { NetworkInterfaceInfo } from 'node:os'
import type { DaemonFacts, MulticastFacts } from '../../../api/contract/shapes.ts'
import { isLoopback, isPrivateAddress } from '../../../config/addresses.ts'
import type { Config } from '../../../config/index.ts'
import { endpoint } from '../egress.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'
import { type Holder, holderOf, type InetSocket, socketTable } from '../sockets.ts'
import { readSystem, type World } from '../world.ts'
import { restartOf } from './config.ts'

/** The configuration; undefined if it cannot be used, which config.file tells. */
export function configOf(world: World): Config | undefined {
  const config = world.config()
  return 'loaded' in config ? config.loaded.config : undefined
}

export const NO_CONFIG = 'the configuration cannot be used, see config.file'

interface PortLook {
  /** `mesh.port`, `http.port`. */
  readonly key: string
  readonly port: number
  /** Addresses on which the daemon says that it listens; undefined if no daemon answers. */
  readonly listens: readonly string[] | undefined
  /** The daemon's reason why it cannot listen; undefined if it can. */
  readonly trouble: string | undefined
  /** Another process that listens on the port, as far as it is known. */
  readonly taken: { readonly address: string; readonly holder: Holder | undefined } | undefined
  readonly config: string
  /** A daemon is alive and does not answer, so a port that no other program holds may be its own. */
  readonly held?: boolean
  /** The configuration names no address. */
  readonly alone?: boolean
}

export function judgePort(look: PortLook): Finding {
  const { key, port, listens, trouble, taken, config } = look
  if (listens !== undefined && listens.length > 0 && trouble === undefined)
    return ok(`listens on ${listens.join(' ')}`)
  if (taken !== undefined) {
    const { address, holder } = taken
    const who = holder === undefined ? 'a program of another user' : `${holder.command}, pid ${holder.pid},`
    const end = holder === undefined ? `sudo ss -lptn 'sport = :${port}'` : `kill ${holder.pid}`
    return fail(`${who} listens on port ${port} (${address})`, `${end}\nor set another ${key} in ${config}`)
  }
  if (trouble !== undefined) {
    // The daemon found the port taken, but now no other program uses it.
    const free = `No other program uses port ${port} now, and the daemon tries again every few seconds: run karo doctor again`
    return fail(
      trouble,
      `${port === 0 ? '' : `${free}\n`}if the problem stays: set another ${key} in ${config}`,
    )
  }
  if (look.alone) return ok('does not listen, as configured')
  if (listens !== undefined) return fail('the daemon does not listen')
  if (look.held) return ok('no other program uses it')
  return ok(port === 0 ? 'any free port' : `port ${port} is free`)
}

/** The first listening socket on that port that is not the daemon's. */
function takenBy(
  port: number,
  addresses: (ip: string) => boolean,
  daemon: number | undefined,
  table: readonly InetSocket[],
): PortLook['taken'] {
  if (port === 0) return undefined
  for (const socket of table) {
    if (!socket.listens || socket.localPort !== port || !addresses(socket.local)) continue
    const holder = holderOf(socket.inode)
    if (holder !== undefined && holder.pid === daemon) continue
    return { address: socket.local, holder }
  }
  return undefined
}

/** The TCP sockets; undefined if an owner of a listening socket is unknown, since it may be the daemon. */
async function tcpTable(
  world: World,
): Promise<{ pid: number | undefined; table: readonly InetSocket[] } | undefined> {
  const state = await world.daemon()
  const pid = 'pid' in state ? state.pid : undefined
  if (pid === undefined && state.kind !== 'down') return undefined
  const table = socketTable(pid ?? 'self').flatMap((socket) => (socket.kind === 'tcp' ? socket : []))
  return { pid, table }
}

const UNKNOWN = 'it is unknown whether the daemon or another program uses the port, see daemon.running'

const ANY = new Set(['0.0.0.0', '::'])

/**
 * What is known of a port of the daemon; `trouble` is why the daemon does not listen on it. A finding where nothing is
 * known.
 */
async function lookAtPort(world: World, listening: 'mesh.listening' | 'http.listening') {
  const config = configOf(world)
  if (config === undefined) return skipped(NO_CONFIG)
  const facts = await world.facts()
  const tcp = await tcpTable(world)
  if (tcp === undefined) return skipped(UNKNOWN)
  const check = facts?.checks.find(({ name }) => name === listening)
  return { config, facts, ...tcp, trouble: check?.ok === false ? check.detail : undefined }
}

export async function meshPort(world: World): Promise<Finding> {
  const look = await lookAtPort(world, 'mesh.listening')
  if (!('config' in look)) return look
  const { facts, pid, table, trouble } = look
  const { port, listen } = look.config.mesh
  const bound = (ip: string): boolean => ANY.has(ip) || listen === 'auto' || listen.includes(ip)
  return judgePort({
    key: 'mesh.port',
    port,
    listens: facts?.mesh.listen.map(shown),
    trouble,
    taken: facts !== undefined && trouble === undefined ? undefined : takenBy(port, bound, pid, table),
    config: world.paths.config,
    held: facts === undefined && pid !== undefined,
    alone: listen.length === 0,
  })
}

export async function httpListener(world: World): Promise<Finding> {
  const look = await lookAtPort(world, 'http.listening')
  if (!('config' in look)) return look
  const { facts, pid, table, trouble } = look
  if (facts !== undefined && facts.http === null && trouble === undefined) return ok('it is off')
  const { port } = look.config.http
  const bound = (ip: string): boolean => ANY.has(ip) || ip === '127.0.0.1'
  return judgePort({
    key: 'http.port',
    port,
    listens: facts?.http ? [`${facts.http.host}:${facts.http.port}`] : facts && [],
    trouble,
    taken: facts?.http && trouble === undefined ? undefined : takenBy(port, bound, pid, table),
    config: world.paths.config,
    held: facts === undefined && pid !== undefined,
  })
}

export const ELSEWHERE = 'the daemon is in another network namespace than this command'

/** `/ip6/fd00::5/tcp/9238` → `[fd00::5]:9238`. */
const shown = (multiaddr: string): string => endpoint(ipOf(multiaddr), Number(multiaddr.split('/')[4]))

/** `/ip4/10.0.0.5/tcp/9238` → `10.0.0.5`. */
const ipOf = (multiaddr: string): string => multiaddr.split('/')[2] ?? ''

export async function meshAddresses(world: World): Promise<Finding> {
  const config = configOf(world)
  if (config === undefined) return skipped(NO_CONFIG)
  const facts = await world.facts()
  if (facts === undefined) return skipped('only a running daemon knows this')
  if (!(await world.sameNetwork())) return skipped(ELSEWHERE)
  const down = Object.keys(world.interfaces()).length === 0 ? [] : downInterfaces()
  const listening = facts.mesh.listen.map(ipOf)
  return judgeAddresses(
    config.mesh,
    world.interfaces(),
    listening,
    down,
    restartOf(world, facts.pid),
    heldByOthers(config.mesh.port, listening, (await tcpTable(world))?.table ?? []),
  )
}

function downInterfaces(): string[] {
  const text = readSystem('/proc/net/dev') ?? ''
  const names = text.split('\n').flatMap((line) => /^ *([^:|]+):/.exec(line)?.[1] ?? [])
  return names.filter((name) => readSystem(`/sys/class/net/${name}/operstate`)?.trim() === 'down')
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
  if (listening.length === 0) return skipped('the mesh does not listen, see mesh.port')
  const own = Object.entries(interfaces).flatMap(([name, infos]) =>
    (infos ?? []).map(({ address }) => ({ name, address })),
  )
  const isPrivate = (ip: string): boolean => isPrivateAddress(ip, { allowCgnat: mesh.allow_cgnat })
  const wanted =
    mesh.listen === 'auto' ? own.filter(({ address }) => isPrivate(address) && !isLinkLocal(address)) : []
  const closed = wanted.filter(({ address }) => !listening.includes(address))
  const missing = closed.filter(({ address }) => !taken(address))
  if (missing.length > 0) {
    const which = missing.map(({ name, address }) => `${address} (${name})`).join(', ')
    return warn(`the daemon does not listen on ${which}, added after its start`, restart)
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
  const public_ =
    left === 0 ? '' : `; ${left === 1 ? '1 public address is' : `${left} public addresses are`} not used`
  return ok(`${listening.filter((ip) => !isLoopback(ip)).join(' ')}${public_}${off}`)
}

export async function meshLanOnly(world: World): Promise<Finding> {
  const config = configOf(world)
  if (config === undefined) return skipped(NO_CONFIG)
  const facts = await world.facts()
  return judgeLanOnly(config.mesh, facts?.mesh.listen.map(ipOf) ?? [])
}

export function judgeLanOnly(mesh: Config['mesh'], listening: readonly string[]): Finding {
  const outside = listening.filter((ip) => !isPrivateAddress(ip, { allowCgnat: mesh.allow_cgnat }))
  if (!mesh.lan_only) {
    const where = outside.length === 0 ? '' : `, and it listens on ${outside.join(', ')}`
    return warn(`mesh.lan_only is off${where}`)
  }
  return outside.length === 0 ? ok('on') : warn(`it is on, but the daemon listens on ${outside.join(', ')}`)
}

/** The next step: only the rules themselves tell which one drops the packets, and which command opens the port. */
const LOOK =
  'sudo karo doctor --only mesh.firewall\nor name the other nodes in discovery.peers, which needs no multicast'

export function judgeMulticast({
  multicast,
  mesh,
}: Pick<DaemonFacts, 'multicast' | 'mesh'>): readonly Finding[] {
  if (mesh.listen.length === 0) return [skipped('the mesh does not listen, see mesh.port')]
  if (multicast === null || multicast.length === 0) {
    return [skipped('discovery.mdns is off, or allows no interface of this machine')]
  }
  return multicast.map(judgePlace)
}

function judgePlace(place: MulticastFacts): Finding {
  const at = `${place.interface} (${place.address})`
  if (place.not_sent !== null) {
    // A filter on the way out makes a send fail with EPERM (netfilter); other errors come from routes and interfaces.
    const why =
      place.not_sent === 'EPERM' ? 'a firewall drops it on the way out' : 'the interface or its route'
    return fail(
      `${at}: cannot send (${place.not_sent}: ${why})`,
      place.not_sent === 'EPERM' ? LOOK : 'ip route',
    )
  }
  if (!place.heard_itself) {
    return fail(
      `${at}: sends, but does not receive its own question: UDP 5353 is dropped on the way in`,
      LOOK,
    )
  }
  if (place.heard_others === 0) {
    const count = place.connected_nodes
    if (count === 0) return ok(`${at}: receives its own question; no other machine answered`)
    return warn(
      `${at}: receives its own question but no other machine, and ${count} connected ${count === 1 ? 'node is' : 'nodes are'} there: the network between the machines drops multicast`,
      'Check IGMP snooping of the switch and client isolation of the Wi-Fi, or name the nodes in discovery.peers.',
    )
  }
  return ok(
    `${at}: receives its own question and answers of ${place.heard_others} others, ${place.heard_nodes} of them nodes of Karo`,
  )
}
