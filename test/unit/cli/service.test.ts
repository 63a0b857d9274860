// karo service: a unit of the person's own systemd, or shells that start the node; and karo init --solo.
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { refuseBesideMachine, unitText } from '../../../src/cli/start/user-unit.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { sampleConfig } from '../../../src/config/sample.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'

/** A person with a stand-in for systemctl, which notes its words and fails where `manager` is false. */
function person(manager: boolean) {
  const HOME = temporaryDirectory()
  const bin = join(HOME, 'bin')
  const log = join(HOME, 'calls')
  mkdirSync(bin)
  writeFileSync(log, '')
  const fake = join(bin, 'systemctl')
  writeFileSync(fake, `#!/bin/sh\necho "$*" >>'${log}'\nexit ${manager ? 0 : 1}\n`)
  chmodSync(fake, 0o755)
  const env = { HOME, PATH: `${bin}:/usr/bin:/bin`, SHELL: '/bin/bash' }
  return {
    env,
    unit: join(HOME, '.config/systemd/user/karo.service'),
    calls: () => readFileSync(log, 'utf8').trim().split('\n'),
    karo: (...words: string[]) => commandLine(words, { env }),
  }
}

describe('karo service', () => {
  test('with a systemd of their own: a unit in the home, enabled and started; gone again without a trace', async () => {
    const { karo, unit, calls, env } = person(true)
    expect(await karo('service', 'status')).toMatchObject({
      out: expect.stringContaining('karo service install'),
    })
    expect(await karo('service', 'install')).toMatchObject({ code: 0, out: expect.stringContaining(unit) })
    const text = readFileSync(unit, 'utf8')
    expect(text).toContain(`ExecStart="${process.execPath}" `)
    expect(text).toContain(' "up"\n')
    expect(calls()).toContain('--user enable --now karo.service')
    expect(JSON.parse((await karo('service', 'status', '--json')).out)).toEqual({
      by: 'systemd',
      unit,
      start_files: [],
      running: false,
    })
    expect((await karo('service', 'remove')).out).toContain(`Removed from ${unit}`)
    expect(calls()).toContain('--user disable --now karo.service')
    expect(existsSync(unit)).toBe(false)
    expect(existsSync(join(env.HOME, '.local/share/karo/identity.key'))).toBe(false)
  })

  test('why systemd did not start it is one line', async () => {
    const { karo, env } = person(true)
    const fails =
      '#!/bin/sh\ncase "$*" in *--quiet*) exit 1 ;; *enable*) printf "Created symlink a → b.\\nJob failed.\\nSee the journal.\\n" >&2; exit 1 ;; esac\n'
    writeFileSync(join(env.HOME, 'bin/systemctl'), fails)
    expect((await karo('service', 'install')).err).toContain(
      'did not start it: Job failed. See the journal.\n',
    )
  })

  test("a package's unit that the person has enabled keeps the node running, and is disabled without being removed", async () => {
    const { karo, unit, calls, env } = person(true)
    const [packaged, link] = [join(env.HOME, 'packaged'), join(unit, '../default.target.wants/karo.service')]
    writeFileSync(packaged, '[Service]\nExecStart=/usr/bin/karo up\n')
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(packaged, link)
    const status = JSON.parse((await karo('service', 'status', '--json')).out)
    expect(status).toMatchObject({ by: 'systemd', unit: link })
    expect((await karo('service', 'remove')).out).toContain(`Removed from ${link}`)
    expect(calls()).toContain('--user disable --now karo.service')
    expect([existsSync(link), existsSync(packaged)]).toEqual([false, true])
  })

  test('signs that systemd would expand stay what they are', async () => {
    const { karo, unit, env } = person(true)
    const home = join(env.HOME, 'a "b" $c %d\\')
    expect((await karo('service', 'install', '--home', home)).code).toBe(0)
    const words = home.replaceAll('%', '%%').replaceAll('$', '$$$$').replace(/["\\]/g, '\\$&')
    expect(readFileSync(unit, 'utf8')).toContain(`"--home" "${words}"\n`)
  })

  test('a unit of another home is neither overwritten nor removed', async () => {
    const { karo, unit, env, calls } = person(true)
    const other = join(env.HOME, 'o "th" er')
    expect((await karo('service', 'install', '--home', other)).code).toBe(0)
    const text = readFileSync(unit, 'utf8')
    expect(await karo('service', 'install')).toMatchObject({ code: 1, err: expect.stringContaining(other) })
    expect((await karo('service', 'remove')).out).toContain('Nothing keeps the node running')
    expect(JSON.parse((await karo('service', 'status', '--json')).out)).toMatchObject({ by: 'nothing' })
    expect(readFileSync(unit, 'utf8')).toBe(text)
    expect(calls()).not.toContain('--user disable --now karo.service')
    expect((await karo('service', 'remove', '--home', other)).out).toContain(unit)
    expect(existsSync(unit)).toBe(false)
  })

  test('a unit that runs is restarted where it was changed, and only there', async () => {
    const { karo, unit, calls } = person(true)
    const restart = '--user restart karo.service'
    await karo('service', 'install')
    writeFileSync(unit, readFileSync(unit, 'utf8').replace('MemoryMax=1G', 'MemoryMax=2G'))
    const before = calls().length
    expect((await karo('service', 'install')).code).toBe(0)
    expect(calls().slice(before)).toContain(restart)
    const after = calls().length
    expect((await karo('service', 'install')).out).toContain('Already')
    expect(calls().slice(after)).not.toContain(restart)
  })

  test.each(['bash', 'fish'])(
    'lines of %s: only the flag is changed, and only for this home',
    async (shell) => {
      const { karo, env } = person(true)
      await karo('shell', 'install', shell, '--no-guard')
      const rc = join(env.HOME, shell === 'bash' ? '.bashrc' : '.config/fish/config.fish')
      const line = readFileSync(rc, 'utf8')
      const other = join(env.HOME, 'other')
      await karo('service', 'remove', '--home', other)
      expect(readFileSync(rc, 'utf8')).toBe(line)
      // Another installation of the program stands in the line.
      const elsewhere = line.replaceAll(process.execPath, '/opt/karo/node')
      const starting = elsewhere
        .replaceAll(' --no-guard', ' --no-guard --start')
        .replaceAll(`shells/${shell}--no-guard`, `shells/${shell}--no-guard--start`)
      expect(starting).not.toBe(elsewhere)
      writeFileSync(rc, starting)
      await karo('service', 'remove', '--home', other)
      expect(readFileSync(rc, 'utf8')).toBe(starting)
      expect(JSON.parse((await karo('service', 'status', '--json')).out)).toMatchObject({ start_files: [rc] })
      expect((await karo('service', 'remove')).out).toContain(`Removed from ${rc}`)
      expect(readFileSync(rc, 'utf8')).toBe(elsewhere)
    },
  )

  test("beside the machine's service there is no unit", () => {
    const refuse = (there: string, env = {}) =>
      refuseBesideMachine({ HOME: '/home/dev', ...env }, 'karo init', (path) => path === there)
    for (const there of ['/run/karo/karo.sock', '/var/lib/karo'])
      expect(() => refuse(there)).toThrow('for everybody')
    expect(() => refuse('')).not.toThrow()
    expect(() => refuse('/var/lib/karo', { KARO_HOME: '/tmp/t' })).not.toThrow()
    expect(unitText(['/usr/bin/karo'])).toContain('\nConditionPathExists=!/run/karo/karo.sock\n')
  })

  test('without systemd and without a hook it says what comes first', async () => {
    const { karo, unit } = person(false)
    expect(await karo('service', 'install')).toMatchObject({
      code: 1,
      err: expect.stringContaining('karo shell install'),
    })
    expect(existsSync(unit)).toBe(false)
  })
})

describe('karo init --solo', () => {
  test('listens to nobody, asks nobody, and keeps every comment', async () => {
    const { karo, env } = person(false)
    expect((await karo('init', '--solo')).out).toMatch(/alone +no other machine can reach it/)
    const home = join(env.HOME, '.local/share/karo')
    const { config } = loadConfig({ home, env: {} })
    expect([config.mesh.listen, config.discovery.mdns]).toEqual([[], false])
    expect(readFileSync(join(home, 'config.toml'), 'utf8')).toContain('# The configuration of this Karo node')
    expect((await karo('init', '--solo')).out).toContain('no other machine can reach it')
    // As `karo peers` advises who wants to be reached.
    for (const key of ['mesh.listen', 'discovery.mdns']) await karo('config', 'unset', key)
    expect(readFileSync(join(home, 'config.toml'), 'utf8')).toBe(sampleConfig())
  })

  test('a section in braces stays as it is', async () => {
    const { karo, env } = person(false)
    await karo('init')
    const file = join(env.HOME, '.local/share/karo/config.toml')
    const own = 'mesh = { port = 9400 }\n'
    writeFileSync(file, own, { mode: 0o600 })
    expect(await karo('init', '--solo')).toMatchObject({ code: 4, err: expect.stringContaining(file) })
    expect(readFileSync(file, 'utf8')).toBe(own)
  })

  test('what a person wrote stays, and the lines to add are named', async () => {
    const { karo, env } = person(false)
    await karo('init')
    const file = join(env.HOME, '.local/share/karo/config.toml')
    const own = '[mesh]\nlisten = ["127.0.0.1"]\n'
    writeFileSync(file, own, { mode: 0o600 })
    expect(await karo('init', '--solo')).toMatchObject({
      code: 4,
      err: expect.stringContaining('mdns = false'),
    })
    expect(readFileSync(file, 'utf8')).toBe(own)
  })
})
