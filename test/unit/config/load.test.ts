// Loading: sources in their order, every documented key, and errors that say file, line and what would be right.
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { refuseForeign } from '../../../src/config/guarded.ts'
import { loadConfig } from '../../../src/config/index.ts'
import { envName, KEY_LIST } from '../../../src/config/table.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import fc, { forAllIn } from '../../support/run/properties.ts'

const BOB = 'karo:ed25519:FhkqiNXPZFQEtgwQ9EaEgJyP94f7pnfeWiVqyRqxK50'
const EVE = 'karo:ed25519:uEC9y1FHQ3uNEflTcXWJqCXLZvBcABrpSjSe1OTqtns'

function load(toml?: string, env: Record<string, string> = {}) {
  const home = temporaryDirectory()
  if (toml !== undefined) writeFileSync(join(home, 'config.toml'), toml, { mode: 0o600 })
  return loadConfig({ home, env })
}

/** What loading is refused with: `line: message | hint`. */
function refusal(toml: string | undefined, env: Record<string, string> = {}): string {
  try {
    load(toml, env)
  } catch (error) {
    if (!(error instanceof KaroError) || error.code !== 'bad_config') throw error
    const where = error.where?.replace(/^.*\/config\.toml/, 'config.toml')
    return `${where} ${error.message}${error.hint ? ` | ${error.hint}` : ''}`
  }
  throw new Error('this was not refused')
}

test('a setting that an earlier build had is told of, and does not keep the node from starting', () => {
  const { config, warnings } = load('[reports]\nschedule = "weekly"\n[reports.thresholds]\nrisky = 5\n')
  expect(config.reports.thresholds.risky).toBe(5)
  expect(warnings).toEqual([expect.stringMatching(/config\.toml:2: reports\.schedule .* karo-report\.timer/)])
})

