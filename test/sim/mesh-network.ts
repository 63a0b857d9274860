// A simulated network under the mesh's real state machine: addresses, latency, loss, partitions, walls; values, no sockets.

import type { HelloBody } from '../../protocols/messages/hello.ts'
import type { PresenceBody } from '../../protocols/messages/presence.ts'
import { formatNodeId, type NodeId } from '../../protocols/node-id.ts'
import type { Clock } from '../../src/base/clock.ts'
import { type Alarms, createAlarms } from '../../src/base/timers.ts'
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
import type { Random } from '../fuzz/frames.ts'
import { createFakeTrust, type FakeTrust } from '../support/mesh/fake-trust.ts'
import { VirtualTime } from '../support/run/virtual-time.ts'

/** What a lost segment costs: Linux' least retransmission timeout. */
const RETRANSMIT_MS = 200
const LOSS_PER_1000 = 5
/** To where nobody listens: refused at once by a machine that is there, never answered by one that is not. */
const REFUSED_MS = 1
/** Presences further from a node's own clock are not looked at. */
const CLOCK_WINDOW_MS = 300_000
const MDNS_EVERY_MS = 60_000
const PORT = 9_238
/** Neighbours that a presence is handed on to. */
const FANOUT = 6

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
  readonly trusts: readonly NodeId[]
}

export const nodeIdOf = (index: number): NodeId => {
  const key = Buffer.alloc(32)
  key.writeUInt32BE(((index + 1) * 2_654_435_761) % 2 ** 32)
  key.writeUInt32BE(index, 28)
  return formatNodeId(key)
}
const ipOf = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
const addressOf = (index: number): string => `/ip4/${ipOf(index)}/tcp/${PORT}`

/** What a room above the mesh hears, for simulations of both. */
export interface Above {
  up(node: NodeId): void
  down(node: NodeId): void
  answered(ask: number, yes: boolean): void
  inUse(node: NodeId): boolean
}

interface End {
  readonly node: SimNode
  readonly id: ConnId
  serve: boolean
  out: boolean
  /** What was sent first arrives first: the time of the last arrival at the other end. */
  arrived: number
}

/** One transport connection. A frame that a partition swallows is the last one. */
interface Pipe {
  readonly ends: readonly [End, End]
  readonly latencyMs: number
  dead: boolean
}

/** One machine: the real state machine, a trust in memory, and an edge that performs on the simulated network. */
export class SimNode {
  readonly id: NodeId
  readonly trust: FakeTrust
  readonly wish: Wish
  readonly clock: Clock
  readonly answers: boolean[] = []
  readonly pipes = new Map<ConnId, Pipe>()
  /** The newest presence of each author that has arrived. */
  readonly versions = new Map<NodeId, number>()
  /** Addresses at which a key has answered. */
  readonly proven = new Set<string>()
  /** True times of dials at addresses nobody has proven, by IP address. */
  readonly cautious = new Map<string, number[]>()
  state: State
  above: Above | undefined
  running = false
  dials = 0
  conns = 0
  readonly #network: Network
  #alarms: Alarms<TimerName>
  #inbox: MeshEvent[] = []
  #busy = false

