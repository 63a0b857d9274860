// Which directory the finder takes for the git workspace.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { workspaceOf } from '../../../src/cli/finder/finder.ts'
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
