// The copilot room's door: what a command does, and which command does what was asked; nothing here runs a command.

export { type ExplainOptions, explainCommand } from './explain.ts'
export type { ExplainedPart, Explanation, Span } from './explanation.ts'
