// The anomalies room: looks at each person's numbers every few minutes, when they changed, and tells that person, and no other, what is unusual in them.
import { createSerial } from '../../base/async/limiter.ts'
import { DAY_MS, localDay, startOfLocalDay } from '../../base/calendar.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { Room } from '../../base/run/room.ts'
import { type Finding, KINDS, type Kind, type Signal, targetOf } from '../../base/words/signal.ts'
import type { Config } from '../../config/index.ts'
import type { Rollup, RollupRepository } from '../../store/rollups/types.ts'
import type { AnomalyRepository, MuteRow } from '../../store/tables/anomalies.ts'
import { findings } from './kinds.ts'
import { BASELINE_DAYS, lookAt, WARM_UP_DAYS } from './look.ts'
import { wordsOf } from './words.ts'

export interface ShownSignal extends Signal {
  /** The person does not want to hear of it now. */
  readonly muted: boolean
  /** The signal was found again within the last day. */
  readonly ongoing: boolean
  /** One sentence that tells the signal's numbers. */
  readonly words: string
}

export interface Anomalies extends Room {
  /** Looks at what changed since the last time, then: one person's signals, those seen last first. */
  signals(uid: number): Promise<readonly ShownSignal[]>
  /**
   * Looks likewise, then: signals of `uids` that began in `range` (ms since the epoch), muted ones too, because a mute is
   * about what a person wants to hear. Each signal began once, so ranges that do not overlap add up.
   */
  begun(
    uids: readonly number[],
    range: { readonly start: number; readonly end: number },
  ): Promise<readonly Signal[]>
  /**
   * Looks likewise, then: since when every day of any of `uids` was looked at and no signal forgotten, ms since the epoch;
   * undefined: of none of them, or `anomalies.enabled` is off.
   */
  knownSince(uids: readonly number[]): Promise<number | undefined>
  /** One of `uids` has too few days with commands for kinds that compare with them. */
  learning(uids: readonly number[]): Promise<boolean>
  mutes(uid: number): Promise<readonly MuteRow[]>
  /**
   * Of a kind, or of the signal with this id and whatever else says the same of the same; `forMs` null: for ever.
   * KaroErrors: `not_found`; `rate_limited` when too much is muted.
   */
  mute(uid: number, what: string, forMs: number | null): Promise<MuteRow>
  /** Likewise. KaroErrors: `not_found` for what is not muted. */
  unmute(uid: number, what: string): Promise<void>
  /** Signals of this severity or more (and of these ids) that are neither told nor muted. Does not look for new ones. */
  unseen(uid: number, severity: number, ids?: readonly string[]): Promise<readonly ShownSignal[]>
  /** As `unseen`, and marks the signals as told. */
  see(uid: number, severity: number, ids?: readonly string[]): Promise<readonly ShownSignal[]>
  /** How many signals of each kind, of all people, began before today (UTC). */
  counts(): Promise<Readonly<Record<Kind, number>>>
  /** Called for each that begins and is not muted; returns what ends that. */
  onBegun(listener: (uid: number, signal: Signal) => void): () => void
}

interface AnomaliesDeps extends Ambient {
  readonly config: Pick<Config, 'anomalies'>
  readonly repository: AnomalyRepository
  readonly rollups: RollupRepository
  /** Shells of all people that run programs while their hook says nothing. */
  readonly silentHooks: () => readonly {
    readonly uid: number
    readonly shell: string
    readonly since: number
  }[]
  /** Called with signals that begin, muted ones too, before they are kept: a rejection leaves them to the next look. */
  readonly note: (uid: number, begun: readonly Signal[]) => Promise<void>
}

/** After the start others have better things to do. */
const FIRST_MS = 30_000
/** Soon enough for the person at the keyboard. A look takes a few milliseconds, and nothing where no number changed. */
const EVERY_MS = 5 * 60_000
/** Days that are made up for after the daemon did not run. */
const CATCH_UP_DAYS = 7
/** A quarter of a year: long enough to see that something comes back. */
const KEPT_MS = 90 * DAY_MS
/** Signals kept per person: more than five a day for all that time. The signals seen longest ago give way. */
const SIGNALS_MOST = 500
/** Each of the fifteen categories, and as many tools as anybody would name. */
const MUTES_MOST = 100
/** A signal that was last seen within this time is shown as ongoing. */
const ONGOING_MS = DAY_MS
const ID_BYTES = 4

