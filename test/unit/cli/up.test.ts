// karo up --service before there is a daemon: what it makes of a machine's directories, and what it refuses.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadGuard } from '../../../src/assist/guard/index.ts'
import { ensureHome } from '../../../src/cli/home.ts'
import { homePaths, servicePaths } from '../../../src/config/index.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'

test('a service makes its key and its database, and neither configuration nor spool', () => {
  const root = temporaryDirectory()
  const directories = { STATE_DIRECTORY: join(root, 'lib'), CONFIGURATION_DIRECTORY: join(root, 'etc') }
  const paths = { ...servicePaths(directories), spool: join(root, 'spool') }
  const { created } = ensureHome(paths, { service: true })
  expect(created).toEqual([paths.home, paths.db, paths.key])
  expect(fs.readdirSync(root)).toEqual(['lib'])
})

test('what the files of a home set before it had a node is noted, also after a kill between note and key', () => {
  const home = join(temporaryDirectory(), 'home')
  const paths = homePaths({ KARO_HOME: home })
  fs.mkdirSync(home, { mode: 0o700 })
  fs.writeFileSync(join(home, 'config.toml'), '[guard]\nprofile = "off"\n', { mode: 0o600 })
  ensureHome(paths)
  expect(loadGuard({ home, env: {} })).toMatchObject({ profile: 'off', loosened: [] })
  fs.rmSync(paths.key)
  fs.rmSync(paths.db, { recursive: true })
  ensureHome(paths)
  expect(loadGuard({ home, env: {} }).loosened).toEqual([])
})

test('with a home of one’s own it is refused before anything is made', async () => {
  const home = join(temporaryDirectory(), 'home')
  const { code, err } = await commandLine(['up', '--service', '--home', home])
  expect([code, fs.existsSync(home)]).toEqual([2, false])
  expect(err).toContain('--service')
})
