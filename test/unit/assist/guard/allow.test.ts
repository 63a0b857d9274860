// The answer "a": only what can be kept is offered and written.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadGuard } from '../../../../src/assist/guard/index.ts'
import { sessionOf } from '../../../../src/assist/guard/session.ts'
import { allowLine, choicesIn } from '../../../../src/cli/guard/allow.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

const LINE = 'git push --force a'

test.each([
  [{ cwd: '/p', session: '7-1' }, '1234'],
  [{ cwd: '/p', session: undefined }, '24'],
  [{ cwd: undefined, session: '7-1' }, '34'],
  [{ cwd: undefined, session: undefined }, '4'],
] as const)('of a place %j only %s can be chosen', (place, keys) => {
  const home = temporaryDirectory()
  const guard = loadGuard({ home, env: {}, machineFile: '/nonexistent/guard.toml' })
  expect(choicesIn(place).join('')).toBe(keys)
  for (const choice of ['1', '2', '3', '4'] as const)
    if (!keys.includes(choice))
      expect(() => allowLine(guard, LINE, choice, place)).toThrow(/a shell that is not known/)
  expect(existsSync(join(home, 'guard.toml'))).toBe(false)
})

test('what is written has the directory and the shell', () => {
  const home = temporaryDirectory()
  const guard = loadGuard({ home, env: {}, machineFile: '/nonexistent/guard.toml' })
  const session = sessionOf(process.pid)
  allowLine(guard, LINE, '1', { cwd: '/p[1]*', session })
  expect(readFileSync(join(home, 'guard.toml'), 'utf8')).toContain(
    `line = '${LINE}'\ncwd = '/p[1]*'\nsession = '${session}'\n`,
  )
})
