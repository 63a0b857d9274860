// The audit room: one writer appends what happened to the chained ledger, in call order, and signs its head.
import { formatNodeId } from '../../../protocols/node-id.ts'
import { singleFlight } from '../../base/async/single-flight.ts'
import { DAY_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { createQuota, createQuotas } from '../../base/quota.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { AuditRepository, AuditRow } from '../../store/tables/audit.ts'
import type { Identity } from '../identity/index.ts'
import { readEnd } from './continue.ts'
import { makeRow, NO_BASE } from './entry.ts'
import { type AuditType, causeOf } from './entry-types.ts'
import { type Cut, createFront } from './front.ts'
import { readHead, signHead } from './head.ts'
import { createReading } from './reading.ts'
import { keyChange } from './signers.ts'
import { createTimes } from './times.ts'
import type { AuditRecord, HeadElsewhere } from './types.ts'
import { verifyLedger } from './verify.ts'

/** How long the newest entries may stay without a signature over them. */
export const HEAD_EVERY_MS = 3_600_000
/** Entries waiting to be written; beyond, they are counted and dropped. */
export const QUEUE_MAX = 10_000
/** Entries in one batch, which is one fsync. */
const BATCH_MAX = 256
/** How long after a failed write the disk is tried again: dropped entries are reported also if no further entry comes. */
const RETRY_MS = 3_000
/** Entries that need not be on disk at once are written together with the next ones, or after this time. */
const SOON_MS = 1_000
/** Kept entries; some 50 MB. The oldest tenth goes at once when there are more. */
const KEPT_MAX = 200_000

export interface AuditOptions extends Pick<Ambient, 'clock' | 'random' | 'log'> {
  readonly repository: AuditRepository
  readonly identity: Pick<Identity, 'publicKey' | 'sign' | 'former'>
  /** Default 200 000 entries. */
  readonly keptMax?: number
}

interface Waiting {
  readonly record: AuditRecord
  readonly ts: number
  /** False: it was dropped. */
  readonly written: (isKept: boolean) => void
}

export function createAudit(options: AuditOptions) {
  const { repository, identity, clock, random, log, keptMax = KEPT_MAX } = options
  const queue: Waiting[] = []
  const times = createTimes(repository)
  const front = createFront(repository, keptMax)
  const noise = createNoise(clock)
  /** Not yet told in the ledger. */
  let dropped = 0
  let droppedSinceStart = 0
  let state: 'new' | 'open' | 'stopped' = 'new'
  let failure: string | undefined
  /** Number, time and hash of the newest entry on disk. */
  let newest: Pick<AuditRow, 'seq' | 'ts' | 'hash'> = { ...NO_BASE, ts: 0 }
  /** The last removed entry. */
  let base = NO_BASE
  let signedSeq = 0
  let headDue = false
  /** Monotonic. */
  let startedAt = clock.monotonic()
  let retryDue = false
  /** Older entries are to go (ms since the epoch). */
  let trimBefore: number | undefined
  const deaf = (error: unknown): void =>
    log.error({ error: String(error) }, 'a listener to the ledger failed')
  const heads = createListeners<[frame: Uint8Array]>(deaf)
  const records = createListeners<[entry: AuditRecord]>(deaf)
  const writings = createListeners<[seq: number]>(deaf)
  let pumping: Promise<void> | undefined

  async function sign(): Promise<void> {
    await settle()
    headDue ||= newest.seq > signedSeq
    await pump()
  }
  const reading = createReading({ repository, identity, clock, times, settle: () => settle(), sign })

  function drop(count: number): void {
    if (dropped === 0) log.error({ count }, 'audit entries were dropped')
    dropped += count
    droppedSinceStart += count
  }

  function chain(batch: readonly Waiting[]): AuditRow[] {
    const rows: AuditRow[] = []
    let at = newest
    const add = (ts: number, record: AuditRecord): void => {
      const row = makeRow(at.seq + 1, ts, record, at.hash)
      rows.push(row)
      at = row
    }
    if (dropped > 0) {
      add(clock.now(), { type: 'entries_dropped', success: false, details: { count: dropped } })
    }
    for (const { ts, record } of batch) add(ts, record)
    return rows
  }

  async function write(rows: readonly AuditRow[], sign: boolean, cut?: Cut): Promise<void> {
    const last = rows.at(-1) ?? newest
    const entries = last.seq - (cut?.base ?? base).seq
    // When it is signed, not when something was done: every member reads it.
    const ts = Math.max(last.ts, clock.now())
    const head = sign
      ? signHead({ seq: last.seq, hash: last.hash, ts, entries }, identity, clock, random)
      : undefined
    await repository.append(rows, { head, base: cut?.base, keep: cut?.keep })
    newest = last
    for (const { seq, ts } of rows) times.note(seq, ts)
    base = cut?.base ?? base
    if (rows.length > 0) writings.tell(newest.seq)
    if (head === undefined) return
    signedSeq = last.seq
    heads.tell(head.frame)
  }

  async function writeNext(): Promise<void> {
    const batch = queue.splice(0, BATCH_MAX)
    const told = dropped
    /** Entries of this batch that are not written yet. */
    let lost = batch.length
    retryDue = false
    try {
      const sign = headDue
      headDue = false
      await write(chain(batch), sign)
      lost = 0
      dropped -= told
      failure = undefined
      const before = trimBefore
      trimBefore = undefined
      const cut = await front.cut(newest, base, clock.now(), before)
      if (cut !== undefined) await write([cut.row], true, cut)
      if (cut && cut.unreadable > 0)
        log.warn(
          { count: cut.unreadable },
          'entries of the ledger that could not be read went with older ones',
        )
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error)
      trimBefore = undefined
      if (lost > 0) drop(lost)
    }
    for (const { written } of batch) written(lost === 0)
  }

  async function pumpAll(): Promise<void> {
    while (queue.length > 0 || headDue || retryDue || trimBefore !== undefined) await writeNext()
    pumping = undefined
    if (failure !== undefined && state === 'open') retry.set(RETRY_MS)
    if (newest.seq > signedSeq && state === 'open') armHead()
  }

  function pump(): Promise<void> {
    pumping ??= Promise.resolve().then(pumpAll)
    return pumping
  }

  const soonest = createAlarm(() => void pump())
  const retry = createAlarm(() => {
    retryDue = true
    void pump()
  })
  const headAlarm = createAlarm(() => {
    tellCounted()
    headDue = newest.seq > signedSeq
    void pump()
  })

  /** Writes what waits, so that a reader sees everything that was recorded before. */
  const settle = (): Promise<void> => (state === 'open' ? pump() : Promise.resolve())

  function enqueue(record: AuditRecord, soon = false): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    if (queue.length >= QUEUE_MAX || state === 'stopped') {
      drop(1)
      resolve(false)
    } else {
      queue.push({ record, ts: clock.now(), written: resolve })
      // Entries from before the start are written when the ledger has started.
      if (state === 'open') soon ? soonest.set(SOON_MS) : void pump()
    }
    return promise
  }

  function tellCounted(atOnce = false): void {
    const counted = noise.due(atOnce)
    if (counted !== undefined) void enqueue(counted)
  }

  /** At a full hour since the start: when a head comes shall not say when something was done. */
  function armHead(): void {
    headAlarm.set(HEAD_EVERY_MS - ((clock.monotonic() - startedAt) % HEAD_EVERY_MS))
  }

  function take(record: AuditRecord, soon?: boolean): Promise<boolean> {
    records.tell(record)
    const admitted = noise.admits(record)
    tellCounted()
    return admitted ? enqueue(record, soon) : Promise.resolve(true)
  }

  return {
    name: 'audit',

    async start() {
      const end = await readEnd(repository, clock.now())
      if (end.damaged) {
        log.error(
          { entry: end.newest.seq },
          'the newest audit entry is damaged; `karo audit verify` says where it begins',
        )
      }
      newest = end.newest
      base = end.base
      const { signed } = end
      signedSeq = signed?.seq ?? 0
      state = 'open'
      startedAt = clock.monotonic()
      // The home was restored without its key, or has another key: an entry says up to where the old key signed.
      const own = formatNodeId(identity.publicKey)
      const signer = signed && readHead(signed)?.signer
      if (signer && signer !== own) {
        const isRotation = identity.former.some(({ nodeId }) => nodeId === signer)
        if (!isRotation) {
          log.warn(
            { previous: signer },
            'this ledger was signed by another key until now; the change is an entry',
          )
        }
        queue.unshift({ record: keyChange(signer, own, isRotation), ts: clock.now(), written: () => {} })
        headDue = true
      }
      // A damaged one is empty; `verify` says so.
      if (signed && signed.frame.length > 0) heads.tell(signed.frame)
      void pump()
    },

    async stop() {
      if (state !== 'open') return
      tellCounted(true)
      state = 'stopped'
      for (const alarm of [headAlarm, retry, soonest]) alarm.clear()
      await pumping
      headDue = newest.seq > signedSeq
      await pump()
    },

    health() {
      const ok = state === 'open' && failure === undefined
      const detail = ok
        ? 'the ledger is being written'
        : `the ledger is not being written: ${failure ?? 'closed'}`
      return [{ name: 'audit.writable', ok, detail }]
    },

    ...reading,
    ...recordingBy(take),
    /** Resolves when a signed head covers every entry that was recorded before. */
    sign,

    /**
     * Removes entries that are older than `before` (ms since the epoch), as far as they are the oldest; an entry that
     * names the last of them stands for them. Resolves when that is on disk.
     */
    async trim(before: number) {
      if (state !== 'open') return
      trimBefore = before
      await pump()
    },

    // A walk reads the whole ledger, so a caller during one gets its verdict instead of a walk of its own.
    /**
     * Walks the whole chain and compares it with every signed head, those `elsewhere` among them: an end that was cut off
     * with its heads shows by them alone. What it cannot notice: the loss of entries newer than the last head that left
     * the machine (at most an hour's, and those of the last moment before a stop), and a rewrite by somebody who holds this node's key.
     */
    verify: singleFlight(async (elsewhere: readonly HeadElsewhere[] = []) => {
      await settle()
      return verifyLedger(repository, identity.publicKey, elsewhere)
    }),

    /**
     * Entries written in the life of this ledger, up to which of them none is left but kept decisions, and how many were lost since
     * the start.
     */
    status: () => ({ written: newest.seq, removed: base.seq, dropped: droppedSinceStart }),
    /** Fires with every entry as it is queued, in call order, also when it cannot be written. */
    onRecord: records.on,
    /** Fires with every signed head (an AuditHead frame) that is durable, at the start with the newest one there is. */
    onHead: heads.on,
    /** Fires when entries are on disk, with the number of the newest one. */
    onWritten: writings.on,
  }
}

