// The process watch: looks at what the commands of hooked shells use while they run, as often as there is something to see, and writes what it saw every few seconds; told to whom the shells belong.
import type { Ambient } from '../../base/run/ambient.ts'
import type { Room } from '../../base/run/room.ts'
import { inStep } from '../../base/timers.ts'
import type { Config } from '../../config/index.ts'
import type { ProcessRepository } from '../../store/processes/processes.ts'
import type { Observe } from '../record/index.ts'
import { createProc, type Proc } from './proc.ts'
import { type FoundProcess, type ProcessFilter, searchProcesses } from './search.ts'
import { createWatch, type SilentHook } from './watch.ts'

export type { FoundProcess } from './search.ts'

export interface Processes extends Room {
  /** One person's processes, those that use most first; `now`: only what runs. */
  search(
    uid: number,
    filter: ProcessFilter,
    now: boolean,
  ): Promise<{ readonly processes: readonly FoundProcess[]; readonly total: number }>
  /** For each of these command lines of which a process was seen: the most memory (bytes) that any one of them held. */
  peaks(uid: number, ids: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** These command lines of that person go: resolves when nothing of them will be written any more. */
  forget(uid: number, ids: readonly string[]): Promise<void>
  /** Removes what began before `time` (ms since the epoch), everybody's; resolves with how many rows. */
  trim(time: number, signal: AbortSignal): Promise<number>
  /** Of everybody; empty where the watch is off. */
  silentHooks(): readonly SilentHook[]
}

/** While something began or ended within CALM_MS; while shells are open; while none is, which reads nothing and has a step of its own. */
const BUSY_MS = 1_000
const CALM_MS = 15_000
const REST_MS = 2_000
const EMPTY_MS = 15_000
/** Of the time of one processor, however many processes there are: looks become rarer instead. */
const SHARE = 0.005
const LATE_MS = 10_000
const WRITE_MS = 3_000
/** Rows of one person; the oldest go. Some 100 bytes each. */
const ROWS_MAX = 100_000
/** Written between two looks at how many there are. */
const PRUNE_EVERY = 5_000
/** What is read of /proc twice lies so close together. */
const SAME_MS = 1_000

interface ProcessesDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  readonly config: Pick<Config, 'processes'>
  readonly observe: Pick<Observe, 'shells' | 'onRan'>
  readonly repository: ProcessRepository
  readonly proc?: Proc
}

export function createProcesses(deps: ProcessesDeps): Processes {
  const { config, observe, repository, clock, timers, log, proc = createProc() } = deps
  const watch = createWatch({ proc, clock })
  let stopped = true
  let cancel: (() => void) | undefined
  let unlisten: (() => void) | undefined
  let changedAt = Number.NEGATIVE_INFINITY
  /** The next look comes as late as it does where nothing happens. */
  let calm = true
  let writtenAt = Number.NEGATIVE_INFINITY
  let writing: Promise<void> | undefined
  let written = 0
  let told = false
  const ending = new AbortController()

  function look(): void {
    const begun = clock.monotonic()
    let next = inStep(EMPTY_MS, begun)
    if (config.processes.enabled) {
      const { shells, live, changed } = watch.look(observe.shells())
      const now = clock.monotonic()
      if (changed > 0) changedAt = now
      if (shells + live > 0) next = now - changedAt < CALM_MS ? BUSY_MS : REST_MS
      calm = next > BUSY_MS
      next = Math.min(Math.max(next, (now - begun) / SHARE), LATE_MS)
    } else {
      watch.end()
    }
    if (clock.monotonic() - writtenAt >= WRITE_MS) writing ??= write()
    cancel = timers.after(next, look)
  }

  async function write(): Promise<void> {
    writtenAt = clock.monotonic()
    try {
      for (const member of watch.strangers()) {
        const known = await repository.find(member.uid, member.pid, member.startedAt, SAME_MS)
        if (known !== undefined) member.startedAt = known.started_at
      }
      const batches = watch.take()
      await repository.write(batches)
      watch.done()
      told = false
      written += batches.reduce((sum, { rows, peaks }) => sum + rows.length + peaks.length, 0)
      if (written >= PRUNE_EVERY) {
        written = 0
        await trim(0, ending.signal)
      }
    } catch (error) {
      watch.giveBack()
      // Every few seconds it tries again; a disk that stays full is reported once.
      if (!told && !ending.signal.aborted) log.warn({ reason: String(error) }, 'what processes used waits')
      told = true
    } finally {
      writing = undefined
    }
  }

  async function trim(time: number, signal: AbortSignal): Promise<number> {
    let removed = 0
    for (const uid of await repository.people())
      removed += await repository.prune(uid, time, ROWS_MAX, signal)
    return removed
  }

  return {
    name: 'processes',

    async start() {
      stopped = false
      unlisten = observe.onRan((shell, lines) => {
        if (!config.processes.enabled) return
        watch.ran(shell, lines)
        // Somebody is at work: what comes next is not to be missed, also right behind the end of the last shell.
        if (calm) {
          cancel?.()
          cancel = timers.after(BUSY_MS, look)
          calm = false
        }
        changedAt = clock.monotonic()
      })
      look()
    },

    async stop() {
      if (stopped) return
      stopped = true
      cancel?.()
      unlisten?.()
      ending.abort()
      await writing
      // These processes continue; the next daemon finds them again, or the data so far if they end before that.
      watch.end()
      await write()
    },

    search: (uid, filter, now) =>
      searchProcesses(watch.running(uid), now ? none() : repository.rows(uid, filter.since), filter),

    peaks: repository.peaks,

    async forget(uid, ids) {
      watch.forget(uid, new Set(ids))
      await writing
    },

    trim,

    silentHooks: watch.silent,
  }
}

async function* none(): AsyncGenerator<never, void> {}
