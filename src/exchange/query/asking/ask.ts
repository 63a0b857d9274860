// The requester's edge: checks what is asked, writes and signs the question, gathers this node's own part, dials, and when all is
// over makes the result, with summaries in the place of the absent, a line in the log and one in the ledger.
import { FrameError, TRACE_BYTES } from '../../../../protocols/frame.ts'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { KaroError } from '../../../base/errors.ts'
import { toHex } from '../../../base/hex.ts'
import { eraseSealingKey } from '../../../trust/identity/index.ts'
import { isMissing, type Member } from '../../../trust/peers/index.ts'
import { type OwnQuestion, openAnswer, readAnswer, writeQuestion } from '../document.ts'
import { checkFilters, filtersForOwners } from '../filters.ts'
import { queryType } from '../query-types/index.ts'
import { askedRange, dated, reachOf, rfc3339 } from '../range.ts'
import type { Coverage, QueryResult } from '../schema.ts'
import { soFar, unreachedIn } from '../state/asker.ts'
import type { AskId, Command, Direct, Fact, Live, QueryEvent, Sealed } from '../state/types.ts'
import type { AskRequest, QueryDeps } from '../types.ts'
import { type Absent, createAbsent } from './absent.ts'
import { type Collection, coverageOf, type OwnData, resultOf } from './collect.ts'
import { createFetch, type Pose } from './fetch.ts'
import { type Askable, membersOf, NEVER } from './team.ts'
import { asksTotals, askTotals } from './totals.ts'

/** Queries of this node under way at once; more are refused. */
export const ASKING_MAX = 64
const TIMEOUT_MS = { least: 100, most: 60_000 } as const

/** Machines that are away must not hold totals up. */
const NAMED_MS = 5_000
const NOBODY_NAMED =
  'By name: nobody lets this role see the anomalies of their own machine (karo share anomalies identified).'
const NOTHING_NAMED = 'By name: nothing began where people let theirs be named.'

export interface AskerDeps extends QueryDeps {
  readonly put: (event: QueryEvent) => void
}

/** What the edge keeps of one question; the state machine has the rest. */
interface Own {
  /** With the only key that opens the answers. */
  readonly question: OwnQuestion
  readonly trace: Uint8Array
  /** Absent: summaries do not stand in for anybody. */
  readonly absent?: Absent
  /** Throws FrameError for an answer that opens and cannot be. */
  readonly check?: Parameters<Pose>[1]['check']
  /** Aborts the dials that are under way when the question is over. */
  readonly dials: AbortController
  readonly onProgress?: ((live: Live) => void) | undefined
  readonly over: (end: Fact<'conclude'>) => void
  data?: OwnData
}

/** A question of this node that is not on its way yet. */
type Posed = Omit<Own, 'over' | 'dials'>

type Terms = Pick<Live, 'members' | 'known' | 'startedAt' | 'deadlineAt' | 'summaries'> & {
  readonly signal: AbortSignal
  readonly acting: AskRequest['acting']
  /** It is on its way; this node's own part may come from now on. */
  readonly begun: (id: AskId) => void
}

