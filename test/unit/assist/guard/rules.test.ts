// Rules files: what they mean, what is wrong with them and where, who may write them, and how they are edited.
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDefinitions } from '../../../../src/assist/guard/definitions.ts'
import { withoutRule, withRule } from '../../../../src/assist/guard/edit.ts'
import type { Where } from '../../../../src/assist/guard/guard.ts'
import {
  type GuardSources,
  judge,
  loadGuard,
  MACHINE_RULES,
  sealAtStart,
} from '../../../../src/assist/guard/index.ts'
import { quickGuard } from '../../../../src/assist/guard/quick.ts'
import { readRules } from '../../../../src/assist/guard/read-rules.ts'
import { parseRules } from '../../../../src/assist/guard/rules-file.ts'
import { seal } from '../../../../src/assist/guard/seal.ts'
import { setsAny } from '../../../../src/assist/guard/sources.ts'
import { PLAIN_LINES } from '../../../../src/assist/risk/ruled-tools.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import { mayAllow } from '../../../../src/cli/guard/allow.ts'
import { servicePaths } from '../../../../src/config/paths.ts'
import { GUARD_SHELLS } from '../../../../src/observe/hooks/guard/guard.ts'
import { GUARDS } from '../../../../src/observe/hooks/guard/guards.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const PLACE = { home: '/home/me', cwd: '/home/me/work/app' }

function guardOf(
  files: { readonly own?: string; readonly machine?: string; readonly config?: string },
  env = {},
) {
  const home = temporaryDirectory()
  const machineFile = join(home, 'machine.toml')
  const write = (path: string, text: string | undefined): void => {
    if (text !== undefined) writeFileSync(path, text, { mode: 0o600 })
  }
  write(join(home, 'guard.toml'), files.own)
  write(machineFile, files.machine)
  write(join(home, 'config.toml'), files.config)
  const from: GuardSources = { home, env, machineFile, now: () => NOW }
  return { guard: loadGuard(from), from }
}

const decisions = (own: string, lines: readonly string[], more: Parameters<typeof guardOf>[0] = {}) =>
  lines.map((line) => judge(guardOf({ ...more, own }).guard, line, PLACE).decision)

test.each([
  ['[[alow]]\n', 1, 3, /unknown key alow/],
  ["[[deny]]\ncommand = 'x'\n  wy = 'y'\n", 3, 3, /unknown key wy/],
  ["[[allow]]\ncommand = 'x'\n[[allow]]\ncwd = '/x'\n", 3, 3, /names no rule, command or line/],
  ["[[allow]]\nrule = 'git-force-psh'\n", 2, 1, /no rule "git-force-psh"/],
  ["[[allow]]\nrule = 'rm-root'\n", 2, 1, /catastrophic core/],
  ["[[allow]]\nrule = 'git-force-push'\nuntil = 'soon'\n", 3, 1, /until is "soon"/],
  ["[[deny]]\ncommand = ''\n", 2, 1, /command is ""/],
  ["[[deny]]\ncommand = 'x'\ncwd = 'relative'\n", 3, 1, /must begin with/],
  ["floor = 'strict'\n", 1, 1, /unknown key floor/],
  ["[[deny]]\ncommand = 'x\n", 2, 13, /not valid TOML/],
] as const)('%j is wrong in line %i, column %i', (text, line, column, message) => {
  let error: unknown
  try {
    parseRules(text, '/g.toml', 'own')
  } catch (caught) {
    error = caught
  }
  expect(error).toBeInstanceOf(KaroError)
  expect((error as KaroError).message).toMatch(message)
  expect((error as KaroError).where).toBe(`/g.toml:${line}:${column}`)
})

