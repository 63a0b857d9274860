// Walks the ledger from its first entry and finds the first that is altered, missing, or not what was signed.
import type { AuditRepository, AuditRow } from '../store/audit.ts'
import { GENESIS, hashEntry, readRow } from './entry.ts'
import { readHead } from './head.ts'
import type { AuditVerdict } from './index.ts'

/** `publicKey`: whose signature the heads must have. Reads the ledger as of its start. */
export async function verifyLedger(
  repository: Pick<AuditRepository, 'base' | 'heads' | 'forwards'>,
  publicKey: Uint8Array,
): Promise<AuditVerdict> {
  // Heads before entries: entries that are written meanwhile have no head here, and no head lacks its entry.
  const base = await repository.base()
  const signed = new Map<number, Uint8Array | undefined>()
  for (const head of await repository.heads()) signed.set(head.seq, readHead(head, publicKey))
  const newestHead = Math.max(0, ...signed.keys())

  let previous: Uint8Array = base?.hash ?? GENESIS
  let expected = (base?.seq ?? 0) + 1
  let head: Uint8Array = previous
  let entries = 0
  let firstBad: number | null = null
  // A front that was removed must be told by an entry that is itself under a signed head.
  let baseProven = base === undefined
  for await (const { seq, row } of repository.forwards()) {
    entries++
    if (row !== undefined) head = row.hash
    if (firstBad !== null) continue
    if (seq !== expected || row === undefined || !continues(row, previous) || !agrees(row, signed)) {
      firstBad = expected
      continue
    }
    if (base !== undefined && seq <= newestHead && row.type === 'checkpoint') {
      const told = readRow(row)?.details
      baseProven ||=
        told?.removed_through === base.seq && told.hash === Buffer.from(base.hash).toString('hex')
    }
    previous = row.hash
    expected++
  }
  if (firstBad === null && !baseProven) firstBad = (base?.seq ?? 0) + 1
  // A signed head over entries that are not there: the end was cut off.
  if (firstBad === null && newestHead >= expected) firstBad = expected
  return { ok: firstBad === null, entries, head: Buffer.from(head).toString('hex'), first_bad: firstBad }
}

const continues = (row: AuditRow, previous: Uint8Array): boolean =>
  Buffer.compare(hashEntry(row, previous), row.hash) === 0

function agrees(row: AuditRow, signed: ReadonlyMap<number, Uint8Array | undefined>): boolean {
  if (!signed.has(row.seq)) return true
  const hash = signed.get(row.seq)
  return hash !== undefined && Buffer.compare(hash, row.hash) === 0
}
