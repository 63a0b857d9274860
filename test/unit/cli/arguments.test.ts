// Values of options: a mistake is told with the option's name and exit 2, whether the daemon runs or not.
import { describe, expect, test } from 'vitest'
import { EXIT } from '../../../src/base/errors.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'

/** Where no daemon runs: what passes the checks exits 3. */
const karo = (...words: string[]) => commandLine(words, { env: { KARO_HOME: temporaryDirectory() } })

const many = (count: number, length: number): string[] =>
  Array.from({ length: count }, () => 'x'.repeat(length))

describe('wrong', () => {
  test.each([
    ['--limit', ['history', '--limit', 'x']],
    ['--limit', ['history', '--limit', '0']],
    ['--limit', ['history', '--limit', '1.5']],
    ['--limit', ['history', '--limit', '-1']],
    ['--limit', ['history', '--limit', '10001']],
    ['--limit', ['history', '--limit', '']],
    ['--since', ['history', '--since', '999999999w']],
    ['--until', ['history', '--since', '1h', '--until', '2h']],
    ['--until', ['export', '--since', '2026-11-20', '--until', '2026-11-19']],
    ['--before', ['history', 'delete', 'x', '--since', '1h', '--before', '2h']],
    ['--shell', ['history', '--shell', '']],
    ['--shell', ['history', '--shell', 'x'.repeat(33)]],
    ['--cwd', ['history', '--cwd', `/${'x'.repeat(4096)}`]],
    ['words', ['history', ...many(33, 1)]],
    ['words', ['history', '']],
    ['words', ['history', ...many(1, 1025)]],
    ['history', ['history', ...many(30, 1000)]],
    ['--limit', ['audit', 'log', '--limit', 'x']],
    ['--limit', ['audit', 'log', '--limit', '10001']],
    ['--peer', ['audit', 'log', '--peer', '']],
    ['--since', ['audit', 'log', '--since', '999999999w']],
    ['--limit', ['events', '--limit', '0']],
    ['--since', ['events', '--since', '']],
    ['--since', ['events', '--since', 'x'.repeat(65)]],
    ['events', ['events', '--type', 'peer_gone', '--type', 'nonsense']],
    ['--timeout', ['query', 'tools', '--timeout', '99ms']],
    ['--timeout', ['query', 'tools', '--timeout', '61s']],
    ['--timeout', ['query', 'tools', '--timeout', 'soon']],
    ['--last', ['query', 'tools', '--last', '999999999w']],
    ['--from', ['query', 'tools', '--from', '999999999w']],
  ])('%s: karo %.60j', async (where, words) => {
    const { code, err } = await karo(...words)
    expect(code).toBe(EXIT.usage)
    expect(err).toMatch(new RegExp(`^karo:? ${where}: `))
  })
})

describe('right, up to the bounds', () => {
  test.each([
    [['history', '--limit', '1']],
    [['history', '--limit', '10000', '--since', '2w', '--shell', 'bash', '--cwd', '.']],
    [['history', ...many(32, 300)]],
    [['export', '--since', '2026-11-20', '--until', '2026-11-20']],
    [['audit', 'log', '--limit', '10000', '--peer', 'bob']],
    [['events', '--type', 'peer_gone', '--type', 'member_left', '--since', '0', '--limit', '1']],
    [['query', 'tools', '--timeout', '100ms']],
    [['query', 'tools', '--timeout', '60s', '--from', 'yesterday', '--to', 'now']],
  ])('karo %.60j', async (words) => {
    expect((await karo(...words)).code).toBe(EXIT.notRunning)
  })
})
