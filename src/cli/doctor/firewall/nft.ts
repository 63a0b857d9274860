// The rules of nftables, as `nft -j list ruleset` prints them (libnftables-json(5)), for the judge of packets.
import { BlockList, isIPv4 } from 'node:net'
import type { Chain, Match, Packet, Rule, Table, Verdict } from './filter.ts'

type Json = unknown
type Fields = Readonly<Record<string, Json>>
type Sets = ReadonlyMap<string, readonly Json[]>

/** Hooks a packet of this machine passes; chains of other kinds (nat, route) do not drop. */
const WAYS: Readonly<Record<string, Packet['way']>> = {
  prerouting: 'in',
  input: 'in',
  output: 'out',
  postrouting: 'out',
}
/** Families that see IPv4 packets. */
const FAMILIES = new Set(['ip', 'inet'])
const POLICIES = new Set(['accept', 'drop'])

const fields = (value: Json): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
const text = (value: Json): string => (typeof value === 'string' ? value : '')

/** Throws SyntaxError for what is no JSON; what it does not know in it is left out or not understood. */
export function parseNft(json: string): readonly Table[] {
  const items = fields(JSON.parse(json) as Json)?.nftables
  const tables = new Map<string, { sets: Map<string, readonly Json[]>; chains: Map<string, MutableChain> }>()
  const tableOf = (of: Fields) => {
    const name = `${text(of.family)} ${text(of.table)}`
    let table = tables.get(name)
    if (table === undefined) {
      table = { sets: new Map(), chains: new Map() }
      tables.set(name, table)
    }
    return table
  }
  for (const item of Array.isArray(items) ? items.map(fields) : []) {
    const chain = fields(item?.chain)
    const set = fields(item?.set)
    const rule = fields(item?.rule)
    const of = chain ?? set ?? rule
    if (of === undefined || !FAMILIES.has(text(of.family))) continue
    const table = tableOf(of)
    if (set !== undefined) table.sets.set(text(set.name), Array.isArray(set.elem) ? set.elem : [])
    if (chain !== undefined)
      table.chains.set(text(chain.name), { name: text(chain.name), rules: [], ...baseOf(chain) })
    if (rule !== undefined) {
      table.chains
        .get(text(rule.chain))
        ?.rules.push(ruleOf(Array.isArray(rule.expr) ? rule.expr : [], table.sets))
    }
  }
  return [...tables].map(([name, { chains }]) => ({ name, chains: [...chains.values()] }))
}

interface MutableChain extends Chain {
  readonly rules: Rule[]
}

function baseOf(chain: Fields): Pick<Chain, 'base'> {
  const way = WAYS[text(chain.hook)]
  if (way === undefined || chain.type !== 'filter') return {}
  return {
    base: { way, policy: POLICIES.has(text(chain.policy)) ? (chain.policy as 'accept' | 'drop') : 'accept' },
  }
}

function ruleOf(expressions: readonly Json[], sets: Sets): Rule {
  const matches: Match[] = []
  let verdicts: Rule['verdicts'] = () => []
  for (const expression of expressions) {
    const [kind = '', body] = Object.entries(fields(expression) ?? {})[0] ?? []
    const verdict = verdictOf(kind, body)
    if (verdict !== undefined) verdicts = () => [verdict]
    else if (kind === 'vmap') verdicts = mapOf(fields(body), sets)
    else if (kind === 'match') matches.push(matchOf(fields(body), sets))
    // They count, log and mark, whatever the packet is.
    else if (!['counter', 'log', 'comment', 'mangle', 'notrack'].includes(kind)) matches.push(() => undefined)
  }
  return { matches, verdicts, text: expressions.flatMap(said).join(' ').slice(0, 200) }
}

/** Nearly as `nft list ruleset` shows it. */
function said(expression: Json): string[] {
  const [kind = '', body] = Object.entries(fields(expression) ?? {})[0] ?? []
  if (kind === 'counter' || kind === 'comment') return []
  if (kind !== 'match') {
    const target = text(fields(body)?.target)
    return [target === '' ? kind : `${kind} ${target}`]
  }
  const { left, right, op } = fields(body) ?? {}
  const { payload, meta, ct } = fields(left) ?? {}
  const at = fields(payload)
  const subject =
    at === undefined
      ? text(fields(meta ?? ct)?.key) || JSON.stringify(left)
      : `${text(at.protocol)} ${text(at.field)}`
  const object = typeof right === 'object' ? JSON.stringify(right) : String(right)
  return [`${subject} ${op === '==' || op === 'in' ? '' : `${text(op)} `}${object}`]
}

function verdictOf(kind: string, body: Json): Verdict | undefined {
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
      return { kind }
    case 'reject':
      return { kind: 'drop' }
    case 'jump':
    case 'goto':
      return { kind, chain: text(fields(body)?.target) }
    default:
      return undefined
  }
}

