// Datagrams to a Unix socket, which Node itself cannot send: four calls of the C library, loaded only where needed.
import { Buffer } from 'node:buffer'
import { loadLibc } from '../../base/kernel/libc.ts'

export interface DatagramSocket {
  /** Sends one datagram; throws when no socket receives it. Waits while the receiver's queue is full, as sd_notify(3) does. */
  send(text: string): void
  close(): void
}

// These numbers hold on every Linux architecture that Node runs on (socket.h of the kernel's generic headers).
const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000
const MSG_NOSIGNAL = 0x4000
/** `sun_path` of unix(7). */
const PATH_BYTES = 108

/**
 * A socket that sends to `path`: a path, or `@name` for a name in the abstract namespace. Throws when the system
 * cannot load the library, or the address does not fit.
 */
export async function openDatagram(path: string): Promise<DatagramSocket> {
  const address = addressOf(path)
  const { koffi, libc } = await loadLibc()
  // intptr_t is ssize_t here: koffi does not know the latter.
  const socket = libc.func('int socket(int domain, int type, int protocol)') as Call<number>
  const sendto = libc.func(
    'intptr_t sendto(int fd, const uint8_t *bytes, size_t size, int flags, const uint8_t *address, uint32_t length)',
  ) as Call<number>
  const close = libc.func('int close(int fd)') as Call<number>

  let fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (fd < 0) throw new Error(`no socket (errno ${koffi.errno()})`)
  return {
    send(text) {
      const bytes = Buffer.from(text, 'utf8')
      const sent = sendto(fd, bytes, bytes.length, MSG_NOSIGNAL, address, address.length)
      if (sent < 0) throw new Error(`not sent (errno ${koffi.errno()})`)
    },
    close() {
      if (fd >= 0) close(fd)
      fd = -1
    },
  }
}

type Call<T> = (...values: readonly (number | Uint8Array)[]) => T

/** `struct sockaddr_un`: the family in the machine's order (Node runs on no big-endian Linux but s390x), the path. */
function addressOf(path: string): Uint8Array {
  const isAbstract = path.startsWith('@')
  if (!isAbstract && !path.startsWith('/')) throw new Error('the address is neither a path nor an @name')
  const name = Buffer.from(isAbstract ? `\0${path.slice(1)}` : `${path}\0`, 'utf8')
  if (name.length > PATH_BYTES) throw new Error('the address is too long')
  const family = new Uint8Array(Uint16Array.of(AF_UNIX).buffer)
  return Buffer.concat([family, name])
}
