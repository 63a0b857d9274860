// One simulated machine: the mesh's real state machine, a trust in memory, and an edge that performs on the simulated network.

import type { HelloBody } from '../../protocols/messages/hello.ts'
import { formatNodeId, type NodeId } from '../../protocols/node-id.ts'
import type { Clock } from '../../src/base/clock.ts'
import { type Alarms, createAlarms } from '../../src/base/timers.ts'
import type { Opened } from '../../src/mesh/roster/roster.ts'
import { LOBBY } from '../../src/mesh/state/lobby.ts'
import { createState, type State } from '../../src/mesh/state/state.ts'
import {
  type Command,
  type ConnId,
  type Fact,
  isBroken,
  type MeshAction,
  type MeshEvent,
  type TimerName,
} from '../../src/mesh/state/types.ts'
import { TIMINGS } from '../../src/mesh/timings.ts'
import { createFakeTrust, type FakeTrust } from '../support/mesh/fake-trust.ts'
import { Gossip, type Rumour } from './gossip.ts'
import type { Network } from './mesh-network.ts'
import { controlBytes } from './sizes.ts'

/** Messages of gossip further from a node's own clock are not looked at. */
const CLOCK_WINDOW_MS = 300_000
const PORT = 9_238

const capabilities = {
  protocol_version: 1,
  karo_version: '0.1.0',
  supports_level1: true,
  supports_level2: false,
  can_aggregate: false,
}

export interface Wish {
  readonly index: number
  readonly segment: number
  /** Its clock minus the true time. */
  readonly skewMs: number
  /** Nobody of another segment gets through to it; it gets through to all. */
  readonly walled: boolean
  /** Nodes that it dials by its configuration. */
  readonly peers: readonly number[]
  /** Links to all members up to so many. Default: 32. */
  readonly fullMeshUpTo?: number
  /** Links to all members up to so many, while it asks often. Default: 256. */
  readonly askerLinksUpTo?: number
  /** Links kept for leaves. Default: 256. */
  readonly leavesUpTo?: number
  /** A set is not copied: many nodes may share one. */
  readonly trusts: readonly NodeId[] | ReadonlySet<NodeId>
  /** Default: made up from the index. */
  readonly id?: NodeId
}

export const nodeIdOf = (index: number): NodeId => {
  const key = Buffer.alloc(32)
  key.writeUInt32BE(((index + 1) * 2_654_435_761) % 2 ** 32)
  key.writeUInt32BE(index, 28)
  return formatNodeId(key)
}
export const ipOf = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
const addressOf = (index: number): string => `/ip4/${ipOf(index)}/tcp/${PORT}`

/** What a room above the mesh hears, for simulations of both. */
export interface Above {
  up(node: NodeId): void
  down(node: NodeId): void
  answered(ask: number, yes: boolean): void
  inUse(node: NodeId): boolean
}

export interface End {
  readonly node: SimNode
  readonly id: ConnId
  serve: boolean
  out: boolean
  /** This end wants the link for gossip. */
  picked: boolean
  /** What was sent first arrives first: the time of the last arrival at the other end. */
  arrived: number
}

/** One transport connection. A frame that a partition swallows is the last one. */
export interface Pipe {
  readonly ends: readonly [End, End]
  readonly latencyMs: number
  /** Random; of a node's links those with the least are its first choice for gossip. */
  readonly rank: number
  dead: boolean
}

/** One machine: the real state machine, a trust in memory, and an edge that performs on the simulated network. */
export class SimNode {
  readonly id: NodeId
  readonly index: number
  readonly trust: FakeTrust
  readonly wish: Wish
  readonly clock: Clock
  readonly answers: boolean[] = []
  readonly pipes = new Map<ConnId, Pipe>()
  /** Addresses at which a key has answered. */
  readonly proven = new Set<string>()
  /** True times of dials at addresses nobody has proven, by IP address. */
  readonly cautious = new Map<string, number[]>()
  state: State
  above: Above | undefined
  running = false
  dials = 0
  /** Of its lives this is which, 1 to 255 and from the beginning again: what it heard before a restart it does not know. */
  #life = 0
  conns = 0
  readonly gossip: Gossip
  readonly #network: Network
  #alarms: Alarms<TimerName>
  #inbox: MeshEvent[] = []
  #busy = false

