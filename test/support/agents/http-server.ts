// An MCP server over HTTP of a test, on loopback, that behaves or misbehaves as it is told, and remembers what it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

interface Asked {
  readonly method: string
  readonly url: string
  readonly session: string | undefined
  readonly authorization: string | undefined
  readonly message: Message | undefined
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: {
    readonly name?: string
    readonly arguments?: Record<string, unknown>
    readonly _meta?: object
  }
  readonly error?: object
}

export interface HttpServer {
  /** Of its endpoint. */
  readonly url: string
  readonly asked: Asked[]
  /** How many connections there were. */
  connections(): number
  /** Ends all connections and forgets all sessions; nobody listens then. */
  close(): Promise<void>
  /** Listens again at the same port. */
  open(): Promise<void>
}

/** Answers a call of a tool in place of `echo`; the head is the server's to write. */
export type Way = (response: ServerResponse, message: Message, asked: readonly Asked[]) => void

export const json = (response: ServerResponse, value: unknown): void =>
  void response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
export const events = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' })
export const said = (id: number | undefined, text: string) => ({
  jsonrpc: '2.0',
  id,
  result: { content: [{ type: 'text', text }] },
})

/** `call`: what it does when a tool is called. `first`: looks at every request before anything else, and is true where it answered. */
export async function httpServer({
  call = (response, message) => json(response, said(message.id, String(message.params?.arguments?.text))),
  first = () => false,
}: {
  readonly call?: Way
  readonly first?: (
    request: IncomingMessage,
    response: ServerResponse,
    message: Message | undefined,
  ) => boolean
} = {}): Promise<HttpServer> {
  const asked: Asked[] = []
  const sessions = new Set<string>()

  const answer = (request: IncomingMessage, response: ServerResponse, body: string): unknown => {
    const message = body === '' ? undefined : (JSON.parse(body) as Message)
    const session = request.headers['mcp-session-id'] as string | undefined
    const { authorization } = request.headers
    asked.push({ method: request.method ?? '', url: request.url ?? '', session, authorization, message })
    if (first(request, response, message)) return
    if (request.method === 'GET') return response.writeHead(405).end()
    if (request.method === 'DELETE')
      return response.writeHead(session && sessions.delete(session) ? 200 : 404).end()
    if (message?.method === 'initialize') {
      const name = `s-${asked.length}`
      sessions.add(name)
      response.setHeader('mcp-session-id', name)
      const serverInfo = { name: 'played', version: '1' }
      const result = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo }
      return json(response, { jsonrpc: '2.0', id: message.id, result })
    }
    if (session === undefined || !sessions.has(session)) return response.writeHead(404).end('no such session')
    switch (message?.method) {
      case 'tools/list': {
        const tool = { name: 'echo', description: 'says it', inputSchema: { type: 'object' } }
        const tools = [{ ...tool, annotations: { readOnlyHint: true } }]
        return json(response, { jsonrpc: '2.0', id: message.id, result: { tools } })
      }
      case 'tools/call':
        return call(response, message, asked)
      case 'ping':
        return json(response, { jsonrpc: '2.0', id: message.id, result: {} })
      default:
        return response.writeHead(202).end()
    }
  }

  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => {
      body += piece
    })
    request.on('end', () => answer(request, response, body))
    response.on('error', () => {})
  })
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      sessions.clear()
      server.close(() => resolve())
      server.closeAllConnections()
    })
  onTestFinished(close)
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    asked,
    connections: () => connections,
    close,
    open: () => listen(port),
  }
}
