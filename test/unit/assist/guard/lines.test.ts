// What the shells let through unasked, what aliases and functions make of a line, and which lines are not finished.
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { expand, readDefinitions } from '../../../../src/assist/guard/definitions.ts'
import { judge, loadGuard } from '../../../../src/assist/guard/index.ts'
import { CARRIED, CARRIES_WORDS } from '../../../../src/assist/risk/carriers/carried.ts'
import { unfinished } from '../../../../src/assist/risk/line/unfinished.ts'
import { ruledTools } from '../../../../src/assist/risk/ruled-tools.ts'
import { isUnruled } from '../../../../src/assist/risk/rules/index.ts'
import { CARRIED_NAMES } from '../../../../src/observe/hooks/guard/guard.ts'

const PLACE = { home: '/home/me', cwd: '/home/me/work' }
const guard = loadGuard({ home: '/nonexistent', env: {}, machineFile: '/nonexistent/guard.toml' })

test('lines of what everybody uses all day need no process: no rule is about these tools', () => {
  const ruled = new Set(ruledTools())
  const everyday = 'true echo ls pwd mkdir basename dirname stat shuf wc'
  expect(everyday.split(' ').filter((name) => ruled.has(name))).toEqual([])
})

test('every tool somebody has rules for is among those the shells ask about', () => {
  const ruled = new Set(ruledTools())
  const installed = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].flatMap((directory) => {
    try {
      return readdirSync(directory)
    } catch {
      return []
    }
  })
  const known =
    'rm dd git sudo doas sh bash zsh fish python3 perl node eval source exec env xargs find kubectl docker if for while case function time noglob nocorrect command builtin alias unalias fc trap crontab at ssh'
  const missing = [...installed, ...known.split(' ')].filter(
    (name) => /^\w[\w+-]*$/.test(name) && !isUnruled(name) && !ruled.has(name),
  )
  expect(missing).toEqual([])
  // And of what is not among them, nothing plain is more than safe.
  const plain = installed.filter((name) => /^\w[\w+-]*$/.test(name) && !ruled.has(name)).slice(0, 400)
  expect(
    plain.filter((name) => judge(guard, `${name} -rf / a=b x@y:/z`, PLACE).decision !== 'allow'),
  ).toEqual([])
})

test('the shells ask about the names that a tool may be handed a command with', () => {
  expect(CARRIED_NAMES).toEqual(CARRIED)
  for (const name of CARRIED) expect(CARRIES_WORDS.test(`mytool -x ${name} /`), name).toBe(true)
})

const DEFINITIONS = readDefinitions(
  [
    'alias\u001fll\u001frm -rf',
    'alias\u001fls\u001fls --color=auto',
    'alias\u001ffirst\u001fsecond a',
    'alias\u001fsecond\u001frm -rf ~;',
    'function\u001fwipe\u001fwipe () \n{ \n    rm -rf "$1"\n}',
    'function\u001fbig\u001fbig () \n{ \n    if [[ a; then\n}',
    'alias\u001fboth\u001fboth -f',
    'function\u001fboth\u001fboth () \n{ \n    rm -r "$@"\n}',
    'function\u001fbehind\u001fbehind () \n{ \n    rm -r "$@"\n}',
    'alias\u001fbehind\u001fstat -f',
    'function\u001fANY\u001fANY () \n{ \n    true\n}',
    'global\u001fANY\u001frm -rf ~',
    'global\u001fG\u001f| sh',
    'nonsense',
  ].join('\u001e'),
  'bash',
)

test.each([
  ['ll ~', 'rm -rf ~', 'block'],
  ['A=1 ll ~', 'A=1 rm -rf ~', 'block'],
  ['true; (ll ~)', 'true; (rm -rf ~)', 'block'],
  ['echo $(ll ~)', 'echo $(rm -rf ~)', 'block'],
  ['ls -la', 'ls --color=auto -la', 'allow'],
  ['first', 'rm -rf ~; a', 'block'],
  ['wipe ~', '{ set -- ~\n \n    rm -rf "$1"\n\n}', 'block'],
  ['wipe ./x', '{ set -- ./x\n \n    rm -rf "$1"\n\n}', 'confirm'],
  ['\\ll ~', undefined, 'allow'],
  ["'ll' ~", undefined, 'allow'],
  ['\\wipe ~', '{ set -- ~\n \n    rm -rf "$1"\n\n}', 'block'],
  [`w'ip'"e" ~`, '{ set -- ~\n \n    rm -rf "$1"\n\n}', 'block'],
  ['both ~', '{ set -- -f ~\n \n    rm -r "$@"\n\n}', 'block'],
  ['\\both ~', '{ set -- ~\n \n    rm -r "$@"\n\n}', 'block'],
  ['behind ~', 'stat -f ~', 'allow'],
  ["'behind' ~", '{ set -- ~\n \n    rm -r "$@"\n\n}', 'block'],
  ['echo ll', undefined, 'allow'],
  ['curl x G', 'curl x | sh', 'confirm'],
  ['ANY', 'rm -rf ~', 'block'],
  // That its text cannot be read says nothing about what was typed.
  ['big', '{ set --\n \n    if [[ a; then\n\n}', 'allow'],
] as const)('%j stands for %j: %s', (line, meant, decision) => {
  expect(expand(line, DEFINITIONS, PLACE).text).toBe(meant)
  expect(judge(guard, line, { ...PLACE, definitions: DEFINITIONS }).decision).toBe(decision)
})

