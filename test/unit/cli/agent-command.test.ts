// Where an agent starts: where it is added if its jail sees that, else where it may write.
import { expect, test } from 'vitest'
import { commandOf } from '../../../src/cli/input/agent-command.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

test('an agent that cannot start here starts where it may write, else where it reads', () => {
  const [reads, writes] = [temporaryDirectory(), temporaryDirectory()]
  const cwdOf = (...binds: readonly { readonly path: string; readonly write: boolean }[]) =>
    commandOf(['cat'], binds).cwd
  const read = { path: reads, write: false }
  expect(cwdOf(read)).toBe(reads)
  expect(cwdOf(read, { path: writes, write: true })).toBe(writes)
  expect(cwdOf({ path: process.cwd(), write: false }, { path: writes, write: true })).toBe(process.cwd())
  expect(cwdOf()).toBe('/tmp')
})
