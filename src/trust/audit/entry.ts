// The bytes of one entry of the ledger, and how entries are chained by BLAKE3.
import type { NodeId } from '../../../protocols/node-id.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import type { AuditBase, AuditRow } from '../../store/tables/audit.ts'
import type { AuditType } from './entry-types.ts'
import type { AuditEntry, AuditRecord } from './types.ts'

const HASH_BYTES = 32
/** The hash to which the first entry is chained. */
export const GENESIS: Uint8Array = new Uint8Array(HASH_BYTES)
/** The base of a ledger from which nothing was removed. */
export const NO_BASE: AuditBase = { seq: 0, hash: GENESIS }
/** Most bytes the details of one entry take; larger ones are replaced by a note that says so. */
export const DETAILS_MAX = 2048

/**
 * The canonical bytes, in this order, integers big-endian:
 *
 *     seq      8   number of the entry, from 1
 *     ts       8   milliseconds since the epoch
 *     type     1 + n   length, then UTF-8
 *     details  4 + n   length, then UTF-8 JSON as RFC 8785 (JCS) has it:
 *                      {"details":{…},"peer":"karo:…","success":true,"trace_id":"…"}, absent members left out
 *     previous 32  hash of the entry before; zeros for the first
 *
 * The hash is BLAKE3 over them (ADR, "Audit Trail": timestamp, type, peer, details and success are all covered).
 * Lengths stand before what varies, so no two entries have the same bytes.
 */
export function hashEntry(entry: Omit<AuditRow, 'hash'>, previous: Uint8Array): Uint8Array {
  const type = Buffer.from(entry.type, 'utf8')
  const head = Buffer.alloc(17)
  head.writeBigUInt64BE(BigInt(entry.seq), 0)
  head.writeBigUInt64BE(BigInt(entry.ts), 8)
  head.writeUInt8(type.length, 16)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(entry.details.length)
  return blake3([head, type, length, entry.details, previous])
}

export function makeRow(seq: number, ts: number, record: AuditRecord, previous: Uint8Array): AuditRow {
  const entry = { seq, ts, type: record.type, details: encodeDetails(record) }
  return { ...entry, hash: hashEntry(entry, previous) }
}

function encodeDetails(record: AuditRecord): Uint8Array {
  const whole = canonicalDetails(record)
  if (whole.length <= DETAILS_MAX) return whole
  return canonicalDetails({ ...record, details: { oversized_bytes: whole.length } })
}

/** The bytes of an entry's details as they are hashed. */
export function canonicalDetails({
  success,
  peer,
  trace_id,
  details,
}: Omit<AuditRecord, 'type'>): Uint8Array {
  const outer = {
    details: canonicalObject(details),
    peer: json(peer),
    success: json(success),
    trace_id: json(trace_id),
  }
  return Buffer.from(joinMembers(Object.entries(outer)), 'utf8')
}

function canonicalObject(flat: AuditRecord['details']): string {
  return joinMembers(
    Object.entries(flat)
      // RFC 8785 orders members by their UTF-16 units, which is how ECMAScript compares strings.
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, json(value)]),
  )
}

const json = (value: string | number | boolean | undefined): string | undefined => JSON.stringify(value)

const joinMembers = (members: readonly (readonly [string, string | undefined])[]): string =>
  `{${members.flatMap(([name, value]) => (value === undefined ? [] : [`${JSON.stringify(name)}:${value}`])).join(',')}}`

/** Undefined when the details are not what `makeRow` writes. */
export function readRow(row: AuditRow): AuditEntry | undefined {
  try {
    const { success, peer, trace_id, details } = JSON.parse(Buffer.from(row.details).toString('utf8')) as {
      success: boolean
      peer?: NodeId
      trace_id?: string
      details: AuditEntry['details']
    }
    return {
      seq: row.seq,
      ts: row.ts,
      type: row.type as AuditType,
      success,
      peer,
      trace_id,
      details,
      hash: toHex(row.hash),
    }
  } catch {
    return undefined
  }
}
