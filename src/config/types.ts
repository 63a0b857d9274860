// The types of the configuration, which other rooms use without loading the code that reads it.
import type { NodeId } from '../../protocols/node-id.ts'
import type { GuardProfile } from '../assist/risk/index.ts'
import type { ForwardKind } from '../base/words/forward-target.ts'
import type { TrustLevel } from '../base/words/trust-levels.ts'

/** The configuration in force. Fields are named as in the file: `config.mesh.lan_only` is `lan_only` under `[mesh]`. */
export interface Config {
  readonly node: { readonly name: string }
  /** `passphrase_file` is an absolute path, or empty for none. */
  readonly identity: { readonly passphrase_file: string }
  readonly mesh: {
    /** TCP port; 0 takes any free one. */
    readonly port: number
    readonly listen: 'auto' | readonly string[]
    readonly lan_only: boolean
    /** Whether 100.64.0.0/10 counts as private. */
    readonly allow_cgnat: boolean
    /** Seconds between two looks at each link; one that was quiet for four of them is pinged, and two missed pings end it. */
    readonly ping_seconds: number
  }
  /** How connections between nodes are encrypted; not empty, no duplicates; offered in this order. */
  readonly transport: { readonly security: readonly Security[] }
  readonly overlay: {
    /** Links to all members, in a mesh of up to so many. */
    readonly full_mesh_up_to: number
    /** Links to all members while this node asks often, in a mesh of up to so many. */
    readonly asker_links_up_to: number
    /** Links kept for nodes that can link with few others; on top of all other links. */
    readonly leaves_up_to: number
    /** Other members are told whom this node is linked with. */
    readonly tell_links: boolean
  }
  /** Rights of people of this machine. Entries are user names, uids as text, `group:<name>`, and for askers also `*`. */
  readonly access: { readonly admins: readonly string[]; readonly askers: readonly string[] }
  readonly http: { readonly enabled: boolean; readonly port: number }
  readonly discovery: {
    readonly mdns: boolean | readonly string[]
    readonly mdns_interval_seconds: number
    readonly peers: readonly StaticPeer[]
    readonly dht: boolean
    /** IP addresses of the DNS servers that are asked; if empty, none is asked under `lan_only`. */
    readonly resolvers: readonly string[]
    /** Domains that list nodes as `_karo._tcp`. */
    readonly dns_sd: readonly string[]
    /** IPv4 subnets, `10.0.3.0/24`, at most a /20 each. */
    readonly scan: readonly string[]
  }
  readonly peers: {
    readonly trusted: ReadonlyMap<NodeId, TrustedPeer>
    readonly denied: readonly NodeId[]
  }
  /** By subnet, `10.0.3.0/24`, the narrowest first. */
  readonly trust: { readonly domains: ReadonlyMap<string, TrustDomain> }
  readonly sharing: {
    readonly max_level: 0 | 1 | 2
    readonly allow: { readonly peers: readonly string[]; readonly supervisors: readonly string[] }
    readonly categories: Readonly<
      Record<'tool_usage' | 'activity_patterns' | 'safety_stats' | 'anomalies', boolean>
    >
    /** Of anomalies: nothing, into totals of many nodes only, or also under the name of this node. */
    readonly anomalies: 'off' | 'anonymous' | 'identified'
    readonly k_min: number
    readonly budget: number
  }
  readonly guard: {
    readonly profile: GuardProfile
    /** Absolute path; empty means guard.toml in the node's directory. */
    readonly rules: string
    readonly on_error: 'allow' | 'block'
    /** Milliseconds that judging one command may take. */
    readonly timeout_ms: number
  }
  /** Rows of the finder, 0 for the whole screen, and what Enter does in it. */
  readonly finder: { readonly height: number; readonly enter: 'edit' | 'run' }
  readonly history: {
    /** Globs. Commands that match one are not recorded; the hook and the daemon both apply them. */
    readonly ignore: readonly string[]
    readonly redact: readonly string[]
  }
  /** The local model of `karo ask`. */
  readonly ask: {
    /** An http or https address without a user name or key; empty for no model. */
    readonly endpoint: string
    readonly model: string
    /** `ADDRESS` or `ADDRESS MODEL` of further endpoints, in the order in which they are asked after the first. */
    readonly fallbacks: readonly string[]
    /** Milliseconds for the whole answer of the model. */
    readonly timeout_ms: number
    /** Absolute path; empty for none. */
    readonly key_file: string
    /** Absolute path; empty for none. */
    readonly knowledge: string
    readonly share_history: boolean
  }
  /** Whether commands may run in jails of this machine, and how these are built. `approved`: patterns as `NAME: AGENT TOOL [in DIRECTORY] GLOB`. */
  readonly agents: {
    readonly enabled: boolean
    readonly sandbox: 'auto' | 'bwrap' | 'landlock' | 'vm'
    readonly approved: readonly string[]
    /** Addresses on loopback. */
    readonly endpoints: readonly string[]
    /** Places of the network, `host:port`. */
    readonly connect: readonly string[]
  }
  /** Days after which unlocking a vault gives it a new key; 0: never. */
  readonly vault: { readonly rotate_days: number }
  /** Whether results of tasks become notes, and where notes get embeddings: `ADDRESS MODEL`, or empty. */
  readonly memory: { readonly task_results: boolean; readonly embeddings: string }
  /** Whether AI coding tools may read the history of the person they work for, and give tasks to agents. */
  readonly mcp: { readonly history: boolean; readonly tasks: boolean }
  /** Measurements of the processes of hooked shells; with `keep_days` 0 they are kept as long as there is room. */
  readonly processes: { readonly enabled: boolean; readonly keep_days: number }
  /** The look for unusual numbers of a person; `notice` shows them in one line of a new shell. */
  readonly anomalies: { readonly enabled: boolean; readonly notice: boolean }
  /** Days for which data is kept; 0 keeps it for ever. */
  readonly retention: {
    readonly events_days: number
    readonly rollups_days: number
    readonly audit_days: number
  }
  /** Role policies: absolute paths of Cedar files, none for the built-in table; the teams this node is in; and whether the bundle of the organisation may also permit. */
  readonly policy: {
    readonly files: readonly string[]
    readonly teams: readonly string[]
    readonly accept_org: 'restrict' | 'full'
    /** Keys, sections or `*`, of the fleet's settings. */
    readonly follow: readonly string[]
  }
  readonly query: { readonly timeout_ms: number }
  /** Which numbers of reports the daemon watches. */
  readonly reports: {
    /** Shares in percent. */
    readonly thresholds: Readonly<Record<'risky' | 'coverage' | 'anomalies' | 'missing', 'off' | number>>
  }
  /** Where the ledger is sent, and which of its entries. Paths are absolute, or empty for none. */
  readonly forward: {
    readonly to: readonly string[]
    readonly kinds: readonly ForwardKind[]
    /** OTLP/HTTP; empty: none. */
    readonly traces: string
    readonly tls_ca: string
    readonly tls_certificate: string
    readonly tls_key: string
  }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' }
}

/** `noise`: Noise XX; `tls`: TLS 1.3. */
export type Security = 'noise' | 'tls'

export interface StaticPeer {
  readonly host: string
  readonly port: number
  /** The only key that is accepted at that address. */
  readonly nodeId?: NodeId
}

/** Trust of nodes that are connected from one subnet. */
export interface TrustDomain {
  readonly level: TrustLevel
  readonly teams: readonly string[]
}

export interface TrustedPeer {
  readonly name?: string
  readonly level: TrustLevel
  readonly roles: readonly string[]
  readonly teams: readonly string[]
}

/** Where a value came from, as `karo config list` shows it: `default`, `config.toml:12`, `KARO_MESH_PORT`. */
export type ValueSource = string
