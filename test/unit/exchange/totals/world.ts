// Machines with rooms of totals over a network that a test owns: real shares, real tallies, real releases, virtual time.

import type { NodeId } from '../../../../protocols/node-id.ts'
import { type Random, systemRandom, type Timers } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import type { Counts, Layout } from '../../../../src/exchange/aggregates/index.ts'
import {
  type BucketTotals,
  createTotals,
  type Measure,
  type Plan,
  type TotalsRoom,
} from '../../../../src/exchange/totals/index.ts'
import type { Binding } from '../../../../src/trust/certificates/index.ts'
import type { Consent } from '../../../../src/trust/policy/index.ts'
import { opinionOf } from '../../../support/mesh/fake-trust.ts'
import { policyOf } from '../../../support/mesh/policy.ts'
import { consent } from '../../trust/policy/requests.ts'
import { layoutOf } from '../aggregates/world.ts'
import { HOUR, Network, type Node } from '../documents/network.ts'
import { planOf } from './pair.ts'

const TOOLS = layoutOf('ToolUsage', ['git', 'kubectl', 'make', 'nmap', 'vim'])
const HOURS = layoutOf('ActivityPatterns', ['morning', 'evening'], ['commands'])
const TYPES = ['ToolUsage', 'ActivityPatterns']

export const AGREES = consent({
  allow_peers: [],
  allow_supervisors: ['role:security'],
  anomalies: 'anonymous',
})
export const REFUSES: Consent = { ...AGREES, allow_supervisors: [] }

/** With the rooms of totals and documents, once it is started. */
export class Machine {
  readonly node: Node
  room!: TotalsRoom
  /** What its people did in a bucket. */
  tools: Counts
  readonly #hours: Counts
  consent = AGREES
  /** By type that it gave: the types that the same readers were given. */
  readonly gave = new Map<string, readonly string[]>()
  /** Of what times it was counted. */
  readonly ranges: { readonly start: number; readonly end: number }[] = []
  /** Undefined: as the configuration says. */
  decidedAt: number | undefined
  roles: readonly string[]
  /** Of its certificate. */
  teams: readonly string[] = []
  /** As its certificate says. */
  owner: string
  certified = true
  /** Nodes that its configuration names, beside those that are certified. */
  readonly candidates: NodeId[] = []
  /** `sharing.budget`. */
  budget = 28
  readonly #joinedAt: number
  readonly #world: World

  constructor(world: World, node: Node, index: number) {
    this.#world = world
    this.node = node
    this.tools = new Map([
      [0, [10 + index, index]],
      [4, [1, 0]],
    ])
    this.#hours = new Map([
      [0, [10 + index]],
      [1, [1]],
    ])
    this.roles = index === 2 ? ['security'] : []
    this.owner = `owner of ${node.id}`
    this.#joinedAt = world.network.now - HOUR
  }

  async start(): Promise<void> {
    await this.node.start()
    this.room = this.#createRoom()
    await this.room.start(new AbortController().signal)
  }

  async stop(): Promise<void> {
    await this.room.stop()
    await this.node.stop()
  }

  /** Buckets that it gave to. */
  given(): readonly string[] {
    return this.node.audits.flatMap(({ type, details }) =>
      type === 'share_given' ? [`${details.bucket}`] : [],
    )
  }

  /** Its certificate, as others see it. */
  binding(): Binding {
    const { node, roles, teams, owner } = this
    return {
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
    }
  }

  #createRoom(): TotalsRoom {
    const { node } = this
    const world = this.#world
    const { network } = world
    const measure = (type: string, action: Measure['action'], layout: Layout, of: () => Counts): Measure => ({
      type,
      action,
      layout,
      count: async (_uids, { start, end }, gives) => {
        this.ranges.push({ start, end })
        this.gave.set(type, TYPES.filter(gives))
        return of()
      },
    })
    const opinion = (other: NodeId) =>
      opinionOf(other, {
        trust_level: 'peer',
        why: 'tofu',
        denied: node.refused.has(other),
        revoked: world.revoked.has(other),
      })
    return createTotals({
      identity: node.identity,
      documents: node.room,
      plan: () => world.plan,
      problem: () => null,
      measures: [
        measure('ToolUsage', 'query.tool_usage', TOOLS, () => this.tools),
        measure('ActivityPatterns', 'query.activity_patterns', HOURS, () => this.#hours),
      ],
      deciders: async () => [1000],
      insight: { recordedSince: async () => this.#joinedAt },
      hasRead: async () => false,
      sharing: {
        consentOf: async () => this.consent,
        decidedAt: async () => this.decidedAt,
        onChange: () => () => {},
      },
      policy: policyOf({ k: () => 3, now: () => network.now }),
      refuses: (other) => node.refused.has(other),
      fleet: { certified: () => world.bindings(), operators: { list: () => [] } },
      trust: { opinion, known: () => this.candidates, memberOf: (other) => other },
      kMin: () => 3,
      budget: () => this.budget,
      joinedAt: () => this.#joinedAt,
      audit: {
        record: async (entry) => void node.audits.push(entry),
        log: async ({ type }) => node.audits.filter((one) => one.type === type) as never,
      },
      clock: network.time.clock,
      timers: world.timers,
      random: world.random,
      log: silentLog,
    })
  }
}

