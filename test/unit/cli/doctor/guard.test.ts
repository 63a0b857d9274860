// The check of the guard is about the shells of whoever asks: their own files, not those of the machine's node.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { found } from './found.ts'

/** Of somebody for whom the machine's service records, in whose directory `guard.toml` is a directory: it cannot be read. */
function somebody() {
  const root = temporaryDirectory()
  const [service, person] = [join(root, 'service'), join(root, 'person')]
  mkdirSync(join(service, 'guard.toml'), { recursive: true })
  mkdirSync(person)
  const world = { paths: { home: service }, personHome: person, env: {}, now: () => 0, homeFlag: '' }
  return { person, world: { ...world, startFiles: () => [] } }
}

test("what is in the service's directory is no matter of somebody's shell", async () => {
  const { world } = somebody()
  expect(await found('shell.guard', {}, world)).toMatchObject([
    { outcome: 'ok', detail: expect.stringContaining('moderate') },
  ])
})

test('their own files are', async () => {
  const { person, world } = somebody()
  writeFileSync(join(person, 'config.toml'), '[guard]\nprofile = "permissive"\n', { mode: 0o600 })
  expect(await found('shell.guard', {}, world)).toMatchObject([
    { outcome: 'ok', detail: expect.stringContaining('permissive') },
  ])
  writeFileSync(join(person, 'guard.toml'), 'nonsense')
  chmodSync(join(person, 'guard.toml'), 0o600)
  expect(await found('shell.guard', {}, world)).toMatchObject([{ outcome: 'warn' }])
})
