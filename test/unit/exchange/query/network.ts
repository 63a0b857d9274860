// Nodes for query tests: real query and sharing rooms, real identities and real frames, joined in memory.
import type { Message, WireBody } from '../../../../protocols/define.ts'
import { decodeFrame, encodeFrame, type Frame, messageTable, UNSIGNED } from '../../../../protocols/frame.ts'
import type {
  ActivityPatterns,
  AnomalyCounts,
  SafetyCounts,
  SafetyPosture,
  ToolUse,
} from '../../../../protocols/messages/numbers.ts'
import { QUERY_HOPS, QueryHop } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { query as queryStream } from '../../../../protocols/registry.ts'
import {
  type Clock,
  type Random,
  systemClock,
  systemRandom,
  type Timers,
} from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import type { TrustLevel } from '../../../../src/base/words/trust-levels.ts'
import { type OwnQuestion, writeQuestion } from '../../../../src/exchange/query/document.ts'
import { type AskRequest, createQuery, type Query } from '../../../../src/exchange/query/index.ts'
import type { Coverage } from '../../../../src/exchange/query/schema.ts'
import type { QueryDeps } from '../../../../src/exchange/query/types.ts'
import type { Summaries, SummaryCover } from '../../../../src/exchange/summaries/index.ts'
import type { Apart, LinkHandler, Mesh, PeerRef } from '../../../../src/mesh/index.ts'
import type { ConsentRecord } from '../../../../src/store/tables/consent.ts'
import type { ReplayMark } from '../../../../src/store/tables/replay.ts'
import type { AuditEntry, AuditRecord } from '../../../../src/trust/audit/index.ts'
import { createWhoAsked } from '../../../../src/trust/audit/reading.ts'
import { createSharing, type Sharing } from '../../../../src/trust/consent/index.ts'
import { fingerprintOf, type Identity, verifySignature } from '../../../../src/trust/identity/index.ts'
import type { Member, PeerOpinion, Trust } from '../../../../src/trust/peers/index.ts'
import { memberOf, opinionOf } from '../../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { plainPolicy, SHARING } from '../../../support/mesh/policy.ts'
import { pacedClock, pacedTimers } from '../../../support/run/paced-time.ts'
import { PATIENCE_MS } from '../../../support/run/until.ts'

let made = 0

/** Another one each time. */
export function newIdentity(): Identity {
  return testIdentity(++made)
}

/** What a wire does with one frame: the frames that arrive in its place. */
type Tap = (bytes: Uint8Array, from: NodeId, to: NodeId) => readonly Uint8Array[]

/** Links between endpoints; frames arrive in order, each in a later turn of the event loop. */
export class Wire {
  readonly #endpoints = new Map<NodeId, Endpoint>()
  /** Both ways. */
  readonly #links = new Map<NodeId, Set<NodeId>>()
  /** Nodes that a repair dial finds. */
  readonly reachable = new Set<NodeId>()
  /** Why nobody has a link to a node, as every mesh says. */
  readonly apart = new Map<NodeId, Apart>()
  /** Nodes whose machine answers a dial, however long the rest takes. */
  readonly answering = new Set<NodeId>()
  /** For how long meshes were asked for links to all, ms. */
  readonly wanted: number[] = []
  /** Set to hold dials back. */
  dialling: ((node: NodeId, signal: AbortSignal) => Promise<void>) | undefined
  tap: Tap = (bytes) => [bytes]
  /** Calls `arrive` later; frames of one link must keep their order. */
  carry: (arrive: () => void, from: NodeId, to: NodeId) => void = (arrive) => void setImmediate(arrive)