/** Machines over one network, and what the policy says to all of them. */
export class World {
  readonly network: Network
  readonly machines: Machine[] = []
  plan: Plan | undefined
  /** As every machine knows. */
  readonly revoked = new Set<NodeId>()
  readonly timers: Timers
  readonly random: Random
  /** The hour before the one that the world begins in. */
  readonly hour: { readonly start: number; readonly end: number }

  constructor(network: Network, timers: Timers = network.time, random: Random = systemRandom) {
    this.network = network
    this.timers = timers
    this.random = random
    const end = Math.floor(network.now / HOUR) * HOUR
    this.hour = { start: end - HOUR, end }
  }

  /** Certificates of all that have one. */
  bindings = (): readonly Binding[] =>
    this.machines.filter(({ certified }) => certified).map((machine) => machine.binding())

  /** The two that add up, where the plan names no others. */
  get pair(): readonly [Machine, Machine] {
    return [this.machines[0]!, this.machines[1]!]
  }

  /** Who may read. */
  get staff(): Machine {
    return this.machines[2]!
  }

  async start(...machines: readonly Machine[]): Promise<void> {
    for (const machine of machines) await machine.start()
    this.network.weave()
  }

  async stop(...machines: readonly Machine[]): Promise<void> {
    for (const machine of machines) await machine.stop()
  }

  /** What a machine reads of a time, which is of one bucket. */
  async read(machine = this.staff, range = this.hour): Promise<BucketTotals> {
    return (await machine.room.read('security', 'ToolUsage', range)).buckets[0]!
  }
}

interface WorldOptions {
  readonly seed?: number
  /** Of the day that the world begins in. */
  readonly hour?: number
  readonly running?: (index: number) => boolean
  readonly teams?: (index: number) => readonly string[]
}

/** `count` machines; the first two are aggregators, the third is security staff. All agree and type a little. */
export async function createWorld(
  count: number,
  { seed = 1, hour = 10, running = () => true, teams = () => [] }: WorldOptions = {},
): Promise<World> {
  const world = new World(new Network({ seed, epoch: Date.UTC(2026, 10, 18, hour) }))
  for (const [index, node] of world.network.add(count).entries()) {
    const machine = new Machine(world, node, index)
    machine.teams = teams(index)
    world.machines.push(machine)
  }
  world.plan = planOf(world.pair.map(({ node }) => node.identity))
  await world.start(...world.machines.filter((_, index) => running(index)))
  return world
}
