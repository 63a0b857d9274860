// The kinds of things the ledger holds; light enough for the command line to list them.

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
  /** Sealed summaries left this node's hands; it says for how many nodes and about which periods. */
  'summary_published',
  'policy_violation',
  'trust_change',
  'consent_change',
  'key_rotation',
  /** An AI coding tool read commands of a person's history through `karo mcp`: how many, never which. */
  'mcp_history_read',
  'token_created',
  'token_revoked',
  /** A person removed some of their own commands: how many, and nothing of them. */
  'history_deleted',
  /** Requests over TCP that were turned away, counted by reason. */
  'api_refused',
  /** A copy of the whole node began to leave it; whether its key was in it. It may have ended anywhere. */
  'backup_begun',
  /** It left as a whole, and whoever took it read it again in its place. */
  'backup_made',
  /** This node is what a backup was, of the time it says; what was written after that is not in this ledger. */
  'node_restored',
  /** A member signed a head of its ledger that takes back an earlier one: shorter, or rewritten. */
  'ledger_conflict',
  /** Older entries were removed; it names the last of them and its hash, so that the chain stays provable. */
  'checkpoint',
  /** Entries that could not be written, or came faster than they could be. */
  'entries_dropped',
] as const
export type AuditType = (typeof AUDIT_TYPES)[number]
