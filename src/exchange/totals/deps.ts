// What the room of totals is built from.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Insight } from '../../insight/statistics/index.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Certificates, Operators } from '../../trust/certificates/index.ts'
import type { Sharing } from '../../trust/consent/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Policy } from '../../trust/policy/index.ts'
import type { OwnIdentity } from '../boxes/index.ts'
import type { Documents } from '../documents/index.ts'
import type { Plan } from './plan.ts'
import type { Measure, TotalsReader } from './types.ts'

export interface TotalsDeps extends Ambient {
  readonly identity: OwnIdentity
  /** What the mesh's policy bundle says; undefined: it names no two aggregators of different operators. */
  readonly plan: () => Plan | undefined
  /** Why the newest bundle is not in force, if it is not. */
  readonly problem: TotalsReader['problem']
  readonly measures: readonly Measure[]
  readonly insight: Pick<Insight, 'recordedSince'>
  /** Whether all that shells have written so far is stored. */
  readonly hasRead: () => Promise<boolean>
  readonly sharing: Pick<Sharing, 'consentOf' | 'decidedAt' | 'onChange'>
  readonly policy: Pick<Policy, 'counts' | 'decide'>
  readonly fleet: Pick<Certificates, 'certified'> & { readonly operators: Pick<Operators, 'list'> }
  readonly trust: Pick<Trust, 'opinion' | 'known' | 'memberOf'>
  /** True for nodes that the people here refuse: they get nothing, not even half of a number. */
  readonly refuses: (node: NodeId) => boolean
  /** The people whose consent decides. Empty: nobody can say now who they are, and nobody is counted. */
  readonly deciders: () => Promise<readonly number[]>
  /** `sharing.k_min`, as it is now. */
  readonly kMin: () => number
  /** `sharing.budget`, as it is now: buckets of seven days. */
  readonly budget: () => number
  /** When this node joined the mesh, ms since the epoch; null: it is in none. */
  readonly joinedAt: () => number | null
  readonly documents: Pick<Documents, 'publish' | 'of' | 'slots' | 'onKept' | 'isCompared' | 'onCompared'>
  readonly audit: Pick<Audit, 'record' | 'log'>
}
