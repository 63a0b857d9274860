// Root restores into a home that belongs to somebody else: it is theirs then, and nothing they planted there uses root.
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { cleanEnv, type Ran, runKaro, startNode, temporaryHome } from '../../support/node/node.ts'

const OWNER = 12_345
const isRoot = process.getuid?.() === 0

describe.runIf(isRoot)('as root', () => {
  let file: string

  beforeAll(async () => {
    const node = await startNode({ name: 'source' })
    file = join(temporaryHome(), 'karo.tar')
    expect((await node.karo(['backup', file])).code).toBe(0)
    await node.stop()
  })

  /** A directory of root's that everybody may enter, with the service's home in it. */
  function machine(): { parent: string; home: string; put: (name: string, text: string) => void } {
    const parent = temporaryHome()
    chmodSync(parent, 0o755)
    const home = join(parent, 'karo')
    mkdirSync(home, { mode: 0o700 })
    chownSync(home, OWNER, OWNER)
    return {
      parent,
      home,
      put(name, text) {
        const path = join(home, name)
        mkdirSync(join(path, '..'), { recursive: true })
        writeFileSync(path, text)
        chownSync(join(path, '..'), OWNER, OWNER)
        chownSync(path, OWNER, OWNER)
      },
    }
  }
  const restore = ({ parent, home }: { parent: string; home: string }): Promise<Ran> =>
    runKaro(['restore', file, '--service', '--replace'], {
      ...cleanEnv(home),
      KARO_HOME: undefined,
      STATE_DIRECTORY: home,
      CONFIGURATION_DIRECTORY: join(parent, 'etc-karo'),
      RUNTIME_DIRECTORY: parent,
    })
  const all = (directory: string): string[] =>
    readdirSync(directory, { recursive: true }).map((name) => join(directory, name as string))

  test('everything in it belongs to whose it is', async () => {
    const at = machine()
    at.put('identity.key', 'the old one')
    const config = join(at.parent, 'etc-karo', 'config.toml')
    mkdirSync(join(config, '..'))
    writeFileSync(config, '# the administrator\n')
    const ran = await restore(at)
    expect([ran.stderr, ran.code]).toEqual(['', 0])
    expect(readFileSync(config, 'utf8')).toBe('# the administrator\n')
    expect(readdirSync(at.home).toSorted()).toEqual([
      expect.stringMatching(/^before-restore-/),
      'config.toml.from-backup',
      'db',
      'identity.key',
    ])
    for (const path of all(at.home)) expect([path, statSync(path).uid]).toEqual([path, OWNER])
    expect(statSync(join(at.home, 'identity.key')).mode & 0o777).toBe(0o600)
  })

  test.each(['up', 'restore'])('what its owner left ready is not put elsewhere by %s', async (command) => {
    const at = machine()
    const victim = join(at.parent, 'etc')
    mkdirSync(victim)
    writeFileSync(join(victim, 'identity.key'), 'of root')
    at.put('identity.key', 'of the owner')
    at.put('restored/identity.key', 'as well')
    at.put('restored/aside', 'before-restore-2026-01-01')
    symlinkSync(victim, join(at.home, 'before-restore-2026-01-01'))
    const ran = command === 'restore' ? await restore(at) : await runKaro(['up'], cleanEnv(at.home))
    expect(ran.code).toBe(command === 'up' ? 4 : 1)
    expect(readFileSync(join(victim, 'identity.key'), 'utf8')).toBe('of root')
    expect(readdirSync(victim)).toEqual(['identity.key'])
  })

  test('nor does a way that others could change lead root anywhere', async () => {
    const at = machine()
    const below = join(at.home, 'below')
    mkdirSync(below)
    const copy = join(at.parent, 'copy.tar')
    cpSync(file, copy)
    for (const home of [below, join(below, 'new')]) {
      const ran = await runKaro(['restore', copy], cleanEnv(home))
      expect(ran.stderr).toContain('so root does not write there')
    }
    const open = join(at.parent, 'open')
    mkdirSync(open)
    chmodSync(open, 0o1777)
    mkdirSync(join(open, 'planted'))
    chownSync(join(open, 'planted'), OWNER, OWNER)
    const planted = await runKaro(['restore', copy], cleanEnv(join(open, 'planted')))
    expect(planted.code).toBe(4)
    expect(readdirSync(join(open, 'planted'))).toEqual([])
    // What nobody else can have put there is root's own to fill.
    expect((await runKaro(['restore', copy], cleanEnv(join(open, 'new')))).code).toBe(0)
    expect(lstatSync(join(open, 'new', 'identity.key')).uid).toBe(0)
  })
})
