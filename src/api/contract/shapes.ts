// What the API takes and gives as types, made from its schemas, and words of other rooms that the command line shares.

export { RISK_LEVELS } from '../../base/words/risk-levels.ts'
export { KINDS as ANOMALY_KINDS } from '../../base/words/signal.ts'
export { TRUST_LEVELS } from '../../base/words/trust-levels.ts'
export { checkFilters, OPERATORS, parseFilter } from '../../exchange/query/filters.ts'
export { passes } from '../../exchange/query/passes.ts'
export {
  type ActivityData,
  ASKED_TYPES,
  type AskedType,
  type HealthData,
  type HealthRow,
  type QueryData,
  queryType,
  type SafetyData,
  type ToolData,
  type ToolRow,
  WEEKDAYS,
} from '../../exchange/query/query-types/index.ts'
export { AUDIT_TYPES } from '../../trust/audit/entry-types.ts'
export type { AnomaliesShape, AnomalyShape, MutesShape, ToldShape } from './schemas/anomalies.ts'
export type { AuditEntryShape, AuditVerdict } from './schemas/audit.ts'
export type {
  ConnectionFacts,
  DaemonFacts,
  MulticastFacts,
  NamedNode,
  PendingNode,
} from './schemas/doctor.ts'
export type { ErrorShape } from './schemas/error.ts'
export type { FeedData, FeedEvent } from './schemas/events.ts'
export type { FleetShape, InviteShape } from './schemas/fleet.ts'
export type {
  DeletedShape,
  EventShape,
  MostUsedShape,
  RankedCommandShape,
  RankedShape,
  StatisticsShape,
} from './schemas/history.ts'
export type { ImportedShape, ImportListShape, ImportShape } from './schemas/import.ts'
export type { PeerAnswerShape, PeerShape } from './schemas/peers.ts'
export type { ProcessesShape, ProcessShape } from './schemas/processes.ts'
export type { Coverage, Outcome, QueryLine, QueryResult } from './schemas/query.ts'
export type {
  HeldSummariesShape,
  PublishedSummariesShape,
  SharePreviewShape,
  SharingView,
  SummaryShape,
} from './schemas/share.ts'
export type { StatusShape } from './schemas/status.ts'
export type {
  SessionListShape,
  TokenCreatedShape,
  TokenListShape,
  TokenShape,
} from './schemas/tokens.ts'
