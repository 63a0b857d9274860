// Questions in a mesh of many nodes: the query router's real state machine over simulated links and time, with loss and churn.
import { QUERY_HOPS } from '../../protocols/messages/query.ts'
import { formatNodeId, type NodeId } from '../../protocols/node-id.ts'
import { createMailbox } from '../../src/base/async/mailbox.ts'
import { toHex } from '../../src/base/hex.ts'
import { createAlarms } from '../../src/base/timers.ts'
import type { Question } from '../../src/exchange/query/document.ts'
import type { Outcome } from '../../src/exchange/query/result.ts'
import { soFar } from '../../src/exchange/query/state/live.ts'
import { createQueryState, type QueryState } from '../../src/exchange/query/state/state.ts'
import type {
  EndedBy,
  Live,
  QueryAction,
  QueryEvent,
  QueryTimer,
} from '../../src/exchange/query/state/types.ts'
import type { Member } from '../../src/trust/peers/index.ts'
import { type Random, randomOf } from '../support/run/random.ts'
import { VirtualTime } from '../support/run/virtual-time.ts'

export interface SimOptions {
  readonly nodes: number
  /** Links a node, on average. */
  readonly degree: number
  readonly seed: number
  /** Asked at the same moment, by different nodes. */
  readonly queries: number
  /** Of ten thousand frames so many are lost once; TCP sends them again, and what comes after waits. */
  readonly lossPer10k: number
  /** So many nodes end without a word while the questions are under way; half of them come back. */
  readonly churn: number
  /** They end between two questions, and not while one is under way. */
  readonly between?: boolean
  /** Every second node loses its links to the others while the questions are under way, and is reached again later. */
  readonly split?: boolean
  /** How often each asks, one question after the other has ended; absent: once. */
  readonly again?: number
  /** On every fourth node somebody's consent changes while the answers are written. */
  readonly unrest?: boolean
}

interface SimQuery {
  readonly asker: SimNode
  readonly by: EndedBy
  readonly outcomes: ReadonlyMap<SimNode, Outcome>
  /** Frames and bytes of all links since the question before it ended. */
  readonly crossings: number
  readonly bytes: number
  /** Simulated, ms. */
  readonly elapsedMs: number
}

export interface SimReport {
  readonly queries: readonly SimQuery[]
  readonly links: number
  /** Sent, by message. */
  readonly frames: { QueryHop: number; QueryDone: number; Response: number }
  /** Questions that were handed on over a tree. */
  readonly overTree: number
  /** Longest way of a question. */
  readonly hops: number
  readonly dials: number
  /** Answers that were written, further attempts at one included. */
  readonly written: number
  /** Nodes that were there from the first moment to the last. */
  readonly steady: ReadonlySet<SimNode>
  /** On the other side of the split. */
  readonly far: ReadonlySet<SimNode>
  /** Ended, and did not come back. */
  readonly gone: ReadonlySet<SimNode>
  /** What did not hold, in words. */
  readonly broken: readonly string[]
  readonly wallMs: number
}

/** One way, ms: a switch and two busy machines. */
const LATENCY = { least: 0.2, spread: 1.8 }
/** What a lost segment costs on a LAN: Linux' least retransmission timeout. */
const RETRANSMIT_MS = 200
/** Questions are asked at 0; nodes end and come back within this time. */
const CHURN_WITHIN_MS = 8
const AWAY_MS = 400
/** While the question is still on its way to most. */
const SPLIT_MS = 2
const EPOCH = Date.UTC(2026, 10, 20, 12)
/** To an address where nobody listens any more: refused at once, or never answered. */
const REFUSED_MS = 1
const TIMEOUT_MS = 5_000
/** To gather, seal and sign an answer. */
const WRITE_MS = 0.5

/** What frames are long: a question of 300 bytes, and an answer of 1 KiB. */
const BYTES = { QueryHop: 540, QueryDone: 240, Response: 1_400 } as const

/** A signed answer as the network carries it: the bytes stand for the signature, this for what is under it. */
interface Signed {
  readonly signer: Uint8Array
  readonly response: {
    readonly query_id: Uint8Array
    readonly author: Uint8Array
    readonly sealed: Uint8Array
  }
  readonly status: 'success' | 'busy' | 'error'
}

export class SimNode {
  readonly index: number
  readonly key = new Uint8Array(32)
  readonly id: NodeId
  readonly links = new Set<NodeId>()
  readonly state: QueryState
  readonly put: (event: QueryEvent) => void
  ended: { readonly live: Live; readonly by: EndedBy; readonly at: number } | undefined

