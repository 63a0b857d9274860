// Decisions that stay when the entries around them are removed: which they are, and the digest that proves them.
import { blake3 } from '../../base/hash.ts'
import { orElse } from '../../base/run/or-else.ts'
import type { AuditRow } from '../../store/tables/audit.ts'
import { GENESIS, hashEntry } from './entry.ts'
import { AUDIT_CAUSES, type AuditType } from './entry-types.ts'

/** Kept decisions; some 10 MB. The oldest go first. People make at most some thousand a day, other machines none. */
export const LASTING_MAX = 20_000

/** An attempt that was refused is not a decision. */
export const isLasting = ({ type, details }: AuditRow): boolean =>
  AUDIT_CAUSES[type as AuditType] === 'decision' && succeeded(details)

/** Canonical details (entry.ts) say so in so many bytes, and no member before it can hold them unescaped. */
function succeeded(details: Uint8Array): boolean {
  return orElse(
    () => (JSON.parse(Buffer.from(details).toString('utf8')) as { success?: unknown }).success === true,
    false,
  )
}

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