export function createAskerEdge(deps: AskerDeps) {
  const { identity, trust, insight, clock, timers, random, log, mesh, put } = deps
  const asks = new Map<AskId, Own>()
  let stopped = false

  async function ask(
    request: AskRequest,
    signal: AbortSignal,
    /** Called with the coverage so far whenever it changed, at most ten times a second; never after the result. */
    onProgress?: (coverage: Coverage) => void,
  ): Promise<QueryResult> {
    const startedAt = clock.monotonic()
    const range = askedRange(request.range)
    checkRequest(request)
    if (stopped) throw new KaroError('unavailable', 'the node is stopping')
    if (asks.size >= ASKING_MAX) {
      throw new KaroError('rate_limited', `${ASKING_MAX} queries are under way already`, {
        hint: 'Wait for one of them to end.',
      })
    }
    const trace =
      request.traceId === undefined ? random.bytes(TRACE_BYTES) : Buffer.from(request.traceId, 'hex')
    const { query_type, level, filters = [], acting } = request
    checkFilters(query_type, filters)
    if (asksTotals(request, deps)) {
      const about = { trace, signal, deadlineAt: startedAt + request.timeoutMs }
      const totals = await askTotals({ ...deps, fetch }, request, range, about)
      return noted(deps, request, { ...totals, ...(await namedBeside(request, totals, signal)) })
    }
    const forOwners = filtersForOwners(query_type, filters)
    const about = { query_type, level, time_range: range, filters: forOwners, acting }
    const question = written(() => writeQuestion(deps, about, trace))
    const askable = membersOf(trust, request.team)
    const deadlineAt = startedAt + request.timeoutMs
    const absent = createAbsent(deps, { type: query_type, range, deadlineAt })
    const own: Posed = {
      question,
      trace,
      absent,
      onProgress: onProgress && ((live) => onProgress(coverageSoFar(live, askable))),
    }
    const end = await pose(own, {
      members: askable.members,
      startedAt,
      deadlineAt,
      signal,
      acting,
      known: trust.members().length - askable.hearsay,
      // Summaries were published for this node and no operator.
      summaries: acting === undefined,
      begun: (id) => void gatherOwn(id, own, request),
    })
    return conclude(deps, request, own, absent, askable, end)
  }

  /** Puts a question to these members; resolves when it is over, at the latest at its deadline. */
  async function pose(posed: Posed, { signal, acting, begun, ...terms }: Terms): Promise<Fact<'conclude'>> {
    const { question, trace } = posed
    const { query_id } = question.body
    const id = toHex(query_id)
    const { promise, resolve: over } = Promise.withResolvers<Fact<'conclude'>>()
    asks.set(id, Object.assign(posed, { over, dials: new AbortController() }))
    const cancel = (): void => put({ on: 'cancel', ask: id })
    const ends = [signal, ...(acting === undefined ? [] : [acting.ended])]
    for (const end of ends) end.addEventListener('abort', cancel, { once: true })
    try {
      const asked = { author: identity.publicKey, query_id, document: question.bytes, trace }
      put({ on: 'ask', ask: id, ...terms, question: asked })
      if (ends.some(({ aborted }) => aborted)) cancel()
      begun(id)
      return await promise
    } finally {
      for (const end of ends) end.removeEventListener('abort', cancel)
      asks.delete(id)
      // The key of a login serves its other questions, and ends with it.
      if (acting === undefined) eraseSealingKey(question.key)
    }
  }

  const fetch = createFetch(deps, async ({ members, deadlineAt, ...about }, { check, signal, trace }) => {
    const { acting } = about
    const question = written(() => writeQuestion(deps, { ...about, level: 2 }, trace))
    const posed: Posed = { question, trace, check, data: { none: true } }
    return pose(posed, {
      members,
      deadlineAt,
      signal,
      acting,
      startedAt: clock.monotonic(),
      known: trust.members().length,
      summaries: false,
      begun: (id) => put({ on: 'own', ask: id }),
    })
  })

  /**
   * The asking person's own numbers, which need nobody's consent. A team has those of its other members only.
   */
  async function gatherOwn(id: AskId, own: Posed, { query_type, uid, team }: AskRequest): Promise<void> {
    try {
      own.data = team !== undefined ? { none: true } : await dataOf(own, query_type, uid)
    } catch (error) {
      log.error({ error: String(error), trace_id: toHex(own.trace) }, "this node's own numbers failed")
      own.data = { failed: true }
    }
    put({ on: 'own', ask: id })
  }

  /** Of those who let this asker have theirs by name; none for a question that says which level it is about. */
  async function namedBeside(
    request: AskRequest,
    { notes }: QueryResult,
    signal: AbortSignal,
  ): Promise<Partial<QueryResult>> {
    if (request.level !== undefined || queryType(request.query_type).namedBesideTotals !== true) return {}
    const timeoutMs = Math.min(request.timeoutMs, NAMED_MS)
    try {
      const { nodes = [] } = await ask({ ...request, level: 1, perNode: true, timeoutMs }, signal)
      // What is unusual here is its person's own affair.
      const others = nodes.filter(({ fingerprint }) => fingerprint !== identity.fingerprint)
      if (others.length === 0) return { notes: [...notes, NOBODY_NAMED] }
      const some = others.some(({ anomalies }) => anomalies?.signals.length)
      return { nodes: others, ...(some ? {} : { notes: [...notes, NOTHING_NAMED] }) }
    } catch (error) {
      if (!(error instanceof KaroError)) throw error
      return {}
    }
  }

  async function dataOf({ question }: Posed, type: AskRequest['query_type'], uid: number): Promise<OwnData> {
    const { time_range } = question.body
    const row = queryType(type)
    const { covers, before } = await reachOf(insight, row, [uid], time_range, clock.now())
    const data = await row.gather(insight, [uid], time_range, before)
    return { covers, data: data ?? undefined }
  }

  /**
   * A machine that has answered the dial by then is there: it has as much time as the question, while it answers. One that
   * hangs keeps no other member waiting meanwhile.
   */
  async function reach({ ask: id, node, ms }: Command<'dial'>): Promise<void> {
    const silent = new AbortController()
    let forget = (): void => {}
    const lookLater = (): void => {
      forget = timers.after(ms, () => {
        if (!mesh.isAnswering(node)) {
          silent.abort()
          return
        }
        put({ on: 'slow', ask: id, node })
        lookLater()
      })
    }
    lookLater()
    const over = asks.get(id)?.dials.signal
    const reached = await mesh.reach(
      node,
      AbortSignal.any([silent.signal, ...(over === undefined ? [] : [over])]),
    )
    forget()
    put({ on: 'dialed', ask: id, node, reached })
  }

  return {
    ask,
    open(id: AskId, responder: Uint8Array, response: Sealed | Direct) {
      const own = asks.get(id)
      if (own === undefined) throw new Error('an answer to no question')
      const answer =
        'sealed' in response
          ? openAnswer(own.question, response.author, responder, response.sealed)
          : readAnswer(own.question, responder, response.plain)
      own.check?.(answer, formatNodeId(responder))
      return answer
    },
    dial: (command: Command<'dial'>) => void reach(command),
    look: ({ live, nodes }: Command<'look'>) => void asks.get(live.ask)?.absent?.lookUp(nodes),
    tell: ({ live }: Command<'tell'>) => asks.get(live.ask)?.onProgress?.(live),
    refused({ live, node, code }: Fact<'refuse_answer'>) {
      const trace = live.question.trace
      log.warn({ peer: node, code, trace_id: trace === undefined ? null : toHex(trace) }, 'answer refused')
    },
    concluded(end: Fact<'conclude'>) {
      const own = asks.get(end.live.ask)
      own?.dials.abort()
      own?.over(end)
    },
    /** No query begins afterwards. */
    stop() {
      stopped = true
    },
    /** Queries under way now. */
    asking: () => asks.size,
  }
}

