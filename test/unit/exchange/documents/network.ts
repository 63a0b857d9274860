// Many documents rooms over links, notices, time and chance that a test owns: the real rooms, real signed documents.
import type { Message } from '../../../../protocols/define.ts'
import { encodeFrame, type Frame, FrameError } from '../../../../protocols/frame.ts'
import { AuditHead } from '../../../../protocols/messages/audit.ts'
import { SealedSummary } from '../../../../protocols/messages/summary.ts'
import {
  SyncBatch,
  type SyncBatchBody,
  SyncOffer,
  type SyncOfferBody,
} from '../../../../protocols/messages/sync.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { type Granularity, KEPT_MS, periodOf, slotOf } from '../../../../protocols/periods.ts'
import type { Random } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import {
  createDocuments,
  type Documents,
  type DocumentsDeps,
} from '../../../../src/exchange/documents/index.ts'
import type { LinkHandler, PeerRef, TopicHandler } from '../../../../src/mesh/index.ts'
import type {
  DocumentKey,
  DocumentRepository,
  DocumentRow,
  Numbering,
} from '../../../../src/store/tables/documents.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import { createHints, type Hints, type Identity } from '../../../../src/trust/identity/index.ts'
import type { Member } from '../../../../src/trust/peers/index.ts'
import { memberOf } from '../../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { randomOf } from '../../../support/run/random.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** From 0 to below 1, and the same for the same seed. */
function seeded(seed: number): () => number {
  const random = randomOf(seed)
  return () => random.below(0x1_0000_0000) / 0x1_0000_0000
}

/** What the store keeps over a restart. */
export class MemoryRepository implements DocumentRepository {
  readonly kept = new Map<string, { readonly row: DocumentRow; frame: Uint8Array }>()
  writes = 0
  /** Author, kind and slot of each that was written as received, as often as it was. */
  readonly received: string[] = []
  /** As on a full disk. */
  fails = false
  #numbering: Numbering | undefined

  async *load() {
    for (const { row } of [...this.kept.values()]) yield row
  }
  numbering = async () => this.#numbering
  rows = async (keys: readonly DocumentKey[]) => keys.map((key) => this.kept.get(nameOf(key))?.row)
  frame = async (key: DocumentKey) => this.kept.get(nameOf(key))?.frame

  async drop() {}
  async write({ put = [], remove = [], numbering }: Parameters<DocumentRepository['write']>[0]) {
    await Promise.resolve()
    if (this.fails) throw new Error('ENOSPC: no space left on device')
    this.writes++
    for (const key of remove) this.kept.delete(nameOf(key))
    for (const one of put) {
      this.kept.set(nameOf(one.row), one)
      if (one.row.role === 'received') this.received.push(nameOf(one.row))
    }
    if (numbering !== undefined) this.#numbering = numbering
  }
}

const nameOf = ({ author, kind, slot }: DocumentKey): string =>
  `${Buffer.from(author).toString('hex')} ${kind} ${slot}`

export interface NetworkOptions {
  readonly seed?: number
  /** Chance that a link is cut instead of carrying a batch; or which of them, by their number. */
  readonly cut?: number | ((batch: number) => boolean)
  /** Chance that a notice does not reach a node. */
  readonly loss?: number
  /** How long a link lives that only a dial opened. */
  readonly dialled?: number
  readonly epoch?: number
  /** Default: a time of its own. */
  readonly time?: VirtualTime
}

/** Links carry frames in order; who is linked with whom, and what is cut, the test says. */
export class Network {
  readonly time: VirtualTime
  readonly random: () => number
  readonly nodes: Node[] = []
  readonly #options: NetworkOptions
  #loss: number
  /** From both ends. */
  readonly #links = new Map<Node, Map<Node, { kept: boolean }>>()
  /** Neighbours in the order of the nodes, until a link of theirs comes or goes. */
  readonly #neighbours = new Map<Node, readonly Node[]>()
  readonly #byId = new Map<NodeId, Node>()
  /** Whether the two could reach each other. */
  #together: (a: Node, b: Node) => boolean = () => true
  /** Messages sent over links, by name. */
  readonly sent: Record<string, number> = {}
  /** Documents in batches that were sent, and heads in offers. */
  moved = 0
  offered = 0
  told = 0
  dials = 0

  constructor(options: NetworkOptions = {}) {
    this.#options = options
    this.#loss = options.loss ?? 0
    this.random = seeded(options.seed ?? 1)
    this.time = options.time ?? new VirtualTime(options.epoch ?? Date.UTC(2026, 10, 18, 10))
    this.#refresh()
  }