  constructor(network: Network, wish: Wish) {
    this.#network = network
    this.wish = wish
    this.id = nodeIdOf(wish.index)
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
    this.versions.clear()
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

  /** A presence handed on by the neighbour `from`. */
  hear(author: NodeId, body: PresenceBody, from: NodeId): void {
    if (!this.running || author === this.id || !this.trust.admits(from) || this.trust.refuses(author)) return
    if (Math.abs(body.version - this.clock.now()) > CLOCK_WINDOW_MS) return
    const { isNews, actions } = this.state.hear(author, body, from)
    this.versions.set(author, Math.max(body.version, this.versions.get(author) ?? 0))
    this.#perform(actions)
    if (isNews) this.#spread(author, body, from)
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
        overlay: { full_mesh_up_to: wish.fullMeshUpTo ?? 32, leaves_up_to: wish.leavesUpTo ?? 256 },
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

  /** To a few neighbours, as gossip does; its repairs are not simulated, so they are some more than its four. */
  #spread(author: NodeId, body: PresenceBody, except?: NodeId): void {
    const others = this.state.connections
      .neighbours()
      .filter(({ node }) => node !== except && node !== author)
    const from = this.#network.random.below(Math.max(1, others.length))
    for (const { id } of [...others.slice(from), ...others.slice(0, from)].slice(0, FANOUT)) {
      const pipe = this.pipes.get(id)
      if (pipe === undefined) continue
      // A copy that would be dropped where it arrives is not sent: nine of ten would be.
      const [a, b] = pipe.ends
      const { versions } = (a.node === this ? b : a).node
      if ((versions.get(author) ?? 0) >= body.version) continue
      this.#network.send(pipe, this, (to) => to.node.hear(author, body, this.id))
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
    else if (command.do === 'publish') this.#spread(this.id, command.body)
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
      network.send(pipe, this, ({ node, id }) => {
        node.put({ on: 'said', id, said, skewMs: sentAt - node.clock.now() })
      })
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
      if (!trust.admits(fact.conn.node)) return
      trust.sawMember(fact.conn.node, fact.reason === 'goodbye' ? { offline: true } : {})
      if (isBroken(fact.reason)) trust.lost(fact.conn.node)
    }
  }
}

export class Network {
  readonly time = new VirtualTime(1_763_626_500_000)
  readonly nodes: SimNode[] = []
  readonly random: Random
  /** What did not hold, in words. */
  readonly broken: string[] = []
  /** Frames that were handed to the network. */
  sent = 0
  /** In which part of the network each node is; nodes without one are in the same. */
  parts = new Map<SimNode, number>()
  readonly #byAddress = new Map<string, SimNode>()

  constructor(random: Random) {
    this.random = random
  }

  add(wish: Wish): SimNode {
    const node = new SimNode(this, wish)
    this.nodes.push(node)
    this.#byAddress.set(node.address, node)
    this.time.after(this.random.below(MDNS_EVERY_MS), () => this.#announce(node))
    return node
  }

  reaches(from: SimNode, to: SimNode): boolean {
    return to.running && this.parts.get(from) === this.parts.get(to)
  }

  /** At the start of a node too, as mDNS does. */
  announce(node: SimNode): void {
    for (const other of this.nodes) {
      if (other === node || other.wish.segment !== node.wish.segment) continue
      if (!this.reaches(node, other) || this.random.below(1_000) < LOSS_PER_1000) continue
      const sees = (one: SimNode, seen: SimNode): void =>
        one.put({ on: 'sighted', node: seen.id, addresses: [seen.address], source: ipOf(seen.wish.index) })
      this.time.after(1 + this.random.below(20), () => sees(other, node))
      this.time.after(1 + this.random.below(20), () => sees(node, other))
    }
  }

  #announce(node: SimNode): void {
    this.time.after(MDNS_EVERY_MS, () => this.#announce(node))
    if (node.running) this.announce(node)
  }

  send(pipe: Pipe, from: SimNode, arrive: (to: End) => void): void {
    const [mine, other] = pipe.ends[0].node === from ? pipe.ends : [pipe.ends[1], pipe.ends[0]]
    this.sent++
    const late = this.random.below(1_000) < LOSS_PER_1000 ? RETRANSMIT_MS : 0
    const now = this.time.clock.monotonic()
    mine.arrived = Math.max(now + pipe.latencyMs + late, mine.arrived)
    this.time.after(mine.arrived - now, () => {
      if (!this.reaches(from, other.node) && other.node.running) pipe.dead = true
      if (!pipe.dead && other.node.pipes.get(other.id) === pipe) arrive(other)
    })
  }

  /** The transport connection is closed by `from`: the other end hears of it after everything that was said before. */
  hangUp(pipe: Pipe, from: SimNode): void {
    this.send(pipe, from, ({ node, id }) => {
      node.pipes.delete(id)
      node.put({ on: 'closed', id })
    })
  }

  dial(from: SimNode, { target, to, at }: Extract<Command, { readonly do: 'dial' }>): void {
    from.dials++
    const addresses = 'host' in at ? [`/ip4/${at.host}/tcp/${at.port}`] : at
    if ('host' in at) from.put({ on: 'dialing', target, addresses })
    else this.#checkDial(from, addresses)
    this.#tryNext(from, { target, to, addresses, leftMs: TIMINGS.dialMs })
  }

  #tryNext(
    from: SimNode,
    dial: { target: string; to: NodeId | undefined; addresses: readonly string[]; leftMs: number },
  ): void {
    const [address, ...addresses] = dial.addresses
    if (address === undefined || dial.leftMs <= 0) {
      from.put({ on: 'dialed', target: dial.target, id: undefined })
      return
    }
    const other = this.#byAddress.get(address)
    const isThere = other !== undefined && this.reaches(from, other)
    const isWalled = other?.wish.walled === true && other.wish.segment !== from.wish.segment
    const isRight = isThere && (dial.to === undefined || other.id === dial.to)
    const isWelcome = isRight && !isWalled && !other.trust.refuses(from.id) && !from.trust.refuses(other.id)
    const latencyMs = 0.5 + this.random.below(200) / 10
    const answered = isThere && !isWalled
    // A machine that runs no node refuses at once; one that cannot be reached says nothing.
    const silentMs = other !== undefined && !other.running ? REFUSED_MS : TIMINGS.handshakeMs
    const ms = answered ? 3 * latencyMs : silentMs
    this.time.after(ms, () => {
      if (!from.running) return
      // It may have gone away meanwhile.
      if (isWelcome && this.reaches(from, other)) {
        const id = this.#connect(from, other, address, latencyMs)
        from.put({ on: 'dialed', target: dial.target, id })
      } else this.#tryNext(from, { ...dial, addresses, leftMs: dial.leftMs - ms })
    })
  }

