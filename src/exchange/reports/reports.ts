// The room of reports: makes one when somebody asks, keeps those of the schedule, and tells when a threshold is crossed.
import { DAY_MS, LATEST_MS } from '../../base/calendar.ts'
import type { Clock, Random, Timers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { Log } from '../../base/run/log.ts'
import type { Room } from '../../base/run/room.ts'
import type { Config } from '../../config/index.ts'
import type { Principal } from '../../trust/policy/index.ts'
import {
  boundaryOf,
  dueOf,
  judged,
  type Limits,
  nextAfter,
  type Report,
  type Schedule,
  THRESHOLDS,
  type Threshold,
  turned,
} from '../report/index.ts'
import type { BucketTotals, TotalsReader } from '../totals/types.ts'
import type { createFigures } from './figures.ts'
import { createKept, type KeptReport } from './kept.ts'
import { type MakerDeps, makeReport, type ReportRequest } from './maker.ts'
import { limitsOf, markOf, NOTHING_KNOWN, stateOf } from './standing.ts'

interface ReportsStatus {
  readonly schedule: Schedule | 'off'
  /** RFC 3339 UTC: the end of the next scheduled report's period; null: nothing is scheduled. */
  readonly next: string | null
  /** Why the newest scheduled report could not be made; null: it could, or none is due. */
  readonly problem: string | null
  readonly reports: readonly KeptReport[]
  /** The thresholds that are watched, and whether the newest numbers cross them; null: not known yet. */
  readonly thresholds: readonly {
    readonly threshold: Threshold
    readonly limit: number
    readonly crossed: boolean | null
  }[]
}

/** Who wants to see what is kept: the roles that this node, or the operator, has. */
export type Reader = Pick<Principal, 'roles'>

export interface Reports extends Room {
  /** See `makeReport`. */
  make(request: ReportRequest): Promise<Report>
  /** Reports for a role that the reader has not are left out. */
  status(reader?: Reader): ReportsStatus
  /** What names nothing of any report, for metrics; `failing`: null without a schedule. */
  facts(): Pick<ReportsStatus, 'thresholds'> & { readonly kept: number; readonly failing: boolean | null }
  /** KaroErrors: `not_found`, `bad_file`, `refused` where the reader has not the role that it was made for. */
  read(id: string, reader?: Reader): Report
  /** Fires when a threshold is crossed, and when that ends. */
  onThreshold(listener: (threshold: Threshold, state: 'crossed' | 'ended') => void): () => void
  /** Looks at once, as it does by itself every two minutes; never rejects. */
  look(): Promise<void>
}

export interface ReportsDeps extends Omit<MakerDeps, 'figures'> {
  readonly figures: ReturnType<typeof createFigures>
  readonly config: Pick<Config, 'reports'>
  readonly totals: TotalsReader
  /** This node as its certificate says it. */
  readonly principal: () => Reader
  /** Calls when a release has come here; returns how to end that. */
  readonly onReleased?: (listener: () => void) => () => void
  readonly directory: string
  readonly ownUid: number
  readonly timers: Timers
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const LOOK_MS = 2 * 60_000
/** After a start, when members and releases may have come. */
const FIRST_LOOK_MS = 30_000
/** After a release, because both aggregators' come one after the other, and of several periods at once. */
const GATHER_MS = 5_000
/** A report that could not be made is tried again so much later. */
const AGAIN_MS = 60 * 60_000
/** How far back the newest released period is looked for. */
const BACK_MS = 8 * DAY_MS

export function createReports(deps: ReportsDeps): Reports {
  const { config, totals, clock, timers, ownUid } = deps
  const log = deps.log.child({ room: 'reports' })
  const kept = createKept(deps.directory, deps.random)
  const crossings = createListeners<[threshold: Threshold, state: 'crossed' | 'ended']>()
  let state = stateOf(kept.readState())
  let problem: string | null = null
  /** Boundaries and teams whose report was made when something was released; as many as this run has made. */
  const filled = new Set<string>()
  let notBefore = 0
  let stopped = false
  let unset = (): void => {}
  let unsubscribe = (): void => {}
  /** Set from a release on until it is looked at. */
  let ungather: (() => void) | undefined
  let looking: { readonly isFull: boolean; readonly done: Promise<void> } | undefined

  const make = (request: ReportRequest): Promise<Report> => makeReport(deps, request)
  const ownAudience = (): string | undefined =>
    totals.audiences().find((audience) => deps.principal().roles.includes(audience))
  const limitsNow = (): Limits => limitsOf(config.reports)

  /** The newest closed period that was released to this node. */
  async function newest(): Promise<BucketTotals | undefined> {
    const audience = ownAudience()
    if (audience === undefined) return undefined
    const now = clock.now()
    const { buckets } = await totals.read(audience, 'ToolUsage', { start: now - BACK_MS, end: now })
    return buckets.findLast(({ why }) => why === undefined)
  }

  const isWatched = (): boolean => Object.keys(limitsNow()).length > 0
  const isWanted = (): boolean => config.reports.schedule !== 'off' || isWatched()

  /** Written without a number, perhaps before releases came to this node; once some have, it is made again, once. */
  const isEarly = ({ state: shown, until, team }: KeptReport, released: BucketTotals | undefined): boolean =>
    shown === 'nothing' && released !== undefined && !filled.has(`${Date.parse(until)} ${team ?? ''}`)

  /** One report for all machines and one for each team, of those that the newest boundary has none of yet. */
  async function keepDue(released: BucketTotals | undefined): Promise<void> {
    const { schedule, teams, last_days, formats, keep } = config.reports
    if (schedule === 'off') {
      problem = null
      return
    }
    if (ownAudience() === undefined) {
      problem =
        totals.audiences().length === 0
          ? 'this mesh has named no two aggregators of different operators, so there are no totals'
          : 'totals are released to no role that the certificate of this node has'
      return
    }
    const there = kept.list().filter((one) => one.schedule === schedule)
    for (const team of [undefined, ...new Set(teams)]) {
      const made = there
        .filter((one) => one.team === (team ?? null) && !isEarly(one, released))
        .map(({ until }) => Date.parse(until))
        // A clock that was wrong once does not stop the schedule for good.
        .filter((until) => until <= clock.now())
      const due = dueOf(schedule, {
        now: clock.now(),
        made: made.length === 0 ? undefined : Math.max(...made),
        releasedUntil: released?.end,
      })
      if (due === undefined) continue
      const range = { start: Math.max(0, due - last_days * DAY_MS), end: due }
      const report = await make({ range, uid: ownUid, ...(team === undefined ? {} : { team }) })
      if (released !== undefined) filled.add(`${due} ${team ?? ''}`)
      const id = kept.write({ schedule, until: due }, report, formats, keep)
      log.info({ id, state: report.state }, 'a scheduled report was written')
    }
    problem = null
  }

  async function watch(released: BucketTotals | undefined): Promise<void> {
    const limits = limitsNow()
    const watched = isWatched()
    const mark = released && markOf(released, limits)
    if (watched && (released === undefined || mark === state.mark)) return
    if (!watched && Object.keys(state.standing).length === 0) return
    const report =
      watched && released !== undefined
        ? await make({ range: { start: released.start, end: released.end }, uid: ownUid })
        : undefined
    const now = report === undefined ? NOTHING_KNOWN : judged(report, limits)
    const { standing, turns } = turned(state.standing, now, limits)
    // Durable first: a crossing that was told is told once, also if the daemon ends now.
    state = { standing, mark: mark ?? null }
    kept.writeState(state)
    for (const { threshold, state: turn } of turns) {
      log.warn({ threshold, state: turn, limit: limits[threshold] ?? null }, 'a threshold of reports')
      crossings.tell(threshold, turn)
    }
  }

  async function lookOnce(isFull: boolean): Promise<void> {
    // What failed is not tried each time: it writes into the ledger, too.
    if (clock.now() < notBefore) return
    try {
      // Releases of eight days are read and opened for this, so nothing is where nobody wants what follows from it.
      const released = isWanted() ? await newest() : undefined
      await watch(released)
      if (isFull) await keepDue(released)
    } catch (error) {
      notBefore = clock.now() + AGAIN_MS
      const reason = error instanceof KaroError ? error.message : 'it could not be made or written'
      if (problem !== reason) log.warn({ reason: String(error) }, 'a report could not be made')
      problem = reason
    }
  }

  /**
   * One look at a time. A full look keeps the reports that are due; any other one only compares the thresholds with what was released.
   * A caller never gets the result of a look that began before the call, except a full one for a full one.
   */
  async function lookAs(isFull: boolean): Promise<void> {
    while (looking !== undefined) {
      const { isFull: wasFull, done } = looking
      await done
      if (isFull && wasFull) return
    }
    if (stopped && !isFull) return
    const done = lookOnce(isFull).finally(() => {
      looking = undefined
    })
    looking = { isFull, done }
    await done
  }
  const look = (): Promise<void> => lookAs(true)

  function again(ms: number): void {
    unset = timers.after(ms, () => {
      void look().finally(() => {
        if (!stopped) again(LOOK_MS)
      })
    })
  }

  /**
   * Thresholds only: after a week off the releases come one by one, and a scheduled report would be written with the first of
   * them. Those that come meanwhile wait for the same look; one that comes during a look has the next.
   */
  function soon(): void {
    if (stopped || ungather !== undefined) return
    ungather = timers.after(GATHER_MS, () => {
      ungather = undefined
      void lookAs(false)
    })
  }

  function thresholdsNow(): ReportsStatus['thresholds'] {
    const limits = limitsNow()
    return THRESHOLDS.flatMap((threshold) => {
      const limit = limits[threshold]
      return limit === undefined ? [] : [{ threshold, limit, crossed: state.standing[threshold] ?? null }]
    })
  }

  const mayRead = (audience: string | null, { roles }: Reader): boolean =>
    audience === null || roles.includes(audience)

  return {
    name: 'reports',
    async start(signal) {
      signal.throwIfAborted()
      stopped = false
      again(FIRST_LOOK_MS)
      unsubscribe = deps.onReleased?.(soon) ?? unsubscribe
    },
    async stop() {
      stopped = true
      unset()
      ungather?.()
      ungather = undefined
      unsubscribe()
      await looking?.done
    },
    make,
    look,
    status(reader = deps.principal()) {
      const { schedule } = config.reports
      return {
        schedule,
        problem,
        next:
          schedule === 'off'
            ? null
            : new Date(
                Math.min(LATEST_MS, nextAfter(schedule, boundaryOf(schedule, clock.now()))),
              ).toISOString(),
        reports: kept.list().filter(({ audience }) => mayRead(audience, reader)),
        thresholds: thresholdsNow(),
      }
    },
    facts: () => ({
      kept: kept.list().length,
      failing: config.reports.schedule === 'off' ? null : problem !== null,
      thresholds: thresholdsNow(),
    }),
    read(id, reader = deps.principal()) {
      const report = kept.read(id)
      if (!mayRead(report.audience, reader))
        throw new KaroError('refused', `that report is for the role ${report.audience}`, {
          hint: 'karo whoami shows your roles.',
        })
      return report
    },
    onThreshold: crossings.on,
  }
}
