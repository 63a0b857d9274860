// What karo restore says of a backup somebody gave to a person moves nothing on their terminal.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commands as restore } from '../../../src/cli/commands/node/restore.ts'
import { runCli } from '../../../src/cli/run.ts'
import { madeBackup } from '../../support/data/backup.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

test('a name with what a terminal obeys is shown, not obeyed', async () => {
  const directory = temporaryDirectory()
  const file = await madeBackup(directory, 1_795_000_000_000, '\u001b[2J\u202eevil')
  let stdout = ''
  const code = await runCli(['restore', file, '--home', join(directory, 'home')], {
    env: {},
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: () => true },
    commands: [{ name: 'restore', group: 'node', load: async () => restore }],
  })
  expect(code).toBe(0)
  expect(stdout).toContain('evil')
  expect(stdout).not.toMatch(/[\u001b\u202e]/)
})
