// The Muscle's end of the socket, without a jail.
import { once } from 'node:events'
import { openSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { systemTimers } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { encodeFrame } from '../../../src/muscle/contract/frame.ts'
import type { Provider } from '../../../src/muscle/jail/provider.ts'
import { serve } from '../../../src/muscle/serve.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const LIMITS = {
  cpu_seconds: 1,
  memory_bytes: 2 ** 26,
  disk_bytes: 2 ** 20,
  tasks: 1,
  wall_ms: 60_000,
  output_bytes: 0,
}

test('who speaks of a connection as no Brain does loses its own one, and the Muscle goes on', async () => {
  const directory = temporaryDirectory()
  const [path, file] = [join(directory, 'exec.sock'), join(directory, 'file')]
  writeFileSync(file, '')
  const over = Promise.withResolvers<void>()
  const lasting: Provider = {
    name: 'bwrap',
    cannot: [],
    endLeftovers: () => 0,
    problem: () => undefined,
    start: async () => ({
      stdin: undefined,
      stdout: Readable.from([]),
      stderr: Readable.from([]),
      listener: openSync(file, 'r'),
      kill: () => {},
      ended: over.promise.then(() => ({ code: null, signal: 'SIGKILL' as const })),
    }),
  }
  const serving = await serve({
    path,
    mode: 0o600,
    brainUid: 1,
    mostJails: 8,
    credentials: { note: () => {}, uidOf: () => 1 },
    probe: async () => [],
    timers: systemTimers,
    now: () => 0,
    log: silentLog,
    providers: [lasting],
  })
  onTestFinished(() => serving.stop())
  const socket = connect(path)
  let said = ''
  socket.on('data', (bytes) => {
    said += String(bytes)
  })
  const job = {
    op: 'run',
    id: 1,
    job: 'a',
    provider: null,
    argv: ['/x'],
    cwd: '/',
    env: {},
    binds: [],
    code: [],
    limits: LIMITS,
    stdin: false,
    net: true,
    secrets: [],
    trace_id: null,
  }
  socket.write(encodeFrame(job))
  await expect.poll(() => said).toContain('"answer"')
  socket.write(encodeFrame({ op: 'pipe', job: 'a', pipe: 1, step: 'open', bytes: 0 }))
  await once(socket, 'close')
  over.resolve()
  const other = connect(path)
  await once(other, 'data')
  other.destroy()
})
