// Which users have the program at a port of loopback: any of them may have taken a port that another one's program should have.
import { readFile } from 'node:fs/promises'

/** Local addresses that take what is sent to 127.0.0.1 or [::1], as proc(5) writes them on little-endian machines. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  '127.0.0.1': [
    '0100007F',
    '00000000',
    '0000000000000000FFFF00000100007F',
    '00000000000000000000000000000000',
  ],
  '[::1]': ['00000000000000000000000001000000', '00000000000000000000000000000000'],
}
const LISTENS = '0A'

/** The uids in tables of the form of /proc/net/tcp: of who listens at the port, and of who accepted the connection from port `from`. */
export function ownersIn(table: string, hostname: string, port: number, from: number): readonly number[] {
  const hex = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0')
  const owners = table.split('\n').flatMap((line) => {
    const [, local = '', remote = '', state, , , , uid] = line.trim().split(/\s+/)
    const [address = '', at] = local.split(':')
    const isOurs = state === LISTENS || remote.endsWith(`:${hex(from)}`)
    return isOurs && at === hex(port) && TAKES[hostname]?.includes(address) ? [Number(uid)] : []
  })
  return [...new Set(owners)]
}

/**
 * Listeners at 127.0.0.1 or [::1], as a URL names them; empty if there are none, or if the kernel does not report them.
 * A connection that nobody has accepted yet counts as root's. The kernel reports listeners before connections, so a
 * program that accepted this connection and then stopped listening is still found.
 */
export async function ownersAt({ hostname, port }: URL, from: number): Promise<readonly number[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'latin1').catch(() => '')),
  )
  return ownersIn(tables.join('\n'), hostname, port === '' ? 80 : Number(port), from)
}
