// The kernel says who connected, whatever happens to the connection later; who cannot be told is nobody.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openPeerCredentials } from '../../../src/base/kernel/peer-credentials.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

async function listening(address: string | number): Promise<Server> {
  const server = createServer()
  server.listen(address)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return server
}

/** Becomes somebody else only when it runs: where this program lies nobody else may be able to start it. */
const SCRIPT = `const [path, uid] = process.argv.slice(1)
const { connect } = require('node:net')
if (uid) {
  process.setgroups([])
  process.setgid(Number(uid))
  process.setuid(Number(uid))
}
connect(path).on('error', () => {})`

/** Somebody in a process of their own. */
function connecting(address: string, uid?: number): ChildProcess {
  const who = uid === undefined ? [] : [String(uid)]
  const child = spawn(process.execPath, ['-e', SCRIPT, address, ...who], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const accepted = async (server: Server): Promise<Socket> => {
  const [socket] = (await once(server, 'connection')) as [Socket]
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}

function place(): string {
  const directory = temporaryDirectory()
  chmodSync(directory, 0o755)
  return join(directory, 's')
}

test('one’s own connection is one’s own, also after it has ended', async () => {
  const credentials = await openPeerCredentials(silentLog)
  const server = await listening(place())
  const coming = accepted(server)
  const child = connecting(server.address() as string)
  const socket = await coming
  credentials.note(socket)
  expect(credentials.uidOf(socket)).toBe(process.getuid!())
  expect(credentials.pidOf(socket)).toBe(child.pid)
  const [gone, closed] = [once(child, 'exit'), once(socket, 'close')]
  child.kill('SIGKILL')
  await gone
  // Whoever has that number next did not connect.
  expect(credentials.pidOf(socket)).toBeUndefined()
  socket.destroy()
  await closed
  expect(credentials.uidOf(socket)).toBe(process.getuid!())
})

test.runIf(process.getuid?.() === 0)(
  'somebody else’s is theirs; of whom the kernel has no number here, nobody’s',
  async () => {
    const credentials = await openPeerCredentials(silentLog)
    const path = place()
    const server = await listening(path)
    chmodSync(path, 0o666)
    for (const [uid, told] of [
      [12_345, 12_345],
      [65_534, undefined],
    ] as const) {
      const coming = accepted(server)
      connecting(path, uid)
      const socket = await coming
      credentials.note(socket)
      expect(credentials.uidOf(socket)).toBe(told)
    }
  },
)

test('a connection that was not noted, came too late, or is no Unix socket is nobody’s', async () => {
  const credentials = await openPeerCredentials(silentLog)
  const unix = await listening(place())
  const coming = accepted(unix)
  connecting(unix.address() as string)
  const socket = await coming
  expect(credentials.uidOf(socket)).toBeUndefined()
  socket.destroy()
  credentials.note(socket)
  expect(credentials.uidOf(socket)).toBeUndefined()

  const tcp = await listening(0)
  const { port } = tcp.address() as { port: number }
  const overTcp = accepted(tcp)
  connecting(String(port))
  const stranger = await overTcp
  credentials.note(stranger)
  expect(credentials.uidOf(stranger)).toBeUndefined()
})

test('where there are no peer credentials nobody is anybody, and the log says so', async () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')!
  const errors: string[] = []
  Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' })
  const log = { ...silentLog, error: (_: unknown, message: string) => void errors.push(message) }
  const credentials = await openPeerCredentials(log).finally(() =>
    Object.defineProperty(process, 'platform', platform),
  )
  const server = await listening(place())
  const coming = accepted(server)
  connecting(server.address() as string)
  const socket = await coming
  credentials.note(socket)
  expect(credentials.uidOf(socket)).toBeUndefined()
  expect(errors).toHaveLength(1)
})
