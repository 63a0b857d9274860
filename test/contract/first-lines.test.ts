// Every file says in its first line what it is for.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

test('the first line of every source file is a comment', () => {
  const files = globSync('{src,test,scripts,protocols}/**/*.{ts,tsx,bash,zsh,fish,sh}', { cwd: ROOT })
  expect(files.length).toBeGreaterThan(500)
  const silent = files.filter((file) => !/^(?:\/\/ \S|# \S|#!)/.test(readFileSync(join(ROOT, file), 'utf8')))
  expect(silent).toEqual([])
})