test('definitions that grow for ever end', () => {
  const definitions = Array.from({ length: 50 }, (_, i) => ({
    kind: 'alias' as const,
    name: `a${i}`,
    text: `a${i + 1}; a${i + 1}; a${i + 1}`,
  }))
  const { text, unread } = expand('a0', definitions, PLACE)
  expect(text!.length).toBeLessThan(40_000)
  expect(unread).toMatch(/^a\d+$/)
  expect(judge(guard, 'a0', { ...PLACE, definitions }).decision).toBe('confirm')
})

test.each([
  ['ls', undefined],
  ['ls )', undefined],
  ['for i in 1 2', {}],
  ["echo 'a", {}],
  ['ls |', {}],
  ['ls \\', {}],
  ['ls \\\\', undefined],
  ['cat <<END', { here: 'END' }],
  ['cat <<END\nfor i in', { here: 'END' }],
  ["cat <<-'E N'\n\tx", { here: 'E N' }],
  ['cat <<END\nx\nEND', undefined],
  ['cat <<-END\nx\n\tEND', undefined],
  ['if true; then cat <<A <<B\nA\n', { here: 'B' }],
] as const)('%j: what is missing is %j', (text, missing) => {
  expect(unfinished(text)).toEqual(missing)
})

test('what is not finished is not blamed for it; what is cut is never safe', () => {
  const decide = (line: string, more: object) => judge(guard, line, { ...PLACE, ...more })
  expect(decide('for f in *; do rm "$f"', { unfinished: true }).decision).toBe('allow')
  expect(decide('for f in *; do rm -rf ~', { unfinished: true }).decision).toBe('block')
  expect(decide('echo x', { cut: true })).toMatchObject({ decision: 'confirm', risk_level: 'high' })
  expect(decide('rm -rf ~', { cut: true }).decision).toBe('block')
})

test('a deny holds through definitions, and for what is not finished or cut', () => {
  const rule = { kind: 'deny', whose: 'own', where: '/g:1', command: 'make deploy*' } as const
  const denying = { ...guard, profile: 'permissive', rules: [rule] } as const
  const definitions = [{ kind: 'alias', name: 'd', text: 'make deploy' }] as const
  expect(judge(denying, 'd', { ...PLACE, definitions }).decision).toBe('block')
  expect(judge(denying, 'make deploy', { ...PLACE, unfinished: true }).decision).toBe('block')
  expect(judge(denying, 'make deploy', { ...PLACE, cut: true }).decision).toBe('block')
  expect(judge(denying, 'make test', { ...PLACE, definitions }).decision).toBe('allow')
})

test('what was not handed over is asked about where it runs, in every profile that asks', () => {
  const definitions = readDefinitions(
    'unread\u001fnvm\u001f\u001efunction\u001fouter\u001fouter () \n{ \n    nvm use\n}\u001e',
    'bash',
  )
  const decide = (line: string, more: object = {}) =>
    judge({ ...guard, ...more }, line, { ...PLACE, definitions }).decision
  expect(['nvm use', 'true && "nvm" use', 'outer', 'echo $(nvm ls)'].map((line) => decide(line))).toEqual(
    Array.from({ length: 4 }, () => 'confirm'),
  )
  expect(['echo nvm', 'ls'].map((line) => decide(line))).toEqual(['allow', 'allow'])
  expect(['strict', 'permissive', 'off'].map((profile) => decide('nvm use', { profile }))).toEqual([
    'block',
    'confirm',
    'allow',
  ])
  expect(decide('nvm use; rm -rf ~')).toBe('block')
  const behind = readDefinitions('alias\u001fnvm\u001fnvm -q\u001eunread\u001fnvm\u001f\u001e', 'bash')
  for (const line of ['nvm use', '\\nvm use'])
    expect(judge(guard, line, { ...PLACE, definitions: behind }).decision, line).toBe('confirm')
  const allow = { kind: 'allow', whose: 'own', where: '/g:1', rule: 'too-long', command: 'nvm *' } as const
  expect(decide('nvm use', { rules: [allow] })).toBe('allow')
  expect(decide('outer', { rules: [allow] })).toBe('confirm')
  const many = readDefinitions('unread\u001f*\u001f\u001e', 'bash')
  expect(judge(guard, 'ls', { ...PLACE, definitions: many }).decision).toBe('confirm')
})
