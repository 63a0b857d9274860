// The cookie of a browser session: its name, its attributes, and how it is read from a request.
import type { IncomingMessage } from 'node:http'
import { LIFE_MS } from './sessions.ts'
import type { Address } from './tcp.ts'

/** The path limits the cookie to the API, because pages need no session. */
const ATTRIBUTES = 'Path=/api/; HttpOnly; SameSite=Strict'

/** The name has the port in it, because a browser sends a cookie to every port of a host, and each node needs its own. */
const nameAt = (address: Address | null): string => `karo_session_${address?.port ?? 0}`

/** The value of a `Set-Cookie` header. */
export const setCookie = (address: Address | null, value: string): string =>
  `${nameAt(address)}=${value}; Max-Age=${LIFE_MS / 1_000}; ${ATTRIBUTES}`

export const clearCookie = (address: Address | null): string =>
  `${nameAt(address)}=; Max-Age=0; ${ATTRIBUTES}`

/** Cookies that browsers keep for a host, more or less: each that is looked at costs a hash. */
const MOST = 180

/** Its values: another server of this host may have set more of that name, with another path, and its own stays among them. */
export function readCookies({ headers }: IncomingMessage, address: Address | null): readonly string[] {
  const shown = new RegExp(`(?<=^|; ?)${nameAt(address)}=([\\w-]{43})(?=;|$)`, 'g')
  return [...(headers.cookie ?? '').matchAll(shown)].slice(0, MOST).map(([, value]) => value!)
}
