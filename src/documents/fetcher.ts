// Fetches documents whose heads were heard: from who told of them, from the neighbour between, from who relays them.
import type { NodeId } from '../../protocols/node-id.ts'
import type { Random, Timers } from '../base/clock.ts'
import type { Keeper, Wanted } from './keeper.ts'
import { KINDS } from './kinds.ts'
import type { MembersView } from './members.ts'
import type { Puller } from './puller.ts'
import { isKind } from './read.ts'

/** Spread, because everybody hears of a document at the same moment. */
const FIRST_MS = [20, 200] as const
/** Then again, when it was not to be had: its neighbour may be fetching it just now, or nobody can be reached. */
const AGAIN_MS = [400, 1_000, 30_000, 180_000] as const
/** Documents that are waited for; beyond, the oldest are left to the walks. */
const JOBS_MAX = 512
/** Fetches at once. */
const PARALLEL = 4

export interface Fetcher {
  /** `announcer` says it has it; `from` is the neighbour that handed the word on. */
  heard(wanted: Wanted, announcer: NodeId, from: NodeId): void
  stop(): void
}

export interface FetcherDeps {
  readonly keeper: Pick<Keeper, 'wants'>
  readonly puller: Pick<Puller, 'fetch'>
  readonly members: Pick<MembersView, 'holders'>
  readonly self: NodeId
  readonly linked: (node: NodeId) => boolean
  readonly reach: (node: NodeId) => Promise<boolean>
  readonly random: Random
  readonly timers: Timers
}

interface Job {
  readonly wanted: Wanted
  /** Who said they had it, the latest first. */
  readonly announcers: readonly NodeId[]
  readonly from: NodeId
  attempt: number
  cancel: () => void
}

export function createFetcher(deps: FetcherDeps): Fetcher {
  const { keeper, puller, random, timers } = deps
  const jobs = new Map<string, Job>()
  const ready: string[] = []
  let running = 0

  const isOver = ({ wanted }: Job): boolean => keeper.wants(wanted) === undefined

  /** Whom to ask this time, in order. Dialling is for later attempts, and only for what few have. */
  function sourcesOf({ wanted, announcers, from, attempt }: Job): readonly NodeId[] {
    const near = [...announcers, from].filter(deps.linked)
    if (attempt === 0 || !isKind(wanted.kind) || KINDS[wanted.kind].audience === 'all')
      return [...new Set(near)]
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
      const name = ready.shift()
      if (name === undefined) return
      const job = jobs.get(name)
      if (job === undefined) continue
      if (isOver(job)) {
        jobs.delete(name)
        continue
      }
      running++
      void run(name, job)
    }
  }

  async function run(name: string, job: Job): Promise<void> {
    try {
      await attempt(job)
    } finally {
      running--
      if (jobs.get(name) === job) {
        const wait = AGAIN_MS[job.attempt++]
        if (isOver(job) || wait === undefined) jobs.delete(name)
        else schedule(name, job, wait * (0.75 + random.float() / 2))
      }
      next()
    }
  }

  function schedule(name: string, job: Job, ms: number): void {
    job.cancel = timers.after(ms, () => {
      ready.push(name)
      next()
    })
  }

  return {
    heard(wanted, announcer, from) {
      if (keeper.wants(wanted) === undefined) return
      const name = `${wanted.author} ${wanted.kind} ${wanted.slot}`
      const before = jobs.get(name)
      if (before !== undefined && before.wanted.version > wanted.version) return
      const same = before?.wanted.version === wanted.version
      const announcers = [announcer, ...(same ? before.announcers : [])].slice(0, 3)
      before?.cancel()
      jobs.delete(name)
      const job: Job = { wanted, announcers, from, attempt: 0, cancel: () => {} }
      jobs.set(name, job)
      if (jobs.size > JOBS_MAX) {
        const [oldest, dropped] = jobs.entries().next().value as [string, Job]
        dropped.cancel()
        jobs.delete(oldest)
      }
      const [least, most] = FIRST_MS
      schedule(name, job, least + random.float() * (most - least))
    },
    stop() {
      for (const job of jobs.values()) job.cancel()
      jobs.clear()
    },
  }
}
