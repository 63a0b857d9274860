// Questions over the real mesh and the real query router where not everybody trusts everybody, in virtual time.
import { formatNodeId, type NodeId, parseNodeId } from '../../protocols/node-id.ts'
import { createMailbox } from '../../src/base/async/mailbox.ts'
import { toHex } from '../../src/base/hex.ts'
import { createAlarms } from '../../src/base/timers.ts'
import { membersOf } from '../../src/exchange/query/asking/team.ts'
import type { Question } from '../../src/exchange/query/document.ts'
import type { Outcome } from '../../src/exchange/query/result.ts'
import { soFar } from '../../src/exchange/query/state/live.ts'
import { createQueryState, type QueryState } from '../../src/exchange/query/state/state.ts'
import type { QueryAction, QueryEvent, QueryTimer } from '../../src/exchange/query/state/types.ts'
import { type Random, randomOf } from '../support/run/random.ts'
import { Network } from './mesh-network.ts'
import { nodeIdOf, type SimNode } from './mesh-node.ts'

const MINUTE = 60_000
const TIMEOUT_MS = 10_000
/** To gather, seal and sign an answer. */
const WRITE_MS = 0.5

export interface TrustSimOptions {
  readonly nodes: number
  readonly seed: number
  /** Whether the first trusts the second. */
  readonly trusts: (one: number, other: number) => boolean
  readonly askers: readonly number[]
  /** How often each asks; the questions are some minutes apart. */
  readonly times: number
  readonly fullMeshUpTo?: number
  readonly leavesUpTo?: number
  readonly askerLinksUpTo?: number
  /** Before the first question; default 3 min. */
  readonly settleMs?: number
  /** From one question to the next; default 75 s, long enough for links that a question brought about to be given up again. */
  readonly everyMs?: number
  /** After the last question; default none. */
  readonly restMs?: number
  /** After these questions nothing arrives any more between those of here and the others; askers ask again so long after it, ms. */
  readonly cut?: { readonly here: (index: number) => boolean; readonly askedAfterMs: readonly number[] }
  /** Nodes that nobody can connect to; they connect to others. */
  readonly walled?: (index: number) => boolean
}

export interface AskedInSim {
  readonly asker: number
  /** By index of the node. */
  readonly outcomes: ReadonlyMap<number, Outcome>
  readonly elapsedMs: number
}

export interface TrustSimReport {
  readonly asked: readonly AskedInSim[]
  /** Frames about questions that all nodes sent, from the questions of one turn to those of the next. */
  readonly frames: readonly number[]
  /** Links of each node when the last question began. */
  readonly links: readonly number[]
  /** The same after the rest. */
  readonly linksAtRest: readonly number[]
  readonly dials: number
  readonly broken: readonly string[]
  readonly virtualMs: number
  /** Of the first node: nodes for whose links it had no place. */
  readonly turnedAway: readonly number[]
}

interface Signed {
  readonly signer: Uint8Array
  readonly response: {
    readonly query_id: Uint8Array
    readonly author: Uint8Array
    readonly sealed: Uint8Array
  }
  readonly status: 'success' | 'busy' | 'error' | 'access_denied'
}

/** What all questions of one simulation share: the bytes stand for what is under the signatures. */
class Questions {
  readonly network: Network
  readonly random: Random
  readonly asked: AskedInSim[] = []
  /** Frames about questions that nodes have sent. */
  sent = 0
  readonly rooms = new Map<NodeId, Room>()
  readonly questions = new Map<string, Question>()
  readonly answers = new Map<Uint8Array, Signed>()

  constructor(network: Network, random: Random) {
    this.network = network
    this.random = random
  }
}

/** The query room of one simulated node. */
class Room {
  readonly #all: Questions
  readonly #node: SimNode
  readonly #key: Uint8Array
  readonly #links = new Set<NodeId>()
  readonly #state: QueryState
  readonly #put: (event: QueryEvent) => void
  /** Dials under way for questions, by the mesh's number of the ask. */
  readonly #dials = new Map<number, { readonly ask: string; readonly node: NodeId }>()
  #asks = 0

