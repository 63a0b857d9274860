// Node's checks of slow connections run while somebody is connected, each time anew, and not before or after.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { checkWhileOpen } from '../../../src/api/server/checks-while-open.ts'
import { open, send } from '../../support/api/http.ts'
import { until } from '../../support/run/until.ts'

const CHECK_MS = 20
/** Longer than any test: a machine that stands still for a moment sends nobody away whom the test does not mean. */
const PATIENT_MS = 3_600_000

async function serving() {
  const server = createServer(
    { headersTimeout: PATIENT_MS, requestTimeout: PATIENT_MS, connectionsCheckingInterval: CHECK_MS },
    (_, out) => out.end('ok'),
  )
  checkWhileOpen(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const everyMs = (): number =>
    (server as unknown as { connectionsCheckingInterval: number }).connectionsCheckingInterval
  const { port } = server.address() as AddressInfo
  /** A connection that the server has accepted, and checks: otherwise nothing that is said on it would end. */
  const checked = async () => {
    const connection = once(server, 'connection') as Promise<[Socket]>
    const opened = await open(port)
    const [accepted] = await connection
    expect(everyMs()).toBe(CHECK_MS)
    return { ...opened, accepted }
  }
  /** All that comes on a connection with half a request until the server closes it, once it waits for nobody any more. */
  const answerToHalf = async ({ socket, ended, accepted }: Awaited<ReturnType<typeof checked>>) => {
    socket.write('GET / HTTP/1.1\r\n')
    // What the server had not read when it closed would reset the connection, and the answer be lost.
    await until(() => accepted.bytesRead > 0, { what: 'the server has read the half' })
    server.headersTimeout = 1
    let answer: string | undefined
    void ended.then((text) => {
      answer = text
    })
    await until(() => answer, { what: 'the server closes the connection' })
    server.headersTimeout = PATIENT_MS
    return answer
  }
  return { server, port, everyMs, checked, answerToHalf }
}

test('whoever never ends a request is sent away, each time', async () => {
  const { port, everyMs, checked, answerToHalf } = await serving()
  for (let time = 0; time < 2; time++) {
    expect(await answerToHalf(await checked())).toContain(' 408 ')
    expect((await send(port, '/')).text).toBe('ok')
    await until(() => everyMs() > CHECK_MS, { what: 'nobody is connected' })
  }
})

test('with one of two connections gone the other one is still checked', async () => {
  const { server, checked, answerToHalf } = await serving()
  const [first, second] = [await checked(), await checked()]
  first.socket.destroy()
  await until(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count <= 1))), {
    what: 'the first one is gone',
  })
  expect(await answerToHalf(second)).toContain(' 408 ')
})

test('a server that nobody is connected to checks nothing', async () => {
  const { everyMs, checked } = await serving()
  expect(everyMs()).toBeGreaterThan(3_600_000)
  const { socket } = await checked()
  socket.destroy()
  await until(() => everyMs() > 3_600_000, { what: 'the check has ended' })
})
