// The kinds of things the ledger holds; light enough for the command line to list them.

/**
 * Who causes entries of a type, and so what becomes of them when the ledger is full:
 * `decision`: a person of this node decided; kept when the entries around it go.
 * `own`: this node or its people did it; goes when it is the oldest.
 * `question`: a question of another node; the query room bounds them for each author.
 * `remote`: another machine did it, as often as it likes; all of these together have a budget.
 * `proof`: another machine signed what it may not; it has a budget of its own, so that noise of that machine cannot hide it.
 */
type Cause = 'decision' | 'own' | 'question' | 'remote' | 'proof'

/**
 * Who may read entries of a type on a machine of several people. `everybody`: it says who asked for people's data, got it
 * or may have it; one that names a person (`uid`) is that person's alone. `person`: the person whom it names.
 * `administrators`: it is about the machine, its mesh or all its people. Administrators read every entry.
 */
type Readers = 'everybody' | 'person' | 'administrators'

/** Every type of entry, with who causes it and who reads it: snake_case of the main source's AuditEventType, and what Karo adds. */
export const AUDIT_KINDS = {
  node_started: ['own', 'administrators'],
  node_stopped: ['own', 'administrators'],
  peer_connected: ['remote', 'administrators'],
  peer_disconnected: ['remote', 'administrators'],
  peer_pending: ['remote', 'administrators'],
  query_asked: ['own', 'person'],
  query_received: ['question', 'everybody'],
  query_responded: ['question', 'everybody'],
  /** Sealed summaries left this node's hands; it says for how many nodes and about which periods. */
  summary_published: ['own', 'everybody'],
  /**
   * This machine sent shares of its numbers of a bucket, or said that it shares nothing: for which roles, to which
   * aggregators.
   */
  share_given: ['own', 'everybody'],
  /** What became of a share that this machine gave: whether it is in the totals, as both aggregators say. */
  share_counted: ['own', 'everybody'],
  /** This node, an aggregator, released totals with another one, or they could not agree. */
  total_released: ['own', 'everybody'],
  policy_violation: ['remote', 'administrators'],
  trust_change: ['decision', 'everybody'],
  consent_change: ['decision', 'person'],
  /** Other role policies came into force, or were to and could not; with the digest of each file. */
  policy_change: ['decision', 'everybody'],
  /** This node has another key, which nothing proves to be of the same node: its key was lost, or a backup was put in place. */
  key_rotation: ['decision', 'everybody'],
  /** This node rotated its key: both keys signed that. */
  key_rotated: ['decision', 'everybody'],
  /** Another node rotated its key; what was decided about it counts for its new key. */
  peer_rotated: ['remote', 'everybody'],
  /** A key has two successors, or somebody else gave one to this node's key: nothing is opened until somebody decides. */
  lineage_frozen: ['proof', 'everybody'],
  /** This node belongs to a mesh of a root from now on: by an invite, or because its root was made here. */
  mesh_joined: ['decision', 'everybody'],
  /** A person made a code that lets machines in, or took one back: never the code itself. */
  invite_changed: ['decision', 'administrators'],
  /** This node, an issuer, certified another one, or did so again. */
  certificate_issued: ['decision', 'administrators'],
  certificate_renewed: ['own', 'administrators'],
  /** An issuer or the root revoked a key, so its node is no longer a member. */
  certificate_revoked: ['decision', 'everybody'],
  /** A person logged in here as an operator, or tried to: who, for how long and for which types of questions. */
  operator_login: ['own', 'person'],
  /** A login ended, and why. */
  operator_logout: ['own', 'person'],
  /** An AI coding tool read commands of a person's history through `karo mcp`: how many, never which. */
  mcp_history_read: ['own', 'person'],
  /** The gates judged what an agent or an AI tool was to do: which gate said what and why, and no word of the command. */
  agent_gate: ['own', 'person'],
  /** A person of this node asked another one about its agents: which node, what, and as whom. */
  agent_asked: ['own', 'person'],
  /**
   * Another node asked about agents or tasks of this one: the asker, the request, whether policy permitted it, and by
   * which rule.
   */
  agent_requested: ['question', 'administrators'],
  /** A person approved or denied something that an agent or an AI tool was to do. */
  approval_decided: ['decision', 'person'],
  /** A person granted a capability to an agent, or took one back: which kinds and for how long. */
  capability_change: ['decision', 'person'],
  /** A person made, unlocked, rotated, copied or destroyed their vault, or changed a secret in it: never a name or a value. */
  vault_changed: ['decision', 'person'],
  /** A secret was given to an agent or shown to its person, or an agent asked for it in vain: which one, by its id. */
  secret_read: ['own', 'person'],
  /** A person or an agent of theirs stored a file, or a person removed, shared or unshared one: how large it is (0 for unshared), never its name or hash. */
  artifact_changed: ['own', 'person'],
  /** Somebody of another machine read a file that was shared with them, or their own: who, by which share, how many bytes. */
  artifact_read: ['question', 'person'],
  token_created: ['decision', 'person'],
  token_revoked: ['decision', 'person'],
  /** A person removed some of their own commands: how many, and nothing of them. */
  history_deleted: ['decision', 'person'],
  /** Requests over TCP that were turned away, counted by reason. */
  api_refused: ['own', 'administrators'],
  /** A copy of the whole node began to leave it; whether its key was in it. It may have ended anywhere. */
  backup_begun: ['decision', 'administrators'],
  /** The copy left as a whole, and the program that wrote it read it again where it lies. */
  backup_made: ['decision', 'administrators'],
  /** This node is what a backup was, of the time it says; what was written after that is not in this ledger. */
  node_restored: ['decision', 'everybody'],
  /** A person added, removed, started or stopped an agent. */
  agent_changed: ['decision', 'person'],
  /** An agent in a jail connected to a place of the network, or was kept from it. */
  agent_connected: ['own', 'person'],
  /** An administrator changed something of this machine or its mesh: who, and by which operation. Stands behind the entries of what changed. */
  administered: ['decision', 'administrators'],
  /** Root gave a person's data to an account, or removed it. */
  person_changed: ['decision', 'administrators'],
  /** A member signed a head of its ledger that takes back an earlier one: shorter, or rewritten. */
  ledger_conflict: ['proof', 'everybody'],
  /** Older entries were removed; it names the last of them and its hash, so that the chain stays provable. */
  checkpoint: ['own', 'everybody'],
  /** Entries that could not be written, or came faster than they could be. */
  entries_dropped: ['own', 'everybody'],
  /**
   * Events that other machines caused beyond their budget of entries: how many of each type were counted instead of
   * written.
   */
  entries_counted: ['own', 'everybody'],
  /** kSentinel reported that something of a person was refused, or that an agent of theirs cannot run. */
  alert_raised: ['own', 'person'],
  /** Something unusual began in the numbers of a person who chose to be named: its kind and severity, and no more. */
  anomaly_found: ['own', 'person'],
} as const satisfies Record<string, readonly [Cause, Readers]>
export type AuditType = keyof typeof AUDIT_KINDS
export const AUDIT_TYPES = Object.keys(AUDIT_KINDS) as [AuditType, ...AuditType[]]

/** Who causes entries of this type; undefined for a word of a file that is none. */
export const causeOf = (type: string) =>
  (AUDIT_KINDS[type as AuditType] as readonly [Cause, Readers] | undefined)?.[0]

/**
 * Whether the person of this number, who is not an administrator, may read an entry of that type with this
 * `details.uid`.
 */
export function mayRead(person: number, type: AuditType, uid: unknown): boolean {
  // A ledger may hold entries of another build, of a type that this one does not know.
  const readers = AUDIT_KINDS[type]?.[1]
  if (readers === 'administrators') return false
  return uid === person || (uid === undefined && readers === 'everybody')
}
