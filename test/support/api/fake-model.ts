// A model's server by script: it answers as an OpenAI-compatible one, or wrongly in one of many ways.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

interface Received {
  readonly headers: IncomingMessage['headers']
  readonly url: string
  readonly body: string
}

export interface FakeModel {
  /** `http://127.0.0.1:<port>/v1`. */
  readonly endpoint: string
  readonly port: number
  readonly received: Received[]
}

export type Script = (response: ServerResponse, request: Received) => unknown

/** Serves on a free port of loopback until the test ends; open connections are cut then. */
export async function fakeModel(script: Script): Promise<FakeModel> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const seen = { headers: request.headers, url: request.url ?? '', body }
      received.push(seen)
      script(response, seen)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { endpoint: `http://127.0.0.1:${port}/v1`, port, received }
}

/** The reply in pieces of a few characters, as a stream of events. */
export const streamed =
  (reply: string): Script =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { role: 'assistant' } }] })}\n\n`)
    for (const [piece] of reply.matchAll(/[\s\S]{1,7}/gu))
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: piece } }] })}\r\n\r\n`)
    response.end('data: [DONE]\n\n')
  }

/** The reply at once, as servers answer that do not stream. */
export const whole =
  (reply: string): Script =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: reply } }] }))
  }
