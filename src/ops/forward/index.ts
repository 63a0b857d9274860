// The room that sends the ledger to where an organisation keeps its logs: the ledger itself is the queue. Each target gets it entry by
// entry in its order, from a checkpoint and without an end.
import { untilAborted } from '../../base/async/deadline.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Room } from '../../base/run/room.ts'
import { type ForwardTarget, forwardTarget } from '../../base/words/forward-target.ts'
import type { Config } from '../../config/index.ts'
import type { ForwardedRepository } from '../../store/tables/forwarded.ts'
import type { Audit, LedgerEntry } from '../../trust/audit/index.ts'
import { ecsText, kindOf, type Sender } from './ecs.ts'
import { openFile } from './file.ts'
import { CLOSED, openNetwork, pause } from './network.ts'
import type { LastRecord, Outlet } from './outlet.ts'
import { syslogFrame } from './syslog.ts'

/** Entries that are in memory for one target at a time; the others wait in the ledger. */
const BATCH = 256
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000
/** A collector that ends a connection in good order has read everything, and may yet lose what it got in this time. */
const UNREAD_MS = 5_000
/** A connection that breaks otherwise may take what its collector never read: less than these bytes, which no usual receive buffer holds. */
const UNREAD_BYTES = 8 * 1024 * 1024
/** Nobody can mend it: whoever is told of it for so long has heard of it. */
const MISSED_SAID_MS = 30 * 24 * 3_600_000
/** What is left at the end is sent within this time, or after the next start. */
const LAST_MS = 1_000

export interface ForwardDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  readonly config: Pick<Config, 'mesh' | 'discovery' | 'forward'>
  readonly audit: Pick<Audit, 'after' | 'onWritten' | 'status'>
  readonly repository: Pick<ForwardedRepository, 'get' | 'write'>
  readonly sender: Sender
}

interface LineStatus {
  /** The entry of `forward.to`. */
  readonly to: string
  /** Entries that the target does not have yet. */
  readonly waiting: number
  /** Entries that were removed from the ledger before they were sent; 0 once that is a month ago. */
  readonly missed: number
  /** Why nothing is sent now, for people; null while it is. */
  readonly problem: string | null
}

export interface Forward extends Room {
  /** One for each entry of `forward.to`. */
  status(): readonly LineStatus[]
}

export function createForward(deps: ForwardDeps): Forward {
  const lines = deps.config.forward.to
    .flatMap((to) => forwardTarget(to) ?? [])
    .map((target) => createLine(target, deps))
  const ending = new AbortController()
  const stop = new AbortController()
  let running: Promise<unknown> | undefined

  return {
    name: 'forward',
    async start(signal) {
      signal.throwIfAborted()
      running = Promise.all(lines.map((line) => line.run(ending.signal, stop.signal)))
      running.catch((error: Error) => deps.log.error({ reason: error.message }, 'the ledger is not sent'))
    },
    async stop() {
      ending.abort()
      const cancel = deps.timers.after(LAST_MS, () => stop.abort())
      await running?.catch(() => {})
      cancel()
    },
    status: () => lines.map((line) => line.status()),
  }
}

