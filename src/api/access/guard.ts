// What a request over TCP must look like before anything else reads it: pure, and the same for every path.
import { KaroError } from '../../base/errors.ts'

/** Why a request was turned away; the ledger counts them by this. */
export type Refusal = 'host' | 'cross_site' | 'malformed' | 'credential' | 'rate'

export interface Refused {
  readonly reason: Refusal
  readonly error: KaroError
}

/** The parts of node:http's IncomingMessage that decide. */
export interface RequestHead {
  readonly method: string
  readonly url: string
  /** Name and value by turns, as they came. */
  readonly rawHeaders: readonly string[]
}

/** A search in the history with all its words stays below this. */
export const URL_BYTES_MAX = 8 * 1024
export const HEADERS_MAX = 64
const HOST = '127.0.0.1'
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
/** Where two of them would mean different things to different readers. */
const SINGLE = [
  'host',
  'origin',
  'authorization',
  'cookie',
  'content-length',
  'content-type',
  'transfer-encoding',
  'sec-fetch-site',
  'x-karo-session',
] as const
/** `none`: a person typed the address or opened it from outside the browser (W3C Fetch Metadata). */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none'])
/** Printable ASCII: everything else comes percent-encoded (RFC 3986). */
const TARGET = /^\/[!-~]*$/
/** Whatever looks like a token of ours: what stands in a URL ends in histories, logs and Referer headers. */
const TOKEN_IN_URL = /karo_[0-9a-f]{10}_/i

/**
 * Undefined when the request may go on. It is refused unless its Host is ours (a page that rebinds a name of its own to
 * 127.0.0.1 sends that name), and what a browser says of where it comes from (Origin, Sec-Fetch-Site) is this very
 * server: a page elsewhere, also on another port of this machine, may send requests it cannot read the answers of.
 */
export function judgeHead({ method, url, rawHeaders }: RequestHead, port: number): Refused | undefined {
  if (rawHeaders.length > 2 * HEADERS_MAX) return malformed('too many headers')
  const headers = new Map<string, string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    if (headers.has(name) && (SINGLE as readonly string[]).includes(name))
      return malformed(`two ${name} headers`)
    headers.set(name, rawHeaders[i + 1] as string)
  }
  const host = headers.get('host')?.toLowerCase()
  if (host === undefined || host !== authority(port)) {
    return refuse('host', 'refused', `only requests to ${authority(port)} are answered here`)
  }
  const origin = headers.get('origin')
  if (origin !== undefined && origin !== `http://${host}`) return crossSite()
  const site = headers.get('sec-fetch-site')
  if (site !== undefined && !OWN_SITES.has(site)) return crossSite()
  if (!METHODS.has(method)) return refuse('malformed', 'not_found', 'nothing is served here for that method')
  if (url.length > URL_BYTES_MAX) return refuse('malformed', 'too_large', 'the address is too long')
  if (!TARGET.test(url)) return malformed('an address that does not begin with / or is not plain ASCII')
  if (TOKEN_IN_URL.test(url)) {
    return refuse('malformed', 'bad_request', 'a token stood in the address, where others can read it', {
      hint: 'Revoke it (karo token revoke), and send the next one as a header: Authorization: Bearer …',
    })
  }
  return undefined
}

/**
 * What may stand in Host. A browser leaves out the port that its scheme implies. Never `localhost`: what resolves that to
 * ::1 would come to whoever holds the port there, who may be any user of this machine, and bring them its token.
 */
export const authority = (port: number): string => (port === 80 ? HOST : `${HOST}:${port}`)

const crossSite = (): Refused =>
  refuse('cross_site', 'refused', 'requests that another site makes are not answered')

const malformed = (what: string): Refused => refuse('malformed', 'bad_request', `the request has ${what}`)

function refuse(
  reason: Refusal,
  code: 'refused' | 'bad_request' | 'too_large' | 'not_found',
  message: string,
  details: { readonly hint?: string } = {},
): Refused {
  return { reason, error: new KaroError(code, message, details) }
}
