// The room of reports: makes one when somebody asks, and tells when a threshold is crossed.
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createSerial } from '../../base/async/limiter.ts'
import { DAY_MS, HOUR_MS } from '../../base/calendar.ts'
import { KaroError } from '../../base/errors.ts'
import { replaceFile } from '../../base/files.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createListeners } from '../../base/run/listeners.ts'
import { orElse } from '../../base/run/or-else.ts'
import type { Config } from '../../config/index.ts'
import type { Principal } from '../../trust/policy/index.ts'
import { judged, type Limits, type Standing, THRESHOLDS, type Threshold, turned } from '../report/index.ts'
import type { BucketTotals, TotalsReader } from '../totals/types.ts'
import type { createFigures } from './figures.ts'
import { type MakerDeps, makeReport, type ReportRequest } from './maker.ts'

interface ReportsDeps extends Ambient, Omit<MakerDeps, 'figures' | 'clock'> {
  readonly figures: ReturnType<typeof createFigures>
  readonly config: Pick<Config, 'reports'>
  readonly totals: TotalsReader
  /** This node as its certificate says it. */
  readonly principal: () => Pick<Principal, 'roles'>
  /** Calls when a release has come here; returns how to end that. */
  readonly onReleased?: (listener: () => void) => () => void
  /** The file that keeps over a restart what was told; its directory is made with it. */
  readonly path: string
  readonly ownUid: number
}

/** A certificate may have got a role meanwhile, or what failed may go now. */
const LOOK_MS = HOUR_MS
/** After a start, when members and releases may have come. */
const FIRST_LOOK_MS = 30_000
/** After a release, because both aggregators' come one after the other, and of several periods at once. */
const GATHER_MS = 5_000
/** How far back the newest released period is looked for. */
const BACK_MS = 8 * DAY_MS

const NOTHING_KNOWN = { risky: null, coverage: null, anomalies: null, missing: null }

export function createReports(deps: ReportsDeps) {
  const { config, totals, clock, timers, ownUid, path } = deps
  const log = deps.log.child({ room: 'reports' })
  const crossings = createListeners<[threshold: Threshold, state: 'crossed' | 'ended']>()
  const serial = createSerial()
  let state = stateOf(orElse(() => JSON.parse(readFileSync(path, 'utf8')) as unknown, undefined))
  let problem: string | null = null
  let unset = (): void => {}
  let unsubscribe = (): void => {}
  /** Set from a release on until it is looked at. */
  let ungather: (() => void) | undefined

  /** The newest closed period that was released to this node. */
  async function newest(): Promise<BucketTotals | undefined> {
    const audience = totals.audiences().find((one) => deps.principal().roles.includes(one))
    if (audience === undefined) return undefined
    const now = clock.now()
    const { buckets } = await totals.read(audience, 'ToolUsage', { start: now - BACK_MS, end: now })
    // Also where numbers of tools, or all of them, are not told: whoever spoils one kind must not hide the others.
    return buckets.findLast(({ contributions }) => contributions !== undefined)
  }

  async function compare(): Promise<void> {
    const limits = limitsOf(config.reports)
    const isWatched = Object.keys(limits).length > 0
    if (!isWatched && Object.keys(state.standing).length === 0) return
    // Reading it opens eight days of releases, which nobody needs where nothing is watched.
    const released = isWatched ? await newest() : undefined
    const mark = released && markOf(released, limits)
    if (isWatched && (released === undefined || mark === state.mark)) return
    const report =
      released &&
      (await makeReport(deps, { range: { start: released.start, end: released.end }, uid: ownUid }))
    const { standing, turns } = turned(
      state.standing,
      report === undefined ? NOTHING_KNOWN : judged(report, limits),
      limits,
    )
    // Durable first: a crossing that was told is told once, also if the daemon ends now.
    state = { standing, mark: mark ?? null }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    replaceFile(path, `${JSON.stringify(state)}\n`, 0o600, deps.random)
    for (const { threshold, state: turn } of turns) {
      log.warn({ threshold, state: turn, limit: limits[threshold] ?? null }, 'a threshold of reports')
      crossings.tell(threshold, turn)
    }
  }

  const look = (): Promise<void> =>
    serial(async () => {
      try {
        await compare()
        problem = null
      } catch (error) {
        const reason = error instanceof KaroError ? error.message : 'the report could not be made'
        if (problem !== reason)
          log.warn({ reason: String(error) }, 'released totals could not be compared with the thresholds')
        problem = reason
      }
    })

  function again(ms: number): void {
    unset = timers.after(ms, () => {
      again(LOOK_MS)
      void look()
    })
  }

  /** Releases that come meanwhile wait for the same look; one that comes during a look has the next. */
  function soon(): void {
    ungather ??= timers.after(GATHER_MS, () => {
      ungather = undefined
      void look()
    })
  }

  return {
    name: 'reports',
    async start() {
      again(FIRST_LOOK_MS)
      unsubscribe = deps.onReleased?.(soon) ?? unsubscribe
    },
    async stop() {
      unset()
      unsubscribe()
      ungather?.()
      ungather = undefined
      await serial(async () => {})
    },
    /** See `makeReport`. */
    make: (request: ReportRequest) => makeReport(deps, request),
    /** Compares at once, as it does by itself after each release and every hour; never rejects. */
    look,
    /**
     * `problem`: why the newest released period could not be compared; null: it could, or nothing is watched. `thresholds`: those
     * that are watched; `crossed` is null while it is not known.
     */
    watched() {
      const limits = limitsOf(config.reports)
      return {
        problem,
        thresholds: THRESHOLDS.flatMap((threshold) => {
          const limit = limits[threshold]
          return limit === undefined ? [] : [{ threshold, limit, crossed: state.standing[threshold] ?? null }]
        }),
      }
    },
    /** Fires when a threshold is crossed, and when that ends. */
    onThreshold: crossings.on,
  }
}

export type Reports = ReturnType<typeof createReports>

function limitsOf(reports: Config['reports']): Limits {
  const limits: Partial<Record<Threshold, number>> = {}
  for (const threshold of THRESHOLDS) {
    const limit = reports.thresholds[threshold]
    if (limit !== 'off') limits[threshold] = limit
  }
  return limits
}

/** Changes with each further batch of the newest period, and with the limits. */
const markOf = ({ end, batches }: BucketTotals, limits: Limits): string =>
  `${end} ${batches.map(({ contributors }) => contributors).join('+')} ${JSON.stringify(limits)}`

/** Which thresholds stand crossed, and for which numbers that was judged last: what is kept of them over a restart. */
interface State {
  readonly standing: Standing
  readonly mark: string | null
}

/** What the last run of the daemon knew; what cannot be is nothing. */
function stateOf(found: unknown): State {
  const { standing, mark } = Object(found) as Record<string, unknown>
  const before = Object(standing) as Record<string, unknown>
  const entries = THRESHOLDS.flatMap((threshold) => {
    const is = before[threshold]
    return typeof is === 'boolean' ? [[threshold, is] as const] : []
  })
  return { standing: Object.fromEntries(entries), mark: typeof mark === 'string' ? mark : null }
}
