// What is used of the official MCP client; loaded on demand, because it takes a good part of a second.
export { Client, parseJSONRPCMessage, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
