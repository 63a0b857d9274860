// How many bytes of a TCP connection the other end has not acknowledged yet: ioctl SIOCOUTQ, which Node has no call for.
import type { Socket } from 'node:net'
import { loadLibc } from './libc.ts'
import { descriptorOf } from './peer-credentials.ts'

/** As tcp(7) has it; the number holds on every Linux architecture that Node runs on except MIPS and SPARC. */
const SIOCOUTQ = 0x5411

/**
 * Returns what reads the number for this connected socket; undefined once the socket is closed. Where the kernel does not
 * say, it reads 0: what was written then counts as acknowledged.
 */
export async function watchUnacknowledged(socket: Socket): Promise<() => number | undefined> {
  const fd = descriptorOf(socket)
  const ioctl = await loadIoctl().catch(() => undefined)
  return () => {
    if (socket.destroyed) return undefined
    if (fd === undefined || ioctl === undefined) return 0
    const bytes = new Int32Array(1)
    return ioctl(fd, SIOCOUTQ, bytes) === 0 ? bytes[0] : 0
  }
}

type Ioctl = (fd: number, request: number, value: Int32Array) => number

async function loadIoctl(): Promise<Ioctl | undefined> {
  if (process.platform !== 'linux') return undefined
  const { libc } = await loadLibc()
  return libc.func('int ioctl(int fd, unsigned long request, _Inout_ int32_t *value)') as Ioctl
}
