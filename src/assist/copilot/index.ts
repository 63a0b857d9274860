// The copilot room's door: what a command does, and which command does what was asked; nothing here runs a command.

export { explainCommand } from './explain.ts'
export type { ExplainedPart, Explanation } from './explanation.ts'
