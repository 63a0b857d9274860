// atuin's database is read as its own migrations make it, old and new, while atuin has it open, and never written to.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openAtuin } from '../../../../src/observe/imports/atuin.ts'
import { COMMAND_BYTES } from '../../../../src/observe/imports/entry.ts'
import { ATUIN_MIGRATIONS, makeAtuin } from '../../../support/data/atuin.ts'

let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'karo-atuin-'))
  path = join(directory, 'history.db')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const T = 1_700_000_000_123_456_789n
const versions = Object.keys(ATUIN_MIGRATIONS).map((name, i) => [name, i + 1] as const)

test.each(versions)('after %s', async (_, migrations) => {
  const writer = makeAtuin(
    path,
    [
      { id: 'b', timestamp: T + 1_000_000n, command: 'git status', exit: 1, duration: 42_000_999n },
      // As atuin's own imports have it.
      { id: 'a', timestamp: T, command: 'ls\n-la', exit: -1, duration: -1n, cwd: 'unknown' },
    ],
    migrations,
  )
  try {
    const history = await openAtuin(path)
    expect(history.total).toBe(2)
    expect([...history.items()]).toEqual([
      {
        line: 1,
        cut: false,
        entry: {
          command: 'ls\n-la',
          start_us: 1_700_000_000_123_456,
          duration_us: null,
          exit_code: null,
          cwd: '?',
          shell: '?',
          karo_generated: false,
        },
      },
      {
        line: 2,
        cut: false,
        entry: {
          command: 'git status',
          start_us: 1_700_000_000_124_456,
          duration_us: 42_000,
          exit_code: 1,
          cwd: '/home/ann',
          shell: '?',
          karo_generated: false,
        },
      },
    ])
    history.close()
  } finally {
    writer.close()
  }
})

test('what newer versions know: the shell, who typed it, what was deleted', async () => {
  makeAtuin(path, [
    { id: 'a', timestamp: T, command: 'ls', shell: 'zsh' },
    { id: 'b', timestamp: T + 1n, command: 'cargo test', shell: 'fish', author_kind: 2 },
    { id: 'c', timestamp: T + 2n, command: 'gone', deleted_at: T },
  ]).close()
  const history = await openAtuin(path)
  const entries = [...history.items()].map((item) => ('entry' in item ? item.entry : item))
  expect(entries).toMatchObject([
    { command: 'ls', shell: 'zsh', karo_generated: false },
    { command: 'cargo test', shell: 'fish', karo_generated: true },
  ])
  history.close()
})

test('several machines: one of them, however it is written, or all', async () => {
  makeAtuin(path, [
    { id: 'a', timestamp: T, command: 'one', hostname: 'Here:ann' },
    { id: 'b', timestamp: T + 1n, command: 'two', hostname: 'here' },
    { id: 'c', timestamp: T + 2n, command: 'three', hostname: 'there:ann' },
  ]).close()
  const history = await openAtuin(path)
  expect(history.hosts).toEqual(
    new Map([
      ['here', 2],
      ['there', 1],
    ]),
  )
  const texts = (hosts?: ReadonlySet<string>) =>
    [...history.items(hosts)].map((item) => 'entry' in item && item.entry.command)
  expect(texts(new Set(['here']))).toEqual(['one', 'two'])
  expect(texts()).toEqual(['one', 'two', 'three'])
  history.close()
})

test('numbers that no clock has said, texts that are none, and one that is too long', async () => {
  const db = makeAtuin(path, [
    { id: 'a', timestamp: 9_223_372_036_854_775_807n, command: 'late' },
    { id: 'b', timestamp: -5n, command: 'early' },
    { id: 'c', timestamp: T, command: '  ' },
    { id: 'd', timestamp: T, command: 'x'.repeat(COMMAND_BYTES + 5) },
    { id: 'e', timestamp: T + 1n, command: 'odd', exit: 2n ** 60n, duration: 9_223_372_036_854_775_807n },
  ])
  db.exec("UPDATE history SET cwd = '/tmp' || char(0) || 'x' WHERE id = 'e'")
  db.close()
  const history = await openAtuin(path)
  const items = [...history.items()]
  expect(items.filter((item) => 'problem' in item)).toHaveLength(3)
  expect(items.filter((item) => 'entry' in item)).toMatchObject([
    { cut: true, entry: { command: expect.stringMatching(/…\[cut\]$/) } },
    { entry: { command: 'odd', exit_code: null, duration_us: -1 } },
  ])
  history.close()
})

test('nothing is written, and what is still in the log beside it is read', async () => {
  const writer = makeAtuin(path, [{ id: 'a', timestamp: T, command: 'in the log' }])
  try {
    const before = readFileSync(path)
    expect(readdirSync(directory)).toContain('history.db-wal')
    const history = await openAtuin(path)
    expect([...history.items()]).toHaveLength(1)
    history.close()
    expect(readFileSync(path).equals(before)).toBe(true)
  } finally {
    writer.close()
  }
})

test('other databases, and files that are none, are refused', async () => {
  const other = new DatabaseSync(path)
  other.exec('create table history (id integer, argv text)')
  other.close()
  await expect(openAtuin(path)).rejects.toMatchObject({
    code: 'bad_file',
    message: expect.stringContaining('not the one'),
  })
  writeFileSync(join(directory, 'text'), 'SQLite format 3\0 and then nothing of the kind')
  // No advice about directories that cannot be written to.
  const damaged = { code: 'bad_file', hint: expect.stringContaining('damaged') }
  await expect(openAtuin(join(directory, 'text'))).rejects.toMatchObject(damaged)
  const half = new DatabaseSync(join(directory, 'half'))
  half.exec('create table history (id integer, command text)')
  half.exec(`insert into history values (1, '${'x'.repeat(20_000)}')`)
  half.close()
  writeFileSync(join(directory, 'half'), readFileSync(join(directory, 'half')).subarray(0, 5_000))
  await expect(openAtuin(join(directory, 'half'))).rejects.toMatchObject(damaged)
})
