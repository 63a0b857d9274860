// The states of an agent, light enough for the command line to know them.

/**
 * `failed`: it could not be started, or crashed too often. `waiting`: it is started again in a while. `locked`: the Muscle is not
 * there. `refused`: its manifest is not what was signed.
 */
export const AGENT_STATES = [
  'stopped',
  'starting',
  'running',
  'waiting',
  'failed',
  'locked',
  'refused',
] as const
export type AgentState = (typeof AGENT_STATES)[number]
