// How each query type is shown.
// Written by `npm run docs` from the types that an answer can carry (`answerData` in protocols/messages/numbers.ts).
import type { AskedType } from '../../../api/contract/shapes.ts'
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
} satisfies Readonly<Record<AskedType, unknown>>
