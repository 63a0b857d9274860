// Tells a service manager how this daemon is: sd_notify(3), when NOTIFY_SOCKET says that there is one.
import { KaroError } from '../../base/errors.ts'
import type { Log } from '../../base/run/log.ts'
import { type DatagramSocket, openDatagram } from './datagram.ts'

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
