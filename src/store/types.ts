// The shapes that the store room shows to other rooms, apart from the code that makes them.
import type { Room } from '../base/run/room.ts'
import type { ApprovalRepository, StoredApproval } from './approvals/approvals.ts'
import type { EventRepository } from './events/events.ts'
import type { ProcessRepository } from './processes/processes.ts'
import type { RollupRepository } from './rollups/types.ts'
import type { AgentRepository } from './tables/agents.ts'
import type { AnomalyRepository } from './tables/anomalies.ts'
import type { ArtifactRepository } from './tables/artifacts.ts'
import type { AuditRepository } from './tables/audit.ts'
import type { CapabilityRepository } from './tables/capabilities.ts'
import type { ConsentRepository } from './tables/consent.ts'
import type { DocumentRepository } from './tables/documents.ts'
import type { FleetRepository } from './tables/fleet.ts'
import type { ForwardedRepository } from './tables/forwarded.ts'
import type { MemberRepository } from './tables/members.ts'
import type { MemoryRepository } from './tables/memory.ts'
import type { PeopleRepository } from './tables/people.ts'
import type { ReplayRepository } from './tables/replay.ts'
import type { RetentionTimeRepository } from './tables/retention-time.ts'
import type { TokenRepository } from './tables/tokens.ts'
import type { VaultRepository } from './tables/vault.ts'

/** Every row of a database of an earlier schema; the pieces are `createDatabase`'s. */
export interface EarlierDatabase {
  readonly schema: number
  readonly rows: AsyncIterable<Uint8Array>
}

export interface Store extends Room {
  readonly events: EventRepository
  readonly rollups: RollupRepository
  readonly members: MemberRepository
  readonly consent: ConsentRepository
  readonly replay: ReplayRepository
  readonly audit: AuditRepository
  readonly documents: DocumentRepository
  readonly fleet: FleetRepository
  readonly forwarded: ForwardedRepository
  readonly tokens: TokenRepository
  /** The approvals room says what its rows are. */
  approvals<Open extends StoredApproval, Ended extends StoredApproval>(): ApprovalRepository<Open, Ended>
  readonly capabilities: CapabilityRepository
  readonly people: PeopleRepository
  readonly processes: ProcessRepository
  readonly anomalies: AnomalyRepository
  readonly agents: AgentRepository
  readonly vault: VaultRepository
  readonly artifacts: ArtifactRepository
  readonly memory: MemoryRepository
  readonly retentionTime: RetentionTimeRepository
  /** Bytes on disk, approximate. */
  bytes(): Promise<number>
  /** Every row as it is now, for a backup; the pieces are `createDatabase`'s. */
  snapshot(): AsyncGenerator<Uint8Array, void>
  /** Writes a small value and reads it back; rejects when the database does not do both. For signs of life. */
  probe(): Promise<void>
}
