// The CLI's client against answers it must understand, and against those it must not believe.
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/data/database.ts'
import { callDaemon, streamDaemon } from '../../support/node/call-daemon.ts'
import fc, { forAllAsyncIn } from '../../support/run/properties.ts'
import { PATIENCE_MS, until } from '../../support/run/until.ts'

let socket: string
let server: Server | undefined
let received: string

beforeEach(() => {
  socket = join(temporaryDirectory(), 'karo.sock')
  received = ''
})
afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  server = undefined
})

const listening = () => new Promise<void>((resolve) => server!.listen({ path: socket }, resolve))

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
  await listening()
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
  await listening()
  await expect(callDaemon({ socket }, 'GET', '/', undefined, 20)).rejects.toMatchObject({ code: 'timeout' })
})

test('an endless answer is cut', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 0x20)
  await answering('HTTP/1.1 200 OK\r\n\r\n', ...Array.from({ length: 65 }, () => chunk))
  const answer = callDaemon({ socket }, 'GET', '/', undefined, 240_000)
  await expect(answer).rejects.toMatchObject({ code: 'too_large' })
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
  chmodSync(dirname(socket), 0o755)
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

describe('a stream', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n'
  const stream = (options: Parameters<typeof streamDaemon>[4] = {}) =>
    streamDaemon({ socket }, 'POST', '/api/v1/x', { words: 1 }, { deadlineMs: PATIENCE_MS, ...options })
  async function all(options?: Parameters<typeof stream>[0]): Promise<unknown[]> {
    const lines: unknown[] = []
    for await (const line of stream(options)) lines.push(line)
    return lines
  }

  test('is asked for by its type, and yields the value of each line as it comes', async () => {
    let more: (() => void) | undefined
    server = createServer((connection) => {
      connection.once('data', (data) => {
        received += data.toString()
        connection.write(`${head}{"n":1}\n`)
        more = () => connection.end('{"n":2}\n')
      })
    })
    await listening()
    const lines = stream()
    expect((await lines.next()).value).toEqual({ n: 1 })
    expect(received).toMatch(/^POST \/api\/v1\/x HTTP\/1\.0\r\n/)
    expect(received).toMatch(/\r\naccept: application\/x-ndjson\r\n/)
    expect(received).toMatch(/\r\n\r\n{"words":1}$/)
    more!()
    expect((await lines.next()).value).toEqual({ n: 2 })
    expect((await lines.next()).done).toBe(true)
  })

  test('comes whole wherever its bytes are cut', async () => {
    const values = [{ name: 'ä' }, 'x'.repeat(300), null, [1, 2]]
    const bytes = Buffer.from(head + values.map((value) => `${JSON.stringify(value)}\n`).join(''))
    await forAllAsyncIn(
      { numRuns: 25 },
      fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 5 }),
      async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const parts = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
        server = createServer((connection) => {
          connection.once('data', () => {
            const next = (): void => {
              const part = parts.shift()
              if (part === undefined) connection.end()
              else connection.write(part, () => setImmediate(next))
            }
            next()
          })
        })
        await listening()
        expect(await all()).toEqual(values)
        await new Promise((resolve) => server!.close(resolve))
        server = undefined
      },
    )
  })

  test.each([
    ['cut within a line', `${head}{"n":1}\n{"n"`, 'unavailable'],
    ['a line that is no JSON', `${head}nonsense\n`, 'internal'],
    ['no head', 'HTTP/1.1 200', 'unavailable'],
    ['nothing', '', 'unavailable'],
    ['not HTTP', 'SSH-2.0-x\r\n\r\n', 'unavailable'],
    ['an endless head', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`, 'unavailable'],
    ['another type', http(200, '{"a":1}'), 'internal'],
    ['half an error', 'HTTP/1.1 500 X\r\ncontent-length: 99\r\n\r\n{"e', 'unavailable'],
  ])('%s is an error', async (_, answer, code) => {
    await answering(answer)
    await expect(all()).rejects.toMatchObject({ code })
  })

  test('that is refused throws what the daemon told', async () => {
    const error = { code: 'bad_request', message: 'no', where: 'team', hint: 'eng' }
    await answering(http(400, JSON.stringify({ error })))
    await expect(all()).rejects.toMatchObject(error)
  })

  test('gives what came whole before it was cut', async () => {
    await answering(`${head}{"n":1}\n{"n":2}\n{"n`)
    const got: unknown[] = []
    const read = async () => {
      for await (const line of stream()) got.push(line)
    }
    await expect(read()).rejects.toMatchObject({ code: 'unavailable' })
    expect(got).toEqual([{ n: 1 }, { n: 2 }])
  })

  test.each([
    ['without an end', [head, 'x'.repeat(60), 'x'.repeat(60)]],
    ['with one, in one piece', [head, `"${'x'.repeat(120)}"\n`]],
    ['with one, in several', [head, `"${'x'.repeat(60)}`, `${'x'.repeat(60)}"\n`]],
  ])('ends at a line beyond the limit, %s', async (_, parts) => {
    await answering(...parts)
    await expect(all({ maxBytes: 100 })).rejects.toMatchObject({ code: 'too_large' })
  })

  test('ends at its deadline, though something keeps coming', async () => {
    server = createServer((connection) => {
      connection.on('error', () => {}).resume()
      connection.write(`${head}1\n`)
    })
    await listening()
    await expect(all({ deadlineMs: 30 })).rejects.toMatchObject({ code: 'timeout' })
  })

  test('hangs up when the signal says so, and when the loop is left', async () => {
    let closed = 0
    server = createServer((connection) => {
      connection
        .on('error', () => {})
        .on('close', () => closed++)
        .resume()
      connection.write(`${head}1\n`)
    })
    await listening()
    const cancel = new AbortController()
    const lines = stream({ signal: cancel.signal })
    await lines.next()
    cancel.abort()
    await expect(lines.next()).rejects.toMatchObject({ name: 'AbortError' })
    for await (const _ of stream()) break
    await until(() => closed === 2, { what: 'both are closed' })
    await expect(all({ signal: cancel.signal })).rejects.toMatchObject({ name: 'AbortError' })
  })
})
