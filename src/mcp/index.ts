// The MCP room's door: Karo as a server of the Model Context Protocol, for AI coding tools.
export { type McpStreams, serveMcp } from './serve.ts'
export type { McpWorld } from './tool.ts'
