// The values of all keys, by path, as the typed configuration that rooms are given.
import { KEYS, type Key } from './table.ts'
import type { Config } from './types.ts'

/** `values` holds a checked value for every key of the table. */
export function configOf(values: ReadonlyMap<string, unknown>): Config {
  const v = <T>(k: Key<T>): T => values.get(k.path) as T
  return {
    node: { name: v(KEYS.nodeName) },
    identity: { passphrase_file: v(KEYS.identityPassphraseFile) },
    mesh: {
      port: v(KEYS.meshPort),
      listen: v(KEYS.meshListen),
      lan_only: v(KEYS.meshLanOnly),
      allow_cgnat: v(KEYS.meshAllowCgnat),
      ping_seconds: v(KEYS.meshPingSeconds),
    },
    overlay: { full_mesh_up_to: v(KEYS.overlayFullMeshUpTo) },
    access: { admins: v(KEYS.accessAdmins), askers: v(KEYS.accessAskers) },
    http: { enabled: v(KEYS.httpEnabled), port: v(KEYS.httpPort) },
    discovery: {
      mdns: v(KEYS.discoveryMdns),
      mdns_interval_seconds: v(KEYS.discoveryMdnsInterval),
      peers: v(KEYS.discoveryPeers),
      dht: v(KEYS.discoveryDht),
    },
    peers: { trusted: v(KEYS.peersTrusted), denied: v(KEYS.peersDenied) },
    sharing: {
      max_level: v(KEYS.sharingMaxLevel),
      allow: { peers: v(KEYS.sharingAllowPeers), supervisors: v(KEYS.sharingAllowSupervisors) },
      categories: {
        tool_usage: v(KEYS.sharingToolUsage),
        activity_patterns: v(KEYS.sharingActivityPatterns),
        safety_stats: v(KEYS.sharingSafetyStats),
        anomalies: v(KEYS.sharingAnomaliesCategory),
      },
      k_min: v(KEYS.sharingKMin),
    },
    guard: {
      profile: v(KEYS.guardProfile),
      rules: v(KEYS.guardRules),
      on_error: v(KEYS.guardOnError),
      timeout_ms: v(KEYS.guardTimeout),
    },
    history: { ignore: v(KEYS.historyIgnore) },
    ask: {
      endpoint: v(KEYS.askEndpoint),
      model: v(KEYS.askModel),
      timeout_ms: v(KEYS.askTimeout),
      key_file: v(KEYS.askKeyFile),
      share_history: v(KEYS.askShareHistory),
    },
    mcp: { history: v(KEYS.mcpHistory) },
    processes: { enabled: v(KEYS.processesEnabled), keep_days: v(KEYS.processesKeepDays) },
    anomalies: { enabled: v(KEYS.anomaliesEnabled), notice: v(KEYS.anomaliesNotice) },
    retention: {
      events_days: v(KEYS.retentionEvents),
      rollups_days: v(KEYS.retentionRollups),
      audit_days: v(KEYS.retentionAudit),
    },
    policy: { files: v(KEYS.policyFiles), teams: v(KEYS.policyTeams) },
    query: { timeout_ms: v(KEYS.queryTimeout) },
    log: { level: v(KEYS.logLevel) },
  }
}
