// What the query room is built from, and its parts with it.
import type { Ambient } from '../../base/run/ambient.ts'
import type { Config } from '../../config/index.ts'
import type { Mesh } from '../../mesh/index.ts'
import type { ReplayRepository } from '../../store/tables/replay.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Sharing } from '../../trust/consent/index.ts'
import type { Identity } from '../../trust/identity/index.ts'
import type { PrincipalsDeps } from '../../trust/operators/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Policy, Principal } from '../../trust/policy/index.ts'
import type { Summaries } from '../summaries/index.ts'
import type { ReleasesShown, TotalsReader } from '../totals/types.ts'
import type { GatherInsight } from './query-types/index.ts'
import type { QueryWatch } from './types.ts'

export interface QueryDeps extends Ambient {
  readonly config: Pick<Config, 'node' | 'sharing' | 'overlay'>
  readonly identity: Pick<Identity, 'publicKey' | 'sign' | 'fingerprint'>
  readonly trust: Pick<Trust, 'members' | 'opinion' | 'known' | 'onChange'> & Partial<Pick<Trust, 'memberOf'>>
  readonly mesh: Pick<Mesh, 'link' | 'linkAll' | 'reach' | 'doubt' | 'isAnswering' | 'isConnected' | 'apart'>
  readonly insight: GatherInsight
  readonly summaries: Pick<Summaries, 'cover'> & Partial<Pick<Summaries, 'withdrawn'>>
  readonly sharing: Pick<Sharing, 'consentOf' | 'onChange'>
  readonly policy: Pick<Policy, 'decide' | 'reads'>
  readonly totals: TotalsReader & ReleasesShown
  /** This node as the one who asks. */
  readonly self: () => Principal
  /** Absent: this node knows no operators. */
  readonly operators?: PrincipalsDeps['operators']
  readonly audit: Pick<Audit, 'record'>
  readonly replay: Pick<ReplayRepository, 'put' | 'load'>
  /** The people whose consent decides. Empty: nobody can say now who they are, and nothing is answered. */
  readonly deciders: () => Promise<readonly number[]>
  readonly watch?: QueryWatch
  /** Sees the plaintext of every answer before it is sealed. */
  readonly onEncoded?: ((bytes: Uint8Array) => void) | undefined
}
