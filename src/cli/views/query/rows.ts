// How each query type is shown whose numbers have a shape of their own.
// Written by `npm run docs` from `answerData` in protocols/messages/numbers.ts and the files in query-types/counted/.
import type { AskedType, CountedType } from '../../../api/contract/shapes.ts'
import { activityPatterns } from './activity-patterns.ts'
import { anomalies } from './anomalies.ts'
import { nodeHealth } from './node-health.ts'
import { safetyPosture } from './safety-posture.ts'
import { toolUsage } from './tool-usage.ts'

export const VIEWS = {
  ToolUsage: toolUsage,
  SafetyPosture: safetyPosture,
  ActivityPatterns: activityPatterns,
  Anomalies: anomalies,
  NodeHealth: nodeHealth,
} satisfies Readonly<Record<Exclude<AskedType, CountedType>, unknown>>
