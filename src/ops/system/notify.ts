// Tells a service manager how this daemon is: sd_notify(3), when NOTIFY_SOCKET says that there is one. Node itself cannot send datagrams to
// a Unix socket: four calls of the C library do, loaded only where needed.
import { Buffer } from 'node:buffer'
import { KaroError } from '../../base/errors.ts'
import { loadLibc } from '../../base/kernel/libc.ts'
import type { Log } from '../../base/run/log.ts'

export interface Notify {
  /** Started, or done with reloading; `status` is one line for `systemctl status`. */
  ready(status: string): void
  /** Reads its configuration again; `ready` ends it. */
  reloading(): void
  stopping(): void
  /** A sign of life for the watchdog. */
  alive(): void
  close(): void
}

interface DatagramSocket {
  /** Sends one datagram; throws when no socket receives it. Waits while the receiver's queue is full, as sd_notify(3) does. */
  send(text: string): void
  close(): void
}

export interface NotifyDeps {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  readonly open?: (path: string) => Promise<DatagramSocket>
  /** CLOCK_MONOTONIC in microseconds, by which systemd tells this reload from one before. */
  readonly monotonicUs?: () => bigint
}

/**
 * What no manager listens to costs nothing: without NOTIFY_SOCKET no library is loaded. KaroError `bad_file` when
 * there is one that cannot be reached: the manager would wait, then kill. A message that is lost later is logged.
 */
export async function openNotify(deps: NotifyDeps): Promise<Notify> {
  const { env, log, open = openDatagram, monotonicUs = () => process.hrtime.bigint() / 1000n } = deps
  const path = env.NOTIFY_SOCKET
  let socket: DatagramSocket = { send() {}, close() {} }
  try {
    if (path) socket = await open(path)
  } catch (cause) {
    throw new KaroError('bad_file', `the service manager cannot be told: ${(cause as Error).message}`, {
      where: 'NOTIFY_SOCKET',
      hint: 'Unset NOTIFY_SOCKET, or run it as a service of Type=exec.',
      cause,
    })
  }
  const send = (...lines: readonly string[]): void => {
    try {
      socket.send(lines.join('\n'))
    } catch (error) {
      log.warn({ reason: (error as Error).message, message: lines[0] }, 'the service manager got no message')
    }
  }
  return {
    ready: (status) => send('READY=1', statusLine(status)),
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${monotonicUs()}`),
    stopping: () => send('STOPPING=1', statusLine('stopping')),
    alive: () => send('WATCHDOG=1'),
    close: () => socket.close(),
  }
}

/** A line break would begin another assignment. */
const statusLine = (status: string): string => `STATUS=${status.replaceAll(/[\r\n]+/g, ' ')}`

/** How often the manager wants a sign of life, ms; undefined when it asks this process for none. */
export function watchdogMs(
  env: Readonly<Record<string, string | undefined>>,
  pid = process.pid,
): number | undefined {
  const { WATCHDOG_USEC: usec = '', WATCHDOG_PID: owner = '' } = env
  if (!/^[1-9]\d{0,15}$/.test(usec) || (owner !== '' && owner !== String(pid))) return undefined
  return Number(usec) / 1000
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
async function openDatagram(path: string): Promise<DatagramSocket> {
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
