// Places of the machine and the network that an agent asks for: what may stand in a manifest.
import { KaroError } from '../../base/errors.ts'
import { networkPlace } from '../../base/words/network-place.ts'
import type { Wanted } from './manifest.ts'
import { isOutside } from './outside.ts'

/** Characters of a path. The name of a capability has 1,024, with what it lets an agent do in front of the path. */
const PATH_MAX = 1_000

/** Throws KaroError: `bad_request` for what is no place, or for an agent that no jail holds; `refused` for one that `allowed` does not name. */
export function checkPlaces(
  wanted: Pick<Wanted, 'argv' | 'binds' | 'connect'>,
  allowed: readonly string[],
): void {
  const { binds, connect = [] } = wanted
  const nameless = binds.find(({ path }) => path.length > PATH_MAX || /[\0\n]/.test(path))
  if (nameless !== undefined)
    throw new KaroError('bad_request', `no grant can name the place '${nameless.path.slice(0, 80)}'`, {
      hint: 'Give a place by its absolute path, of at most 1,000 characters and without line breaks.',
    })
  if (connect.length > 0 && isOutside(wanted))
    throw new KaroError(
      'bad_request',
      'Karo cannot limit the connections of a server that is already running',
      {
        where: 'connect',
        hint: 'Leave out --connect.',
      },
    )
  const strange = connect.find((text) => networkPlace(text) === undefined)
  if (strange !== undefined)
    throw new KaroError('bad_request', `'${strange.slice(0, 80)}' is not HOST:PORT`, {
      where: 'connect',
      hint: 'Write HOST:PORT in small letters: 10.0.0.5:5432, [fd00::5]:80 or build.lan:443.',
    })
  const closed = connect.find((text) => !allowed.includes(text))
  if (closed !== undefined)
    throw new KaroError('refused', `this node does not permit agents to connect to ${closed}`, {
      hint: `To allow it, write connect = ["${closed}"] under [agents] in config.toml, and restart the daemon.`,
    })
}