function mapOf(map: Fields | undefined, sets: Sets): Rule['verdicts'] {
  const data = fields(map?.data)?.set
  const entries = (Array.isArray(data) ? data : []).flatMap((entry: Json) => {
    if (!Array.isArray(entry)) return []
    const [kind = '', body] = Object.entries(fields(entry[1]) ?? {})[0] ?? []
    const verdict = verdictOf(kind, body)
    return verdict === undefined ? [] : [{ key: entry[0] as Json, verdict }]
  })
  return (packet) => {
    const value = leftOf(map?.key, packet)
    if (value === undefined) return entries.map(({ verdict }) => verdict)
    const found = entries.find(({ key }) => holds(key, value, sets) === true)
    return found === undefined ? [] : [found.verdict]
  }
}

function matchOf(match: Fields | undefined, sets: Sets): Match {
  const { left, right, op } = match ?? {}
  return (packet) => {
    const value = leftOf(left, packet)
    if (value === undefined) return undefined
    if (value === false) return false
    const is = holds(right, value, sets)
    if (is === undefined) return undefined
    if (op === '==' || op === 'in') return is
    return op === '!=' ? !is : compared(op, value, right)
  }
}

function compared(op: Json, value: string | number, right: Json): boolean | undefined {
  if (typeof value !== 'number' || typeof right !== 'number') return undefined
  if (op === '<') return value < right
  if (op === '>') return value > right
  if (op === '<=') return value <= right
  return op === '>=' ? value >= right : undefined
}

/** False: such a packet has no such thing. Undefined: not understood. */
function leftOf(left: Json, packet: Packet): string | number | false | undefined {
  const { payload, meta, ct, fib } = fields(left) ?? {}
  if (payload !== undefined) return payloadOf(fields(payload), packet)
  const out = packet.way === 'out'
  switch (text(fields(meta)?.key)) {
    case 'l4proto':
      return packet.protocol
    case 'iif':
    case 'iifname':
      return out ? false : packet.interface
    case 'oif':
    case 'oifname':
      return out ? packet.interface : false
    case 'nfproto':
      return 'ipv4'
    case 'protocol':
      return 'ip'
    case 'pkttype':
      return out ? undefined : packet.multicast ? 'multicast' : 'host'
  }
  // The first packet of a connection, or one that nobody asked for.
  if (text(fields(ct)?.key) === 'state') return 'new'
  if (fields(fib)?.result === 'type' && JSON.stringify(fields(fib)?.flags) === '["daddr"]') {
    return packet.multicast ? 'multicast' : packet.way === 'in' ? 'local' : 'unicast'
  }
  return undefined
}

function payloadOf(payload: Fields | undefined, packet: Packet): string | number | false | undefined {
  const field = text(payload?.field)
  switch (text(payload?.protocol)) {
    case 'tcp':
    case 'udp':
    case 'th':
      if (payload?.protocol !== 'th' && payload?.protocol !== packet.protocol) return false
      if (field === 'dport') return packet.port
      // mDNS is from its own port; who connects to the mesh is from any.
      if (field === 'sport') return packet.protocol === 'udp' ? packet.port : undefined
      return undefined
    case 'ip':
      if (field === 'saddr') return packet.source
      if (field === 'daddr') return packet.destination
      return field === 'protocol' ? packet.protocol : undefined
    case 'ip6':
    case 'icmp':
    case 'icmpv6':
    case 'sctp':
    case 'dccp':
      return false
    default:
      return undefined
  }
}

/** Whether the right side of a match has this value. */
function holds(right: Json, value: string | number | false, sets: Sets): boolean | undefined {
  if (value === false) return false
  if (Array.isArray(right)) return any(right, value, sets)
  if (typeof right === 'string') {
    if (right.startsWith('@')) {
      const set = sets.get(right.slice(1))
      return set === undefined ? undefined : any(set, value, sets)
    }
    return right.endsWith('*') ? String(value).startsWith(right.slice(0, -1)) : right === String(value)
  }
  if (typeof right === 'number') return right === value
  const { set, range, prefix, elem } = fields(right) ?? {}
  if (Array.isArray(set)) return any(set, value, sets)
  if (elem !== undefined) return holds(fields(elem)?.val, value, sets)
  if (prefix !== undefined) return inSubnet(value, text(fields(prefix)?.addr), Number(fields(prefix)?.len))
  if (Array.isArray(range)) return inRange(value, range[0], range[1])
  return undefined
}

function any(of: readonly Json[], value: string | number, sets: Sets): boolean | undefined {
  const each = of.map((one) => holds(one, value, sets))
  return each.includes(true) ? true : each.includes(undefined) ? undefined : false
}

export function inSubnet(value: string | number, network: string, bits: number): boolean | undefined {
  if (typeof value !== 'string' || !isIPv4(value) || !isIPv4(network) || !(bits >= 0 && bits <= 32))
    return undefined
  const list = new BlockList()
  list.addSubnet(network, bits, 'ipv4')
  return list.check(value, 'ipv4')
}

function inRange(value: string | number, from: Json, to: Json): boolean | undefined {
  if (typeof value === 'number' && typeof from === 'number' && typeof to === 'number')
    return from <= value && value <= to
  if (typeof value !== 'string' || !isIPv4(value) || !isIPv4(text(from)) || !isIPv4(text(to)))
    return undefined
  const list = new BlockList()
  list.addRange(text(from), text(to), 'ipv4')
  return list.check(value, 'ipv4')
}
