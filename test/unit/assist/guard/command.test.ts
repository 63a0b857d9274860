// karo guard: what it shows, and rules in and out of the file.
import { lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { type CliWorld, runCli } from '../../../../src/cli/run.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

function node(home = join(temporaryDirectory(), 'k'), toolAbove?: CliWorld['toolAbove']) {
  return {
    file: join(home, 'guard.toml'),
    async karo(...argv: readonly string[]) {
      let stdout = ''
      let stderr = ''
      const exit = await runCli(argv, {
        env: { HOME: '/home/me', KARO_HOME: home },
        toolAbove,
        stdout: { write: (text: string) => (stdout += text) },
        stderr: { write: (text: string) => (stderr += text) },
      })
      return { exit, stdout, stderr }
    },
  }
}

test('rules are added, listed, hold, and go', async () => {
  const { karo, file } = node()
  expect((await karo('guard', 'list')).stdout).toContain('No rules.')
  expect((await karo('check', 'git push --force')).exit).toBe(4)
  expect((await karo('guard', 'allow', 'git-force-push', '--for', '2h')).exit).toBe(0)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect((await karo('check', 'git push --force')).exit).toBe(0)
  expect((await karo('guard', 'deny', 'make deploy*', '--why', 'Ask Ada.')).stdout).toBe(`Added to ${file}\n`)
  expect((await karo('check', 'sudo make deploy')).stdout).toContain('Ask Ada.')
  const { rules } = JSON.parse((await karo('guard', 'list', '--json')).stdout) as {
    rules: readonly { number: number; kind: string }[]
  }
  expect(rules.map(({ number, kind }) => `${number} ${kind}`)).toEqual(['1 allow', '2 deny'])
  expect((await karo('guard', 'list')).stdout).toMatch(/1 {2}allow git-force-push/)
  expect(await karo('guard', 'remove', '2')).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('deny make deploy*'),
  })
  expect((await karo('check', 'make deploy')).exit).toBe(0)
  expect((await karo('guard', 'remove', '2')).exit).toBe(1)
  expect(readFileSync(file, 'utf8')).toMatch(/^\[\[allow\]\]\nrule = 'git-force-push'\nuntil = .*Z\n$/)
})

test('who denies one line alone is told how to deny those that go on', async () => {
  const { karo } = node()
  expect((await karo('guard', 'deny', 'make deploy')).stdout).toContain("'make deploy*' blocks longer ones")
  expect((await karo('check', 'make deploy')).exit).toBe(4)
  expect((await karo('check', 'make deploy now')).exit).toBe(0)
})

test('below an AI tool nothing loosens the guard, and it says who can', async () => {
  const { karo, file } = node(undefined, async () => 'Claude Code')
  mkdirSync(dirname(file), { mode: 0o700 })
  expect((await karo('guard', 'deny', 'make deploy*')).exit).toBe(0)
  for (const line of [
    'guard trust',
    'guard allow git-force-push',
    'guard remove 1',
    'config set guard.profile off',
    '--json config set guard.on_error allow',
    'hook uninstall claude',
    'shell uninstall bash',
    'shell init bash --no-guard',
    'hook install claude --home /tmp/other',
    'shell install bash',
    'config set agents.approved []',
    'config set mcp.history true',
    'config unset guard.profile',
    'run allow 3fa2 --network all',
  ]) {
    const { exit, stdout, stderr } = await karo(...line.split(' '))
    expect([line, exit]).toEqual([line, 4])
    expect(stdout + stderr).toMatch(/started by Claude Code[\s\S]*Run it yourself/)
  }
  expect(readFileSync(file, 'utf8')).toContain('make deploy')
  expect((await karo('guard', 'list')).exit).toBe(0)
  expect((await karo('config', 'set', 'node.name', 'eng')).exit).toBe(0)
})

test('where the rules cannot be written, it says why and what to do', async () => {
  const noDirectory = join(temporaryDirectory(), 'file')
  writeFileSync(noDirectory, '')
  const { karo, file } = node(join(noDirectory, 'k'))
  const { exit, stderr } = await karo('guard', 'allow', 'git-force-push')
  expect(exit).toBe(1)
  expect(stderr).toContain(`${dirname(file)} is not a directory (ENOTDIR)`)
  expect(stderr).toContain('Choose a directory.')
})

test('a directory is meant from where one is, and a glob is one', async () => {
  const { karo, file } = node()
  for (const cwd of ['.', 'shop', '/srv', '~/client', '*/infra'])
    await karo('guard', 'deny', 'x', '--cwd', cwd)
  const { rules } = JSON.parse((await karo('guard', 'list', '--json')).stdout) as {
    rules: readonly { cwd: string }[]
  }
  const here = process.cwd()
  expect(rules.map(({ cwd }) => cwd)).toEqual([here, `${here}/shop`, '/srv', '~/client', '*/infra'])
  expect(readFileSync(file, 'utf8')).toContain(`cwd = '${here}'`)
})

test('what cannot be allowed, is no rule or no number is refused, and nothing is written', async () => {
  const { karo, file } = node()
  expect((await karo('guard', 'allow', 'rm-root')).exit).toBe(4)
  expect((await karo('guard', 'allow', 'git-force-psh')).stderr).toContain('git-force-push')
  expect((await karo('guard', 'allow', 'git-force-push', '--for', 'ever')).exit).toBe(2)
  expect((await karo('guard', 'remove', 'x')).exit).toBe(2)
  expect((await karo('guard', 'deny', '')).exit).toBe(2)
  expect(() => statSync(file)).toThrow()
})

