// Questions over the real mesh and the real query router where not everybody trusts everybody, in virtual time.
import type { NodeId } from '../../protocols/node-id.ts'
import { membersOf } from '../../src/exchange/query/asking/team.ts'
import type { Outcome } from '../../src/exchange/query/schema.ts'
import { soFar } from '../../src/exchange/query/state/asker.ts'
import type { Live, QueryAction, QueryEvent } from '../../src/exchange/query/state/types.ts'
import { type Random, randomOf } from '../support/run/random.ts'
import { Network } from './mesh-network.ts'
import { nodeIdOf, type SimNode } from './mesh-node.ts'
import { Questions, Router } from './router.ts'

const MINUTE = 60_000
const TIMEOUT_MS = 10_000

export interface TrustSimOptions {
  readonly nodes: number
  readonly seed: number
  /** Whether the first trusts the second. */
  readonly trusts: (one: number, other: number) => boolean
  readonly askers: readonly number[]
  /** How often each asks; the questions are some minutes apart. */
  readonly times: number
  readonly fullMeshUpTo?: number
  readonly leavesUpTo?: number
  readonly askerLinksUpTo?: number
  /** Before the first question; default 3 min. */
  readonly settleMs?: number
  /** From one question to the next; default 75 s, long enough for links that a question brought about to be given up again. */
  readonly everyMs?: number
  /** After the last question; default none. */
  readonly restMs?: number
  /** After these questions nothing arrives any more between those of here and the others; askers ask again so long after it, ms. */
  readonly cut?: { readonly here: (index: number) => boolean; readonly askedAfterMs: readonly number[] }
  /** Nodes that nobody can connect to; they connect to others. */
  readonly walled?: (index: number) => boolean
}

export interface AskedInSim {
  readonly asker: number
  /** By index of the node. */
  readonly outcomes: ReadonlyMap<number, Outcome>
  readonly elapsedMs: number
}

export interface TrustSimReport {
  readonly asked: readonly AskedInSim[]
  /** Frames about questions that all nodes sent, from the questions of one turn to those of the next. */
  readonly frames: readonly number[]
  /** Links of each node when the last question began. */
  readonly links: readonly number[]
  /** The same after the rest. */
  readonly linksAtRest: readonly number[]
  readonly dials: number
  readonly broken: readonly string[]
  readonly virtualMs: number
  /** Of the first node: nodes for whose links it had no place. */
  readonly turnedAway: readonly number[]
}

/** Simulated machines with questions over their mesh. */
class World {
  readonly network: Network
  readonly questions: Questions
  readonly asked: AskedInSim[] = []
  /** Frames about questions that nodes have sent. */
  sent = 0
  readonly rooms = new Map<NodeId, Room>()

  constructor(network: Network, random: Random) {
    this.network = network
    this.questions = new Questions(network.time, random)
  }
}

/** The query room of one simulated node. */
class Room {
  readonly router: Router
  readonly #world: World
  readonly #node: SimNode
  /** Dials under way for questions, by the mesh's number of the ask. */
  readonly #dials = new Map<number, { readonly ask: string; readonly node: NodeId }>()
  #asks = 0

  constructor(world: World, node: SimNode, fullMeshUpTo: number) {
    this.#world = world
    this.#node = node
    this.router = new Router(world.questions, node.id, {
      fullMeshUpTo,
      clock: node.clock,
      send: (to, _message, event) => this.#send(to, event),
      answers: (author) => (node.trust.admits(author) ? 'success' : 'access_denied'),
      perform: (action) => this.#perform(action),
      concluded: (live) => this.#concluded(live),
    })
    const { links, put, state } = this.router
    node.above = {
      up: (other) => void links.add(other),
      down: (other) => {
        links.delete(other)
        put({ on: 'down', node: other })
      },
      inUse: (other) => state.inUse(other),
      noticed: () => {},
      answered: (mesh, reached) => {
        const dial = this.#dials.get(mesh)
        if (dial === undefined || !this.#dials.delete(mesh)) return
        put({ on: 'dialed', ...dial, reached })
      },
    }
    world.rooms.set(node.id, this)
  }

  get links(): number {
    return this.router.links.size
  }

  #send(to: NodeId, event: QueryEvent): void {
    const { router } = this.#world.rooms.get(to)!
    const conn = this.#node.state.connections.neighbour(to)
    const pipe = conn === undefined ? undefined : this.#node.pipes.get(conn.id)
    if (pipe === undefined) return
    this.#world.sent++
    this.#world.network.send(pipe, this.#node, () => router.links.has(this.#node.id) && router.put(event))
  }

