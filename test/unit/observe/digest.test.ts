// From a record to an event: what is left out, judged, redacted and named, and that an event keeps its identity.
import { expect, test } from 'vitest'
import type { RiskLevel } from '../../../src/assist/risk/index.ts'
import { revealLevel0 } from '../../../src/base/level0/level0.ts'
import { createDigest } from '../../../src/observe/record/digest.ts'
import { importedEvent } from '../../../src/observe/record/imported.ts'
import type { SpoolRecord } from '../../../src/observe/record/spool-record.ts'
import { T0 } from '../../support/data/spool.ts'

const KEPT = { ignore: [], redact: [] }

const spooled = (command: string, more: Partial<SpoolRecord> = {}): SpoolRecord => ({
  session: '0-1-2',
  sequence: 1,
  startUs: T0,
  durationUs: 5000,
  shell: 'bash',
  cwd: '/tmp',
  exitCode: 0,
  command,
  ...more,
})

test.each([
  [' ls', 'a leading blank'],
  ['karo history delete hunter2', 'what is to be nowhere any more'],
  ['karo --home /srv/k history delete hunter2', 'the same behind an option'],
  ['karo --json --home=/srv/k history delete --yes hunter2', 'the same behind options'],
  ['command karo history delete hunter2', 'the same behind a builtin'],
  ['KARO_HOME=/k sudo -u ann /usr/bin/karo history delete hunter2', 'the same behind a wrapper'],
  ['cd /tmp && karo history delete hunter2', 'the same behind another command'],
  [
    'for x in a b; do "karo" history \\\n delete hunter2; done',
    'the same in a loop, quoted and in two lines',
  ],
  ["sh -c 'karo history delete hunter2'", 'the same in a shell of its own'],
  ['karo history delete hunter2 &&', 'the same in a line that does not end'],
  ['\tls', 'a leading tab'],
  ['', 'no text'],
  ['pass show bank', 'a pattern'],
  ['echo x; vault read y', 'a pattern in the middle'],
  ['KARO_PAUSE=1 ls', 'paused for one command'],
])('%j is forgotten: %s', (command) => {
  expect(createDigest({ ignore: ['pass *', '*vault*'], redact: [] })(spooled(command), 0)).toBeUndefined()
})

test.each([
  'karo history list delete',
  'karo history',
  'echo karo history delete x',
  'ls',
  'passwd',
  'KARO_PAUSE=0 ls',
  'KARO_PAUSE= ls',
  'PASS show',
])('%j is kept', (command) => {
  expect(createDigest({ ignore: ['pass *', '*vault*'], redact: [] })(spooled(command), 0)).toBeDefined()
})

test('secrets are gone before anybody else sees the event, also from the directory', () => {
  const token = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'
  const event = createDigest(KEPT)(spooled('mysql --password=hunter2', { cwd: `/srv/${token}` }), 0)!
  expect(revealLevel0(event.command)).toBe('mysql --password=[redacted]')
  expect(revealLevel0(event.cwd)).toBe('/srv/[redacted]')
})

test.each([
  ['sudo -u me git pull', 'git', 'git', 'safe'],
  ['A=1 /usr/bin/docker ps | grep x', 'docker', 'docker', 'safe'],
  ['./my-own-tool --secretive-name', 'other', 'other', 'safe'],
  ['rm -rf /', 'rm', 'file_ops', 'critical'],
])('%s is %s (%s), %s', (command, tool, category, risk_level) => {
  expect(createDigest(KEPT)(spooled(command), 0)).toMatchObject({ tool, category, risk_level })
})

test.each([
  ['ls a.txt ', 'ls a.txt'],
  ['ls  \t ', 'ls'],
  ['ls a\\ ', 'ls a\\ '],
  ['ls a\\  ', 'ls a\\ '],
  ['ls a\\\\ ', 'ls a\\\\'],
  ["echo 'a '", "echo 'a '"],
  ['ls a\\', 'ls a\\'],
])('what completion leaves behind is not kept: %j', (command, kept) => {
  const event = createDigest(KEPT)(spooled(command), 0)!
  expect(revealLevel0(event.command)).toBe(kept)
})

test('risk is judged where the command ran', () => {
  const digest = createDigest(KEPT)
  expect(digest(spooled('rm -rf *', { cwd: '/' }), 0)!.risk_level).toBe('critical')
  expect(digest(spooled('rm -rf *', { cwd: '/tmp/build' }), 0)!.risk_level).not.toBe('critical')
  // Of several rules it is the one that gave the line its level, and the same again from the cache.
  for (let i = 0; i < 2; i++)
    expect(digest(spooled('git stash drop; git reset --hard; rm -rf /'), 0)).toMatchObject({
      risk_level: 'critical',
      rule: 'rm-root',
    })
  expect(digest(spooled('ls'), 0)).not.toHaveProperty('rule')
})

