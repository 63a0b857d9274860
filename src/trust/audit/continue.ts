// Where a ledger continues after a start: after its newest entry, and never with a number that was used before.
import type { AuditBase, AuditRepository, AuditRow } from '../../store/tables/audit.ts'
import { makeRow, NO_BASE } from './entry.ts'
import type { AuditRecord } from './types.ts'

export interface LedgerEnd {
  /** The next entry has the next number and continues this hash. */
  readonly newest: Pick<AuditRow, 'seq' | 'ts' | 'hash'>
  /** There is an entry with that number, and it cannot be read. */
  readonly damaged: boolean
  /** The last removed entry. */
  readonly base: AuditBase
  /** Number of the newest entry that a signed head covers, and that head; it is empty when damaged. */
  readonly signed: { readonly seq: number; readonly frame: Uint8Array } | undefined
}

/** `now` (ms since the epoch) stands for the time of an entry that cannot be read. */
export async function readEnd(repository: AuditRepository, now: number): Promise<LedgerEnd> {
  const place = await repository.newest()
  const base = (await repository.base()) ?? NO_BASE
  const newest = place?.row ?? { seq: place?.seq ?? base.seq, ts: now, hash: NO_BASE.hash }
  const signed = (await repository.heads()).at(-1)
  // Entries cut off the end must stay missed: numbers that were signed are not given out again.
  const seq = Math.max(newest.seq, signed?.seq ?? 0)
  return {
    newest: { ...newest, seq },
    damaged: place !== undefined && place.row === undefined,
    base,
    signed,
  }
}

/** Appends one entry to the ledger of a node that does not run; the node signs it when it does. Durable when it resolves. */
export async function appendEntry(
  repository: AuditRepository,
  now: number,
  record: AuditRecord,
): Promise<void> {
  const { newest } = await readEnd(repository, now)
  await repository.append([makeRow(newest.seq + 1, now, record, newest.hash)])
}