test('an allow lowers what its rule finds, there and then, and nothing else', () => {
  const force = ['git push --force origin wip/x', 'git push --force origin main']
  expect(decisions('', force)).toEqual(['confirm', 'confirm'])
  expect(decisions("[[allow]]\nrule = 'git-force-push'\n", force)).toEqual(['allow', 'allow'])
  const wip = "[[allow]]\nrule = 'git-force-push'\ncommand = 'git push * wip/*'\n"
  expect(decisions(wip, force)).toEqual(['allow', 'confirm'])
  // Behind a command that is allowed another one is not.
  expect(
    decisions(wip, ['git push -f origin wip/x; git push -f origin main', 'git push -f o wip/x; rm -rf ~']),
  ).toEqual(['confirm', 'block'])
  expect(
    decisions(wip, ['sudo git push --force origin wip/x', 'bash -c "git push --force origin wip/x"']),
  ).toEqual(['allow', 'allow'])
  const here = (cwd: string) =>
    decisions(`[[allow]]\nrule = 'git-force-push'\ncwd = '${cwd}'\n`, ['git push -f'])[0]
  expect(['/home/me/work', '~/work', '/home/*/work', '~/play', '/home/me/wor'].map(here)).toEqual([
    'allow',
    'allow',
    'allow',
    'confirm',
    'confirm',
  ])
  const until = (time: string) =>
    decisions(`[[allow]]\nrule = 'git-force-push'\nuntil = ${time}\n`, ['git push -f'])[0]
  expect([until('2026-11-20T12:00:01Z'), until('2026-11-20T11:59:59Z')]).toEqual(['allow', 'confirm'])
})

test('nothing lowers the catastrophic core', () => {
  const lines = ['rm -rf /', 'rm -rf ~', 'dd if=/dev/zero of=/dev/sda', 'mkfs.ext4 /dev/sda1']
  expect(decisions("[[allow]]\ncommand = '*'\n", lines)).toEqual(lines.map(() => 'block'))
})

test('a deny blocks the command wherever it stands in the line, in every profile but off', () => {
  const own = "[[deny]]\ncommand = 'kubectl delete*'\nwhy = 'Ask Ada.'\nsafer = 'kubectl get ns'\n"
  const lines = [
    'kubectl delete ns x',
    'sudo -u me env A=1 kubectl delete ns x',
    'true && /usr/bin/kubectl delete ns x',
    'k\'ubectl\' "delete" ns x',
    'bash -c "kubectl delete ns x"',
    'X=delete; kubectl $X ns x',
    'echo $(kubectl delete ns x)',
  ]
  expect(decisions(own, lines)).toEqual(lines.map(() => 'block'))
  expect(decisions(own, ['kubectl get ns', 'echo kubectl delete'])).toEqual(['allow', 'allow'])
  expect(judge(guardOf({ own }).guard, 'kubectl delete x', PLACE)).toMatchObject({
    risk_level: 'high',
    safer: 'kubectl get ns',
    matches: expect.arrayContaining([
      { rule: 'own-deny', risk_level: 'high', why: 'Ask Ada.', span: [0, 16] },
    ]),
  })
  expect(decisions(own, lines.slice(0, 1), { config: '[guard]\nprofile = "permissive"\n' })).toEqual([
    'block',
  ])
  expect(decisions(own, lines.slice(0, 1), { config: '[guard]\nprofile = "off"\n' })).toEqual(['allow'])
  // It wins over an exception.
  expect(decisions(`[[allow]]\ncommand = '*'\n${own}`, lines.slice(0, 1))).toEqual(['block'])
})

test('a deny is about one simple command; the whole line counts where it cannot be read, or the deny says so', () => {
  const deny = (command: string, ...lines: readonly string[]) =>
    decisions(`[[deny]]\ncommand = '${command}'\n`, lines)
  expect(
    deny(
      'git push*main*',
      'git push origin wip; git checkout main',
      'git push origin wip | tee main',
      'git push origin "wip" && echo main',
      'true; git push origin main',
      'git push origin main | cat',
      'git push origin wip; ls main "',
    ),
  ).toEqual(['allow', 'allow', 'allow', 'block', 'block', 'block'])
  expect(deny('wget * | less', 'wget x | less', 'wget x')).toEqual(['block', 'allow'])
  // Behind a full list there may be one that says that the line could not be read.
  const many = Array.from({ length: 25 }, (_, i) => `git push -f r${i}`).join('; ')
  expect(deny('git push*r0*z9*', `${many}; echo z9`)).toEqual(['block'])
})

test('what is denied is blocked in every profile, however much else is found', () => {
  const many = Array.from({ length: 25 }, (_, i) => `rm -rf ~/ /etc/${i}`).join('; ')
  const config = '[guard]\nprofile = "permissive"\n'
  const { guard } = guardOf({ own: "[[deny]]\ncommand = 'make *'\n", config })
  const definitions = [{ kind: 'alias', name: 'all', text: many }] as const
  expect(judge(guard, 'rm -rf ~', PLACE).decision).toBe('confirm')
  for (const more of [{}, { definitions }, { cut: true }, { unfinished: true }])
    expect(judge(guard, 'all; make x', { ...PLACE, ...more }).decision).toBe('block')
})