test('what was judged in one place, or for one shell, is judged again in another', () => {
  const digest = createDigest(KEPT)
  const riskOf = (more: Partial<SpoolRecord>) => digest(spooled('rm -rf *', more), 0)!.risk_level
  const places = ['/', '/tmp/x', '/', '/home/ann/x/y', '/tmp/x']
  const apart = places.map((cwd) => createDigest(KEPT)(spooled('rm -rf *', { cwd }), 0)!.risk_level)
  expect(new Set(apart).size).toBeGreaterThan(1)
  expect(places.map((cwd) => riskOf({ cwd }))).toEqual(apart)
  const line = 'for x in a; ls; end'
  const shells = ['bash', 'fish', 'bash', 'fish']
  const alone = shells.map((shell) => createDigest(KEPT)(spooled(line, { shell }), 0)!.risk_level)
  expect(new Set(alone).size).toBeGreaterThan(1)
  expect(shells.map((shell) => digest(spooled(line, { shell }), 0)!.risk_level)).toEqual(alone)
})

test('the same record is the same event, another one is another', () => {
  const digest = createDigest(KEPT)
  const event = digest(spooled('ls'), 0)!
  expect(createDigest(KEPT)(spooled('ls'), 0)).toEqual(event)
  expect(digest(spooled('ls', { sequence: 2 }), 0)!.tag).not.toBe(event.tag)
  expect(digest(spooled('ls', { session: '0-1-3' }), 0)!.tag).not.toBe(event.tag)
  expect(digest(spooled('ls'), 1)!.tag).not.toBe(event.tag)
})

test('day and hour are the machine’s own, on both sides of an hour', () => {
  const digest = createDigest(KEPT)
  for (const minutes of [-1, 0, 1, 44, 45, 46, 60, 24 * 60]) {
    const date = new Date(T0 / 1000 + minutes * 60_000)
    const { local } = digest(spooled('ls', { startUs: date.getTime() * 1000 }), 0)!
    const midnight = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
    expect(local).toEqual({ day: midnight / 86_400_000, hour: date.getHours() })
  }
})

test("what a program ran on the person's behalf says so", () => {
  const digest = createDigest(KEPT)
  expect(digest(spooled('make'), 0)!.karo_generated).toBe(false)
  expect(digest(spooled('make', { generated: true }), 0)!.karo_generated).toBe(true)
})

test('what the guard did is a note and no event', () => {
  const digest = createDigest(KEPT)
  const noted = spooled('', { note: { outcome: 'declined', risk_level: 'high' } })
  expect(digest(noted, 7)).toBeUndefined()
  expect(digest.note(noted, 7)).toEqual({
    uid: 7,
    at_us: T0,
    outcome: 'declined',
    risk_level: 'high',
    local: expect.objectContaining({ day: expect.any(Number), hour: expect.any(Number) }),
  })
  expect(digest.note(spooled('ls'), 7)).toBeUndefined()
})

test('a command of a file of history has the rule that gives it the level the file says, and none for another level', () => {
  const ruleOf = (command: string, risk_level: RiskLevel) =>
    importedEvent(
      0,
      {
        start_us: T0,
        tag: 1,
        duration_us: null,
        shell: 'bash',
        exit_code: 0,
        command,
        cwd: '/',
        risk_level,
        category: 'git',
        tool: 'git',
        karo_generated: false,
      },
      [],
    ).rule
  expect(ruleOf('git push --force', 'high')).toBe('git-force-push')
  expect(ruleOf('git push --force', 'moderate')).toBeUndefined()
  expect(ruleOf('git status', 'safe')).toBeUndefined()
})

const NAMED = { ignore: [], redact: ['acme_*', '*.corp.example'] }
test.each([
  ['deploy acme_4711 now', 'deploy [redacted] now'],
  ['deploy --key=acme_4711,"acme_ 1"', 'deploy --key=[redacted],"[redacted] 1"'],
  ['git clone https://git.corp.example/acme_x.git', 'git clone https://[redacted]/[redacted]'],
  ["psql -h db.corp.example 'select 1'", "psql -h [redacted] 'select 1'"],
  ['deploy acme4711 corp.example', 'deploy acme4711 corp.example'],
])('%s is kept as %s where history.redact names its parts', (command, kept) => {
  const event = createDigest(NAMED)(spooled(command, { cwd: '/srv/acme_shop/web' }), 0)!
  expect([revealLevel0(event.command), revealLevel0(event.cwd)]).toEqual([kept, '/srv/[redacted]/web'])
  const imported = { ...event, command, cwd: '/srv/acme_shop/web' }
  expect(revealLevel0(importedEvent(0, imported, NAMED.redact).command)).toBe(kept)
})

test('patterns do not hide what was typed from the judgement of its risk', () => {
  const rm = createDigest({ ignore: [], redact: ['rm', '-rf'] })(spooled('rm -rf /etc'), 0)!
  expect([rm.risk_level, rm.tool, revealLevel0(rm.command)]).toEqual([
    createDigest(KEPT)(spooled('rm -rf /etc'), 0)!.risk_level,
    'rm',
    '[redacted] [redacted] /etc',
  ])
})