  get now(): number {
    return this.time.clock.now()
  }

  add(count: number, deps: NodeDeps = {}): Node[] {
    for (let i = 0; i < count; i++) {
      const node = new Node(this, this.nodes.length + 1, deps)
      this.nodes.push(node)
      if (!this.#byId.has(node.id)) this.#byId.set(node.id, node)
    }
    return this.nodes.slice(-count)
  }

  byId = (id: NodeId): Node => this.#byId.get(id) as Node

  canReach(a: Node, b: Node): boolean {
    return a.running && b.running && this.#together(a, b)
  }

  linked(a: Node, b: Node): boolean {
    return this.#links.get(a)?.has(b) === true
  }

  neighbours(node: Node): readonly Node[] {
    let found = this.#neighbours.get(node)
    if (found === undefined) {
      found = [...(this.#links.get(node)?.keys() ?? [])].sort((a, b) => a.number - b.number)
      this.#neighbours.set(node, found)
    }
    return found
  }

  connect(a: Node, b: Node, kept = true): boolean {
    if (a === b || !this.canReach(a, b)) return false
    const link = this.#links.get(a)?.get(b)
    if (link !== undefined) {
      link.kept ||= kept
      return true
    }
    const fresh = { kept }
    this.#linksOf(a).set(b, fresh)
    this.#linksOf(b).set(a, fresh)
    a.handler.up?.(b.ref)
    b.handler.up?.(a.ref)
    return true
  }

  cut(a: Node, b: Node): void {
    if (!this.linked(a, b)) return
    this.#linksOf(a).delete(b)
    this.#linksOf(b).delete(a)
    a.handler.down?.(b.ref)
    b.handler.down?.(a.ref)
  }

  /** The links of a node, to be changed. */
  #linksOf(node: Node): Map<Node, { kept: boolean }> {
    this.#neighbours.delete(node)
    const links = this.#links.get(node) ?? new Map<Node, { kept: boolean }>()
    this.#links.set(node, links)
    return links
  }

  cutAll(node: Node): void {
    for (const other of this.neighbours(node)) this.cut(node, other)
  }

  /** From now on only nodes of the same group reach each other. */
  partition(groupOf: (node: Node) => number): void {
    this.separate((a, b) => groupOf(a) === groupOf(b))
  }

  /** From now on only those reach each other; who is known to whom stays for a quarter of an hour. */
  separate(together: (a: Node, b: Node) => boolean): void {
    this.#together = together
    for (const a of this.nodes) for (const b of this.nodes) if (!this.canReach(a, b)) this.cut(a, b)
  }

  /** Every node is linked to every other, or to about `degree`. */
  weave(degree = Number.POSITIVE_INFINITY): void {
    for (const [i, a] of this.nodes.entries()) {
      // A ring first, so that nobody is left out.
      const running = this.nodes.filter((other) => other !== a && this.canReach(a, other))
      const next = running.find((other) => this.nodes.indexOf(other) > i) ?? running[0]
      if (next !== undefined) this.connect(a, next)
      if (degree === Number.POSITIVE_INFINITY) for (const b of running) this.connect(a, b)
      for (let tries = 0; tries < 4 * degree && this.neighbours(a).length < degree; tries++) {
        const b = running[Math.floor(this.random() * running.length)]
        if (b === undefined || tries > 4 * running.length) break
        if (this.neighbours(b).length < degree + 2) this.connect(a, b)
      }
    }
  }

  /** Weaves links, then lets `ms` pass. */
  async meet(ms: number, degree?: number): Promise<void> {
    this.weave(degree)
    await this.pass(ms)
  }

  async dial(from: Node, to: Node): Promise<boolean> {
    this.dials++
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.time.after(20, () => {
      if (!from.running) return resolve(false)
      const there = this.linked(from, to)
      const done = this.connect(from, to, false)
      if (done && !there) {
        this.time.after(this.#options.dialled ?? 2 * MINUTE, () => {
          if (this.#links.get(from)?.get(to)?.kept === false) this.cut(from, to)
        })
      }
      resolve(done)
    })
    return promise
  }

  send(from: Node, to: Node, message: Message, body: unknown): boolean {
    if (!this.linked(from, to)) return false
    const name = message.name
    this.sent[name] = (this.sent[name] ?? 0) + 1
    if (message === SyncBatch && this.#cuts(this.sent[name])) {
      this.cut(from, to)
      this.time.after(1_000 + this.random() * 4_000, () => this.connect(from, to))
      return false
    }
    if (message === SyncBatch) this.moved += (body as SyncBatchBody).documents.length
    if (message === SyncOffer) this.offered += (body as SyncOfferBody).heads.length
    const frame = from.frame(message, body)
    this.time.after(1 + this.random() * 4, () => {
      if (this.linked(from, to)) to.arrive(from, frame)
    })
    return true
  }

  #cuts(batch: number): boolean {
    const { cut = 0 } = this.#options
    return typeof cut === 'number' ? this.random() < cut : cut(batch)
  }

  /** From now on a notice does not reach a node with this chance. */
  lose(chance: number): void {
    this.#loss = chance
  }

  /** Everybody whom links lead to, some time later. */
  tell(from: Node, frame: Frame): void {
    this.told++
    const reached = new Set([from])
    let edge: Node[] = [from]
    for (let hops = 1; edge.length > 0; hops++) {
      const next: Node[] = []
      for (const via of edge) {
        for (const node of this.neighbours(via)) {
          if (reached.has(node)) continue
          reached.add(node)
          next.push(node)
          if (this.random() < this.#loss) continue
          this.time.after(hops * 10 + this.random() * 20, () => {
            if (node.running) node.topic.notice(from.ref, frame, via.ref)
          })
        }
      }
      edge = next
    }
  }

  /** Lets `ms` milliseconds pass. */
  async pass(ms: number): Promise<void> {
    const end = this.time.clock.monotonic() + ms
    this.time.after(ms, () => {})
    await this.time.pass(() => this.time.clock.monotonic() >= end)
  }

  /** Members let each other know that they are there. */
  hearEachOther(): void {
    for (const a of this.nodes) {
      for (const b of this.nodes) if (a !== b && this.canReach(a, b)) a.seen.set(b.id, this.now)
    }
  }

  /** Who reaches whom is known to members by what they let each other know every five minutes. */
  #refresh(): void {
    this.hearEachOther()
    this.time.after(5 * MINUTE, () => this.#refresh())
  }
}

/** What a simulation hands in beside, or in the place of, what each node has by itself. */
type NodeDeps = Omit<Partial<DocumentsDeps>, 'identity'> & { readonly identity?: Identity }

export class Node {
  readonly number: number
  readonly identity: Identity
  readonly ref: PeerRef
  readonly repository = new MemoryRepository()
  readonly audits: AuditRecord[] = []
  readonly refused = new Set<NodeId>()
  /** Members that this node does not admit itself, and the one that passed on word of each. */
  readonly announced = new Map<NodeId, NodeId>()
  /** When each other was last seen here. */
  readonly seen = new Map<NodeId, number>()
  readonly hints: Hints
  readonly rejected: FrameError[] = []
  running = false
  room!: Documents
  handler!: LinkHandler
  topic!: TopicHandler
  readonly #network: Network
  readonly #deps: NodeDeps

  constructor(network: Network, number: number, deps: NodeDeps) {
    this.#network = network
    this.#deps = deps
    this.number = number
    this.identity = deps.identity ?? testIdentity(10_000 + number)
    this.ref = { nodeId: this.identity.nodeId, publicKey: this.identity.publicKey }
    this.hints = createHints(this.identity.agree)
  }

  get received(): readonly string[] {
    return this.repository.received
  }

  get id(): NodeId {
    return this.identity.nodeId
  }

  async start(): Promise<void> {
    const network = this.#network
    for (const node of network.nodes) if (!this.seen.has(node.id)) this.seen.set(node.id, network.now)
    this.room = createDocuments({
      identity: this.identity,
      trust: this.#trust(),
      mesh: this.#mesh(),
      repository: this.repository,
      audit: { record: async (entry) => void this.audits.push(entry) },
      clock: network.time.clock,
      timers: network.time,
      random: this.#random(),
      log: silentLog,
      ports: {},
      ...this.#deps,
    })
    await this.room.start(new AbortController().signal)
    this.running = true
  }

  async stop(): Promise<void> {
    this.running = false
    this.#network.cutAll(this)
    await this.room.stop()
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  arrive(from: Node, frame: Frame): void {
    try {
      this.handler.frame(from.ref, frame)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.rejected.push(error)
      this.#network.cut(from, this)
    }
  }

  /** Puts a sealed document with hints of these recipients into the mesh. */
  async share(slotStart: number, recipients: readonly Node[], version = this.#network.now): Promise<void> {
    await this.room.publish('summary', this.summary(slotStart, recipients, version))
  }

  /** The same for a week, which is kept for 400 days. */
  weekly(time: number, recipients: readonly Node[], version: number): Uint8Array {
    return this.summary(time, recipients, version, 200, 'week')
  }

  summary(
    time: number,
    recipients: readonly Node[],
    version: number,
    size = 200,
    granularity: Granularity = 'hour',
  ): Uint8Array {
    const period = periodOf(granularity, time)
    const slot = slotOf(period)
    const context = { author: this.identity.publicKey, slot, version }
    const box = {
      epk: new Uint8Array(32).fill(1),
      recipients: recipients.map((node) => ({
        hint: this.hints(node.identity.publicKey, context) as Uint8Array,
        key: new Uint8Array(48),
      })),
      sealed: new Uint8Array(size).fill(this.number),
    }
    const body = { ...period, version, expires_at: period.end + KEPT_MS[granularity], boxes: [box] }
    return encodeFrame(SealedSummary, this.#envelope(), body, this.identity.sign)
  }

  ledgerHead(seq: number, fill: number, ts = this.#network.now): Uint8Array {
    const body = { seq, hash: new Uint8Array(32).fill(fill), ts, entries: seq }
    return encodeFrame(AuditHead, this.#envelope(), body, this.identity.sign)
  }

  /** By author and slot: the edition it has, and why. */
  holdings(kind = 'summary'): Map<string, DocumentRow> {
    const found = new Map<string, DocumentRow>()
    for (const [name, { row }] of this.repository.kept) if (row.kind === kind) found.set(name, row)
    return found
  }

  /** As it comes over a link of this node, whatever it says. */
  frame(message: Message, body: unknown): Frame {
    return {
      type: message.type,
      message,
      envelope: this.#envelope(),
      // Over the wire every frame is of its own; a body that would not fit must not pass here either.
      body: message.body.parse(body),
      bytes: new Uint8Array(0),
    }
  }

  /** Any message over a link, as a node without manners would send it. */
  say(to: Node, message: Message, body: unknown): boolean {
    return this.#network.send(this, to, message, body)
  }

  #envelope() {
    return {
      sender: this.identity.publicKey,
      ts: this.#network.now,
      nonce: new Uint8Array(16).fill(this.number),
      seq: 0,
    }
  }

  #random(): Random {
    const float = seeded(this.number * 7_919 + Math.floor(this.#network.random() * 1e9))
    return { float, bytes: (length) => Uint8Array.from({ length }, () => Math.floor(float() * 256)) }
  }

  #trust(): DocumentsDeps['trust'] {
    const member = (node_id: NodeId): Member | undefined => {
      const last_seen = this.seen.get(node_id)
      if (last_seen === undefined || node_id === this.id) return undefined
      const sponsor = this.announced.get(node_id)
      if (sponsor !== undefined && this.refused.has(sponsor)) return undefined
      return memberOf(node_id, last_seen, sponsor === undefined ? {} : { known_by: 'gossip', sponsor })
    }
    return {
      member,
      members: () => [...this.seen.keys()].map(member).filter((one) => one !== undefined),
      admits: (node) =>
        node !== this.id && this.seen.has(node) && !this.announced.has(node) && !this.refused.has(node),
      refuses: (node) => this.refused.has(node),
      keysOf: (node) => [node],
    }
  }

  #mesh(): DocumentsDeps['mesh'] {
    const network = this.#network
    return {
      link: () => ({
        peers: () => network.neighbours(this).map((node) => node.ref),
        sendHop: (to, message, body) => network.send(this, network.byId(to), message, body),
        has: () => false,
        sendDocument: () => false,
        serve: (handler) => {
          this.handler = handler
        },
      }),
      topic: () => ({
        publish: (message, body) => {
          if (this.running) network.tell(this, this.frame(message, body))
        },
        serve: (handler) => {
          this.topic = handler
        },
      }),
      reach: (node) => network.dial(this, network.byId(node)),
    }
  }
}

/** Runs all nodes of a new network. */
export async function networkOf(count: number, options: NetworkOptions = {}): Promise<Network> {
  const network = new Network(options)
  network.add(count)
  for (const node of network.nodes) await node.start()
  return network
}

type Running = readonly [Network, Node, Node, Node, Node, Node]

/** The network of so many nodes that run, and the first of these. */
export async function running(count: number, options: NetworkOptions = {}): Promise<Running> {
  const network = await networkOf(count, options)
  return [network, ...network.nodes] as unknown as Running
}

/** The same, all linked, and quiet for a minute. */
export async function meshed(count: number, options: NetworkOptions = {}): Promise<Running> {
  const all = await running(count, options)
  await all[0].meet(MINUTE)
  return all
}
