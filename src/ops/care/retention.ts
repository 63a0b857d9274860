// Removes data that is older than the owner wants: events, rollups, processes and ledger entries, a little at a time.
import { DAY_MS, localDay } from '../../base/calendar.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Config } from '../../config/index.ts'
import type { Store } from '../../store/index.ts'
import type { RetentionTime } from './retention-time.ts'

/** After the start others have better things to do. */
const FIRST_MS = 60_000
const EVERY_MS = 3_600_000

export interface RetentionDeps extends Pick<Ambient, 'timers' | 'log'> {
  /** Read at each sweep: a reload is in force at the next one. */
  readonly config: Pick<Config, 'retention' | 'processes'>
  readonly store: {
    readonly events: Pick<
      Store['events'],
      'removeEvents' | 'removeTexts' | 'removeRollups' | 'purge' | 'isUnpurged' | 'people'
    >
  }
  /** Removes what processes used before a time (ms since the epoch); resolves with how many rows. */
  readonly trimProcesses: (before: number, signal: AbortSignal) => Promise<number>
  /** Removes entries before a time (ms since the epoch); the chain stays provable. */
  readonly trimLedger: (before: number) => Promise<void>
  /** Removes copies of the database from before an upgrade that are old then (ms since the epoch). */
  readonly expireCopies: (now: number) => void
  readonly time: RetentionTime
}

/** Sweeps a minute after the start and then every hour; `stop` ends a sweep under way after its batch. */
export function createRetention(deps: RetentionDeps) {
  const { config, store, trimProcesses, trimLedger, expireCopies, time, timers, log } = deps
  const { events } = store
  let ending = new AbortController()
  let cancel: (() => void) | undefined
  let under: Promise<void> | undefined
  let waiting = false

  /** Days that processes are kept: no longer than the commands they belong to; 0 keeps them for ever. */
  const processDays = () => {
    const bounds = [config.processes.keep_days, config.retention.events_days].filter((days) => days > 0)
    return bounds.length === 0 ? 0 : Math.min(...bounds)
  }

  const waits = () => {
    const { events_days, rollups_days, audit_days } = config.retention
    const any = events_days + rollups_days + audit_days + processDays()
    return any === 0 ? 0 : time.behind()
  }

  function tellOfWaiting(): void {
    const days = Math.round(waits() / DAY_MS)
    if (days > 0 && !waiting)
      log.warn(
        { days },
        'the clock is ahead of what this node has seen: what is old is removed little by little',
      )
    waiting = days > 0
  }

  async function sweep(signal: AbortSignal): Promise<void> {
    const { events_days, rollups_days, audit_days } = config.retention
    const now = await time.advance()
    tellOfWaiting()
    expireCopies(now)
    for (const uid of await events.people()) {
      const gone = events_days === 0 ? 0 : await events.removeEvents(uid, now - events_days * DAY_MS, signal)
      // Also what an earlier sweep did not come to.
      const texts = await events.removeTexts(uid, signal)
      const counted =
        rollups_days === 0 ? 0 : await events.removeRollups(uid, localDay(now) - rollups_days, signal)
      if (gone + texts + counted === 0 && !(await events.isUnpurged(uid))) continue
      await events.purge(uid)
      // After an interrupted sweep only data of the finished batches is out of the files.
      if (gone + texts + counted > 0)
        log.info({ events: gone, texts, counts: counted }, 'data older than retention allows was removed')
    }
    const days = processDays()
    if (days > 0) await trimProcesses(now - days * DAY_MS, signal)
    if (audit_days > 0) await trimLedger(now - audit_days * DAY_MS)
  }

  function next(ms: number): void {
    cancel = timers.after(ms, () => {
      under = sweep(ending.signal)
        .catch((error: unknown) => {
          if (!ending.signal.aborted)
            log.warn(
              { reason: error instanceof Error ? error.message : String(error) },
              'old data wait for the next sweep',
            )
        })
        .finally(() => {
          under = undefined
          if (!ending.signal.aborted) next(EVERY_MS)
        })
    })
  }

  return {
    name: 'retention',
    sweep,
    /** Milliseconds by which removal lags behind the clock, because the clock may be wrong; 0: no lag. */
    waits,
    async start(signal: AbortSignal) {
      signal.throwIfAborted()
      await time.start()
      ending = new AbortController()
      next(FIRST_MS)
    },
    async stop() {
      ending.abort()
      cancel?.()
      await under
    },
  }
}
