// Every rule of the table against its own examples, and the table's own order.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkCommand, RISK_LEVELS, riskLevelOf } from '../../../../src/assist/risk/index.ts'
import { newBudget } from '../../../../src/assist/risk/limits.ts'
import { readOptions } from '../../../../src/assist/risk/line/options.ts'
import { walkLine } from '../../../../src/assist/risk/line/walk.ts'
import type { SimpleCommand } from '../../../../src/assist/risk/model.ts'
import { PLAIN_LINES } from '../../../../src/assist/risk/ruled-tools.ts'
import { concernsEveryRule, EVERY_COMMAND, RULES } from '../../../../src/assist/risk/rules/index.ts'
import type { Rule } from '../../../../src/assist/risk/rules/rule.ts'
import { LINE_RULES } from '../../../../src/assist/risk/rules/system/lines.ts'
import { examplesOf, RULES_WITH_EXAMPLES } from '../../../support/data/rule-examples.ts'
import { times } from '../../../support/run/thorough.ts'

const ALL = [...RULES, ...LINE_RULES]
const PLACE = { home: '/home/me', cwd: '/home/me/src/project' }
/** The line as one is given of whom the rule is. */
const checkFor = ({ caller }: Pick<Rule, 'caller'>, command: string) =>
  checkCommand(command, { ...PLACE, ...(caller !== undefined && { caller }) })
const found = (rule: Pick<Rule, 'caller'>, command: string) =>
  checkFor(rule, command).matches.map((match) => match.rule)
const short = (command: string) => (command.length > 80 ? `${command.slice(0, 77)}…` : command)

for (const rule of ALL) {
  for (const command of examplesOf(rule).risky)
    test(`${rule.id}: ${short(command)}`, () => {
      const verdict = checkFor(rule, command)
      expect(verdict.matches.map((match) => match.rule)).toContain(rule.id)
      expect(RISK_LEVELS.indexOf(verdict.risk_level)).toBeGreaterThanOrEqual(RISK_LEVELS.indexOf(rule.level))
    })
  for (const command of examplesOf(rule).harmless)
    test(`${rule.id}: not ${short(command)}`, () => {
      expect(found(rule, command)).not.toContain(rule.id)
    })
}

for (const rule of RULES.filter(({ given }) => given !== undefined))
  test(`${rule.id}: more than for a person if an AI tool gives the line`, () => {
    const line = rule.example as string
    const levelFor = (caller: 'person' | 'tool') =>
      checkCommand(line, { ...PLACE, caller }).matches.find((match) => match.rule === rule.id)?.risk_level
    expect([levelFor('person'), levelFor('tool')]).toEqual([rule.level, rule.given])
  })

test('ids are unique, and every rule has examples both ways', () => {
  const ids = ALL.map((rule) => rule.id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const rule of ALL) {
    expect(examplesOf(rule).risky.length, rule.id).toBeGreaterThan(0)
    expect(examplesOf(rule).harmless.length, rule.id).toBeGreaterThan(0)
    expect(rule.why, rule.id).toMatch(/^[A-Z].*\.$/)
    // The example that people are shown is one that the tests above run.
    if (rule.example !== undefined) expect(examplesOf(rule).risky, rule.id).toContain(rule.example)
  }
  expect(RULES_WITH_EXAMPLES.toSorted()).toEqual(ids.toSorted())
})

test('a safer form is itself judged lower than what it replaces', () => {
  for (const rule of ALL) {
    for (const command of examplesOf(rule).risky) {
      const verdict = checkFor(rule, command)
      if (verdict.safer === undefined) continue
      const after = checkCommand(verdict.safer, { home: '/home/me', cwd: '/home/me/src/project' })
      expect(RISK_LEVELS.indexOf(after.risk_level), `${command} → ${verdict.safer}`).toBeLessThan(
        RISK_LEVELS.indexOf(verdict.risk_level),
      )
    }
  }
})

/** Commands of the rule's risky examples that hold nothing but a name and words. */
function plainCommands(rule: Rule): readonly SimpleCommand[] {
  const found: SimpleCommand[] = []
  const findings = {
    command: (it: SimpleCommand) => found.push(it),
    fact: () => {},
    isKnownTool: () => false,
  }
  for (const line of examplesOf(rule).risky)
    walkLine(
      line,
      {
        shell: 'bash',
        home: '/home/me',
        cwd: '/home/me/src/project',
        variables: new Map(),
        parameters: undefined,
      },
      findings,
      newBudget(),
    )
  return found.filter(
    ({ known, args, assignments, redirections }) =>
      known && args.length > 0 && assignments.length === 0 && redirections.length === 0,
  )
}

const EVERY = times(16, 1)

