// What may be added as an agent: its program, its places of the machine and the network, and a server that runs already, outside of any
// jail. What cannot work is refused at once, and not at its first task.
import { open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { KaroError } from '../../base/errors.ts'
import { isAddress, loopbackEndpoint } from '../../base/words/loopback-endpoint.ts'
import { networkPlace } from '../../base/words/network-place.ts'
import type { Wanted } from './manifest.ts'

/** Bytes of a script in which the kernel looks for its interpreter. */
const FIRST_LINE = 256
/** Characters of a path. The name of a capability has 1,024, with what it lets an agent do in front of the path. */
const PATH_MAX = 1_000
/** The name of the one secret that such a server is sent, as its bearer token. */
const BEARER = 'BEARER'

/** Whether its command is the address of a server, which no jail holds. */
export const isOutside = ({ argv }: Pick<Wanted, 'argv'>): boolean => isAddress(argv[0] ?? '')

/** Throws KaroError `refused` for a file that is not executable, and for a script whose interpreter is missing. A file that does not exist is not refused here. */
export async function checkProgram({
  argv: [program = ''],
  cwd,
}: Pick<Wanted, 'argv' | 'cwd'>): Promise<void> {
  const path = resolve(cwd, program)
  // The address of a server is no path that is there.
  const is = program.includes('/') ? await stat(path).catch(() => undefined) : undefined
  if (is?.isFile() !== true) return
  const refused = (why: string, hint: string): KaroError =>
    new KaroError('refused', `the agent could not start: ${why}`, { where: 'COMMAND', hint })
  if ((is.mode & 0o111) === 0)
    throw refused(
      `${path} is not executable`,
      `Make it so, chmod +x ${path}, or name its interpreter before it.`,
    )
  const file = await open(path).catch(() => undefined)
  const { buffer } = (await file?.read(Buffer.alloc(FIRST_LINE))) ?? { buffer: Buffer.alloc(0) }
  await file?.close()
  const [, interpreter] = /^#![ \t]*(\/\S+)/.exec(buffer.toString('latin1')) ?? []
  if (interpreter !== undefined && (await stat(interpreter).catch(() => undefined)) === undefined)
    throw refused(
      `${path} needs ${interpreter}, which is not there`,
      'Install it, or name another interpreter in its first line.',
    )
}

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
      hint: `To allow it: karo config set agents.connect +${closed}`,
    })
}

/**
 * `wanted` with its address in its one form, where its command is an address. Throws KaroError: `bad_request` for one that is not
 * of this machine, or that asks for what only a jail has; `refused` for one that `endpoints` does not name.
 */
export function checkOutside(wanted: Wanted, endpoints: readonly string[]): Wanted {
  const { argv, binds, secrets } = wanted
  const [address = '', ...more] = argv
  if (!isOutside(wanted)) return wanted
  const wrong = (why: string, hint?: string): KaroError =>
    new KaroError('bad_request', why, { where: 'COMMAND', hint })
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
      hint: `The server would run outside of any jail. To allow it: karo config set agents.endpoints +${url.href}`,
    })
  return { ...wanted, argv: [url.href] }
}
