// Every file that a page of the repository names is there.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = ['README.md', 'CONTRIBUTING.md', 'docs/**/*.md', 'src/*/README.md']
/** A path from the root of the repository, in backticks. `…`, `*` and `<name>` stand for many. */
const PATH = /`((?:configs|docs|packaging|protocols|scripts|src|systemd|test)\/[^`\s:]*)(?::\d+)?`/g

test('every path in a page is one of the repository', () => {
  const missing = globSync(PAGES, { cwd: ROOT }).flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const named = [...text.matchAll(PATH)].map(([, path = '']) => path)
    return named
      .filter((path) => !/[<*{…]/.test(path) && !existsSync(join(ROOT, path)))
      .map((path) => `${page}: ${path}`)
  })
  expect(missing).toEqual([])
})