export function createAnomalies(deps: AnomaliesDeps): Anomalies {
  const { config, repository, rollups, silentHooks, note, clock, timers, random, log } = deps
  const serially = createSerial()
  const beginnings = createListeners<[uid: number, signal: Signal]>()
  /** A digest of each person's numbers when they were last looked at. */
  const pulses = new Map<number, string>()
  let ended = false
  let cancel: (() => void) | undefined
  let under: Promise<void> | undefined

  const known = async (uid: number): Promise<readonly Signal[]> =>
    // This version has no words for signals of a kind that a newer version found.
    (await repository.signals(uid)).filter((row): row is Signal => KINDS.includes(row.kind as Kind))

  const newId = (): string => toHex(random.bytes(ID_BYTES))

  const muted = (mutes: readonly MuteRow[], signal: Pick<Signal, 'kind' | 'subject'>): boolean =>
    mutes.some(
      ({ target, until }) =>
        (until === null || until > clock.now()) && (target === signal.kind || target === targetOf(signal)),
    )

  async function pulseOf(uid: number, today: number): Promise<string> {
    const days = await rollups.days(uid, today - 1, today + 1)
    const silent = silentHooks().filter((one) => one.uid === uid)
    // A silent hook grows older by the minute.
    return [today, silent.length > 0 ? clock.now() : 0, ...days.map(({ rollup }) => weightOf(rollup))].join(
      ' ',
    )
  }

  /** One look at a time, so that no signal is begun twice. */
  const look = (uid: number): Promise<void> =>
    serially(async () => {
      if (!config.anomalies.enabled) return
      const now = clock.now()
      const today = localDay(now)
      const pulse = await pulseOf(uid, today)
      if (pulses.get(uid) === pulse) return
      const last = await repository.lookedAt(uid)
      // Yesterday always, because its last commands may have come late. A clock that was ahead has looked at days that
      // are still to come: they will be looked at again.
      const from = Math.max(today - CATCH_UP_DAYS, Math.min(today - 1, last ?? today))
      // Of days before a gap it is not known whether anything was unusual; a clock that was ahead began too late.
      const since = await repository.lookedSince(uid)
      const begins = last === undefined || from > last || since === undefined || since > from
      // Read once: the eight weeks before one day are nearly those before the next.
      const days = await rollups.days(uid, from - BASELINE_DAYS, today + 1)
      for (let day = from; day <= today; day++) {
        const silent = day < today ? [] : silentHooks().filter((one) => one.uid === uid)
        const looked = await lookAt(rollups, uid, day, now, silent, days)
        const { changed, begun } = settle(await known(uid), findings(looked), day, newId)
        await note(uid, begun)
        await repository.update(uid, {
          put: changed,
          remove: [],
          ...(day === today && { day, ...(begins && { since: from }) }),
        })
        await tell(uid, begun)
      }
      await trim(uid, now)
      pulses.set(uid, pulse)
    })

  async function tell(uid: number, begun: readonly Signal[]): Promise<void> {
    if (begun.length === 0) return
    const mutes = await repository.mutes.all(uid)
    for (const signal of begun) if (!muted(mutes, signal)) beginnings.tell(uid, signal)
  }

  async function trim(uid: number, now: number): Promise<void> {
    const kept = (await repository.signals(uid)).toSorted((a, b) => b.last_seen - a.last_seen)
    const gone = kept.filter(({ last_seen }, i) => i >= SIGNALS_MOST || last_seen < now - KEPT_MS)
    await repository.update(uid, { put: [], remove: gone.map(({ id }) => id) })
    for (const { target, until } of await repository.mutes.all(uid))
      if (until !== null && until <= now) await repository.mutes.write(uid, { remove: [target] })
  }

  async function shown(uid: number): Promise<readonly ShownSignal[]> {
    const mutes = await repository.mutes.all(uid)
    const now = clock.now()
    return (await known(uid))
      .map((signal) => ({
        ...signal,
        muted: muted(mutes, signal),
        ongoing: signal.last_seen > now - ONGOING_MS,
        words: wordsOf(signal),
      }))
      .sort((a, b) => b.last_seen - a.last_seen || b.severity - a.severity)
  }

  const unseen: Anomalies['unseen'] = async (uid, least, ids) =>
    (await shown(uid)).filter(
      (one) => !one.seen && !one.muted && one.severity >= least && (ids?.includes(one.id) ?? true),
    )

  /** A kind, or what the signal with this id is about. */
  async function targetFor(uid: number, what: string): Promise<string> {
    if (KINDS.includes(what as Kind)) return what
    const signal = (await known(uid)).find(({ id }) => id === what)
    if (signal !== undefined) return targetOf(signal)
    throw new KaroError('not_found', `there is no signal and no kind '${what}'`, {
      hint: `Give the id that \`karo anomalies\` shows, or one of: ${KINDS.join(', ')}.`,
    })
  }

  async function sweep(): Promise<void> {
    const uids = new Set([...(await rollups.uids()), ...silentHooks().map(({ uid }) => uid)])
    for (const uid of uids) {
      if (ended) return
      try {
        await look(uid)
      } catch (error) {
        // One person's damaged row must not keep others from being looked after.
        log.warn({ reason: String(error) }, 'the numbers of one person were not looked through for anomalies')
      }
    }
  }

  function next(ms: number): void {
    cancel = timers.after(ms, () => {
      under = sweep()
        .catch((error: unknown) => {
          if (!ended) log.warn({ reason: String(error) }, 'numbers were not looked through for anomalies')
        })
        .finally(() => {
          under = undefined
          if (!ended) next(EVERY_MS)
        })
    })
  }

  async function knownSince(uid: number): Promise<number | undefined> {
    const day = await repository.lookedSince(uid)
    if (day === undefined) return undefined
    const kept = await repository.signals(uid)
    // What was seen last before these two is forgotten.
    const oldest = kept.length < SIGNALS_MOST ? 0 : Math.min(...kept.map(({ last_seen }) => last_seen))
    return Math.max(startOfLocalDay(day), clock.now() - KEPT_MS, oldest)
  }

  return {
    name: 'anomalies',
    async start() {
      ended = false
      next(FIRST_MS)
    },
    async stop() {
      ended = true
      cancel?.()
      await under
    },

    async signals(uid) {
      await look(uid)
      return shown(uid)
    },
    async begun(uids, { start, end }) {
      if (!config.anomalies.enabled) return []
      const found: Signal[] = []
      for (const uid of uids) {
        await look(uid)
        for (const signal of await known(uid))
          if (signal.first_seen >= start && signal.first_seen < end) found.push(signal)
      }
      return found
    },
    async knownSince(uids) {
      if (!config.anomalies.enabled) return undefined
      const since: number[] = []
      for (const uid of uids) {
        await look(uid)
        const own = await knownSince(uid)
        if (own !== undefined) since.push(own)
      }
      return since.length === 0 ? undefined : Math.min(...since)
    },
    async learning(uids) {
      const today = localDay(clock.now())
      for (const uid of uids) {
        const days = await rollups.dayNumbers(uid, today - BASELINE_DAYS, today)
        if (days.length < WARM_UP_DAYS) return true
      }
      return false
    },
    mutes: async (uid) =>
      (await repository.mutes.all(uid)).filter(({ until }) => until === null || until > clock.now()),

    async mute(uid, what, forMs) {
      const target = await targetFor(uid, what)
      return serially(async () => {
        const mutes = await repository.mutes.all(uid)
        if (mutes.length >= MUTES_MOST && !mutes.some((mute) => mute.target === target)) {
          throw new KaroError('rate_limited', `more than ${MUTES_MOST} things are muted already`, {
            hint: 'Mute a whole kind instead, or unmute something.',
          })
        }
        const mute = { target, until: forMs === null ? null : clock.now() + forMs }
        await repository.mutes.write(uid, { put: [mute] })
        return mute
      })
    },
    async unmute(uid, what) {
      const mutes = await repository.mutes.all(uid)
      const target = mutes.some((mute) => mute.target === what) ? what : await targetFor(uid, what)
      if (!mutes.some((mute) => mute.target === target)) {
        throw new KaroError('not_found', `'${what}' is not muted`, {
          hint: 'karo anomalies --all  shows what is.',
        })
      }
      await serially(() => repository.mutes.write(uid, { remove: [target] }))
    },

    unseen,
    see: (uid, severity, ids) =>
      serially(async () => {
        const found = await unseen(uid, severity, ids)
        const put = found.map(({ muted: _muted, ongoing: _ongoing, words: _words, ...signal }) => ({
          ...signal,
          seen: true,
        }))
        await repository.update(uid, { put, remove: [] })
        return found
      }),

    async counts() {
      const counts = await repository.countByKind(Math.floor(clock.now() / DAY_MS) * DAY_MS)
      return Object.fromEntries(KINDS.map((kind) => [kind, counts.get(kind) ?? 0])) as Record<Kind, number>
    },
    onBegun: beginnings.on,
  }
}