  constructor(network: Network, index: number) {
    this.index = index
    new DataView(this.key.buffer).setUint32(0, (Math.imul(index + 1, 2_654_435_761) >>> 0) ^ 0x5eed)
    new DataView(this.key.buffer).setUint32(28, index)
    this.id = formatNodeId(this.key)
    const { clock } = network.time
    const { put, open } = createMailbox<QueryEvent>()
    this.put = put
    const alarms = createAlarms<QueryTimer>(network.time, (timer) => put({ on: 'timer', timer }))
    this.state = createQueryState({
      self: this.id,
      fullMeshUpTo: 32,
      clock,
      peers: () => [...this.links],
      linked: (node) => this.links.has(node),
      read: (document) => network.questions.get(toHex(document))!,
      authorOf: (document) => document.subarray(0, 32),
      open(_ask, responder, response) {
        const { query_id } = response
        const { status } = network.answers.get('sealed' in response ? response.sealed : response.plain)!
        const head = { responder, query_id, level: 1, as_of: EPOCH } as const
        if (status !== 'success') return { ...head, status }
        // What the numbers are is not the router's business.
        return { ...head, status: 'no_data' }
      },
    })
    open((event) => {
      for (const action of this.state.handle(event)) {
        if ('do' in action && action.do === 'timer') alarms.set(action)
        else network.perform(this, action)
      }
    })
  }
}

class Network {
  readonly time = new VirtualTime(EPOCH)
  readonly nodes: SimNode[]
  readonly byId: ReadonlyMap<NodeId, SimNode>
  /** By document in hex. */
  readonly questions = new Map<string, Question>()
  /** By the bytes that stand for the answer, the sealed part of it and the frame. */
  readonly answers = new Map<Uint8Array, Signed>()
  readonly reachable: Set<SimNode>
  readonly frames = { QueryHop: 0, QueryDone: 0, Response: 0 }
  hops = 0
  overTree = 0
  bytes = 0
  dials = 0
  written = 0
  readonly #random: Random
  readonly #loss: number
  readonly #arrivals = new Map<string, number>()

  constructor({ nodes, lossPer10k }: SimOptions, random: Random) {
    this.#random = random
    this.#loss = lossPer10k
    this.nodes = Array.from({ length: nodes }, (_, index) => new SimNode(this, index))
    this.byId = new Map(this.nodes.map((node) => [node.id, node]))
    this.reachable = new Set(this.nodes)
  }

  crossings(): number {
    return Object.values(this.frames).reduce((sum, count) => sum + count, 0)
  }

  float(): number {
    return this.#random.below(1 << 20) / (1 << 20)
  }

  connect(a: SimNode, b: SimNode): void {
    a.links.add(b.id)
    b.links.add(a.id)
  }

  cut(a: SimNode, b: SimNode): void {
    if (!a.links.delete(b.id)) return
    b.links.delete(a.id)
    a.put({ on: 'down', node: b.id })
    b.put({ on: 'down', node: a.id })
  }

  kill(node: SimNode): void {
    for (const other of [...node.links]) this.cut(node, this.byId.get(other)!)
  }

  #send(from: SimNode, to: NodeId, message: keyof SimReport['frames'], event: QueryEvent): void {
    const other = this.byId.get(to)!
    if (!from.links.has(to)) return
    this.frames[message]++
    this.bytes += BYTES[message]
    const lost = this.#random.below(10_000) < this.#loss
    const now = this.time.clock.monotonic()
    const way = `${from.index} ${other.index}`
    const takes = LATENCY.least + LATENCY.spread * this.float() + (lost ? RETRANSMIT_MS : 0)
    // In order, as on one stream.
    const at = Math.max(this.#arrivals.get(way) ?? 0, now + takes)
    this.#arrivals.set(way, at)
    this.time.after(at - now, () => {
      if (from.links.has(to)) other.put(event)
    })
  }

