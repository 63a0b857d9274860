// karo up --service before there is a daemon: what it makes of a machine's directories, and what it refuses.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemRandom } from '../../../src/base/clock.ts'
import { commands as up } from '../../../src/cli/commands/node/up.ts'
import { ensureHome } from '../../../src/cli/home.ts'
import { runCli } from '../../../src/cli/run.ts'
import { servicePaths } from '../../../src/config/index.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

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
  let stderr = ''
  const code = await runCli(['up', '--service', '--home', home], {
    env: {},
    stdout: { write: () => true },
    stderr: { write: (text) => (stderr += text) },
    commands: [{ name: 'up', group: 'node', load: async () => up }],
  })
  expect([code, fs.existsSync(home)]).toEqual([2, false])
  expect(stderr).toContain('--service')
})
