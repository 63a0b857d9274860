// One simulated machine: the mesh's real state machine, a trust in memory, and an edge that performs on the simulated network.

import type { HelloBody } from '../../protocols/messages/hello.ts'
import { Presence, type PresenceBody } from '../../protocols/messages/presence.ts'
import { formatNodeId, type NodeId } from '../../protocols/node-id.ts'
import type { Clock } from '../../src/base/clock.ts'
import { type Alarms, createAlarms } from '../../src/base/timers.ts'
import { LOBBY } from '../../src/mesh/state/lobby.ts'
import { createState, type State } from '../../src/mesh/state/state.ts'
import {
  type Command,
  type Conn,
  type ConnId,
  type Fact,
  isBroken,
  type MeshAction,
  type MeshEvent,
  type TimerName,
} from '../../src/mesh/state/types.ts'
import { TIMINGS } from '../../src/mesh/timings.ts'
import { createFakeTrust, type FakeTrust } from '../support/mesh/fake-trust.ts'
import type { Network } from './mesh-network.ts'
import { controlBytes, frameBytes, type Sent } from './sizes.ts'

/** Presences further from a node's own clock are not looked at. */
const CLOCK_WINDOW_MS = 300_000
const PORT = 9_238
/** Neighbours that gossip is handed on to: its repairs are not simulated, so they are some more than gossipsub's four. */
const FANOUT = 6
/** A neighbour with so few connections gets everything: gossipsub's mesh has two ends, so that nobody is left with fewer than its share. */
const FEW = 12

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
  /** What was sent first arrives first: the time of the last arrival at the other end. */
  arrived: number
}

/** One transport connection. A frame that a partition swallows is the last one. */
export interface Pipe {
  readonly ends: readonly [End, End]
  readonly latencyMs: number
  dead: boolean
}

/** A presence on its way: made once, and the same for all who hear it. */
interface Word {
  readonly author: NodeId
  readonly body: PresenceBody
  readonly sent: Sent
  /** By index of the node: in which of its lives it heard this, 1 to 255; 0: in none. */
  readonly heard: Uint8Array
}

/** One machine: the real state machine, a trust in memory, and an edge that performs on the simulated network. */
export class SimNode {
  readonly id: NodeId
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
  readonly #network: Network
  #alarms: Alarms<TimerName>
  #inbox: MeshEvent[] = []
  #busy = false

  constructor(network: Network, wish: Wish) {
    this.#network = network
    this.wish = wish
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

  /** A presence handed on by the neighbour `from`. */
  hear(word: Word, from: NodeId): void {
    const { author, body, heard } = word
    if (!this.running || heard[this.wish.index] === this.#life) return
    heard[this.wish.index] = this.#life
    if (author === this.id || !this.trust.admits(from) || this.trust.refuses(author)) return
    if (Math.abs(body.version - this.clock.now()) > CLOCK_WINDOW_MS) return
    const { isNews, actions } = this.state.hear(author, body, from)
    this.#perform(actions)
    if (isNews) this.#spread(word, from)
  }

  hasHeard({ heard }: Word): boolean {
    return heard[this.wish.index] === this.#life
  }

  #makeAlarms(): Alarms<TimerName> {
    return createAlarms<TimerName>(this.#network.time, (timer) => this.put({ on: 'timer', timer }))
  }

  #makeState(): State {
    const { wish, trust } = this
    const { random } = this.#network
    const about = () => ({ name: `n${wish.index}`, capabilities, listen: [this.address] })
    return createState({
      config: {
        mesh: { lan_only: true, allow_cgnat: false, port: PORT, listen: 'auto', ping_seconds: 15 },
        overlay: {
          full_mesh_up_to: wish.fullMeshUpTo ?? 32,
          leaves_up_to: wish.leavesUpTo ?? 256,
          tell_links: true,
        },
        discovery: {
          dht: false,
          peers: wish.peers.map((index) => ({ host: ipOf(index), port: PORT })),
        },
      },
      ...{ trust, about, clock: this.clock, timings: TIMINGS, lobby: LOBBY, self: this.id },
      random: { bytes: (length) => random.bytes(length), float: () => random.below(1_000_000) / 1_000_000 },
      listening: () => (this.running ? [this.address] : []),
      complete: () => true,
      inUse: (node) => this.above?.inUse(node) ?? false,
      readers: () => this.state.connections.neighbours().length,
    })
  }

  #hello(): HelloBody {
    return { versions: ['/karo/hello/1'], name: `n${this.wish.index}`, capabilities, listen: [this.address] }
  }

  /** Some neighbours, others each time, and those that have few; with what leads to each. */
  gossipTo(
    ...except: readonly (NodeId | undefined)[]
  ): readonly { readonly pipe: Pipe; readonly there: SimNode }[] {
    const others = this.state.connections.neighbours()
    const first = this.#network.random.below(Math.max(1, others.length))
    const found: { readonly pipe: Pipe; readonly there: SimNode }[] = []
    for (let at = 0; at < others.length; at++) {
      const { id, node } = others[(first + at) % others.length] as Conn
      const pipe = except.includes(node) ? undefined : this.pipes.get(id)
      if (pipe === undefined) continue
      const [a, b] = pipe.ends
      const there = (a.node === this ? b : a).node
      if (found.length < FANOUT || there.pipes.size <= FEW) found.push({ pipe, there })
    }
    return found
  }

  #say(body: PresenceBody): void {
    const sent = { name: 'Presence', bytes: frameBytes(Presence, body) }
    const heard = new Uint8Array(this.#network.nodes.length)
    this.#spread({ author: this.id, body, sent, heard })
  }

  #spread(word: Word, except?: NodeId): void {
    const arrive = ({ node }: End): void => node.hear(word, this.id)
    for (const { pipe, there } of this.gossipTo(except, word.author)) {
      // A copy that would be dropped where it arrives is counted and not carried: nine of ten would be.
      if (there.hasHeard(word)) this.#network.count('Presence', word.sent.bytes, true)
      else this.#network.send(pipe, this, arrive, word.sent)
    }
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
    else if (command.do === 'publish') this.#say(command.body)
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
