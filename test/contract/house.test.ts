// The figures of the structure stay within their bounds, and can be seen to.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { circlesOf, figures } from '../../scripts/house.ts'

test('no figure of the structure is beyond its bound', () => {
  const exceeded = figures(join(import.meta.dirname, '../..')).filter(({ value, most }) => value > most)
  expect(exceeded).toEqual([])
})

test('a circle of files is found, whatever else imports its files', () => {
  const imports = new Map([
    ['a', ['b', 'd']],
    ['b', ['c']],
    ['c', ['a', 'missing']],
    ['d', ['d2']],
    ['d2', []],
    ['e', ['a']],
  ])
  expect(circlesOf(imports)).toEqual([['a', 'b', 'c']])
})
