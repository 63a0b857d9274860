// The audit room's door: an append-only, hash-chained ledger of what happened here.
import type { NodeId } from '../../protocols/node-id.ts'
import type { Room } from '../base/room.ts'

/** snake_case of the main source's AuditEventType, and what Karo adds to it. */
export const AUDIT_TYPES = [
  'node_started',
  'node_stopped',
  'peer_connected',
  'peer_disconnected',
  'peer_pending',
  'query_asked',
  'query_received',
  'query_responded',
  'policy_violation',
  'trust_change',
  'consent_change',
  'key_rotation',
  'checkpoint',
] as const
export type AuditType = (typeof AUDIT_TYPES)[number]

export interface AuditRecord {
  readonly type: AuditType
  readonly success: boolean
  readonly peer?: NodeId
  /** 32 hex digits. */
  readonly trace_id?: string
  /** Flat facts: query type, range, decision, deciding rule. Never level 0. At most 2 KiB encoded. */
  readonly details: Readonly<Record<string, string | number | boolean>>
}

export interface AuditEntry extends AuditRecord {
  /** From 1, without gaps. */
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly ts: number
  /** BLAKE3 hex of seq ‖ ts ‖ type ‖ details ‖ previous hash (trust.md, "Audit"). */
  readonly hash: string
}

export interface AuditVerdict {
  readonly ok: boolean
  readonly entries: number
  readonly head: string
  readonly first_bad: number | null
}

export interface Audit extends Room {
  /** Queues an entry in call order; resolves when it is on disk. Never rejects for the caller's sake: it logs. */
  record(entry: AuditRecord): Promise<void>
  /** Newest first. */
  log(filter: {
    limit: number
    type?: AuditType
    peer?: NodeId
    since?: number
  }): Promise<readonly AuditEntry[]>
  verify(): Promise<AuditVerdict>
}

export { createAudit } from './audit.ts'