test('what a rule has asked about is asked about in every profile, blocked in none, and no exception ends that', () => {
  const own = "[[ask]]\ncommand = 'terraform apply*'\nwhy = 'Is the plan read?'\nsafer = 'terraform plan'\n"
  const lines = [
    'terraform apply',
    'sudo terraform apply x.plan',
    'terraform plan',
    'rm -rf ~; terraform apply',
  ]
  for (const profile of ['permissive', 'moderate', 'strict'] as const)
    expect(decisions(own, lines.slice(0, 3), { config: `[guard]\nprofile = "${profile}"\n` })).toEqual([
      'confirm',
      'confirm',
      'allow',
    ])
  expect(decisions(own, lines.slice(3))).toEqual(['block'])
  expect(decisions(own, lines.slice(0, 1), { config: '[guard]\nprofile = "off"\n' })).toEqual(['allow'])
  expect(decisions(`[[allow]]\ncommand = '*'\n${own}`, lines.slice(0, 1))).toEqual(['confirm'])
  expect(decisions(`${own}[[deny]]\ncommand = 'terraform *'\n`, lines.slice(0, 1))).toEqual(['block'])
  const { guard } = guardOf({ machine: own }, { KARO_GUARD_PROFILE: 'off' })
  const verdict = judge(guard, 'terraform apply', PLACE)
  expect(verdict).toMatchObject({
    decision: 'confirm',
    safer: 'terraform plan',
    matches: [{ rule: 'machine-ask', risk_level: 'moderate', why: 'Is the plan read?' }],
  })
  expect(mayAllow(guard, verdict)).toBe(false)
})

test('what the machine denies, and its floor, no person loosens', () => {
  const machine = "floor = 'moderate'\n[[deny]]\ncommand = 'make deploy*'\n"
  const { guard } = guardOf({ machine, own: "[[allow]]\ncommand = '*'\n" }, { KARO_GUARD_PROFILE: 'off' })
  expect(guard.profile).toBe('moderate')
  expect(judge(guard, 'make deploy', PLACE)).toMatchObject({
    decision: 'block',
    matches: [{ rule: 'machine-deny' }],
  })
  expect(judge(guard, 'git push -f', PLACE).decision).toBe('allow')
  const stricter = guardOf({ machine }, { KARO_GUARD_PROFILE: 'strict' }).guard
  expect([stricter.profile, stricter.source]).toEqual(['strict', 'KARO_GUARD_PROFILE'])
  const off = guardOf(
    { machine: "[[deny]]\ncommand = 'make deploy*'\n" },
    { KARO_GUARD_PROFILE: 'off' },
  ).guard
  expect(judge(off, 'make deploy', PLACE).decision).toBe('block')
})

test('whatever is broken makes it strict, and says so', () => {
  for (const files of [
    { own: '[[alow]]\n' },
    { machine: '[[alow]]\n' },
    { own: 'x'.repeat(300_000) },
    { config: '[guard]\nprofil = "off"\n' },
    { config: '[guard]\nrules = "/nonexistent/rules.toml"\n' },
  ]) {
    const { guard } = guardOf(files)
    expect(guard.profile).toBe('strict')
    expect(guard.warnings).toHaveLength(1)
    expect(guard.warnings[0]).toMatch(/^\/.*; the profile is strict until that is mended$/)
  }
  expect(guardOf({}, { KARO_GUARD_PROFILE: 'of' }).guard.profile).toBe('strict')
})

test('a file that others may write, or of somebody else, is refused', () => {
  const path = join(temporaryDirectory(), 'guard.toml')
  writeFileSync(path, '')
  for (const [mode, fine] of [
    [0o600, true],
    [0o644, true],
    [0o664, false],
    [0o646, false],
  ] as const) {
    chmodSync(path, mode)
    if (fine) expect(readRules(path, 'own')).toEqual({ rules: [] })
    else expect(() => readRules(path, 'own')).toThrow(/other users can write/)
  }
  chmodSync(path, 0o600)
  const uid = process.getuid!()
  // Root's is everybody's to trust.
  if (uid === 0) expect(readRules(path, 'own', 1000)).toEqual({ rules: [] })
  else expect(() => readRules(path, 'own', uid + 1)).toThrow(/another user/)
  const directory = join(temporaryDirectory(), 'd')
  mkdirSync(directory)
  expect(() => readRules(directory, 'own')).toThrow(/not a file/)
  expect(readRules(join(directory, 'none'), 'own')).toBeUndefined()
})

