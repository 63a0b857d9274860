// Who has what this node lacks, and who is asked or dialed for it next: one state machine, events in and actions out, no I/O.
import { FrameError } from '../../../../protocols/frame.ts'
import { REQUEST_MAX, type SyncBatchBody, type SyncOfferBody } from '../../../../protocols/messages/sync.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { createQuotas } from '../../../base/quota.ts'
import { createRecent } from '../../../base/recent.ts'
import { createVisits, type VisitsDeps } from '../absence/visits.ts'
import { KINDS } from '../kinds.ts'
import type { MembersView } from '../members.ts'
import { editionOf, headBytes, isKind, nameOf, type Wanted, wantedOf } from '../read.ts'
import type { Wants } from '../wants.ts'
import { ATTEMPT_MS, createRequests, type Requests } from './requests.ts'
import type { Cursor, GettingAction, GettingEvent, Job, Request, Walk } from './types.ts'

/** One neighbour a minute is walked. Jittered by a quarter either way, so that nodes started together drift apart. */
const ROUND_MS = 60_000
/** After a link came up: many may at once. */
const UP_MS = 300
/** A neighbour that has more than was looked at is walked because of it at most this often. */
const BEHIND_MS = 5_000
/** Walks at once. */
const WALKS = 3
/** Pages of one walk, and its time; a neighbour with more, or one that is slow, is walked on with in its next turn. */
const PAGES_MAX = 128
const WALKING_MS = 60_000
/** With so many bytes of heads in what it calls its last offer, a neighbour probably has more to tell. */
const FULL_BYTES = 16 * 1024
/** Heads of one neighbour that are judged: a burst of a walk's, and so many a second; beyond, it waits for its turn. */
const HEADS = { frames: 32_768, perMs: 64_000 } as const
/** All heads are looked at again after this long: who relays what has changed since. */
const LOOKED_MS = 6 * 3_600_000
/** Neighbours whose place is remembered. */
const CURSORS_MAX = 8_192

/** First attempts are spread over this time, because all nodes hear of a document at the same moment. */
const FIRST_MS = [20, 200] as const
/** Waits between attempts: a neighbour may be fetching the document just now, or no holder can be reached. */
const AGAIN_MS = [400, 1_000, 30_000, 180_000] as const
/** Documents that are waited for; beyond, the oldest are left to the walks. */
const JOBS_MAX = 512
/** Jobs of one owner: an admitted announcer, or the neighbour that handed on heads of others. Anybody can invent heads. */
const JOBS_OF_ONE = 128
const ANNOUNCERS_MAX = 3
/** Attempts at once; so many requests a neighbour lets wait. Later ones, which may dial, never take the last place. */
const ATTEMPTS = 3
const REPEATS = ATTEMPTS - 1
/** Attempts that one neighbour has not answered; with a walk, what it lets wait. */
const UNANSWERED_MAX = 3
/** A walk asks for what somebody else is asked for when it has not come by then, an attempt after ATTEMPT_MS. */
const WALK_MS = 6_000

export interface GettingDeps
  extends Pick<VisitsDeps, 'present' | 'isLikely' | 'random'>,
    Pick<Wants, 'wants'> {
  readonly self: NodeId
  readonly clock: Clock
  readonly members: Pick<MembersView, 'holders' | 'sponsorOf'>
  /** Milliseconds until another edition of that name is taken; 0: now. */
  readonly wait: (head: Wanted) => number
}

