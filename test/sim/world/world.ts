// The whole in virtual time: a thousand machines discover each other, come and go, ask, and add up what they share.
import type { Random } from '../../../src/base/clock.ts'
import { randomOf } from '../../support/run/random.ts'
import { settled } from '../../support/run/virtual-time.ts'
import { Network as DocumentsShell, HOUR, MINUTE } from '../../unit/exchange/documents/network.ts'
import { planOf } from '../../unit/exchange/totals/pair.ts'
import { World as TotalsWorld } from '../../unit/exchange/totals/world.ts'
import { Network } from '../mesh-network.ts'
import { Agreements } from './agreed.ts'
import { identityOf, WorldNode } from './node.ts'
import type { WorldOptions } from './options.ts'
import { Air } from './rooms-mesh.ts'
import { Spread } from './spread.ts'

/** A bucket of an hour ends as the simulation begins. */
const EPOCH = Date.UTC(2026, 10, 20, 11)
/** Machines of one LAN, which hear each other by mDNS; one of each dials one of the next. */
const SEGMENT = 25
/** The two that add up, and the one that reads: servers, which stay on. */
export const SERVERS = 3
export const READER = 2
/** They start within so long, in a large mesh within so long each: nobody switches on a thousand machines in one moment. */
const START_LEAST_MS = 10_000
const START_EACH_MS = 40

export class World {
  readonly network: Network
  readonly air: Air
  readonly spread: Spread
  readonly agreements = new Agreements()
  readonly nodes: WorldNode[] = []
  readonly totals: TotalsWorld
  readonly random: ReturnType<typeof randomOf>
  readonly bucket = { length: 'hour', start: EPOCH - HOUR, end: EPOCH } as const

  constructor({ nodes: count, seed, lossPer10k, latency, joined, begins }: WorldOptions) {
    this.random = randomOf(seed)
    this.network = new Network(this.random, { lossPer10k, latency, epoch: EPOCH + begins * MINUTE })
    this.air = new Air(this.network)
    const { time } = this.network
    const timers = { after: (ms: number, run: () => void) => time.after(ms, () => this.#stir(run)) }
    const random: Random = {
      bytes: (length) => this.random.bytes(length),
      float: () => this.random.below(1_000_000) / 1_000_000,
    }
    const documents = new DocumentsShell({ seed, time })
    this.totals = new TotalsWorld(documents, timers, random)
    this.totals.plan = planOf([0, 1].map(identityOf))
    this.totals.bindings = this.#bindings()
    this.spread = new Spread(time.clock, (kind) => {
      const pair = [0, 1].map((at) => identityOf(at).nodeId)
      return kind === 'release' ? [identityOf(READER).nodeId] : pair
    })
    const shared = {
      network: this.network,
      air: this.air,
      totals: this.totals,
      documents,
      timers,
      random,
      agreements: this.agreements,
    }
    const trusts = new Set(Array.from({ length: count }, (_, index) => identityOf(index).nodeId))
    for (let index = 0; index < count; index++) {
      const segment = Math.floor(index / SEGMENT)
      const next = ((segment + 1) * SEGMENT) % (Math.ceil(count / SEGMENT) * SEGMENT)
      const sim = this.network.add({
        index,
        segment,
        skewMs: 0,
        walled: false,
        trusts,
        id: identityOf(index).nodeId,
        peers: index % SEGMENT === 0 && next < count && next !== index ? [next] : [],
      })
      this.nodes.push(new WorldNode({ ...shared, spread: this.spread }, sim))
    }
    if (joined) this.#introduceAll()
  }

  #introduceAll(): void {
    const all = this.nodes.map(({ sim }) => sim)
    const told = all.map(({ id, address, wish }) => ({ id, name: `n${wish.index}`, addresses: [address] }))
    for (const { trust, id: own } of all)
      for (const { id, name, addresses } of told) if (id !== own) trust.sawMember(id, { name, addresses })
  }

  /** Every machine has a certificate; the list is made once, because every node looks at it. */
  #bindings() {
    let made: ReturnType<TotalsWorld['bindings']> | undefined
    return () => {
      made ??= this.nodes.map(({ machine }) => machine.binding())
      return made
    }
  }

  #stir(run: () => void): void {
    this.air.stirred = true
    run()
  }

  get now(): number {
    return this.network.time.clock.monotonic()
  }

  /** Lets time pass until `end`, monotonic ms. What promises do counts as happening at once. */
  async passTo(end: number): Promise<void> {
    const { time } = this.network
    do {
      while (this.air.stirred) {
        this.air.stirred = false
        await settled()
      }
    } while (time.step(end))
  }

  /** All start within this time. */
  get startMs(): number {
    return Math.max(START_LEAST_MS, this.nodes.length * START_EACH_MS)
  }

  /** At a random time. */
  startSoon(node: WorldNode, withinMs = this.startMs): void {
    this.network.time.after(this.random.below(withinMs), () => this.#stir(() => void node.start()))
  }

  stopNow(node: WorldNode): void {
    const inOrder = this.random.below(2) === 0
    this.#stir(() => void node.stop(inOrder))
  }
}
