// init, identity show and config without a daemon: what they make, what they leave alone, what they print.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../../../src/base/errors.ts'
import { KEY_LIST } from '../../../src/config/table.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'

async function karo(
  home: string,
  line: readonly string[],
  more: Record<string, string> = {},
  columns?: number,
) {
  const env = { KARO_HOME: home, ...more }
  const { code, out: stdout, err: stderr, json } = await commandLine(line, { env, columns })
  return { code, stdout, stderr, json: json as () => Record<string, unknown> }
}

const newHome = (): string => join(temporaryDirectory(), 'deep', 'home')
const mode = (path: string): number => fs.statSync(path).mode & 0o7777

describe('karo init', () => {
  test('makes nothing where no socket fits', async () => {
    const home = join(temporaryDirectory(), 'a'.repeat(100))
    const { code, stderr } = await karo(home, ['init', '--solo'])
    expect([code, fs.existsSync(home)]).toEqual([EXIT.usage, false])
    expect(stderr).toContain('shorter path')
  })

  test('makes a private directory with a key and a configuration that sets only the name', async () => {
    const home = newHome()
    const { code, stderr, json } = await karo(home, ['init', '--name', 'eng-042', '--json'])
    expect([code, stderr]).toEqual([EXIT.done, ''])
    expect(json()).toEqual({
      node_id: expect.stringMatching(/^karo:ed25519:[\w-]{43}$/),
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: 'eng-042',
      created: ['', '/db', '/spool', '/identity.key', '/config.toml'].map((part) => home + part),
      existed: [],
    })
    expect([home, `${home}/db`, `${home}/spool`].map(mode)).toEqual([0o700, 0o700, 0o700])
    expect([`${home}/identity.key`, `${home}/config.toml`].map(mode)).toEqual([0o600, 0o600])
    const text = fs.readFileSync(`${home}/config.toml`, 'utf8')
    expect(parse(text).node).toEqual({ name: 'eng-042' })
    expect(text).toContain('karo config list')
  })

  test('run again changes nothing, writes nothing, not even for a moment, and says what was there', async () => {
    const home = newHome()
    const { node_id, created } = (await karo(home, ['init', '--json'])).json()
    const mine = '[node]\nname = "mine"\n'
    fs.writeFileSync(`${home}/config.toml`, mine, { mode: 0o600 })
    const before = fs.statSync(home, { bigint: true }).mtimeNs
    const again = await karo(home, ['init', '--name', 'other', '--json'])
    expect(again.code).toBe(EXIT.done)
    expect(again.json()).toMatchObject({ node_id, name: 'mine', created: [], existed: created })
    expect(again.stderr).toContain('the name stays mine')
    expect(fs.readFileSync(`${home}/config.toml`, 'utf8')).toBe(mine)
    expect(fs.statSync(home, { bigint: true }).mtimeNs).toBe(before)
  })

  test('makes only what is missing', async () => {
    const home = newHome()
    fs.mkdirSync(home, { recursive: true, mode: 0o700 })
    fs.writeFileSync(`${home}/config.toml`, '# mine\n', { mode: 0o600 })
    const { json } = await karo(home, ['init', '--json'])
    expect(json()).toMatchObject({ existed: [home, `${home}/config.toml`] })
    expect(fs.readFileSync(`${home}/config.toml`, 'utf8')).toBe('# mine\n')
  })

  test('tells people who they are and what to do next', async () => {
    const { stdout } = await karo(newHome(), ['init'])
    expect(stdout).toMatch(/fingerprint +([0-9a-f]{4} ?){4}\n/)
    expect(stdout).toMatch(/Next:\n {2}karo --home \S+ up /)
  })

  test.each(['', ' ', 'x'.repeat(65), 'a\nb', 'a\u202eb'])(
    'refuses the name %j and makes nothing',
    async (name) => {
      const home = newHome()
      const stderr = expect.stringContaining('--name: the name cannot be used')
      expect(await karo(home, ['init', '--name', name])).toMatchObject({ code: EXIT.usage, stderr })
      expect(fs.existsSync(home)).toBe(false)
    },
  )

  test('refuses a key that others can read, and says what to run', async () => {
    const home = newHome()
    await karo(home, ['init'])
    fs.chmodSync(`${home}/identity.key`, 0o644)
    const stderr = expect.stringMatching(/wider than 0600[\s\S]*chmod 600/)
    expect(await karo(home, ['init'])).toMatchObject({ code: EXIT.failed, stderr })
  })

  test('refuses a directory that others may write to, or that is none', async () => {
    const home = newHome()
    fs.mkdirSync(home, { recursive: true, mode: 0o700 })
    for (const [bits, who] of [
      [0o777, 'everybody'],
      [0o775, 'its group'],
    ] as const) {
      fs.chmodSync(home, bits)
      expect(await karo(home, ['init'])).toMatchObject({
        code: EXIT.failed,
        stderr: expect.stringMatching(new RegExp(`${who}.*may write[^]*chmod go-w ${home}`)),
      })
      expect(fs.readdirSync(home)).toEqual([])
    }
    const file = join(temporaryDirectory(), 'file')
    fs.writeFileSync(file, '')
    for (const path of [file, `${file}/below`])
      expect(await karo(path, ['init'])).toMatchObject({
        code: EXIT.failed,
        stderr: expect.not.stringContaining('internal error'),
      })
  })

  test('with a broken configuration says where', async () => {
    const home = newHome()
    fs.mkdirSync(home, { recursive: true, mode: 0o700 })
    fs.writeFileSync(`${home}/config.toml`, '[mesh]\nprot = 1\n', { mode: 0o600 })
    const { code, stderr } = await karo(home, ['init'])
    expect(code).toBe(EXIT.usage)
    expect(stderr).toContain(`${home}/config.toml:2: unknown key mesh.prot\n  Did you mean mesh.port?`)
  })
})

