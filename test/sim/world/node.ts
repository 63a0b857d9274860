// One machine of the whole simulation: mesh, questions, documents and totals, all real, over the simulated network.
import type { Random, Timers } from '../../../src/base/clock.ts'
import type { Documents } from '../../../src/exchange/documents/index.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import {
  Node as DocumentsNode,
  type Network as DocumentsShell,
} from '../../unit/exchange/documents/network.ts'
import { TestNode, uses, Wire } from '../../unit/exchange/query/network.ts'
import { Machine, REFUSES, type World as TotalsWorld } from '../../unit/exchange/totals/world.ts'
import type { Network } from '../mesh-network.ts'
import type { SimNode } from '../mesh-node.ts'
import type { Agreements } from './agreed.ts'
import { type Air, RoomsMesh } from './rooms-mesh.ts'
import type { Spread } from './spread.ts'

/** The same as in `testIdentity` of the documents' network. */
const FIRST_IDENTITY = 10_001
export const identityOf = (index: number) => testIdentity(FIRST_IDENTITY + index)

/** Uses of git that the person at each machine has; every machine has another number, so that no sum is right by chance. */
export const usesOf = (index: number): number => 10 + index
/** One machine of so many shares with nobody; the machines that add up and read are none of them. */
const REFUSES_EVERY = 17
export const refuses = (index: number): boolean => index % REFUSES_EVERY === REFUSES_EVERY - 1

/** What all machines of one simulation share. */
export interface Shared {
  readonly network: Network
  readonly air: Air
  readonly totals: TotalsWorld
  readonly documents: DocumentsShell
  readonly timers: Timers
  readonly random: Random
  readonly spread: Spread
  readonly agreements: Agreements
}

/** Documents whose way is followed. */
class FollowedNode extends DocumentsNode {
  readonly #spread: Spread

  constructor(spread: Spread, ...rest: ConstructorParameters<typeof DocumentsNode>) {
    super(...rest)
    this.#spread = spread
  }

  override async start(): Promise<void> {
    await super.start()
    const { room } = this
    room.onKept((head) => this.#spread.kept(this.id, head))
    const publish: Documents['publish'] = async (kind, frame, spreadMs) => {
      await room.publish(kind, frame, spreadMs)
      for (const slot of room.slots(this.id, kind)) this.#spread.published(this.id, kind, slot)
    }
    this.room = { ...room, publish }
  }
}

export class WorldNode {
  readonly index: number
  readonly sim: SimNode
  readonly machine: Machine
  /** Undefined while it is off. */
  query: TestNode | undefined
  /** True times, virtual ms, since when it is on or off. */
  since = 0
  readonly #shared: Shared
  #rooms: RoomsMesh
  /** Starts and stops one after the other. */
  #busy: Promise<void> = Promise.resolve()

  constructor(shared: Shared, sim: SimNode) {
    this.#shared = shared
    this.sim = sim
    this.index = sim.wish.index
    this.#rooms = new RoomsMesh(shared.air, sim)
    const { trust, clock } = sim
    const rooms = (): RoomsMesh => this.#rooms
    const node = new FollowedNode(shared.spread, shared.documents, this.index + 1, {
      trust,
      clock,
      timers: shared.timers,
      random: shared.random,
      ...shared.agreements.of(identityOf(this.index)),
      mesh: {
        link: (protocol) => rooms().link(protocol),
        topic: (topic) => rooms().topic(topic),
        reach: (other, signal) => rooms().reach(other, signal),
      },
    })
    this.machine = new Machine(shared.totals, node, this.index)
    this.machine.tools = new Map([[0, [usesOf(this.index), this.index]]])
    if (refuses(this.index)) this.machine.consent = REFUSES
  }

  get running(): boolean {
    return this.query !== undefined
  }

  start(): Promise<void> {
    this.#busy = this.#busy.then(() => this.#start())
    return this.#busy
  }

  /** With a last word, or without. */
  stop(inOrder: boolean): Promise<void> {
    this.#busy = this.#busy.then(() => this.#stop(inOrder))
    return this.#busy
  }

  async #start(): Promise<void> {
    if (this.running) return
    const { network, air, timers, random } = this.#shared
    const { sim, machine, index } = this
    this.#rooms = new RoomsMesh(air, sim)
    await machine.start()
    const query = new TestNode(new Wire(), {
      identity: machine.node.identity,
      name: `n${index}`,
      mesh: this.#rooms,
      trust: sim.trust,
      clock: sim.clock,
      timers,
      random,
      totals: machine.room,
      roles: machine.roles,
      people: new Map([[1000, [uses('git', usesOf(index))]]]),
      allow: refuses(index) ? [] : ['*'],
    })
    await query.query.start()
    this.query = query
    this.since = network.time.clock.monotonic()
    sim.start()
    network.announce(sim)
  }

  async #stop(inOrder: boolean): Promise<void> {
    const { query } = this
    if (query === undefined) return
    this.query = undefined
    this.since = this.#shared.network.time.clock.monotonic()
    this.sim.stop(inOrder)
    this.#rooms.end()
    await query.query.stop()
    await this.machine.stop()
  }
}
