// Looks through subnets for machines that listen on the mesh's port, at a pace that no network notices.
import { connect } from 'node:net'
import type { Timers } from '../../base/clock.ts'

/** A /20: at the pace below one look through it takes under four minutes. */
const HOSTS_MAX = 4_096
/** One connection attempt in this time. */
const EVERY_MS = 50
/** A machine of a LAN answers within milliseconds; one that drops packets is given up after this. */
const ANSWER_MS = 1_000

/** IPv4 addresses of `10.0.3.0/24` without those of the network and its broadcast; at most `HOSTS_MAX`. */
export function* hostsIn(subnet: string): Generator<string> {
  const [base = '', length = ''] = subnet.split('/')
  const bits = 32 - Number(length)
  const address = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** bits
  const first = address - (address % size)
  // A /31 and a /32 have neither (RFC 3021).
  const [from, to] = bits > 1 ? [first + 1, first + size - 1] : [first, first + size]
  for (let host = from; host < Math.min(to, from + HOSTS_MAX); host++)
    yield [24, 16, 8, 0].map((shift) => Math.floor(host / 2 ** shift) % 256).join('.')
}

export interface ScanDeps {
  readonly timers: Timers
  readonly port: number
  /** Whether an address may be spoken with. */
  readonly allows: (ip: string) => boolean
  readonly found: (ip: string) => void
}

/** Resolves after the last address, or when the signal aborts. Never rejects. */
export async function scan(
  subnets: readonly string[],
  signal: AbortSignal,
  { timers, port, allows, found }: ScanDeps,
): Promise<void> {
  const open: Promise<void>[] = []
  for (const subnet of subnets) {
    for (const ip of hostsIn(subnet)) {
      if (signal.aborted) return
      if (!allows(ip)) continue
      open.push(listens(ip, port, timers).then((yes) => (yes && !signal.aborted ? found(ip) : undefined)))
      await new Promise<void>((resolve) => void timers.after(EVERY_MS, resolve))
    }
  }
  await Promise.all(open)
}

function listens(host: string, port: number, timers: Timers): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const done = (yes: boolean): void => {
      cancel()
      socket.destroy()
      resolve(yes)
    }
    const cancel = timers.after(ANSWER_MS, () => done(false))
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}