describe('a home whose key is lost', () => {
  const lost = async (): Promise<string> => {
    const home = newHome()
    await karo(home, ['init'])
    fs.writeFileSync(`${home}/db/CURRENT`, '')
    fs.rmSync(`${home}/identity.key`)
    return home
  }

  test.each(['init', 'up', 'identity show', 'identity protect'])(
    'karo %s makes no other node of it, and says the two ways out',
    async (line) => {
      const home = await lost()
      const { code, stdout, stderr } = await karo(home, line.split(' '))
      expect([code, stdout]).toEqual([EXIT.refused, ''])
      expect(stderr).toContain(`${home}/identity.key: a node's history is here`)
      expect(stderr).toMatch(/from a backup[\s\S]*karo identity new --home/)
      expect(fs.existsSync(`${home}/identity.key`)).toBe(false)
    },
  )

  test('is another node where a person says so', async () => {
    const home = await lost()
    const made = await karo(home, ['identity', 'new', '--json'])
    expect(made.code).toBe(EXIT.done)
    expect((await karo(home, ['identity', 'show', '--json'])).json()).toMatchObject({
      node_id: made.json().node_id,
    })
    expect(mode(`${home}/identity.key`)).toBe(0o600)
    expect((await karo(home, ['init'])).code).toBe(EXIT.done)
  })

  test('karo identity new overwrites no key, and makes none where there is no node', async () => {
    const home = newHome()
    const none = await karo(home, ['identity', 'new'])
    expect([none.code, fs.existsSync(home)]).toEqual([EXIT.failed, false])
    await karo(home, ['init'])
    const key = fs.readFileSync(`${home}/identity.key`)
    expect(await karo(home, ['identity', 'new'])).toMatchObject({
      code: EXIT.failed,
      stderr: expect.stringContaining('never overwritten'),
    })
    expect(fs.readFileSync(`${home}/identity.key`)).toEqual(key)
    const { fingerprint } = (await karo(home, ['identity', 'show', '--json'])).json()
    expect((await karo(home, ['identity', 'new', '--replace'])).code).toBe(EXIT.done)
    expect(fs.readFileSync(`${home}/identity.key.${fingerprint}`)).toEqual(key)
    expect(fs.readFileSync(`${home}/identity.key`)).not.toEqual(key)
  })
})

describe('karo identity show', () => {
  test('prints id, fingerprint and name, and exactly these as JSON', async () => {
    const home = newHome()
    const made = (await karo(home, ['init', '--name', 'bob', '--json'])).json()
    const { code, json } = await karo(home, ['identity', 'show', '--json'])
    expect(code).toBe(EXIT.done)
    expect(json()).toEqual({ node_id: made.node_id, fingerprint: made.fingerprint, name: 'bob' })
    const { stdout } = await karo(home, ['identity', 'show'], { KARO_NODE_NAME: 'eve' })
    expect(stdout).toContain(`node id      ${made.node_id}\n`)
    expect(stdout).toContain('name         eve\n')
  })

  test('makes nothing where there is no node, and says what to do', async () => {
    const home = newHome()
    const { code, stdout, stderr } = await karo(home, ['identity', 'show'])
    expect([code, stdout]).toEqual([EXIT.failed, ''])
    expect(stderr).toContain(`Run karo --home ${home} init.`)
    expect(fs.existsSync(home)).toBe(false)
  })
})

