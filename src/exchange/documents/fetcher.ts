// Fetches documents whose heads were heard: from their announcer, from the neighbour that handed the head on, from relays.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Keeper } from './keeper.ts'
import { KINDS } from './kinds.ts'
import type { MembersView } from './members.ts'
import type { Puller } from './puller.ts'
import { isKind } from './read.ts'
import type { Wanted } from './wants.ts'

/** Fetches are spread over this time, because all nodes hear of a document at the same moment. */
const FIRST_MS = [20, 200] as const
/** Waits between attempts: a neighbour may be fetching the document just now, or no holder can be reached. */
const AGAIN_MS = [400, 1_000, 30_000, 180_000] as const
/** Documents that are waited for; beyond, the oldest are left to the walks. */
const JOBS_MAX = 512
/** Jobs of one owner: an admitted announcer, or the neighbour that handed on heads of others. Anybody can invent heads. */
const JOBS_OF_ONE = 128
const ANNOUNCERS_MAX = 3
/** Fetches at once; so many a neighbour lets wait. Later attempts, which may dial, never take the last place. */
const PARALLEL = 3
const REPEATS = PARALLEL - 1

export interface Fetcher {
  /**
   * `announcer` says it has it; `from` is the neighbour that handed the word on. `owner`, who is answerable for the
   * fetch, is the announcer where it is admitted here, otherwise `from`, unless told otherwise.
   */
  heard(wanted: Wanted, announcer: NodeId, from: NodeId, owner?: NodeId): void
  stop(): void
}

export interface FetcherDeps extends Pick<Ambient, 'timers' | 'random'> {
  readonly keeper: Pick<Keeper, 'wants' | 'wait'>
  readonly puller: Pick<Puller, 'fetch' | 'isSilent'>
  readonly members: Pick<MembersView, 'holders' | 'sponsorOf'>
  readonly self: NodeId
  readonly linked: (node: NodeId) => boolean
  readonly reach: (node: NodeId) => Promise<boolean>
}

interface Job {
  readonly wanted: Wanted
  /** The nodes that announced the document, the latest first. */
  announcers: readonly NodeId[]
  /** Neighbours that handed the word on. */
  froms: readonly NodeId[]
  /** The node that is answerable for the document. */
  readonly owner: NodeId
  state: 'waiting' | 'due' | 'running'
  attempt: number
  cancel: () => void
}

const isOlder = (one: Wanted, other: Wanted): boolean =>
  one.author === other.author &&
  one.kind === other.kind &&
  one.slot === other.slot &&
  one.version < other.version

export function createFetcher(deps: FetcherDeps): Fetcher {
  const { keeper, puller, random, timers } = deps
  /** Jobs by edition, because a node may announce a version that does not exist. */
  const jobs = new Map<string, Job>()
  const ready: string[] = []
  let running = 0
  let repeats = 0

  const isOver = ({ wanted }: Job): boolean => keeper.wants(wanted) === undefined

  /**
   * Whom to ask this time, in order: the author, if it is there; who left the last question unanswered only when
   * nobody else was told of in time.
   * Dialling is for later attempts, and only for what few have.
   */
  function sourcesOf({ wanted, announcers, froms, attempt }: Job): readonly NodeId[] {
    const linked = [...new Set([wanted.author, ...announcers, ...froms])].filter(deps.linked)
    const answering = linked.filter((node) => !puller.isSilent(node))
    const near = answering.length > 0 || attempt === 0 ? answering : linked
    if (attempt === 0 || !isKind(wanted.kind) || KINDS[wanted.kind].audience === 'all') return near
    const holders = deps.members.holders(wanted.author, wanted.publicKey, wanted.kind, wanted.slot)
    const far = attempt === 1 ? announcers : [...announcers, ...holders, wanted.author]
    return [...new Set([...near, ...far])].filter((node) => node !== deps.self)
  }

  async function attempt(job: Job): Promise<void> {
    for (const node of sourcesOf(job)) {
      if (isOver(job)) return
      if (!deps.linked(node) && !(await deps.reach(node))) continue
      if (await puller.fetch(node, job.wanted)) return
    }
  }

  function next(): void {
    while (running < PARALLEL) {
      const at = ready.findIndex((name) => repeats < REPEATS || (jobs.get(name)?.attempt ?? 0) === 0)
      const [name] = at < 0 ? [] : ready.splice(at, 1)
      if (name === undefined) return
      const job = jobs.get(name)
      if (job === undefined) continue
      if (isOver(job)) {
        jobs.delete(name)
        continue
      }
      const wait = keeper.wait(job.wanted)
      if (wait > 0) schedule(name, job, 'waiting', wait)
      else void run(name, job)
    }
  }

  async function run(name: string, job: Job): Promise<void> {
    const repeat = job.attempt > 0 ? 1 : 0
    running++
    repeats += repeat
    job.state = 'running'
    try {
      await attempt(job)
    } finally {
      running--
      repeats -= repeat
      if (jobs.get(name) === job) {
        const wait = AGAIN_MS[job.attempt++]
        if (isOver(job) || wait === undefined) jobs.delete(name)
        else schedule(name, job, 'waiting', wait * (0.75 + random.float() / 2))
      }
      next()
    }
  }

  function schedule(name: string, job: Job, state: 'waiting' | 'due', ms: number): void {
    job.cancel()
    job.state = state
    job.cancel = timers.after(ms, () => {
      job.state = 'due'
      ready.push(name)
      next()
    })
  }

  function soon(name: string, job: Job): void {
    const [least, most] = FIRST_MS
    const wait = keeper.wait(job.wanted)
    // The author signs faster than it is read, so that only its newest edition is waited for.
    if (wait > 0)
      for (const [other, { wanted, state }] of jobs)
        if (state !== 'running' && isOlder(wanted, job.wanted)) drop(other, jobs.get(other) as Job)
    schedule(name, job, 'due', least + random.float() * (most - least))
  }

  function drop(name: string, job: Job): void {
    job.cancel()
    jobs.delete(name)
  }

  /** Drops the oldest jobs, first of an owner that has too many, then of all owners. */
  function bound(owner: NodeId): void {
    const own = jobs.size > JOBS_OF_ONE ? [...jobs].filter(([, job]) => job.owner === owner) : []
    if (own.length > JOBS_OF_ONE) drop(...(own[0] as [string, Job]))
    if (jobs.size > JOBS_MAX) drop(...(jobs.entries().next().value as [string, Job]))
  }

  return {
    heard(wanted, announcer, from, asker) {
      if (keeper.wants(wanted) === undefined) return
      const name = `${wanted.author} ${wanted.kind} ${wanted.slot} ${wanted.version}`
      const before = jobs.get(name)
      if (before !== undefined) {
        if (before.announcers.includes(announcer)) return
        before.announcers = [announcer, ...before.announcers].slice(0, ANNOUNCERS_MAX)
        before.froms = [from, ...before.froms].slice(0, ANNOUNCERS_MAX)
        if (before.state === 'waiting') soon(name, before)
        return
      }
      const owner = asker ?? (deps.members.sponsorOf(announcer) === undefined ? announcer : from)
      const job: Job = {
        wanted,
        announcers: [announcer],
        froms: [from],
        owner,
        state: 'waiting',
        attempt: 0,
        cancel: () => {},
      }
      jobs.set(name, job)
      bound(owner)
      soon(name, job)
    },
    stop() {
      for (const job of jobs.values()) job.cancel()
      jobs.clear()
    },
  }
}