test('a link that leads nowhere, or round, is no missing file: the guard is strict', async () => {
  const home = temporaryDirectory()
  for (const [name, target] of [
    ['gone.toml', '/nonexistent/guard.toml'],
    ['round.toml', 'round.toml'],
  ] as const) {
    const machineFile = join(home, name)
    symlinkSync(target, machineFile)
    const from: GuardSources = { home: join(home, 'node'), env: { KARO_GUARD_PROFILE: 'off' }, machineFile }
    for (const guard of [loadGuard(from), await quickGuard({ ...from, env: {} })]) {
      expect(guard.profile).toBe('strict')
      expect(guard.warnings).toHaveLength(1)
    }
  }
})

test('the quick way finds the same as the whole one', async () => {
  for (const files of [
    {},
    { config: '[node]\nname = "x"\n' },
    { own: "[[deny]]\ncommand = 'x'\n" },
    { config: '[guard]\nprofile = "strict"\n' },
    ...['[nod]\nname = "x"\n', '[node\n', '\u0000'].flatMap((config) => [
      { config },
      { config, own: "[[deny]]\ncommand = 'x'\n" },
      { config, machine: "floor = 'moderate'\n" },
      { config: `${config}[guard]\nprofile = "permissive"\n` },
    ]),
  ]) {
    for (const env of [{}, { KARO_LOG_LEVEL: 'nonsense' }, { KARO_GUARD_PROFILE: 'permissive' }]) {
      const { guard, from } = guardOf(files, env)
      expect(await quickGuard(from), JSON.stringify([files, env])).toEqual(guard)
    }
  }
  const { from } = guardOf({})
  expect((await quickGuard({ ...from, env: { KARO_GUARD_PROFILE: 'strict' } })).profile).toBe('strict')
})

test('a mistake in the configuration that is not about the guard leaves it as it is', () => {
  const config = '[nod]\nname = "x"\n'
  for (const guard of [
    guardOf({ config }).guard,
    guardOf({}, { KARO_LOG_LEVEL: 'nonsense' }).guard,
    guardOf({ config, own: "[[deny]]\ncommand = 'x'\n" }).guard,
  ])
    expect(guard).toMatchObject({ profile: 'moderate', source: 'default', warnings: [] })
  const said = guardOf({ config: `${config}[guard]\nprofile = "permissive"\n` }).guard
  expect([said.profile, said.warnings.length]).toEqual(['strict', 1])
})

test('the machine’s rules are beside the configuration of its service', () => {
  expect(MACHINE_RULES).toBe(join(dirname(servicePaths({}).config), 'guard.toml'))
})

test('any rules go into a file and out of it again, and leave the rest as it was', () => {
  const text = fc.string({ minLength: 1, maxLength: 40 })
  const rule = fc.record({
    kind: fc.constant('deny' as const),
    command: text,
    why: text,
  })
  forAll(fc.array(rule, { minLength: 1, maxLength: 5 }), fc.nat(), (rules, which) => {
    const before = '# my rules\n'
    const all = rules.reduce((file, one) => withRule(file, one, '/g'), before)
    const read = parseRules(all, '/g', 'own').rules
    expect(read).toMatchObject(rules)
    const number = (which % rules.length) + 1
    const after = withoutRule(all, number, '/g')
    expect(parseRules(after, '/g', 'own').rules).toMatchObject(rules.toSpliced(number - 1, 1))
    expect(after.startsWith(before)).toBe(true)
  })
  const tidy = withRule(
    withRule('# mine\n', { kind: 'allow', rule: 'git-force-push', until: NOW }, '/g'),
    { kind: 'deny', command: "it's" },
    '/g',
  )
  expect(tidy).toBe(
    "# mine\n\n[[allow]]\nrule = 'git-force-push'\nuntil = 2026-11-20T12:00:00.000Z\n\n[[deny]]\ncommand = \"it's\"\n",
  )
  expect(withoutRule(tidy, 1, '/g')).toBe('# mine\n\n[[deny]]\ncommand = "it\'s"\n')
  expect(withoutRule(tidy, 2, '/g')).toBe(tidy.slice(0, tidy.indexOf('\n[[deny]]')))
  expect(() => withoutRule(tidy, 3, '/g')).toThrow(/no rule 3/)
  expect(() => withoutRule("allow = [{ rule = 'git-force-push' }]\n", 1, '/g')).toThrow(/only an editor/)
})

