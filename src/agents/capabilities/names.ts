// Names of capabilities: how they are written, which one covers which, how long each lasts, and what it means in plain English.
import { KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { connectTo, endpointOf } from '../../base/words/loopback-endpoint.ts'
import { isPlainPath } from '../../base/words/plain-path.ts'
import { isRedder, LASTS_SECONDS } from '../classes.ts'
import { programOf } from '../manifest/words.ts'
import type { Action, ActionClass } from '../types.ts'

/** Characters of one name. */
export const NAME_MAX = 1_024

const KINDS = ['fs.read', 'fs.write', 'proc.exec', 'net.connect', 'agent.task', 'secret.read'] as const
type Kind = (typeof KINDS)[number]

interface Name {
  readonly kind: Kind
  readonly of: string
}

const FORM: Readonly<Record<Kind, RegExp>> = {
  'fs.read': /^\/[^\0\n]*$/,
  'fs.write': /^\/[^\0\n]*$/,
  'proc.exec': /^(?:\/[^\0\n]+|[\w][\w.+-]*)$/,
  'net.connect': /^(?:[A-Za-z\d.-]{1,253}|\[[A-Fa-f\d:]{2,45}\]):\d{1,5}$/,
  'agent.task': /^k[A-Za-z]+:[\w.-]{1,64}$/,
  'secret.read': /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
}

const SHELLS_AND_POWER =
  /(?:^|\/)(?:sh|bash|dash|zsh|fish|sudo|doas|su|pkexec|env|python[\d.]*|perl|ruby|node)$/

/** Throws KaroError `bad_request` for what is no name of a capability, and says how one is written. */
export function parseName(text: string): Name {
  const at = text.indexOf(':')
  const kind = KINDS.find((one) => one === text.slice(0, at))
  const of = text.slice(at + 1)
  const wrong = (why: string): KaroError =>
    new KaroError('bad_request', `'${text.slice(0, 80)}' is not a capability: ${why}`, {
      hint: 'Write fs.read:/srv/app, fs.write:/srv/app, proc.exec:git, net.connect:10.0.0.5:5432, agent.task:kExecutor:build or secret.read:api-token.',
    })
  if (kind === undefined) throw wrong(`it begins with none of ${KINDS.join(', ')}`)
  if (text.length > NAME_MAX || !FORM[kind].test(of)) throw wrong(`${kind} cannot be of that`)
  if (of.startsWith('/') && !isPlainPath(of))
    throw wrong('the path has to be absolute, without "." , ".." or "//"')
  if (kind === 'net.connect') {
    const port = Number(of.slice(of.lastIndexOf(':') + 1))
    if (port < 1 || port > 65_535) throw wrong('the port is 1 to 65535')
  }
  return { kind, of }
}

/** Directories in which a program without a path is looked for. */
const PROGRAM_DIRECTORIES = ['/bin/', '/usr/bin/', '/usr/local/bin/']

/** Whether who holds `held` may do what `wanted` names. False for a text that is no name. */
export function covers(held: string, wanted: string): boolean {
  const [have, need] = [read(held), read(wanted)]
  if (have === undefined || need === undefined) return false
  if (have.kind === 'fs.read' || have.kind === 'fs.write') {
    // Who may write a file may also read it.
    const kindFits = have.kind === need.kind || (have.kind === 'fs.write' && need.kind === 'fs.read')
    return kindFits && (have.of === '/' || need.of === have.of || need.of.startsWith(`${have.of}/`))
  }
  if (have.kind !== need.kind) return false
  if (have.kind === 'proc.exec' && !have.of.includes('/'))
    return need.of === have.of || PROGRAM_DIRECTORIES.some((directory) => need.of === directory + have.of)
  return have.of === need.of
}

function read(text: string): Name | undefined {
  return orElse(() => parseName(text), undefined)
}

/** How much harm the capability can do. */
function classOfName(text: string): ActionClass {
  const { kind, of } = parseName(text)
  if (kind === 'proc.exec') return SHELLS_AND_POWER.test(of) ? 'critical' : 'high'
  if (kind === 'fs.write')
    return of === '/' || /^\/(?:etc|usr|boot|root|home)?$/.test(of) ? 'critical' : 'medium'
  if (kind === 'net.connect' || kind === 'secret.read') return 'medium'
  return 'low'
}

/** Seconds that a grant of these names lasts at most, and whether it may be used once only. */
export function lastsOf(names: readonly string[]): { readonly seconds: number; readonly once: boolean } {
  const worst = names.map(classOfName).reduce<ActionClass>((a, b) => (isRedder(b, a) ? b : a), 'low')
  return { seconds: LASTS_SECONDS[worst], once: worst === 'critical' }
}

/** The permission that the capability gives, as a sentence without a subject. */
export function describeName(text: string): string {
  const { kind, of } = parseName(text)
  switch (kind) {
    case 'fs.read':
      return `read ${of} and everything below it`
    case 'fs.write':
      return `read, change and delete ${of} and everything below it`
    case 'proc.exec':
      return `run the program ${of} in a jail, with any arguments`
    case 'net.connect':
      return `connect to port ${of.slice(of.lastIndexOf(':') + 1)} of ${of.slice(0, of.lastIndexOf(':'))}`
    case 'agent.task':
      return `give tasks to the agent ${of}`
    case 'secret.read':
      return `be given the secret ${of}, if its owner has allowed that (karo secret allow)`
  }
}

/**
 * The capabilities that the acting agent needs. Its secrets are not among them, because it gets these once, when its
 * command is run. `begun`: only the capabilities that a running action still needs: its places, also those of the
 * network, or the port of its server. Throws KaroError `bad_request` for a path or program that no name can express.
 */
export function neededBy(
  {
    tool,
    argv,
    cwd,
    binds,
    secrets = [],
    connect = [],
  }: Pick<Action, 'tool' | 'argv' | 'cwd' | 'binds' | 'secrets' | 'connect'>,
  begun = false,
): readonly string[] {
  const endpoint = endpointOf(argv)
  const needed = [
    ...(endpoint === undefined ? [] : [connectTo(endpoint)]),
    ...binds.map(({ path, write }) => `${write ? 'fs.write' : 'fs.read'}:${path}`),
    ...connect.map((place) => `net.connect:${place}`),
    ...(tool === 'exec' && !begun
      ? [
          ...(endpoint === undefined ? [programOf({ argv, cwd })] : []),
          ...secrets.map((name) => `secret.read:${name}`),
        ]
      : []),
  ]
  for (const name of needed) parseName(name)
  return [...new Set(needed)]
}

/** The capabilities that the asking agent needs to give a task to another agent. Its manifest covers its own tools. */
export const neededToAsk = ({ agent, requester }: Action): readonly string[] =>
  requester.agent !== undefined && requester.agent !== agent ? [`agent.task:${agent}`] : []
