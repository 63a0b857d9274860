// The MCP room's door: Karo as a server of the Model Context Protocol, for AI coding tools.
export { serveMcp } from './serve.ts'