test('a tool that a rule for every command knows by name is not spared these rules', () => {
  const rules = new URL('../../../../src/assist/risk/rules/', import.meta.url)
  const text = readdirSync(rules, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) =>
      readFileSync(new URL(file, rules), 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*|import ).*$/gm, ''),
    )
  // Whatever could be the name of a tool, in a list or in a pattern.
  const words = new Set(text.join('\n').match(/\b[a-z][\w.+-]+\b/g))
  expect([...words]).toEqual(expect.arrayContaining(['rm', 'srm', 'wipe', 'qemu-img', 'partclone.restore']))
  const commands = EVERY_COMMAND.flatMap((rule) =>
    plainCommands(rule).map((command, turn) => ({ rule, command, turn })),
  )
  // One name after the other, as lists remember the names that were asked for last.
  const missed = [...words].flatMap((name, at) =>
    commands
      // Each name with one of the commands, or with all of them.
      .filter(({ turn }) => (at + turn) % EVERY === 0)
      .filter(({ rule, command }) => !rule.tools.includes(name) && !concernsEveryRule({ ...command, name }))
      .filter(({ rule, command }) => {
        const hit = rule.when({ ...command, name }, readOptions(name, command.args))
        return hit === true || (Array.isArray(hit) && hit.length > 0)
      })
      .map(({ rule }) => `${rule.id}: ${name}`),
  )
  expect(missed).toEqual([])
})

test('the shells ask about each verb by which a tool without rules may lose something', () => {
  for (const verb of ['delete', 'destroy', 'purge', 'revoke', 'unset', 'remove', 'rm', 'prune'])
    expect(
      PLAIN_LINES.own.some((part) => verb.includes(part)),
      verb,
    ).toBe(true)
  expect(riskLevelOf('anytool projects delete web', 'bash')).toBe('high')
  expect(riskLevelOf('anytool token revoke x', 'bash')).toBe('moderate')
})

test.each([
  ['anytool --error-log', true],
  ['anytool --save-to', true],
  ['anytool --log-file', true],
  ['anytool --stats', false],
  ['anytool --verbose', false],
  ['anytool --catalog', false],
])('a file behind an option of such a name is written, or only named: %s', (words, isWritten) => {
  const level = riskLevelOf(`${words} /etc/passwd`, 'bash')
  expect(level === 'critical' || level === 'high').toBe(isWritten)
})

test.each(['--dry-run', '-n', '--help'])('a verb tried with %s loses nothing', (option) => {
  expect(checkCommand(`anytool projects delete web ${option}`, {}).risk_level).toBe('safe')
})

test.each([
  'cat .env',
  'echo $API_TOKEN',
  'echo $(cat .env)',
  'cat .env | grep KEY',
  'gh auth token | cat',
  'cat .env | tee copy',
  'cat .env | tr a b',
  "cat .env | perl -pe 's/a/b/'",
  'cat secrets.json | head -1',
  'cat .env | dd',
  'sed -n 1p .env',
  'dd if=.env',
  `python3 -c "print(open('.env').read())"`,
  `node -e "console.log(require('fs').readFileSync('.env','utf8'))"`,
  'vault kv get secret/x',
  'op read op://team/web/password',
  'sops -d secrets.enc.yaml',
])(
  'an AI tool is asked about before it sees a credential, and a person looks at their own: %s',
  (command) => {
    const { risk_level, matches } = checkCommand(command, { caller: 'tool' })
    expect([risk_level, ...matches.map(({ rule }) => rule)]).toEqual(['high', 'secret-shown'])
    expect(checkCommand(command, {}).risk_level).toBe('safe')
  },
)

test.each([
  'cat .env | docker login --password-stdin',
  'aws ecr get-login-password | docker login --username AWS --password-stdin registry',
  'curl -H "Authorization: Bearer $(gcloud auth print-access-token)" https://compute.googleapis.com/',
  'source .env',
  'cp .env.example .env',
  "sed -i 's/a/b/' .env",
  'openssl req -x509 -newkey rsa:4096 -keyout key.pem -out cert.pem -nodes',
  'security find-identity -v',
])('a credential that a line uses and does not show is not asked about: %s', (command) => {
  expect(checkCommand(command, { caller: 'tool' }).risk_level).toBe('safe')
})

test.each([
  'printenv',
  'env | sort',
  'declare -x',
  "node -e 'console.log(process.env)'",
  "awk 'BEGIN{for(k in ENVIRON)print ENVIRON[k]}'",
])('all variables of the environment are marked where an AI tool sees them: %s', (command) => {
  const { risk_level, matches } = checkCommand(command, { caller: 'tool' })
  expect([risk_level, ...matches.map(({ rule }) => rule)]).toEqual(['moderate', 'environment-shown'])
  expect(checkCommand(command, {}).risk_level).toBe('safe')
})

test('an AI tool that sets a key of Karo is asked about, and a person is where the key is of the guard', () => {
  const level = (command: string, caller?: 'tool') =>
    checkCommand(command, caller === undefined ? {} : { caller }).risk_level
  expect(level('karo config set mesh.port 9300', 'tool')).toBe('high')
  expect(level('karo config unset mesh.port', 'tool')).toBe('high')
  expect(level('karo config set mesh.port 9300')).toBe('safe')
  expect(level('karo config set guard.on_error allow')).toBe('high')
  expect(level('karo run allow 3fa2c1 --network example.org', 'tool')).toBe('high')
  expect(level('karo run allow 3fa2c1 --network example.org')).toBe('safe')
  expect(level('karo run -- git push --force')).toBe('high')
  expect(level('karo guard trust', 'tool')).toBe('high')
  // Which node judges a tool.
  for (const command of ['karo hook install claude', 'karo shell install bash'])
    expect([level(command, 'tool'), level(command)]).toEqual(['high', 'safe'])
  for (const command of [
    'claude config set hooks ""',
    'codex features disable hooks',
    'gemini hooks disable karo',
    'claude config remove -g hooks',
  ])
    expect(level(command, 'tool'), command).toBe('high')
  expect(level('claude config list', 'tool')).toBe('safe')
})

