// Questions in a mesh of many nodes: the query router's real state machine over simulated links and time, with loss and churn.
import { QUERY_HOPS } from '../../protocols/messages/query.ts'
import { formatNodeId, type NodeId } from '../../protocols/node-id.ts'
import type { Outcome } from '../../src/exchange/query/schema.ts'
import { soFar } from '../../src/exchange/query/state/asker.ts'
import type { EndedBy, Live, QueryEvent } from '../../src/exchange/query/state/types.ts'
import type { Member } from '../../src/trust/peers/index.ts'
import { memberOf } from '../support/mesh/fake-trust.ts'
import { type Random, randomOf } from '../support/run/random.ts'
import { VirtualTime } from '../support/run/virtual-time.ts'
import { nodeIdOf } from './mesh-node.ts'
import { Questions, Router, type Sent, WRITE_MS } from './router.ts'

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

/** What frames are long: a question of 300 bytes, and an answer of 1 KiB. */
const BYTES = { QueryHop: 540, QueryDone: 240, Response: 1_400 } as const

export class SimNode extends Router {
  readonly index: number
  ended: { readonly live: Live; readonly by: EndedBy; readonly at: number } | undefined

  constructor(network: Network, index: number) {
    super(network.all, nodeIdOf(index), {
      clock: network.time.clock,
      fullMeshUpTo: 32,
      send: (to, message, event) => network.send(this, to, message, event),
      answers() {
        network.written++
        return 'success'
      },
      perform(action) {
        if ('do' in action && action.do === 'dial') network.dial(self, action.ask, action.node, action.ms)
      },
      concluded(live, by) {
        self.ended = { live, by, at: network.time.clock.monotonic() }
      },
    })
    const self = this
    this.index = index
  }
}

class Network {
  readonly time = new VirtualTime(EPOCH)
  readonly nodes: SimNode[]
  readonly byId: ReadonlyMap<NodeId, SimNode>
  readonly all: Questions
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
    this.all = new Questions(this.time, random)
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

  send(from: SimNode, to: NodeId, message: Sent, event: QueryEvent): void {
    const other = this.byId.get(to)!
    if (event.on === 'hop') {
      if (event.hop.tree !== undefined) this.overTree++
      if (event.hop.hops < QUERY_HOPS) this.hops = Math.max(this.hops, event.hop.hops)
    }
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

  dial(from: SimNode, ask: string, id: NodeId, ms: number): void {
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
    const now = this.time.clock.now()
    const others = this.nodes.filter((node) => node !== asker)
    // Who was gone before the question was asked, has been missed by its neighbours.
    const member = (node: SimNode): Member => memberOf(node.id, now, { offline: !this.reachable.has(node) })
    asker.ask(new Map(others.map((node) => [node.id, member(node)])), others.length, TIMEOUT_MS)
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
