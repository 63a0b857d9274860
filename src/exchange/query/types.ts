// The shapes of the query room apart from the code that makes them: what it is built from, and what it shows to other rooms.
import type { AnswerStatus, QueryFilter } from '../../../protocols/messages/query.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Config } from '../../config/index.ts'
import type { Mesh } from '../../mesh/index.ts'
import type { ReplayRepository } from '../../store/tables/replay.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Sharing } from '../../trust/consent/index.ts'
import type { Identity } from '../../trust/identity/index.ts'
import type { Acting, PrincipalsDeps } from '../../trust/operators/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Policy, Principal } from '../../trust/policy/index.ts'
import type { Summaries } from '../summaries/index.ts'
import type { ReleasesShown, TotalsReader } from '../totals/types.ts'
import type { typeWord } from './document.ts'
import type { AskedType, GatherInsight } from './query-types/index.ts'
import type { QueryResult } from './schema.ts'

export interface QueryDeps extends Ambient {
  readonly config: Pick<Config, 'node' | 'sharing' | 'overlay'>
  readonly identity: Pick<Identity, 'publicKey' | 'sign' | 'fingerprint'>
  readonly trust: Pick<
    Trust,
    'members' | 'opinion' | 'known' | 'met' | 'onChange' | 'memberOf' | 'keyState' | 'admits'
  >
  readonly mesh: Pick<Mesh, 'link' | 'linkAll' | 'reach' | 'doubt' | 'isAnswering' | 'isConnected' | 'apart'>
  readonly insight: GatherInsight
  readonly summaries: Pick<Summaries, 'cover' | 'withdrawn'>
  readonly sharing: Pick<Sharing, 'consentOf' | 'onChange'>
  readonly policy: Pick<Policy, 'decide' | 'reads'>
  readonly totals: TotalsReader & ReleasesShown
  /** This node as the one who asks. */
  readonly self: () => Principal
  readonly operators: PrincipalsDeps['operators']
  readonly audit: Pick<Audit, 'record' | 'insist'>
  readonly replay: Pick<ReplayRepository, 'put' | 'load'>
  /** The people whose consent decides. Empty: nobody can say now who they are, and nothing is answered. */
  readonly deciders: () => Promise<readonly number[]>
  readonly watch?: QueryWatch
  /** Sees the plaintext of every answer before it is sealed. */
  readonly onEncoded?: ((bytes: Uint8Array) => void) | undefined
}

export interface AskRequest {
  readonly query_type: AskedType
  /** Default: what each owner's trust gives this node, 2 for a supervisor and 1 for the others. */
  readonly level?: 1 | 2 | undefined
  /** Milliseconds since the epoch; level 1 is widened outward to whole UTC hours. */
  readonly range: { readonly start: number; readonly end: number }
  readonly perNode: boolean
  /** All must hold; at most 16. Names are sent to the owners, numbers are compared with the merged rows here. */
  readonly filters?: readonly QueryFilter[] | undefined
  /** Only the members of this team, as this node's people see it, are asked and counted. */
  readonly team?: string | undefined
  /** Milliseconds, 100 to 60 000. */
  readonly timeoutMs: number
  /** Asking person's uid: their own data is merged whatever their consent. */
  readonly uid: number
  /** Also what was opened of each closed bucket, at level 2 (`opened` of the result); for rooms of this node, not for the API. */
  readonly opened?: true
  /** The operator whom that person is logged in as, and asks as; absent: the node asks. */
  readonly acting?: Acting | undefined
  /** 32 lower-case hex digits that tie log lines and audits of all nodes together; made up when absent. */
  readonly traceId?: string
}

/** Gets each question when it is over; for metrics. */
export interface QueryWatch {
  asked(result: Pick<QueryResult, 'query_type' | 'ended_by' | 'coverage' | 'timing' | 'opened'>): void
  /** This node answered another node's question; refusals count too. */
  answered(answer: { readonly query_type: ReturnType<typeof typeWord>; readonly status: AnswerStatus }): void
}
