// karo check: exit codes, JSON, profiles from option, environment and file, and what people read.
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { sampleConfig } from '../../../src/config/sample.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'
import { COMPILED } from '../../support/run/compiled.ts'

let home = ''
beforeEach(() => {
  home = temporaryDirectory()
})
const configure = (text: string) => writeFileSync(join(home, 'config.toml'), text, { mode: 0o600 })

async function karo(argv: readonly string[], more: Record<string, string> = {}, columns?: number) {
  const env = { HOME: '/home/me', KARO_HOME: home, ...more }
  const { code: exit, out: stdout, err: stderr, json } = await commandLine(argv, { env, columns })
  return { exit, stdout, stderr, json }
}
/** What is found of a command. */
const checked = async (...words: string[]) => (await karo(['check', '--json', ...words])).json()

test.each([
  ['ls -la', 'safe', 'allow', 0],
  ['', 'safe', 'allow', 0],
  ['git branch -D x', 'moderate', 'allow', 0],
  ['git push --force', 'high', 'confirm', 4],
  ['rm -rf /', 'critical', 'block', 4],
  ['rm -rf ~', 'critical', 'block', 4],
])('%j is %s: %s, exit %i', async (command, level, decision, exit) => {
  const run = await karo(['check', '--json', command])
  expect(run.exit).toBe(exit)
  expect(run.stderr).toBe('')
  expect(run.stdout.endsWith('}\n')).toBe(true)
  expect(run.json()).toMatchObject({ command, risk_level: level, decision })
})

test('in a home that cannot be read it judges strictly, and its exit code is that of the verdict', async () => {
  // A link to itself cannot be read by root either.
  const KARO_HOME = join(home, 'loop')
  symlinkSync(KARO_HOME, KARO_HOME)
  for (const [command, exit] of [
    ['ls', 0],
    ['rm -rf /', 4],
  ] as const) {
    const run = await karo(['check', '--json', command], { KARO_HOME })
    expect([run.exit, run.stderr]).toEqual([exit, expect.stringContaining('the profile is strict')])
  }
})

test('what is no command yet is not known to be safe', async () => {
  for (const command of ['for i in', 'if true', 'ls )']) {
    expect(await checked(command)).toMatchObject({
      risk_level: 'moderate',
      matches: [{ rule: 'unparsed', span: [0, command.length] }],
    })
    expect(await checked('--shell', 'sh', command)).toMatchObject({ risk_level: 'moderate' })
  }
  for (const command of ['if [[ x ]] { ls }', 'for i (1 2) ls'])
    expect(await checked('--shell', 'zsh', command)).toMatchObject({ risk_level: 'safe' })
})

test('the JSON shape, in which every field is always there', async () => {
  expect(await checked('git push --force')).toEqual({
    command: 'git push --force',
    risk_level: 'high',
    decision: 'confirm',
    matches: [{ rule: 'git-force-push', risk_level: 'high', why: expect.any(String), span: [9, 16] }],
    safer: 'git push --force-with-lease',
    for_ai_tools: { risk_level: 'high', decision: 'confirm' },
  })
  const level = { risk_level: 'safe', decision: 'allow' }
  const plain = { command: 'ls', ...level, matches: [], safer: null, for_ai_tools: level }
  expect(await checked('ls')).toEqual(plain)
})

test('where an AI tool is asked about what a person may run, both are told', async () => {
  const { exit, stdout } = await karo(['check', 'docker rm -f web'])
  expect(exit).toBe(0)
  expect(stdout).toMatch(/^moderate – allowed\n/)
  expect(stdout).toMatch(/\n {2}from an AI tool: high – asks for confirmation \(docker-remove\)\n$/)
  expect((await karo(['check', 'git push --force'])).stdout).not.toContain('AI tool')
})

test('a configuration that cannot be read is told, and the command judged strictly', async () => {
  expect((await karo(['check', 'ls'])).stderr).toBe('')
  mkdirSync(join(home, 'config.toml'))
  const run = await karo(['check', 'git push --force', '--json'])
  expect(run.stderr).toMatch(/^warning: .*strict until that is mended\n$/)
  expect([run.exit, run.json().decision]).toEqual([4, 'block'])
})

test('the profile comes from the option, else the environment, else the file', async () => {
  const decision = async (argv: readonly string[], env: Record<string, string> = {}) =>
    (await karo(['check', '--json', 'git branch -D x', ...argv], env)).json().decision
  expect(await decision([])).toBe('allow')
  configure('[guard]\nprofile = "strict"\n')
  expect(await decision([])).toBe('confirm')
  expect(await decision([], { KARO_GUARD_PROFILE: 'permissive' })).toBe('allow')
  expect(await decision(['--profile', 'strict'], { KARO_GUARD_PROFILE: 'permissive' })).toBe('confirm')
})