  #perform(action: QueryAction): void {
    const node = this.#node
    if (!('do' in action)) return
    if (action.do === 'dial') {
      const mesh = ++this.#asks
      this.#dials.set(mesh, { ask: action.ask, node: action.node })
      node.put({ on: 'ask', ask: mesh, node: action.node, for: 'links' })
      this.#world.network.time.after(action.ms, () => node.put({ on: 'unask', ask: mesh }))
    } else if (action.do === 'doubt') {
      node.put({ on: 'doubt', node: action.node })
      if (node.state.isSilent(action.node))
        this.router.put({ on: 'silent', ask: action.ask, node: action.node })
    } else if (action.do === 'link_all') {
      node.put({ on: 'link_all', ms: action.ms })
    }
  }

  #concluded(live: Live): void {
    const { network, asked } = this.#world
    const indexOf = (id: NodeId): number => network.nodes.findIndex((node) => node.id === id)
    const outcomes = new Map([...live.members.keys()].map((id) => [indexOf(id), soFar(live, id).outcome]))
    const elapsedMs = network.time.clock.monotonic() - live.startedAt
    asked.push({ asker: this.#node.wish.index, outcomes, elapsedMs })
  }

  ask(): void {
    const { trust } = this.#node
    const { members, hearsay } = membersOf(trust, undefined)
    this.router.ask(members, trust.members().length - hearsay, TIMEOUT_MS)
  }
}

/** Nodes start, find each other by mDNS on one LAN, and some of them ask. Everything follows from the seed. */
export function askWithTrust(options: TrustSimOptions): TrustSimReport {
  const { nodes: count, seed, fullMeshUpTo = 32 } = options
  const random = randomOf(seed)
  const network = new Network(random)
  const { time } = network
  const world = new World(network, random)
  const indices = Array.from({ length: count }, (_, index) => index)
  for (const index of indices) {
    const trusts = indices.filter((other) => other !== index && options.trusts(index, other)).map(nodeIdOf)
    const walled = options.walled?.(index) ?? false
    // A wall stands between segments, so a walled node has one of its own and dials the first node by its configuration.
    const segment = walled ? index : 0
    network.add({
      index,
      segment,
      skewMs: 0,
      walled,
      trusts,
      fullMeshUpTo,
      peers: walled ? [0] : [],
      ...(options.leavesUpTo === undefined ? {} : { leavesUpTo: options.leavesUpTo }),
      ...(options.askerLinksUpTo === undefined ? {} : { askerLinksUpTo: options.askerLinksUpTo }),
    })
  }
  const rooms = network.nodes.map((node) => new Room(world, node, fullMeshUpTo))
  for (const node of network.nodes) {
    time.after(random.below(10_000), () => {
      node.start()
      network.announce(node)
    })
  }
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 1_000) time.advance(Math.min(left, 1_000))
  }
  pass(options.settleMs ?? 3 * MINUTE)
  const frames: number[] = []
  for (let turn = 0; turn < options.times; turn++) {
    const before = world.sent
    for (const asker of options.askers) rooms[asker]?.ask()
    pass(options.everyMs ?? 75_000)
    frames.push(world.sent - before)
  }
  const { here, askedAfterMs = [] } = options.cut ?? {}
  if (here !== undefined)
    for (const node of network.nodes) network.parts.set(node, here(node.wish.index) ? 1 : 2)
  const cutAt = time.clock.monotonic()
  for (const ms of askedAfterMs) {
    pass(cutAt + ms - time.clock.monotonic())
    for (const asker of options.askers) rooms[asker]?.ask()
  }
  const links = rooms.map((room) => room.links)
  pass(options.restMs ?? 0)
  return {
    asked: world.asked,
    frames,
    links,
    linksAtRest: rooms.map((room) => room.links),
    dials: network.nodes.reduce((sum, node) => sum + node.dials, 0),
    broken: network.broken,
    virtualMs: time.clock.monotonic(),
    turnedAway: network.nodes.flatMap(({ id, wish }) =>
      network.nodes[0]?.state.leaves.noPlace(id) === 'here' ? [wish.index] : [],
    ),
  }
}

/** One line: how many of those asked answered, question by question. */
export function describeAsked({ asked, links, dials }: TrustSimReport): string {
  const told = asked.map(({ asker, outcomes, elapsedMs }) => {
    const answered = [...outcomes.values()].filter((outcome) => outcome === 'answered').length
    return `n${asker} ${answered}/${outcomes.size} in ${elapsedMs.toFixed(0)} ms`
  })
  return `${told.join(', ')}; ${Math.min(...links)} to ${Math.max(...links)} links, ${dials} dials`
}
