// An entry of the ledger as a record of the Elastic Common Schema (ECS): one table of its keys, and one of the kinds of entries.

import { VERSION } from '../../base/version.ts'
import type { ForwardKind } from '../../base/words/forward-target.ts'
import type { AuditType } from '../../trust/audit/entry-types.ts'
import type { AuditEntry, LedgerEntry } from '../../trust/audit/index.ts'

const ECS_VERSION = '8.11.0'

/** The machine whose ledger it is. */
export interface Sender {
  readonly name: string
  readonly nodeId: string
}

/** ECS allows these words and no others in `event.category`, and likewise in `event.type`. */
type Category =
  | 'api'
  | 'authentication'
  | 'configuration'
  | 'database'
  | 'file'
  | 'host'
  | 'iam'
  | 'intrusion_detection'
  | 'network'
  | 'process'
  | 'session'
type Type =
  | 'access'
  | 'allowed'
  | 'change'
  | 'connection'
  | 'creation'
  | 'deletion'
  | 'end'
  | 'indicator'
  | 'info'
  | 'start'

/** `event.category` and `event.type` of each type of entry. */
const EVENTS: Readonly<Record<AuditType, readonly [Category, Type]>> = {
  node_started: ['process', 'start'],
  node_stopped: ['process', 'end'],
  peer_connected: ['network', 'connection'],
  peer_disconnected: ['network', 'end'],
  peer_pending: ['network', 'connection'],
  query_asked: ['database', 'access'],
  query_received: ['database', 'access'],
  query_responded: ['database', 'access'],
  summary_published: ['database', 'access'],
  share_given: ['database', 'access'],
  share_counted: ['database', 'access'],
  total_released: ['database', 'access'],
  policy_violation: ['intrusion_detection', 'info'],
  trust_change: ['iam', 'change'],
  consent_change: ['iam', 'change'],
  policy_change: ['configuration', 'change'],
  key_rotation: ['iam', 'change'],
  key_rotated: ['iam', 'change'],
  peer_rotated: ['iam', 'change'],
  lineage_frozen: ['intrusion_detection', 'indicator'],
  mesh_joined: ['iam', 'creation'],
  invite_changed: ['iam', 'change'],
  certificate_issued: ['iam', 'creation'],
  certificate_renewed: ['iam', 'change'],
  certificate_revoked: ['iam', 'deletion'],
  operator_login: ['authentication', 'start'],
  operator_logout: ['session', 'end'],
  mcp_history_read: ['database', 'access'],
  agent_gate: ['process', 'access'],
  agent_asked: ['process', 'access'],
  agent_requested: ['process', 'access'],
  approval_decided: ['iam', 'change'],
  capability_change: ['iam', 'change'],
  vault_changed: ['file', 'change'],
  secret_read: ['file', 'access'],
  artifact_changed: ['file', 'change'],
  artifact_read: ['file', 'access'],
  token_created: ['iam', 'creation'],
  token_revoked: ['iam', 'deletion'],
  history_deleted: ['database', 'deletion'],
  api_refused: ['api', 'access'],
  backup_begun: ['database', 'access'],
  backup_made: ['database', 'access'],
  node_restored: ['host', 'change'],
  agent_changed: ['configuration', 'change'],
  agent_connected: ['network', 'connection'],
  administered: ['iam', 'change'],
  person_changed: ['iam', 'change'],
  ledger_conflict: ['intrusion_detection', 'indicator'],
  checkpoint: ['database', 'deletion'],
  entries_dropped: ['database', 'info'],
  entries_counted: ['database', 'info'],
  alert_raised: ['intrusion_detection', 'info'],
  anomaly_found: ['intrusion_detection', 'indicator'],
}

/** What an entry is about; `forward.kinds` chooses among these. */
export function kindOf(entry: LedgerEntry): ForwardKind {
  if ('damaged' in entry) return 'refusals'
  if (entry.type === 'alert_raised') return 'alerts'
  if (entry.type === 'anomaly_found') return 'anomalies'
  return entry.success ? 'ledger' : 'refusals'
}

type Value = string | number | boolean | readonly string[] | AuditEntry['details'] | undefined

interface EcsKey {
  readonly key: string
  /** Says to people what stands there. */
  readonly meaning: string
  readonly of: (entry: AuditEntry, sender: Sender, again: boolean) => Value
}