/** KaroErrors bad_request, and refused for what a login does not cover; the range and the filters are checked by themselves. */
function checkRequest({ timeoutMs, query_type, level, traceId, acting }: AskRequest): void {
  if (!(timeoutMs >= TIMEOUT_MS.least && timeoutMs <= TIMEOUT_MS.most)) {
    throw new KaroError('bad_request', `a timeout is ${TIMEOUT_MS.least} ms to ${TIMEOUT_MS.most / 1000} s`, {
      where: 'timeout',
    })
  }
  const { word, levelOneOnly } = queryType(query_type)
  if (levelOneOnly && level === 2) {
    throw new KaroError(
      'bad_request',
      `${word} exists at level 1 only, because each node answers for itself`,
      {
        where: 'level',
        hint: 'Leave --level out.',
      },
    )
  }
  if (acting !== undefined && !acting.types.includes(query_type)) {
    throw new KaroError('refused', `the login of ${acting.name} does not cover questions about ${word}`, {
      hint: 'Log in again with --type, or ask as this node: --as-node.',
    })
  }
  if (traceId !== undefined && !/^[0-9a-f]{32}$/.test(traceId)) {
    throw new KaroError('bad_request', 'a trace id is 32 lower-case hex digits', { where: 'x-trace-id' })
  }
}

/** An operator's certificates and many long filters may be more than one question has room for. */
function written(write: () => OwnQuestion): OwnQuestion {
  try {
    return write()
  } catch (error) {
    if (!(error instanceof FrameError) || error.code !== 'too_large') throw error
    throw new KaroError('bad_request', 'the question is longer than one message may be', {
      hint: 'Use fewer or shorter filters.',
    })
  }
}

const coverageSoFar = (live: Live, { ended }: Askable): Coverage =>
  coverageOf([
    ...[...live.members.values()].map((member) => ({ member, collected: soFar(live, member.node_id) })),
    ...ended,
  ])

