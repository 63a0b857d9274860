// A simulated network under the mesh's real state machine: addresses, latency, loss, partitions, walls; values, no sockets.

import type { NodeId } from '../../protocols/node-id.ts'
import type { Notice } from '../../src/mesh/notices/intake.ts'
import type { Command, ConnId } from '../../src/mesh/state/types.ts'
import { TIMINGS } from '../../src/mesh/timings.ts'
import type { Random } from '../support/run/random.ts'
import { VirtualTime } from '../support/run/virtual-time.ts'
import { type End, ipOf, type Pipe, SimNode, type Wish } from './mesh-node.ts'
import type { Sent } from './sizes.ts'

/** What a lost segment costs: Linux' least retransmission timeout. */
const RETRANSMIT_MS = 200
/** To where nobody listens: refused at once by a machine that is there, never answered by one that is not. */
const REFUSED_MS = 1
const MDNS_EVERY_MS = 60_000
const CONTROL: Sent = { name: 'control', bytes: 0 }

export interface NetworkOptions {
  /** Of ten thousand segments so many are lost: TCP sends them again 200 ms later, mDNS does not. Default: 50. */
  readonly lossPer10k?: number
  /** One way, ms, of each connection; evenly between the two. Default: 0.5 to 20.5. */
  readonly latency?: { readonly least: number; readonly most: number }
  /** When it begins, ms since the epoch. */
  readonly epoch?: number
}

/** What was sent of one kind of message. */
export interface Traffic {
  frames: number
  bytes: number
}

export class Network {
  readonly time: VirtualTime
  readonly nodes: SimNode[] = []
  readonly random: Random
  /** What did not hold, in words. */
  readonly broken: string[] = []
  /** Frames that were handed to the network. */
  sent = 0
  readonly traffic = new Map<string, Traffic>()
  /** Notices by their frames, which nobody reads but here. */
  readonly notices = new WeakMap<Uint8Array, Notice>()
  /** In which part of the network each node is; nodes without one are in the same. */
  parts = new Map<SimNode, number>()
  readonly #byAddress = new Map<string, SimNode>()
  readonly #lossPer10k: number
  readonly #latency: { readonly least: number; readonly most: number }

  constructor(random: Random, { lossPer10k = 50, latency, epoch = 1_763_626_500_000 }: NetworkOptions = {}) {
    this.random = random
    this.time = new VirtualTime(epoch)
    this.#lossPer10k = lossPer10k
    this.#latency = latency ?? { least: 0.5, most: 20.5 }
  }

  #isLost(): boolean {
    return this.random.below(10_000) < this.#lossPer10k
  }

  note(notice: Notice): Notice {
    this.notices.set(notice.frame.bytes, notice)
    return notice
  }

  count(name: string, bytes: number): void {
    const kind = this.traffic.get(name) ?? { frames: 0, bytes: 0 }
    this.traffic.set(name, kind)
    kind.frames++
    kind.bytes += bytes
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
      if (!this.reaches(node, other) || this.#isLost()) continue
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

  send(pipe: Pipe, from: SimNode, arrive: (to: End) => void, { name, bytes }: Sent = CONTROL): void {
    const [mine, other] = pipe.ends[0].node === from ? pipe.ends : [pipe.ends[1], pipe.ends[0]]
    this.sent++
    if (bytes > 0) this.count(name, bytes)
    const late = this.#isLost() ? RETRANSMIT_MS : 0
    const now = this.time.clock.monotonic()
    mine.arrived = Math.max(now + pipe.latencyMs + late, mine.arrived)
    this.time.surely(mine.arrived - now, () => {
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
    const { least, most } = this.#latency
    const latencyMs = least + (this.random.below(200) / 200) * (most - least)
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
    const end = (node: SimNode): End => ({
      node,
      id: ++node.conns,
      serve: false,
      out: false,
      arrived: 0,
    })
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
