// Machines with rooms of totals over a network that a test owns: real shares, real tallies, real releases, virtual time.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Random, Timers } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import type { Counts, Layout } from '../../../../src/exchange/aggregates/index.ts'
import {
  createTotals,
  type Measure,
  type Plan,
  type TotalsRoom,
} from '../../../../src/exchange/totals/index.ts'
import type { Binding } from '../../../../src/trust/certificates/index.ts'
import { type Consent, createPolicy } from '../../../../src/trust/policy/index.ts'
import { consent } from '../../trust/policy/requests.ts'
import { HOUR, MINUTE, Network, type Node } from '../documents/network.ts'

export { HOUR, MINUTE }

export const MESH = new Uint8Array(32).fill(7)

const TOOLS: Layout = {
  version: 1,
  type: 'ToolUsage',
  rows: ['git', 'kubectl', 'make', 'nmap', 'vim'].map((name) => ({
    name,
    values: ['uses', 'failures'],
    counts: true,
    family: 'tools',
  })),
}
const HOURS: Layout = {
  version: 1,
  type: 'ActivityPatterns',
  rows: ['morning', 'evening'].map((name) => ({ name, values: ['commands'], counts: true, family: 'day' })),
}

const TYPES = ['ToolUsage', 'ActivityPatterns']

export const AGREES = consent({
  allow_peers: [],
  allow_supervisors: ['role:security'],
  anomalies: 'anonymous',
})
export const REFUSES: Consent = { ...AGREES, allow_supervisors: [] }

export interface Machine {
  readonly node: Node
  readonly room: TotalsRoom
  /** What its people did in a bucket. */
  tools: Counts
  hours: Counts
  consent: Consent
  /** By type that it gave: the types that the same readers were given. */
  readonly gave: Map<string, readonly string[]>
  /** Of what times it was counted. */
  readonly ranges: { readonly start: number; readonly end: number }[]
  /** Undefined: as the configuration says. */
  decidedAt: number | undefined
  roles: readonly string[]
  /** Of its certificate. */
  teams: readonly string[]
  /** As its certificate says. */
  owner: string
  certified: boolean
  /** Nodes that its configuration names, beside those that are certified. */
  readonly candidates: NodeId[]
  joinedAt: number
  /** `sharing.budget`. */
  budget: number
  start(): Promise<void>
  stop(): Promise<void>
}

export interface World {
  readonly network: Network
  readonly machines: readonly Machine[]
  /** The two that add up, where the plan names no others. */
  readonly pair: readonly [Machine, Machine]
  plan: Plan | undefined
  /** As every machine knows. */
  readonly revoked: Set<NodeId>
  /** Default: those of the network. */
  readonly timers?: Timers
  /** Default: chance. */
  readonly random?: Random
}

const counts = (...rows: readonly (readonly [number, readonly number[]])[]): Counts => new Map(rows)

interface WorldOptions {
  readonly seed?: number
  /** Of the day that the world begins in. */
  readonly hour?: number
  readonly running?: (index: number) => boolean
}

/** `count` machines; the first two are aggregators, the third is security staff. All agree and type a little. */
export async function createWorld(
  count: number,
  { seed = 1, hour = 10, running = () => true }: WorldOptions = {},
  teamsOf: (index: number) => readonly string[] = () => [],
): Promise<World> {
  const network = new Network({ seed, epoch: Date.UTC(2026, 10, 18, hour) })
  const nodes = network.add(count)
  const machines: Machine[] = []
  const bindings = (): readonly Binding[] => machines.filter(({ certified }) => certified).map(bindingOf)
  const world: World = {
    network,
    machines,
    pair: [0, 1] as never,
    revoked: new Set(),
    plan: {
      mesh: MESH,
      bundle: 1,
      k: 3,
      length: 'hour',
      audiences: ['security'],
      aggregators: nodes
        .slice(0, 2)
        .map(({ identity }, at) => ({ key: identity.publicKey, operator: `op-${at}` })),
    },
  }
  for (const [index, node] of nodes.entries()) {
    machines.push(machineOf(world, node, index, bindings))
    machines[index]!.teams = teamsOf(index)
  }
  Object.assign(world, { pair: [machines[0], machines[1]] })
  for (const [index, machine] of machines.entries()) if (running(index)) await machine.start()
  network.weave()
  return world
}

