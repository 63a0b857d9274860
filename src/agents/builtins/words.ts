// The ids of built-in agents, which no agent that people add may have, and what kSentinel raises alerts about.
export const BUILT_IN_IDS = [
  'kCore:queue',
  'kPlanner:plans',
  'kReviewer:results',
  'kSentinel:watch',
  'kMemory:notes',
  'kPersona:prompts',
  'kExecutor:command',
  'kBridge:models',
] as const

export const isBuiltIn = (id: string): id is (typeof BUILT_IN_IDS)[number] =>
  BUILT_IN_IDS.some((one) => one === id)

export const ALERTS = ['refused', 'cannot_run', 'unusual', 'left_out'] as const
