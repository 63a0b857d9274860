// What routes answer from: the rooms of the daemon, by the names that they have there.
import type { Present } from '../../agents/approvals/changes.ts'
import type { Approvals } from '../../agents/approvals/types.ts'
import type { Artifacts } from '../../agents/artifacts/types.ts'
import type { Alerts } from '../../agents/builtins/alerts.ts'
import type { Capabilities } from '../../agents/capabilities/capabilities.ts'
import type { createMuscle, Runtime } from '../../agents/index.ts'
import type { Memory } from '../../agents/memory/memory.ts'
import type { Planner } from '../../agents/planner/types.ts'
import type { Prompts } from '../../agents/prompts/prompts.ts'
import type { Gates } from '../../agents/types.ts'
import type { Vault } from '../../agents/vault/types.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { LogFilter } from '../../base/run/log.ts'
import type { Problem } from '../../base/run/problem.ts'
import type { HealthCheck } from '../../base/run/room.ts'
import type { Config, LoadedConfig } from '../../config/index.ts'
import type { Replaced } from '../../config/live.ts'
import type { HomePaths } from '../../config/paths.ts'
import type { Documents } from '../../exchange/documents/index.ts'
import type { Query } from '../../exchange/query/index.ts'
import type { Reports } from '../../exchange/reports/index.ts'
import type { Summaries } from '../../exchange/summaries/index.ts'
import type { TotalsRoom } from '../../exchange/totals/index.ts'
import type { Anomalies } from '../../insight/anomalies/index.ts'
import type { Insight } from '../../insight/statistics/index.ts'
import type { Mesh } from '../../mesh/index.ts'
import type { Processes } from '../../observe/processes/index.ts'
import type { Observe } from '../../observe/record/index.ts'
import type { Store } from '../../store/index.ts'
import type { NameService } from '../../trust/access/index.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Fleet } from '../../trust/certificates/index.ts'
import type { Sharing } from '../../trust/consent/index.ts'
import type { Identity } from '../../trust/identity/index.ts'
import type { Sessions } from '../../trust/operators/index.ts'
import type { Organisation } from '../../trust/organisation/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { People } from '../../trust/people/index.ts'
import type { Policy, Principal } from '../../trust/policy/index.ts'
import type { SeatOfCaller } from '../access/at-terminal.ts'
import type { Http } from '../access/http.ts'
import type { DaemonFacts, ModelListShape } from '../contract/shapes.ts'
import type { Feed } from '../feed/feed.ts'
import type { Elsewhere } from '../remote/ask.ts'
import type { Fetching } from '../remote/fetching.ts'
import type { Holdings } from '../remote/holdings.ts'

type Model = ModelListShape['models'][number]

export interface Rooms extends Ambient {
  readonly config: Config
  readonly identity: Identity
  readonly name: string
  readonly paths: HomePaths
  /** True where the node started without the database that belongs to its key. */
  readonly isDbLost: boolean
  /** True for the machine's node, which serves all its users. */
  readonly service: boolean
  /** The uid of the daemon. */
  readonly ownUid: number
  readonly store: Store
  readonly observe: Observe
  readonly processes: Processes
  readonly insight: Insight
  readonly anomalies: Anomalies
  readonly audit: Audit
  readonly people: People
  readonly names: NameService
  readonly sessions: Sessions
  readonly trust: Trust
  readonly fleet: Fleet
  readonly organisation: Organisation
  readonly policy: Policy
  readonly sharing: Sharing
  readonly agents: Runtime
  readonly muscle: ReturnType<typeof createMuscle>
  readonly approvals: Approvals
  readonly capabilities: Capabilities
  readonly gates: Gates
  /** What the person who asks may see of files. */
  readonly present?: Present
  readonly vault: Vault
  readonly artifacts: Artifacts
  readonly memory: Memory
  readonly prompts: Prompts
  readonly planner: Planner
  readonly models: {
    look(signal: AbortSignal): Promise<readonly (Omit<Model, 'rests_ms'> & { readonly restsMs: number })[]>
  }
  readonly alerts: Alerts
  readonly mesh: Mesh
  readonly documents: Documents
  readonly summaries: Summaries
  readonly totals: TotalsRoom
  readonly query: Query
  readonly reports: Reports
  /** This node as its certificate says it. */
  readonly self: () => Principal
  readonly rotation: {
    /** Announces the rotation that the key file holds. Rejects with KaroError. */
    begin(contest?: boolean): Promise<{ readonly next: Identity; readonly switchInMs: number }>
  }
  /** As `Fleet.leave`; this node restarts a few seconds later. */
  readonly leave: () => Promise<void>
  /** This and the next two ask other machines. */
  readonly elsewhere: Elsewhere
  readonly fetching: Fetching
  readonly holdings: Holdings
  readonly feed: Feed
  readonly http: Http
  readonly health: () => { readonly ready: boolean; readonly checks: readonly HealthCheck[] }
  /** Lines are JSON objects without a newline. `follow` calls back until its returned function is called. */
  readonly logs: {
    last(filter: LogFilter, most: number): readonly string[]
    follow(filter: LogFilter, on: (line: string) => void): () => void
  }
  readonly metrics: {
    render(format: 'text' | 'openmetrics'): Promise<{ readonly type: string; readonly body: string }>
  }
  readonly problems: { report(salt: Uint8Array): readonly Problem[] }
  readonly traces: { problem(): DaemonFacts['traces'] }
  /** Where the ledger is sent. */
  readonly forward: { status(): NonNullable<DaemonFacts['forward']> }
  readonly retention: {
    /** Milliseconds by which it lags behind the clock. */
    waits(): number
  }
  readonly copies: {
    /** Removes the copy of the database from before an upgrade, which would bring back what was deleted. */
    drop(): void
  }
  /** The configuration as the file, the environment and the fleet have it now. Throws with what is wrong in it. */
  readonly load: () => LoadedConfig
  /** How the configuration file differs from the configuration in force. */
  readonly drift: () => DaemonFacts['config']
  /** Takes the file over. `restart`: the node also restarts, soon after the answer, where a key needs that. Throws with what is wrong in the file. */
  readonly reload: (restart: boolean) => Promise<Replaced>
  /** Removes the rows of the number of a person that was given up. */
  readonly removeRows: (number: number) => Promise<void>
  /** Tests play the kernel. */
  readonly seatOf?: SeatOfCaller
}
