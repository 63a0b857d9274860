// Whose programs listen at a port of loopback, as the kernel tells: who may have taken a port that another program should have.
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

/** The uids in tables of the form of /proc/net/tcp. */
export function ownersIn(table: string, hostname: string, port: number): readonly number[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const owners = table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , uid] = line.trim().split(/\s+/)
    const [address = '', at] = local.split(':')
    return state === LISTENS && at === wanted && TAKES[hostname]?.includes(address) ? [Number(uid)] : []
  })
  return [...new Set(owners)]
}

/** Of 127.0.0.1 or [::1], as a URL names them; none where nobody listens, or where the kernel does not tell. */
export async function listenersAt({ hostname, port }: URL): Promise<readonly number[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'latin1').catch(() => '')),
  )
  return ownersIn(tables.join('\n'), hostname, port === '' ? 80 : Number(port))
}