test('what a rules file denies no exception allows, and whose file it is is said', async () => {
  const { karo, file } = node()
  await karo('guard', 'deny', 'make deploy*')
  const fleets = join(dirname(file), 'fleet-guard.toml')
  writeFileSync(fleets, "[[deny]]\ncommand = 'make *'\n\n[[ask]]\ncommand = 'terraform *'\n", { mode: 0o600 })
  const before = readFileSync(file, 'utf8')
  for (const [rule, place, hint] of [
    ['own-deny', file, 'guard remove)'],
    ['machine-deny', fleets, 'fleet show)'],
    ['machine-ask', fleets, 'fleet show)'],
    // Of no rule here, as on another machine.
    ['own-ask', 'karo guard allow', 'guard list'],
  ] as const) {
    const { exit, stderr } = await karo('guard', 'allow', rule, '--command', 'make *')
    expect([rule, exit]).toEqual([rule, 4])
    expect(stderr).toContain(`no exception allows ${rule}`)
    expect(stderr).toContain(place)
    expect(stderr).toContain(hint)
    expect(stderr).not.toContain('Did you mean')
  }
  expect(readFileSync(file, 'utf8')).toBe(before)
  const { stdout } = await karo('guard', 'list')
  expect(stdout).toMatch(/ make \* .* fleet *$/m)
  expect(stdout).toMatch(/ make deploy\* .* own *$/m)
})

test('the status says what is in force and what is broken', async () => {
  const { karo, file } = node()
  await karo('guard', 'deny', 'x')
  expect((await karo('guard')).stdout).toContain('blocks critical, asks about high')
  const { exit, stdout } = await karo('guard', '--json')
  expect(exit).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    profile: 'moderate',
    source: 'default',
    on_error: 'allow',
    timeout_ms: 5_000,
    rules: [{ number: 1, kind: 'deny', command: 'x' }],
    warnings: [],
    last_7_days: null,
  })
  writeFileSync(file, 'broken')
  const broken = await karo('guard')
  expect(broken.stderr).toMatch(/warning: .*guard\.toml:1:\d+: .*strict/)
  expect(broken.stdout).toContain('profile    strict')
})

test('what denies everything is refused; what denies the guard itself can be taken back', async () => {
  const { karo, file } = node()
  for (const all of ['*', '**', ' * '])
    expect((await karo('guard', 'deny', all)).stderr).toContain('every command')
  expect((await karo('guard', 'deny', ' ')).stderr).toContain('the command is empty')
  expect(() => statSync(file)).toThrow()
  await karo('guard', 'deny', 'k*')
  const { stdout } = await karo('check', 'karo guard remove 1')
  expect(stdout).toContain('guard-off')
  expect(stdout).not.toContain('own-deny')
  expect((await karo('check', 'karo guard list; kubectl get x')).exit).toBe(4)
  expect((await karo('check', 'karo down')).exit).toBe(4)
})

test('what is wrong in the file is told by its place there', async () => {
  const { karo, file } = node()
  await karo('guard', 'deny', 'x')
  writeFileSync(file, '[[deny]]\ncommand = "x\n', { mode: 0o600 })
  const before = (await karo('guard', 'remove', '1')).stderr
  expect(before).toContain('guard.toml:2')
  expect((await karo('guard')).stdout).toContain('guard.toml: not read')
  expect((await karo('guard', 'list')).stdout).toMatch(/^Not read: .*guard\.toml\n$/)
  const after = (await karo('guard', 'allow', 'git-force-push')).stderr
  expect(/guard\.toml:\d+:\d+/.exec(after)).toEqual(/guard\.toml:\d+:\d+/.exec(before))
})

test('a list for programs says too that a file could not be read', async () => {
  const { karo, file } = node()
  await karo('guard', 'deny', 'x')
  writeFileSync(file, 'broken')
  const { stdout, stderr } = await karo('guard', 'list', '--json')
  expect(JSON.parse(stdout)).toEqual({ rules: [] })
  expect(stderr).toMatch(/warning: .*guard\.toml:1/)
})

test('a rules file that is a link stays one', async () => {
  const { karo, file } = node()
  const real = join(temporaryDirectory(), 'mine.toml')
  writeFileSync(real, '', { mode: 0o600 })
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  symlinkSync(real, file)
  expect((await karo('guard', 'deny', 'make deploy*')).exit).toBe(0)
  expect(lstatSync(file).isSymbolicLink()).toBe(true)
  expect(readFileSync(real, 'utf8')).toContain('make deploy*')
  expect((await karo('guard', 'remove', '1')).exit).toBe(0)
  expect(readFileSync(real, 'utf8')).not.toContain('make deploy*')
})

test('what a shell asks is nothing for a person to run', async () => {
  expect(await node().karo('guard', 'ask')).toMatchObject({
    exit: 2,
    stdout: '',
    stderr: expect.stringContaining('the guard in a shell calls'),
  })
})

test('the same rule is there once, and for the longer time', async () => {
  const { karo } = node()
  const rules = async () =>
    (JSON.parse((await karo('guard', 'list', '--json')).stdout) as { rules: { until: string | null }[] })
      .rules
  const allow = async (...more: readonly string[]) =>
    (await karo('guard', 'allow', 'git-force-push', ...more)).stdout.replace(/ .*\n/, '')
  expect(await allow('--for', '1h')).toBe('Added')
  const [first] = await rules()
  expect(await allow('--for', '10m')).toBe('Already')
  expect(await rules()).toEqual([first])
  expect(await allow('--for', '2h')).toBe('Extended')
  expect(Date.parse((await rules())[0]!.until!)).toBeGreaterThan(Date.parse(first!.until!))
  expect(await allow()).toBe('Extended')
  expect(await allow()).toBe('Already')
  expect(await rules()).toMatchObject([{ until: null }])
  expect(await allow('--command', 'git push --force x')).toBe('Added')
  expect(await rules()).toHaveLength(2)
})
