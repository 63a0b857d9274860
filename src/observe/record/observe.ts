// The observation room: wakes the follower when a shell has written, and every few seconds in any case.
import { type FSWatcher, mkdirSync, watch } from 'node:fs'
import { KaroError } from '../../base/errors.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Faults } from '../../base/run/faults.ts'
import { createListeners } from '../../base/run/listeners.ts'
import { inSteps } from '../../base/timers.ts'
import type { Config } from '../../config/index.ts'
import { type EventInput, type EventRepository, idOfEvent } from '../../store/events/events.ts'
import { createDigest } from './digest.ts'
import { createFollower } from './follower.ts'
import { createGivenAnswers } from './given-answers.ts'
import type { HookedShell, Observe, PersonOf, RanLine, RecordedCommand } from './types.ts'

/** Names that wait to be read; of more, a sweep finds out. */
const MOST_CHANGED = 8_192
/** inotify drops silently when its queue is full, and does not work everywhere: nothing waits longer than one of these. */
const SWEEP_MS = 3_000
/** While watching works and no shell has written for `CALM_MS`, so that nothing can have been dropped. */
const REST_MS = 15_000
const CALM_MS = 30_000

interface ObserveDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  readonly config: Pick<Config, 'history'>
  readonly events: EventRepository
  /** Made, 0700, when it is missing. */
  readonly spoolDirectory: string
  readonly personOf: PersonOf
  readonly faults: Faults
  readonly sweepMs?: number
}

export function createObserve(deps: ObserveDeps): Observe {
  const { config, events, spoolDirectory: directory, clock, log, faults, sweepMs = SWEEP_MS } = deps
  const answers = createGivenAnswers(clock)
  let digest = createDigest(config.history, answers)
  const follower = createFollower({
    directory,
    events,
    clock,
    log,
    faults,
    personOf: deps.personOf,
    digest: () => digest,
    stored: tellRecorded,
    more: (name) => changed.add(name),
    stopping: () => stopped,
  })
  const recorded = createListeners<[commands: readonly RecordedCommand[]]>()
  const ran = createListeners<[shell: HookedShell, lines: readonly RanLine[]]>()
  const changed = new Set<string>()
  let sweepDue = false
  let stopped = true
  /** Of whole rounds; the follower counts those of single files. */
  let failures = 0
  let watcher: FSWatcher | undefined
  /** When a shell last wrote, or watching began; monotonic. */
  let heardAt = Number.NEGATIVE_INFINITY
  let endSweeping = (): void => {}
  let work: Promise<void> | undefined

  function tellRecorded(stored: readonly EventInput[], shell: HookedShell | undefined): void {
    if (shell !== undefined) {
      const lines = stored.map(({ start_us, tag, duration_us, exit_code }) => ({
        id: idOfEvent(start_us, tag),
        start_us,
        duration_us,
        exit_code,
      }))
      ran.tell(shell, lines)
    }
    const commands = stored.map(({ uid, start_us, tag, category, risk_level }) => ({
      uid,
      id: idOfEvent(start_us, tag),
      timestamp: Math.floor(start_us / 1000),
      category,
      risk_level,
    }))
    recorded.tell(commands)
  }

  /** One reader at a time; what comes meanwhile is read in the next round. */
  function wake(): void {
    if (stopped || work !== undefined) return
    work = run()
      .catch((error: unknown) => {
        failures++
        log.error({ reason: error instanceof Error ? error.message : String(error) }, 'the spool waits')
      })
      .finally(() => {
        work = undefined
        if (changed.size > 0 || sweepDue) wake()
      })
  }

  async function run(): Promise<void> {
    while (!stopped && (changed.size > 0 || sweepDue)) {
      if (sweepDue) {
        sweepDue = false
        changed.clear()
        if (await follower.sweep()) sweepDue = true
      } else {
        const names = [...changed]
        changed.clear()
        await follower.read(names)
      }
    }
  }

  function watchDirectory(): void {
    if (watcher !== undefined) return
    try {
      watcher = watch(directory, { persistent: false }, (_event, name) => {
        heardAt = clock.monotonic()
        if (name === null || changed.size >= MOST_CHANGED) sweepDue = true
        else changed.add(name)
        wake()
      })
      watcher.on('error', unwatch)
    } catch {
      // Sweeps do the work until watching succeeds.
    }
  }

  function unwatch(): void {
    watcher?.close()
    watcher = undefined
  }

  return {
    name: 'observe',

    async start() {
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 })
      } catch (error) {
        throw new KaroError('bad_file', `the spool directory cannot be made: ${(error as Error).message}`, {
          where: directory,
          hint: 'Make its parent writable for this user, or choose another home with --home.',
          cause: error,
        })
      }
      await follower.load()
      stopped = false
      heardAt = clock.monotonic()
      watchDirectory()
      sweepDue = true
      wake()
      const isCalm = (): boolean => watcher !== undefined && clock.monotonic() - heardAt >= CALM_MS
      endSweeping = inSteps(
        deps,
        () => (isCalm() ? Math.max(sweepMs, REST_MS) : sweepMs),
        () => {
          watchDirectory()
          sweepDue = true
          wake()
        },
      )
    },

    async stop() {
      stopped = true
      endSweeping()
      unwatch()
      changed.clear()
      sweepDue = false
      await work
    },

    health() {
      const code = stopped ? undefined : follower.obstacle()
      const detail =
        code === undefined
          ? 'the spool directory can be used'
          : `the spool directory cannot be used (${code}), so commands are not recorded; it must be a directory of the daemon's user with mode 0700`
      // Told to everybody: whose they are only administrators see, in `karo doctor`.
      const waiting = stopped ? 0 : follower.unfollowed().reduce((sum, { files }) => sum + files, 0)
      const followed =
        waiting === 0
          ? 'the spool files of all shells are followed'
          : `${waiting} spool files are not followed, because too many shells are open; karo doctor --only spool.followed says whose`
      return [
        { name: 'observe.spool', ok: code === undefined, detail },
        { name: 'observe.files', ok: waiting === 0, detail: followed },
      ]
    },

    onRecorded: recorded.on,

    onRan: ran.on,

    shells: follower.shells,

    unfollowed: follower.unfollowed,

    give: answers.give,

    reload() {
      digest = createDigest(config.history, answers)
    },

    async catchUp() {
      sweepDue = true
      wake()
      // A running round may have passed the wanted lines already; a file that keeps growing is not waited for.
      for (let round = 0; round < 2 && work !== undefined; round++) await work
    },

    blank: follower.blank,

    failures: () => failures + follower.failures(),

    async status() {
      return { pending_bytes: follower.pendingBytes(), dropped: await events.dropped() }
    },
  }
}