  constructor(network: Network, wish: Wish) {
    this.#network = network
    this.wish = wish
    this.index = wish.index
    this.gossip = new Gossip(network, this)
    this.id = wish.id ?? nodeIdOf(wish.index)
    this.trust = createFakeTrust(wish.trusts, network.time.clock.now)
    this.trust.onChange((node) => this.running && this.put({ on: 'trust', node }))
    const { clock } = network.time
    this.clock = { now: () => clock.now() + wish.skewMs, monotonic: clock.monotonic }
    this.#alarms = this.#makeAlarms()
    this.state = this.#makeState()
  }

  get address(): string {
    return addressOf(this.wish.index)
  }

  start(): void {
    if (this.running) return
    this.#alarms = this.#makeAlarms()
    this.state = this.#makeState()
    this.running = true
    this.#life = (this.#life % 255) + 1
    this.put({ on: 'prepare' })
    this.put({ on: 'start' })
  }

  /** With a last word, or without. */
  stop(inOrder: boolean): void {
    if (!this.running) return
    if (inOrder) {
      this.put({ on: 'leave' })
      this.put({ on: 'stop' })
    }
    this.running = false
    this.#alarms.stop()
    for (const pipe of this.pipes.values()) this.#network.hangUp(pipe, this)
    this.pipes.clear()
  }

  put(event: MeshEvent): void {
    if (!this.running) return
    this.#inbox.push(event)
    if (this.#busy) return
    this.#busy = true
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      const actions = this.state.handle(next)
      this.#perform(actions)
      if (next.on === 'trust' || actions.some((action) => 'did' in action)) this.#network.checkNode(this)
    }
    this.#busy = false
  }

  /** A message that the neighbour `from` handed on. */
  hear(rumour: Rumour, from: NodeId, hops: number): void {
    const { author, take } = rumour
    if (!this.running || this.hasHeard(rumour)) return
    this.note(rumour)
    if (author === this.id || !this.trust.admits(from) || this.trust.refuses(author)) return
    if (Math.abs(rumour.ts - this.clock.now()) > CLOCK_WINDOW_MS) return
    if (take(this, from, hops)) this.gossip.spread(rumour, hops + 1, from)
  }

  /** From now on it has heard this. */
  note({ heard }: Rumour): void {
    heard[this.index] = this.#life
  }

  hasHeard({ heard }: Rumour): boolean {
    return heard[this.index] === this.#life
  }

  #makeAlarms(): Alarms<TimerName> {
    return createAlarms<TimerName>(this.#network.time, (timer) => this.put({ on: 'timer', timer }))
  }