  constructor(all: Questions, node: SimNode, fullMeshUpTo: number) {
    this.#all = all
    this.#node = node
    this.#key = parseNodeId(node.id) as Uint8Array
    const { time } = all.network
    const { put, open } = createMailbox<QueryEvent>()
    this.#put = put
    const alarms = createAlarms<QueryTimer>(time, (timer) => put({ on: 'timer', timer }))
    this.#state = createQueryState({
      self: node.id,
      fullMeshUpTo,
      clock: node.clock,
      peers: () => [...this.#links],
      linked: (other) => this.#links.has(other),
      read: (document) => all.questions.get(toHex(document))!,
      authorOf: (document) => document.subarray(0, 32),
      open(_ask, responder, response) {
        const { query_id } = response
        const { status } = all.answers.get('sealed' in response ? response.sealed : response.plain)!
        const head = { responder, query_id, level: 1, as_of: time.clock.now() } as const
        // What the numbers are is not the router's business.
        return status === 'success' ? { ...head, status: 'no_data' } : { ...head, status }
      },
    })
    open((event) => {
      for (const action of this.#state.handle(event)) {
        if ('do' in action && action.do === 'timer') alarms.set(action)
        else this.#perform(action)
      }
    })
    node.above = {
      up: (other) => void this.#links.add(other),
      down: (other) => {
        this.#links.delete(other)
        put({ on: 'down', node: other })
      },
      inUse: (other) => this.#state.inUse(other),
      answered: (mesh, reached) => {
        const dial = this.#dials.get(mesh)
        if (dial === undefined || !this.#dials.delete(mesh)) return
        put({ on: 'dialed', ...dial, reached })
      },
    }
    all.rooms.set(node.id, this)
  }

  get links(): number {
    return this.#links.size
  }

