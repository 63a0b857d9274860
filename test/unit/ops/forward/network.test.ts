// To whom the ledger is sent: private addresses only, and over TLS only to whom the named authority vouches for.
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemTimers } from '../../../../src/base/clock.ts'
import { forwardTarget } from '../../../../src/base/words/forward-target.ts'
import { openNetwork, outletOf } from '../../../../src/ops/forward/network.ts'
import { makeTls, type Tls } from '../../../support/node/collector.ts'
import { depsFor } from '../../../support/node/forwarding.ts'
import { patience } from '../../../support/run/until.ts'

test('nothing is connected to a public address while mesh.lan_only is on', async () => {
  // TEST-NET-1 of RFC 5737, which nobody has.
  const to = 'ecs+tcp://192.0.2.1:6514'
  await expect(openNetwork(forwardTarget(to)!, depsFor(to), patience())).rejects.toThrow(
    'is no private address',
  )
})

test('a name is looked up nowhere but where the configuration says', async () => {
  const to = 'ecs+tcp://siem.corp.example:6514'
  await expect(openNetwork(forwardTarget(to)!, depsFor(to), patience())).rejects.toThrow(
    'no server that may be asked',
  )
})

test('a collector that ends the connection is noticed', async () => {
  const server = createServer((socket) => socket.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const to = `ecs+tcp://127.0.0.1:${(server.address() as { port: number }).port}`
  const outlet = await openNetwork(forwardTarget(to)!, depsFor(to), patience())
  await expect(outlet.ended).rejects.toThrow('closed the connection')
  await outlet.close()
  server.close()
})

test('a collector that ends the connection before anybody listens for that is noticed', async () => {
  const server = createServer((socket) => socket.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1')
  await once(socket.resume(), 'close')
  const outlet = outletOf(socket, () => 0, systemTimers)
  await expect(outlet.ended).rejects.toThrow('closed the connection')
  await expect(outlet.send('a record\n')).rejects.toThrow()
  await outlet.close()
  server.close()
})

describe('over TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'karo-tls-'))
  let own: Tls
  let other: Tls
  let port: number
  let arrived = ''
  let server: ReturnType<typeof createTlsServer>

  beforeAll(async () => {
    for (const name of ['own', 'other']) mkdirSync(join(directory, name))
    own = makeTls(join(directory, 'own'), 'siem.corp.example')
    other = makeTls(join(directory, 'other'), 'siem.corp.example')
    server = createTlsServer({ cert: readFileSync(own.cert), key: readFileSync(own.key) }, (socket) => {
      socket.on('data', (bytes: Buffer) => {
        arrived += bytes.toString('utf8')
      })
    })
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as { port: number }).port
  })
  afterAll(() => {
    server.close()
    rmSync(directory, { recursive: true })
  })

  const open = (ca: string) => {
    const to = `ecs+tls://127.0.0.1:${port}`
    const deps = depsFor(to)
    const { mesh, discovery, forward } = deps.config
    const config = {
      mesh,
      discovery,
      forward: {
        to: forward.to,
        kinds: forward.kinds,
        traces: '',
        tls_ca: ca,
        tls_certificate: '',
        tls_key: '',
      },
    }
    return openNetwork(forwardTarget(to)!, { config, timers: deps.timers }, patience())
  }

  test('a certificate of the named authority is good', async () => {
    const outlet = await open(own.ca)
    await outlet.send('one\n')
    await outlet.close()
    await expect.poll(() => arrived).toBe('one\n')
  })
  test('one of another authority is not', async () => {
    await expect(open(other.ca)).rejects.toThrow(/certificate|verify|signature/i)
  })
})
