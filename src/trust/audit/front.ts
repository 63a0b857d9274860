// What is removed from the front of the ledger, the entry that stands for it, and what stays: decisions of this node's people.
import { DAY_MS } from '../../base/calendar.ts'
import type { AuditBase, AuditRepository, AuditRow } from '../../store/tables/audit.ts'
import { GENESIS, hashEntry, makeRow } from './entry.ts'
import { isLasting, LASTING_MAX, lastingDigest } from './lasting.ts'

/** To be written in one batch, with a head over it. */
export interface Cut {
  readonly row: AuditRow
  readonly base: AuditBase
  /** Numbers up to the base's that stay. */
  readonly keep: ReadonlySet<number>
}

export interface FrontOptions {
  readonly repository: AuditRepository
  /** Entries that are kept; the oldest tenth goes at once when there are more. */
  readonly keptMax: number
  /** Default 20 000 decisions. */
  readonly lastingMax?: number
}

export interface Front {
  /** Undefined when nothing is to go. `before` (ms since the epoch): what is older goes for its age, decisions too. */
  cut(
    newest: Pick<AuditRow, 'seq' | 'hash'>,
    base: AuditBase | undefined,
    now: number,
    before: number | undefined,
  ): Promise<Cut | undefined>
}

export function createFront({ repository, keptMax, lastingMax = LASTING_MAX }: FrontOptions): Front {
  /** Number of the last entry to go, decisions aside: when there are too many the oldest tenth, and those before `before`. */
  async function lastToGo(newest: number, removed: number, before: number | undefined): Promise<number> {
    const seq = newest - removed > keptMax ? newest - Math.floor(keptMax * 0.9) : removed
    if (before === undefined) return seq
    let oldest: number | undefined
    let through = 0
    for await (const { seq: at, row } of repository.forwards()) {
      if (row === undefined || row.ts >= before) break
      oldest ??= row.ts
      through = at
    }
    // Once a day: each time costs an entry and a signature.
    if (oldest === undefined || oldest >= before - DAY_MS) return seq
    return Math.max(seq, through)
  }

  /** The rows up to `seq`: those kept before, and those that stood in the chain until now and are as they were written. */
  async function readFront(seq: number, base: AuditBase | undefined) {
    const kept: AuditRow[] = []
    const added: AuditRow[] = []
    let previous: Uint8Array | undefined = base?.hash ?? GENESIS
    for await (const { seq: at, row } of repository.forwards()) {
      if (at > seq) break
      if (at <= (base?.seq ?? 0)) {
        if (row !== undefined) kept.push(row)
        continue
      }
      const whole =
        row !== undefined &&
        previous !== undefined &&
        Buffer.compare(hashEntry(row, previous), row.hash) === 0
      // What is damaged or altered is not made to look proven.
      if (whole && isLasting(row)) added.push(row)
      previous = row?.hash
    }
    return { kept, added }
  }

  return {
    async cut(newest, base, now, before) {
      const removed = base?.seq ?? 0
      const seq = await lastToGo(newest.seq, removed, before)
      const young = ({ ts }: AuditRow): boolean => before === undefined || ts >= before
      const isOver = async (): Promise<boolean> => {
        if (before === undefined || base?.lasting === undefined) return false
        for await (const { seq: at, row } of repository.forwards())
          return at <= removed && row !== undefined && row.ts < before - DAY_MS
        return false
      }
      if (seq <= removed && !(await isOver())) return undefined
      const through = Math.max(seq, removed)
      const last = through === removed ? base : (await repository.at(through))?.row
      // A damaged entry is evidence: nothing is removed from a ledger that cannot be continued from there.
      if (last === undefined) return undefined

      const { kept, added } = await readFront(through, base)
      const room = Math.max(0, lastingMax - added.filter(young).length)
      const young_kept = kept.filter(young)
      const stays = young_kept.slice(Math.max(0, young_kept.length - room))
      // Kept ones that are not what was signed stay, under the digest that says so.
      const proven = same(lastingDigest(kept), base?.lasting)
      const older = proven ? stays : kept
      const newer = added.filter(young).slice(-lastingMax)
      const lasting = lastingDigest(newer, proven ? lastingDigest(older) : base?.lasting)
      const details = {
        removed_through: through,
        hash: hex(last.hash),
        ...(lasting === undefined
          ? {}
          : { decisions_kept: older.length + newer.length, decisions_hash: hex(lasting) }),
      }
      return {
        row: makeRow(newest.seq + 1, now, { type: 'checkpoint', success: true, details }, newest.hash),
        base: { seq: through, hash: last.hash, ...(lasting === undefined ? {} : { lasting }) },
        keep: new Set([...older, ...newer].map((row) => row.seq)),
      }
    },
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const same = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one === undefined || other === undefined ? one === other : Buffer.compare(one, other) === 0
