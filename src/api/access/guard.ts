// Judges the head of a request over TCP before anything else reads it: a pure function, the same for every path.
import { KaroError } from '../../base/errors.ts'

/** Why a request was refused; the ledger counts refusals by these words. */
export type Refusal = 'host' | 'cross_site' | 'malformed' | 'credential' | 'rate'

export interface Refused {
  readonly reason: Refusal
  readonly error: KaroError
}

/** The parts of node:http's IncomingMessage that `judgeHead` reads. */
export interface RequestHead {
  readonly method: string
  readonly url: string
  /** Names and values by turns, as they were received. */
  readonly rawHeaders: readonly string[]
}

/** Most bytes of a URL; a search in the history with all its words is shorter. */
export const URL_BYTES_MAX = 8 * 1024
export const HEADERS_MAX = 64
/** The address of this server, as a URL has it. */
export const HOST = '127.0.0.1'
/** Names that lead here as well, but only where no other program can have the port on ::1: `localhost` may be that. */
export const LOCAL_NAMES = [HOST, 'localhost', '[::1]'] as const
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE'])
/** Headers that may occur only once, because readers disagree about which of two counts. */
const SINGLE: readonly string[] = [
  'host',
  'origin',
  'authorization',
  'cookie',
  'content-length',
  'content-type',
  'transfer-encoding',
  'sec-fetch-site',
  'x-karo-session',
]
/** `none`: a person typed the address or opened it from outside the browser (W3C Fetch Metadata). */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none'])
/** Printable ASCII: everything else comes percent-encoded (RFC 3986). */
const TARGET = /^\/[!-~]*$/
/** A token of Karo in a URL. It is refused because URLs end up in histories, logs and Referer headers. */
const TOKEN_IN_URL = /karo_[0-9a-f]{10}_/i

/**
 * Undefined if the request may go on. Two checks keep pages of other sites out. Host has to be this server: a page that
 * rebinds its own name to 127.0.0.1 sends that name. Origin and Sec-Fetch-Site, if a browser sends them, have to be this
 * server too, except for a link to the page: a page from elsewhere, also from another port of this machine, can send
 * requests although it cannot read the answers. `names` are the hosts under which this server is asked.
 */
export function judgeHead(
  { method, url, rawHeaders }: RequestHead,
  port: number,
  names: readonly string[] = LOCAL_NAMES,
): Refused | undefined {
  if (rawHeaders.length > 2 * HEADERS_MAX) return malformed('too many headers')
  const headers = new Map<string, string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    if (headers.has(name) && SINGLE.includes(name)) return malformed(`two ${name} headers`)
    headers.set(name, rawHeaders[i + 1] as string)
  }
  const host = headers.get('host')?.toLowerCase()
  if (host === undefined || !names.some((name) => host === authority(port, name))) {
    return refuse(
      'host',
      'refused',
      `only requests to ${names.map((name) => authority(port, name)).join(', ')} are answered here`,
    )
  }
  const origin = headers.get('origin')
  if (origin !== undefined && origin !== `http://${host}`) return crossSite()
  const site = headers.get('sec-fetch-site')
  if (site !== undefined && !OWN_SITES.has(site) && !goesToPage(method, url, headers)) return crossSite()
  if (!METHODS.has(method)) return refuse('malformed', 'not_found', 'nothing is served here for that method')
  if (url.length > URL_BYTES_MAX) return refuse('malformed', 'too_large', 'the address is too long')
  if (!TARGET.test(url)) return malformed('an address that does not begin with / or is not plain ASCII')
  if (TOKEN_IN_URL.test(url)) {
    return refuse('malformed', 'bad_request', 'the address contains a token, where others can read it', {
      hint: 'Revoke it (karo token revoke), and send the next one as a header: Authorization: Bearer …',
    })
  }
  return undefined
}

/** A value of Host that is allowed. A browser leaves out port 80. */
export const authority = (port: number, host: string): string => (port === 80 ? host : `${host}:${port}`)

/**
 * A link to the page, in a wiki or in the file that `karo dashboard` opens. What it shows is the same for everybody, and a
 * page that is opened so tells the one with the link nothing.
 */
const goesToPage = (method: string, url: string, headers: ReadonlyMap<string, string>): boolean =>
  method === 'GET' &&
  url === '/' &&
  headers.get('sec-fetch-mode') === 'navigate' &&
  headers.get('sec-fetch-dest') === 'document' &&
  !headers.has('origin')

const crossSite = (): Refused =>
  refuse('cross_site', 'refused', 'requests from pages of other sites are not answered')

const malformed = (what: string): Refused => refuse('malformed', 'bad_request', `the request has ${what}`)

function refuse(
  reason: Refusal,
  code: KaroError['code'],
  message: string,
  details?: { readonly hint: string },
): Refused {
  return { reason, error: new KaroError(code, message, details) }
}
