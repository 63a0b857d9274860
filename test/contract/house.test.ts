// The figures of the structure stay within their bounds, and can be seen to.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { complexFunctions } from '../../scripts/complexity.ts'
import { circlesOf, exceeded, figures } from '../../scripts/house.ts'
import { tokensByArea, tokensOf } from '../../scripts/tokens.ts'
import { temporaryDirectory } from '../support/data/database.ts'

test('no figure of the structure is beyond its bound', () => {
  const beyond = exceeded(figures(join(import.meta.dirname, '../..')))
  expect(beyond, 'CONTRIBUTING.md says what to do: "The bounds of the house".').toEqual([])
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

test('comments and line breaks are no tokens, and a text has those of its words', () => {
  expect(tokensOf("// why\nconst a = 'two words' /* and\nhow */")).toBe(5)
  expect(tokensOf('f(`a ${b} c`, 0.5, x?.y ?? z)')).toBe(14)
  expect(tokensOf("''")).toBe(1)
})

test('every file of the tree is counted, whether or not git knows it', () => {
  const root = temporaryDirectory()
  mkdirSync(join(root, 'src/base'), { recursive: true })
  writeFileSync(join(root, 'src/base/new.ts'), 'const a = 1')
  expect([...tokensByArea(root)]).toEqual([['src/base', { code: 4, data: 0 }]])
})

test('functions inside of a function and the depth of a branch make it harder', () => {
  const points = (text: string): number =>
    complexFunctions([{ path: 'src/one.ts', text }], -1)[0]?.points ?? -1
  expect(points('function f() { return 1 }')).toBe(0)
  expect(points('function f(a) { if (a) { for (const b of a) g(b) } }')).toBe(3)
  expect(points('function f(a) { if (a) g(); else if (a.b) h(); else i() }')).toBe(3)
  expect(points('const f = () => { const g = (a) => { if (a) h() } }')).toBe(2)
  expect(points('const f = (a, b, c) => (a && b && c) || b')).toBe(2)
})
