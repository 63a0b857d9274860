// The mesh as rooms above it see it, over the simulated network: links, topics and dials of one node between two starts.
import type { Message, Stream, Topic, WireBody } from '../../../protocols/define.ts'
import { decodeFrame, type Frame, FrameError, messageTable } from '../../../protocols/frame.ts'
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type {
  Announcing,
  Link,
  LinkHandler,
  Mesh,
  PeerRef,
  Served,
  TopicHandler,
} from '../../../src/mesh/index.ts'
import type { Notice } from '../../../src/mesh/notices/intake.ts'
import { verifySignature } from '../../../src/trust/identity/index.ts'
import type { Network } from '../mesh-network.ts'
import type { Above, End, SimNode } from '../mesh-node.ts'
import { unsignedFrame } from '../sizes.ts'

const NONCE = new Uint8Array(16)

/** What the meshes of all nodes share. */
export class Air {
  readonly network: Network
  readonly meshes = new Map<NodeId, RoomsMesh>()
  /** Something was handed to a room: what it promised goes on before time does. */
  stirred = false
  /** Signatures that real nodes would have made and checked, and nobody did here: of frames from hop to hop. */
  unsigned = 0
  unchecked = 0
  /** Sees every frame that a node hands to the network over a link. */
  onFrame: (message: Message, body: unknown) => void = () => {}
  /** A document is signed once and read by many, so that it is checked and read once here. */
  readonly #documents = new WeakMap<Uint8Array, Frame>()
  /** A node that is a thousand others' neighbour has one key. */
  readonly #refs = new Map<NodeId, PeerRef>()

  constructor(network: Network) {
    this.network = network
  }

  refOf(nodeId: NodeId): PeerRef {
    const known = this.#refs.get(nodeId)
    if (known !== undefined) return known
    const ref = { nodeId, publicKey: parseNodeId(nodeId) as Uint8Array }
    this.#refs.set(nodeId, ref)
    return ref
  }

  document(bytes: Uint8Array, table: Table): Frame {
    const known = this.#documents.get(bytes)
    if (known !== undefined) {
      this.unchecked++
      return known
    }
    const frame = decodeFrame(bytes, { messages: table, verify: verifySignature })
    this.#documents.set(bytes, frame)
    return frame
  }
}

type Table = ReturnType<typeof messageTable>

interface Line {
  readonly handler: LinkHandler
  readonly table: Table
}

type Around = Pick<
  Mesh,
  'link' | 'linkAll' | 'topic' | 'reach' | 'doubt' | 'isAnswering' | 'isConnected' | 'apart'
>

export class RoomsMesh implements Above, Around {
  readonly ref: PeerRef
  readonly #air: Air
  readonly #node: SimNode
  readonly #lines = new Map<string, Line>()
  readonly #topics = new Map<Topic, TopicHandler>()
  /** Neighbours, with what arrived of each before its link was up here; undefined once it is. */
  readonly #peers = new Map<NodeId, PeerRef>()
  readonly #early = new Map<NodeId, (() => void)[]>()
  readonly #asks = new Map<number, (yes: boolean) => void>()
  #asked = 0
  #seq = 0

  constructor(air: Air, node: SimNode) {
    this.#air = air
    this.#node = node
    this.ref = air.refOf(node.id)
    node.above = this
    air.meshes.set(node.id, this)
  }