test.each([
  ['the sample', sampleConfig(), 'allow'],
  ['the sample, with a key', `${sampleConfig()}\n[guard]\nprofile = "strict"\n`, 'confirm'],
  ['an empty section, then another', '[guard]\n\n[node]\nname = "strict"\n', 'allow'],
  ['a comment between', '[guard]  # strict?\n# no\n  profile = "strict"\n', 'confirm'],
  ['a dotted key', 'guard.profile = "strict"\n', 'confirm'],
  ['an inline table', 'guard = { profile = "strict" }\n', 'confirm'],
  ['escapes', '["gu\\u0061rd"]\n"\\u0070rofile" = "strict"\n', 'confirm'],
])('the file decides: %s', async (_, text, decision) => {
  configure(text)
  expect((await checked('git branch -D x')).decision).toBe(decision)
})

test('a wrong profile is refused, wherever it comes from, and a mistyped key: what was meant is not in force', async () => {
  expect((await karo(['check', 'ls', '--profile', 'x'])).exit).toBe(2)
  expect((await karo(['check', 'ls'], { KARO_GUARD_PROFILE: 'x' })).exit).toBe(2)
  for (const key of ['profile = "x"', 'profil = "strict"']) {
    configure(`[guard]\n${key}\n`)
    expect(await karo(['check', 'ls'])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('config.toml:2'),
    })
  }
})

test('no command is refused, and an option in front of it that is none of ours, with how to go on', async () => {
  expect((await karo(['check'])).exit).toBe(2)
  expect((await karo(['check', '--'])).exit).toBe(2)
  expect(await karo(['check', '-rf', 'x'])).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('have to stand behind its name'),
  })
})

test.each([
  [['rm', '-rf', '/tmp/x'], 'rm -rf /tmp/x'],
  [['rm', 'it', "'s"], "rm it ''\\''s'"],
  [['rm', '-rf', '/tmp/my dir', ''], "rm -rf '/tmp/my dir' ''"],
  // What the shell that started us left as it is, it meant as it is.
  [['echo', '*', '$HOME', '~', 'a|b', '>', 'x;y'], "echo '*' '$HOME' '~' 'a|b' '>' 'x;y'"],
  [['A=1 2', 'B=', '!', 'make', 'C=3 4'], "A='1 2' B= ! make 'C=3 4'"],
  [['--', 'rm', '--', '-rf'], 'rm -- -rf'],
  [['--', '-rf', 'x'], '-rf x'],
  [['--', 'ls -l | wc'], 'ls -l | wc'],
  [['ls -l | wc'], 'ls -l | wc'],
  // Options that we have too are the command's behind several words, or behind --.
  [['aws', 's3', 'rm', 'x', '--profile', 'prod'], 'aws s3 rm x --profile prod'],
  [['gh', 'pr', 'list', '--json', 'number'], 'gh pr list --json number'],
  [['tar', '--help', '-x'], 'tar --help -x'],
  [['su', 'ann', '--shell', '/bin/sh', '-h'], 'su ann --shell /bin/sh -h'],
  [['--', 'gh', 'pr', 'list', '--json'], 'gh pr list --json'],
  // Nothing but ours is behind one word, and a last --json is ours.
  [['git push', '--profile', 'strict', '--shell=bash'], 'git push'],
  [['git', 'push', '--json'], 'git push'],
])('the words %j are the command %s', async (words, command) => {
  expect(await checked(...words)).toMatchObject({ command })
  // The same where commander reads it.
  expect((await karo(['--json', 'check', '--shell', 'bash', ...words])).json()).toMatchObject({ command })
})

test.each([
  [['A=1 2', 'B=', 'ls', '-l'], "A='1 2' B= ls -l"],
  [['--', 'ls -l | wc'], 'ls -l | wc'],
  [['su', 'ann', '--shell', '/bin/sh', '-l'], 'su ann --shell /bin/sh -l'],
  [['tar', '--help', '-x'], 'tar --help -x'],
])('explain takes the words %j for the same command', async (words, command) => {
  expect((await karo(['explain', '--json', ...words])).json()).toMatchObject({ command })
})

