// An agent whose server runs already, outside of any jail: what may be added as one.
import { KaroError } from '../../base/errors.ts'
import { isAddress, loopbackEndpoint } from '../../base/words/loopback-endpoint.ts'
import type { Wanted } from './manifest.ts'

/** The name of the one secret that such a server is sent, as its bearer token. */
const BEARER = 'BEARER'

/** Whether its command is the address of a server, which no jail holds. */
export const isOutside = ({ argv }: Pick<Wanted, 'argv'>): boolean => isAddress(argv[0] ?? '')

/**
 * `wanted` with its address in its one form, where its command is an address. Throws KaroError: `bad_request` for one that is not
 * of this machine, or that asks for what only a jail has; `refused` for one that `endpoints` does not name.
 */
export function checkOutside(wanted: Wanted, endpoints: readonly string[]): Wanted {
  const { argv, binds, secrets } = wanted
  const [address = '', ...more] = argv
  if (!isOutside(wanted)) return wanted
  const wrong = (why: string, hint?: string): KaroError =>
    new KaroError('bad_request', why, { where: 'COMMAND', ...(hint !== undefined && { hint }) })
  const url = loopbackEndpoint(address)
  if (url === undefined)
    throw wrong(
      `${address.slice(0, 80)} is not the address of a server that can be an agent`,
      'Write an address of this machine, without a user and a query: http://127.0.0.1:3001/mcp or http://[::1]:3001/mcp.',
    )
  if (more.length > 0) throw wrong('behind an address stand no arguments')
  if (binds.length > 0)
    throw wrong(
      'Karo cannot limit the places of a server that is already running',
      'Leave out --read and --write.',
    )
  if (secrets.length > 1 || secrets.some(({ variable }) => variable !== BEARER))
    throw wrong(
      'a server over HTTP is sent one secret, as its bearer token',
      `Write --secret ${BEARER}=NAME.`,
    )
  if (!endpoints.includes(url.href))
    throw new KaroError('refused', `this node does not permit an agent at ${url.href}`, {
      hint: `The server would run outside of any jail. To allow it, write endpoints = ["${url.href}"] under [agents] in config.toml, and restart the daemon.`,
    })
  return { ...wanted, argv: [url.href] }
}
