// Nodes that encrypt with TLS 1.3, with Noise, or offer both: what they agree on, and what is refused.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import type { Security } from '../../../src/config/index.ts'
import { until } from '../../support/run/until.ts'
import { befriend, pair, type Running, start, trusts } from './cluster.ts'

const offers = (...security: Security[]) => ({ transport: { security } })

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** `length ‖ text ‖ newline`, as multistream-select writes; no text here is longer than 127 bytes. */
const line = (text: string): Buffer => Buffer.from(`${String.fromCharCode(text.length + 1)}${text}\n`)

/** A connection to the node on which both have agreed on `protocol`, and nothing else was said. */
async function negotiated(node: Running, protocol: string): Promise<Socket> {
  const socket = connect(node.address())
  closers.push(() => socket.destroy())
  socket.write(Buffer.concat([line('/multistream/1.0.0'), line(protocol)]))
  const greeting = line('/multistream/1.0.0').length
  let seen = Buffer.alloc(0)
  /** Of the greeting and the answer, whose first byte is its length: what follows is for whoever gets the socket. */
  const missing = (): number => greeting + 1 + (seen[greeting] ?? 0) - seen.length
  await new Promise<void>((resolve, reject) => {
    const read = (): void => {
      while (missing() > 0) {
        const part: Buffer | null = socket.read(Math.min(socket.readableLength, missing()))
        if (part === null) return
        seen = Buffer.concat([seen, part])
      }
      socket.off('readable', read)
      if (seen.subarray(-protocol.length - 1, -1).toString() === protocol) resolve()
      else reject(new Error(`the node answered ${JSON.stringify(seen.toString())}`))
    }
    socket.on('readable', read)
    socket.on('error', reject)
  })
  return socket
}

/** A port at which a program that knows nothing of libp2p finds the node's TLS. */
async function tlsPort(node: Running): Promise<number> {
  const server = createServer((client) => {
    client.on('error', () => {})
    void negotiated(node, '/tls/1.0.0').then((socket) => {
      socket.on('error', () => {})
      client.pipe(socket).pipe(client)
    })
  }).listen(0, '127.0.0.1')
  closers.push(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as { port: number }).port
}

async function ended(child: ChildProcess): Promise<string> {
  const parts: Buffer[] = []
  child.stdout?.on('data', (part: Buffer) => parts.push(part))
  child.stderr?.on('data', (part: Buffer) => parts.push(part))
  await new Promise((resolve) => child.once('close', resolve))
  return Buffer.concat(parts).toString()
}

test('nodes with TLS alone link, and take no Noise', async () => {
  const [a, b] = await pair(offers('tls'), offers('tls'))
  expect(a.mesh.isConnected(b.id)).toBe(true)
  await expect(negotiated(a, '/noise')).rejects.toThrow()
})

test.each([
  [offers('tls', 'noise'), offers('noise')],
  [offers('noise'), offers('tls', 'noise')],
  [offers('noise', 'tls'), offers('tls')],
])('a node that offers both links with one that has one: %j and %j', async (here, there) => {
  const a = await start(there)
  const b = await start({ ...here, discovery: { peers: [a.address()] } })
  await befriend(a, b)
})

test('two nodes without a common encryption never connect, and the one that dials knows why', async () => {
  const a = await start(offers('noise'))
  const b = await start({ ...offers('tls'), discovery: { peers: [{ ...a.address(), nodeId: a.id }] } })
  await trusts(a, b)
  await trusts(b, a)
  await until(() => b.mesh.apart(a.id)?.why === 'encryption', { what: 'b knows why' })
  expect(b.mesh.isConnected(a.id)).toBe(false)
})

test('openssl sees TLS 1.3 with the certificate of libp2p’s specification, and gets nothing older', async () => {
  const node = await start(offers('tls'))
  const port = await tlsPort(node)
  const run = (...args: string[]) =>
    ended(
      spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-alpn', 'libp2p', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
  const seen = await run('-showcerts')
  expect(seen).toMatch(/New, TLSv1\.3, Cipher is TLS_/)
  const certificate = new X509Certificate(/-----BEGIN[\s\S]*?END CERTIFICATE-----/.exec(seen)![0])
  // The extension 1.3.6.1.4.1.53594.1.1 of libp2p's specification, which holds the node's key.
  expect(certificate.raw.includes(Buffer.from('2b0601040183a25a0101', 'hex'))).toBe(true)
  expect(await run('-tls1_2')).toMatch(/New, \(NONE\), Cipher is \(NONE\)/)
})

test('a client without a certificate, or with one that proves no node key, reaches nothing', async () => {
  const node = await start(offers('tls'))
  const folder = mkdtempSync(join(tmpdir(), 'karo-tls-'))
  closers.push(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  spawnSync('openssl', [...made, '-subj', '/CN=x', '-keyout', key, '-out', cert, '-days', '2'])
  const own = { key: readFileSync(key), cert: readFileSync(cert) }
  for (const credentials of [{}, own]) {
    const socket = connectTls({
      socket: await negotiated(node, '/tls/1.0.0'),
      ALPNProtocols: ['libp2p'],
      rejectUnauthorized: false,
      ...credentials,
    })
    socket.on('error', () => {})
    socket.write(line('/multistream/1.0.0'))
    await until(() => socket.destroyed || socket.closed, { what: 'the node ends the connection' })
    expect(node.trust.pending()).toEqual([])
  }
})
