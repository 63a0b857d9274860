// An alias of git's configuration is judged by what it runs, wherever git has it from, and no file stops anybody's typing.
import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createGitAliases } from '../../../../src/assist/guard/git-aliases.ts'
import { judge, loadGuard, machineOf } from '../../../../src/assist/guard/index.ts'
import { mayAllow } from '../../../../src/cli/guard/allow.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

const SETTINGS = `[user]
  name = Ann
[alias]
  fp = push --force ; a comment
  wipe = "!rm -rf ~/ #"
  NUKE = !git reset --hard && \\
    rm -rf /srv/data
  st = status -sb
  loop = again
  again = loop
  twice = fp origin
  push = log
`

function desk(settings = SETTINGS) {
  const home = realpathSync(temporaryDirectory())
  const project = join(home, 'project')
  mkdirSync(join(project, 'src'), { recursive: true })
  writeFileSync(join(home, '.gitconfig'), settings)
  const guard = loadGuard({ home: join(home, 'karo'), env: {}, machineFile: '/nonexistent/guard.toml' })
  const looked: string[] = []
  const place = {
    home,
    cwd: project,
    mayLook: (path: string) => {
      looked.push(path)
      return true
    },
  }
  const check = (line: string, cwd = project, env = {}, more = {}) =>
    judge(guard, line, { ...place, cwd, machine: machineOf({ ...place, cwd }, env, guard), ...more })
  const rulesOf = (line: string, cwd?: string, env?: object) =>
    check(line, cwd, env).matches.map(({ rule }) => rule)
  return { home, project, guard, place, looked, check, rulesOf }
}

test.each([
  ['git fp', 'git-force-push'],
  ['git FP origin main', 'git-force-push'],
  ['git twice main', 'git-force-push'],
  ['sudo git -c color.ui=never fp', 'git-force-push'],
  ['make && git wipe', 'rm-home'],
  ['git nuke now', 'git-reset-hard'],
])('%s is judged as what it runs', (line, rule) => {
  const { rulesOf, check, guard } = desk()
  expect(rulesOf(line)).toContain(rule)
  // It may mean something else tomorrow.
  expect(mayAllow(guard, check(line))).toBe(false)
  expect(check(line).safer).toBeUndefined()
})

test.each(['git st', 'git loop', 'git nothing', 'git push origin', 'git log fp', 'echo git fp'])(
  '%s stays safe',
  (line) => expect(desk().check(line)).toMatchObject({ risk_level: 'safe', decision: 'allow' }),
)

test('rules of a person are about what an alias runs', () => {
  const { check, guard } = desk()
  const rule = { whose: 'own', where: 'guard.toml:1', kind: 'deny', command: 'git status*' } as const
  const strict = { ...guard, rules: [rule] }
  expect(judge(strict, 'git st', { machine: machineOf(desk().place, {}, guard) }).decision).toBe('block')
  expect(check('git st').decision).toBe('allow')
})

test('the repository, a linked work tree, another directory, other files and files that are included', () => {
  const { home, project, rulesOf } = desk('[include]\n\tpath = more/aliases\n')
  mkdirSync(join(home, 'more'))
  writeFileSync(join(home, 'more/aliases'), '[alias]\nhome = push -f\n[include]\npath = ../.gitconfig\n')
  expect(rulesOf('git home')).toEqual(['git-force-push'])
  expect(rulesOf('git fp')).toEqual([])
  execFileSync('git', ['init', '-q', project])
  execFileSync('git', ['-C', project, 'config', 'alias.fp', 'push --force'])
  const commit = ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'x']
  execFileSync('git', ['-C', project, ...commit])
  execFileSync('git', ['-C', project, 'worktree', 'add', '-q', join(home, 'linked')])
  for (const there of [project, join(project, 'src'), join(home, 'linked')])
    expect(rulesOf('git fp', there)).toEqual(['git-force-push'])
  expect(rulesOf('git fp', home)).toEqual([])
  expect(rulesOf('git -C project fp', home)).toEqual(['git-force-push'])
  expect(rulesOf('cd project/src; git fp', home)).toEqual(['git-force-push'])
  mkdirSync(join(home, 'xdg/git'), { recursive: true })
  writeFileSync(join(home, 'xdg/git/config'), '[alias "kill"]\n\tcommand = push --force\n')
  expect(rulesOf('git kill', home, { XDG_CONFIG_HOME: join(home, 'xdg') })).toEqual(['git-force-push'])
  const instead = { GIT_CONFIG_GLOBAL: join(home, 'xdg/git/config') }
  expect([rulesOf('git kill', home, instead), rulesOf('git home', home, instead)]).toEqual([
    ['git-force-push'],
    [],
  ])
})

test('values are read as git reads them', () => {
  const { home } = desk()
  const path = join(home, '.gitconfig')
  const written = [
    '[alias] one = a b  # c',
    'two = "a # b" ; c',
    'three = !sh -c \\"x\\" \\\\ y',
    'four = a\\',
    '  b',
    '; five = no',
    'six = "!f() { echo \\"$1\\"; }; f"',
    'seven',
    '[Alias]eight=!a b',
  ]
  writeFileSync(path, `${written.join('\n')}\n`)
  const ours = createGitAliases({ home, mayLook: () => true }, {})
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six', 'eight']) {
    let theirs: string | undefined
    try {
      theirs = execFileSync('git', ['config', '--file', path, `alias.${name}`], { encoding: 'utf8' }).slice(
        0,
        -1,
      )
    } catch {}
    expect([name, ours(name, home)]).toEqual([name, theirs])
  }
})

test('a plain line of git looks at no file for its sake', () => {
  const { check, looked } = desk()
  for (const line of ['git status', 'git push origin main', 'git -C src log', 'git --version']) check(line)
  expect(looked.filter((path) => /gitconfig|\.git(?:\/|$)/.test(path))).toEqual([])
})

test('a file that is huge, a pipe, a directory, missing, or where nobody may look: the line runs', () => {
  const { home, check, place, guard } = desk()
  const path = join(home, '.gitconfig')
  expect(check('git fp').risk_level).toBe('high')
  const nowhere = machineOf({ ...place, mayLook: () => false }, {}, guard)
  expect(check('git fp', home, {}, { machine: nowhere }).risk_level).toBe('safe')
  writeFileSync(path, `${SETTINGS}${'#'.repeat(300_000)}`)
  expect(check('git fp').risk_level).toBe('safe')
  execFileSync('rm', [path])
  expect(check('git fp').risk_level).toBe('safe')
  execFileSync('mkfifo', [path])
  expect(check('git fp').risk_level).toBe('safe')
  execFileSync('rm', [path])
  mkdirSync(path)
  expect(check('git fp').risk_level).toBe('safe')
})