/** Every key of a record, in the order in which it is written. A key without a value is left out. */
export const ECS_KEYS: readonly EcsKey[] = [
  {
    key: '@timestamp',
    meaning: 'when it happened',
    of: ({ ts }) => (ts === NEVER ? undefined : new Date(ts).toISOString()),
  },
  {
    key: 'log.level',
    meaning: '`warning` for refusals, alerts and anomalies, else `informational`',
    of: (entry) => (kindOf(entry) === 'ledger' ? 'informational' : 'warning'),
  },
  {
    key: 'message',
    meaning: 'the type of the entry in words, and whether it was refused or failed',
    of: ({ type, success }) => `${type.replaceAll('_', ' ')}${success ? '' : ': refused or failed'}`,
  },
  { key: 'ecs.version', meaning: 'the edition of the schema', of: () => ECS_VERSION },
  {
    key: 'event.kind',
    meaning: '`alert` for alerts and anomalies, else `event`',
    of: (entry) => (['alerts', 'anomalies'].includes(kindOf(entry)) ? 'alert' : 'event'),
  },
  { key: 'event.category', meaning: 'a word of the schema', of: ({ type }) => [eventOf(type)[0]] },
  {
    key: 'event.type',
    meaning: 'a word of the schema, and `denied` for refusals',
    of: ({ type, success }) => (success ? [eventOf(type)[1]] : [eventOf(type)[1], 'denied']),
  },
  { key: 'event.action', meaning: 'the type of the entry, as in `karo audit log`', of: ({ type }) => type },
  {
    key: 'event.outcome',
    meaning: '`success` or `failure`',
    of: ({ success }) => (success ? 'success' : 'failure'),
  },
  { key: 'event.module', meaning: '`karo`', of: () => 'karo' },
  {
    key: 'event.dataset',
    meaning: '`karo.` and the kind of the entry, as in `forward.kinds`',
    of: (entry) => `karo.${kindOf(entry)}`,
  },
  {
    key: 'event.sequence',
    meaning:
      "number of the entry in this machine's ledger; a number that is missing is an entry that is missing",
    of: ({ seq }) => seq,
  },
  {
    key: 'event.id',
    meaning: 'hash of the entry; two records with one id are the same entry, sent twice',
    of: ({ hash }) => hash || undefined,
  },
  { key: 'trace.id', meaning: 'ties entries of one request together', of: ({ trace_id }) => trace_id },
  { key: 'host.name', meaning: 'name of this machine (`node.name`)', of: (_, { name }) => name },
  { key: 'host.id', meaning: 'node id of this machine', of: (_, { nodeId }) => nodeId },
  { key: 'agent.type', meaning: '`karo`', of: () => 'karo' },
  { key: 'agent.version', meaning: 'version of Karo', of: () => VERSION },
  {
    key: 'user.id',
    meaning: 'number of the person whom the entry names',
    of: ({ details: { uid } }) => (uid === undefined ? undefined : String(uid)),
  },
  { key: 'karo.peer', meaning: 'node id of the other machine', of: ({ peer }) => peer },
  {
    key: 'karo.details',
    meaning: 'the facts of the entry, as in `karo audit log --json`',
    of: ({ details }) => (Object.keys(details).length === 0 ? undefined : details),
  },
  {
    key: 'tags',
    meaning: '`again` where this machine cannot know whether the record arrived before',
    of: (_, __, again) => (again ? ['again'] : undefined),
  },
]

const eventOf = (type: AuditType): readonly [Category, Type] =>
  // A ledger that a later release wrote may have types that this one does not know.
  Object.hasOwn(EVENTS, type) ? EVENTS[type] : ['host', 'info']

/** Time and type of an entry whose stored bytes are damaged: nothing of it is known but its number. */
const NEVER = 0
const DAMAGED = 'entry_damaged' as AuditType

interface Tree {
  [name: string]: Value | Tree
}

/** One record, as JSON in one line without its end. */
export function ecsText(entry: LedgerEntry, sender: Sender, again: boolean): string {
  const whole: AuditEntry =
    'damaged' in entry
      ? { seq: entry.seq, ts: NEVER, type: DAMAGED, success: false, details: {}, hash: '' }
      : entry
  const record: Tree = {}
  for (const { key, of } of ECS_KEYS) {
    const value = of(whole, sender, again)
    if (value === undefined) continue
    const names = key.split('.')
    const last = names.pop()!
    let at = record
    for (const name of names) {
      at[name] ??= {}
      at = at[name] as Tree
    }
    at[last] = value
  }
  return JSON.stringify(record)
}
