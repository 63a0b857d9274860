// Walks the ledger from its first entry and finds the first that is altered, missing, or not what was signed.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { toHex } from '../../base/hex.ts'
import type { AuditRepository, AuditRow } from '../../store/tables/audit.ts'
import { isSame } from '../identity/index.ts'
import { hashEntry, NO_BASE, readRow } from './entry.ts'
import { lastingDigest } from './front.ts'
import { readHead } from './head.ts'
import { createSigners, isKeyChange } from './signers.ts'
import type { AuditVerdict, HeadElsewhere } from './types.ts'

/** `publicKey`: whose signature the heads must have, or that of a key it replaced. Reads the ledger as of its start. */
export async function verifyLedger(
  repository: Pick<AuditRepository, 'base' | 'heads' | 'forwards'>,
  publicKey: Uint8Array,
  elsewhere: readonly HeadElsewhere[] = [],
): Promise<AuditVerdict> {
  // Heads before entries: entries that are written meanwhile have no head here, and no head lacks its entry.
  const base = (await repository.base()) ?? NO_BASE
  const signed = new Map<number, ReturnType<typeof readHead>>()
  for (const head of await repository.heads()) signed.set(head.seq, readHead(head))
  const newestHead = Math.max(0, ...signed.keys())
  const outside = newestOf(elsewhere, formatNodeId(publicKey))

  const signers = createSigners()
  let previous: Uint8Array = base.hash
  let expected = base.seq + 1
  let head: Uint8Array = previous
  let entries = 0
  let last = base.seq
  let firstBad: number | null = null
  /** Decisions from before the base, in their order. */
  const kept: AuditRow[] = []
  // A front that was removed must be told by an entry that is itself under a signed head, and so must be what stayed of it.
  let baseProven = base === NO_BASE
  let keptHash: unknown
  for await (const { seq, row } of repository.forwards()) {
    entries++
    // An entry beyond the head that is kept elsewhere was written later, and stands for none of those under that head.
    if (outside === undefined || seq <= outside.seq) last = Math.max(last, seq)
    if (row !== undefined) head = row.hash
    if (firstBad !== null) continue
    if (seq <= base.seq) {
      if (row === undefined) firstBad = seq
      else kept.push(row)
      continue
    }
    if (seq !== expected || row === undefined || !continues(row, previous) || !agrees(row, signed)) {
      firstBad = expected
      continue
    }
    if (base !== NO_BASE && seq <= newestHead && row.type === 'checkpoint') {
      const told = readRow(row)?.details
      if (told?.removed_through === base.seq && told.hash === toHex(base.hash)) {
        baseProven = true
        keptHash = told.decisions_hash
      }
    }
    if (isKeyChange(row.type)) signers.entry(seq, row.type, readRow(row)?.details)
    const over = signed.get(seq)
    if (over !== undefined) signers.head(seq, over.signer)
    // The entry at this number differs from the one whose head is kept elsewhere: the end of the ledger was rewritten.
    if (seq === outside?.seq && !isSame(row.hash, outside.hash)) {
      firstBad = seq
      continue
    }
    previous = row.hash
    expected++
  }
  if (firstBad === null && !baseProven) firstBad = base.seq + 1
  const digest = lastingDigest(kept)
  if (firstBad === null && hexOf(digest) !== keptHash) firstBad = kept[0]?.seq ?? base.seq
  // A signed head over entries that are not there: the end was cut off.
  if (firstBad === null && newestHead >= expected) firstBad = expected
  const missing = Math.max(0, (outside?.seq ?? 0) - last)
  if (firstBad === null && missing > 0) firstBad = expected
  const { unproven, earlier } = signers.judge(formatNodeId(publicKey))
  if (unproven !== undefined) firstBad = Math.min(unproven, firstBad ?? unproven)
  return {
    ok: firstBad === null,
    entries,
    head: toHex(head),
    first_bad: firstBad,
    earlier_keys: earlier,
    ...(outside === undefined
      ? {}
      : { outside: { seq: outside.seq, ts: outside.ts, by: outside.by, missing } }),
  }
}

/** Of the heads that `own` signed, the one that covers the most entries. */
function newestOf(elsewhere: readonly HeadElsewhere[], own: NodeId) {
  let newest: { seq: number; ts: number; hash: Uint8Array; by: readonly NodeId[] } | undefined
  for (const { frame, by } of elsewhere) {
    const head = readHead({ seq: 0, frame })
    if (head === undefined || head.signer !== own) continue
    const more = newest === undefined || head.seq > newest.seq
    // Of the same one, the copy that others have says more.
    if (more || (head.seq === newest?.seq && by.length > 0)) newest = { ...head, by }
  }
  return newest
}

const hexOf = (bytes: Uint8Array | undefined): string | undefined => bytes && toHex(bytes)

const continues = (row: AuditRow, previous: Uint8Array): boolean => isSame(hashEntry(row, previous), row.hash)

function agrees(row: AuditRow, signed: ReadonlyMap<number, ReturnType<typeof readHead>>): boolean {
  if (!signed.has(row.seq)) return true
  const over = signed.get(row.seq)
  return over !== undefined && isSame(over.hash, row.hash)
}
