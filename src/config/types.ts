// What the config room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../protocols/node-id.ts'
import type { GuardProfile } from '../assist/risk/index.ts'
import type { TrustLevel } from '../base/words/trust-levels.ts'

/** Field names are the file's: `config.mesh.lan_only` is `lan_only` under `[mesh]`. */
export interface Config {
  readonly node: { readonly name: string }
  /** Absolute; empty: none. */
  readonly identity: { readonly passphrase_file: string }
  readonly mesh: {
    /** TCP; 0 = any free port. */
    readonly port: number
    readonly listen: 'auto' | readonly string[]
    readonly lan_only: boolean
    /** Counts 100.64.0.0/10 as private. */
    readonly allow_cgnat: boolean
    /** Seconds between pings on a link; two missed ones end it. */
    readonly ping_seconds: number
  }
  readonly overlay: { readonly full_mesh_up_to: number }
  /** Of the people of this machine; entries are user names, uids as text, `group:<name>`, for askers also `*`. */
  readonly access: { readonly admins: readonly string[]; readonly askers: readonly string[] }
  readonly http: { readonly enabled: boolean; readonly port: number }
  readonly discovery: {
    readonly mdns: boolean | readonly string[]
    readonly mdns_interval_seconds: number
    readonly peers: readonly StaticPeer[]
    readonly dht: boolean
  }
  readonly peers: {
    readonly trusted: ReadonlyMap<NodeId, TrustedPeer>
    readonly denied: readonly NodeId[]
  }
  readonly sharing: {
    readonly max_level: 0 | 1 | 2
    readonly allow: { readonly peers: readonly string[]; readonly supervisors: readonly string[] }
    readonly categories: Readonly<
      Record<'tool_usage' | 'activity_patterns' | 'safety_stats' | 'anomalies', boolean>
    >
    readonly k_min: number
  }
  readonly guard: {
    readonly profile: GuardProfile
    /** Absolute; empty: guard.toml in the node's directory. */
    readonly rules: string
    readonly on_error: 'allow' | 'block'
    /** For the judgement of one command. */
    readonly timeout_ms: number
  }
  readonly history: {
    /** Commands that match any of these globs are not recorded; read by the hook and by the daemon. */
    readonly ignore: readonly string[]
  }
  /** The local model of `karo ask`. */
  readonly ask: {
    /** http or https, without a name or key in it; empty: no model. */
    readonly endpoint: string
    readonly model: string
    /** ms, of the whole answer. */
    readonly timeout_ms: number
    /** Absolute; empty: none. */
    readonly key_file: string
    readonly share_history: boolean
  }
  /** AI coding tools may read the history of the person they work for. */
  readonly mcp: { readonly history: boolean }
  /** Of what the commands of hooked shells use while they run; `keep_days` 0 keeps as long as there is room. */
  readonly processes: { readonly enabled: boolean; readonly keep_days: number }
  /** Of a person's own numbers; `notice`: one line in a new shell. */
  readonly anomalies: { readonly enabled: boolean; readonly notice: boolean }
  /** Days; 0 keeps for ever. */
  readonly retention: {
    readonly events_days: number
    readonly rollups_days: number
    readonly audit_days: number
  }
  /** Role policies: absolute paths of Cedar files, none for the built-in table; and the teams this node is in. */
  readonly policy: { readonly files: readonly string[]; readonly teams: readonly string[] }
  readonly query: { readonly timeout_ms: number }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' }
}

export interface StaticPeer {
  readonly host: string
  readonly port: number
  /** Pins the key: a different one at that address is refused. */
  readonly nodeId?: NodeId
}

export interface TrustedPeer {
  readonly name?: string
  readonly level: TrustLevel
  readonly roles: readonly string[]
  readonly teams: readonly string[]
}

/** Where a value came from, as `karo config list` shows it: `default`, `config.toml:12`, `KARO_MESH_PORT`. */
export type ValueSource = string