export type Audit = ReturnType<typeof createAudit>

const recordingBy = (take: (record: AuditRecord, soon?: boolean) => Promise<boolean>) => ({
  /**
   * Queues an entry in call order; resolves when it is on disk. Never rejects for the caller's sake: it logs. `soon`: it is
   * written with what is recorded next, or within a second; a crash before that loses it.
   */
  async record(record: AuditRecord, { soon }: { readonly soon?: boolean } = {}) {
    await take(record, soon)
  },
  /** For what may only be done when it stands in the ledger: rejects with KaroError `unavailable` where the entry was not written. */
  async insist(record: AuditRecord) {
    if (await take(record)) return
    throw new KaroError('unavailable', 'it is not done, because the ledger cannot be written', {
      hint: 'karo status says what is wrong with it.',
    })
  },
})

/** One timer that is set at most once at a time, and keeps no process running. */
function createAlarm(ring: () => void) {
  let timer: NodeJS.Timeout | undefined
  return {
    /** Rings after `ms`, unless it is set already. */
    set(ms: number): void {
      timer ??= setTimeout(() => {
        timer = undefined
        ring()
      }, ms).unref()
    },
    clear(): void {
      clearTimeout(timer)
      timer = undefined
    },
  }
}

// The budget for entries that other machines cause in this ledger; events beyond it are counted in one entry an hour.

