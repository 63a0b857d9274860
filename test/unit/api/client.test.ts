// The CLI's client against answers it must understand, and against those it must not believe.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { callDaemon } from '../../../src/api/client.ts'

let directory: string
let socket: string
let server: Server | undefined
let received: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'karo-client-'))
  socket = join(directory, 'karo.sock')
  received = ''
})
afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  server = undefined
  rmSync(directory, { recursive: true })
})

/** Answers every connection with these bytes, then ends it. */
async function answering(...parts: readonly (string | Buffer)[]): Promise<void> {
  server = createServer((connection) => {
    connection.on('error', () => {})
    connection.once('data', (data) => {
      received += data.toString()
      for (const part of parts) connection.write(part)
      connection.end()
    })
  })
  await new Promise<void>((resolve) => server!.listen({ path: socket }, resolve))
}
const http = (status: number, body: string): string =>
  `HTTP/1.1 ${status} X\r\nContent-Length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`

test('sends the method, path and JSON body, and returns the JSON of the answer', async () => {
  await answering(http(200, '{"name":"ä"}'))
  expect(await callDaemon({ socket }, 'POST', '/api/v1/x', { words: 'ü' })).toEqual({ name: 'ä' })
  expect(received).toBe(
    'POST /api/v1/x HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{"words":"ü"}',
  )
})

test('an answer in pieces that cut a character is put together', async () => {
  const answer = Buffer.from(http(200, '{"name":"ä"}'))
  const middle = answer.indexOf(0xc3) + 1
  await answering(answer.subarray(0, 5), answer.subarray(5, middle), answer.subarray(middle))
  expect(await callDaemon({ socket }, 'GET', '/api/v1/x')).toEqual({ name: 'ä' })
})

test('an empty answer is undefined', async () => {
  await answering('HTTP/1.1 204 No Content\r\n\r\n')
  expect(await callDaemon({ socket }, 'DELETE', '/api/v1/x')).toBeUndefined()
})

test('the daemon’s error comes back whole', async () => {
  const error = { code: 'refused', message: 'no', where: 'share', hint: 'ask' }
  await answering(http(403, JSON.stringify({ error })))
  await expect(callDaemon({ socket }, 'GET', '/')).rejects.toMatchObject(error)
})

test.each([
  ['an error code of another version', http(418, '{"error":{"code":"teapot","message":"m"}}'), 'internal'],
  ['an error code from the prototype', http(400, '{"error":{"code":"toString","message":"m"}}'), 'internal'],
  ['an error without our shape', http(502, '{"oops":1}'), 'internal'],
  ['an error body of null', http(500, 'null'), 'internal'],
  ['no JSON', http(200, '<html>'), 'internal'],
  ['not HTTP', 'SSH-2.0-x\r\n\r\n', 'unavailable'],
  ['nothing', '', 'unavailable'],
  ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"a":1', 'unavailable'],
])('%s is an error of its own', async (_, answer, code) => {
  await answering(answer)
  await expect(callDaemon({ socket }, 'GET', '/')).rejects.toMatchObject({ code })
})

test('a daemon that says nothing is a timeout', async () => {
  server = createServer((connection) => connection.resume())
  await new Promise<void>((resolve) => server!.listen({ path: socket }, resolve))
  await expect(callDaemon({ socket }, 'GET', '/', undefined, 20)).rejects.toMatchObject({ code: 'timeout' })
})

test('an endless answer is cut', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 0x20)
  await answering('HTTP/1.1 200 OK\r\n\r\n', ...Array.from({ length: 65 }, () => chunk))
  await expect(callDaemon({ socket }, 'GET', '/')).rejects.toMatchObject({ code: 'too_large' })
})

test('no socket, a file, or a missing directory: not running, and how to start it', async () => {
  const notRunning = { code: 'not_running', hint: expect.stringContaining('karo up') }
  await expect(callDaemon({ socket }, 'GET', '/')).rejects.toMatchObject(notRunning)
  writeFileSync(socket, '')
  await expect(callDaemon({ socket }, 'GET', '/')).rejects.toMatchObject(notRunning)
  await expect(callDaemon({ socket: join(socket, 'x') }, 'GET', '/')).rejects.toMatchObject(notRunning)
})

test('a socket of another user is no "not running"', async () => {
  await answering(http(200, '{}'))
  chmodSync(directory, 0o755)
  chmodSync(socket, 0o000)
  // Root may connect to anything, so it becomes nobody for a moment.
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.(65_534)
  try {
    await expect(callDaemon({ socket }, 'GET', '/')).rejects.toMatchObject({ code: 'bad_file' })
  } finally {
    if (root) process.seteuid?.(0)
  }
})
