// Merging by the table of query types, on bare numbers: what tests have in their hands.
import type {
  ActivityPatterns,
  AnomalyCounts,
  ComparedToolUse,
  NodeHealthStatus,
  SafetyPosture,
} from '../../../../protocols/messages/numbers.ts'
import { activityPatterns } from '../../../../src/exchange/query/query-types/activity-patterns.ts'
import { anomalies } from '../../../../src/exchange/query/query-types/anomalies.ts'
import { nodeHealth } from '../../../../src/exchange/query/query-types/node-health.ts'
import { safetyPosture } from '../../../../src/exchange/query/query-types/safety-posture.ts'
import { toolUsage } from '../../../../src/exchange/query/query-types/tool-usage.ts'
import type { AbsentMember } from '../../../../src/exchange/query/query-types/type.ts'

export const mergeTools = (lists: readonly (readonly ComparedToolUse[])[]) =>
  toolUsage.merge(
    lists.map((tools) => ({ query_type: 'ToolUsage', tools })),
    [],
  ).tools

export const mergeSafety = (parts: readonly SafetyPosture[]) =>
  safetyPosture.merge(
    parts.map((safety) => ({ query_type: 'SafetyPosture', safety })),
    [],
  )

export const mergeActivity = (parts: readonly ActivityPatterns[]) =>
  // Numbers of single nodes are never withheld.
  activityPatterns.merge(
    parts.map((activity) => ({ query_type: 'ActivityPatterns', activity })),
    [],
  ) as ActivityPatterns & { readonly change: number | null }

export const mergeAnomalies = (parts: readonly AnomalyCounts[]) =>
  anomalies.merge(
    parts.map((one) => ({ query_type: 'Anomalies', anomalies: one })),
    [],
  )

export const mergeHealth = (parts: readonly NodeHealthStatus[], absent: readonly AbsentMember[] = []) =>
  nodeHealth.merge(
    parts.map((health) => ({ query_type: 'NodeHealth', health })),
    absent,
  ).nodes
