// What --fix may touch: files of whoever runs it, and of nobody else, root included.
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { KaroError } from '../../../../src/base/errors.ts'
import { isOwn, makeOwnDirectory, removeOwn, setOwnMode } from '../../../../src/cli/doctor/own.ts'
import { createWorld, type World } from '../../../../src/cli/doctor/world.ts'
import { homePaths } from '../../../../src/config/paths.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { found } from './found.ts'

const homeDirectory = (world: World) => found('home.directory', {}, world)
const homeKey = (world: World) => found('home.key', {}, world)
const configFile = (world: World) => found('config.file', {}, world)
const spoolDirectory = (world: World) => found('spool.directory', {}, world)
const daemonLeftovers = (world: World) => found('daemon.leftovers', {}, world)

const paths = homePaths({ KARO_HOME: '/nowhere/karo' })
const stat = (uid: number, mode: number, directory: boolean): Stats =>
  ({
    uid,
    mode,
    isDirectory: () => directory,
    isFile: () => !directory,
    isSymbolicLink: () => false,
  }) as Stats

/** Everything there is of `owner`, with modes that are too wide. */
function world(uid: number, owner: number): World {
  const files: Readonly<Record<string, Stats>> = {
    [paths.home]: stat(owner, 0o40777, true),
    [paths.db]: stat(owner, 0o40755, true),
    [paths.spool]: stat(owner, 0o40755, true),
    [paths.key]: stat(owner, 0o100644, false),
    [paths.config]: stat(owner, 0o100666, false),
  }
  return {
    paths,
    uid,
    service: false,
    socket: paths.socket,
    homeFlag: '',
    env: {},
    stat: (path: string) => files[path] ?? 'missing',
    facts: async () => undefined,
    config: () => ({ error: new KaroError('bad_config', 'everybody may write', { where: paths.config }) }),
  } as unknown as World
}

/** A node's directory, where everything is too wide. */
function someHome(): string {
  const home = join(temporaryDirectory(), 'karo')
  mkdirSync(join(home, 'db'), { recursive: true })
  mkdirSync(join(home, 'spool'))
  writeFileSync(join(home, 'identity.key'), 'x')
  writeFileSync(join(home, 'config.toml'), '')
  const modes = { '': 0o755, db: 0o755, spool: 0o755, 'identity.key': 0o644, 'config.toml': 0o666 }
  for (const [name, mode] of Object.entries(modes)) chmodSync(join(home, name), mode)
  return home
}

/** The machine as it is, seen by this process. */
function real(home: string): World {
  const there = homePaths({ KARO_HOME: home })
  return createWorld({
    paths: there,
    service: false,
    socket: there.socket,
    homeFlag: '',
    env: {},
    multicast: false,
    now: () => 0,
    startFiles: () => [],
    toolHooks: () => [],
  })
}

describe.each([
  ['the directory', homeDirectory],
  ['the key', homeKey],
  ['the configuration', configFile],
  ['the spool', spoolDirectory],
])('%s', (_, probe) => {
  test('is mended where it is one’s own', async () => {
    const home = someHome()
    const offered = async () => (await probe(real(home))).flatMap(({ safe }) => safe ?? [])
    // One after the other: what others may write is not gone through.
    for (const one of await offered()) one.apply()
    for (const one of await offered()) one.apply()
    expect(await offered()).toEqual([])
    expect(lstatSync(home).mode & 0o077).toBe(probe === homeDirectory ? 0 : 0o055)
  })

  test('of another user is shown to root with the command, and left', async () => {
    const findings = await probe(world(0, 1000))
    expect(findings.some(({ outcome }) => outcome === 'fail' || outcome === 'warn')).toBe(true)
    expect(findings.flatMap(({ safe }) => safe ?? [])).toEqual([])
  })
})

test('a configuration that is no TOML is opened at the line, without the documentation', async () => {
  const home = someHome()
  writeFileSync(join(home, 'config.toml'), '[mesh]\nport =\n', { mode: 0o600 })
  chmodSync(join(home, 'config.toml'), 0o600)
  chmodSync(home, 0o700)
  const [finding] = await configFile(real(home))
  expect(finding).toMatchObject({ outcome: 'fail', fix: `"\${EDITOR:-vi}" +2 ${home}/config.toml` })
})

test('what restores kept aside is named, to be removed by a person', async () => {
  const home = someHome()
  for (const name of ['', 'db', 'spool']) chmodSync(join(home, name), 0o700)
  expect(await homeDirectory(real(home))).toMatchObject([{ outcome: 'ok' }])
  for (const day of ['2026-11-01', '2026-11-02']) mkdirSync(join(home, `before-restore-${day}`))
  const [finding, ...more] = await homeDirectory(real(home))
  const [service] = await homeDirectory({
    ...real(home),
    uid: 0,
    stat: () => ({ ...statSync(home), uid: 995, isDirectory: () => true }) as Stats,
  })
  expect(service?.fix).toContain(': sudo rm -r ')
  expect(finding?.fix).toContain(': rm -r ')
  expect(more).toEqual([])
  expect(finding).toMatchObject({ outcome: 'warn', detail: expect.stringContaining('2 restores') })
  expect(finding?.fix).toContain(`rm -r ${home}/before-restore-2026-11-01 ${home}/before-restore-2026-11-02`)
  expect(finding?.safe).toBeUndefined()
})

test('a key that is not in force yet is taken over by the daemon, or after a restart', async () => {
  const facts = { config: { reload: ['log.level'], restart: ['mesh.port'], problem: null } }
  const look = async (service: boolean, homeFlag: string): Promise<unknown> =>
    (await found('config.in_force', facts, { ...world(1000, 1000), service, homeFlag })).map(({ fix }) => fix)
  expect(await look(true, '')).toEqual(['sudo karo config reload', 'sudo karo config reload --restart'])
  const own = 'karo config reload --home /srv/n'
  expect(await look(false, ' --home /srv/n')).toEqual([own, `${own} --restart`])
})

