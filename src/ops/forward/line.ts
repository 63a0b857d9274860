// Sends the ledger to one target, entry by entry in its order, from a checkpoint and without an end.
import type { Ambient } from '../../base/run/ambient.ts'
import type { ForwardTarget } from '../../base/words/forward-target.ts'
import type { Config } from '../../config/index.ts'
import type { ForwardedRepository } from '../../store/tables/forwarded.ts'
import type { Audit, LedgerEntry } from '../../trust/audit/index.ts'
import { ecsText, kindOf, type Sender } from './ecs.ts'
import { type LastRecord, openFile } from './file.ts'
import { openNetwork } from './network.ts'
import type { Outlet } from './outlet.ts'
import { syslogFrame } from './syslog.ts'

/** Entries that are in memory for one target at a time; the others wait in the ledger. */
const BATCH = 256
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000
/** A collector that ends a connection may not have read what its kernel acknowledged in this time. */
const UNREAD_MS = 5_000
const UNREAD_BATCHES = 256

export interface LineDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  readonly config: Pick<Config, 'mesh' | 'discovery' | 'forward'>
  readonly audit: Pick<Audit, 'after' | 'onWritten' | 'status'>
  readonly repository: ForwardedRepository
  readonly sender: Sender
}

export interface LineStatus {
  /** The entry of `forward.to`. */
  readonly to: string
  /** Number of the last entry that the target has. */
  readonly sent: number
  /** Entries that were removed from the ledger before they were sent, since the start. */
  readonly missed: number
  /** Why nothing is sent now, for people; null while it is. */
  readonly problem: string | null
}

export interface Line {
  /** Resolves when `ending` is aborted and the target has everything, or when `stop` is aborted. Never rejects. */
  run(ending: AbortSignal, stop: AbortSignal): Promise<void>
  status(): LineStatus
}

export function createLine(target: ForwardTarget, deps: LineDeps): Line {
  const { audit, clock, config, log, repository, sender, timers } = deps
  let sent = 0
  let tried = 0
  let missed = 0
  let problem: string | null = 'there was no connection to it yet'
  /** Batches that were acknowledged lately: where each began, and when (monotonic). */
  let unread: { readonly from: number; readonly at: number }[] = []
  /** Monotonic; infinite until there is a connection. */
  let openedAt: number
  let wake = (): void => {}

  const textOf = (entry: LedgerEntry): string => {
    const again = entry.seq <= tried
    return target.format === 'syslog'
      ? syslogFrame(entry, sender, again)
      : `${ecsText(entry, sender, again)}\n`
  }

  async function begin(): Promise<void> {
    const at = await repository.get(target.text)
    // A repaired database may have a shorter ledger than the one that was sent.
    const newest = audit.status().written
    sent = Math.min(at?.sent ?? 0, newest)
    tried = Math.min(at?.tried ?? 0, newest)
  }

  /** A file says itself what it has, if its last record is of this ledger: what was tried beyond that did not arrive. */
  async function takeOver(last: LastRecord | undefined): Promise<void> {
    if (last === undefined) return
    const [entry] = await audit.after(last.seq - 1, 1)
    if (entry === undefined || entry.seq !== last.seq || 'damaged' in entry || entry.hash !== last.id) return
    sent = Math.max(sent, last.seq)
    tried = sent
  }

  async function give(entries: readonly LedgerEntry[], outlet: Outlet): Promise<void> {
    const from = sent
    // Before the first entry that was ever sent nothing is missed.
    let at = sent === 0 ? (entries[0]?.seq ?? 1) - 1 : sent
    let gone = 0
    for (const { seq } of entries) {
      gone += seq - at - 1
      at = seq
    }
    const chosen = entries.filter((entry) => config.forward.kinds.includes(kindOf(entry)))
    const text = chosen.map(textOf).join('')
    if (text !== '') {
      tried = Math.max(tried, at)
      await repository.put(target.text, { sent, tried })
      await outlet.send(text)
    }
    sent = at
    await repository.put(target.text, { sent, tried: Math.max(sent, tried) })
    unread = [...unread, { from, at: clock.monotonic() }].slice(-UNREAD_BATCHES)
    if (gone > 0) {
      missed += gone
      log.warn({ to: target.text, count: gone }, 'entries were removed from the ledger before they were sent')
    }
  }

  async function work(ending: AbortSignal, stop: AbortSignal): Promise<void> {
    openedAt = Number.POSITIVE_INFINITY
    const outlet =
      target.over === 'file' ? await openFile(target.path) : await openNetwork(target, deps, stop)
    try {
      if ('last' in outlet) await takeOver(outlet.last as LastRecord | undefined)
      problem = null
      openedAt = clock.monotonic()
      while (!stop.aborted) {
        const more = new Promise<void>((resolve) => {
          wake = resolve
        })
        const entries = await audit.after(sent, BATCH)
        if (entries.length > 0) await give(entries, outlet)
        else if (ending.aborted) return
        else await Promise.race([more, outlet.ended])
      }
    } finally {
      await outlet.close()
    }
  }

  /** What a collector acknowledged just before it ended the connection is sent again. */
  function rewind(): void {
    const first = unread.find(({ at }) => clock.monotonic() - at < UNREAD_MS)
    unread = []
    if (first !== undefined && target.over !== 'file') sent = Math.min(sent, first.from)
  }

  return {
    async run(ending, stop) {
      const onNews = () => wake()
      const unlisten = audit.onWritten(onNews)
      for (const signal of [ending, stop]) signal.addEventListener('abort', onNews, { once: true })
      await begin()
      for (let failures = 0; !stop.aborted; ) {
        try {
          await work(ending, stop)
          break
        } catch (error) {
          if (stop.aborted || ending.aborted) break
          rewind()
          // A collector that ends each connection at once gets the same entries each time: at a slower pace, and with one line in the log.
          failures = clock.monotonic() - openedAt > UNREAD_MS ? 1 : failures + 1
          const reason = (error as Error).message
          if (failures === 1 || (problem ?? reason) !== reason)
            log.warn({ to: target.text, reason }, 'the ledger is not sent to this target')
          problem = reason
          const ms = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS)
          await new Promise<void>((resolve) => {
            const cancel = timers.after(ms, resolve)
            wake = () => {
              if (!ending.aborted && !stop.aborted) return
              cancel()
              resolve()
            }
          })
        }
      }
      unlisten()
    },
    status: () => ({ to: target.text, sent, missed, problem }),
  }
}