test.each(GUARD_SHELLS)(
  'what %s asks with is no configuration, which would have TOML read for each line',
  (shell) => {
    const text = GUARDS[shell]({
      ask: ['karo'],
      ruled: [],
      plain: PLAIN_LINES,
      files: [],
      machineFile: '/none',
      resident: '/none/judge-',
      timeoutMs: 1_000,
      onError: 'allow',
    })
    const names = [...new Set(text.match(/KARO_[A-Z_]+/g))].filter((name) => name !== 'KARO_GUARD_PROFILE')
    expect(names).toContain('KARO_LINE')
    const env = Object.fromEntries(names.map((name) => [name, 'x']))
    expect(setsAny({ home: temporaryDirectory(), env })).toBe(false)
  },
)

test('an exception for exactly one line: in its directory, in its shell, and never of the core', () => {
  const guard = (extra: string) => ({
    ...loadGuard({ home: '/nonexistent', env: {}, machineFile: '/nonexistent/guard.toml' }),
    rules: parseRules(`[[allow]]\nline = 'git push --force a'\n${extra}`, 'guard.toml', 'own').rules,
  })
  const decision = (command: string, where: Where = {}, extra = '') =>
    judge(guard(extra), command, where).decision
  expect(decision('git push --force a')).toBe('allow')
  expect(decision('git push --force b')).toBe('confirm')
  expect(decision('git push --force a; git push --force b')).toBe('confirm')
  expect(decision('git push --force a', { cwd: '/p/q' }, "cwd = '/p'")).toBe('allow')
  expect(decision('git push --force a', { cwd: '/other' }, "cwd = '/p'")).toBe('confirm')
  expect(decision('git push --force a', { cwd: '/pq' }, "cwd = '/p'")).toBe('confirm')
  expect(decision('git push --force a', { cwd: '/p' }, "cwd = '/'")).toBe('allow')
  // The directory is a name, and no glob.
  expect(decision('git push --force a', { cwd: '/a*/b?' }, "cwd = '/a*/b?'")).toBe('allow')
  expect(decision('git push --force a', { cwd: '/ax/by' }, "cwd = '/a*/b?'")).toBe('confirm')
  expect(decision('git push --force a', {}, "cwd = '*'")).toBe('confirm')
  expect(decision('git push --force a', { session: '7-1' }, "session = '7-1'")).toBe('allow')
  expect(decision('git push --force a', { session: '7-2' }, "session = '7-1'")).toBe('confirm')
  expect(decision('git push --force a', {}, "session = '7-1'")).toBe('confirm')
  const core = {
    ...guard(''),
    rules: parseRules("[[allow]]\nline = 'rm -rf /'\n", 'guard.toml', 'own').rules,
  }
  expect(judge(core, 'rm -rf /', {}).decision).toBe('block')
})

test('an exception for exactly one line is not about what its aliases and functions do', () => {
  const guard = {
    ...loadGuard({ home: '/nonexistent', env: {}, machineFile: '/nonexistent/guard.toml' }),
    rules: parseRules("[[allow]]\nline = 'git push --force a'\n", 'guard.toml', 'own').rules,
  }
  const decision = (command: string, names: string) =>
    judge(guard, command, { definitions: readDefinitions(names, 'bash') }).decision
  expect(decision('git push --force a', '')).toBe('allow')
  // Another line that stands for the same today.
  expect(decision('x', 'alias\u001fx\u001fgit push --force a\u001e')).toBe('confirm')
  // A function git that could not be read may do anything.
  expect(decision('git push --force a', 'unread\u001fgit\u001f\u001e')).toBe('confirm')
})

test('defining an alias is no use of it', () => {
  const guard = loadGuard({ home: '/nonexistent', env: {}, machineFile: '/nonexistent/guard.toml' })
  const decision = (command: string) => judge(guard, command, { kept: true }).decision
  expect(decision("alias gp='git push --force'")).toBe('allow')
  expect(decision("alias gp='git push --force'; git push --force")).toBe('confirm')
  expect(decision("alias x='rm -rf /'")).toBe('block')
})

