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
  /**
   * This machine sent shares of its numbers of a bucket, or said that it shares nothing: for which roles, to which
   * aggregators.
   */
  'share_given',
  /** What became of a share that this machine gave: whether it is in the totals, as both aggregators say. */
  'share_counted',
  /** This node, an aggregator, released totals with another one, or they could not agree. */
  'total_released',
  'policy_violation',
  'trust_change',
  'consent_change',
  /** Other role policies came into force, or were to and could not; with the digest of each file. */
  'policy_change',
  /** This node has another key, which nothing proves to be of the same node: its key was lost, or a backup was put in place. */
  'key_rotation',
  /** This node rotated its key: both keys signed that. */
  'key_rotated',
  /** Another node rotated its key; what was decided about it counts for its new key. */
  'peer_rotated',
  /** A key has two successors, or somebody else gave one to this node's key: nothing is opened until somebody decides. */
  'lineage_frozen',
  /** This node belongs to a mesh of a root from now on: by an invite, or because its root was made here. */
  'mesh_joined',
  /** A person made a code that lets machines in, or took one back: never the code itself. */
  'invite_changed',
  /** This node, an issuer, certified another one, or did so again. */
  'certificate_issued',
  'certificate_renewed',
  /** An issuer or the root revoked a key, so its node is no longer a member. */
  'certificate_revoked',
  /** A person logged in here as an operator, or tried to: who, for how long and for which types of questions. */
  'operator_login',
  /** A login ended, and why. */
  'operator_logout',
  /** An AI coding tool read commands of a person's history through `karo mcp`: how many, never which. */
  'mcp_history_read',
  /** The gates judged what an agent or an AI tool was to do: which gate said what and why, and no word of the command. */
  'agent_gate',
  /** A person of this node asked another one about its agents: which node, what, and as whom. */
  'agent_asked',
  /**
   * Another node asked about agents or tasks of this one: the asker, the request, whether policy permitted it, and by
   * which rule.
   */
  'agent_requested',
  /** A person approved or denied something that an agent or an AI tool was to do. */
  'approval_decided',
  /** A person granted a capability to an agent, or took one back: which kinds and for how long. */
  'capability_change',
  /** A person made, unlocked, rotated, copied or destroyed their vault, or changed a secret in it: never a name or a value. */
  'vault_changed',
  /** A secret was given to an agent or shown to its person, or an agent asked for it in vain: which one, by its id. */
  'secret_read',
  /** A person or an agent of theirs stored a file, or a person removed, shared or unshared one: how large it is (0 for unshared), never its name or hash. */
  'artifact_changed',
  /** Somebody of another machine read a file that was shared with them, or their own: who, by which share, how many bytes. */
  'artifact_read',
  'token_created',
  'token_revoked',
  /** A person removed some of their own commands: how many, and nothing of them. */
  'history_deleted',
  /** Requests over TCP that were turned away, counted by reason. */
  'api_refused',
  /** A copy of the whole node began to leave it; whether its key was in it. It may have ended anywhere. */
  'backup_begun',
  /** The copy left as a whole, and the program that wrote it read it again where it lies. */
  'backup_made',
  /** This node is what a backup was, of the time it says; what was written after that is not in this ledger. */
  'node_restored',
  /** A person added, removed, started or stopped an agent. */
  'agent_changed',
  /** An agent in a jail connected to a place of the network, or was kept from it. */
  'agent_connected',
  /** An administrator changed something of this machine or its mesh: who, and by which operation. Stands behind the entries of what changed. */
  'administered',
  /** Root gave a person's data to an account, or removed it. */
  'person_changed',
  /** A member signed a head of its ledger that takes back an earlier one: shorter, or rewritten. */
  'ledger_conflict',
  /** Older entries were removed; it names the last of them and its hash, so that the chain stays provable. */
  'checkpoint',
  /** Entries that could not be written, or came faster than they could be. */
  'entries_dropped',
  /**
   * Events that other machines caused beyond their budget of entries: how many of each type were counted instead of
   * written.
   */
  'entries_counted',
  /** kSentinel reported that something of a person was refused, or that an agent of theirs cannot run. */
  'alert_raised',
  /** Something unusual began in the numbers of a person who chose to be named: its kind and severity, and no more. */
  'anomaly_found',
] as const
export type AuditType = (typeof AUDIT_TYPES)[number]

/**
 * Who causes entries of a type, and so what becomes of them when the ledger is full:
 * `decision`: a person of this node decided; kept when the entries around it go.
 * `own`: this node or its people did it; goes when it is the oldest.
 * `question`: a question of another node; the query room bounds them for each author.
 * `remote`: another machine did it, as often as it likes; all of these together have a budget.
 * `proof`: another machine signed what it may not; it has a budget of its own, so that noise of that machine cannot hide it.
 */
