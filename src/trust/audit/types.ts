// What the audit room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
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
