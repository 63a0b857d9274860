// A connection to a collector of logs, over TCP or TLS: nothing counts as sent before the other end has acknowledged it.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { deadline, untilAborted } from '../../base/async/deadline.ts'
import type { Timers } from '../../base/clock.ts'
import { watchUnacknowledged } from '../../base/kernel/unacknowledged.ts'
import type { ForwardTarget } from '../../base/words/forward-target.ts'
import { isPrivateAddress } from '../../config/addresses.ts'
import { addressesOf, type Config } from '../../config/index.ts'
import type { Outlet } from './outlet.ts'

const CONNECT_MS = 10_000
/** A collector that acknowledged nothing more for this time counts as gone. */
const ACKNOWLEDGE_MS = 60_000
const FIRST_LOOK_MS = 1
const LOOK_MS = 100
/** Idle connections are probed by the kernel, so that a collector that vanished is noticed. */
const KEEP_ALIVE_MS = 15_000
const CLOSE_MS = 500
/** Says that the other end has read everything and sends nothing more: with bytes left unread, its kernel resets the connection. */
export const CLOSED = 'the collector closed the connection'

export interface NetworkDeps {
  readonly config: Pick<Config, 'mesh' | 'discovery' | 'forward'>
  readonly timers: Timers
}

/** Rejects with an Error that says for people why there is no connection. */
export async function openNetwork(
  target: ForwardTarget,
  { config, timers }: NetworkDeps,
  stop: AbortSignal,
): Promise<Outlet> {
  using limit = deadline(timers, CONNECT_MS)
  const signal = AbortSignal.any([limit.signal, stop])
  const address = await addressOf(target.host, config, signal)
  const tcp = connect({
    host: address,
    port: target.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  })
  try {
    await happened(tcp, 'connect', signal)
    const unacknowledged = await watchUnacknowledged(tcp)
    const socket = target.over === 'tls' ? await secured(tcp, target.host, config, signal) : tcp
    return outletOf(socket, unacknowledged, timers)
  } catch (error) {
    tcp.destroy()
    throw error
  }
}

export async function addressOf(
  host: string,
  { mesh, discovery }: Pick<NetworkDeps['config'], 'mesh' | 'discovery'>,
  signal: AbortSignal,
): Promise<string> {
  const found = await addressesOf(host, { mesh, discovery }, signal)
  if (found === undefined)
    throw new Error(`${host} is not in /etc/hosts, and discovery.resolvers names no server that may be asked`)
  const fit = found.find((one) => !mesh.lan_only || isPrivateAddress(one, { allowCgnat: mesh.allow_cgnat }))
  if (fit !== undefined) return fit
  throw new Error(
    found.length === 0
      ? `${host} has no address`
      : `${host} is no private address (${found[0]}), and mesh.lan_only is on`,
  )
}

async function secured(
  tcp: Socket,
  host: string,
  { forward }: NetworkDeps['config'],
  signal: AbortSignal,
): Promise<TLSSocket> {
  const [ca, cert, key] = await Promise.all(
    [forward.tls_ca, forward.tls_certificate, forward.tls_key].map((path) =>
      path === '' ? undefined : readFile(path),
    ),
  )
  // TLS over a socket that has ended tells nothing of it.
  if (tcp.destroyed) throw new Error(CLOSED)
  const socket = connectTls({
    socket: tcp,
    host,
    minVersion: 'TLSv1.2',
    ...(isIP(host) === 0 && { servername: host }),
    ca,
    cert,
    key,
  })
  try {
    await happened(socket, 'secureConnect', signal)
  } catch (error) {
    // Behind the semicolon Node.js advises on its own command line, which nobody here types.
    throw new Error(`no TLS with it: ${(error as Error).message.split(';')[0]}`)
  }
  return socket
}

/** Rejects with the error of the socket. */
function happened(socket: Socket, event: string, signal: AbortSignal) {
  // An error may come while nobody waits; without a listener it would end the process. Whoever waits next finds the socket closed.
  socket.on('error', () => {})
  return untilAborted(once(socket, event), signal)
}

/** Resolves after `ms`; rejects with the reason of `signal` if that aborts first. */
export async function pause(ms: number, timers: Timers, signal: AbortSignal): Promise<void> {
  using time = deadline(timers, ms)
  await untilAborted(once(time.signal, 'abort'), signal)
}

/** `socket` has been connected; it may have ended since. */
export function outletOf(socket: Socket, unacknowledged: () => number | undefined, timers: Timers): Outlet {
  const ending = new AbortController()
  const ended = ending.signal
  const onClose = () => ending.abort(new Error(CLOSED))
  socket.on('error', (error) => ending.abort(error))
  if (socket.destroyed) onClose()
  else socket.once('close', onClose)
  // Collectors say nothing; what one says anyway must not fill a buffer.
  socket.resume()

  return {
    async send(text) {
      let isWritten = false
      socket.write(text, () => {
        isWritten = true
      })
      let idle = 0
      let before: number | undefined
      for (let ms = FIRST_LOOK_MS; ; ms = Math.min(ms * 2, LOOK_MS)) {
        const left = unacknowledged()
        if (isWritten && left === 0) return
        // A collector that takes its time holds this machine up; one that takes nothing at all is gone.
        idle = left === before ? idle + ms : 0
        before = left
        if (idle > ACKNOWLEDGE_MS) socket.destroy(new Error('the collector takes nothing'))
        await pause(ms, timers, ended)
      }
    },
    ended,
    async close() {
      socket.end()
      await pause(CLOSE_MS, timers, ended).catch(() => {})
      socket.destroy()
    },
  }
}
