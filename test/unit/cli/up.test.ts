// karo up --service before there is a daemon: what it makes of a machine's directories, and what it refuses.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemRandom } from '../../../src/base/clock.ts'
import { ensureHome } from '../../../src/cli/home.ts'
import { servicePaths } from '../../../src/config/index.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'

test('a service makes its key and its database, and neither configuration nor spool', () => {
  const root = temporaryDirectory()
  const directories = { STATE_DIRECTORY: join(root, 'lib'), CONFIGURATION_DIRECTORY: join(root, 'etc') }
  const paths = { ...servicePaths(directories), spool: join(root, 'spool') }
  const { created } = ensureHome(paths, { random: systemRandom, service: true })
  expect(created).toEqual([paths.home, paths.db, paths.key])
  expect(fs.readdirSync(root)).toEqual(['lib'])
})

test('with a home of one’s own it is refused before anything is made', async () => {
  const home = join(temporaryDirectory(), 'home')
  const { code, err } = await commandLine(['up', '--service', '--home', home])
  expect([code, fs.existsSync(home)]).toEqual([2, false])
  expect(err).toContain('--service')
})
