// What the trust room is built from, and what its parts have in common.

import type { NodeId } from '../../../protocols/node-id.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Config, TrustedPeer } from '../../config/index.ts'
import type { MemberRepository } from '../../store/tables/members.ts'
import type { Audit } from '../audit/index.ts'
import type { Certificates } from '../certificates/index.ts'
import type { Identity } from '../identity/index.ts'
import type { Lineage } from '../lineage/index.ts'
import type { Domains } from './domains.ts'
import type { Held } from './held.ts'
import type { Seen } from './seen.ts'

export interface TrustOptions extends Pick<Ambient, 'clock' | 'log'> {
  readonly config: Pick<Config, 'peers' | 'trust'>
  readonly repository: MemberRepository
  readonly identity: Pick<Identity, 'nodeId' | 'former' | 'pending'>
  readonly audit: Pick<Audit, 'record'>
  readonly certificates: Certificates
  readonly lineage: Lineage
}

/** What every part of the room may use. */
export interface TrustParts extends TrustOptions {
  /** People's decisions, each by every key that its record names; written by `createDeciding` alone. */
  readonly decisions: Map<NodeId, Held>
  readonly domains: Domains
  readonly seen: Seen
  /** As it is now: a reload replaces it. */
  readonly file: () => {
    readonly denied: ReadonlySet<NodeId>
    readonly trusted: ReadonlyMap<NodeId, TrustedPeer>
  }
}
