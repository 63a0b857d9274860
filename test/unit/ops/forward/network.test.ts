// To whom the ledger is sent: private addresses only, and over TLS only to whom the named authority vouches for.
import { execFileSync } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { closeSync, constants, mkdirSync, openSync, readFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { systemTimers } from '../../../../src/base/clock.ts'
import { forwardTarget } from '../../../../src/base/words/forward-target.ts'
import { openNetwork, outletOf } from '../../../../src/ops/forward/network.ts'
import type { Outlet } from '../../../../src/ops/forward/outlet.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { makeTls } from '../../../support/node/collector.ts'
import { depsFor } from '../../../support/node/forwarding.ts'
import { patience, until } from '../../../support/run/until.ts'

const opened = (to: string, deps = depsFor(to)) => openNetwork(forwardTarget(to)!, deps, patience())
async function untilEnded({ ended }: Outlet): Promise<void> {
  if (!ended.aborted) await once(ended, 'abort')
  expect(ended.reason).toMatchObject({ message: 'the collector closed the connection' })
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

test.each([
  // TEST-NET-1 of RFC 5737, which nobody has.
  ['a public address while mesh.lan_only is on', '192.0.2.1', 'is no private address'],
  ['a name that no configured server may be asked for', 'siem.corp.example', 'no server that may be asked'],
])('nothing is connected to %s', async (_, host, why) => {
  await expect(opened(`ecs+tcp://${host}:6514`)).rejects.toThrow(why)
})

test('a collector that ends the connection is noticed, also before anybody listens for that', async () => {
  const port = await listening(createServer((socket) => socket.end()))
  const outlet = await opened(`ecs+tcp://127.0.0.1:${port}`)
  await untilEnded(outlet)
  await outlet.close()
  const socket = connect(port, '127.0.0.1')
  await once(socket.resume(), 'close')
  const before = outletOf(socket, () => 0, systemTimers)
  await untilEnded(before)
  await expect(before.send('a record\n')).rejects.toThrow()
  await before.close()
})

test('what waits for the end of a connection leaves nothing there when it has waited', async () => {
  const port = await listening(createServer((socket) => socket.resume()))
  const outlet = await opened(`ecs+tcp://127.0.0.1:${port}`)
  for (let n = 0; n < 3; n++) await outlet.send('a record\n')
  expect(getEventListeners(outlet.ended, 'abort')).toEqual([])
  await outlet.close()
})

test('over TLS a collector that closes before it is spoken to is noticed', async () => {
  const ca = join(temporaryDirectory(), 'ca')
  execFileSync('mkfifo', [ca])
  const server = createServer((socket) => void socket.resume().end())
  const port = await listening(server)
  const to = `ecs+tls://127.0.0.1:${port}`
  const deps = depsFor(to)
  const forward = { ...deps.config.forward, tls_ca: ca }
  const [refused] = await Promise.all([
    opened(to, { ...deps, config: { ...deps.config, forward } }).catch(String),
    once(server, 'connection').then(async ([socket]) => {
      if (!socket.closed) await once(socket, 'close')
      // Whoever reads it goes on. Where nobody does, opening it fails, and does not wait as it would without the flag.
      await until(() => openSync(ca, constants.O_WRONLY | constants.O_NONBLOCK), { what: 'it is read' }).then(
        closeSync,
      )
    }),
  ])
  expect(refused).toContain('the collector closed the connection')
})

test('over TLS a certificate of the named authority is good, and one of another authority is not', async () => {
  const [own, other] = ['own', 'other'].map((name) => {
    const directory = join(temporaryDirectory(), name)
    mkdirSync(directory)
    return makeTls(directory, 'siem.corp.example')
  }) as [ReturnType<typeof makeTls>, ReturnType<typeof makeTls>]
  let arrived = ''
  const server = createTlsServer({ cert: readFileSync(own.cert), key: readFileSync(own.key) }, (socket) => {
    socket.on('data', (bytes: Buffer) => (arrived += bytes.toString('utf8')))
  })
  server.on('tlsClientError', () => {})
  const to = `ecs+tls://127.0.0.1:${await listening(server)}`
  const trusting = (tls_ca: string) => {
    const deps = depsFor(to)
    return opened(to, { ...deps, config: { ...deps.config, forward: { ...deps.config.forward, tls_ca } } })
  }
  const outlet = await trusting(own.ca)
  await outlet.send('one\n')
  await outlet.close()
  await expect.poll(() => arrived).toBe('one\n')
  await expect(trusting(other.ca)).rejects.toThrow(
    /^no TLS with it: [^;]*(certificate|verify|signature)[^;]*$/i,
  )
})
