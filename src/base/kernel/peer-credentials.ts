// The user at the other end of a Unix socket, by the kernel's SO_PEERCRED, read once when a connection is accepted.
import type { Socket } from 'node:net'
import type { Log } from '../run/log.ts'
import { loadLibc } from './libc.ts'
import { startOf } from './sessions.ts'

export interface PeerCredentials {
  /** Reads the credentials of a connection just accepted; later its descriptor may be gone. */
  note(socket: Socket): void
  /** The effective uid with which it was connected; undefined when it was not noted, or the kernel did not say. */
  uidOf(socket: Socket): number | undefined
}

/** The user and the process, for callers that inspect the process. */
export interface PeerProcesses extends PeerCredentials {
  /**
   * The process that connected; undefined as for `uidOf`, and once it has ended: another one may hold its end of the connection, and a
   * third may have its number.
   */
  pidOf(socket: Socket): number | undefined
}

// These numbers hold on every Linux architecture that Node runs on except MIPS and SPARC (socket.h's generic headers).
const SOL_SOCKET = 1
const SO_PEERCRED = 17
/** `struct ucred` of unix(7): pid, uid, gid, 32 bits each. */
const UCRED_BYTES = 12
/** The uid that the kernel reports for a socket without credentials. */
const NO_UID = 0xffff_ffff
/** The uid of accounts without a number in this namespace (user_namespaces(7)); several people may share it. */
const OVERFLOW_UID = 65_534

/** Without the library no connection has credentials, and the log says so. */
export async function openPeerCredentials(log: Log): Promise<PeerProcesses> {
  const peers = new WeakMap<Socket, Peer>()
  let read: (fd: number) => Peer | undefined
  try {
    read = await loadReader()
  } catch (error) {
    log.error({ reason: (error as Error).message }, 'the control socket cannot tell which user connects')
    read = () => undefined
  }
  return {
    note(socket) {
      const fd = descriptorOf(socket)
      const peer = fd === undefined ? undefined : read(fd)
      if (peer !== undefined) peers.set(socket, peer)
    },
    uidOf: (socket) => peers.get(socket)?.uid,
    pidOf(socket) {
      const peer = peers.get(socket)
      return peer?.started === startOf(peer?.pid) ? peer?.pid : undefined
    },
  }
}

type Getsockopt = (fd: number, level: number, option: number, value: Uint8Array, size: Uint32Array) => number

interface Peer {
  readonly uid: number
  /** Undefined for a process of another namespace, which has no number here. */
  readonly pid: number | undefined
  readonly started: number | undefined
}

async function loadReader(): Promise<(fd: number) => Peer | undefined> {
  if (process.platform !== 'linux') throw new Error(`there is no SO_PEERCRED on ${process.platform}`)
  const { libc } = await loadLibc()
  const getsockopt = libc.func(
    'int getsockopt(int fd, int level, int option, uint8_t *value, uint32_t *size)',
  ) as Getsockopt
  return (fd) => {
    const ucred = new Uint8Array(UCRED_BYTES)
    const size = new Uint32Array([UCRED_BYTES])
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ucred, size) !== 0 || size[0] !== UCRED_BYTES)
      return undefined
    const [pid = 0, uid = NO_UID] = new Uint32Array(ucred.buffer)
    return uid === NO_UID || uid === OVERFLOW_UID
      ? undefined
      : { uid, pid: pid === 0 ? undefined : pid, started: startOf(pid) }
  }
}

/** Node has no name for it: the wrapped handle of a stream, null once the socket is destroyed. */
export function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: number } | null }
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined
}
