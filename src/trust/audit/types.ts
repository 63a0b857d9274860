// What the audit room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Room } from '../../base/run/room.ts'
import type { AuditType } from './entry-types.ts'

export interface AuditRecord {
  readonly type: AuditType
  readonly success: boolean
  readonly peer?: NodeId | undefined
  /** 32 hex digits. */
  readonly trace_id?: string | undefined
  /** Flat facts: query type, range, decision, deciding rule. Never level 0. At most 2 KiB encoded, without what is undefined. */
  readonly details: Readonly<Record<string, string | number | boolean | undefined>>
}

export interface AuditEntry extends AuditRecord {
  /** From 1, without gaps. */
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly ts: number
  readonly details: Readonly<Record<string, string | number | boolean>>
  /** BLAKE3 (hex) of seq ‖ ts ‖ type ‖ details ‖ previous hash; entry.ts has the exact bytes. */
  readonly hash: string
}

/** A key that signed the ledger before it was replaced. */
export interface EarlierKey {
  readonly node_id: NodeId
  /** Number of the last entry before this key was replaced. */
  readonly through: number
}

export interface AuditVerdict {
  readonly ok: boolean
  /** Entries in the ledger. */
  readonly entries: number
  /** Hash of the newest readable entry, 64 hex digits; zeros for an empty ledger. */
  readonly head: string
  /** Number of the first entry that is altered, missing, or not what a signed head says; null when ok. */
  readonly first_bad: number | null
  /** Keys that signed it before this node's, oldest first; each was replaced by the next, which an entry says. */
  readonly earlier_keys: readonly EarlierKey[]
  /** The newest head of this ledger that is kept outside of it; absent when none is known. */
  readonly outside?: OutsideVerdict
}

/** A head of this ledger as others have it. */
export interface HeadElsewhere {
  /** The AuditHead frame; one that is not signed by this node counts for nothing. */
  readonly frame: Uint8Array
  /** Members that have it; none: it is this node's own copy beside the ledger. */
  readonly by: readonly NodeId[]
}

interface OutsideVerdict {
  /** Number of the newest entry it covers. */
  readonly seq: number
  /** When it was signed, milliseconds since the epoch. */
  readonly ts: number
  readonly by: readonly NodeId[]
  /** Entries it covers that this ledger does not reach; more than 0 is not ok. */
  readonly missing: number
}

/** Questions of one type from one peer, or from one operator through it. */
export interface Asked {
  readonly peer: NodeId
  /** The operator who asked through that peer, and its name as its certificate said last; null: the peer asked. */
  readonly operator: { readonly id: string; readonly name: string } | null
  /** Null for what was turned away before it was read, and for what the peer handed on for others that are not admitted. */
  readonly query_type: string | null
  /** Questions that were read. */
  readonly asked: number
  /** Questions that were answered with what policy and consent allow. */
  readonly allowed: number
  /**
   * Questions that were refused or whose data was withheld. The rest was not answered, because the node was busy or
   * stopped.
   */
  readonly refused: number
  /** Turned away because there were too many. */
  readonly busy: number
  /** That decided, each once, the newest first, at most 8. */
  readonly rules: readonly string[]
  /** Milliseconds since the epoch. */
  readonly first: number
  readonly last: number
}

/** First line of an exported ledger. `base`: what the first entry chains to; number 0 and zeros for the beginning of the ledger. */
export interface ExportHeader {
  /** Format of the file. */
  readonly karo_ledger: 1
  readonly node_id: NodeId
  readonly exported_at: string
  readonly base: { readonly seq: number; readonly hash: string }
}
/** One entry of an exported ledger, `timestamp` in RFC 3339. An entry whose bytes are damaged has its number and `damaged`. */
export type ExportEntry =
  | (Omit<AuditEntry, 'ts'> & { readonly timestamp: string })
  | { readonly seq: number; readonly damaged: true }
/** A signature over the entry before it: the frame (AuditHead) in base64url. */
export interface ExportHead {
  readonly head: { readonly seq: number; readonly frame: string }
}
/** An entry as it is stored; of one whose bytes are damaged only the number is known. */
export type LedgerEntry = AuditEntry | { readonly seq: number; readonly damaged: true }
export type ExportLine = ExportHeader | ExportEntry | ExportHead

export interface Audit extends Room {
  /**
   * Queues an entry in call order; resolves when it is on disk. Never rejects for the caller's sake: it logs. `soon`: it is
   * written with what is recorded next, or within a second; a crash before that loses it.
   */
  record(entry: AuditRecord, options?: { readonly soon?: boolean }): Promise<void>
  /** For what may only be done when it stands in the ledger: rejects with KaroError `unavailable` where the entry was not written. */
  insist(entry: AuditRecord): Promise<void>
  /** Newest first; `uid`: only entries that this person, who is not an administrator, may read (AUDIT_KINDS). */
  log(filter: {
    limit: number
    type?: AuditType
    peer?: NodeId
    since?: number
    uid?: number
  }): Promise<readonly AuditEntry[]>
  /**
   * Walks the whole chain and compares it with every signed head, those `elsewhere` among them: an end that was cut off
   * with its heads shows by them alone. What it cannot notice: the loss of entries newer than the last head that left
   * the machine (at most an hour's, and those of the last moment before a stop), and a rewrite by somebody who holds this node's key.
   */
  verify(elsewhere?: readonly HeadElsewhere[]): Promise<AuditVerdict>
  /**
   * Questions since `since` (ms since the epoch), by author and kind; `uid` as for `log`. `memberOf`: the first key of a
   * node, by which the keys that it had count as one author.
   */
  whoAsked(filter: {
    since: number
    uid?: number
    memberOf: (peer: NodeId) => NodeId
  }): Promise<readonly Asked[]>
  /**
   * The ledger for somebody else to verify: header, entries, signed heads. From the first entry at or after `since` to
   * the first signed head at or after `until`; without `until` to the newest entry, which is signed for it. As of the
   * first step.
   */
  export(range: { since?: number; until?: number }): AsyncIterable<ExportLine>
  /** Entries that are on disk, oldest first, from the first one after the number `seq`; at most `limit`. */
  after(seq: number, limit: number): Promise<readonly LedgerEntry[]>
  /** Fires when entries are on disk, with the number of the newest one. */
  onWritten(listener: (seq: number) => void): () => void
  /**
   * Entries written in the life of this ledger, up to which of them none is left but kept decisions, and how many were lost since
   * the start.
   */
  status(): { readonly written: number; readonly removed: number; readonly dropped: number }
  /** Fires with every entry as it is queued, in call order, also when it cannot be written. */
  onRecord(listener: (entry: AuditRecord) => void): () => void
  /**
   * Removes entries that are older than `before` (ms since the epoch), as far as they are the oldest; an entry that
   * names the last of them stands for them. Resolves when that is on disk.
   */
  trim(before: number): Promise<void>
  /** Resolves when a signed head covers every entry that was recorded before. */
  sign(): Promise<void>
  /** Fires with every signed head (an AuditHead frame) that is durable, at the start with the newest one there is. */
  onHead(listener: (frame: Uint8Array) => void): () => void
}