describe('a file that something else than Karo has changed', () => {
  const TOOL = '[[allow]]\nrule = "git-force-push"\n'
  const PUSH = 'git push --force'
  function sealedHome(config = '[guard]\nprofile = "moderate"\n', own = '') {
    const { from } = guardOf({ config, own })
    sealAtStart(from.home, systemRandom)
    expect(loadGuard(from).loosened).toEqual([])
    const put = (name: string, text: string): void =>
      writeFileSync(join(from.home, name), text, { mode: 0o600 })
    return { from, put, now: () => loadGuard(from) }
  }

  test.each([
    ['config.toml', '[guard]\nprofile = "off"\n', 'the profile was moderate'],
    ['config.toml', '[guard]\nprofile = "permissive"\n', 'the profile was moderate'],
    ['guard.toml', TOOL, '1 exceptions are new'],
    ['guard.seal', 'x', 'gone or was changed'],
    [
      'guard.seal',
      `${'0'.repeat(64)}\n{"profile":"off","onError":"allow","allows":[],"denies":[]}\n`,
      'gone or was changed',
    ],
    // What most files set is known without the key's code, which still has to be the one that was made with the key.
    [
      'guard.seal',
      `${'0'.repeat(64)}\n{"profile":"moderate","onError":"allow","allows":[],"denies":[]}\n`,
      'gone or was changed',
    ],
  ])('%s with %j counts as the strictest profile, and is said', async (name, text, why) => {
    const { from, put, now } = sealedHome()
    put(name, text)
    expect(now()).toMatchObject({ profile: 'strict', onError: 'block' })
    expect(now().warnings.join()).toContain(why)
    expect((await quickGuard(from)).profile).toBe('strict')
    expect(judge(now(), PUSH, PLACE).decision).toBe('block')
  })

  test.each(['identity.key', 'db'])('so does one of a node (%s) whose note and key are gone', async (of) => {
    const { from, put, now } = sealedHome()
    for (const name of ['guard.key', 'guard.seal']) rmSync(join(from.home, name))
    put(of, '')
    put('config.toml', '')
    put('guard.toml', TOOL)
    // The next start takes it no better.
    sealAtStart(from.home, systemRandom)
    for (const guard of [now(), await quickGuard(from)])
      expect(guard).toMatchObject({ profile: 'strict', onError: 'block', rules: [] })
    expect(now().warnings.join()).toContain('run: karo guard trust')
    seal(from.home, now().sets, systemRandom)
    expect(judge(now(), PUSH, PLACE).decision).toBe('allow')
  })

  test('a node of an earlier build, whose files set nothing, is noted at its start', () => {
    const { from } = guardOf({})
    writeFileSync(join(from.home, 'identity.key'), '')
    sealAtStart(from.home, systemRandom)
    writeFileSync(join(from.home, 'guard.toml'), TOOL, { mode: 0o600 })
    expect(loadGuard(from).loosened).toEqual(['1 exceptions are new'])
  })

  test('what only tightens counts at once; what is taken away of a strict one does not', async () => {
    const { put, now } = sealedHome()
    put('guard.toml', '[[deny]]\ncommand = "make*"\n')
    put('config.toml', '[guard]\nprofile = "strict"\n')
    expect(now()).toMatchObject({ profile: 'strict', onError: 'allow', loosened: [] })
    const strict = sealedHome('[guard]\nprofile = "strict"\n', '[[deny]]\ncommand = "make*"\n')
    rmSync(join(strict.from.home, 'config.toml'))
    rmSync(join(strict.from.home, 'guard.toml'))
    expect((await quickGuard(strict.from)).loosened).toEqual([
      'the profile was strict',
      '1 prohibitions are gone',
    ])
  })

  test('what is sealed anew counts; the environment and the fleet are not sealed', () => {
    const { from, put, now } = sealedHome()
    put('guard.toml', TOOL)
    seal(from.home, now().sets, systemRandom)
    expect(judge(now(), PUSH, PLACE).decision).toBe('allow')
    expect(loadGuard({ ...from, env: { KARO_GUARD_PROFILE: 'off' } })).toMatchObject({
      profile: 'off',
      loosened: [],
    })
  })
})
