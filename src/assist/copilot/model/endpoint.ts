// Where a model may be asked: an address of this machine or of private space, looked up once and then kept to.
import { lookup as systemLookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { KaroError } from '../../../base/errors.ts'
import { isPrivateAddress } from '../../../config/addresses.ts'

/** Every address a name stands for. */
export type Lookup = (host: string) => Promise<readonly string[]>

export interface Endpoint {
  readonly secure: boolean
  /** The checked address: what is connected to, whatever the name means by then. */
  readonly address: string
  readonly port: number
  /** As in the configuration: for the Host header and the certificate. */
  readonly host: string
  /** Of chat completions. */
  readonly path: string
}

const systemAddresses: Lookup = async (host) =>
  (await systemLookup(host, { all: true, verbatim: true })).map(({ address }) => address)

/**
 * Looks the endpoint up. Throws KaroError refused when anything it stands for is not private (no byte was sent then),
 * bad_config for what is no address, unavailable for a name that nobody knows.
 */
export async function resolveEndpoint(text: string, lookup: Lookup = systemAddresses): Promise<Endpoint> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new KaroError('bad_config', 'the address of the model is no http or https address', {
      where: 'ask.endpoint',
    })
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const addresses = isIP(host) === 0 ? await found(host, lookup) : [host]
  const outside = addresses.find((address) => !isPrivateAddress(address, { allowCgnat: false }))
  const [address] = addresses
  if (outside !== undefined || address === undefined) {
    throw new KaroError(
      'refused',
      `the model's address ${outside ?? host} is not private, so it was not asked`,
      {
        where: 'ask.endpoint',
        hint: 'Only this machine and private networks are asked: for example http://127.0.0.1:11434/v1.',
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
    path: /\/chat\/completions$/.test(base) ? base : `${base === '' ? '/v1' : base}/chat/completions`,
  }
}

async function found(host: string, lookup: Lookup): Promise<readonly string[]> {
  try {
    return await lookup(host)
  } catch (error) {
    throw new KaroError('unavailable', `the host name of the model, ${host}, cannot be resolved`, {
      where: 'ask.endpoint',
      cause: error,
    })
  }
}