test('an AI tool may look at an example of settings, and at its own variables', () => {
  for (const command of [
    'cat .env.example',
    'echo $PATH',
    'env FOO=1 ls',
    "node -e 'console.log(process.env.CI)'",
    'vault kv list secret',
    'heroku apps',
  ])
    expect(checkCommand(command, { caller: 'tool' }).risk_level, command).toBe('safe')
})

test('lines of a paste that a program reads are its input', () => {
  const level = (...lines: readonly string[]) => checkCommand(lines.join('\n'), {}).risk_level
  expect(level('psql shop', 'DROP TABLE orders;')).toBe('high')
  expect(level('sudo ed /etc/passwd', 'a', 'x::0:0::/:/bin/sh', '.', 'w', 'q')).toBe('critical')
  expect(level('vim notes.txt', 'git status')).toBe('safe')
  expect(level('psql shop', '\\dt')).toBe('safe')
})

test('a program with a script does not read the lines behind it, and one that waits does', () => {
  const level = (...lines: readonly string[]) => checkCommand(lines.join('\n'), {}).risk_level
  for (const start of ['python3 app.py', 'python3 --version', 'node -e 1', 'redis-cli ping', 'vim notes'])
    expect(level(start, 'import socket, os, pty', 'os.system("/bin/sh")'), start).not.toBe('critical')
  expect(level('python3', 'import os', 'os.system("rm -rf /")')).not.toBe('safe')
  expect(level('redis-cli -h cache', 'FLUSHALL')).toBe('high')
  expect(level('make', 'x', 'w')).toBe('safe')
})

test.each([
  'rails destroy controller Foo',
  'molecule destroy',
  'kitchen destroy',
  'wp transient delete --all',
  'ctr images rm x',
])('what is fetched or made again is no loss for everybody: %s', (command) => {
  expect(['safe', 'low', 'moderate']).toContain(checkCommand(command, {}).risk_level)
})

test('a tree is judged by its own name, and not by that of the directory both share', () => {
  const risk = (command: string) =>
    checkCommand(command, { home: '/home/me', cwd: '/home/me/site/app' }).risk_level
  expect(risk('rm -rf ./../notes')).toBe('moderate')
  expect(risk('rm -rf ./../build')).toBe('safe')
})

/** Long texts on which an expression without bounds would not come to an end. */
const blanks = ' '.repeat(5_000)
const LONG = {
  blanks: `python3 -c 'run sh${blanks}x'; rm -rf ~`,
  'blanks before the shell': `python3 -c 'system${blanks}x'`,
  'blanks of code that is read': `python3 <<'E'\nsystem sh${blanks}x\nE\n`,
  quotes: `awk 'system sh${'"'.repeat(5_000)}x'`,
  'quotes before the shell': `awk 'exec${'"'.repeat(5_000)}x'`,
  exclamations: `awk '${'!sh '.repeat(5_000)}x'`,
  netcat: `python3 -c '${'nc '.repeat(20_000)}x'`,
  'netcat with options': `python3 -c '${'nc -e '.repeat(9_000)}x'`,
  'blanks of a dialogue': `python3${blanks}|\n${blanks}\nx`,
  'many addresses': `sqlplus ${'/'.repeat(4_000)}`,
  'a kernel thread': `touch '[${'k'.repeat(4_000)}'`,
  mutations: `curl -d '${'mutation '.repeat(7_000)}' http://x.example`,
  verbs: `anytool ${'delete-'.repeat(5_000)}x`,
  accounts: `python3 -c 'open("${'/service_account'.repeat(4_000)}")'`,
}
test.each(Object.entries(LONG))('the check comes to an end: %s', (_name, command) => {
  for (const caller of ['person', 'tool'] as const)
    expect(RISK_LEVELS).toContain(checkCommand(command, { caller }).risk_level)
})

test('`-n` behind the verb with a word names a thing', () => {
  expect(checkCommand('anytool apps delete -n web', {}).risk_level).toBe('high')
  expect(checkCommand('anytool -n apps delete web', {}).risk_level).toBe('safe')
})

test('a safer form keeps the host, and there is none where the goal is lost', () => {
  const safer = (command: string) => checkCommand(command, {}).safer
  expect(safer('dropdb -h prod-db -U me shop')).toBe('pg_dump -Fc -h prod-db -U me shop > before.dump')
  expect(safer('shutdown -h now')).toBeUndefined()
  expect(safer('git reset --hard HEAD~3')).toBeUndefined()
  expect(safer('git reset --hard')).toBe('git stash')
})
