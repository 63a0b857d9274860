// The types of values of the configuration, which other rooms use without loading the code that reads it.
import type { NodeId } from '../../protocols/node-id.ts'
import type { TrustLevel } from '../base/words/trust-levels.ts'

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
