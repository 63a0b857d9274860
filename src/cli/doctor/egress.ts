// Every socket of the daemon and why it is allowed to have it, looked at often enough to be sure of unexplained ones: one that nothing explains is a failure.
import { isIP } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionFacts, DaemonFacts } from '../../api/contract/shapes.ts'
import { KaroError } from '../../base/errors.ts'
import { UNHEARD_GROUP } from '../../base/words/unheard-group.ts'
import { isLoopback, isPrivateAddress } from '../../config/addresses.ts'
import type { Config } from '../../config/index.ts'
import { type InetSocket, type OpenSocket, openSockets, type UnixSocket } from './sockets.ts'

export interface Explained {
  readonly fd: number
  readonly kind: OpenSocket['kind']
  /** `10.0.0.5:9238`, a path, or empty. */
  readonly local: string
  /** The other end; empty where there is none. */
  readonly remote: string
  /** Null: nothing of Karo opens such a socket. */
  readonly why: string | null
}

export interface EgressContext {
  readonly facts: Pick<DaemonFacts, 'mesh' | 'http'>
  readonly mesh: Pick<Config['mesh'], 'lan_only' | 'allow_cgnat'>
  readonly discovery: Pick<Config['discovery'], 'resolvers'>
  /** Path of the control socket. */
  readonly socket: string
}

const MDNS_PORT = 5353
/** Descriptors below this one were inherited from the process that started the daemon: input, output, log. */
const STANDARD = 3

