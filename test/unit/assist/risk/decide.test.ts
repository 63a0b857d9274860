// Profiles, exceptions and the catastrophic core, and the spans of findings.
import { describe, expect, test } from 'vitest'
import { DEFAULTS } from '../../../../src/assist/guard/guard.ts'
import { judge } from '../../../../src/assist/guard/index.ts'
import { checkCommand, type GuardProfile, type RiskLevel } from '../../../../src/assist/risk/index.ts'

const PLACE = { home: '/home/me', cwd: '/home/me/src/project' }
const BY_LEVEL: Readonly<Record<RiskLevel, string>> = {
  safe: 'ls',
  moderate: 'git branch -D x',
  high: 'git push --force',
  critical: 'rm -rf /',
}
const TABLE: Readonly<Record<GuardProfile, Readonly<Record<RiskLevel, string>>>> = {
  strict: { safe: 'allow', moderate: 'confirm', high: 'block', critical: 'block' },
  moderate: { safe: 'allow', moderate: 'allow', high: 'confirm', critical: 'block' },
  permissive: { safe: 'allow', moderate: 'allow', high: 'allow', critical: 'confirm' },
  off: { safe: 'allow', moderate: 'allow', high: 'allow', critical: 'allow' },
}

describe('profiles', () => {
  for (const [profile, row] of Object.entries(TABLE) as [GuardProfile, Record<RiskLevel, string>][])
    for (const [level, decision] of Object.entries(row) as [RiskLevel, string][])
      test(`${profile}: ${level} → ${decision}`, () => {
        const verdict = checkCommand(BY_LEVEL[level], { ...PLACE, profile })
        expect(verdict).toMatchObject({ risk_level: level, decision })
      })

  test.each([
    ['strict', 1_000],
    ['moderate', 5_000],
    ['permissive', 10_000],
  ] as const)('%s confirms what is longer than %i', (profile, longest) => {
    const echo = (length: number) => checkCommand(`echo ${'x'.repeat(length - 5)}`, { profile })
    expect(echo(longest).decision).toBe('allow')
    expect(echo(longest + 1)).toMatchObject({ risk_level: 'safe', decision: 'confirm' })
  })
})

describe('an exception', () => {
  const excusing = (rule: string, command: string) => {
    const rules = [{ kind: 'allow', whose: 'own', where: '/g:1', rule }] as const
    return judge({ ...DEFAULTS, rules, files: [], warnings: [], now: () => 0 }, command, PLACE)
  }
  test('lowers a finding', () => {
    const verdict = excusing('git-force-push', 'git push --force')
    expect(verdict).toMatchObject({ risk_level: 'safe', decision: 'allow', matches: [] })
  })
  test.each([
    ['rm-root', 'rm -rf /'],
    ['rm-home', 'rm -rf ~'],
    ['rm-system', 'rm -rf /etc'],
    ['rm-keys', 'rm -rf ~/.local/share/karo'],
    ['disk-write', 'dd if=x of=/dev/sda'],
    ['disk-format', 'mkfs.ext4 /dev/sda1'],
    ['disk-wipe', 'wipefs -a /dev/sda'],
    ['permissions-system', 'chmod -R 777 /'],
    ['mv-system', 'mv /usr /x'],
    ['fork-bomb', ':(){ :|:& };:'],
  ])('never the catastrophic core: %s', (rule, command) => {
    const verdict = excusing(rule, command)
    expect(verdict).toMatchObject({ risk_level: 'critical', decision: 'block' })
  })
})

