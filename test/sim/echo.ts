// A mesh of many nodes in one process: the real query room over simulated links and time, with latency, loss and churn.
import { bodyOf, decodeFrame, messageTable, readHeader } from '../../protocols/frame.ts'
import { QUERY_HOPS, QueryHop } from '../../protocols/messages/query.ts'
import { query as queryStream } from '../../protocols/registry.ts'
import type { QueryResult } from '../../src/exchange/query/result.ts'
import { type Random, randomOf } from '../fuzz/frames.ts'
import { testIdentity } from '../support/mesh/identity.ts'
import { VirtualTime } from '../support/run/virtual-time.ts'
import { person, TestNode, uses, Wire } from '../unit/exchange/query/network.ts'

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
  /** Every second node loses its links to the others while the questions are under way, and is reached again later. */
  readonly split?: boolean
}

interface SimQuery {
  readonly result: QueryResult
  readonly asker: TestNode
  /** Simulated, ms. */
  readonly elapsedMs: number
}

export interface SimReport {
  readonly queries: readonly SimQuery[]
  readonly links: number
  /** Frames sent, by message. */
  readonly frames: Readonly<Record<string, number>>
  readonly bytes: number
  /** Longest way of a question. */
  readonly hops: number
  readonly dials: number
  /** Those that were there from the first moment to the last. */
  readonly steady: ReadonlySet<TestNode>
  /** On the other side of the split. */
  readonly far: ReadonlySet<TestNode>
  /** Ended, and did not come back. */
  readonly gone: ReadonlySet<TestNode>
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
const TABLE = messageTable(Object.values(queryStream.messages))

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

export async function simulate(options: SimOptions): Promise<SimReport> {
  const began = performance.now()
  const random = randomOf(options.seed)
  // Nothing here looks at a real clock or a real source of chance: a seed is one run, the same on every machine.
  const time = new VirtualTime(EPOCH)
  const float = (): number => random.below(1 << 20) / (1 << 20)
  const wire = new Wire()
  const among = new Set<TestNode>()
  const nodes = Array.from({ length: options.nodes }, (_, i) => {
    const node = new TestNode(wire, {
      name: `n${i}`,
      people: person(uses('git', 1)),
      clock: time.clock,
      timers: time,
      random: { bytes: random.bytes, float },
      identity: testIdentity(i + 1),
      among,
    })
    among.add(node)
    return node
  })
  const links = overlay(options.nodes, options.degree, random)
  for (const [a, b] of links) wire.connect(nodes[a]!.id, nodes[b]!.id)
  for (const node of nodes) wire.reachable.add(node.id)

  const frames: Record<string, number> = {}
  const arrivals = new Map<string, number>()
  let bytes = 0
  let hops = 0
  let dials = 0
  wire.tap = (frame) => {
    bytes += frame.length
    const { message } = readHeader(frame, TABLE)
    frames[message.name] = (frames[message.name] ?? 0) + 1
    if (message === QueryHop) hops = Math.max(hops, wayOf(frame))
    return [frame]
  }
  wire.carry = (arrive, from, to) => {
    const lost = random.below(10_000) < options.lossPer10k
    const now = time.clock.monotonic()
    const way = `${from} ${to}`
    const takes = LATENCY.least + LATENCY.spread * float() + (lost ? RETRANSMIT_MS : 0)
    // In order, as on one stream.
    const at = Math.max(arrivals.get(way) ?? 0, now + takes)
    arrivals.set(way, at)
    time.after(at - now, arrive)
  }
  wire.dialling = (node, signal) => {
    dials++
    const { promise, resolve } = Promise.withResolvers<void>()
    const silent = !wire.reachable.has(node) && random.below(2) === 0
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (!silent) time.after(wire.reachable.has(node) ? 3 * LATENCY.spread : REFUSED_MS, resolve)
    return promise
  }

  const askers = nodes.slice(0, options.queries)
  const steady = new Set(nodes)
  const gone = new Set<TestNode>()
  // Never an asker: they are there to tell.
  for (const [i, node] of nodes.slice(options.queries).slice(0, options.churn).entries()) {
    steady.delete(node)
    time.after(CHURN_WITHIN_MS * float(), () => {
      wire.reachable.delete(node.id)
      wire.kill(node.id)
    })
    if (i % 2 === 1) {
      gone.add(node)
      continue
    }
    time.after(AWAY_MS + CHURN_WITHIN_MS * float(), () => {
      wire.reachable.add(node.id)
      for (let link = 0; link < options.degree; link++) {
        wire.connect(node.id, nodes[random.below(options.queries)]!.id)
      }
    })
  }

  const far = new Set(options.split ? nodes.filter((_, i) => i % 2 === 1) : [])
  if (far.size > 0) {
    const across = links.filter(([a, b]) => far.has(nodes[a]!) !== far.has(nodes[b]!))
    time.after(SPLIT_MS, () => {
      for (const node of far) wire.reachable.delete(node.id)
      for (const [a, b] of across) wire.cut(nodes[a]!.id, nodes[b]!.id)
    })
    time.after(SPLIT_MS + AWAY_MS, () => {
      for (const node of far) wire.reachable.add(node.id)
      for (const [a, b] of across) wire.connect(nodes[a]!.id, nodes[b]!.id)
    })
  }

  const queries: SimQuery[] = []
  for (const asker of askers) {
    void asker.ask({ timeoutMs: TIMEOUT_MS }).then((result) => {
      queries.push({ asker, result, elapsedMs: time.clock.monotonic() })
    })
  }
  await time.pass(() => queries.length === askers.length)
  // Endings that are still under way.
  await time.pass(() => false)
  return {
    queries,
    links: links.length,
    frames,
    bytes,
    hops,
    dials,
    steady,
    gone,
    far,
    wallMs: performance.now() - began,
  }
}

/** How often the question was handed on before; what is asked directly was not. */
function wayOf(frame: Uint8Array): number {
  const { hops } = bodyOf(decodeFrame(frame, { messages: TABLE, verify: () => true }), QueryHop)
  return hops === QUERY_HOPS ? 0 : hops
}

/** For people. */
export function describeRun(options: SimOptions, report: SimReport): string {
  const { queries, links, frames, bytes, hops, dials, wallMs } = report
  const share = (count: number): string => (count / queries.length).toFixed(0)
  const times = queries.map(({ elapsedMs }) => elapsedMs).sort((a, b) => a - b)
  const answers = queries.map(({ result }) => result.coverage.answered)
  const { QueryHop: asked = 0, QueryDone: endings = 0, Response: answered = 0 } = frames
  return [
    `${options.nodes} nodes, ${links} links, ${queries.length} questions, seed ${options.seed}`,
    `each: ${Math.min(...answers)} to ${Math.max(...answers)} of ${options.nodes - 1} answered`,
    `${hops} hops, ${share(asked)} questions and ${share(endings)} endings (${((asked + endings) / queries.length / links).toFixed(2)} a link)`,
    `${share(answered)} answers on the way, ${(bytes / queries.length / 1024).toFixed(0)} KiB, ${share(dials)} dials`,
    `complete after ${times[0]!.toFixed(1)} to ${times.at(-1)!.toFixed(1)} ms simulated; ${(wallMs / 1000).toFixed(1)} s of work`,
  ].join(', ')
}
