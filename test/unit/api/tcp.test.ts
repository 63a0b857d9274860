// The listener: a port that cannot be had, one that becomes free, and an end that comes.
import { createServer, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createTcpListener, type TcpListener } from '../../../src/api/access/tcp.ts'
import { systemTimers } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { tolerated } from '../../../src/base/run/tolerated.ts'
import { open, raw, send, statuses } from '../../support/api/http.ts'
import { until } from '../../support/run/until.ts'

const signal = new AbortController().signal

function listener(
  port = 0,
  handle: Parameters<typeof createTcpListener>[0]['handle'] = (_, out) => out.end('ok'),
) {
  const made = createTcpListener({ port, handle, onRefused: () => {}, log: silentLog, timers: systemTimers })
  onTestFinished(() => made.stop())
  return made
}
const portOf = (made: TcpListener): number => made.address()?.port ?? 0

/** Another program on a port. */
async function squatter(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { server, port: (server.address() as { port: number }).port }
}

test('a port that is taken is said with what to do, and had as soon as it is free', async () => {
  const { server, port } = await squatter()
  const made = listener(port)
  await expect(made.start(signal)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`127.0.0.1:${port}`),
    hint: expect.stringContaining('http.port'),
  })
  expect([made.address(), made.health?.()[0]?.ok]).toEqual([null, false])
  const room = tolerated(made, { check: 'http.listening', log: silentLog, retryMs: 10 })
  onTestFinished(() => room.stop())
  await room.start(signal)
  expect(room.health?.()).toEqual([
    { name: 'http.listening', ok: false, detail: expect.stringContaining('http.port') },
  ])
  await new Promise((resolve) => server.close(resolve))
  await until(() => room.health?.()[0]?.ok, { what: 'the port is had' })
  expect((await send(port, '/')).text).toBe('ok')
})

test('an accept that fails ends neither the listener nor the process', async () => {
  const made = listener(0, (request, response) => {
    const { server } = request.socket as typeof request.socket & { readonly server?: Server }
    response.end(String(server?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))))
  })
  await made.start(signal)
  expect((await send(portOf(made), '/')).text).toBe('true')
  expect((await send(portOf(made), '/')).status).toBe(200)
})

test('stops although an answer never ends, is then nowhere, and can start again', async () => {
  const made = listener(0, (request, response) => {
    if (request.url === '/') response.end('ok')
    else response.write('first')
  })
  await made.start(signal)
  const port = portOf(made)
  const { socket, ended } = await open(port)
  socket.write(`GET /hang HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  await made.stop()
  await ended
  expect(made.address()).toBeNull()
  await expect(send(port, '/')).rejects.toThrow()
  await made.start(signal)
  expect((await send(portOf(made), '/')).text).toBe('ok')
})

test('answers a browser that has the cookies of many programs at localhost, and not one that has too many', async () => {
  const made = listener()
  await made.start(signal)
  const withCookies = async (bytes: number): Promise<number> =>
    (await send(portOf(made), '/', { headers: { cookie: 'x'.repeat(bytes) } })).status
  expect([await withCookies(60 * 1024), await withCookies(65 * 1024)]).toEqual([200, 431])
})

test('what is refused closes its connection: what follows on it is never read as a request', async () => {
  const asked: (string | undefined)[] = []
  const made = listener(0, ({ url }, response) => {
    asked.push(url)
    response.end()
  })
  await made.start(signal)
  const port = portOf(made)
  const good = `GET /good HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`
  const received = await raw(port, `GET /bad HTTP/1.1\r\nHost: evil.example\r\n\r\n${good}`)
  expect(statuses(received)).toEqual([403])
  expect(asked).toEqual([])
})
