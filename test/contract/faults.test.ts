// The planted faults still apply: `npm run faults` breaks what is there, and finds the tests it names.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { problemOf, readFaults } from '../faults/faults.ts'

const ROOT = join(import.meta.dirname, '../..')

test('each text that a planted fault replaces stands where the list says, once, and its tests are there', () => {
  expect(readFaults().flatMap((fault) => problemOf(fault, ROOT) ?? [])).toEqual([])
})

test('no two of them are the same', () => {
  const faults = readFaults().map(({ file, find, replace }) => `${file}\n${find}\n${replace}`)
  expect(new Set(faults).size).toBe(faults.length)
  expect(faults.length).toBeGreaterThanOrEqual(40)
})

test.each([
  [{ file: 'src/nothing.ts' }, /there is no src\/nothing.ts/],
  [{ find: 'no such text' }, /stands in package.json 0 times/],
  [{ find: '"' }, /times, not once/],
  [{ replace: '"name": "karo"' }, /replaced by itself/],
  [{ tests: ['test/nothing.test.ts'] }, /there is no test\/nothing.test.ts/],
])('a fault that does not apply is told: %j', (change, problem) => {
  const whole = { why: '', file: 'package.json', find: '"name": "karo"', replace: '', tests: [] }
  expect(problemOf(whole, ROOT)).toBeUndefined()
  expect(problemOf({ ...whole, ...change }, ROOT)).toMatch(problem)
})