  #makeState(): State {
    const { wish, trust } = this
    const network = this.#network
    const { random } = network
    const about = () => ({ name: `n${wish.index}`, capabilities, listen: [this.address] })
    return createState({
      config: {
        mesh: { lan_only: true, allow_cgnat: false, port: PORT, listen: 'auto', ping_seconds: 15 },
        overlay: {
          full_mesh_up_to: wish.fullMeshUpTo ?? 32,
          asker_links_up_to: wish.askerLinksUpTo ?? 256,
          leaves_up_to: wish.leavesUpTo ?? 256,
          tell_links: true,
        },
        discovery: {
          dht: false,
          peers: wish.peers.map((index) => ({ host: ipOf(index), port: PORT })),
        },
      },
      trust,
      about,
      clock: this.clock,
      timings: TIMINGS,
      lobby: LOBBY,
      self: this.id,
      random: { bytes: (length) => random.bytes(length), float: () => random.below(1_000_000) / 1_000_000 },
      listening: () => (this.running ? [this.address] : []),
      complete: () => true,
      spokeAt: () => Number.NEGATIVE_INFINITY,
      inUse: (node) => this.above?.inUse(node) ?? false,
      seal: (body) => network.seal({ author: this.id, body }),
      open: (frame, from, isExpected) => this.#opened(frame, from, isExpected),
    })
  }

  #hello(): HelloBody {
    return { versions: ['/karo/hello/1'], name: `n${this.wish.index}`, capabilities, listen: [this.address] }
  }

  #opened(frame: Uint8Array, from: NodeId, isExpected: (author: NodeId) => boolean): Opened | undefined {
    const opened = this.#network.presences.get(frame)
    if (opened === undefined || !isExpected(opened.author)) return undefined
    if (!this.trust.admits(from) || this.trust.refuses(opened.author)) return undefined
    return opened.body.version - this.clock.now() > CLOCK_WINDOW_MS ? undefined : opened
  }

  #perform(actions: readonly MeshAction[]): void {
    for (const action of actions) {
      if ('do' in action) this.#do(action)
      else this.#note(action)
    }
  }

  #do(command: Command): void {
    const network = this.#network
    if (command.do === 'timer') this.#alarms.set(command)
    else if (command.do === 'dial') network.dial(this, command)
    else if (command.do === 'answer') {
      this.answers.push(command.yes)
      this.above?.answered(command.ask, command.yes)
    } else if ('id' in command) {
      const pipe = this.pipes.get(command.id)
      if (pipe !== undefined) this.#onPipe(pipe, command)
    }
  }

  #onPipe(pipe: Pipe, command: Extract<Command, { readonly id: ConnId }>): void {
    const network = this.#network
    const mine = pipe.ends[0].node === this ? pipe.ends[0] : pipe.ends[1]
    if (command.do === 'begin') {
      network.send(pipe, this, (there) => {
        // The stream is agreed on before anything is said over it.
        network.send(pipe, there.node, (here) => here.node.put({ on: 'control', id: here.id }))
        there.node.put({ on: 'control', id: there.id })
      })
    } else if (command.do === 'say') {
      const { say } = command
      const said = 'hello' in say ? { hello: { ...this.#hello(), leaf: say.leaf } } : say
      const sentAt = this.clock.now()
      const arrive = ({ node, id }: End): void =>
        node.put({ on: 'said', id, said, skewMs: sentAt - node.clock.now() })
      network.send(pipe, this, arrive, controlBytes(said))
    } else if (command.do === 'open') {
      mine[command.side] = true
      network.checkViews(pipe)
    } else {
      const goodbye = command.do === 'close' ? command.goodbye : undefined
      if (goodbye !== undefined)
        network.send(pipe, this, ({ node, id }) => node.put({ on: 'said', id, said: { goodbye }, skewMs: 0 }))
      this.pipes.delete(command.id)
      mine.serve = false
      mine.out = false
      network.hangUp(pipe, this)
    }
  }

  /** What the ledger's and the trust's edge would do. */
  #note(fact: Fact): void {
    const { trust } = this
    if (fact.did === 'come' || fact.did === 'leave') this.gossip.changed()
    if (fact.did === 'open' && fact.at !== undefined) this.proven.add(fact.at)
    else if (fact.did === 'meet' && !trust.admits(fact.conn.node))
      trust.sawStranger(fact.conn.node, { name: fact.body.name, addresses: fact.addresses })
    else if (fact.did === 'come') {
      const { node, introduced } = fact.conn
      trust.sawMember(node, { name: introduced?.name ?? '', addresses: introduced?.listen ?? [] })
      this.put({ on: 'links' })
      if (fact.replaced === undefined) this.above?.up(node)
    } else if (fact.did === 'leave') {
      this.above?.down(fact.conn.node)
      if (trust.admits(fact.conn.node) && !isBroken(fact.reason))
        trust.sawMember(fact.conn.node, fact.reason === 'goodbye' ? { offline: true } : {})
    }
  }
}
