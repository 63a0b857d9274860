// What Karo knows of each query type, in the order of help and documents.
// Written by `npm run docs` from `answerData` in protocols/messages/numbers.ts and the files in query-types/counted/.
import { activityPatterns } from './activity-patterns.ts'
import { anomalies } from './anomalies.ts'
import { privilegedUse } from './counted/privileged-use.ts'
import { nodeHealth } from './node-health.ts'
import { safetyPosture } from './safety-posture.ts'
import { toolUsage } from './tool-usage.ts'
import type { AskedType } from './type.ts'

export const ROWS = {
  ToolUsage: toolUsage,
  SafetyPosture: safetyPosture,
  ActivityPatterns: activityPatterns,
  Anomalies: anomalies,
  NodeHealth: nodeHealth,
  PrivilegedUse: privilegedUse,
} satisfies Readonly<Record<AskedType, unknown>>
