// What only the running daemon can tell, as it travels from its API to the checks.
import type { HealthCheck } from '../base/room.ts'

/** `GET /api/v1/doctor`. Times are RFC 3339 UTC. */
export interface DaemonFacts {
  readonly pid: number
  readonly uptime_seconds: number
  readonly version: string
  readonly ready: boolean
  readonly checks: readonly HealthCheck[]
  readonly config: {
    /** Keys whose value in the file waits for a reload. */
    readonly reload: readonly string[]
    /** Those that wait for a restart. */
    readonly restart: readonly string[]
    /** Why the file cannot be used now; null when it can. */
    readonly problem: string | null
  }
  readonly mesh: MeshFacts
  /** Only when it was asked for. */
  readonly multicast: readonly MulticastFacts[] | null
  /** Strangers nobody has decided about. */
  readonly pending: readonly NamedNode[]
  /** Trusted here; in their last answer they did not trust this node. */
  readonly one_sided: readonly NamedNode[]
  /** Trusted here; their frames were refused within the last quarter of an hour because the clocks are more than five minutes apart. */
  readonly stale: readonly NamedNode[]
  /** Null: a value was written and read back. Else what the database said. */
  readonly store_problem: string | null
  readonly store_bytes: number
  readonly spool: { readonly pending_bytes: number; readonly dropped: number }
  readonly summaries: {
    /** Nodes that may read them. */
    readonly recipients: number
    /** When the newest edition was made; null when there is none. */
    readonly last: string | null
  }
  /** Where the dashboard and the REST API are; null when they are off or could not start. */
  readonly http: { readonly host: string; readonly port: number } | null
}

export interface NamedNode {
  readonly node_id: string
  readonly fingerprint: string
  readonly name: string
  /** When it was first met; null when that is not known. */
  readonly since: string | null
}

export interface MeshFacts {
  /** Multiaddrs. */
  readonly listen: readonly string[]
  /** IPv4 addresses that mDNS is spoken from; empty when it is off. */
  readonly mdns: readonly string[]
  readonly connections: readonly ConnectionFacts[]
  /** `ip:port` of dials under way. */
  readonly dialing: readonly string[]
}

export interface ConnectionFacts {
  readonly node_id: string
  readonly fingerprint: string
  readonly name: string
  /** Admitted by both ends. */
  readonly admitted: boolean
  readonly dialed: boolean
  /** `ip:port`, IPv6 without brackets: `10.0.0.5:9238`, `fd00::5:9238`. */
  readonly remote: string
  /** The other clock minus ours, ms; null before it has said anything. */
  readonly skew_ms: number | null
  /** Null before it has introduced itself. */
  readonly karo_version: string | null
  readonly protocol_version: number | null
}

/** What became of one mDNS question on one interface address. */
export interface MulticastFacts {
  readonly address: string
  readonly interface: string
  /** The system's code when it could not be sent, e.g. `EPERM`; null when it was. */
  readonly not_sent: string | null
  readonly heard_itself: boolean
  /** Others on that interface's network that said anything by mDNS meanwhile. */
  readonly heard_others: number
  /** Those among them that answered for Karo. */
  readonly heard_nodes: number
  /** Members that are connected over that network: they are there, so their mDNS should be heard too. */
  readonly connected_nodes: number
}