  #connect(from: SimNode, to: SimNode, at: string, latencyMs: number): ConnId {
    const end = (node: SimNode): End => ({ node, id: ++node.conns, serve: false, out: false, arrived: 0 })
    const pipe: Pipe = { ends: [end(from), end(to)], latencyMs, dead: false }
    const [mine, other] = pipe.ends
    from.pipes.set(mine.id, pipe)
    to.pipes.set(other.id, pipe)
    to.put({ on: 'opened', id: other.id, node: from.id, ip: ipOf(from.wish.index), at: undefined })
    from.put({ on: 'opened', id: mine.id, node: to.id, ip: ipOf(to.wish.index), at })
    return mine.id
  }

  fail(what: string): void {
    this.broken.push(`${Math.round(this.time.clock.monotonic())} ms: ${what}`)
  }

  /** After every event: whoever is not admitted here, or refused, is no neighbour; what is remembered is bounded. */
  checkNode(node: SimNode): void {
    for (const conn of node.state.connections.neighbours()) {
      if (!node.trust.admits(conn.node))
        this.fail(`n${node.wish.index} is linked to somebody it does not admit`)
    }
    const { book, asks } = node.state.sizes()
    if (book > this.nodes.length + 257 || asks > 64) this.fail(`n${node.wish.index} remembers too much`)
  }

  /** One side uses a connection only when the other side serves it. */
  checkViews({ ends: [a, b], dead }: Pipe): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const isOpen = !dead && other.node.running && other.node.pipes.has(other.id)
      if (one.out && isOpen && !other.serve) this.fail('a side uses what the other side does not serve')
    }
  }

  /** Caution's rates, counted here by plain means: a burst of eight and as much again in any 80 s, at no low port. */
  #checkDial(from: SimNode, addresses: readonly string[]): void {
    const now = this.time.clock.monotonic()
    for (const address of addresses) {
      if (from.proven.has(address)) continue
      const [, , ip = '', , port = ''] = address.split('/')
      if (Number(port) < 1_024) this.fail(`a dial at ${address}`)
      const times = (from.cautious.get(ip) ?? []).filter((at) => now - at < 80_000)
      times.push(now)
      from.cautious.set(ip, times)
      if (times.length > 17) this.fail(`n${from.wish.index} dials ${ip} ${times.length} times in 80 s`)
    }
  }
}
