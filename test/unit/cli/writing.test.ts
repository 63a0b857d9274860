// Settings that two commands change at the same time: neither undoes what the other one says that it did.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replaceSettings } from '../../../src/cli/writing.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const CONFLICT = expect.objectContaining({ code: 'conflict' })

function settings() {
  const directory = temporaryDirectory()
  const file = join(directory, 'config.toml')
  return { directory, file, said: () => [readFileSync(file, 'utf8'), readdirSync(directory)] }
}

test('a file that was changed after it was read is not replaced', () => {
  const { file, said } = settings()
  replaceSettings(file, 'one', 0o600, undefined)
  expect(() => replaceSettings(file, 'two', 0o600, undefined)).toThrow(CONFLICT)
  writeFileSync(file, 'theirs')
  expect(() => replaceSettings(file, 'mine', 0o600, 'one')).toThrow(CONFLICT)
  expect(said()).toEqual(['theirs', ['config.toml']])
  replaceSettings(file, 'mine', 0o600, 'theirs')
  expect(said()).toEqual(['mine', ['config.toml']])
})