  link(protocol: Stream): Link & Served<LinkHandler> {
    const table = messageTable(Object.values(protocol.messages))
    return {
      serve: (handler) => void this.#lines.set(protocol.id, { handler, table }),
      peers: () => [...this.#peers.values()],
      has: (to) => this.#peers.has(to),
      sendHop: (to, message, body, trace) => {
        const made = protocol.proof === 'connection' ? 0 : 1
        this.#air.unsigned += made
        this.#air.unchecked += made
        return this.#send(to, protocol.id, this.#frame(message, body, trace))
      },
      sendDocument: (to, bytes) => this.#send(to, protocol.id, this.#air.document(bytes, table)),
    }
  }

  topic(topic: Topic): Announcing & Served<TopicHandler> {
    return {
      serve: (handler) => void this.#topics.set(topic, handler),
      publish: (message, body) => {
        this.#air.unsigned++
        this.#node.put({ on: 'publish', notice: this.#node.seal(topic, message, body) })
      },
    }
  }

  isConnected(node: NodeId): boolean {
    return this.#peers.has(node)
  }

  /** A machine of this network that takes a connection is never too busy for the rest. */
  isAnswering(): boolean {
    return false
  }

  apart(): undefined {}

  async reach(node: NodeId, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    const ask = ++this.#asked
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const give = (): void => {
      this.#asks.delete(ask)
      this.#node.put({ on: 'unask', ask })
      resolve(false)
    }
    this.#asks.set(ask, resolve)
    signal.addEventListener('abort', give, { once: true })
    this.#node.put({ on: 'ask', ask, node, for: 'links' })
    const reached = await promise
    signal.removeEventListener('abort', give)
    return reached
  }

  answered(ask: number, yes: boolean): void {
    this.#air.stirred = true
    this.#asks.get(ask)?.(yes)
    this.#asks.delete(ask)
  }

  linkAll(ms: number): void {
    this.#node.put({ on: 'link_all', ms })
  }

  doubt(node: NodeId): boolean {
    this.#node.put({ on: 'doubt', node })
    return this.#node.state.isSilent(node)
  }

  inUse(node: NodeId): boolean {
    return [...this.#lines.values()].some(({ handler }) => handler.inUse?.(node) === true)
  }

  up(node: NodeId): void {
    this.#air.stirred = true
    const peer = this.#air.refOf(node)
    this.#peers.set(node, peer)
    for (const { handler } of this.#lines.values()) handler.up?.(peer)
    const early = this.#early.get(node) ?? []
    this.#early.delete(node)
    for (const arrive of early) arrive()
  }

  down(node: NodeId): void {
    this.#air.stirred = true
    this.#early.delete(node)
    const peer = this.#peers.get(node)
    if (peer === undefined || !this.#peers.delete(node)) return
    for (const { handler } of this.#lines.values()) handler.down?.(peer)
  }

  /** The node has stopped: every link of it is down. */
  end(): void {
    for (const node of [...this.#peers.keys()]) this.down(node)
    for (const give of this.#asks.values()) give(false)
    this.#asks.clear()
    if (this.#air.meshes.get(this.#node.id) === this) this.#air.meshes.delete(this.#node.id)
  }

  #frame<B extends WireBody>(message: Message<B>, body: B, trace?: Uint8Array): Frame {
    const envelope = {
      sender: this.ref.publicKey,
      ts: this.#node.clock.now(),
      nonce: NONCE,
      seq: ++this.#seq,
      ...(trace === undefined ? {} : { trace }),
    }
    const bytes = unsignedFrame(message, body, envelope)
    return { type: message.type, message, envelope, body, bytes }
  }

  #send(to: NodeId, protocol: string, frame: Frame): boolean {
    const conn = this.#peers.has(to) ? this.#node.state.connections.neighbour(to) : undefined
    const pipe = conn && this.#node.pipes.get(conn.id)
    if (pipe === undefined) return false
    this.#air.onFrame(frame.message, frame.body)
    const own = this.#node.id
    const arrive = ({ node }: End): void => this.#air.meshes.get(node.id)?.arrive(own, protocol, frame)
    const sent = { name: frame.message.name, bytes: frame.bytes.length }
    this.#air.network.send(pipe, this.#node, arrive, sent)
    return true
  }

  arrive(from: NodeId, protocol: string, frame: Frame): void {
    const peer = this.#peers.get(from)
    if (peer === undefined) {
      // The other side was ready first; what it wrote waits in the stream.
      const early = this.#early.get(from) ?? []
      early.push(() => this.arrive(from, protocol, frame))
      this.#early.set(from, early)
      return
    }
    this.#air.stirred = true
    this.#node.put({ on: 'heard', node: from })
    try {
      this.#lines.get(protocol)?.handler.frame(peer, frame)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#air.network.fail(`n${this.#node.wish.index} refuses a ${frame.message.name}: ${error.message}`)
    }
  }

  noticed({ topic, author, frame }: Notice, from: NodeId): void {
    const handler = this.#topics.get(topic)
    if (handler === undefined) return
    this.#air.stirred = true
    this.#air.unchecked++
    handler.notice(this.#air.refOf(author), frame, this.#air.refOf(from))
  }
}