export function createGetting(deps: GettingDeps) {
  const { self, members, clock, random } = deps
  let actions: GettingAction[] = []
  /** When something is due next. */
  let next = 0
  let roundAt = Number.POSITIVE_INFINITY
  let rounds = 0

  const emit = (action: GettingAction): void => void actions.push(action)
  const isWanted = (wanted: Wanted): boolean => deps.wants(wanted) !== undefined
  const requests = createRequests(clock, emit, isWanted)
  const { lines, isBad, waitsUntil, over } = requests

  const walks = new Map<NodeId, Walk>()
  /** When neighbours are to be walked. Each reason counts: one that came up may get more while it is walked for that. */
  const planned = new Map<string, { readonly node: NodeId; readonly at: number }>()
  const cursors = createRecent<NodeId, Cursor>(CURSORS_MAX)
  const budgetOf = createQuotas<NodeId>(HEADS, CURSORS_MAX)
  /** When all that a member has was looked at. */
  const doneAt = new Map<NodeId, number>()
  const visits = createVisits({ ...deps, doneAt })

  /** By edition, because a node may announce a version that does not exist. */
  const jobs = new Map<string, Job>()
  /** Those with an attempt under way. */
  const running = new Set<Job>()

  const rest = (at: number): void => {
    next = Math.min(next, at)
  }

  function plan(why: 'up' | 'behind' | 'round', node: NodeId, ms: number): void {
    const name = `${why} ${node}`
    if (!planned.has(name)) planned.set(name, { node, at: clock.monotonic() + ms })
  }

  /** `more`: to be continued. `failed`: the link is gone, it did not answer, or what it gave could not be stored. */
  function finish({ node }: Walk, how: 'done' | 'more' | 'failed'): void {
    walks.delete(node)
    if (how === 'done') {
      doneAt.set(node, clock.monotonic())
      emit({ do: 'compared', node })
    }
    if (how === 'more') planned.set(`behind ${node}`, { node, at: clock.monotonic() + BEHIND_MS })
  }

  function cursorOf(node: NodeId): Cursor | undefined {
    const cursor = cursors.get(node)
    return cursor === undefined || clock.monotonic() - cursor.begunAt > LOOKED_MS ? undefined : cursor
  }

  /** Whether it is taken now; otherwise it is fetched in its time. */
  function isDue(node: NodeId, wanted: Wanted): boolean {
    const due = deps.wait(wanted) === 0
    if (!due) hear(wanted, node, node)
    return due
  }

  /** Asks for documents of the page that is here. False: some are still to come. */
  function isPageOver(walking: Walk): boolean {
    const { node, left } = walking
    walking.left = left.filter((one) => isWanted(one) && !isBad(node, one) && isDue(node, one))
    const [first] = walking.left
    if (first === undefined) return true
    const free = walking.left.filter((one) => waitsUntil(one, WALK_MS) <= clock.monotonic())
    if (free.length > 0) requests.ask(node, free.slice(0, REQUEST_MAX), walking)
    else rest(waitsUntil(first, WALK_MS))
    return false
  }

  function walkOn(walking: Walk): void {
    const { node, page } = walking
    const now = clock.monotonic()
    const line = lines.get(node)
    if (walking.request !== undefined) return
    if (walking.hasFailed || line === undefined) finish(walking, 'failed')
    else if (line.paceAt > now) rest(line.paceAt)
    else if (now >= walking.until) finish(walking, 'more')
    else if (page === undefined || isPageOver(walking)) {
      // Only now, so that an interrupted walk continues at the page whose documents are not complete.
      if (page !== undefined) cursors.set(node, page)
      walking.page = undefined
      if (page?.isLast === true) finish(walking, 'done')
      else if (walking.pages === 0 || budgetOf(node).wait(now) > 0) finish(walking, 'more')
      else requests.ask(node, [], walking, cursorOf(node))
    }
  }

  function take(request: Request, { documents: frames, gone }: SyncBatchBody): void {
    const { by, node, asked } = request
    const given = asked.filter((_, at) => !gone.includes(at))
    const documents = requests.read(node, given, frames)
    if (by !== undefined) {
      const left = given.slice(frames.length)
      by.left = by.left.filter((wanted) => !asked.includes(wanted) || left.includes(wanted))
      for (const wanted of asked.filter((_, at) => gone.includes(at))) {
        const want = deps.wants(wanted)
        // What is for this node it gets from elsewhere; what it would only relay is relayed by others.
        if (want === 'received' || want === 'withdrawn') hear(wanted, wanted.author, wanted.author, node)
      }
    }
    if (documents.length === 0) over(request, true)
    else emit({ do: 'keep', request, documents })
  }

  function turn(request: Request, offer: SyncOfferBody): void {
    const walking = request.by as Walk
    walking.page = pageOf(request, offer, clock.monotonic())
    budgetOf(walking.node).charge(clock.monotonic(), offer.heads.length)
    walking.pages--
    walking.left = offer.heads.map(wantedOf)
    over(request, true)
  }

  function answered(node: NodeId, body: SyncOfferBody | SyncBatchBody): void {
    const isOffer = 'heads' in body
    const request = requests.answered(node, body.id, isOffer)
    if (request === undefined) return
    try {
      if (isOffer) turn(request, body)
      else take(request, body)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      over(request, false)
      emit({ do: 'refuse', error })
    }
  }

  function drop(job: Job): void {
    jobs.delete(editionOf(job.wanted))
    running.delete(job)
  }

  /** Notes who tells of the document, and drops the oldest jobs: first of an owner that has too many, then of all. */
  function hear(wanted: Wanted, announcer: NodeId, from: NodeId, asker?: NodeId): void {
    if (!isWanted(wanted)) return
    const edition = editionOf(wanted)
    // Keys cost nothing: what a neighbour hands on of nodes that are not admitted here is its own word, however many they are.
    const said = members.sponsorOf(announcer) === undefined ? announcer : from
    const owner = asker ?? said
    const first = { wanted, announcers: [], froms: [], owner, attempt: 0, left: [], isDialing: false }
    const job = jobs.get(edition) ?? { ...first, at: Number.POSITIVE_INFINITY }
    if (job.announcers.includes(said)) return
    job.announcers = [said, ...job.announcers].slice(0, ANNOUNCERS_MAX)
    job.froms = [from, ...job.froms].slice(0, ANNOUNCERS_MAX)
    if (!jobs.has(edition)) {
      jobs.set(edition, job)
      const own = jobs.size > JOBS_OF_ONE ? [...jobs.values()].filter((one) => one.owner === owner) : []
      if (own.length > JOBS_OF_ONE) drop(own[0] as Job)
      if (jobs.size > JOBS_MAX) drop(jobs.values().next().value as Job)
    }
    // The author signs faster than it is read, so that only its newest edition is waited for.
    if (deps.wait(wanted) > 0)
      for (const one of jobs.values()) {
        const isOlder = nameOf(one.wanted) === nameOf(wanted) && one.wanted.version < wanted.version
        if (isOlder && !running.has(one)) drop(one)
      }
    const [least, most] = FIRST_MS
    job.at = Math.min(job.at, clock.monotonic() + least + random.float() * (most - least))
  }

  /** Asks the next source, dials it, or waits for what was asked. */
  function attemptOn(job: Job): void {
    const now = clock.monotonic()
    const { wanted, left } = job
    while (isWanted(wanted)) {
      const [node] = left
      const line = node === undefined ? undefined : lines.get(node)
      const until = Math.max(waitsUntil(wanted, ATTEMPT_MS), line?.paceAt ?? 0)
      if (until > now) rest(until)
      if (until > now || job.isDialing) return
      if (node === undefined) break
      if (line === undefined) {
        job.isDialing = true
        emit({ do: 'dial', node, job })
        return
      }
      if (!isBad(node, wanted) && requests.unanswered(node) < UNANSWERED_MAX) requests.ask(node, [wanted])
      left.shift()
    }
    running.delete(job)
    job.at = now + (AGAIN_MS[job.attempt++] ?? Number.POSITIVE_INFINITY) * (0.75 + random.float() / 2)
    if (job.at === Number.POSITIVE_INFINITY || !isWanted(wanted)) drop(job)
    else rest(job.at)
  }

  function begin(job: Job): void {
    const now = clock.monotonic()
    if (running.size >= (job.attempt > 0 ? REPEATS : ATTEMPTS)) return
    const wait = isWanted(job.wanted) ? deps.wait(job.wanted) : 0
    job.at = now + wait
    if (wait === 0) {
      running.add(job)
      job.left = sourcesOf(job, self, members, requests)
      attemptOn(job)
    } else rest(job.at)
  }

  /** Does what is due, and finds out when the next thing is. */
  function look(): void {
    const now = clock.monotonic()
    next = requests.expire()
    if (now >= roundAt) {
      // In turn, since one that never lets a walk come to its end would always be the one that was looked at the longest ago.
      const node = [...lines.keys()][rounds++ % lines.size]
      if (node !== undefined) plan('round', node, 0)
      roundAt = now + ROUND_MS * (0.75 + random.float() / 2)
    }
    for (const walking of walks.values()) walkOn(walking)
    for (const [name, { node, at }] of planned) {
      if (at > now || walks.size === WALKS || walks.has(node)) continue
      planned.delete(name)
      const begun = {
        node,
        pages: PAGES_MAX,
        until: now + WALKING_MS,
        page: undefined,
        left: [],
        request: undefined,
        hasFailed: false,
      }
      walks.set(node, begun)
      walkOn(begun)
    }
    for (const { at } of planned.values()) if (at > now) rest(at)
    for (const job of running) attemptOn(job)
    beginInTurn([...jobs.values()], running, now, begin)
    for (const { at } of jobs.values()) if (at > now) rest(at)
    const node = visits.look(lines)
    if (node !== undefined) emit({ do: 'dial', node })
    rest(Math.min(roundAt, visits.at()))
    emit({ do: 'wake', ms: Math.max(0, next - now) })
  }

  const handlers: {
    readonly [On in GettingEvent['on']]: (event: Extract<GettingEvent, { on: On }>) => void
  } = {
    start() {
      visits.start()
      roundAt = clock.monotonic() + ROUND_MS * random.float()
    },
    wake() {},
    up({ node }) {
      requests.up(node)
      plan('up', node, UP_MS * random.float())
    },
    down: ({ node }) => requests.down(node),
    heard({ heads, announcer, from, owner }) {
      for (const head of heads) hear(head, announcer, from, owner)
    },
    asked({ node, body: { index, through } }) {
      const cursor = cursorOf(node)
      if (cursor === undefined || Buffer.compare(cursor.index, index) !== 0 || through > cursor.after)
        plan('behind', node, BEHIND_MS * random.float())
    },
    answer: ({ node, body }) => answered(node, body),
    over: ({ request, isGood }) => over(request, isGood),
    dialed({ job, reached }) {
      if (job === undefined) return visits.visited(reached)
      job.isDialing = false
      if (!lines.has(job.left[0] as NodeId)) job.left.shift()
    },
    again() {
      cursors.clear()
      for (const node of lines.keys()) plan('behind', node, BEHIND_MS * random.float())
    },
  }

  return {
    /** Takes one event. The actions are to be performed in their order, before the next event is handed in. Never throws. */
    handle(event: GettingEvent) {
      ;(handlers[event.on] as (event: GettingEvent) => void)(event)
      look()
      const done = actions
      actions = []
      return done
    },
  }
}