describe('karo config', () => {
  const withFile = (toml: string): string => {
    const home = newHome()
    fs.mkdirSync(home, { recursive: true, mode: 0o700 })
    fs.writeFileSync(`${home}/config.toml`, toml, { mode: 0o600 })
    return home
  }
  const PLAIN = { NO_COLOR: '1' }

  test('a value that another key refuses is told without a line, for none was written', async () => {
    const home = temporaryDirectory()
    const refused = 'forward.to, entry 1, is 8.8.8.8, which is not a private address, but mesh.lan_only is on'
    const { code, stderr } = await karo(home, ['config', 'set', 'forward.to', 'ecs+tcp://8.8.8.8:514'])
    expect(code).toBe(2)
    expect(stderr).toMatch(`karo config set: ${refused}\n  Use an address in 10/8`)
    expect(fs.readdirSync(home)).toEqual([])
  })

  test('list has every key with value, default, source and meaning', async () => {
    const home = withFile('[mesh]\nport = 1\n')
    const { stdout, stderr, json } = await karo(home, ['config', 'list', '--json'], {
      KARO_LOG_LEVEL: 'debug',
    })
    expect(stderr).toBe('')
    expect(stdout.trim().split('\n')).toHaveLength(1)
    const { keys, file, warnings } = json() as {
      keys: Record<string, unknown>[]
      file: string
      warnings: string[]
    }
    expect([file, warnings]).toEqual([`${home}/config.toml`, []])
    expect(keys.map(({ key, description }) => [key, description])).toEqual(
      KEY_LIST.map(({ path, description }) => [path, description]),
    )
    const by = (key: string) => keys.find((k) => k.key === key)
    const port = { value: 1, default: 9238, source: 'config.toml:2', env: 'KARO_MESH_PORT' }
    expect(by('mesh.port')).toMatchObject(port)
    expect(by('log.level')).toMatchObject({ value: 'debug', source: 'KARO_LOG_LEVEL' })
    expect(by('peers.trusted')).toMatchObject({ value: {}, env: null, source: 'default' })
    const people = await karo(home, ['config', 'list'])
    expect(people.stdout).toMatch(/^mesh\.port +1 +config\.toml:2 +9238 +TCP port/m)
  })

  test('get prints one value', async () => {
    const id = 'karo:ed25519:FhkqiNXPZFQEtgwQ9EaEgJyP94f7pnfeWiVqyRqxK50'
    const home = withFile(
      `[node]\nname = "bob"\n[peers.trusted]\n"${id}" = {}\n[discovery]\npeers = ["h:1"]\n`,
    )
    for (const [key, value] of Object.entries({
      'node.name': 'bob',
      'mesh.port': '9238',
      'sharing.allow.supervisors': '["*"]',
      'discovery.peers': '[{"host":"h","port":1}]',
      'peers.trusted': JSON.stringify({ [id]: { level: 'peer', roles: [], teams: [] } }),
    }))
      expect((await karo(home, ['config', 'get', key])).stdout).toBe(`${value}\n`)
    expect((await karo(home, ['config', 'get', 'node.name', '--json'])).json()).toMatchObject({
      key: 'node.name',
      value: 'bob',
      source: 'config.toml:2',
    })
  })

  test('a person at a terminal reads every meaning in full, in 80 columns', async () => {
    const home = withFile('[mesh]\nport = 9300\n')
    const one = (await karo(home, ['config', 'get', 'mesh.port'], PLAIN, 80)).stdout
    expect(one).toMatch(/^9300\n\nfrom +config.toml:2\ndefault +9238\n/)
    expect(one).toMatch(/^meaning +TCP port that other nodes connect to; 0 takes any free port\./m)
    const all = (await karo(home, ['config', 'list'], PLAIN, 80)).stdout
    for (const line of all.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    const words = all.replaceAll(/\s+/g, ' ')
    for (const { description } of KEY_LIST) expect(words).toContain(description)
  })

  test.each([
    ['mesh.prot', 'Did you mean mesh.port?'],
    ['port', 'Did you mean mesh.port or http.port?'],
    ['guard', 'Did you mean guard.profile or guard.rules or guard.on_error or guard.timeout_ms?'],
    ['xyzzyx', 'config list shows all keys.'],
  ])('get %s is wrong usage with a way out, and needs no home at all', async (key, hint) => {
    const home = newHome()
    const { code, stdout, stderr } = await karo(home, ['config', 'get', key])
    expect([code, stdout, stderr]).toEqual([EXIT.usage, '', expect.stringContaining(hint)])
    expect((await karo(home, ['config', 'list', '--json'])).json()).toMatchObject({ file: null })
    expect(fs.existsSync(home)).toBe(false)
  })
})

describe('karo identity rotate --contest without a daemon', () => {
  test('is refused, because nothing would remember that it contests, and leaves the key file as it was', async () => {
    const home = temporaryDirectory()
    await karo(home, ['init'])
    const key = join(home, 'identity.key')
    const before = fs.readFileSync(key)
    const { code, stderr } = await karo(home, ['identity', 'rotate', '--contest'])
    expect([code, stderr]).toEqual([
      EXIT.notRunning,
      expect.stringContaining('--contest needs a running node'),
    ])
    expect(fs.readFileSync(key)).toEqual(before)
    // A rotation that was begun before may be known to others already: it stays.
    expect((await karo(home, ['identity', 'rotate'])).code).toBe(EXIT.done)
    const begun = fs.readFileSync(key)
    expect((await karo(home, ['identity', 'rotate', '--contest'])).code).toBe(EXIT.notRunning)
    expect(fs.readFileSync(key)).toEqual(begun)
  })
})
