// Values of options that mean something else to the daemon than what is typed, times for one: a mistake is told with the
// option's name and exit 2, whether the daemon runs or not. Of all others the daemon says what is wrong.
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../../../src/base/errors.ts'
import { commandOf } from '../../../src/cli/input/agent-command.ts'
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
    ['history', ['history', ...many(30, 1000)]],
    ['--limit', ['audit', 'log', '--limit', 'x']],
    ['--limit', ['audit', 'log', '--limit', '10001']],
    ['--since', ['audit', 'log', '--since', '999999999w']],
    ['--limit', ['events', '--limit', '0']],
    ['events', ['events', '--type', 'peer_gone', '--type', 'nonsense']],
    ['--timeout', ['query', 'tools', '--timeout', '99ms']],
    ['--timeout', ['query', 'tools', '--timeout', '61s']],
    ['--timeout', ['query', 'tools', '--timeout', 'soon']],
    ['--last', ['query', 'tools', '--last', '999999999w']],
    ['--from', ['query', 'tools', '--from', '999999999w']],
    ['--where', ['query', 'tools', '--where', 'tool']],
    ['--where', ['query', 'tools', '--where', 'risk_level=high']],
    ['--where', ['query', 'tools', '--where', 'tool=git', '--where', 'uses=contains:1']],
    ['--where', ['query', 'tools', '--watch', '--where', 'what=1']],
    ['--every', ['query', 'tools', '--every', '5s']],
    ['--every', ['query', 'tools', '--watch', '--every', '10ms']],
    ['--height', ['history', '--height', '5']],
    ['--for', ['ca', 'renew', '--for', '59s']],
    ['--for', ['ca', 'renew', '--for', '401d']],
    ['--team', ['policy', 'check', '--team', 'eng']],
    ['--unless-failed', ['up', '--unless-failed']],
    ['--subnet', ['peers', 'trust', '--subnet', '10.0.0.0/8']],
    ['--at', ['share', 'preview', '--at', 'today']],
    ['--token-file', ['agent', 'add', 'x', '--token-file', 'y', '--', 'true']],
    ['--dry-run', ['doctor', '--dry-run']],
    ['--require-complete', ['query', 'tools', '--watch', '--require-complete']],
    ['--last', ['query', 'tools', '--last', 'soon']],
    ['--last', ['query', 'tools', '--last', '2h', '--from', '3h']],
    ['--to', ['query', 'tools', '--last', '1h', '--to', 'now']],
    ['--to', ['query', 'tools', '--to', '3h']],
    ['--from', ['query', 'tools', '--from', '1h', '--to', '2h']],
    ['--timeout', ['query', 'tools', '--timeout', '2m']],
    ['--since', ['anomalies', '--since', '999999999w']],
    ['--last', ['report', '--last', 'long']],
    ['--ttl', ['token', 'create', '--ttl', 'soon']],
    ['--ttl', ['token', 'create', '--ttl', '400d']],
    ['--ttl', ['token', 'create', '--ttl', '1s']],
  ])('%s: karo %.60j', async (where, words) => {
    const { code, err, out } = await karo(...words)
    expect(code).toBe(EXIT.usage)
    expect(err + out).toMatch(new RegExp(`^karo:? ${where}: (?!--)`))
  })

  test.each([
    ['--last: the range ends before it starts\n  It has to begin before it ends', 'query tools --last 0d'],
    ['--format', 'report --format pdf'],
    ['name a file."', 'report --format csv --json'],
    ['"--json"', 'report --format html --json'],
    ['"--json"', 'artifact get 4f1d2a0c9b33 --json'],
    ['--pending', 'peers trust bob --pending'],
    ['--pending', 'peers trust --subnet 10.0.0.0/24'],
    ['10.0.0.0/33', 'peers trust --pending --subnet 10.0.0.0/33'],
  ])('about %s: karo %s', async (what, line) => {
    const { code, err, out } = await karo(...line.split(' '))
    expect([code, err + out]).toEqual([EXIT.usage, expect.stringContaining(what)])
  })

  test('a file of secrets that is not there is called that', async () => {
    const { err } = await karo('secret', 'restore', 'secrets.vault')
    expect(err).toMatch(/secrets\.vault: there is no such file\n {2}Check the path/)
  })

  test('a field that the rows of a query do not have is told with those that they have', async () => {
    const { err } = await karo('query', 'tools', '--where', 'risk_level=high')
    expect(err).toMatch(/--where: tools has no field 'risk_level'[\s\S]*tool, category, uses, nodes/)
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

describe('the command of an agent, as its jail finds it', () => {
  const put = (at: string, text: string): string => {
    mkdirSync(dirname(at), { recursive: true })
    writeFileSync(at, text)
    chmodSync(at, 0o755)
    return at
  }
  const SH = realpathSync('/bin/sh')

  test('has real paths for what is named by a link, whether it was given or is offered', () => {
    const root = realpathSync(temporaryDirectory())
    put(join(root, 'pkg/dist/index.js'), '')
    symlinkSync('pkg', join(root, 'link'))
    const words = ['sh', join(root, 'link/dist/index.js'), join(root, 'link')]
    const argv = ['sh', join(root, 'pkg/dist/index.js'), join(root, 'pkg')]
    expect(commandOf(words, [{ path: join(root, 'pkg') }])).toMatchObject({ argv, needed: [] })
    expect(commandOf(words.slice(0, 2), [])).toMatchObject({
      argv: argv.slice(0, 2),
      needed: [{ word: words[1], place: join(root, 'pkg/dist') }],
    })
  })

  test('needs the interpreter in the first line of a script, and for a venv all of it, with the Python that it was made of', () => {
    const root = realpathSync(temporaryDirectory())
    const python = put(join(root, 'python/bin/python3.99'), '')
    put(join(root, 'venv/pyvenv.cfg'), '')
    mkdirSync(join(root, 'venv/bin'))
    const inVenv = join(root, 'venv/bin/python')
    symlinkSync(python, join(root, 'venv/bin/python3'))
    symlinkSync('python3', inVenv)
    const venv = { place: join(root, 'venv') }
    const base = { word: python, place: join(root, 'python') }
    const tool = put(join(root, 'venv/bin/tool'), `#!${inVenv}\nimport tool\n`)
    symlinkSync(tool, join(root, 'tool'))
    expect(commandOf([join(root, 'tool')], [])).toMatchObject({
      argv: [tool],
      needed: [{ word: join(root, 'tool'), ...venv }, base],
    })
    expect(commandOf([inVenv, '-m', 'tool'], [])).toMatchObject({
      argv: [inVenv, '-m', 'tool'],
      needed: [{ word: inVenv, ...venv }, base],
    })
    const other = put(join(root, 'own/run'), `#! ${put(join(root, 'sh/sh'), `#!${SH}\n`)} -e\n`)
    expect(commandOf([other], [{ path: dirname(other) }]).needed).toEqual([
      { word: join(root, 'sh/sh'), place: join(root, 'sh') },
    ])
    expect(commandOf([put(join(root, 'x/env'), '#!/usr/bin/env sh\n')], []).needed).toHaveLength(1)
  })

  test('is refused where no place makes it work, with the reason', () => {
    const root = realpathSync(temporaryDirectory())
    put(join(root, 'real/python'), '')
    symlinkSync('real', join(root, 'link'))
    const behind = put(join(root, 'a'), `#!${join(root, 'link/python')}\n`)
    const nowhere = put(join(root, 'b'), '#!/usr/bin/env -S no-such-program -u\n')
    expect(() => commandOf([behind], [])).toThrow(/lies behind a link/)
    expect(() => commandOf([nowhere], [])).toThrow(/does not find 'no-such-program'/)
    expect(() => commandOf(['/usr/bin/npx', '-y', 'server'], [])).toThrow(/a jail has no network/)
  })
})

test('a file that stands behind a command that takes it by an option is told as that', async () => {
  const { code, err } = await karo('audit', 'export', 'all.csv')
  expect([code, err]).toEqual([EXIT.usage, expect.stringContaining('A file is named by --output <file>.')])
})