/** Waits for summaries of the absent, until the deadline at most; the ledger has the question when it resolves. */
async function conclude(
  deps: QueryDeps,
  request: AskRequest,
  { question, trace, data }: Posed,
  absent: Absent,
  { hearsay, ended }: Askable,
  { live, by }: Fact<'conclude'>,
): Promise<QueryResult> {
  const { config, identity, trust, clock } = deps
  const members = [...live.members.values()]
  // A person who cancelled does not wait for summaries, and an operator gets none.
  const found = await absent.covered(by === 'cancelled' || !live.summaries ? [] : unreachedIn(live))
  return noted(
    deps,
    request,
    resultOf({
      trace_id: toHex(trace),
      question: { ...question.body, query_type: request.query_type },
      perNode: request.perNode,
      filters: request.filters ?? [],
      team: request.team,
      acting: request.acting,
      self: { fingerprint: identity.fingerprint, name: config.node.name, as_of: clock.now() },
      // Undefined where the node's own part did not come in time.
      own: data ?? { failed: true },
      members: members
        .map((member): Collection['members'][number] => {
          const summary = found.get(member.node_id)
          const collected = soFar(live, member.node_id)
          if (summary) return { member, collected: { outcome: 'from_summary' }, summary }
          if (collected.outcome !== 'unreachable') return { member, collected }
          // The member cannot refuse by itself any more, and refused by what it published last.
          if (absent.denied(member.node_id)) return { member, collected: { outcome: 'denied' } }
          return { member, collected, unreached: whyUnreached(deps, member) }
        })
        .concat(ended),
      hearsay,
      strays: request.team === undefined ? straysOf(deps, live) : [],
      // Certificates that are good and give no level.
      stale: members.some(({ node_id }) => {
        const { why, trust_level, denied, revoked } = trust.opinion(node_id)
        return why === 'certificate' && trust_level === 'untrusted' && !denied && !revoked
      }),
      frozen: members.some(({ node_id }) => trust.keyState(node_id).kind === 'frozen'),
      k_min: config.sharing.k_min,
      ended_by: by,
      elapsed_ms: clock.monotonic() - live.startedAt,
    }),
  )
}

/** Why a member did not answer, as far as this node knows: what a person needs to bring it back. */
function whyUnreached(
  { mesh, clock }: QueryDeps,
  member: Member,
): NonNullable<Collection['members'][number]['unreached']> {
  const { node_id, offline, unsure, last_seen } = member
  const apart = mesh.apart(node_id)
  if (apart !== undefined) return apart
  if (mesh.isConnected(node_id)) return { why: 'silent' }
  if (last_seen === NEVER) return { why: 'never' }
  const seen = { last_seen: rfc3339(last_seen) }
  if (offline) return { why: 'left', ...seen }
  if (unsure) return { why: 'lost', ...seen }
  return isMissing(member, clock.now()) ? { why: 'away', ...seen } : {}
}

/** Nodes that are trusted here and were never met, so they are no members, and why, where this node knows it. */
const straysOf = ({ trust, mesh }: QueryDeps, { members }: Live): NonNullable<Collection['strays']> =>
  trust.known().flatMap((node) => {
    const apart = members.has(node) ? undefined : mesh.apart(node)
    return apart === undefined
      ? []
      : { name: trust.opinion(node).name || trust.opinion(node).fingerprint, apart }
  })

const UNRECORDED =
  "This question is missing in this node's own ledger, which cannot be written: karo status says why."

/** Writes one question of this node into log, metrics and ledger. Resolves when the ledger has it; else the result gets a note. */
async function noted(
  { audit, log, watch }: QueryDeps,
  request: AskRequest,
  result: QueryResult,
): Promise<QueryResult> {
  const { coverage, status, query_id, query_type, level, ended_by, trace_id } = result
  const range = dated(askedRange(request.range))
  const { complete: _, nodes, ...counts } = coverage
  const details = {
    query_id,
    query_type,
    level,
    status,
    ended_by,
    ...counts,
  }
  // In a line of the log `level` is the level of the line.
  const { level: query_level, ...told } = details
  const elapsed_ms = result.timing.elapsed_ms
  log.info({ ...told, query_level, trace_id, elapsed_ms }, 'query ended')
  watch?.asked(result)
  const recorded = audit.insist({
    type: 'query_asked',
    success: status === 'success' || status === 'no_data',
    trace_id,
    details: {
      ...details,
      ...actingOf(request),
      ...holdersOf(result),
      range_start: range.start,
      range_end: range.end,
      uid: request.uid,
    },
  })
  return recorded.then(
    () => result,
    () => ({ ...result, notes: [...result.notes, UNRECORDED] }),
  )
}

/** As whom it was asked, for the ledger. */
const actingOf = ({ acting }: AskRequest) => ({
  operator: acting?.operator,
  operator_name: acting?.name,
  session: acting?.id,
})

/** Nodes that showed released totals, and nodes whose word was refused, for the ledger. */
function holdersOf({ released }: QueryResult) {
  const ids = (nodes: readonly { readonly node_id: string }[] = []): string =>
    nodes.map(({ node_id }) => node_id).join(' ')
  const [holders, refused] = [ids(released?.holders), ids(released?.refused)]
  return { holders: holders || undefined, refused: refused || undefined }
}
