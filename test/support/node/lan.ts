// A LAN made of network namespaces on one bridge: every member has its own network stack, and multicast works.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { atEnd } from '../run/processes.ts'

export interface LanMember {
  /** Name of its namespace, for `nsenter --net=/run/netns/<name>`. */
  readonly netns: string
  /** Its address in the LAN's /24, or /64 of IPv6. */
  readonly address: string
}

export interface Lan {
  readonly members: readonly LanMember[]
  /** Moves these members (by index) to a bridge of their own: they hear each other, and nobody else. */
  split(indexes: readonly number[]): void
  /** These two hear each other's multicast, as through a bad switch, but nothing else arrives. */
  part(one: number, other: number): void
  /** Pulls the cables of these members (by index), and puts them back. */
  unplug(indexes: readonly number[]): void
  plug(indexes: readonly number[]): void
  /** One LAN again; those that were parted stay so. */
  heal(): void
  /** This member gets no multicast any more, as behind a switch that filters it; what it sends arrives. */
  deafen(index: number, deaf: boolean): void
  /** What this member sends takes its time, at so many kbit/s; undefined: as fast as it can. */
  slow(index: number, kbits: number | undefined): void
  /** Deletes every namespace, and with them all links; also done at the end of the test file. */
  close(): void
}

/** One /24, and one address is the network's. */
const MOST_MEMBERS = 250
/**
 * All namespaces of a machine share one table of neighbours (`neigh.default.gc_thresh3`, 1024 by default). Where every
 * member talks to every other, more of them fill it, and then nobody finds anybody.
 */
const ASKING_MAX = 24

/** Never used before: a run that is killed leaves its namespaces, and a later one may have its process ids. */
const freshName = (): string => `karo-${randomUUID().slice(0, 13)}`

/** Namespaces need root (CAP_SYS_ADMIN, CAP_NET_ADMIN) and iproute2. */
export function canNamespaces(): { readonly ok: boolean; readonly reason: string } {
  if (process.platform !== 'linux') return { ok: false, reason: 'network namespaces exist only on Linux' }
  const name = freshName()
  const added = ip(['netns', 'add', name])
  if (added !== undefined) return { ok: false, reason: `ip netns add: ${added}` }
  const bridged = ip(['-n', name, 'link', 'add', 'br0', 'type', 'bridge'])
  ip(['netns', 'delete', name])
  return bridged === undefined
    ? { ok: true, reason: '' }
    : { ok: false, reason: `ip link add type bridge: ${bridged}` }
}

/** What a member sends can be slowed down: not every kernel can. */
export function canSlow(): boolean {
  const name = freshName()
  if (ip(['netns', 'add', name]) !== undefined) return false
  const failure = slowed(name, 'lo', 1_000)
  ip(['netns', 'delete', name])
  return failure === undefined
}

/** `count` members at 10.99.0.1, .2, … on a bridge that lives in a namespace of its own; with `family` 6 at fd99::1, ::2, …, without IPv4. */
export function createLan(count: number, family: 4 | 6 = 4): Lan {
  if (count < 1 || count > MOST_MEMBERS) throw new RangeError(`a LAN has 1 to ${MOST_MEMBERS} members`)
  const prefix = freshName()
  const hub = `${prefix}-hub`
  const members = Array.from({ length: count }, (_, i) => ({
    netns: `${prefix}-${i + 1}`,
    address: family === 4 ? `10.99.0.${i + 1}` : `fd99::${(i + 1).toString(16)}`,
  }))
  const names = [hub, ...members.map((member) => member.netns)]
  let open = true
  const close = (): void => {
    if (!open) return
    open = false
    for (const name of names) ip(['netns', 'delete', name])
  }
  atEnd(close)
  try {
    batch(
      undefined,
      names.map((name) => `netns add ${name}`),
    )
    batch(hub, [
      'link set lo up',
      // br1 is for those that are cut off.
      ...['br0', 'br1'].flatMap((bridge) => [
        `link add ${bridge} type bridge mcast_snooping 0`,
        `link set ${bridge} up`,
      ]),
    ])
    for (const [i, member] of members.entries()) {
      batch(hub, [
        `link add p${i} type veth peer name eth0 address ${hardwareAddress(i)} netns ${member.netns}`,
        `link set p${i} master br0`,
        `link set p${i} up`,
      ])
      batch(member.netns, [
        'link set lo up',
        family === 4
          ? `addr add ${member.address}/24 brd + dev eth0`
          : `addr add ${member.address}/64 dev eth0 nodad`,
        'link set eth0 up',
        ...(family === 4 ? ['route add 224.0.0.0/4 dev eth0'] : []),
      ])
    }
    if (count > ASKING_MAX) acquaint(members)
  } catch (error) {
    close()
    throw error
  }
  const join = (indexes: Iterable<number>, bridge: string): void =>
    batch(
      hub,
      Array.from(indexes, (i) => `link set p${i} master ${bridge}`),
    )
  return {
    members,
    split: (indexes) => join(indexes, 'br1'),
    part(one, other) {
      for (const [from, to] of [
        [one, other],
        [other, one],
      ] as const) {
        batch(members[from]?.netns, [`route add blackhole ${members[to]?.address}/32`])
      }
    },
    unplug: (indexes) =>
      batch(
        hub,
        indexes.map((i) => `link set p${i} down`),
      ),
    plug: (indexes) =>
      batch(
        hub,
        indexes.map((i) => `link set p${i} up`),
      ),
    heal: () => join(members.keys(), 'br0'),
    deafen: (index, deaf) =>
      batch(hub, [`link set p${index} type bridge_slave mcast_flood ${deaf ? 'off' : 'on'}`]),
    slow(index, kbits) {
      const failure = slowed(members[index]?.netns ?? '', 'eth0', kbits)
      if (failure !== undefined) throw new Error(`tc: ${failure}`)
    },
    close,
  }
}

const hardwareAddress = (index: number): string => `02:4b:00:00:00:${index.toString(16).padStart(2, '0')}`

/** Tells each member where the others are: entries that are given count in nobody's table. */
function acquaint(members: readonly LanMember[]): void {
  for (const { netns } of members) {
    batch(
      netns,
      members
        .filter((other) => other.netns !== netns)
        .map(({ address }, i, others) => {
          const index = members.indexOf(others[i] as LanMember)
          return `neigh replace ${address} lladdr ${hardwareAddress(index)} nud permanent dev eth0`
        }),
    )
  }
}

/** As `Lan.slow`, with the result of `ip`. */
function slowed(netns: string, device: string, kbits: number | undefined): string | undefined {
  const shape = ['tbf', 'rate', `${kbits}kbit`, 'burst', '32kbit', 'latency', '400ms']
  const how = kbits === undefined ? ['del', 'dev', device, 'root'] : ['add', 'dev', device, 'root', ...shape]
  return ip(['-n', netns, 'qdisc', ...how], '', 'tc')
}

/** Undefined when it worked, else what `ip` said. */
function ip(args: readonly string[], input = '', program = 'ip'): string | undefined {
  const ran = spawnSync(program, args, { input, encoding: 'utf8' })
  if (ran.error !== undefined) return ran.error.message
  return ran.status === 0 ? undefined : ran.stderr.trim()
}

function batch(netns: string | undefined, lines: readonly string[]): void {
  const at = netns === undefined ? [] : ['-n', netns]
  const failure = ip([...at, '-batch', '-'], `${lines.join('\n')}\n`)
  if (failure !== undefined) throw new Error(`ip ${at.join(' ')}: ${failure}`)
}
