// Node's checks of slow connections run while somebody is connected, each time anew, and not before or after.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { checkWhileOpen } from '../../../src/api/server/checks-while-open.ts'
import { open, send } from '../../support/api/http.ts'
import { until } from '../../support/run/until.ts'

const CHECK_MS = 20

async function serving() {
  const server = createServer({ headersTimeout: 50, connectionsCheckingInterval: CHECK_MS }, (_, out) =>
    out.end('ok'),
  )
  checkWhileOpen(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const everyMs = (): number =>
    (server as unknown as { connectionsCheckingInterval: number }).connectionsCheckingInterval
  const { port } = server.address() as AddressInfo
  /** A connection that the server has accepted, and checks: otherwise nothing that is said on it would end. */
  const checked = async (): ReturnType<typeof open> => {
    const accepted = once(server, 'connection')
    const opened = await open(port)
    await accepted
    expect(everyMs()).toBe(CHECK_MS)
    return opened
  }
  return { server, port, everyMs, checked }
}

/** All that came until the server closed it. */
async function answerOn({ ended }: Awaited<ReturnType<typeof open>>): Promise<string> {
  let answer: string | undefined
  void ended.then((text) => {
    answer = text
  })
  return until(() => answer, { what: 'the server closes the connection' })
}

test('whoever never ends a request is sent away, each time', async () => {
  const { port, everyMs, checked } = await serving()
  for (let time = 0; time < 2; time++) {
    const slow = await checked()
    slow.socket.write('GET / HTTP/1.1\r\n')
    expect(await answerOn(slow)).toContain(' 408 ')
    expect((await send(port, '/')).text).toBe('ok')
    await until(() => everyMs() > CHECK_MS, { what: 'nobody is connected' })
  }
})

test('with one of two connections gone the other one is still checked', async () => {
  const { server, checked } = await serving()
  const [first, second] = [await checked(), await checked()]
  first.socket.destroy()
  await until(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count <= 1))), {
    what: 'the first one is gone',
  })
  second.socket.write('GET / HTTP/1.1\r\n')
  expect(await answerOn(second)).toContain(' 408 ')
})

test('a server that nobody is connected to checks nothing', async () => {
  const { everyMs, checked } = await serving()
  expect(everyMs()).toBeGreaterThan(3_600_000)
  const { socket } = await checked()
  socket.destroy()
  await until(() => everyMs() > 3_600_000, { what: 'the check has ended' })
})