  #sign(owner: SimNode, { author, body: { query_id } }: Question, status: Signed['status']): Uint8Array {
    const bytes = this.#random.bytes(16)
    const answer = { signer: owner.key, response: { query_id, author, sealed: bytes }, status }
    this.answers.set(bytes, answer)
    return bytes
  }

  perform(node: SimNode, action: QueryAction): void {
    if ('did' in action) {
      if (action.did === 'conclude') {
        node.ended = { live: action.live, by: action.by, at: this.time.clock.monotonic() }
      }
      return
    }
    const from = node.id
    switch (action.do) {
      case 'hand': {
        const { hop } = action
        if (hop.tree !== undefined) this.overTree++
        if (hop.hops < QUERY_HOPS) this.hops = Math.max(this.hops, hop.hops)
        this.#send(node, action.to, 'QueryHop', { on: 'hop', from, hop })
        break
      }
      case 'end':
        this.#send(node, action.to, 'QueryDone', { on: 'done', from, done: action.done })
        break
      case 'pass':
        this.#pass(node, action.to, action.bytes)
        break
      case 'answer':
        this.#pass(node, action.to, action.answer.plain)
        break
      case 'work':
        this.written++
        this.time.after(WRITE_MS, () => {
          const plain = this.#sign(node, action.question, 'success')
          const answer = { plain, sealed: () => plain, status: 'success', about: undefined } as const
          node.put({ on: 'worked', work: action.work, answer })
        })
        break
      case 'refuse': {
        const bytes = this.#sign(node, action.question, action.status)
        for (const to of action.to) this.#pass(node, to, bytes)
        break
      }
      case 'dial':
        this.#dial(node, action.ask, action.node, action.ms)
    }
  }

  #pass(node: SimNode, to: NodeId, bytes: Uint8Array): void {
    const { signer, response } = this.answers.get(bytes)!
    this.#send(node, to, 'Response', { on: 'response', from: node.id, signer, response, bytes })
  }

  #dial(from: SimNode, ask: string, id: NodeId, ms: number): void {
    this.dials++
    const node = this.byId.get(id)!
    const isThere = this.reachable.has(node)
    const silent = !isThere && this.#random.below(2) === 0
    const takes = silent ? ms : isThere ? 3 * LATENCY.spread : REFUSED_MS
    this.time.after(takes, () => {
      const reached = this.reachable.has(node)
      if (reached) this.connect(from, node)
      from.put({ on: 'dialed', ask, node: id, reached })
    })
  }

  ask(asker: SimNode): void {
    const query_id = this.#random.bytes(16)
    const document = Buffer.concat([asker.key, query_id])
    const now = this.time.clock.now()
    const body = {
      query_id,
      query_type: 'ToolUsage',
      time_range: { start: 0, end: 1 },
      filters: [],
      audience_key: asker.key,
      created_at: now,
      expires_at: now + 300_000,
    }
    this.questions.set(toHex(document), {
      author: asker.key,
      authorId: asker.id,
      body,
      trace: undefined,
    })
    const others = this.nodes.filter((node) => node !== asker)
    const member = ({ id, index }: SimNode): Member => ({
      node_id: id,
      fingerprint: String(index),
      name: String(index),
      addresses: [],
      // Who was gone before the question was asked, has been missed by its neighbours.
      last_seen: now,
      offline: !this.reachable.has(this.byId.get(id)!),
      unsure: false,
      known_by: 'link',
    })
    const startedAt = this.time.clock.monotonic()
    const question = { author: asker.key, query_id, document, trace: undefined }
    asker.put({
      on: 'ask',
      ask: toHex(query_id),
      question,
      known: others.length,
      summaries: true,
      members: new Map(others.map((node) => [node.id, member(node)])),
      startedAt,
      deadlineAt: startedAt + TIMEOUT_MS,
    })
    asker.put({ on: 'own', ask: toHex(query_id) })
  }
}

/** Connected: every node has a link to one before it; then random ones until the degree is right. */
function overlay(count: number, degree: number, random: Random): [number, number][] {
  const links = new Map<string, [number, number]>()
  for (let node = 1; node < count; node++) {
    const other = random.below(node)
    links.set(`${other} ${node}`, [other, node])
  }
  while (links.size < (count * degree) / 2) {
    const [a, b] = [random.below(count), random.below(count)]
    if (a < b) links.set(`${a} ${b}`, [a, b])
  }
  return [...links.values()]
}