describe('sources', () => {
  test('without file and environment everything is default, and safe', () => {
    const { config, sources, warnings, file } = load()
    expect(file).toBeUndefined()
    expect(warnings).toEqual([])
    expect(new Set(sources.values())).toEqual(new Set(['default']))
    expect(config.mesh).toEqual({
      port: 9238,
      listen: 'auto',
      lan_only: true,
      allow_cgnat: false,
      ping_seconds: 15,
    })
    expect(config.sharing.allow).toEqual({ peers: [], supervisors: ['*'] })
    expect(config.peers.trusted.size).toBe(0)
    expect(config.node.name).not.toBe('')
  })

  test('the file wins over the default, the environment over the file, and each is named', () => {
    const { config, sources } = load('[mesh]\nport = 1000\nlan_only = false\n', { KARO_MESH_PORT: '0' })
    expect(config.mesh.port).toBe(0)
    expect(config.mesh.lan_only).toBe(false)
    expect(sources.get('mesh.port')).toBe('KARO_MESH_PORT')
    expect(sources.get('mesh.lan_only')).toBe('config.toml:3')
    expect(sources.get('mesh.listen')).toBe('default')
  })

  test('a wrong value in the file is refused even where the environment replaces it', () => {
    expect(refusal('[mesh]\nport = "x"', { KARO_MESH_PORT: '0' })).toMatch(/^config.toml:2 mesh.port/)
  })

  test('an empty variable is none', () => {
    expect(load(undefined, { KARO_MESH_PORT: '' }).config.mesh.port).toBe(9238)
  })

  test('every scalar and list can come from the environment', () => {
    const { config } = load(undefined, {
      KARO_NODE_NAME: 'büro 3',
      KARO_MESH_LISTEN: '10.0.0.1, ::1',
      KARO_MESH_LAN_ONLY: 'TRUE',
      KARO_DISCOVERY_MDNS: 'false',
      KARO_DISCOVERY_PEERS: `10.0.0.5:9238,[fd00::5]:1/${BOB}`,
      KARO_PEERS_DENIED: EVE,
      KARO_SHARING_MAX_LEVEL: '1',
      KARO_SHARING_ALLOW_PEERS: '*',
      KARO_GUARD_PROFILE: 'strict',
    })
    const peers = [
      { host: '10.0.0.5', port: 9238 },
      { host: 'fd00::5', port: 1, nodeId: BOB },
    ]
    expect(config).toMatchObject({
      node: { name: 'büro 3' },
      mesh: { listen: ['10.0.0.1', '::1'], lan_only: true },
      discovery: { mdns: false, peers },
      peers: { denied: [EVE] },
      sharing: { max_level: 1, allow: { peers: ['*'] } },
      guard: { profile: 'strict' },
    })
    const other = load(undefined, {
      KARO_MESH_LISTEN: 'auto',
      KARO_DISCOVERY_MDNS: 'eth0,10.0.0.0/24',
    }).config
    expect([other.mesh.listen, other.discovery.mdns]).toEqual(['auto', ['eth0', '10.0.0.0/24']])
  })

  test('names every variable after its key, except where only a table can say it, and of consents', () => {
    for (const key of KEY_LIST) {
      const expected = `KARO_${key.path.toUpperCase().replaceAll('.', '_')}`
      const without = [
        'agents.enabled',
        'peers.trusted',
        'trust.domains',
        'policy.files',
        'policy.teams',
        'agents.approved',
        'agents.endpoints',
        'agents.connect',
        'agents.sandbox',
        'mcp.history',
        'mcp.tasks',
        'forward.to',
        'forward.traces',
        'policy.follow',
      ]
      expect(envName(key)).toBe(without.includes(key.path) ? undefined : expected)
    }
  })

  test('a pattern for commands without a directory is named as one of nothing, and keeps no node from starting', () => {
    const old = 'old: kExecutor:build exec git status*'
    const others = ['x: kExecutor:build exec in /srv git log', 'y: kExecutor:fs edit_file *']
    const { config, warnings } = load(`[agents]\napproved = ${JSON.stringify([old, ...others])}`)
    expect(config.agents.approved).toEqual([old, ...others])
    expect(warnings).toEqual([expect.stringMatching(/^the pattern "old: .* approves nothing/)])
  })

  test('a consent is given in the file only', () => {
    const env = { KARO_MCP_HISTORY: 'true' }
    const { config, warnings } = load(undefined, env)
    expect(config.mcp.history).toBe(false)
    expect(warnings).toEqual([expect.stringContaining('KARO_MCP_HISTORY is not a configuration key')])
    expect(load('[mcp]\nhistory = true', { KARO_MCP_HISTORY: 'false' }).config.mcp.history).toBe(true)
  })

  test('a wrong variable is refused by its name', () => {
    expect(refusal(undefined, { KARO_MESH_PORT: '99999' })).toMatch(
      /^KARO_MESH_PORT mesh.port is 99999, but must be a whole number from 0 to 65535/,
    )
    expect(refusal(undefined, { KARO_MESH_PORT: '80 ' })).toMatch(/^KARO_MESH_PORT mesh.port is "80 "/)
    expect(refusal(undefined, { KARO_MESH_LISTEN: '10.0.0.1,8.8.8.8' })).toMatch(
      /^KARO_MESH_LISTEN mesh.listen, entry 2, is 8.8.8.8/,
    )
  })
})

describe('who may manage the node and who may ask', () => {
  test.each([
    ['ann'],
    ['1000'],
    ['0'],
    ['group:karo-admin'],
    ['ann.lee-2@corp.example'],
    ['CORP\\\\ann'],
    ['group:domain users'],
  ])('%s', (entry) => {
    const { config } = load(`[access]\nadmins = ["${entry}"]\naskers = ["*", "${entry}"]`)
    expect(config.access.admins).toHaveLength(1)
    expect(config.access.askers[0]).toBe('*')
  })

  test.each([
    ['"*"', /everybody/],
    ['"group:"', /name of a group/],
    ['"group:*"', /name of a group/],
    ['"group:27"', /name of a group/],
    ['""', /not a user name/],
    ['"-1"', /not a uid/],
    ['"4294967295"', /not a uid/],
    ['"007"', /not a uid/],
    ['"a:b"', /not a user name/],
    ['"a,b"', /not a user name/],
    [String.raw`"a\u0007"`, /not a user name/],
    ['1000', /must be a user name, a uid/],
  ])('not for administrators: %s', (entry, why) => {
    const said = refusal(`[access]\nadmins = ["root", ${entry}]`)
    expect(said).toMatch(why)
    expect(said).toMatch(/^config.toml:2 access.admins, entry 2,/)
  })
})

test('the documented file is accepted as a whole, as far as this version goes', () => {
  const { config, warnings } = load(`
[node]
name = "eng-042"
[mesh]
port = 9238
listen = "auto"
lan_only = true
[http]
port = 9237
[discovery]
mdns = true
peers = ["10.0.0.5:9238"]
[peers.trusted]
"${BOB}" = { name = "bob", level = "supervisor", roles = ["lead"], teams = ["eng"] }
"${EVE}" = {}
[peers]
denied = ["${EVE}"]
[sharing]
max_level = 2
allow = { peers = [], supervisors = ["*"] }
categories = { tool_usage = true, activity_patterns = true, safety_stats = false, anomalies = true }
k_min = 5
[trust.domains]
[guard]
profile = "moderate"
[policy]
files = []
`)
  expect(config.node.name).toBe('eng-042')
  expect(config.sharing.categories.safety_stats).toBe(false)
  expect(config.peers.trusted).toEqual(
    new Map([
      [BOB as NodeId, { name: 'bob', level: 'supervisor', roles: ['lead'], teams: ['eng'] }],
      // A key that is both trusted and denied is allowed here: the deny wins later.
      [EVE as NodeId, { level: 'peer', roles: [], teams: [] }],
    ]),
  )
  expect(config.peers.denied).toEqual([EVE])
  expect(warnings).toEqual([])
})

describe('refused', () => {
  test('each mistake is told with its line, what would be right, and what may have been meant', () => {
    const mistakes = {
      'a wrong type': '[mesh]\n\nport = "9238"',
      'a fraction': '[mesh]\nport = 1.5',
      'not a number': '[mesh]\nport = nan',
      'a date': '[mesh]\nport = 2026-11-20',
      'out of range': '[mesh]\nport = 65536',
      'too few for k': '[sharing]\nk_min = 2',
      'a public model': '[ask]\nendpoint = "http://8.8.8.8/v1"',
      'an unknown key': '[mesh]\nprot = 1',
      'the wrong section': '[node]\nlan_only = true',
      'an unknown section': '[mesj]\nport = 1',
      'a far-off key': '[mesh]\nxyzzyx = 1',
      'a key at the top': 'port = 1',
      'a quoted dotted key': '"mesh.port" = 1',
      'a prototype name': '[mesh]\n__proto__ = { port = 1 }',
      'another one': 'constructor = 1',
      'a value for a section': 'mesh = 5',
      'an array of tables': '[[mesh]]\nport = 1',
      'a table for a value': '[mesh]\nport = { a = 1 }',
      'a key twice': '[mesh]\nport = 1\nport = 2',
      'a section twice': '[mesh]\n[node]\n[mesh]',
      'bad TOML': '[mesh]\nport = ',
      'a text without quotes': '[guard]\nprofile = moderate',
      'a number with a unit': '[retention]\nevents_days = 30d',
      'a table twice': '[peers.trusted]\n[mesh]\n[ peers.trusted ]\n',
      'a key twice, once elsewhere': '[http]\nport = 1\n[mesh]\nport = 2\nport = 3\n',
      'deep nesting': `a = ${'['.repeat(50)}${']'.repeat(50)}`,
      'an empty name': '[node]\nname = ""',
      'a long name': `[node]\nname = "${'x'.repeat(65)}"`,
      'escapes in a name': '[node]\nname = "a\\u001b[31m"',
      'a reversed name': '[node]\nname = "a\\u202eb"',
      'a listen word': '[mesh]\nlisten = "all"',
      'a listen name': '[mesh]\nlisten = ["localhost"]',
      'an mdns word': '[discovery]\nmdns = "eth0"',
      'a bad subnet': '[discovery]\nmdns = ["10.0.0.0/33"]',
      'a peer without port': '[discovery]\npeers = ["10.0.0.5"]',
      'a peer with port 0': '[discovery]\npeers = ["10.0.0.5:0"]',
      'a peer with a zone': '[discovery]\npeers = ["10.0.0.1:1", "[fe80::1%eth0]:9238"]',
      'a listening address with a zone': '[mesh]\nlisten = ["fe80::1%eth0"]',
      'a bare IPv6 peer': '[discovery]\npeers = ["fd00::5"]',
      'a mistyped address': '[discovery]\npeers = ["10.0.0.300:1"]',
      'a cut pin': `[discovery]\npeers = ["h:1/${BOB.slice(0, -1)}"]`,
      'a fingerprint as id': '[peers]\ndenied = ["3d3daa63936a1a03"]',
      'a padded id': `[peers]\ndenied = [\n"${EVE}",\n"${BOB}=",\n]`,
      'a trusted level': `[peers.trusted]\n"${BOB}" = { level = "per" }`,
      'a trusted field': `[peers.trusted.'${BOB}']\nrole = ["x"]`,
      'a trusted role': `[peers.trusted]\n"${BOB}" = { roles = ["a b"] }`,
      'a trusted text': `[peers.trusted]\n"${BOB}" = "peer"`,
      'a trusted name': '[peers.trusted]\nbob = { level = "peer" }',
      'an audience': '[sharing.allow]\npeers = ["*", "everyone"]',
      'an empty team': '[sharing.allow]\npeers = ["team:"]',
      'a level': '[sharing]\nmax_level = 3',
      'a profile': '[guard]\nprofile = "moderat"',
      'policy files': '[policy]\nfiles = ["a.cedar"]',
      'trust domains':
        '[trust.domains]\n"10.0.3.0/24" = { level = "peer" }\n"8.8.8.0/24" = { level = "peer" }',
      'a public address': '[mesh]\nlisten = ["10.0.0.1",\n "8.8.8.8"]',
      'a public IPv6': '[mesh]\nlisten = ["2001:db8::1"]',
      'a public collector': '[forward]\nto = ["ecs+tcp://10.0.0.1:1", "syslog+tls://8.8.8.8:6514"]',
      'a mapped public': '[mesh]\nlisten = ["::ffff:8.8.8.8"]',
      'all addresses': '[mesh]\nlisten = ["0.0.0.0"]',
      'a public peer': '[discovery]\npeers = ["h:1", "1.1.1.1:9238"]',
      'a CGNAT peer': '[discovery]\npeers = ["100.64.0.1:9238"]',
    }
    const page = Object.entries(mistakes).map(([title, toml]) => `${title}: ${refusal(toml)}`)
    // Which sections there are is no matter of mistakes.
    expect(page.join('\n').replaceAll(/(The file may have:) .*/g, '$1 …')).toMatchSnapshot()
  })

  test('bytes that are no UTF-8, a directory, and a file that is too large', () => {
    const home = temporaryDirectory()
    const file = join(home, 'config.toml')
    const attempt = (): unknown => loadConfig({ home, env: {} })
    writeFileSync(file, Buffer.from('[node]\n# \xff\n', 'latin1'))
    expect(attempt).toThrow(expect.objectContaining({ code: 'bad_config', where: `${file}:2` }))
    writeFileSync(file, Buffer.alloc(5_000_000, '#'))
    expect(attempt).toThrow(expect.objectContaining({ code: 'bad_config', where: file }))
    const other = temporaryDirectory()
    mkdirSync(join(other, 'config.toml'))
    expect(() => loadConfig({ home: other, env: {} })).toThrow(
      expect.objectContaining({ code: 'bad_config', message: 'this is not a file' }),
    )
  })
})

describe('allowed', () => {
  test('public addresses once lan_only is off, CGNAT once it is said to be private', () => {
    expect(load('[mesh]\nlan_only = false\nlisten = ["8.8.8.8"]').config.mesh.listen).toEqual(['8.8.8.8'])
    const cgnat = '[mesh]\nallow_cgnat = true\n[discovery]\npeers = ["100.64.0.1:1"]'
    expect(load(cgnat).config.discovery.peers).toEqual([{ host: '100.64.0.1', port: 1 }])
  })

  test('names of hosts, which are resolved and checked when dialled', () => {
    const { config } = load('[discovery]\npeers = ["build-7.internal.corp:9238"]')
    expect(config.discovery.peers).toEqual([{ host: 'build-7.internal.corp', port: 9238 }])
  })
})

describe('warnings', () => {
  test('for a mistyped variable', () => {
    expect(load(undefined, { KARO_MESH_PROT: '1', KARO_HOME: '/x', KARO_PAUSE: '1' }).warnings).toEqual([
      'the environment variable KARO_MESH_PROT is not a configuration key, did you mean KARO_MESH_PORT?',
    ])
  })
})

describe('what others on this machine could write is not obeyed', () => {
  const shared = (of: 'home' | 'file', mode: number): string => {
    const home = temporaryDirectory()
    writeFileSync(join(home, 'config.toml'), '[node]\nname = "x"\n', { mode: 0o600 })
    chmodSync(of === 'home' ? home : join(home, 'config.toml'), mode)
    return home
  }
  const whereOf = (home: string): string | undefined => {
    try {
      loadConfig({ home, env: {} })
      return undefined
    } catch (error) {
      expect(error).toMatchObject({ code: 'bad_config', hint: expect.stringContaining('chmod go-w') })
      return (error as KaroError).where
    }
  }

  test.each([
    ['file', [0o664, 0o620, 0o646, 0o602, 0o666], [0o600, 0o400, 0o644, 0o640]],
    ['home', [0o775, 0o770, 0o702, 0o1777], [0o700, 0o750, 0o755]],
  ] as const)('the %s; reading is no matter', (of, writable, fine) => {
    for (const mode of writable) {
      const home = shared(of, mode)
      expect(whereOf(home), mode.toString(8)).toBe(of === 'home' ? home : join(home, 'config.toml'))
    }
    for (const mode of fine) expect(whereOf(shared(of, mode)), mode.toString(8)).toBeUndefined()
  })

  test('what belongs to another user, unless that is root', () => {
    const refused = (uid: number): unknown => {
      try {
        refuseForeign('/srv/karo', { uid, mode: 0o700 }, 'it', 'bad_config', 1000)
        return undefined
      } catch (error) {
        return (error as KaroError).hint
      }
    }
    expect([refused(0), refused(1000)]).toEqual([undefined, undefined])
    expect(refused(1001)).toContain('sudo chown 1000 /srv/karo')
  })

  test.runIf(process.getuid?.() === 0)('nor is a file that really is another user’s', () => {
    const home = shared('file', 0o600)
    chownSync(join(home, 'config.toml'), 12345, 12345)
    expect(() => loadConfig({ home, env: {} })).toThrow(/another user/)
  })

  test('a FIFO is refused at once', () => {
    const home = temporaryDirectory()
    execFileSync('mkfifo', [join(home, 'config.toml')])
    expect(() => loadConfig({ home, env: {} })).toThrow(/not a file/)
  })
})

test('any document is loaded or refused with a line inside it, never anything else', () => {
  const value = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.string(),
    fc.array(fc.string(), { maxLength: 3 }),
    fc.constant({}),
  )
  const section = fc.constantFrom('node', 'mesh', 'discovery', 'peers', 'sharing', 'sharing.allow', 'guard')
  const name = fc.constantFrom(
    'name',
    'port',
    'listen',
    'peers',
    'denied',
    'allow',
    'level',
    'k_min',
    'trusted',
  )
  const render = (v: unknown): string => (JSON.stringify(v) === '{}' ? '{}' : JSON.stringify(v))
  forAllIn({ numRuns: 200 }, fc.array(fc.tuple(section, name, value), { maxLength: 4 }), (settings) => {
    const toml = settings.map(([s, n, v]) => `[${s}]\n${n} = ${render(v)}\n`).join('')
    try {
      load(toml)
    } catch (error) {
      expect(error).toMatchObject({ name: 'KaroError', code: 'bad_config' })
      const line = Number(/config\.toml:(\d+)$/.exec((error as KaroError).where ?? '')?.[1])
      expect(line).toBeGreaterThan(0)
      expect(line).toBeLessThanOrEqual(toml.split('\n').length)
    }
  })
})
