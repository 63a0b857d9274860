// The kernel's tables of sockets (proc_net(5)) as values, and which of them a process has open.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { endianness } from 'node:os'
import { orElse } from '../../base/run/or-else.ts'

export interface InetSocket {
  readonly kind: 'tcp' | 'udp'
  /** IPv4-mapped addresses as the IPv4 address they are. */
  readonly local: string
  readonly localPort: number
  readonly remote: string
  readonly remotePort: number
  readonly listens: boolean
  readonly inode: string
}

export interface UnixSocket {
  readonly kind: 'unix'
  readonly type: 'stream' | 'datagram' | 'other'
  /** Empty: it has none; `@name` in the abstract namespace. */
  readonly path: string
  readonly inode: string
}

/** One whose table says nothing that matters here. */
export interface OtherSocket {
  readonly kind: 'netlink' | 'packet' | 'raw' | 'unknown'
  readonly inode: string
}

type Socket = InetSocket | UnixSocket | OtherSocket
export type OpenSocket = Socket & {
  /** File descriptor. */
  readonly fd: number
}

const rowsOf = (text: string): readonly string[] => text.split('\n').slice(1)

/** tcp_states.h */
const LISTEN = '0A'

/** `/proc/net/{tcp,tcp6,udp,udp6}`. Lines that are none are left out. */
export function parseInet(kind: InetSocket['kind'], text: string): readonly InetSocket[] {
  return rowsOf(text).flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const local = parseEnd(fields[1])
    const remote = parseEnd(fields[2])
    const inode = fields[9]
    if (!local || !remote || !inode) return []
    return [
      {
        kind,
        local: local.ip,
        localPort: local.port,
        remote: remote.ip,
        remotePort: remote.port,
        listens: kind === 'tcp' && fields[3] === LISTEN,
        inode,
      },
    ]
  })
}

const UNIX_TYPES: Readonly<Record<string, UnixSocket['type']>> = { '0001': 'stream', '0002': 'datagram' }

/** `/proc/net/unix`. */
export function parseUnix(text: string): readonly UnixSocket[] {
  return rowsOf(text).flatMap((line) => {
    const [, type = '', inode, path = ''] = /^\S+: \S+ \S+ \S+ (\S+) \S+ +(\d+)(?: (.*))?$/.exec(line) ?? []
    return inode ? [{ kind: 'unix' as const, type: UNIX_TYPES[type] ?? 'other', path, inode }] : []
  })
}

/** `/proc/net/{netlink,packet,raw,raw6}`: the inode is the last field, or of raw ones the tenth. */
export function parseOther(kind: 'netlink' | 'packet' | 'raw', text: string): readonly OtherSocket[] {
  return rowsOf(text).flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const inode = kind === 'raw' ? fields[9] : fields.at(-1)
    return inode !== undefined && /^\d+$/.test(inode) ? [{ kind, inode }] : []
  })
}

/** `0100007F:2416`, each group of four bytes in the machine's order. */
function parseEnd(text: string | undefined): { ip: string; port: number } | undefined {
  const [, hex, port = ''] = /^((?:[0-9A-F]{8}){1,4}):([0-9A-F]{4})$/.exec(text ?? '') ?? []
  if (!hex) return undefined
  const bytes = Buffer.from(hex, 'hex')
  if (endianness() === 'LE') bytes.swap32()
  return { ip: formatIp(bytes), port: Number.parseInt(port, 16) }
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

function formatIp(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.')
  if (bytes.subarray(0, 12).equals(MAPPED)) return [...bytes.subarray(12)].join('.')
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16))
  // The one spelling everybody uses: RFC 5952, which the URL parser writes.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

const TABLES: readonly (readonly [string, (text: string) => readonly Socket[]])[] = [
  ...(['tcp', 'udp'] as const).map((kind) => [kind, (text: string) => parseInet(kind, text)] as const),
  ['unix', parseUnix],
  ...(['netlink', 'packet', 'raw'] as const).map(
    (kind) => [kind, (text: string) => parseOther(kind, text)] as const,
  ),
]

/** Every socket of the network namespace that process is in; what a table does not tell is left out. */
export function socketTable(pid: number | 'self'): readonly Socket[] {
  return TABLES.flatMap(([name, parse]) =>
    // A kernel without IPv6 has no such table, some kinds have none for it, and a process that has just ended has none at all.
    [name, `${name}6`].flatMap((file) =>
      orElse(() => parse(readFileSync(`/proc/${pid}/net/${file}`, 'utf8')), []),
    ),
  )
}

/** Inodes of the sockets that process has open, with their descriptors. Throws the system's error when it may not be told. */
function socketInodes(pid: number): ReadonlyMap<string, number> {
  const inodes = new Map<string, number>()
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    // Closed meanwhile, it has none.
    const link = orElse(() => readlinkSync(`/proc/${pid}/fd/${name}`), '')
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1]
    if (inode !== undefined) inodes.set(inode, Number(name))
  }
  return inodes
}

/** The sockets that process has open now. Throws the system's error (`EACCES`, `ENOENT`) when it may not be told. */
export function openSockets(pid: number): readonly OpenSocket[] {
  const inodes = socketInodes(pid)
  const table = new Map(socketTable(pid).map((socket) => [socket.inode, socket]))
  // A socket that was closed before the tables were read is in none of them, and the process no longer has it.
  const still = socketInodes(pid)
  return [...inodes].flatMap(([inode, fd]) => {
    const known = table.get(inode)
    if (known !== undefined) return [{ ...known, fd }]
    return still.has(inode) ? [{ kind: 'unknown' as const, inode, fd }] : []
  })
}

export interface Holder {
  readonly pid: number
  readonly command: string
}

/** Which process has that socket open; undefined when it may not be told, which of others' processes only root may. */
export function holderOf(inode: string): Holder | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      if (socketInodes(Number(name)).has(inode))
        return { pid: Number(name), command: readFileSync(`/proc/${name}/comm`, 'utf8').trim() }
    } catch {
      // Another user's, or gone.
    }
  }
  return undefined
}
