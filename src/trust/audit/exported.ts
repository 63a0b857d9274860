// A ledger outside of its node: its first line, and how it is verified where there is only the file.
import { formatNodeId, type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { isSame } from '../identity/index.ts'
import { canonicalDetails, hashEntry } from './entry.ts'
import { readHead } from './head.ts'
import { createSigners } from './signers.ts'
import type { AuditEntry, EarlierKey, ExportHead, ExportHeader } from './types.ts'

/** Of the file, in its first line. */
const FORMAT: ExportHeader['karo_ledger'] = 1

export interface ExportVerdict {
  /** Every entry continues the one before it, and the last one is signed. */
  readonly ok: boolean
  readonly entries: number
  /** Hash of the last good entry, 64 hex digits. */
  readonly head: string
  /** Number of the first entry that is altered, missing, or differs from what was signed; null if there is none. */
  readonly first_bad: number | null
  /** Whose signature it has: to be compared with what that node's `karo identity show` says. */
  readonly node_id: NodeId
  /** Numbers of the first and the last good entry; null when there is none. */
  readonly first: number | null
  readonly last: number | null
  /** Number of the newest entry under a signature; what comes after it anybody could have written. */
  readonly signed_through: number | null
  /** Keys that signed before that one, oldest first; each was replaced by the next, which an entry says. */
  readonly earlier_keys: readonly EarlierKey[]
}

export function headerOf(
  publicKey: Uint8Array,
  now: number,
  base: { seq: number; hash: Uint8Array },
): ExportHeader {
  return {
    karo_ledger: FORMAT,
    node_id: formatNodeId(publicKey),
    exported_at: new Date(now).toISOString(),
    base: { seq: base.seq, hash: toHex(base.hash) },
  }
}

/**
 * Needs nothing but the lines. Never throws for what is in an entry; KaroError bad_file when the first line is not that
 * of a ledger.
 */
export async function verifyExport(lines: AsyncIterable<unknown>): Promise<ExportVerdict> {
  const walk = lines[Symbol.asyncIterator]()
  const header = headerFrom((await walk.next()).value)
  const signers = createSigners()
  let previous: Uint8Array = Buffer.from(header.base.hash, 'hex')
  let expected = header.base.seq + 1
  let entries = 0
  let firstBad: number | null = null
  let signed: number | null = null
  let first: number | null = null
  for (let step = await walk.next(); step.done !== true; step = await walk.next()) {
    const line = step.value as Partial<AuditEntry & ExportHead & { timestamp: string }> | null
    if (line?.head !== undefined) {
      if (firstBad !== null) continue
      if (typeof line.head !== 'object' || line.head === null) {
        firstBad = expected
        continue
      }
      const told = readSigned(line.head)
      // Over the entry just read, and no other.
      if (
        line.head.seq === expected - 1 &&
        first !== null &&
        told !== undefined &&
        isSame(told.hash, previous)
      ) {
        signed = expected - 1
        signers.head(signed, told.signer)
      } else firstBad = first === null ? expected : expected - 1
      continue
    }
    entries++
    if (firstBad !== null) continue
    const hash = hashOf(line, expected, previous)
    if (hash === undefined) {
      firstBad = expected
      continue
    }
    first ??= expected
    signers.entry(expected, line?.type ?? '', line?.details)
    previous = hash
    expected++
  }
  const last = first === null ? null : expected - 1
  const { unproven, earlier } = signers.judge(header.node_id)
  if (unproven !== undefined) firstBad = Math.min(unproven, firstBad ?? unproven)
  return {
    ok: firstBad === null && last !== null && signed === last,
    entries,
    head: toHex(previous),
    first_bad: firstBad,
    node_id: header.node_id,
    first,
    last,
    signed_through: signed,
    earlier_keys: earlier,
  }
}

function headerFrom(value: unknown): ExportHeader {
  const { karo_ledger, node_id, base } = (value ?? {}) as Partial<ExportHeader>
  const good =
    karo_ledger === FORMAT &&
    typeof node_id === 'string' &&
    parseNodeId(node_id) !== undefined &&
    Number.isSafeInteger(base?.seq) &&
    /^[0-9a-f]{64}$/.test(String(base?.hash))
  if (good) return value as ExportHeader
  throw new KaroError('bad_file', 'this is no ledger as `karo audit export` writes it', {
    hint: 'Only the format ndjson can be verified, and only whole, with its first line.',
  })
}

function readSigned(head: Partial<ExportHead['head']>): ReturnType<typeof readHead> {
  if (typeof head.frame !== 'string' || typeof head.seq !== 'number') return undefined
  const frame = Buffer.from(head.frame, 'base64url')
  // The unused bits of the last character have to be zero: otherwise two texts would encode the same signature.
  return frame.toString('base64url') === head.frame ? readHead({ seq: head.seq, frame }) : undefined
}

/** The hash, computed from the fields of the line; undefined if it differs from the hash in the line. */
function hashOf(
  line: Partial<AuditEntry & { timestamp: string }> | null,
  seq: number,
  previous: Uint8Array,
): Uint8Array | undefined {
  try {
    const { type, success, peer, trace_id, details, timestamp, hash } = line ?? {}
    const ts = Date.parse(String(timestamp))
    if (line?.seq !== seq || typeof type !== 'string' || typeof details !== 'object') return undefined
    // No other spelling of the same moment.
    if (new Date(ts).toISOString() !== timestamp) return undefined
    const bytes = canonicalDetails({
      success: success as boolean,
      details,
      peer,
      trace_id,
    })
    const computed = hashEntry({ seq, ts, type, details: bytes }, previous)
    return toHex(computed) === hash ? computed : undefined
  } catch {
    return undefined
  }
}
