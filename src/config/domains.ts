// The table [trust.domains]: subnets, each with what the nodes that connect from there are given.
import { isIP } from 'node:net'
import { TRUST_LEVELS } from '../base/words/trust-levels.ts'
import { isPrivateAddress, testOf } from './addresses.ts'
import { boolean, isTable, type Kind, list, membersOf, oneOf, shown, WrongValue } from './kinds.ts'
import type { TrustDomain } from './types.ts'
import { label, subnetProblem } from './values.ts'

/** More would be a list of machines, which `[peers.trusted]` names by their keys. */
const DOMAINS_MAX = 64

const FIELDS = {
  level: oneOf(TRUST_LEVELS),
  teams: list(label, 16),
  allow_unsigned_supervisor: boolean,
} as const

/** Whether an IP address is in a subnet, for many addresses. */
export function subnetTest(subnet: string): (ip: string) => boolean {
  const [base = ''] = subnet.split('/')
  return testOf([base, prefixOf(subnet), isIP(base) === 4 ? 'ipv4' : 'ipv6'])
}

const prefixOf = (subnet: string): number => Number(subnet.split('/')[1])

/** A table of `"10.0.3.0/24" = { level, teams }`, the narrowest first: that is the one that decides. */
export const trustDomains: Kind<ReadonlyMap<string, TrustDomain>> = {
  allowed: 'a table: "10.0.3.0/24" = { level = "share_to", teams = [] }',
  check(value) {
    if (!isTable(value)) throw new WrongValue(`is ${shown(value)}, but must be ${trustDomains.allowed}`)
    const entries = Object.entries(value)
    if (entries.length > DOMAINS_MAX)
      throw new WrongValue(`has ${entries.length} subnets, at most ${DOMAINS_MAX} are allowed`)
    const domains = entries.map(([subnet, entry]) => [subnet, domainOf(subnet, entry)] as const)
    const spelled = new Map<string, string>()
    for (const [subnet] of entries) {
      const same = spelled.get(rangeOf(subnet))
      if (same !== undefined) throw new WrongValue(`: that is the same subnet as "${same}"`, [subnet])
      spelled.set(rangeOf(subnet), subnet)
    }
    return new Map(domains.toSorted(([a], [b]) => prefixOf(b) - prefixOf(a)))
  },
}

function domainOf(subnet: string, entry: unknown): TrustDomain {
  const [base = ''] = subnet.split('/')
  const family = isIP(base)
  const prefix = prefixOf(subnet)
  const wrong = (why: string, hint?: string): WrongValue => new WrongValue(`: ${why}`, [subnet], hint)
  if (base.includes('%') || subnetProblem(subnet) !== undefined)
    throw wrong('that is not a subnet such as "10.0.3.0/24"')
  if (family === 6 && numberOf(base, 6) >> 32n === MAPPED)
    throw wrong('an IPv4 subnet is written as such, "10.0.3.0/24"')
  const [first, last] = ends(base, family, prefix)
  if (numberOf(first, family) !== numberOf(base, family))
    throw wrong(
      `${base} is not where that subnet begins`,
      `Did you mean "${shortOf(first, family)}/${prefix}"?`,
    )
  if (![first, last].every((ip) => isPrivateAddress(ip, { allowCgnat: true })))
    throw wrong(
      'it holds public addresses',
      'Trust by subnet is for private networks only; trust nodes elsewhere by their keys in [peers.trusted].',
    )
  const {
    level,
    teams = [],
    allow_unsigned_supervisor: unsigned = false,
  } = membersOf(FIELDS, subnet, entry, 'share_to')
  if (level === undefined)
    throw wrong('it names no level', 'A subnet has no level of its own accord: level = "share_to"')
  if (level === 'supervisor' && !unsigned)
    throw new WrongValue(
      'is "supervisor", which an address alone does not make a node',
      [subnet, 'level'],
      'Certify the node (karo invite --role security), or say allow_unsigned_supervisor = true beside the level.',
    )
  return { level, teams }
}

/** IPv4 in IPv6: the 96 bits in front of the address. */
const MAPPED = 0xffffn

/** An address in the one spelling that the URL standard gives it. */
const shortOf = (ip: string, family: number): string =>
  family === 4 ? ip : new URL(`http://[${ip}]`).hostname.slice(1, -1)

/** The same for every spelling of a subnet. */
function rangeOf(subnet: string): string {
  const [base = ''] = subnet.split('/')
  return `${shortOf(base, isIP(base))}/${prefixOf(subnet)}`
}

/** The first and the last address. */
function ends(base: string, family: number, prefix: number): readonly [string, string] {
  const bits = family === 4 ? 32 : 128
  const host = (1n << BigInt(bits - prefix)) - 1n
  const at = numberOf(base, family)
  const write = family === 4 ? ipv4Of : ipv6Of
  return [write(at & ~host), write(at | host)]
}

function numberOf(ip: string, family: number): bigint {
  if (family === 4) return ip.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
  const [head = '', tail] = shortOf(ip, family).split('::')
  const groups = (text: string): string[] => text.split(':').filter((part) => part !== '')
  const [before, after] = [groups(head), groups(tail ?? '')]
  const missing = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array<string>(Math.max(0, missing)).fill('0'), ...after].reduce(
    (sum, part) => (sum << 16n) | BigInt(`0x${part}`),
    0n,
  )
}

const ipv4Of = (at: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (at >> shift) & 255n).join('.')
const ipv6Of = (at: bigint): string =>
  Array.from({ length: 8 }, (_, n) => ((at >> BigInt(112 - 16 * n)) & 0xffffn).toString(16)).join(':')