/** Runs one life. Nothing in it looks at a real clock or a real source of chance: a seed is one run on every machine. */
export function simulate(options: SimOptions): SimReport {
  const began = performance.now()
  const random = randomOf(options.seed)
  const network = new Network(options, random)
  const { time, nodes, reachable } = network
  const links = overlay(options.nodes, options.degree, random)
  for (const [a, b] of links) network.connect(nodes[a]!, nodes[b]!)

  const askers = nodes.slice(0, options.queries)
  const steady = new Set(nodes)
  const gone = new Set<SimNode>()
  // Never an asker: askers are there to tell what became of their questions.
  const churnAt = (round: number): void => {
    const leaving = nodes.slice(options.queries + round * options.churn).slice(0, options.churn)
    for (const [i, node] of leaving.entries()) {
      steady.delete(node)
      time.after(CHURN_WITHIN_MS * network.float(), () => {
        reachable.delete(node)
        network.kill(node)
      })
      if (i % 2 === 1) {
        gone.add(node)
        continue
      }
      time.after(AWAY_MS + CHURN_WITHIN_MS * network.float(), () => {
        reachable.add(node)
        for (let link = 0; link < options.degree; link++)
          network.connect(node, nodes[random.below(options.queries)]!)
      })
    }
  }
  if (!options.between) churnAt(0)
  const far = new Set(options.split ? nodes.filter((_, i) => i % 2 === 1) : [])
  if (far.size > 0) splitAndHeal(network, links, far)
  for (const node of options.unrest ? nodes.filter((_, i) => i % 4 === 3) : [])
    for (let i = 0; i < 40; i++) time.after(i * WRITE_MS * 0.7, () => node.put({ on: 'changed' }))

  const broken: string[] = []
  const queries: SimQuery[] = []
  for (let round = 0; round < (options.again ?? 0) + 1; round++) {
    if (round > 0) churnAt(round)
    // Nobody is lost any more when it is asked, and who comes back is there.
    if (options.between) time.advance(TIMEOUT_MS)
    const before = { crossings: network.crossings(), bytes: network.bytes }
    for (const asker of askers) network.ask(asker)
    // Beyond the deadline of every question, so that all endings are said too.
    time.advance(2 * TIMEOUT_MS)
    const crossings = (network.crossings() - before.crossings) / askers.length
    const bytes = (network.bytes - before.bytes) / askers.length
    for (const asker of askers) queries.push(...resultOf(network, asker, { crossings, bytes }, broken))
    for (const { index, state } of nodes) {
      const { carried, answering } = state.counts()
      if (carried + answering > 0) broken.push(`n${index} still carries ${carried} and answers ${answering}`)
    }
  }
  const { frames, overTree, hops, dials, written } = network
  const figures = { frames, overTree, hops, dials, written, links: links.length }
  return { queries, ...figures, steady, gone, far, broken, wallMs: performance.now() - began }
}

/** What became of the asker's question; nothing where it did not end, which is broken. */
function resultOf(
  network: Network,
  asker: SimNode,
  cost: Pick<SimQuery, 'crossings' | 'bytes'>,
  broken: string[],
): SimQuery[] {
  const { ended } = asker
  asker.ended = undefined
  if (ended === undefined) {
    broken.push(`the question of n${asker.index} did not end`)
    return []
  }
  const { live, by, at } = ended
  const outcomes = new Map(
    [...live.members.keys()].map((node) => [network.byId.get(node)!, soFar(live, node).outcome]),
  )
  for (const [node, { answer }] of live.collected)
    if (answer !== undefined && formatNodeId(answer.responder) !== node)
      broken.push(`n${asker.index} counted an answer for another node than its owner`)
  return [{ asker, by, outcomes, elapsedMs: at - live.startedAt, ...cost }]
}

function splitAndHeal(network: Network, links: readonly [number, number][], far: ReadonlySet<SimNode>): void {
  const { time, nodes, reachable } = network
  const pairs = links.map(([a, b]) => [nodes[a]!, nodes[b]!] as const)
  const across = pairs.filter(([a, b]) => far.has(a) !== far.has(b))
  time.after(SPLIT_MS, () => {
    for (const node of far) reachable.delete(node)
    for (const [a, b] of across) network.cut(a, b)
  })
  time.after(SPLIT_MS + AWAY_MS, () => {
    for (const node of far) reachable.add(node)
    for (const [a, b] of across) network.connect(a, b)
  })
}

export const countOf = (query: SimQuery, outcome: Outcome): number =>
  [...query.outcomes.values()].filter((one) => one === outcome).length

/** For people. */
export function describeRun(options: SimOptions, report: SimReport): string {
  const { queries, links, frames, hops, dials, written, wallMs } = report
  const share = (count: number): string => (count / queries.length).toFixed(0)
  const times = queries.map(({ elapsedMs }) => elapsedMs).sort((a, b) => a - b)
  const answers = queries.map((query) => countOf(query, 'answered'))
  const { QueryHop: asked, QueryDone: endings, Response: answered } = frames
  return [
    `${options.nodes} nodes, ${links} links, ${queries.length} questions, seed ${options.seed}`,
    `each: ${Math.min(...answers)} to ${Math.max(...answers)} of ${options.nodes - 1} answered`,
    `${hops} hops, ${share(asked)} questions and ${share(endings)} endings (${((asked + endings) / queries.length / links).toFixed(2)} a link)`,
    `${share(answered)} answers on the way, ${share(written)} written, ${share(dials)} dials`,
    `complete after ${times[0]!.toFixed(1)} to ${times.at(-1)!.toFixed(1)} ms simulated; ${(wallMs / 1000).toFixed(1)} s of work`,
  ].join(', ')
}