/** `10.0.0.5:9238`, `[fd00::5]:9238`. */
export const endpoint = (ip: string, port: number): string =>
  isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`

/** The facts have to be of a moment near that of the sockets. */
export function explain(sockets: readonly OpenSocket[], context: EgressContext): readonly Explained[] {
  return sockets.map((socket): Explained => {
    const one = { fd: socket.fd, kind: socket.kind, local: '', remote: '', why: null }
    switch (socket.kind) {
      case 'tcp':
      case 'udp':
        return {
          ...one,
          local: endpoint(socket.local, socket.localPort),
          remote: socket.remotePort === 0 ? '' : endpoint(socket.remote, socket.remotePort),
          why: socket.kind === 'udp' ? whyUdp(socket, context) : whyTcp(socket, context),
        }
      case 'unix':
        return { ...one, local: socket.path, why: whyUnix(socket, context) }
      case 'netlink':
        return { ...one, why: 'asks the kernel for the network interfaces' }
      default:
        return one
    }
  })
}

/** Loopback and private, as far as `lan_only` wants it. */
function mayTalkTo(ip: string, { mesh }: EgressContext): boolean {
  return !mesh.lan_only || isPrivateAddress(ip, { allowCgnat: mesh.allow_cgnat })
}

const DNS_PORT = 53
const RESOLVES = 'asks a DNS server for the names of nodes (discovery.resolvers)'
const isResolver = ({ remote, remotePort }: InetSocket, { discovery }: EgressContext): boolean =>
  remotePort === DNS_PORT && discovery.resolvers.includes(remote)

function whyTcp(socket: InetSocket, context: EgressContext): string | null {
  const { mesh, http } = context.facts
  const { local, localPort, remote, remotePort, listens } = socket
  const isMeshDoor = mesh.listen.some((address) => {
    const [, , ip, , port] = address.split('/')
    return ip === local && Number(port) === localPort
  })
  const isHttpDoor = http !== null && isLoopback(local) && localPort === http.port
  if (listens) {
    if (isMeshDoor) return mayTalkTo(local, context) ? 'other nodes connect to it (mesh.port)' : null
    return isHttpDoor ? 'REST API, for this machine only (http.port)' : null
  }
  if (!mayTalkTo(remote, context)) return null
  if (isResolver(socket, context)) return RESOLVES
  if (isHttpDoor) return isLoopback(remote) ? 'a browser or script on this machine (http.port)' : null
  const other = `${remote}:${remotePort}`
  const link = mesh.connections.find((one) => one.remote === other)
  if (link !== undefined) return whyLink(link)
  if (isMeshDoor) return 'incoming connection that has not proven a key yet'
  return mesh.dialing.includes(other) ? 'connecting to a member or a configured peer' : null
}

function whyLink({ name, fingerprint, admitted, dialed }: ConnectionFacts): string {
  const who = `${name} (${fingerprint})`
  const how = dialed ? 'connected by this node' : 'connected by the other node'
  return admitted ? `link to ${who}, ${how}` : `${who}, without trust on both sides; ${how}`
}

/**
 * mDNS has two sockets over IPv4: one hears, and one, of a group that nobody sends to, asks on each interface in turn. Over IPv6 one hears, and
 * one for each packet has the address that it is sent from. More of them while multicast is tried.
 */
function whyUdp(socket: InetSocket, context: EgressContext): string | null {
  const { local, localPort, remote, remotePort } = socket
  const { facts } = context
  if (isResolver(socket, context)) return mayTalkTo(remote, context) ? RESOLVES : null
  if (localPort !== MDNS_PORT || remotePort !== 0 || facts.mesh.mdns.length === 0) return null
  const isOurs = ['0.0.0.0', '::', UNHEARD_GROUP, ...facts.mesh.mdns].includes(local)
  return isOurs ? `mDNS on ${facts.mesh.mdns.join(', ')}` : null
}

/** These do not leave the machine; but a socket to another program is listed. */
function whyUnix(
  { fd, type, path }: UnixSocket & { readonly fd: number },
  { socket }: EgressContext,
): string | null {
  // It is bound under a name nobody can guess in the same directory, then moved (unix(7) keeps telling that name).
  const hidden = dirname(path) !== '/' && /^\.[A-Za-z0-9]{6}$/.test(path.split('/').at(-2) ?? '')
  const directory = hidden ? dirname(dirname(path)) : dirname(path)
  if (path === socket || (hidden && directory === dirname(socket)))
    return 'control socket, and commands that use it'
  if (fd < STANDARD) return 'standard input or output of the daemon'
  if (type === 'datagram' && path === '') return 'reports its state to the service manager (NOTIFY_SOCKET)'
  return null
}

/**
 * Sockets come and go between the two looks: what nothing explains counts only if it is open, unexplained, in every one of
 * several. `looks` are newest last.
 */
export function settle(looks: readonly (readonly Explained[])[]): readonly Explained[] {
  const last = looks.at(-1) ?? []
  const key = ({ fd, kind, local, remote }: Explained): string => `${fd} ${kind} ${local} ${remote}`
  const always = (one: Explained): boolean =>
    looks.every((look) => look.some((other) => other.why === null && key(other) === key(one)))
  return last.filter((one) => one.why !== null || always(one))
}

const LOOKS = 4
/** A dial that nobody answers ends after some seconds; it is explained as long as it lasts. */
const BETWEEN_MS = 400

/**
 * Compares the sockets of the running daemon with its own list; ends with the first look that explains everything. `facts` is called
 * again for each comparison. KaroError `refused` where only root may look.
 */
export async function lookAtEgress(
  pid: number,
  facts: () => Promise<DaemonFacts>,
  context: Omit<EgressContext, 'facts'>,
): Promise<readonly Explained[]> {
  const looks: (readonly Explained[])[] = []
  for (let i = 0; i < LOOKS; i++) {
    if (i > 0) await sleep(BETWEEN_MS)
    // Before and after: a connection that came or went in between is in one of the two.
    const before = await facts()
    const sockets = socketsOf(pid)
    const after = await facts()
    const known = {
      http: after.http,
      mesh: {
        ...after.mesh,
        connections: [...before.mesh.connections, ...after.mesh.connections],
        dialing: [...before.mesh.dialing, ...after.mesh.dialing],
      },
    }
    looks.push(explain(sockets, { ...context, facts: known }))
    if (looks.at(-1)?.every(({ why }) => why !== null)) break
  }
  return settle(looks)
}

function socketsOf(pid: number) {
  try {
    return openSockets(pid)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM')
      throw new KaroError('refused', `only root may see which sockets process ${pid} has open`, {
        hint: 'sudo karo doctor --egress',
        cause,
      })
    throw new KaroError('not_found', `pid ${pid} has just ended`, { cause })
  }
}
