// Who may take a copy of the whole node, and that what comes is one, once at a time.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { formatNodeId } from '../../../protocols/node-id.ts'
import type { Caller } from '../../../src/api/route.ts'
import { backupRoutes } from '../../../src/api/routes/backup.ts'
import { buildServer } from '../../../src/api/server.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { openArchive } from '../../../src/care/archive.ts'
import { owner } from '../../support/callers.ts'
import { temporaryDirectory } from '../../support/database.ts'

const SERVICE_UID = 993

function serverFor(caller: Caller, rows: () => AsyncGenerator<Uint8Array, void>) {
  const directory = temporaryDirectory()
  const paths = { key: join(directory, 'identity.key'), config: join(directory, 'config.toml') }
  writeFileSync(paths.key, 'the key')
  const recorded: unknown[] = []
  const server = buildServer({
    routes: [
      backupRoutes({
        store: { snapshot: rows },
        identity: { nodeId: formatNodeId(new Uint8Array(32)) },
        name: 'node',
        paths,
        audit: { record: async (record) => void recorded.push(record) },
        clock: systemClock,
        ownUid: SERVICE_UID,
      }),
    ],
    callerOf: async () => caller,
    clock: systemClock,
    log: silentLog,
  })
  onTestFinished(() => server.close())
  return { server, directory, recorded }
}

async function* noRows(): AsyncGenerator<Uint8Array, void> {}
const take = { method: 'POST', url: '/api/v1/backup', payload: {} } as const

test.each([
  ['an administrator who is not root', { ...owner(1000), admin: true }, 403],
  ['a person', { ...owner(1000), admin: false }, 403],
  ['root over TCP', { ...owner(0), via: 'http' as const }, 403],
  ['root', owner(0), 200],
  ["the daemon's own user", owner(SERVICE_UID), 200],
])('%s', async (_, caller, status) => {
  const { server, recorded } = serverFor(caller, noRows)
  const answer = await server.inject(take)
  expect(answer.statusCode).toBe(status)
  expect(answer.rawPayload.includes('the key')).toBe(status === 200)
  expect(recorded).toHaveLength(status === 200 ? 1 : 0)
})

test('what comes is an archive; without the key where that is asked for', async () => {
  const { server, directory } = serverFor(owner(0), noRows)
  for (const key of [true, false]) {
    const { rawPayload } = await server.inject({ ...take, payload: { key } })
    const file = join(directory, `${key}.tar`)
    writeFileSync(file, rawPayload)
    const archive = await openArchive(file)
    expect(archive.head).toMatchObject({ format: 1, key, name: 'node' })
    expect(archive.key?.toString()).toBe(key ? 'the key' : undefined)
    await archive.close()
  }
})

test('one at a time, and the next one when it has ended, also by a failure', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const { server } = serverFor(owner(0), async function* () {
    yield new Uint8Array(0)
    await held
    throw new Error('the disk broke')
  })
  const first = server.inject(take).catch(() => undefined)
  await expect.poll(async () => (await server.inject(take)).statusCode).toBe(409)
  release()
  await first
  await expect
    .poll(async () => (await server.inject(take).catch(() => undefined))?.statusCode ?? 'broke off')
    .not.toBe(409)
})

test('a directory in the place of the key is told, and does not keep the next one out', async () => {
  const { server, directory } = serverFor(owner(0), noRows)
  const key = join(directory, 'identity.key')
  rmSync(key)
  mkdirSync(key)
  expect((await server.inject(take)).statusCode).toBe(500)
  expect((await server.inject({ ...take, payload: { key: false } })).statusCode).toBe(200)
})
