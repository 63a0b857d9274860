// Collectors of logs for tests: a real rsyslog, and one of our own that can stop reading or go away.
import { execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { atEnd, ended, track } from '../run/processes.ts'
import { until } from '../run/until.ts'

export interface EcsRecord {
  readonly '@timestamp': string
  readonly event: {
    readonly action: string
    readonly dataset: string
    readonly kind: string
    readonly outcome: string
    readonly sequence: number
    readonly id: string
  }
  readonly host: { readonly name: string; readonly id: string }
  readonly user?: { readonly id: string }
  readonly karo?: { readonly details?: Readonly<Record<string, unknown>> }
  readonly tags?: readonly string[]
}

export const recordsOf = (text: string): readonly EcsRecord[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EcsRecord)

export const haveRsyslog = ((): boolean => {
  try {
    execFileSync('rsyslogd', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

export interface Tls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** An authority, and a certificate of it for 127.0.0.1 and `name`; openssl knows nothing of Karo. */
export function makeTls(directory: string, name: string): Tls {
  const at = (file: string): string => join(directory, file)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  )
  openssl('req', ...ec, '-keyout', at('key.pem'), '-out', at('request.pem'), '-subj', `/CN=${name}`)
  writeFileSync(at('names'), `subjectAltName=DNS:${name},IP:127.0.0.1\n`)
  openssl(
    'x509',
    '-req',
    '-in',
    at('request.pem'),
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('names'),
    '-out',
    at('cert.pem'),
  )
  return { ca: at('ca.pem'), cert: at('cert.pem'), key: at('key.pem') }
}

export interface Rsyslog {
  readonly port: number
  /** What arrived: the text of each message in a line. */
  text(): string
  /** Time, host, program and message id of each, as rsyslog read them. */
  heads(): readonly string[]
  stop(): Promise<void>
}

/** A real rsyslog that writes what arrives on a port of loopback into a file. */
export async function startRsyslog(directory: string, port: number): Promise<Rsyslog> {
  const at = (file: string): string => join(directory, file)
  writeFileSync(
    at('rsyslog.conf'),
    `global(workDirectory="${directory}" maxMessageSize="64k")
module(load="imtcp")
template(name="text" type="string" string="%msg%\\n")
template(name="head" type="string" string="%syslogfacility-text% %syslogseverity-text% %timestamp:::date-rfc3339% %hostname% %app-name% %msgid%\\n")
ruleset(name="karo") {
  action(type="omfile" file="${at('arrived')}" template="text")
  action(type="omfile" file="${at('heads')}" template="head")
}
input(type="imtcp" port="${port}" address="127.0.0.1" ruleset="karo")
`,
  )
  const child = track(
    spawn('rsyslogd', ['-n', '-f', at('rsyslog.conf'), '-i', at('rsyslog.pid')], { stdio: 'ignore' }),
  )
  const read = (file: string): string => (existsSync(at(file)) ? readFileSync(at(file), 'utf8') : '')
  await until(() => existsSync(at('rsyslog.pid')), { what: 'rsyslog runs' })
  return {
    port,
    text: () => read('arrived'),
    heads: () => read('heads').trimEnd().split('\n'),
    async stop() {
      child.kill('SIGTERM')
      await ended(child)
    },
  }
}

/** A port of loopback that nobody listens on now. The kernel gives it to nobody who asks for any, so that it can be used again later. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 30_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

export interface Collector {
  readonly port: number
  /** Whole lines that were read. */
  text(): string
  /** Connections that were made so far. */
  connections(): number
  pause(): void
  resume(): void
  /** Ends the connections there are; new ones are taken. */
  drop(): void
  /** The same as the kernel does it for a process that ends with bytes unread. */
  reset(): void
}

/** Reads JSON lines. `reads`: how many bytes of each connection are read before it stops. */
export async function startCollector(port = 0): Promise<Collector> {
  const parts: Buffer[] = []
  const sockets = new Set<Socket>()
  let isPaused = false
  let count = 0
  const server: Server = createServer((socket) => {
    count++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    // Of each connection whole lines count, as for every collector.
    let rest = Buffer.alloc(0)
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes])
      const end = rest.lastIndexOf(0x0a) + 1
      parts.push(rest.subarray(0, end))
      rest = rest.subarray(end)
    })
    if (isPaused) socket.pause()
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  atEnd(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as { port: number }).port,
    text: () => Buffer.concat(parts).toString('utf8'),
    connections: () => count,
    pause() {
      isPaused = true
      for (const socket of sockets) socket.pause()
    },
    resume() {
      isPaused = false
      for (const socket of sockets) socket.resume()
    },
    drop() {
      for (const socket of sockets) socket.destroy()
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
  }
}