  #send(to: NodeId, event: QueryEvent): void {
    const room = this.#all.rooms.get(to)!
    const conn = this.#node.state.connections.neighbour(to)
    const pipe = conn === undefined ? undefined : this.#node.pipes.get(conn.id)
    if (pipe === undefined) return
    this.#all.sent++
    this.#all.network.send(pipe, this.#node, () => room.#links.has(this.#node.id) && room.#put(event))
  }

  #sign({ author, body: { query_id } }: Question, status: Signed['status']): Uint8Array {
    const bytes = this.#all.random.bytes(16)
    this.#all.answers.set(bytes, {
      signer: this.#key,
      response: { query_id, author, sealed: bytes },
      status,
    })
    return bytes
  }

  #pass(to: NodeId, bytes: Uint8Array): void {
    const { signer, response } = this.#all.answers.get(bytes)!
    this.#send(to, { on: 'response', from: this.#node.id, signer, response, bytes })
  }

  #perform(action: QueryAction): void {
    const { network } = this.#all
    const from = this.#node.id
    if ('did' in action) {
      if (action.did === 'conclude') this.#concluded(action.live)
    } else if (action.do === 'hand') this.#send(action.to, { on: 'hop', from, hop: action.hop })
    else if (action.do === 'end') this.#send(action.to, { on: 'done', from, done: action.done })
    else if (action.do === 'pass') this.#pass(action.to, action.bytes)
    else if (action.do === 'answer') this.#pass(action.to, action.answer.plain)
    else if (action.do === 'work') {
      const status: Signed['status'] = this.#node.trust.admits(action.question.authorId)
        ? 'success'
        : 'access_denied'
      network.time.after(WRITE_MS, () => {
        const plain = this.#sign(action.question, status)
        const answer = { plain, sealed: () => plain, status, about: undefined }
        this.#put({ on: 'worked', work: action.work, answer })
      })
    } else if (action.do === 'refuse') {
      const bytes = this.#sign(action.question, action.status)
      for (const to of action.to) this.#pass(to, bytes)
    } else if (action.do === 'dial') {
      const mesh = ++this.#asks
      this.#dials.set(mesh, { ask: action.ask, node: action.node })
      this.#node.put({ on: 'ask', ask: mesh, node: action.node, for: 'links' })
      network.time.after(action.ms, () => this.#node.put({ on: 'unask', ask: mesh }))
    } else if (action.do === 'doubt') {
      this.#node.put({ on: 'doubt', node: action.node })
      if (this.#node.state.isSilent(action.node))
        this.#put({ on: 'silent', ask: action.ask, node: action.node })
    } else if (action.do === 'link_all') {
      this.#node.put({ on: 'link_all', ms: action.ms })
    }
  }

  #concluded(live: Parameters<typeof soFar>[0]): void {
    const { network, asked } = this.#all
    const indexOf = (id: NodeId): number => network.nodes.findIndex((node) => node.id === id)
    const outcomes = new Map([...live.members.keys()].map((id) => [indexOf(id), soFar(live, id).outcome]))
    const elapsedMs = network.time.clock.monotonic() - live.startedAt
    asked.push({ asker: this.#node.wish.index, outcomes, elapsedMs })
  }

  ask(): void {
    const { questions, random, network } = this.#all
    const query_id = random.bytes(16)
    const document = Buffer.concat([this.#key, query_id])
    const created_at = network.time.clock.now()
    const body = {
      query_id,
      query_type: 'ToolUsage',
      time_range: { start: 0, end: 1 },
      filters: [],
      audience_key: this.#key,
      created_at,
      expires_at: created_at + 300_000,
    }
    const author = this.#key
    questions.set(toHex(document), { author, authorId: formatNodeId(author), body, trace: undefined })
    const { members, hearsay } = membersOf(this.#node.trust, undefined)
    const startedAt = network.time.clock.monotonic()
    this.#put({
      on: 'ask',
      ask: toHex(query_id),
      members,
      summaries: true,
      question: { author, query_id, document, trace: undefined },
      known: this.#node.trust.members().length - hearsay,
      startedAt,
      deadlineAt: startedAt + TIMEOUT_MS,
    })
    this.#put({ on: 'own', ask: toHex(query_id) })
  }
}

/** Nodes start, find each other by mDNS on one LAN, and some of them ask. Everything follows from the seed. */
export function askWithTrust(options: TrustSimOptions): TrustSimReport {
  const { nodes: count, seed, fullMeshUpTo = 32 } = options
  const random = randomOf(seed)
  const network = new Network(random)
  const { time } = network
  const all = new Questions(network, random)
  const indices = Array.from({ length: count }, (_, index) => index)
  for (const index of indices) {
    const trusts = indices.filter((other) => other !== index && options.trusts(index, other)).map(nodeIdOf)
    const walled = options.walled?.(index) ?? false
    // A wall stands between segments, so a walled node has one of its own and dials the first node by its configuration.
    const segment = walled ? index : 0
    network.add({
      index,
      segment,
      skewMs: 0,
      walled,
      trusts,
      fullMeshUpTo,
      peers: walled ? [0] : [],
      ...(options.leavesUpTo === undefined ? {} : { leavesUpTo: options.leavesUpTo }),
      ...(options.askerLinksUpTo === undefined ? {} : { askerLinksUpTo: options.askerLinksUpTo }),
    })
  }
  const rooms = network.nodes.map((node) => new Room(all, node, fullMeshUpTo))
  for (const node of network.nodes) {
    time.after(random.below(10_000), () => {
      node.start()
      network.announce(node)
    })
  }
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 1_000) time.advance(Math.min(left, 1_000))
  }
  pass(options.settleMs ?? 3 * MINUTE)
  const frames: number[] = []
  for (let turn = 0; turn < options.times; turn++) {
    const before = all.sent
    for (const asker of options.askers) rooms[asker]?.ask()
    pass(options.everyMs ?? 75_000)
    frames.push(all.sent - before)
  }
  const { here, askedAfterMs = [] } = options.cut ?? {}
  if (here !== undefined)
    for (const node of network.nodes) network.parts.set(node, here(node.wish.index) ? 1 : 2)
  const cutAt = time.clock.monotonic()
  for (const ms of askedAfterMs) {
    pass(cutAt + ms - time.clock.monotonic())
    for (const asker of options.askers) rooms[asker]?.ask()
  }
  const links = rooms.map((room) => room.links)
  pass(options.restMs ?? 0)
  return {
    asked: all.asked,
    frames,
    links,
    linksAtRest: rooms.map((room) => room.links),
    dials: network.nodes.reduce((sum, node) => sum + node.dials, 0),
    broken: network.broken,
    virtualMs: time.clock.monotonic(),
    turnedAway: network.nodes.flatMap(({ id, wish }) =>
      network.nodes[0]?.state.leaves.noPlace(id) === 'here' ? [wish.index] : [],
    ),
  }
}

/** One line: how many of those asked answered, question by question. */
export function describeAsked({ asked, links, dials }: TrustSimReport): string {
  const told = asked.map(({ asker, outcomes, elapsedMs }) => {
    const answered = [...outcomes.values()].filter((outcome) => outcome === 'answered').length
    return `n${asker} ${answered}/${outcomes.size} in ${elapsedMs.toFixed(0)} ms`
  })
  return `${told.join(', ')}; ${Math.min(...links)} to ${Math.max(...links)} links, ${dials} dials`
}
