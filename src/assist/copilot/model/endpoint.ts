// Resolves the address of the model: it must be this machine or a private network, and it is looked up only once.
import { isIP } from 'node:net'
import { KaroError } from '../../../base/errors.ts'
import { isLoopback, isPrivateAddress } from '../../../config/addresses.ts'

/** Returns every address of a host name; undefined if nobody may be asked for it. */
export type Lookup = (host: string) => Promise<readonly string[] | undefined>

export interface Endpoint {
  readonly secure: boolean
  /** The checked address to connect to, even if the name resolves to another one by then. */
  readonly address: string
  readonly port: number
  /** Host as configured, for the Host header and the certificate. */
  readonly host: string
  /** Path of what is asked for. */
  readonly path: string
}

/** How far what is sent may go: only to this machine, or also to private networks. */
export type Reach = 'loopback' | 'private'

/** What is asked of a server, as the end of the path; all are of the OpenAI API. */
export type Asked = 'chat/completions' | 'embeddings' | 'models'

/**
 * Looks the endpoint up. Throws KaroError refused if one of its addresses is not private, or not within `reach` (nothing was sent then),
 * bad_config if the text is no http address, unavailable if the name cannot be resolved. `lookup` is asked for names alone.
 */
export async function resolveEndpoint(
  text: string,
  lookup: Lookup,
  asked: Asked,
  reach: Reach = 'private',
): Promise<Endpoint> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new KaroError('bad_config', 'the address of the model is not an http or https address', {
      where: 'ask.endpoint',
    })
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const addresses = isIP(host) === 0 ? await found(host, lookup) : [host]
  const outside = addresses.find((address) => !isPrivateAddress(address, { allowCgnat: false }))
  if (reach === 'loopback' && !addresses.every(isLoopback))
    throw new KaroError('refused', `${host} is not this machine, which what would be sent may not leave`, {
      hint: 'Use an endpoint of this machine, for example http://127.0.0.1:11434/v1.',
    })
  const [address] = addresses
  if (outside !== undefined || address === undefined) {
    throw new KaroError(
      'refused',
      `the model's address ${outside ?? host} is not private, so the model was not asked`,
      {
        where: 'ask.endpoint',
        hint: 'Only addresses of this machine and of private networks are allowed, for example http://127.0.0.1:11434/v1.',
      },
    )
  }
  const secure = url.protocol === 'https:'
  const base = url.pathname.replace(/\/+$/, '')
  return {
    secure,
    address,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    host: url.host,
    path: `${base.replace(/\/chat\/completions$/, '') || '/v1'}/${asked}`,
  }
}

async function found(host: string, lookup: Lookup): Promise<readonly string[]> {
  try {
    const addresses = await lookup(host)
    if (addresses !== undefined) return addresses
  } catch (error) {
    throw new KaroError('unavailable', `the host name of the model, ${host}, cannot be resolved`, {
      where: 'ask.endpoint',
      cause: error,
    })
  }
  throw new KaroError(
    'refused',
    `the model's host name ${host} is not in /etc/hosts, and mesh.lan_only allows no other server than those of discovery.resolvers`,
    {
      where: 'ask.endpoint',
      hint: 'Give its IP address, or name a DNS server of the local network in discovery.resolvers.',
    },
  )
}
