// What people and programs rely on (commands, options, endpoints, keys, documents, questions, metrics) changes only with a reason.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { promises } from '../../scripts/promises.ts'

const read = (name: string): string[] =>
  readFileSync(join(import.meta.dirname, 'promises', name), 'utf8')
    .trimEnd()
    .split('\n')

/** Each change with the reason above it; the first two lines say what the file is. */
function changes(lines: readonly string[]): { readonly change: string; readonly why: string }[] {
  let why = ''
  const found: { change: string; why: string }[] = []
  for (const line of lines) {
    if (/^[+-] /.test(line)) found.push({ change: line, why })
    else if (line.endsWith(':')) why = line
  }
  return found
}

test('each promise that is new, or gone since 0.1.0, has its reason in promises/changes.txt', async () => {
  const before = read('0.1.0.txt')
  const now = await promises()
  expect(before).toContain('option peers trust --level')
  const differences = [
    ...before.filter((one) => !now.includes(one)).map((one) => `- ${one}`),
    ...now.filter((one) => !before.includes(one)).map((one) => `+ ${one}`),
  ]
  const told = changes(read('changes.txt').slice(2))
  const lines = told.map(({ change }) => change)
  const untold = differences.filter((one) => !lines.includes(one))
  expect(untold, 'Add to test/contract/promises/changes.txt, below a reason that ends with a colon.').toEqual(
    [],
  )
  const unreal = lines.filter((one) => !differences.includes(one))
  expect(unreal, 'Remove from test/contract/promises/changes.txt: no such change.').toEqual([])
  expect(lines, 'Each change is told once.').toHaveLength(differences.length)
  for (const { change, why } of told) expect(why, change).toMatch(/\w+ \w+ \w+.*:$/)
})

test('what changed in the version of package.json is in CHANGELOG.md', () => {
  const root = join(import.meta.dirname, '../..')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const headings = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').matchAll(/^## (\d+\.\d+\.\d+)/gm)
  expect([...headings].map(([, heading]) => heading)[0]).toBe(version)
})
