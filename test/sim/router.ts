// The query router of one simulated machine: its real state machine; bytes stand for what would be signed, and nothing is sealed.
import { formatNodeId, type NodeId, parseNodeId } from '../../protocols/node-id.ts'
import { createMailbox } from '../../src/base/async/mailbox.ts'
import type { Clock } from '../../src/base/clock.ts'
import { toHex } from '../../src/base/hex.ts'
import { createAlarms } from '../../src/base/timers.ts'
import type { Question } from '../../src/exchange/query/document.ts'
import { createQueryState, type QueryState } from '../../src/exchange/query/state/state.ts'
import type {
  EndedBy,
  Live,
  QueryAction,
  QueryEvent,
  QueryTimer,
} from '../../src/exchange/query/state/types.ts'
import type { Member } from '../../src/trust/peers/index.ts'
import type { Random } from '../support/run/random.ts'
import type { VirtualTime } from '../support/run/virtual-time.ts'

/** To gather, seal and sign an answer, ms. */
export const WRITE_MS = 0.5

export type Sent = 'QueryHop' | 'QueryDone' | 'Response'

/** A signed answer as the network carries it: the bytes stand for the signature, this for what is under it. */
interface Signed {
  readonly signer: Uint8Array
  readonly response: {
    readonly query_id: Uint8Array
    readonly author: Uint8Array
    readonly sealed: Uint8Array
  }
  readonly status: 'success' | 'busy' | 'error' | 'access_denied'
}

/** What all questions of one simulation share. */
export class Questions {
  readonly time: VirtualTime
  readonly random: Random
  /** By document in hex. */
  readonly asked = new Map<string, Question>()
  /** By the bytes that stand for the answer, the sealed part of it and the frame. */
  readonly answers = new Map<Uint8Array, Signed>()

  constructor(time: VirtualTime, random: Random) {
    this.time = time
    this.random = random
  }
}

/** How the router is linked, and what becomes of what it does. */
interface Edge {
  readonly clock: Clock
  readonly fullMeshUpTo: number
  send(to: NodeId, message: Sent, event: QueryEvent): void
  /** What an owner says to an author; it is asked once for each attempt at an answer. */
  answers(author: NodeId): 'success' | 'access_denied'
  /** Dials, doubts and wishes for links, which are the mesh's. */
  perform(action: QueryAction): void
  concluded(live: Live, by: EndedBy): void
}

export class Router {
  readonly id: NodeId
  readonly key: Uint8Array
  readonly links = new Set<NodeId>()
  readonly state: QueryState
  readonly put: (event: QueryEvent) => void
  readonly #all: Questions
  readonly #edge: Edge

  constructor(all: Questions, id: NodeId, edge: Edge) {
    this.#all = all
    this.#edge = edge
    this.id = id
    this.key = parseNodeId(id) as Uint8Array
    const { put, open } = createMailbox<QueryEvent>()
    this.put = put
    const alarms = createAlarms<QueryTimer>(all.time, (timer) => put({ on: 'timer', timer }))
    this.state = createQueryState({
      self: id,
      fullMeshUpTo: edge.fullMeshUpTo,
      clock: edge.clock,
      peers: () => [...this.links],
      linked: (node) => this.links.has(node),
      read: (document) => all.asked.get(toHex(document))!,
      authorOf: (document) => document.subarray(0, 32),
      memberOf: (author) => author,
      admits: () => true,
      open(_ask, responder, response) {
        const { query_id } = response
        const { status } = all.answers.get('sealed' in response ? response.sealed : response.plain)!
        const head = { responder, query_id, level: 1, as_of: all.time.clock.now() } as const
        // What the numbers are is not the router's business.
        return status === 'success' ? { ...head, status: 'no_data' } : { ...head, status }
      },
    })
    open((event) => {
      for (const action of this.state.handle(event)) {
        if ('do' in action && action.do === 'timer') alarms.set(action)
        else this.#perform(action)
      }
    })
  }

  #sign({ author, body: { query_id } }: Question, status: Signed['status']): Uint8Array {
    const bytes = this.#all.random.bytes(16)
    this.#all.answers.set(bytes, { signer: this.key, response: { query_id, author, sealed: bytes }, status })
    return bytes
  }

  #pass(to: NodeId, bytes: Uint8Array): void {
    const { signer, response } = this.#all.answers.get(bytes)!
    this.#edge.send(to, 'Response', { on: 'response', from: this.id, signer, response, bytes })
  }

  #perform(action: QueryAction): void {
    const from = this.id
    const edge = this.#edge
    if ('did' in action) {
      if (action.did === 'conclude') edge.concluded(action.live, action.by)
    } else if (action.do === 'hand') edge.send(action.to, 'QueryHop', { on: 'hop', from, hop: action.hop })
    else if (action.do === 'end') edge.send(action.to, 'QueryDone', { on: 'done', from, done: action.done })
    else if (action.do === 'pass') this.#pass(action.to, action.bytes)
    else if (action.do === 'answer') this.#pass(action.to, action.answer.plain)
    else if (action.do === 'work') {
      const status = edge.answers(action.question.authorId)
      this.#all.time.after(WRITE_MS, () => {
        const plain = this.#sign(action.question, status)
        const answer = { plain, sealed: () => plain, status, about: undefined }
        this.put({ on: 'worked', work: action.work, answer })
      })
    } else if (action.do === 'refuse') {
      const bytes = this.#sign(action.question, action.status)
      for (const to of action.to) this.#pass(to, bytes)
    } else edge.perform(action)
  }

  /** `known`: of how many nodes the asker knows, itself not counted. */
  ask(members: ReadonlyMap<NodeId, Member>, known: number, timeoutMs: number): void {
    const { asked, random, time } = this.#all
    const author = this.key
    const query_id = random.bytes(16)
    const document = Buffer.concat([author, query_id])
    const created_at = time.clock.now()
    const body = {
      query_id,
      query_type: 'ToolUsage',
      time_range: { start: 0, end: 1 },
      filters: [],
      audience_key: author,
      created_at,
      expires_at: created_at + 300_000,
    }
    asked.set(toHex(document), { author, authorId: formatNodeId(author), body, trace: undefined })
    const startedAt = time.clock.monotonic()
    this.put({
      on: 'ask',
      ask: toHex(query_id),
      question: { author, query_id, document, trace: undefined },
      known,
      summaries: true,
      members,
      startedAt,
      deadlineAt: startedAt + timeoutMs,
    })
    this.put({ on: 'own', ask: toHex(query_id) })
  }
}
