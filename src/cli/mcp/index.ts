// The MCP room's door: Karo as a server of the Model Context Protocol, for AI coding tools.
import type { Readable, Writable } from 'node:stream'
import { isInitializeRequest, isJSONRPCRequest, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { type Clocked, createServer } from './server.ts'
import type { McpWorld } from './tool.ts'

/** One message; a command of 100 000 characters fits, escaped. */
const MOST_MESSAGE = 1024 * 1024

interface McpStreams {
  readonly input: Readable
  readonly output: Writable
}

/**
 * Resolves when the connection is over: the other side closed it, `signal` was aborted, or it sent a message that is too
 * large, which `trouble` is told. Only protocol is written to `output`.
 */
export async function serveMcp(
  world: McpWorld & Clocked,
  { input, output }: McpStreams,
  signal: AbortSignal,
  trouble: (what: string) => void,
): Promise<void> {
  const transport = new StdioServerTransport(input, output, { maxBufferSize: MOST_MESSAGE })
  const over = Promise.withResolvers<void>()
  const handle = serveStdio(() => createServer(world, world), {
    transport,
    // Not its message: that may repeat what was sent.
    onerror: () => trouble('the client sent something that is not a message of the protocol'),
  })
  const { onclose, onmessage } = transport
  transport.onmessage = (message) => {
    const isGreeting = isJSONRPCRequest(message) && message.method === 'initialize'
    if (!isGreeting || isInitializeRequest(message)) return onmessage?.(message)
    // The library would answer with an internal error, and with all that its schema says of it.
    const error = {
      code: ProtocolErrorCode.InvalidParams,
      message: 'initialize takes protocolVersion, capabilities and clientInfo',
    }
    transport.send({ jsonrpc: '2.0', id: message.id, error }).catch(() => {})
  }
  transport.onclose = () => {
    onclose?.()
    over.resolve()
  }
  const end = (): void => void handle.close()
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    await over.promise
  } finally {
    signal.removeEventListener('abort', end)
  }
}