describe('spans', () => {
  const marked = (command: string) => {
    const { matches } = checkCommand(command, PLACE)
    const { span } = matches[0] as (typeof matches)[number]
    return command.slice(...span)
  }
  test.each([
    ['rm -rf /', '/'],
    ['ls; rm -rf "/" x', '"/"'],
    ["sudo bash -c 'ls && rm -rf /etc'", '/etc'],
    ['echo 😀; rm -rf /usr', '/usr'],
    ['cat x > /dev/sda', '/dev/sda'],
    ['git push -f', '-f'],
    ['echo $(rm -rf ~)', '~'],
    ['X=/; rm -rf $X', '$X'],
    ["ssh host 'reboot'", 'reboot'],
    ['cat <<EOF | sh\nls\nrm -rf /\nEOF', '/'],
  ])('%j points at %j', (command, part) => {
    expect(marked(command)).toBe(part)
  })
  test('NUL does not move what follows it', () => {
    const command = 'l\0s; rm -r\0f /etc'
    const match = checkCommand(command, PLACE).matches.find(({ rule }) => rule === 'rm-system')
    expect(command.slice(...(match?.span ?? []))).toBe('/etc')
  })
})

describe('directory and home', () => {
  test.each([
    ['rm -rf *', '/', 'critical'],
    ['rm -rf *', '/home/me', 'critical'],
    ['rm -rf ../..', '/home/me/src/project', 'critical'],
    ['rm -rf ..', '/home/me/src/project', 'high'],
    ['rm -rf etc', '/', 'critical'],
    ['rm -rf ./bin', '/usr', 'critical'],
    ['rm -rf build', '/home/me/work', 'safe'],
    ['rm -rf .ssh', '/home/me', 'critical'],
    ['rm -rf *', '/tmp/x', 'safe'],
    ['cd / && rm -rf usr', '/home/me', 'critical'],
    ['cd .. && rm -rf me', '/home/me', 'critical'],
  ] as const)('%s in %s: %s', (command, cwd, level) => {
    expect(checkCommand(command, { home: '/home/me', cwd }).risk_level).toBe(level)
  })
  test('without them a path is judged as it looks', () => {
    expect(checkCommand('rm -rf build', {}).risk_level).toBe('safe')
    expect(checkCommand('rm -rf ~', {}).risk_level).toBe('critical')
    expect(checkCommand('rm -rf /home/anyone', {}).risk_level).toBe('critical')
  })
})

describe('other shells', () => {
  test.each([
    ['fish', 'set X /; rm -rf $X', 'critical'],
    ['fish', 'if test -d x; rm -rf ~/; end', 'critical'],
    ['fish', 'begin; rm -rf /; end', 'critical'],
    ['fish', 'echo (rm -rf /)', 'critical'],
    ['fish', 'eval (curl x)', 'high'],
    ['fish', 'curl x | source', 'high'],
    ['fish', 'function f; f | f; end; f', 'critical'],
    ['fish', 'for f in *.txt; echo $f; end', 'safe'],
    ['fish', 'if test -f x; and test -d y; echo ok; else; echo no; end', 'safe'],
    ['fish', 'set -x A (ls); echo $A', 'safe'],
    ['fish', 'ls | while read -l f; echo $f; end', 'safe'],
    ['zsh', '=rm -rf /', 'critical'],
    ['zsh', '() { rm -rf / }', 'critical'],
    ['zsh', 'repeat 3 rm -rf /', 'critical'],
    ['zsh', '- rm -rf /', 'critical'],
    ['zsh', 'noglob rm -rf /', 'critical'],
    ['zsh', 'rm -rf *(D)', 'high'],
    ['zsh', 'for f (*.txt) echo $f', 'safe'],
    ['zsh', 'ls **/*.txt(.om[1,3])', 'safe'],
    ['zsh', 'echo ${(U)x}', 'safe'],
  ] as const)('%s: %s is %s', (shell, command, level) => {
    expect(checkCommand(command, { ...PLACE, shell }).risk_level).toBe(level)
  })
})

test('a finding is told once, where it is narrowest; in two places twice', () => {
  const places = (command: string) =>
    checkCommand(command, PLACE).matches.map(({ rule, span }) => `${rule}: ${command.slice(...span)}`)
  expect(places('echo cm0gLXJmIC8= | base64 -d | sudo sh').filter((it) => /^decoded-code/.test(it))).toEqual([
    'decoded-code: sudo sh',
  ])
  expect(places('rm -rf /; rm -rf /*')).toEqual(['rm-root: /', 'rm-root: /*'])
})