test('several words are judged as they would run', async () => {
  expect(await karo(['check', 'rm', '-rf', '/'])).toMatchObject({ exit: 4 })
  expect(await checked('git', 'push', '--force')).toMatchObject({ risk_level: 'high', decision: 'confirm' })
  expect(await checked('!', 'rm', '-rf', '/')).toMatchObject({ decision: 'block' })
  // A name that only looks like an option.
  expect(await checked('echo', "rm -rf /; it's")).toMatchObject({ risk_level: 'safe' })
  expect((await checked('--shell', 'fish', 'echo', "a\\'b")).command).toBe("echo 'a\\\\\\'b'")
})

test('--shell chooses the grammar', async () => {
  const fish = async (line: string) => (await checked('--shell', 'fish', line)).risk_level
  expect(await fish('if test -d x; rm -rf ~/; end')).toBe('critical')
  expect(await fish('for f in *.txt; echo $f; end')).toBe('safe')
  expect((await karo(['check', 'ls', '--shell', 'tcsh'])).exit).toBe(2)
})

test('what people read: level, decision, the words, why, and the safer form; a long line and a later one in their surroundings', async () => {
  const words = (name: string): string => Array.from({ length: 300 }, (_, i) => `${name}${i}`).join(' ')
  const long = `echo ${words('a')}; git push --force origin main; echo ${words('b')}`
  const lines = ['ls', 'cd x && git push -f', 'ls\ngit push -f\ndate\n', 'ls\nrm -rf /\nls', long]
  const shown = await Promise.all(lines.map(async (line) => (await karo(['check', line])).stdout))
  expect(shown.join('---\n')).toMatchSnapshot()
  expect((await checked(long)).safer).toBe(long.replace('--force', '--force-with-lease'))
})

test('a narrow terminal has the marks below their words', async () => {
  const { stdout } = await karo(['check', 'git push --force origin main'], { NO_COLOR: '1' }, 20)
  const [line = '', marks = ''] = stdout.split('\n').slice(2)
  expect(line.length).toBeLessThanOrEqual(20)
  expect(line.slice(marks.indexOf('^'), marks.length)).toBe('--force')
})

test('no control character of the command reaches the terminal', async () => {
  const run = await karo(['check', 'rm -rf / \u001b[2K\u0007 漢字\u202e'])
  expect(run.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  expect(run.exit).toBe(4)
  const coloured = await karo(['check', 'rm -rf /'], {}, 80)
  expect(coloured.stdout).toContain('\u001b[')
})

test('- reads the command from standard input; any bytes will do', () => {
  const main = new URL('../../../src/cli/main.ts', import.meta.url).pathname
  const run = (input: string | Buffer) => {
    const child = spawnSync(process.execPath, [main, 'check', '--json', '-'], {
      input,
      env: { ...process.env, ...COMPILED, KARO_HOME: home },
      encoding: 'utf8',
      maxBuffer: 8 * 1024 * 1024,
    })
    return {
      exit: child.status,
      verdict: JSON.parse(child.stdout) as { command: string; risk_level: string },
    }
  }
  expect(run('ls\nrm -rf /\n')).toMatchObject({ exit: 4, verdict: { risk_level: 'critical' } })
  expect(run('')).toMatchObject({ exit: 0, verdict: { command: '', risk_level: 'safe' } })
  expect(run(Buffer.from([0x6c, 0x73, 0x20, 0xff, 0xfe]))).toMatchObject({ exit: 0 })
  expect(run(Buffer.from('rm\0 -rf /'))).toMatchObject({ exit: 4, verdict: { risk_level: 'critical' } })
  expect(run(Buffer.alloc(1024 * 1024, 'x'))).toMatchObject({ exit: 4, verdict: { risk_level: 'high' } })
})

test('--rules lists the built-in rules, a word only those it occurs in', async () => {
  const rules = async (...words: string[]): Promise<readonly Record<string, unknown>[]> =>
    (await checked('--rules', ...words)).rules
  const all = await rules()
  expect(all.length).toBeGreaterThan(150)
  expect(all.find(({ rule }) => rule === 'rm-root')).toMatchObject({ risk_level: 'critical', core: true })
  const some = await rules('terraform')
  expect(some.map(({ rule }) => rule)).toContain('infra-destroy')
  expect(some.length).toBeLessThan(10)
  expect(await rules('zzz')).toEqual([])
  expect((await karo(['check', '--rules', 'zz\x1b[31mz'])).stdout).toMatch(/^No rule has "zz[^\x1b]*z"\.\n$/)
  const shown = await karo(['check', '--rules', 'git-force'])
  expect(shown).toMatchObject({ exit: 0, stderr: '' })
  expect(shown.stdout).toMatch(/^RULE +LEVEL +AI TOOLS +WHAT MAY HAPPEN\ngit-force-push +high/)
})