  add(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.id, endpoint)
  }

  /** A bare end with a key of its own, linked with these. */
  end(...linked: readonly { readonly id: NodeId }[]): Endpoint {
    const end = new Endpoint(newIdentity(), this)
    for (const { id } of linked) this.connect(id, end.id)
    return end
  }

  /** Sees each frame on its way from now on. */
  watch(see: (frame: Frame, from: NodeId, to: NodeId) => void): void {
    this.tap = (bytes, from, to) => {
      see(read(bytes), from, to)
      return [bytes]
    }
  }

  linked(a: NodeId, b: NodeId): boolean {
    return this.#links.get(a)?.has(b) ?? false
  }

  connect(a: NodeId, b: NodeId): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#links.set(one, (this.#links.get(one) ?? new Set()).add(other))
    }
  }

  cut(a: NodeId, b: NodeId): void {
    if (!this.#links.get(a)?.delete(b)) return
    this.#links.get(b)?.delete(a)
    const [one, other] = [this.#endpoints.get(a)!, this.#endpoints.get(b)!]
    one.handler.down?.(other.ref)
    other.handler.down?.(one.ref)
  }

  /** A node that is gone: every link of it ends. */
  kill(node: NodeId): void {
    for (const { nodeId } of this.peersOf(node)) this.cut(node, nodeId)
  }

  peersOf(node: NodeId): PeerRef[] {
    return [...(this.#links.get(node) ?? [])].map((other) => this.#endpoints.get(other)!.ref)
  }

  send(from: NodeId, to: NodeId, bytes: Uint8Array): boolean {
    if (!this.linked(from, to)) return false
    for (const arriving of this.tap(bytes, from, to)) {
      this.carry(
        () => {
          if (this.linked(from, to)) this.#endpoints.get(to)!.arrive(this.#endpoints.get(from)!.ref, arriving)
        },
        from,
        to,
      )
    }
    return true
  }
}

const TABLE = messageTable(Object.values(queryStream.messages))

/** A frame on its way, as whoever sees it without looking at its signature. */
export const read = (bytes: Uint8Array): Frame => decodeFrame(bytes, { messages: TABLE, verify: () => true })

/** A question of anybody, about the first moment. */
export const questionBy = (
  identity: Identity,
  query_type = 'ToolUsage',
  random: Random = systemRandom,
): OwnQuestion =>
  writeQuestion(
    { identity, clock: systemClock, random },
    { query_type, level: 1, time_range: { start: 0, end: 1 } },
    systemRandom.bytes(16),
  )

type Around = Pick<Mesh, 'link' | 'linkAll' | 'reach' | 'doubt' | 'isAnswering' | 'isConnected' | 'apart'>

/** One end of the links, as the mesh room promises it: the signatures of documents, and the senders of hop frames are checked. */
export class Endpoint {
  /** Frames that came, where a test does not say what becomes of them. */
  readonly heard: Frame[] = []
  handler: LinkHandler = { frame: (_peer, frame) => void this.heard.push(frame) }
  readonly ref: PeerRef
  readonly identity: Identity
  readonly #wire: Wire
  readonly #clock: Clock
  readonly #random: Random
  #seq = 0

  constructor(
    identity: Identity,
    wire: Wire,
    { clock = systemClock, random = systemRandom }: { readonly clock?: Clock; readonly random?: Random } = {},
  ) {
    this.identity = identity
    this.#clock = clock
    this.#random = random
    this.#wire = wire
    this.ref = { nodeId: identity.nodeId, publicKey: identity.publicKey }
    wire.add(this)
  }

  get id(): NodeId {
    return this.identity.nodeId
  }

  /** Anything a link does not accept ends it. */
  arrive(peer: PeerRef, bytes: Uint8Array): void {
    try {
      const proven = peer.publicKey
      this.handler.frame(peer, decodeFrame(bytes, { messages: TABLE, verify: verifySignature, proven }))
    } catch {
      this.#wire.cut(peer.nodeId, this.id)
    }
  }

  hopFrame<B extends WireBody>(message: Message<B>, body: NoInfer<B>, trace?: Uint8Array): Uint8Array {
    const envelope = {
      sender: this.identity.publicKey,
      ts: this.#clock.now(),
      nonce: this.#random.bytes(16),
      seq: ++this.#seq,
      ...(trace === undefined ? {} : { trace }),
    }
    return encodeFrame(message, envelope, body, () => UNSIGNED)
  }

  /** A question handed to a neighbour as any node could; unless `hops` says otherwise, to be handed on to nobody. */
  sendQuestion(
    to: NodeId,
    queryId: Uint8Array,
    document: Uint8Array,
    remaining_ms = 5_000,
    hops = QUERY_HOPS,
  ): boolean {
    return this.send(to, QueryHop, { query_id: queryId, remaining_ms, hops, document })
  }

  send<B extends WireBody>(to: NodeId, message: Message<B>, body: NoInfer<B>, trace?: Uint8Array): boolean {
    return this.#wire.send(this.id, to, this.hopFrame(message, body, trace))
  }

  mesh(): Around {
    const own = this.id
    return {
      link: () => ({
        peers: () => this.#wire.peersOf(own),
        has: (to) => this.#wire.linked(own, to),
        sendHop: (to, message, body, trace) => this.send(to, message, body, trace),
        sendDocument: (to, bytes) => this.#wire.send(own, to, bytes),
        serve: (handler) => {
          this.handler = handler
        },
      }),
      linkAll: (ms) => void this.#wire.wanted.push(ms),
      reach: async (node, signal) => {
        await this.#wire.dialling?.(node, signal)
        if (signal.aborted || !this.#wire.reachable.has(node)) return false
        this.#wire.connect(own, node)
        return true
      },
      doubt: () => false,
      isAnswering: (node) => this.#wire.answering.has(node),
      isConnected: (node) => this.#wire.peersOf(own).some(({ nodeId }) => nodeId === node),
      apart: (node) => this.#wire.apart.get(node),
    }
  }
}

const NOTHING_RISKY: SafetyCounts = {
  by_risk_level: { safe: 0, moderate: 0, high: 0, critical: 0 },
  blocked: 0,
  confirmed_risky: 0,
  karo_generated: 0,
}

const NO_TOTALS: QueryDeps['totals'] = {
  audiences: () => [],
  problem: () => null,
  read: async (audience) => ({ audience, buckets: [] }),
  show: async () => ({ statements: [], more: false }),
  check: () => [],
  holders: () => [],
}

/** Operators as a node in no mesh of a root knows them. */
const NO_MESH: QueryDeps['operators'] = {
  mesh: () => undefined,
  verdict: () => ({ ok: false, fault: 'no_mesh' }),
}

type QueryTrust = Pick<
  Trust,
  'members' | 'opinion' | 'onChange' | 'known' | 'resolve' | 'met' | 'memberOf' | 'keyState' | 'admits'
>

export interface NodeOptions {
  readonly name?: string
  readonly uid?: number
  /** Tools by uid; a uid with an empty list typed nothing that counts. */
  readonly people?: ReadonlyMap<number, readonly ToolUse[]>
  /** `[sharing.allow] peers`. */
  readonly allow?: readonly string[]
  readonly maxLevel?: 0 | 1 | 2
  /** Sees every answer before it is sealed. */
  readonly onEncoded?: (bytes: Uint8Array) => void
  /** Kept over a restart. */
  readonly marks?: ReplayMark[]
  readonly identity?: Identity
  /** What it knows of operators; absent: nothing, as a node in no mesh of a root. */
  readonly operators?: QueryDeps['operators'] | undefined
  /** What was released to it; absent: its mesh has no aggregators. */
  readonly totals?: QueryDeps['totals']
  /** Of its certificate. */
  readonly roles?: readonly string[]
  /** A real one in the place of the wire. */
  readonly mesh?: Around
  /** `[overlay] full_mesh_up_to`. */
  readonly fullMeshUpTo?: number
  readonly clock?: Clock
  readonly timers?: Timers
  readonly random?: Random
  /** Everybody, this node included: all others are its members, and trusted as `peer`. */
  readonly among?: Set<TestNode | Endpoint>
  /** A whole one in the place of what tests set here. */
  readonly trust?: QueryTrust
}

/** A node with everything around its query room faked as values that tests read and change. */
export class TestNode {
  readonly identity: Identity
  readonly endpoint: Endpoint
  readonly name: string
  readonly uid: number
  readonly query: Query
  readonly sharing: Sharing
  readonly audits: AuditRecord[] = []
  readonly marks: ReplayMark[]
  readonly members: Set<TestNode | Endpoint>
  /** Those whose key has several successors. */
  readonly frozen = new Set<NodeId>()
  /** What is special about some of them. */
  readonly absent = new Map<NodeId, Partial<Member>>()
  readonly #levels = new Map<NodeId, Partial<PeerOpinion>>()
  readonly #othersAre: TrustLevel
  readonly #clock: Clock
  readonly #trustListeners = new Set<(node: NodeId) => void>()
  readonly #consents = new Map<number, ConsentRecord>()
  /** How often its policy was asked. */
  decisions = 0
  /** Calls of insight about people's data. */
  readonly gathered: { uids: readonly number[]; start: number; end: number }[] = []
  /** Awaited inside every gathering; tests hold it back. */
  gate: () => Promise<void> = async () => {}
  /** Thrown by the consent repository when set. */
  storeFailure: Error | undefined
  health = { version: '0.1.0', events_24h: 3 }
  /** What this node holds of others' summaries. */
  readonly covers = new Map<NodeId, SummaryCover>()
  /** Whoever published anew without this node. */
  readonly withdrew = new Set<NodeId>()
  /** Looked up in `covers`, or what a test puts in its place. */
  cover: Summaries['cover'] = async (author) => this.covers.get(author)
  /** Tools of everybody in the period before the one that is asked about. */
  earlier: readonly ToolUse[] = []
  safety: SafetyPosture = { ...NOTHING_RISKY, guard: 'on', hook: 'on' }
  /** Since when anything was recorded here, ms since the epoch; undefined: nothing ever was. */
  since: number | undefined = 0
  anomalies: AnomalyCounts = { signals: [], learning: false }
  /** Commands that ran as another user, by category. */
  privileged: ReadonlyMap<string, number> = new Map()
  /** In the period before the one that is asked about. */
  anomaliesBefore: AnomalyCounts['signals'] = []
  /** Since when anomalies are known here, ms since the epoch; undefined: nobody looked. */
  anomaliesSince: number | undefined = 0
  /** In the period before the one that is asked about. */
  safetyBefore: SafetyCounts = NOTHING_RISKY
  activity: ActivityPatterns = {
    hourly: new Array(24).fill(0),
    daily: new Array(7).fill(0),
    total_commands: 0,
    unique_commands: 0,
  }

  constructor(wire: Wire, options: NodeOptions = {}) {
    this.identity = options.identity ?? newIdentity()
    this.name = options.name ?? `node-${this.identity.fingerprint.slice(0, 4)}`
    this.uid = options.uid ?? 1000
    this.marks = options.marks ?? []
    this.members = options.among ?? new Set()
    this.#othersAre = options.among === undefined ? 'untrusted' : 'peer'
    this.#clock = options.clock ?? pacedClock
    this.endpoint = new Endpoint(this.identity, wire, options)
    const people = options.people ?? new Map()
    const config = {
      node: { name: this.name },
      overlay: {
        full_mesh_up_to: options.fullMeshUpTo ?? 32,
        asker_links_up_to: 256,
        leaves_up_to: 256,
        tell_links: true,
      },
      sharing: {
        ...SHARING,
        max_level: options.maxLevel ?? 2,
        allow: { peers: options.allow ?? ['*'], supervisors: ['*'] },
      },
    }
    const audit = {
      record: async (entry: AuditRecord) => {
        this.audits.push(entry)
      },
      insist: async (entry: AuditRecord) => {
        if (this.storeFailure !== undefined) throw this.storeFailure
        this.audits.push(entry)
      },
    }
    const trust = options.trust ?? this.#trust()
    const plain = plainPolicy()
    const policy: QueryDeps['policy'] & typeof plain = {
      ...plain,
      decide: (...asked) => {
        this.decisions++
        return plain.decide(...asked)
      },
    }
    this.sharing = createSharing({
      policy,
      config,
      trust,
      audit,
      clock: this.#clock,
      consent: {
        get: async (uid) => {
          if (this.storeFailure !== undefined) throw this.storeFailure
          return this.#consents.get(uid)
        },
        put: async (record) => {
          this.#consents.set(record.uid, record)
        },
      },
    })
    this.query = createQuery({
      config,
      identity: this.identity,
      trust,
      mesh: options.mesh ?? this.endpoint.mesh(),
      sharing: this.sharing,
      policy,
      audit,
      replay: {
        put: async (marks) => {
          this.marks.push(...marks)
        },
        load: async (now) => this.marks.filter((mark) => mark.expires_at > now),
      },
      totals: options.totals ?? NO_TOTALS,
      self: () => ({
        node_id: this.identity.nodeId,
        trust_level: 'supervisor',
        denied: false,
        roles: options.roles ?? [],
        teams: [],
      }),
      summaries: {
        cover: (author, range, about) => this.cover(author, range, about),
        withdrawn: async (author) => this.withdrew.has(author),
      },
      insight: {
        recordedSince: async () => this.since,
        anomaliesKnownSince: async () => this.anomaliesSince,
        during: (range) => {
          /** Written down, but for the period that another one is compared with: it ends where that one begins. */
          const gather =
            <T>(now: (uids: readonly number[]) => T, before?: () => NoInfer<T>) =>
            async (uids: readonly number[]): Promise<T> => {
              if (before !== undefined && this.gathered.some(({ start }) => start === range.end))
                return before()
              this.gathered.push({ uids, ...range })
              await this.gate()
              return now(uids)
            }
          const used = (uids: readonly number[]) => uids.flatMap((uid) => people.get(uid) ?? [])
          const signalled = () => ({ ...this.anomalies, signals: this.anomaliesBefore })
          return {
            toolUsage: gather<readonly ToolUse[]>(used, () => this.earlier),
            safetyCounts: async () => this.safetyBefore,
            riskRules: async () => new Map(),
            privilegedUse: gather(
              () => this.privileged,
              () => new Map(),
            ),
            safetyPosture: gather(() => this.safety),
            activityPatterns: gather(() => this.activity),
            commandPatterns: async () => [],
            anomalies: gather(() => this.anomalies, signalled),
          }
        },
        nodeHealth: async () => {
          await this.gate()
          return {
            node_id: this.identity.nodeId,
            fingerprint: this.identity.fingerprint,
            name: this.name,
            uptime_seconds: 60,
            online: true,
            last_seen: new Date(this.#clock.now()).toISOString(),
            ...this.health,
          }
        },
      },
      clock: this.#clock,
      timers: options.timers ?? pacedTimers,
      random: options.random ?? systemRandom,
      log: silentLog,
      deciders: async () => (people.size === 0 ? [this.uid] : [...people.keys()]),
      onEncoded: options.onEncoded,
      operators: options.operators ?? NO_MESH,
    })
  }

  get id(): NodeId {
    return this.identity.nodeId
  }

  /** This node's opinion of the other. */
  trusts(other: { readonly identity: Identity }, level: TrustLevel, more: Partial<PeerOpinion> = {}): void {
    this.#levels.set(other.identity.nodeId, { trust_level: level, ...more })
    for (const listener of this.#trustListeners) listener(other.identity.nodeId)
  }

  /** Holds back all that is gathered from now on, until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.gate = () => promise
    return resolve
  }

  /** What its ledger says in entries of that type, each with the peer that it is about. */
  told(type: AuditRecord['type']): readonly Readonly<Record<string, unknown>>[] {
    return this.audits
      .filter((entry) => entry.type === type)
      .map(({ peer, details }) => (peer === undefined ? details : { peer, ...details }))
  }

  /** What `karo audit who-asked` says here. */
  whoAsked() {
    const asked = createWhoAsked((peer) => peer)
    for (const [seq, entry] of this.audits.toReversed().entries())
      asked.add({ ...entry, seq, ts: 0, hash: '' } as AuditEntry)
    return asked.result()
  }

  ask(
    request: Partial<AskRequest> = {},
    signal: AbortSignal = new AbortController().signal,
    onProgress?: (coverage: Coverage) => void,
  ) {
    const end = this.#clock.now()
    return this.query.ask(
      {
        query_type: 'ToolUsage',
        range: { start: end - 3_600_000, end },
        perNode: false,
        timeoutMs: 5_000,
        uid: this.uid,
        ...request,
      },
      signal,
      onProgress,
    )
  }

  outcomes(result: {
    coverage: { nodes: readonly { name: string; outcome: string }[] }
  }): Record<string, string> {
    return Object.fromEntries(result.coverage.nodes.map(({ name, outcome }) => [name, outcome]))
  }

  #trust(): QueryTrust {
    const nameOf = (member: TestNode | Endpoint) => ('name' in member ? member.name : 'raw')
    const ownNameOf = (node: NodeId): string | undefined =>
      [...this.members].filter(({ id }) => id === node).map(nameOf)[0]
    const opinion = (node: NodeId): PeerOpinion =>
      opinionOf(node, {
        fingerprint: fingerprintOf(new Uint8Array(Buffer.from(node.slice(13), 'base64url'))),
        name: ownNameOf(node) ?? node.slice(-6),
        trust_level: this.#othersAre,
        ...this.#levels.get(node),
      })
    return {
      opinion,
      known: () => [...this.#levels.keys()],
      memberOf: (node) => node,
      admits: (node) => [...this.members].some(({ id }) => id === node),
      keyState: (node) =>
        this.frozen.has(node) ? { kind: 'frozen', fork: { at: node, between: [] } } : { kind: 'current' },
      met: () => undefined,
      resolve: (who) => {
        const found = [...this.#levels.keys()].find((node) => opinion(node).name === who)
        if (found === undefined) throw new Error(`nobody is called ${who}`)
        return found
      },
      members: () =>
        [...this.members]
          .filter((member) => member !== this)
          .map((member) =>
            memberOf(member.id, this.#clock.now(), {
              fingerprint: member.identity.fingerprint,
              name: nameOf(member),
              ...this.absent.get(member.id),
            }),
          ),
      onChange: (listener) => {
        this.#trustListeners.add(listener)
        return () => this.#trustListeners.delete(listener)
      },
    }
  }
}

/** From now on each knows, trusts and is linked with all others. */
export function know(wire: Wire, ...nodes: readonly TestNode[]): void {
  acquaint(nodes, 'peer')
  for (const a of nodes) for (const b of nodes) if (a !== b) wire.connect(a.id, b.id)
}

/** From now on each knows all others, and trusts them as `level`. */
function acquaint(nodes: readonly TestNode[], level: TrustLevel): void {
  for (const a of nodes) {
    for (const b of nodes) {
      if (a === b) continue
      a.members.add(b)
      a.trusts(b, level)
    }
  }
}

export interface Meshed {
  readonly wire: Wire
  readonly nodes: TestNode[]
}

/** All know and trust each other as `level` and are linked. */
export function meshOf(options: readonly NodeOptions[], level: TrustLevel = 'peer'): Meshed {
  const all = options.flatMap((_, i) => options.slice(0, i).map((_, j): [number, number] => [i, j]))
  return graphOf(options, all, level)
}

/** All know and trust each other as `level`; only those named (by index) are linked. */
export function graphOf(
  options: readonly NodeOptions[],
  links: readonly (readonly [number, number])[],
  level: TrustLevel = 'peer',
): Meshed {
  const wire = new Wire()
  const nodes = options.map((one) => new TestNode(wire, one))
  acquaint(nodes, level)
  for (const [a, b] of links) wire.connect(nodes[a]!.id, nodes[b]!.id)
  return { wire, nodes }
}

export const uses = (tool: string, count: number, failures = 0): ToolUse => ({
  tool,
  category: 'vcs',
  uses: count,
  failures,
  unknown: 0,
})

/** One person with these tools. */
export const person = (...tools: ToolUse[]): ReadonlyMap<number, readonly ToolUse[]> =>
  new Map([[1000, tools]])

/** a, b and c are all that a question can be about, each with uses of git. */
export function three(...options: readonly NodeOptions[]) {
  const { nodes, wire } = meshOf([
    { name: 'a', people: person(uses('git', 2)), ...options[0] },
    { name: 'b', people: person(uses('git', 3, 1), uses('npm', 9)), ...options[1] },
    { name: 'c', people: person(uses('git', 5)), ...options[2] },
  ])
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode]
  /** Nobody has a link to it any more. */
  const lose = (lost: TestNode): void => {
    for (const node of nodes) wire.cut(node.id, lost.id)
  }
  return { a, b, c, nodes, wire, lose }
}

/** An asker, a bare endpoint in the middle, and an owner, who all know each other. */
export function across() {
  const wire = new Wire()
  const asker = new TestNode(wire, { name: 'asker' })
  const owner = new TestNode(wire, { name: 'owner', people: person(uses('git', 3)) })
  const middle = wire.end(asker, owner)
  owner.trusts(asker, 'peer')
  for (const member of [owner, middle]) asker.members.add(member)
  return { wire, asker, owner, middle }
}

/** Lets frames that are under way arrive: one turn of the event loop each. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Resolves when `condition` holds; needs no timers, so a test may fake them. */
export async function soon(condition: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${condition}`)
    await turns(1)
  }
}
