// Removes the oldest entries of the ledger: a checkpoint entry takes their place, and decisions of this node's people
// stay, with a digest that proves them.
import { DAY_MS } from '../../base/calendar.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { orElse } from '../../base/run/or-else.ts'
import type { AuditBase, AuditRepository, AuditRow } from '../../store/tables/audit.ts'
import { isSame } from '../identity/index.ts'
import { GENESIS, hashEntry, makeRow } from './entry.ts'
import { causeOf } from './entry-types.ts'

/** Kept decisions; some 10 MB. The oldest go first. People make at most some thousand a day, other machines none. */
const LASTING_MAX = 20_000

/** To be written in one batch, with a head over it. */
export interface Cut {
  readonly row: AuditRow
  readonly base: AuditBase
  /** Numbers up to the base's that stay. */
  readonly keep: ReadonlySet<number>
  /** Entries that go and could not be read: how many. */
  readonly unreadable: number
}

/** `keptMax`: entries that are kept; the oldest tenth goes at once when there are more. */
export function createFront(repository: AuditRepository, keptMax: number, lastingMax = LASTING_MAX) {
  /** Number of the last entry to go, decisions aside: when there are too many the oldest tenth, and those before `before`. */
  async function lastToGo(newest: number, removed: number, before: number | undefined): Promise<number> {
    const seq = newest - removed > keptMax ? newest - Math.floor(keptMax * 0.9) : removed
    if (before === undefined) return seq
    let oldest: number | undefined
    let through = 0
    for await (const { seq: at, row } of repository.forwards()) {
      // An entry that cannot be read has no time, so the entries around it decide.
      if (row === undefined) continue
      if (row.ts >= before) break
      oldest ??= row.ts
      through = at
    }
    // Once a day: each time costs an entry and a signature.
    if (oldest === undefined || oldest >= before - DAY_MS) return seq
    return Math.max(seq, through)
  }

  /** The rows up to `seq`: those kept before, and those that stood in the chain until now and are as they were written. */
  async function readFront(seq: number, base: AuditBase) {
    const kept: AuditRow[] = []
    const added: AuditRow[] = []
    let unreadable = 0
    let previous: Uint8Array | undefined = base.hash
    for await (const { seq: at, row } of repository.forwards()) {
      if (at > seq) break
      if (row === undefined) unreadable++
      if (at <= base.seq) {
        if (row !== undefined) kept.push(row)
        continue
      }
      const whole = row !== undefined && previous !== undefined && isSame(hashEntry(row, previous), row.hash)
      // Damaged or altered decisions are not kept, because under the checkpoint they would look proven.
      if (whole && isLasting(row)) added.push(row)
      previous = row?.hash
    }
    return { kept, added, unreadable }
  }

  return {
    /** Undefined when nothing is to go. `before` (ms since the epoch): what is older goes for its age, decisions too. */
    async cut(
      newest: Pick<AuditRow, 'seq' | 'hash'>,
      base: AuditBase,
      now: number,
      before: number | undefined,
    ): Promise<Cut | undefined> {
      const removed = base.seq
      const seq = await lastToGo(newest.seq, removed, before)
      const young = ({ ts }: AuditRow): boolean => before === undefined || ts >= before
      const isOver = async (): Promise<boolean> => {
        if (before === undefined || base.lasting === undefined) return false
        for await (const { seq: at, row } of repository.forwards())
          if (row !== undefined) return at <= removed && row.ts < before - DAY_MS
        return false
      }
      if (seq <= removed && !(await isOver())) return undefined
      const through = Math.max(seq, removed)
      const last = through === removed ? base : (await repository.at(through))?.row
      // A damaged entry is evidence: nothing is removed from a ledger that cannot be continued from there.
      if (last === undefined) return undefined

      const { kept, added, unreadable } = await readFront(through, base)
      const newer = added.filter(young).slice(-lastingMax)
      const room = lastingMax - newer.length
      const older = room === 0 ? [] : kept.filter(young).slice(-room)
      // The limits apply even if kept decisions were altered; in that case the digest still shows the alteration.
      const digest = lastingDigest(kept)
      const proven = digest === undefined ? base.lasting === undefined : isSame(digest, base.lasting)
      const lasting = lastingDigest(newer, proven ? lastingDigest(older) : base.lasting)
      const details = {
        removed_through: through,
        hash: toHex(last.hash),
        unreadable: unreadable || undefined,
        decisions_kept: lasting && older.length + newer.length,
        decisions_hash: lasting && toHex(lasting),
      }
      return {
        row: makeRow(newest.seq + 1, now, { type: 'checkpoint', success: true, details }, newest.hash),
        base: { seq: through, hash: last.hash, ...(lasting === undefined ? {} : { lasting }) },
        keep: new Set([...older, ...newer].map((row) => row.seq)),
        unreadable,
      }
    },
  }
}

/** An attempt that was refused is not a decision. */
const isLasting = ({ type, details }: AuditRow): boolean =>
  causeOf(type) === 'decision' &&
  orElse(
    () => (JSON.parse(Buffer.from(details).toString('utf8')) as { success?: unknown }).success === true,
    false,
  )

/**
 * Continues `digest` (32 bytes; GENESIS for none) over `row`: number, time, type, details, and its place in the chain
 * it stood in. The entries between two kept ones are gone, so their own hashes do not chain any more.
 */
const extend = (digest: Uint8Array, row: AuditRow): Uint8Array => blake3([hashEntry(row, digest), row.hash])

/** Undefined if there are no kept decisions. */
export function lastingDigest(rows: Iterable<AuditRow>, from?: Uint8Array): Uint8Array | undefined {
  let digest = from
  for (const row of rows) digest = extend(digest ?? GENESIS, row)
  return digest
}
