// The door of the agents room: the Muscle as the daemon sees it, the runtime with its tasks, and the gates in front of them.
export { createMuscle } from './muscle/muscle.ts'
export type { Actor } from './runtime/control.ts'
export { type AgentView, createRuntime, type Runtime } from './runtime/runtime.ts'
export type { Task, TaskEvent } from './tasks/types.ts'
