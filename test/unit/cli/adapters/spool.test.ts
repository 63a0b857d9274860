// Records of a tool's commands: the daemon's own reader takes them, and a file that cannot be written is no trouble.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { RanCommand } from '../../../../src/cli/adapters/adapter.ts'
import { leaveInSpool } from '../../../../src/cli/adapters/index.ts'
import { parseSpoolName } from '../../../../src/observe/record/spool-file.ts'
import { createSpoolParser } from '../../../../src/observe/record/spool-record.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import fc, { anyText, forAllIn } from '../../../support/run/properties.ts'

let directory: string
beforeEach(() => {
  directory = temporaryDirectory()
})

const uid = process.getuid!()
const secret = Buffer.alloc(16, 0xab)
const writer = () => ({ directory, uid, pid: 4242, now: 1_795_162_500_123, secret })
const ran: RanCommand = { command: 'ls', shell: 'bash', exitCode: 0, durationMs: 5 }

function read() {
  const [name = ''] = readdirSync(directory)
  const items = createSpoolParser().push(readFileSync(join(directory, name)))
  return { name: parseSpoolName(name), records: items.map(({ record }) => record) }
}

describe('what is left', () => {
  test('is what the daemon reads: the command as generated, notes without any text', () => {
    const command = { ...ran, command: 'git push', cwd: '/w', exitCode: 128, durationMs: 1500 }
    expect(
      leaveInSpool([{ note: { outcome: 'confirmed', risk_level: 'high' } }, { ran: command }], writer()),
    ).toBe(true)
    const { name, records } = read()
    const born = 1_795_162_500_123_000
    expect(name).toMatchObject({ pid: 4242, born, kind: 'spool' })
    expect(name?.name.startsWith(`${uid}-`)).toBe(true)
    expect(records[0]).toMatchObject({
      sequence: 1,
      command: '',
      note: { outcome: 'confirmed', risk_level: 'high' },
    })
    expect(records[1]).toMatchObject({
      sequence: 2,
      command: 'git push',
      cwd: '/w',
      exitCode: 128,
      shell: 'bash',
      generated: true,
      startUs: 1_795_162_498_623_000,
      durationUs: 1_500_000,
    })
    expect(records).toHaveLength(2)
  })

  test('how long it took is not made up', () => {
    leaveInSpool([{ ran: { ...ran, durationMs: null } }], writer())
    expect(read().records[0]).toMatchObject({ startUs: 1_795_162_500_123_000, durationUs: null })
  })

  test('is readable by its owner, or in a shared directory also by the daemon’s group', () => {
    leaveInSpool([{ ran }], writer())
    expect(statSync(join(directory, readdirSync(directory)[0]!)).mode & 0o777).toBe(0o600)
    const shared = join(directory, 'shared')
    mkdirSync(shared)
    leaveInSpool([{ ran }], { ...writer(), directory: shared, uid: uid + 1 })
    expect(statSync(join(shared, readdirSync(shared)[0]!)).mode & 0o777).toBe(0o640)
  })

  test('any command comes out as it went in, but for blanks in front, NULs and what the reader cuts', () => {
    forAllIn({ numRuns: 50 }, anyText(), fc.option(fc.nat(255)), (command, exitCode) => {
      rmSync(directory, { recursive: true, force: true })
      mkdirSync(directory)
      leaveInSpool([{ ran: { ...ran, command: `x${command}`, exitCode } }], writer())
      const [record] = read().records
      const said = Buffer.from(`x${command}`.replaceAll('\0', '\u{fffd}'))
        .toString('utf8')
        .replace(/\n+$/, '')
      expect(record).toMatchObject({ command: said, exitCode, generated: true })
    })
  })

  test('a blank in front keeps nothing secret, as it does for a person', () => {
    leaveInSpool([{ ran: { ...ran, command: '  rm x' } }], writer())
    expect(read().records[0]?.command).toBe('rm x')
  })

  test('a command of a megabyte is cut by the reader, and is one record', () => {
    leaveInSpool([{ ran: { ...ran, command: 'é'.repeat(1_000_000) } }], writer())
    const { records } = read()
    expect(records).toHaveLength(1)
    expect(records[0]?.command.endsWith('…[cut]')).toBe(true)
  })
})

describe('what cannot be left', () => {
  test('is no error: no directory, one that is a file, or one that takes no files, not even of root', () => {
    writeFileSync(join(directory, 'file'), '')
    for (const where of [join(directory, 'none'), join(directory, 'file'), '/proc/self'])
      expect(leaveInSpool([{ ran }], { ...writer(), directory: where }), where).toBe(false)
    expect(leaveInSpool([], { ...writer(), directory: join(directory, 'none') })).toBe(true)
  })

  test('a link that somebody planted under its name is not written through', () => {
    const victim = join(directory, 'victim')
    writeFileSync(victim, 'whole')
    symlinkSync(victim, join(directory, `${uid}-4242-1795162500123000-${secret.toString('hex')}.spool`))
    expect(leaveInSpool([{ ran }], writer())).toBe(false)
    expect(readFileSync(victim, 'utf8')).toBe('whole')
  })

  test('while thousands wait for a daemon, no more are added', () => {
    for (let n = 0; n < 4096; n++) writeFileSync(join(directory, `1-1-${1_000_000_000 + n}.spool`), '')
    expect(leaveInSpool([{ ran }], writer())).toBe(false)
    expect(readdirSync(directory)).toHaveLength(4096)
  })
})
