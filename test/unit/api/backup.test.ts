// Who may take a copy of the whole node, and that what comes is one, once at a time.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { backupRoutes } from '../../../src/api/routes/care/backup.ts'
import type { Caller } from '../../../src/api/server/route.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { openArchive } from '../../../src/ops/care/archive.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { PATIENCE_MS } from '../../support/run/until.ts'

const SERVICE_UID = 993

function serverFor(caller: Caller, rows: () => AsyncGenerator<Uint8Array, void>) {
  const directory = temporaryDirectory()
  const paths = { key: join(directory, 'identity.key'), config: join(directory, 'config.toml') }
  writeFileSync(paths.key, 'the key')
  const recorded: unknown[] = []
  const rooms = {
    store: { snapshot: rows },
    identity: { nodeId: formatNodeId(new Uint8Array(32)) },
    name: 'node',
    paths,
    audit: { record: async (record: unknown) => void recorded.push(record) },
    clock: systemClock,
    ownUid: SERVICE_UID,
  }
  const { server, post } = servingOver(backupRoutes, rooms, caller)
  const confirm = async (created_at: string) => (await post('/api/v1/backup/made', { created_at })).status
  return { server, directory, recorded, confirm }
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

test('the ledger says that one was begun, and that it was made when whoever took it says so, once', async () => {
  const { server, recorded, confirm } = serverFor(owner(0), noRows)
  expect(await confirm(new Date().toISOString())).toBe(409)
  const { rawPayload } = await server.inject(take)
  const created_at = /"created_at":"([^"]+)"/.exec(rawPayload.toString('latin1'))?.[1] ?? ''
  expect(recorded).toMatchObject([{ type: 'backup_begun', details: { key: true, uid: 0 } }])
  expect(await confirm('2020-01-01T00:00:00.000Z')).toBe(409)
  expect(await confirm(created_at)).toBe(200)
  expect(recorded).toMatchObject([
    {},
    { type: 'backup_made', success: true, details: { key: true, created_at } },
  ])
  expect(await confirm(created_at)).toBe(409)
  expect(recorded).toHaveLength(2)
})

test('of one that broke off nobody can say that it was made, and only who may take one says it', async () => {
  const { server, recorded, confirm } = serverFor(owner(0), async function* () {
    yield Buffer.alloc(10)
    throw new Error('the disk broke')
  })
  const before = Date.now()
  await server.inject(take).catch(() => undefined)
  const after = Date.now()
  for (let at = before; at <= after; at++) expect(await confirm(new Date(at).toISOString())).toBe(409)
  expect(recorded).toMatchObject([{ type: 'backup_begun' }])
  const person = serverFor({ ...owner(1000), admin: true }, noRows)
  expect(await person.confirm(new Date().toISOString())).toBe(403)
})

test('one at a time, and the next one when it has ended, also by a failure', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const { server } = serverFor(owner(0), async function* () {
    yield new Uint8Array(0)
    await held
    throw new Error('the disk broke')
  })
  const first = server.inject(take).catch(() => undefined)
  await expect.poll(async () => (await server.inject(take)).statusCode, { timeout: PATIENCE_MS }).toBe(409)
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