/** Differs whenever something was counted. */
const weightOf = ({ count, guard }: Rollup): number =>
  count + guard.blocked + guard.confirmed + guard.declined + guard.unjudged

// Turns today's findings into signals: a continuing anomaly is one signal with the strongest numbers seen.

/** A finding within a week of the last one continues its signal; a later finding begins a new signal. */
const SAME_MS = 7 * DAY_MS

interface Settled {
  /** Signals that are new or say something else than before. */
  readonly changed: readonly Signal[]
  /** The new signals among them. */
  readonly begun: readonly Signal[]
}

/**
 * `known`: the person's signals. `day` is the local day that was looked at. Finding the same again, with the same
 * numbers, changes nothing.
 */
export function settle(
  known: readonly Signal[],
  found: readonly Finding[],
  day: number,
  newId: () => string,
): Settled {
  const changed: Signal[] = []
  const begun: Signal[] = []
  for (const finding of found) {
    const target = targetOf(finding)
    const { start, end } = finding.window
    const same = known.find(
      (signal) =>
        targetOf(signal) === target &&
        start - signal.last_seen <= SAME_MS &&
        signal.first_seen - end <= SAME_MS,
    )
    if (same === undefined) {
      const signal = {
        ...finding,
        id: newId(),
        first_seen: start,
        last_seen: end,
        count: 1,
        last_day: day,
        seen: false,
      }
      changed.push(signal)
      begun.push(signal)
      continue
    }
    const stronger =
      finding.severity > same.severity || (finding.severity === same.severity && same.last_day === day)
    const next: Signal = {
      ...same,
      ...(stronger ? finding : {}),
      first_seen: Math.min(same.first_seen, start),
      last_seen: Math.max(same.last_seen, end),
      count: same.count + (day > same.last_day ? 1 : 0),
      last_day: Math.max(same.last_day, day),
    }
    if (JSON.stringify(same) !== JSON.stringify(next)) changed.push(next)
  }
  return { changed, begun }
}
