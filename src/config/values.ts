// Kinds of configuration values of Karo's own: names, node ids, addresses, peers.
import { isIP } from 'node:net'
import { isNodeId, type NodeId } from '../../protocols/node-id.ts'
import { orElse } from '../base/run/or-else.ts'
import { FORWARD_FORMS, forwardTarget } from '../base/words/forward-target.ts'
import { labelProblem } from '../base/words/roles.ts'
import { LABEL, TRUST_LEVELS } from '../base/words/trust-levels.ts'
import { isPrivateAddress } from './addresses.ts'
import { isTable, type Kind, list, membersOf, oneOf, shown, text, WrongValue } from './kinds.ts'
import type { Security, StaticPeer, TrustedPeer } from './types.ts'

export const NAME_LENGTH = 64

/** Says why `name` cannot be a display name; undefined if it can be one. */
export function nameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'it is empty'
  if ([...name].length > NAME_LENGTH) return `it has more than ${NAME_LENGTH} characters`
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) return 'it has control or invisible characters'
  return undefined
}

export const displayName = text(`a name of 1 to ${NAME_LENGTH} characters`, nameProblem)

export const label = text('a name of letters, digits, "-", "_" and "."', (value) =>
  LABEL.test(value) ? undefined : 'that is not a plain name',
)

const role = text(label.allowed, (value) =>
  LABEL.test(value) ? labelProblem('role', value) : 'that is not a plain name',
)

export const approvedPattern = text('"NAME: AGENT TOOL [in DIRECTORY] GLOB"', (value) =>
  /^[\w.-]{1,32}: k[A-Za-z]+:[\w.-]{1,64} \S{1,128} \S.{0,1023}$/.test(value)
    ? undefined
    : 'that is not a pattern such as "status: kExecutor:build exec in /srv/app git status*"',
)

function nodeIdProblem(value: string): string | undefined {
  if (isNodeId(value)) return undefined
  if (!value.startsWith('karo:ed25519:')) {
    return /^(fingerprint:)?[0-9a-f ]{16,20}$/i.test(value)
      ? 'that is a fingerprint, which is too short to grant rights to'
      : 'that is not a node id'
  }
  return value.endsWith('=') ? 'node ids have no padding ("=")' : 'that is not a complete node id'
}

export const nodeId: Kind<NodeId> = text<NodeId>(
  'a node id, karo:ed25519:… as `karo identity show` prints it',
  nodeIdProblem,
)

/** One entry of a list that says with whom numbers are shared. */
export const audience = text('a node id, "team:<name>", "role:<name>" or "*"', (value) => {
  if (value === '*') return undefined
  const group = /^(team|role):(.*)$/.exec(value)
  if (group?.[1] === 'role' && LABEL.test(group[2]!)) return labelProblem('role', group[2]!)
  if (group) return LABEL.test(group[2]!) ? undefined : `${group[1]}: needs a plain name`
  return nodeIdProblem(value)
})

