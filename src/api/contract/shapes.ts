// What the API takes and gives as types, made from its schemas, and words of other rooms that the command line shares.
// The rows of `schemas/` are written by `npm run docs`.

export { LINK_PREFIX, MEDIA_TYPE } from '../../agents/artifacts/types.ts'
export { AGENT_CLASSES } from '../../agents/manifest/words.ts'
export { MOST_NOTE } from '../../agents/memory/memory.ts'
export { MOST_TEXT, MOST_VALUE } from '../../agents/prompts/template.ts'
export { SECRET_NAME } from '../../agents/vault/types.ts'
export { RISK_LEVELS } from '../../base/words/risk-levels.ts'
export { KINDS as ANOMALY_KINDS } from '../../base/words/signal.ts'
export { TRUST_LEVELS } from '../../base/words/trust-levels.ts'
export { checkFilters, OPERATORS, parseFilter } from '../../exchange/query/filters.ts'
export { passes } from '../../exchange/query/passes.ts'
export {
  ASKED_TYPES,
  type AskedType,
  type CountedType,
  type QueryData,
  type QueryDataOf,
  queryType,
  WEEKDAYS,
} from '../../exchange/query/query-types/index.ts'
export { AUDIT_TYPES } from '../../trust/audit/entry-types.ts'
export type * from './schemas/agents/agents.ts'
export type * from './schemas/agents/approvals.ts'
export type * from './schemas/agents/artifacts.ts'
export type * from './schemas/agents/memory.ts'
export type * from './schemas/agents/planner.ts'
export type * from './schemas/agents/vault.ts'
export type * from './schemas/anomalies.ts'
export type * from './schemas/audit.ts'
export type * from './schemas/care.ts'
export type * from './schemas/doctor.ts'
export type * from './schemas/error.ts'
export type * from './schemas/events.ts'
export type * from './schemas/fleet.ts'
export type * from './schemas/history.ts'
export type * from './schemas/import.ts'
export type * from './schemas/operators.ts'
export type * from './schemas/peers.ts'
export type * from './schemas/people.ts'
export type * from './schemas/policy.ts'
export type * from './schemas/processes.ts'
export type * from './schemas/query.ts'
export type * from './schemas/reports/reports.ts'
export type * from './schemas/share.ts'
export type * from './schemas/stats.ts'
export type * from './schemas/status.ts'
export type * from './schemas/tokens.ts'