export const AUDIT_CAUSES: Readonly<Record<AuditType, 'decision' | 'own' | 'question' | 'remote' | 'proof'>> =
  {
    node_started: 'own',
    node_stopped: 'own',
    peer_connected: 'remote',
    peer_disconnected: 'remote',
    peer_pending: 'remote',
    query_asked: 'own',
    query_received: 'question',
    query_responded: 'question',
    summary_published: 'own',
    share_given: 'own',
    share_counted: 'own',
    total_released: 'own',
    policy_violation: 'remote',
    trust_change: 'decision',
    consent_change: 'decision',
    policy_change: 'decision',
    key_rotation: 'decision',
    key_rotated: 'decision',
    peer_rotated: 'remote',
    lineage_frozen: 'proof',
    mesh_joined: 'decision',
    invite_changed: 'decision',
    certificate_issued: 'decision',
    certificate_renewed: 'own',
    certificate_revoked: 'decision',
    operator_login: 'own',
    operator_logout: 'own',
    mcp_history_read: 'own',
    agent_gate: 'own',
    agent_asked: 'own',
    agent_requested: 'question',
    approval_decided: 'decision',
    capability_change: 'decision',
    vault_changed: 'decision',
    secret_read: 'own',
    artifact_changed: 'own',
    artifact_read: 'question',
    token_created: 'decision',
    token_revoked: 'decision',
    history_deleted: 'decision',
    api_refused: 'own',
    backup_begun: 'decision',
    backup_made: 'decision',
    node_restored: 'decision',
    agent_changed: 'decision',
    agent_connected: 'own',
    administered: 'decision',
    person_changed: 'decision',
    ledger_conflict: 'proof',
    checkpoint: 'own',
    entries_dropped: 'own',
    entries_counted: 'own',
    alert_raised: 'own',
    anomaly_found: 'own',
  }

/**
 * Who may read entries of a type on a machine of several people. `everybody`: it says who asked for people's data, got it
 * or may have it; one that names a person (`uid`) is that person's alone. `person`: the person whom it names.
 * `administrators`: it is about the machine, its mesh or all its people. Administrators read every entry.
 */
export const AUDIT_READERS: Readonly<Record<AuditType, 'everybody' | 'person' | 'administrators'>> = {
  node_started: 'administrators',
  node_stopped: 'administrators',
  peer_connected: 'administrators',
  peer_disconnected: 'administrators',
  peer_pending: 'administrators',
  query_asked: 'person',
  query_received: 'everybody',
  query_responded: 'everybody',
  summary_published: 'everybody',
  share_given: 'everybody',
  share_counted: 'everybody',
  total_released: 'everybody',
  policy_violation: 'administrators',
  trust_change: 'everybody',
  consent_change: 'person',
  policy_change: 'everybody',
  key_rotation: 'everybody',
  key_rotated: 'everybody',
  peer_rotated: 'everybody',
  lineage_frozen: 'everybody',
  mesh_joined: 'everybody',
  invite_changed: 'administrators',
  certificate_issued: 'administrators',
  certificate_renewed: 'administrators',
  certificate_revoked: 'everybody',
  operator_login: 'person',
  operator_logout: 'person',
  mcp_history_read: 'person',
  agent_gate: 'person',
  agent_asked: 'person',
  agent_requested: 'administrators',
  approval_decided: 'person',
  capability_change: 'person',
  vault_changed: 'person',
  secret_read: 'person',
  artifact_changed: 'person',
  artifact_read: 'person',
  token_created: 'person',
  token_revoked: 'person',
  history_deleted: 'person',
  api_refused: 'administrators',
  backup_begun: 'administrators',
  backup_made: 'administrators',
  node_restored: 'everybody',
  agent_changed: 'person',
  agent_connected: 'person',
  administered: 'administrators',
  person_changed: 'administrators',
  ledger_conflict: 'everybody',
  checkpoint: 'everybody',
  entries_dropped: 'everybody',
  entries_counted: 'everybody',
  alert_raised: 'person',
  anomaly_found: 'person',
}

/**
 * Whether the person of this number, who is not an administrator, may read an entry of that type with this
 * `details.uid`.
 */
export function mayRead(person: number, type: AuditType, uid: unknown): boolean {
  const readers = AUDIT_READERS[type]
  if (readers === 'administrators') return false
  return uid === person || (uid === undefined && readers === 'everybody')
}
