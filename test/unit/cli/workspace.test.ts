// Which directory the finder takes for the git workspace, and after which errors it asks again by itself.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ERROR_CODES, type ErrorCode, KaroError } from '../../../src/base/errors.ts'
import { passes, workspaceOf } from '../../../src/cli/finder/finder.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

test('the nearest directory above that has .git, a directory or the file of a worktree', () => {
  const top = temporaryDirectory()
  const inner = join(top, 'a', 'b')
  mkdirSync(join(inner, 'c'), { recursive: true })
  expect(workspaceOf(join(inner, 'c'))).toBeUndefined()
  mkdirSync(join(top, '.git'))
  expect(workspaceOf(join(inner, 'c'))).toBe(top)
  writeFileSync(join(inner, '.git'), 'gitdir: elsewhere\n')
  expect(workspaceOf(join(inner, 'c'))).toBe(inner)
})

test('asks again by itself where no daemon answers in time, and not what was refused', () => {
  const again = Object.keys(ERROR_CODES).filter((code) => passes(new KaroError(code as ErrorCode, 'no')))
  expect(again).toEqual(['not_running', 'unavailable', 'timeout'])
  expect(passes(new Error('ECONNRESET'))).toBe(true)
})
