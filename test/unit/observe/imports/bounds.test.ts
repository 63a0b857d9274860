// Files without measure: a line of 16 MB, millions of lines, nothing but damage; each ends soon and says why, in little memory.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'it-pipe'
import { expect, test } from 'vitest'
import { readBash } from '../../../../src/observe/imports/bash.ts'
import type { Item } from '../../../../src/observe/imports/entry.ts'
import { readFish } from '../../../../src/observe/imports/fish.ts'
import { bounded, linesOf, type Reader } from '../../../../src/observe/imports/lines.ts'
import { readZsh } from '../../../../src/observe/imports/zsh.ts'
import { readTransfer } from '../../../../src/ops/care/transfer.ts'
import { times } from '../../../support/run/thorough.ts'

const PIECE = 256 * 1024
const PIECES = 64
/** Of a file that is to have more lines than may be. */
const LINES_PIECES = times(4, 100)

/** Counts how much of it was asked for. */
function source(begin: string, piece: string, end = '', pieces = PIECES) {
  const asked = { pieces: 0 }
  async function* bytes(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from(begin)
    const body = Buffer.from(piece.repeat(Math.ceil(PIECE / piece.length)))
    for (let i = 0; i < pieces; i++) {
      asked.pieces++
      yield body
    }
    yield Buffer.from(end)
  }
  async function* texts(): AsyncGenerator<string, void> {
    for await (const part of bytes()) yield Buffer.from(part).toString()
  }
  return { bytes, texts, asked }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const commands = (items: readonly Item[]): string[] =>
  items.flatMap((item) => ('entry' in item ? item.entry.command : []))
const problems = (items: readonly object[]): string[] =>
  items.flatMap((item) => ('problem' in item ? String(item.problem) : []))

const SHELLS: readonly (readonly [string, Reader, before: string, begin: string, after: string])[] = [
  ['bash', readBash, 'one\n', '', 'two\n'],
  ['bash with times', readBash, '#1700000000\none\n', '#1700000001\n', '#1700000002\ntwo\n'],
  ['zsh', readZsh, ': 1700000000:0;one\n', ': 1700000001:0;', ': 1700000002:0;two\n'],
  ['fish', readFish, '- cmd: one\n  when: 1700000000\n', '- cmd: ', '- cmd: two\n  when: 1700000002\n'],
]

test.each(SHELLS)(
  '%s: a line of 16 MB is named, and the others come in',
  async (_, read, before, begin, after) => {
    const items = await all(pipe(source(before + begin, 'x', `\n${after}`).bytes(), linesOf, read))
    expect(commands(items)).toEqual(['one', 'two'])
    expect(problems(items)).toEqual(['is longer than 4 MiB, and no command is that long'])
  },
)

test.each(SHELLS)('%s: a file that is one line of 16 MB', async (_, read, _before, begin) => {
  const items = await all(pipe(source(begin, 'x').bytes(), linesOf, read))
  expect([commands(items), problems(items)]).toEqual([
    [],
    ['is longer than 4 MiB, and no command is that long'],
  ])
})

test('zsh: lines that continue for 16 MB', async () => {
  const line = `${'x'.repeat(1022)}\\\n`
  const items = await all(
    pipe(source(': 1700000000:0;', line, 'end\n: 1700000002:0;two\n').bytes(), linesOf, readZsh),
  )
  expect([commands(items), problems(items)]).toEqual([
    ['two'],
    ['is longer than 4 MiB, and no command is that long'],
  ])
})

const LINES_WITHOUT_NUMBER = [
  ['bash', readBash, '\n'],
  ['zsh', readZsh, '\n'],
  ['zsh', readZsh, '\\\n'],
  ['fish', readFish, '\n'],
] as const
test.each(LINES_WITHOUT_NUMBER)('%s: lines without number end it: %j', async (_, read, line) => {
  // The usual bound, which the next test looks at, takes seconds of processor time.
  const most = times(20_000, undefined)
  const { bytes, asked } = source('', line, '', LINES_PIECES)
  const lines = linesOf(bytes(), most)
  await expect(all(pipe(lines, read, bounded('there')))).rejects.toMatchObject({
    code: 'bad_file',
    where: 'there',
    message: `it has more than ${most ?? 5_000_000} lines`,
  })
  expect(asked.pieces).toBeLessThan(LINES_PIECES / 2)
})

test('where nobody says another bound, it is what the documentation says', () => {
  const [source, told] = ['src/observe/imports/lines.ts', 'docs/history.md'].map((path) =>
    readFileSync(join(import.meta.dirname, '../../../..', path), 'utf8'),
  )
  expect(source).toContain('\n  most = MOST_LINES,\n')
  expect(source).toContain('\nconst MOST_LINES = 5_000_000\n')
  expect(told).toContain('a file with more than 5 000 000 lines')
})

test('nothing but damage ends it', async () => {
  const { bytes, asked } = source('- cmd: a\n', 'x\n')
  await expect(all(pipe(bytes(), linesOf, readFish, bounded('there')))).rejects.toMatchObject({
    code: 'bad_file',
    where: 'there',
    message: expect.stringContaining('10000 lines before it'),
  })
  expect(asked.pieces).toBeLessThan(3)
})

const TOO_LONG = expect.stringMatching(/^is longer than 4 MiB/)

test.each([
  ['at the beginning', '{"karo_export":1', 1, TOO_LONG],
  ['in the middle', '{"karo_export":1}\n{"command":"', 2, TOO_LONG],
  ['as a table', 'karo_export,', 1, TOO_LONG],
] as const)('an export with a line of 16 MB %s', async (_, begin, line, problem) => {
  const { texts, asked } = source(begin, 'x', '"}\n{"end":1}\n')
  expect(await all(readTransfer(texts()))).toEqual([{ line, problem }])
  // Not read to its end.
  expect(asked.pieces).toBeLessThan(20)
})

test('an export with values in values, and a table with fields without number', async () => {
  const deep = source('{"karo_export":1}\n', '[', '\n', 15)
  expect(problems(await all(readTransfer(deep.texts())))).toContain('is no JSON')
  const { texts } = source('karo_export,', ',')
  expect(await all(readTransfer(texts()))).toEqual([
    { line: 1, problem: 'has more than 64 fields: the rest was not looked at' },
  ])
})