/** The name of a user or group, also as a directory service gives it: `ann`, `ann@corp.example`, `CORP\\ann`, `domain users`. */
const PERSON = /^[^\s:,/*"'\p{C}](?:[^:,/*"'\p{C}]{0,254}[^\s:,/*"'\p{C}])?$/u
const UID_MAX = 0xffff_fffe

function personProblem(value: string): string | undefined {
  if (/^-?\d+$/.test(value)) {
    return /^(?:0|[1-9]\d{0,9})$/.test(value) && Number(value) <= UID_MAX ? undefined : 'that is not a uid'
  }
  if (value.startsWith('group:')) {
    const group = value.slice('group:'.length)
    return PERSON.test(group) && !/^\d+$/.test(group) ? undefined : 'group: needs the name of a group'
  }
  if (value === '*') return 'that would be everybody'
  return PERSON.test(value) ? undefined : 'that is not a user name'
}

/** A user or a group of this machine. */
export const person = text('a user name, a uid ("1000"), or "group:<name>"', personProblem)
export const personOrAll = text('a user name, a uid ("1000"), "group:<name>" or "*"', (value) =>
  value === '*' ? undefined : personProblem(value),
)

export const ipAddress = text('an IP address', (value) => {
  if (!isIP(value)) return 'that is no IP address'
  return value.includes('%') ? 'an address with a zone ("%eth0") cannot be used' : undefined
})

/** At most 4 096 addresses, so that a look through it takes minutes. */
export const scanSubnet = text('an IPv4 subnet from /20 to /32 such as "10.0.3.0/24"', (value) => {
  const problem = subnetProblem(value)
  if (problem !== undefined) return problem
  const [base = '', length] = value.split('/')
  if (isIP(base) !== 4) return 'that is no IPv4 subnet'
  return Number(length) >= 20 ? undefined : 'that is more than 4096 addresses'
})

/** A pattern for one part of a command, as `history.redact` divides it. */
export const partPattern = text('a pattern for one part of a command, such as "acme_*"', (value) => {
  if (/[\s"'`=:,;/@&|<>()]/.test(value)) return 'it has a sign that divides parts, so it matches nothing'
  return /[^*?]/.test(value) ? undefined : 'it matches everything'
})

export const domainName = text('a domain name such as "corp.example"', (value) =>
  isHostName(value) && !isIP(value) ? undefined : 'that is not a domain name',
)

const LABELS =
  /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*$/

export function subnetProblem(value: string): string | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(value)
  const family = match ? isIP(match[1]!) : 0
  if (!match || family === 0) return 'that is not a subnet'
  return Number(match[2]) <= (family === 4 ? 32 : 128) ? undefined : 'its prefix is too long'
}

export const absolutePath = text('an absolute path', (value) =>
  value.startsWith('/') && !value.includes('\0') ? undefined : 'it begins with no slash',
)

export const optionalPath = text('an absolute path, or ""', (value) =>
  value === '' || (value.startsWith('/') && !value.includes('\0')) ? undefined : 'it begins with no slash',
)

/** The name of a network interface (in Linux at most 15 bytes, no slash, no space), or a subnet. */
export const interfaceOrSubnet = text(
  'an interface such as "eth0" or a subnet such as "10.0.0.0/24"',
  (value) => {
    if (value.includes('/')) return subnetProblem(value)
    return /^[^\s/:]{1,15}$/.test(value) && !isIP(value) ? undefined : 'that is neither'
  },
)

/** `host:port` or `[IPv6 address]:port`; both may have `/<node id>` behind them. */
export const staticPeer: Kind<StaticPeer> = {
  allowed: '"host:port" or "host:port/<node id>"',
  check(value) {
    const wrong = (why: string): WrongValue =>
      new WrongValue(`is ${shown(value)}: ${why}; it must be ${staticPeer.allowed}`)
    if (typeof value !== 'string') throw wrong('that is not a text')
    const slash = value.indexOf('/')
    const address = slash < 0 ? value : value.slice(0, slash)
    const pin = slash < 0 ? undefined : value.slice(slash + 1)
    const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address)
    if (!match) {
      if (isIP(address) === 6)
        throw wrong('write an IPv6 address in brackets and with a port: "[fd00::5]:9238"')
      throw wrong(/:/.test(address) ? 'that is not a host and port' : 'the port is missing')
    }
    const host = match[1] ?? match[2]!
    const port = Number(match[3])
    if (host.includes('%'))
      throw wrong('addresses with a zone ("%eth0") cannot be dialled; name a routable address or use mDNS')
    if (port < 1 || port > 65535) throw wrong('a port is 1 to 65535')
    if (match[1] !== undefined ? isIP(host) !== 6 : !isIP(host) && !isHostName(host))
      throw wrong('the host is neither an address nor a name')
    if (pin === undefined) return { host, port }
    const problem = nodeIdProblem(pin)
    if (problem !== undefined || !isNodeId(pin)) throw wrong(`after the slash, ${problem}`)
    return { host, port, nodeId: pin }
  },
}

/** Undefined when it is no `host:port` that could be dialed. */
export function readStaticPeer(text: string): StaticPeer | undefined {
  return orElse(() => staticPeer.check(text), undefined)
}

/** True for a host name by RFC 1123, except one whose last part is a number: that is a mistyped IPv4 address. */
function isHostName(host: string): boolean {
  return host.length <= 253 && LABELS.test(host) && !/(?:^|\.)\d+$/.test(host)
}

const targets = list(
  text(FORWARD_FORMS, (entry) => (forwardTarget(entry) === undefined ? 'that is no target' : undefined)),
  8,
)

/** Two entries with one text would share a checkpoint. */
export const forwardTargets: Kind<readonly string[]> = {
  ...targets,
  check(value) {
    const list = targets.check(value)
    const twice = list.find((entry, i) => list.indexOf(entry) !== i)
    if (twice !== undefined) throw new WrongValue(`names ${shown(twice)} twice`)
    return list
  },
}

const securities = list(oneOf<Security>(['noise', 'tls']), 2)

/** One or both encryptions, in the order of preference; without any, no connection would be possible. */
export const securityList: Kind<readonly Security[]> = {
  ...securities,
  check(value) {
    const list = securities.check(value)
    if (list.length === 0) throw new WrongValue('is empty, but must name "noise", "tls" or both')
    if (new Set(list).size < list.length) throw new WrongValue(`names ${shown(list[0])} twice`)
    return list
  },
}

const trustedFields = {
  name: displayName,
  level: oneOf(TRUST_LEVELS),
  roles: list(role, 32),
  teams: list(label, 32),
} as const

/** A table of `"karo:ed25519:…" = { name, level, roles, teams }`; every field is optional, and `level` is `peer` by default. */
export const trustedPeers: Kind<ReadonlyMap<NodeId, TrustedPeer>> = {
  allowed: 'a table: "karo:ed25519:…" = { name = "bob", level = "peer", roles = [], teams = [] }',
  check(value) {
    if (!isTable(value)) throw new WrongValue(`is ${shown(value)}, but must be ${trustedPeers.allowed}`)
    const peers = new Map<NodeId, TrustedPeer>()
    for (const [id, entry] of Object.entries(value)) {
      const problem = nodeIdProblem(id)
      if (problem !== undefined || !isNodeId(id))
        throw new WrongValue(`: ${problem}; the key of an entry must be ${nodeId.allowed}`, [id])
      const members = membersOf(trustedFields, id, entry, 'peer')
      peers.set(id, { level: 'peer', roles: [], teams: [], ...members })
    }
    return peers
  },
}

/** What is wrong with the address of a model; undefined for a good one. */
function endpointProblem(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return 'that is not an http or https address'
  if (url.username !== '' || url.password !== '')
    return 'it holds a name or key; put the key into ask.key_file'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  // A name is checked by its addresses when the model is asked.
  if (isIP(host) !== 0 && !isPrivateAddress(host, { allowCgnat: false }))
    return 'that address is neither of this machine nor of a private network'
  return url.search === '' && url.hash === '' ? undefined : 'it has a query or fragment'
}
const MODEL_NAME = /^[\w./:@+-]{0,128}$/

/** The address of a model, without user name, key, query or fragment. `karo ask` checks later that it is private. */
export const modelEndpoint = text('an http or https address, or empty', (value) =>
  value === '' ? undefined : endpointProblem(value),
)

/** What is wrong with an address that may have the name of a model behind a blank. */
function placeProblem(value: string): string | undefined {
  const [endpoint = '', model = '', more] = value.trim().split(/\s+/)
  if (more !== undefined || !MODEL_NAME.test(model))
    return 'the word after the address is not the name of a model'
  return endpointProblem(endpoint)
}

const PLACE = 'an http or https address, with the name of a model behind it if one is meant'
export const modelPlace = text(PLACE, placeProblem)
export const modelPlaceOrNone = text(`${PLACE}, or empty`, (value) =>
  value === '' ? undefined : placeProblem(value),
)

export const modelName = text('a name of up to 128 characters', (value) =>
  MODEL_NAME.test(value) ? undefined : 'it is too long or has other characters than a model name',
)
