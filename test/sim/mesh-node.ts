// One simulated machine: the mesh's real state machine, a trust in memory, and an edge that performs on the simulated network.

import type { Message, Topic, WireBody } from '../../protocols/define.ts'
import type { HelloBody } from '../../protocols/messages/hello.ts'
import { Presence } from '../../protocols/messages/presence.ts'
import { formatNodeId, type NodeId, parseNodeId } from '../../protocols/node-id.ts'
import { presences } from '../../protocols/registry.ts'
import type { Clock } from '../../src/base/clock.ts'
import { type Alarms, createAlarms } from '../../src/base/timers.ts'
import { type Notice, noticeOf } from '../../src/mesh/notices/intake.ts'
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
import { CAPABILITIES } from '../support/mesh/capabilities.ts'
import { createFakeTrust, type FakeTrust } from '../support/mesh/fake-trust.ts'
import { NO_CREDENTIALS } from '../support/mesh/no-credentials.ts'
import type { Network } from './mesh-network.ts'
import { controlBytes, unsignedFrame } from './sizes.ts'

/** Notices further from a node's own clock are not looked at. */
const CLOCK_WINDOW_MS = 300_000
const PORT = 9_238

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
  noticed(notice: Notice, from: NodeId): void
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
  conns = 0
  #sealed = 0
  readonly #network: Network
  #alarms: Alarms<TimerName>
  #inbox: MeshEvent[] = []
  #busy = false

  constructor(network: Network, wish: Wish) {
    this.#network = network
    this.wish = wish
    this.index = wish.index
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

  /** A notice of this node, with zeros in the place of its signature. */
  seal<B extends WireBody>(topic: Topic, message: Message<B>, body: NoInfer<B>): Notice {
    const ts = this.clock.now()
    const nonce = Buffer.alloc(16)
    nonce.writeUInt32BE(++this.#sealed)
    const envelope = { sender: parseNodeId(this.id) as Uint8Array, ts, nonce, seq: 0 }
    const bytes = unsignedFrame(message, body, envelope)
    const frame = { type: message.type, message, envelope, body, bytes }
    return this.#network.note(noticeOf(topic, frame))
  }

  #makeAlarms(): Alarms<TimerName> {
    return createAlarms<TimerName>(this.#network.time, (timer) => this.put({ on: 'timer', timer }))
  }

  #makeState(): State {
    const { wish, trust } = this
    const network = this.#network
    const { random } = network
    const about = () => ({ name: `n${wish.index}`, capabilities: CAPABILITIES, listen: [this.address] })
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
      credentials: NO_CREDENTIALS,
      clock: this.clock,
      timings: TIMINGS,
      lobby: LOBBY,
      self: this.id,
      random: { bytes: (length) => random.bytes(length), float: () => random.below(1_000_000) / 1_000_000 },
      listening: () => (this.running ? [this.address] : []),
      complete: () => true,
      spokeAt: () => Number.NEGATIVE_INFINITY,
      inUse: (node) => this.above?.inUse(node) ?? false,
      seal: (body) => this.seal(presences, Presence, body),
      open: (frame, from, asked) => this.#opened(frame, from, asked),
    })
  }

  #hello(): HelloBody {
    return {
      versions: ['/karo/hello/1'],
      name: `n${this.wish.index}`,
      capabilities: CAPABILITIES,
      listen: [this.address],
    }
  }

  #opened(bytes: Uint8Array, from: NodeId, asked: ReadonlySet<string>): Notice | undefined {
    const notice = this.#network.notices.get(bytes)
    if (notice === undefined || (notice.author !== from && !asked.has(notice.name))) return undefined
    if (!this.trust.admits(from) || this.trust.refuses(notice.author)) return undefined
    return notice.version - this.clock.now() > CLOCK_WINDOW_MS ? undefined : notice
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
    if (fact.did === 'notice') this.above?.noticed(fact.notice, fact.from)
    else if (fact.did === 'open' && fact.at !== undefined) this.proven.add(fact.at)
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
