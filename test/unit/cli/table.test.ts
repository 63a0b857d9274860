// Tables: aligned, safe, coloured only when asked, and never wider than the screen while anything can give.
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Columns, table, UNBOUNDED } from '../../../src/cli/terminal/table.ts'
import { fitted, textWidth, wrap } from '../../../src/cli/terminal/text.ts'
import fc, { forAll } from '../../support/run/properties.ts'

interface Row {
  readonly name: string
  readonly n: number
}
const columns: Columns<Row> = {
  name: { value: 'name', shrink: true },
  count: { value: 'n', style: (r) => (r.n > 9 ? 'red' : undefined) },
  ' ': () => 'x',
  gone: false,
}
const rows: readonly Row[] = [
  { name: 'git', n: 7 },
  { name: 'docker compose', n: 12 },
]

describe('table', () => {
  test('aligns columns, numbers to the right, without blanks at the end', () => {
    expect(table(UNBOUNDED, rows, columns)).toBe(
      'name            count\ngit                 7  x\ndocker compose     12  x\n',
    )
  })

  test('colours cells and the heading only when colour is on, and stays aligned', () => {
    const coloured = table({ colour: true, columns: 80 }, rows, columns)
    expect(coloured).toContain('\x1b[31m12\x1b[39m')
    expect(coloured).toContain('\x1b[2mname')
    expect(stripVTControlCharacters(coloured).replace(/ +$/gm, '')).toBe(table(UNBOUNDED, rows, columns))
    expect(table(UNBOUNDED, rows, columns)).not.toContain('\x1b')
  })

  test('counts wide and combining characters as the terminal does', () => {
    expect(textWidth('日本')).toBe(4)
    expect(textWidth('e\u0301')).toBe(1)
    const lines = table(
      UNBOUNDED,
      [
        { name: '日本', n: 1 },
        { name: 'abcd', n: 2 },
      ],
      columns,
    ).split('\n')
    expect(textWidth(lines[1]!)).toBe(textWidth(lines[2]!))
  })

  test('leaves the heading line out where no column has a title, and has only it where there is no row', () => {
    expect(table(UNBOUNDED, rows, { '': 'name' })).toBe('git\ndocker compose\n')
    expect(table(UNBOUNDED, [], columns)).toBe('name  count\n')
  })

  test('cuts what may be cut to the width of the screen', () => {
    const narrow = table({ colour: false, columns: 20 }, rows, columns)
    expect(narrow).toBe('name        count\ngit             7  x\ndocker co…     12  x\n')
    expect(table({ colour: false, columns: 1 }, rows, columns)).toContain('docker …')
  })

  test('cuts first what may be cut first, and keeps the end where that tells more', () => {
    const paths: Columns<Row> = {
      IN: { value: () => '/home/bob/src/karo', shrink: 'first', keep: 'end' },
      COMMAND: { value: 'name', shrink: true },
    }
    const row = { name: 'git commit --amend', n: 0 }
    expect(table({ colour: false, columns: 30 }, [row], paths)).toBe(
      'IN          COMMAND\n…/src/karo  git commit --amend\n',
    )
    expect(table({ colour: false, columns: 20 }, [row], paths)).toContain('…rc/karo  git commi…')
  })

  test('breaks a last column of text into lines, beside the row or below it', () => {
    const text = 'TCP port other nodes connect to, and 0 takes any one that is free.'
    const some: Columns<Row> = { name: columns.name!, meaning: { value: () => text, wrap: true } }
    expect(table({ colour: false, columns: 50 }, [{ name: 'git', n: 0 }], some)).toBe(
      'name  meaning\ngit   TCP port other nodes connect to, and 0 takes\n      any one that is free.\n',
    )
    expect(table({ colour: false, columns: 40 }, [{ name: 'git', n: 0 }], some)).toBe(
      'name\ngit\n    TCP port other nodes connect to, and\n    0 takes any one that is free.\n',
    )
    expect(table(UNBOUNDED, [{ name: 'git', n: 0 }], some)).toBe(`name  meaning\ngit   ${text}\n`)
  })

  test('never lets a cell act on the terminal or break the line', () => {
    const out = table(UNBOUNDED, [{ name: 'a\x1b[2Jb\nc', n: 1 }], columns)
    expect(out).toContain('a\\x1b[2Jb\\nc')
    expect(out.split('\n')).toHaveLength(3)
  })

  test('is as wide as allowed or cut as far as possible, for any content', () => {
    const row = fc.record({ name: fc.string({ unit: 'grapheme', maxLength: 60 }), n: fc.nat() })
    forAll(fc.array(row, { maxLength: 5 }), fc.integer({ min: 30, max: 100 }), (some, width) => {
      for (const line of table({ colour: false, columns: width }, some, columns).split('\n')) {
        expect(textWidth(line)).toBeLessThanOrEqual(width)
      }
    })
  })
})

describe('wrap', () => {
  test('loses nothing and is never wider than asked, for any text', () => {
    forAll(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.integer({ min: 20, max: 90 }),
      (text, width) => {
        const lines = wrap(text, width)
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
      },
    )
  })

  test('a text keeps its lines and their indent', () => {
    expect(fitted('Next:\n  compare the fingerprints first\n', { columns: 24 })).toBe(
      'Next:\n  compare the\n  fingerprints first\n',
    )
  })

  test('colours take no room', () => {
    const plain = `  ${'word '.repeat(14)}end`
    const coloured = plain.replaceAll('word', '\x1b[1;31mword\x1b[39;22m')
    expect(textWidth(coloured)).toBe(textWidth(plain))
    expect(fitted(coloured, { columns: 80 })).toBe(coloured)
    expect(fitted(coloured, { columns: 40 }).replaceAll(/\x1b\[[\d;]*m/g, '')).toBe(
      fitted(plain, { columns: 40 }),
    )
  })
})