/**
 * For each cause, entries that all other machines together have: a burst, and as many in two days; and of these one
 * machine. What a machine signed against itself is rare, and must be told however much noise it makes beside it.
 */
const BUDGETS = {
  remote: { all: { frames: 1_000, perMs: 2 * DAY_MS }, ofOne: { frames: 100, perMs: 2 * DAY_MS } },
  proof: { all: { frames: 200, perMs: 2 * DAY_MS }, ofOne: { frames: 10, perMs: 2 * DAY_MS } },
} as const
/** Machines whose share is remembered; a forgotten one has its whole share again. */
const PEERS_MAX = 4_096
/** Between two entries that tell what was counted. */
const TELL_EVERY_MS = 3_600_000

function createNoise(clock: Pick<Clock, 'monotonic'>) {
  const budgetOf = ({ all, ofOne }: (typeof BUDGETS)['remote' | 'proof']) => ({
    all: createQuota(all),
    shareOf: createQuotas<string>(ofOne, PEERS_MAX),
  })
  const budgets = { remote: budgetOf(BUDGETS.remote), proof: budgetOf(BUDGETS.proof) }
  const counted = new Map<AuditType, number>()
  let toldAt = Number.NEGATIVE_INFINITY

  return {
    /** False: it is over the budget and has been counted. */
    admits({ type, peer }: AuditRecord) {
      const cause = causeOf(type)
      if (cause !== 'remote' && cause !== 'proof') return true
      const { all, shareOf } = budgets[cause]
      const now = clock.monotonic()
      if ((peer === undefined || shareOf(peer).take(now)) && all.take(now)) return true
      counted.set(type, (counted.get(type) ?? 0) + 1)
      return false
    },
    /** The entry that tells what was counted; undefined while there is nothing, or it is too soon. */
    due(atOnce = false): AuditRecord | undefined {
      const now = clock.monotonic()
      if (counted.size === 0 || (!atOnce && now - toldAt < TELL_EVERY_MS)) return undefined
      toldAt = now
      const details = Object.fromEntries(counted)
      counted.clear()
      return { type: 'entries_counted', success: true, details }
    },
  }
}