function createLine(target: ForwardTarget, deps: ForwardDeps) {
  const { audit, clock, config, log, repository, sender, timers } = deps
  const row = { to: target.text, sent: 0, tried: 0, missed: 0, missedAt: 0, from: Infinity }
  let problem: string | null = 'it took nothing yet'
  /** The reasons that the log had since the last connection that lasted. */
  const said = new Set<string>()
  /**
   * Batches of this connection that may not be read yet: where each began, when it was acknowledged (monotonic), where it ends, in
   * characters, and whether no earlier connection had it.
   */
  let unread: {
    readonly from: number
    readonly at: number
    readonly end: number
    readonly isFirst: boolean
  }[] = []
  /** The error with which the collector or the network ended the connection. Any other error is one of this machine. */
  let broken: unknown
  /** Monotonic; infinite until there is a connection. */
  let openedAt: number
  let wake = (): void => {}

  const textOf = (entry: LedgerEntry): string => {
    const again = entry.seq <= row.tried
    return target.format === 'syslog'
      ? syslogFrame(entry, sender, again)
      : `${ecsText(entry, sender, again)}\n`
  }

  async function begin(): Promise<void> {
    const { written, removed } = audit.status()
    Object.assign(row, await repository.get(target.text))
    // A repaired database may have a shorter ledger than the one that was sent.
    row.sent = Math.min(row.sent, written)
    row.tried = Math.min(row.tried, written)
    row.from = Math.min(row.from, removed)
  }

  const missed = () => (clock.now() - row.missedAt < MISSED_SAID_MS ? row.missed : 0)

  /** Survives a kill of the process; after a power cut an earlier row may be back. */
  const keep = () => repository.write({ put: [row], lazy: true })

  /** A file says itself what it has, if its last record is of this ledger: what was tried beyond that did not arrive. */
  async function takeOver(last: LastRecord | undefined): Promise<void> {
    if (last === undefined) return
    const [entry] = await audit.after(last.seq - 1, 1)
    if (entry?.seq !== last.seq || 'damaged' in entry || entry.hash !== last.id) return
    row.tried = row.sent = Math.max(row.sent, last.seq)
  }

  async function give(entries: readonly LedgerEntry[], outlet: Outlet): Promise<void> {
    const at = entries.at(-1)!.seq
    // Entries up to `tried` were in the ledger when they were sent, and nobody misses what was removed before the target began:
    // of a ledger that was shortened, decisions that are kept for longer stand before and between gaps.
    const before = row.tried
    const known = Math.max(before, row.from)
    const gone = Math.max(0, at - known - entries.filter(({ seq }) => seq > known).length)
    const text = entries
      .filter((entry) => config.forward.kinds.includes(kindOf(entry)))
      .map(textOf)
      .join('')
    row.tried = Math.max(row.tried, at)
    if (text !== '') {
      await keep()
      await outlet.send(text)
      const end = (unread.at(-1)?.end ?? 0) + text.length
      unread.push({ from: row.sent, at: clock.monotonic(), end, isFirst: at > before })
      while (end - unread[0]!.end >= UNREAD_BYTES) unread.shift()
    }
    row.sent = at
    // A connection alone had been no sign that anybody reads.
    problem = null
    if (gone > 0) {
      row.missed = missed() + gone
      row.missedAt = clock.now()
      log.warn({ to: target.text, count: gone }, 'entries were removed from the ledger before they were sent')
    }
    await keep()
  }

  async function work(ending: AbortSignal, stop: AbortSignal): Promise<void> {
    openedAt = Number.POSITIVE_INFINITY
    const outlet =
      target.over === 'file' ? await openFile(target.path) : await openNetwork(target, deps, stop)
    try {
      await takeOver(outlet.last)
      openedAt = clock.monotonic()
      while (!stop.aborted) {
        const more = new Promise<void>((resolve) => {
          wake = resolve
        })
        const entries = await audit.after(row.sent, BATCH)
        // A collector may take what is sent very slowly, or never.
        if (entries.length > 0) await untilAborted(give(entries, outlet), stop)
        else if (ending.aborted) return
        else {
          problem = null
          await untilAborted(more, outlet.ended)
        }
      }
    } finally {
      broken = outlet.ended.reason
      await outlet.close()
    }
  }

  /** What a collector acknowledged and may not have kept is sent again, of what was long ago only what was not sent again before. */
  async function rewind(hasRead: boolean): Promise<void> {
    const first = unread.find(
      ({ at, isFirst }) => (isFirst && !hasRead) || clock.monotonic() - at < UNREAD_MS,
    )
    unread = []
    if (first !== undefined && target.over !== 'file') row.sent = Math.min(row.sent, first.from)
    // After a restart, too; a database that takes nothing ends the next try with its reason.
    await keep().catch(() => {})
  }

  return {
    /** Resolves when `ending` is aborted and the target has everything, or when `stop` is aborted. Never rejects. */
    async run(ending: AbortSignal, stop: AbortSignal): Promise<void> {
      const onNews = () => wake()
      const unlisten = audit.onWritten(onNews)
      const over = AbortSignal.any([ending, stop])
      over.addEventListener('abort', onNews)
      await begin()
      for (let failures = 0; !stop.aborted; ) {
        try {
          await work(ending, stop)
          break
        } catch (error) {
          if (stop.aborted || ending.aborted) break
          const reason = (error as Error).message
          await rewind(error !== broken || reason === CLOSED)
          // A collector that ends each connection at once gets the same entries each time: at a slower pace, and with one line in the log for each reason.
          const lasted = clock.monotonic() - openedAt
          failures = lasted > UNREAD_MS ? 1 : failures + 1
          if (lasted > LONGEST_RETRY_MS) said.clear()
          if (!said.has(reason))
            log.warn({ to: target.text, reason }, 'the ledger is not sent to this target')
          said.add(reason)
          problem = reason
          const ms = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS)
          await pause(ms, timers, over).catch(() => {})
        }
      }
      unlisten()
    },
    status(): LineStatus {
      const { written, removed } = audit.status()
      // Of what was removed before it was sent nothing waits any more.
      const waiting = written - Math.max(row.sent, removed)
      return { to: target.text, waiting, missed: missed(), problem }
    },
  }
}
