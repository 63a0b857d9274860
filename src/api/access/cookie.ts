// The cookie of a session: what it is called, where it goes, and how it is read.
import type { IncomingMessage } from 'node:http'
import { LIFE_MS } from './sessions.ts'
import type { Address } from './tcp.ts'

/** Only the API needs it: pages are served to anybody. */
const ATTRIBUTES = 'Path=/api/; HttpOnly; SameSite=Strict'

/** Cookies know no ports: each node of a machine has its own. */
const nameAt = (address: Address | null): string => `karo_session_${address?.port ?? 0}`

/** As `Set-Cookie`. */
export const setCookie = (address: Address | null, value: string): string =>
  `${nameAt(address)}=${value}; Max-Age=${LIFE_MS / 1_000}; ${ATTRIBUTES}`

export const clearCookie = (address: Address | null): string =>
  `${nameAt(address)}=; Max-Age=0; ${ATTRIBUTES}`

/** Undefined also when there are several: somebody else set one of them. */
export function readCookie({ headers }: IncomingMessage, address: Address | null): string | undefined {
  const name = nameAt(address)
  const values = (headers.cookie ?? '').split(';').flatMap((pair) => {
    const [key, value = ''] = pair.split('=', 2)
    return key?.trim() === name ? [value.trim()] : []
  })
  return values.length === 1 ? values[0] : undefined
}