const ROOT = process.getuid?.() === 0
/** Somebody who is not root. */
const THEM = 1234

describe.runIf(ROOT)('what somebody planted for root', () => {
  const mode = (path: string): number => statSync(path).mode & 0o7777

  /** Root's, and outside of what is looked at. */
  function treasure(): { readonly directory: string; readonly file: string } {
    const directory = join(temporaryDirectory(), 'treasure')
    mkdirSync(directory, { mode: 0o755 })
    const file = join(directory, 'file')
    writeFileSync(file, 'of root', { mode: 0o666 })
    chmodSync(directory, 0o755)
    chmodSync(file, 0o666)
    return { directory, file }
  }
  function theirs(): string {
    const home = someHome()
    for (const name of ['', 'db', 'spool', 'identity.key', 'config.toml'])
      chownSync(join(home, name), THEM, THEM)
    return home
  }
  const give = (link: string, target: string): void => {
    rmSync(link, { recursive: true, force: true })
    symlinkSync(target, link)
    lchownSync(link, THEM, THEM)
  }
  async function fixes(home: string) {
    const world = real(home)
    const probes = [homeDirectory, homeKey, configFile, spoolDirectory, daemonLeftovers]
    return (await Promise.all(probes.map((probe) => probe(world)))).flat()
  }

  test('links to root’s files and directories are offered no fix, nor a command that follows them', async () => {
    for (const name of ['db', 'spool', 'identity.key', 'config.toml', 'karo.lock']) {
      const { directory, file } = treasure()
      const home = theirs()
      give(join(home, name), name === 'db' || name === 'spool' ? directory : file)
      const findings = await fixes(home)
      expect(findings.flatMap(({ safe }) => safe ?? [])).toEqual([])
      for (const { fix } of findings)
        expect(fix ?? '').not.toMatch(new RegExp(`^(sudo )?(chmod|chown [^-]).*/${name}$`, 'm'))
      expect([mode(directory), mode(file)]).toEqual([0o755, 0o666])
    }
  })

  test('a home that is a link of theirs, one below theirs, and one where all may write, are left', () => {
    const { directory, file } = treasure()
    const home = theirs()
    give(join(home, 'away'), directory)
    const open = join(temporaryDirectory(), 'open')
    mkdirSync(join(open, 'karo'), { recursive: true })
    chmodSync(open, 0o777)
    for (const path of [join(home, 'away'), join(home, 'away/file'), join(open, 'karo')]) {
      expect(isOwn(path, 0)).toBe(false)
      expect(() => setOwnMode(path, 0, 0o700)).toThrow()
    }
    expect(isOwn(join(home, 'away/new'), 0)).toBe(false)
    expect(() => makeOwnDirectory(join(home, 'away/new'), 0)).toThrow()
    expect(() => removeOwn(join(home, 'away/file'), 0, lstatSync(file))).toThrow()
    expect([mode(directory), mode(file), existsSync(join(directory, 'new'))]).toEqual([0o755, 0o666, false])
  })

  test('what is exchanged after it was looked at is not followed', async () => {
    const { directory, file } = treasure()
    const home = someHome()
    const offered = (await fixes(home)).flatMap(({ safe }) => safe ?? [])
    expect(offered.length).toBeGreaterThan(3)
    for (const name of ['db', 'spool']) give(join(home, name), directory)
    for (const name of ['identity.key', 'config.toml']) give(join(home, name), file)
    for (const { says, apply } of offered)
      if (says.includes(`${home} `)) apply()
      else expect(apply, says).toThrow(`uid ${THEM}`)
    expect([mode(directory), mode(file)]).toEqual([0o755, 0o666])
    // And the whole home, for one of theirs.
    const whole = someHome()
    const again = (await fixes(whole)).flatMap(({ safe }) => safe ?? [])
    renameSync(whole, `${whole}.old`)
    give(whole, directory)
    for (const { apply } of again) expect(apply).toThrow()
    expect(mode(directory)).toBe(0o755)
  })

  test('a second name of a file of root’s is not that file alone', () => {
    const { file } = treasure()
    linkSync(file, `${file}.too`)
    expect(() => setOwnMode(file, 0, 0o600)).toThrow('one name')
    expect(mode(file)).toBe(0o666)
  })

  test('links that are root’s own are followed', () => {
    const { directory } = treasure()
    const link = `${directory}.link`
    symlinkSync('treasure', link)
    expect(isOwn(link, 0)).toBe(true)
    setOwnMode(link, 0, 0o700)
    expect(mode(directory)).toBe(0o700)
    symlinkSync('loop', `${directory}.a`)
    symlinkSync(`${directory}.a`, join(directory, '../loop'))
    expect(isOwn(`${directory}.a`, 0)).toBe(false)
  })

  test('a start file of somebody else, under root’s own HOME', async () => {
    const home = theirs()
    const file = join(home, '.bashrc')
    writeFileSync(file, '')
    const look = {
      shell: 'bash',
      login: true,
      marked: ['old', 'older'],
      otherwise: undefined,
      expected: 'new',
      file,
      refresh: () => {},
    }
    const [first, ...more] = await found('shell.hooks', {}, { ...real(home), startFiles: () => [look] })
    expect([first?.outcome, first?.safe, more]).toEqual(['warn', undefined, []])
  })
})

test('a directory that is missing may have been moved', async () => {
  const missing = { ...world(1000, 1000), stat: () => 'missing' } as unknown as World
  expect(await homeDirectory(missing)).toMatchObject([
    { outcome: 'fail', detail: expect.stringContaining('if it was moved') },
  ])
})
