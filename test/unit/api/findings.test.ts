// What a person's doctor found, and the configuration with its sources: who may leave, and who may see.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { FindingsShape, SettingsShape } from '../../../src/api/contract/shapes.ts'
import { findingsRoutes } from '../../../src/api/routes/care/findings.ts'
import { settingsRoutes } from '../../../src/api/routes/care/settings.ts'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import { loadConfig } from '../../../src/config/index.ts'
import { startRig } from '../../support/api/http-rig.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { some } from '../../support/some.ts'

const [ANN, BOB] = [1000, 1001]
const checks: FindingsShape['checks'] = [
  {
    id: 'home.modes',
    title: 'modes',
    outcome: 'fail',
    detail: 'others can read it',
    fix: 'chmod 700 x',
    why: 'x',
  },
]

test('each sees what their own doctor left last, also through a page; nobody leaves anything over TCP', async () => {
  const rig = await startRig([findingsRoutes(some<Rooms>({ clock: { now: () => Date.UTC(2026, 0, 1) } }))])
  const leave = (uid: number, body: unknown) => rig.asPerson(uid, 'POST', '/api/v1/doctor/findings', body)
  expect(await leave(ANN, { checks })).toEqual({ kept: 1 })
  const { token } = await rig.token(ANN, { scope: 'full' })
  const seen = await rig.with(token, '/api/v1/doctor/findings')
  expect(seen.json<FindingsShape>()).toEqual({ at: '2026-01-01T00:00:00.000Z', checks })
  expect(await rig.asPerson(BOB, 'GET', '/api/v1/doctor/findings')).toEqual({ at: null, checks: [] })
  const there = await rig.with(token, '/api/v1/doctor/findings', { method: 'POST', body: { checks } })
  expect(there.status).toBe(403)
  await leave(ANN, { checks: [] })
  expect((await rig.with(token, '/api/v1/doctor/findings')).json<FindingsShape>().checks).toEqual([])
})

test('of too many people the ones who left theirs longest ago have none', async () => {
  const rig = await startRig([findingsRoutes(some<Rooms>({ clock: { now: () => 0 } }))])
  for (let uid = ANN; uid < ANN + 65; uid++)
    await rig.asPerson(uid, 'POST', '/api/v1/doctor/findings', { checks })
  expect(await rig.asPerson(ANN, 'GET', '/api/v1/doctor/findings')).toEqual({ at: null, checks: [] })
  expect(await rig.asPerson(BOB, 'GET', '/api/v1/doctor/findings')).toMatchObject({ checks })
})

test('the configuration is the administrators’, with where each value comes from and what it waits for', async () => {
  const home = join(temporaryDirectory(), 'home')
  mkdirSync(home, { mode: 0o700 })
  writeFileSync(join(home, 'config.toml'), '[mesh]\nport = 9300\n', { mode: 0o600 })
  const load = () => loadConfig({ home, env: { KARO_NODE_NAME: 'desk' } })
  const drift = () => ({ reload: [], restart: ['mesh.port'], problem: null })
  const rig = await startRig([settingsRoutes(some<Rooms>({ load, drift }))])
  await expect(rig.asPerson(ANN, 'GET', '/api/v1/config')).rejects.toMatchObject({ code: 'refused' })
  rig.rights.set(ANN, { admin: true, asks: true })
  const { file, keys } = (await rig.asPerson(ANN, 'GET', '/api/v1/config')) as SettingsShape
  const of = (path: string) => keys.find(({ key }) => key === path)
  expect(file).toBe(join(home, 'config.toml'))
  expect(of('mesh.port')).toMatchObject({ value: '9300', source: 'config.toml:2', waits: 'restart' })
  expect(of('node.name')).toMatchObject({ value: '"desk"', source: 'KARO_NODE_NAME', waits: null })
  expect(of('mesh.listen')).toMatchObject({ source: 'default' })
  writeFileSync(join(home, 'config.toml'), '[mesh]\nport = "x"\n')
  const problem = expect.stringContaining('mesh.port')
  const broken = { file: null, keys: [], problem }
  expect(await rig.asPerson(ANN, 'GET', '/api/v1/config')).toMatchObject(broken)
})