/**
 * Whoever tells of much and is slow to answer keeps nobody waiting but itself: of those that are due, the ones of whose owner
 * nothing is under way come first.
 */
function beginInTurn(
  jobs: readonly Job[],
  running: ReadonlySet<Job>,
  now: number,
  begin: (job: Job) => void,
): void {
  const isDue = (job: Job): boolean => job.at <= now && !running.has(job)
  const isFirst = ({ owner }: Job): boolean => ![...running].some((one) => one.owner === owner)
  const due = jobs.filter(isDue).sort((a, b) => a.at - b.at)
  for (const job of due) if (isFirst(job)) begin(job)
  const left = due.filter(isDue)
  if (!left.some(isFirst)) for (const job of left) begin(job)
}

/** Throws FrameError for an offer that does not go on from where it was asked to. */
function pageOf({ cursor }: Request, offer: SyncOfferBody, now: number): Cursor {
  const { index, after, through, end, heads } = offer
  const before = cursor !== undefined && Buffer.compare(cursor.index, index) === 0 ? cursor : undefined
  const onward = through > after || (end && through === after)
  if (after !== (before?.after ?? 0) || !onward) throw new FrameError('malformed', 'the offer leads nowhere')
  const isLast = end && heads.reduce((sum, head) => sum + headBytes(head), 0) < FULL_BYTES
  return { index, after: through, begunAt: before?.begunAt ?? now, isLast }
}

/**
 * Whom to ask this time, in order: the author, if it is there; who left the last question unanswered only when
 * nobody else was told of in time.
 * Dialling is for later attempts, and only for what few have.
 */
function sourcesOf(
  { wanted, announcers, froms, attempt }: Job,
  self: NodeId,
  members: GettingDeps['members'],
  { lines, isSilent }: Requests,
): NodeId[] {
  const linked = [...new Set([wanted.author, ...announcers, ...froms])].filter((node) => lines.has(node))
  const answering = linked.filter((node) => !isSilent(node))
  const near = answering.length > 0 || attempt === 0 ? answering : linked
  if (attempt === 0 || !isKind(wanted.kind) || KINDS[wanted.kind].audience === 'all') return near
  const holders = members.holders(wanted.author, wanted.publicKey, wanted.kind, wanted.slot)
  const far = attempt === 1 ? announcers : [...announcers, ...holders, wanted.author]
  return [...new Set([...near, ...far])].filter((node) => node !== self)
}
