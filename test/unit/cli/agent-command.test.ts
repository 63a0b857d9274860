// Where an agent starts: where it is added if its jail sees that, else where it may write.
import { expect, onTestFinished, test, vi } from 'vitest'
import { commandOf } from '../../../src/cli/input/agent-command.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

test('an agent that cannot start here starts where it may write, else where it reads', () => {
  const [reads, writes, here] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()]
  // A checkout may lie below /usr, which every jail sees.
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(here)
  onTestFinished(() => cwd.mockRestore())
  const cwdOf = (...binds: readonly { readonly path: string; readonly write: boolean }[]) =>
    commandOf(['cat'], binds).cwd
  const read = { path: reads, write: false }
  expect(cwdOf(read)).toBe(reads)
  expect(cwdOf(read, { path: writes, write: true })).toBe(writes)
  expect(cwdOf({ path: here, write: false }, { path: writes, write: true })).toBe(here)
  expect(cwdOf()).toBe('/tmp')
})