/** The certificate of a machine, as others see it. */
export const bindingOf = ({ node, roles, teams, owner }: Machine): Binding => ({
  usage: 'node',
  node_id: node.id,
  key: node.identity.publicKey,
  member_id: node.id,
  name: `n${node.number}`,
  roles,
  teams,
  owner,
  grants: [],
  issuer: 'karo:issuer' as NodeId,
  issued_at: 0,
  not_before: 0,
  not_after: Number.MAX_SAFE_INTEGER,
})

/** A machine that is not started yet, with the rooms of totals and documents; it becomes one of the world's by being added. */
export function machineOf(
  world: World,
  node: Node,
  index: number,
  bindings: () => readonly Binding[],
): Machine {
  const { network } = world
  const machine: Machine = {
    node,
    room: undefined as never,
    tools: counts([0, [10 + index, index]], [4, [1, 0]]),
    hours: counts([0, [10 + index]], [1, [1]]),
    gave: new Map<string, readonly string[]>(),
    ranges: [],
    consent: AGREES,
    decidedAt: undefined,
    roles: index === 2 ? ['security'] : [],
    teams: [],
    owner: `owner of ${node.id}`,
    certified: true,
    candidates: [],
    joinedAt: network.now - HOUR,
    budget: 28,
    async start() {
      await node.start()
      Object.assign(machine, { room: roomOf(world, machine, bindings) })
      await machine.room.start(new AbortController().signal)
    },
    async stop() {
      await machine.room.stop()
      await node.stop()
    },
  }
  return machine
}

function roomOf(world: World, machine: Machine, bindings: () => readonly Binding[]): TotalsRoom {
  const { node } = machine
  const { network } = world
  const measure = (type: string, action: Measure['action'], layout: Layout, of: () => Counts): Measure => ({
    type,
    action,
    layout,
    async count(_uids, { start, end }, gives) {
      machine.ranges.push({ start, end })
      machine.gave.set(type, TYPES.filter(gives))
      return of()
    },
  })
  const opinion = (node_id: NodeId) => ({
    node_id,
    fingerprint: node_id.slice(-16),
    name: node_id,
    roles: [],
    teams: [],
    trust_level: 'peer' as const,
    why: 'tofu' as const,
    denied: node.refused.has(node_id),
    revoked: world.revoked.has(node_id),
  })
  return createTotals({
    identity: node.identity,
    documents: node.room,
    plan: () => world.plan,
    problem: () => null,
    measures: [
      measure('ToolUsage', 'query.tool_usage', TOOLS, () => machine.tools),
      measure('ActivityPatterns', 'query.activity_patterns', HOURS, () => machine.hours),
    ],
    deciders: async () => [1000],
    insight: { recordedSince: async () => machine.joinedAt },
    sharing: {
      consentOf: async () => machine.consent,
      decidedAt: async () => machine.decidedAt,
      onChange: () => () => {},
    },
    policy: createPolicy({ teams: () => [], k: () => 3, now: () => network.now }),
    refuses: (other) => node.refused.has(other),
    fleet: { certified: bindings, operators: { list: () => [] } },
    trust: { opinion, known: () => machine.candidates, memberOf: (other) => other },
    kMin: () => 3,
    budget: () => machine.budget,
    joinedAt: () => machine.joinedAt,
    audit: {
      record: async (entry) => void node.audits.push(entry),
      log: async ({ type }) => node.audits.filter((one) => one.type === type) as never,
    },
    clock: network.time.clock,
    timers: world.timers ?? network.time,
    random: world.random ?? {
      float: Math.random,
      bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    },
    log: silentLog,
  })
}
