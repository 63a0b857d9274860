// karo doctor against real nodes: each thing is broken for real, its check says so with a fix that works, and no other fails.
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { daemonAt } from '../../../src/api/contract/client/socket.ts'
import { getSettings, reloadSettings } from '../../../src/api/contract/operations/care.ts'
import { getHealth } from '../../../src/api/contract/operations/status.ts'
import type { DaemonFacts } from '../../../src/api/contract/shapes.ts'
import { CHECK_IDS, type CHECKS } from '../../../src/cli/doctor/catalogue.ts'
import type { CheckResult } from '../../../src/cli/doctor/doctor.ts'
import { newDatabase } from '../../../src/store/level/database.ts'
import { keyRange } from '../../../src/store/level/keyspace.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import {
  cleanEnv,
  ON_LOOPBACK,
  runKaro,
  startNode,
  type TestNode,
  temporaryHome,
} from '../../support/node/node.ts'
import { smallDisk } from '../../support/node/small-disk.ts'
import { track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'
import { openBash } from '../../support/shell/pty.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')

interface Document {
  readonly ok: boolean
  readonly checks: readonly CheckResult[]
  readonly fixes?: readonly { readonly id: string; readonly says: string; readonly failed?: string }[]
}

async function doctor(node: Pick<TestNode, 'karo'>, ...args: readonly string[]): Promise<Document> {
  const ran = await node.karo(['doctor', ...args, '--json'])
  const document = JSON.parse(ran.stdout) as Document
  expect(ran.code, ran.stdout + ran.stderr).toBe(document.ok ? 0 : 1)
  return document
}

const failing = ({ checks }: Document): string[] =>
  checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id)
const find = ({ checks }: Document, id: string): CheckResult => {
  const found = checks.find((one) => one.id === id)
  if (found === undefined) throw new Error(`no ${id}`)
  return found
}

/** As a person would: pasted into a shell, with `sudo` as it is for root, and `karo` found. */
function paste(fix: string | undefined, env: NodeJS.ProcessEnv): void {
  const bin = join(String(env.KARO_HOME), 'bin')
  mkdirSync(bin, { recursive: true })
  if (!existsSync(join(bin, 'karo'))) {
    writeFileSync(join(bin, 'karo'), `#!/bin/sh\nexec ${process.execPath} ${KARO} "$@"\n`, { mode: 0o755 })
    writeFileSync(join(bin, 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
  }
  const ran = spawnSync('sh', ['-ec', fix ?? 'false'], {
    env: { ...env, PATH: `${bin}:${env.PATH}` },
    encoding: 'utf8',
  })
  expect(ran.status, `${fix}\n${ran.stderr}`).toBe(0)
}

/** In order: each test finds the home as the one before left it. */
describe('one node, in three lives', () => {
  let node: TestNode
  let env: NodeJS.ProcessEnv
  beforeAll(async () => {
    node = await startNode({ name: 'doctored' })
    env = cleanEnv(node.home)
  })

  test('nothing fails where nothing is wrong; every check is told once, and each skipped one says why', async () => {
    const document = await doctor(node)
    expect(failing(document)).toEqual([])
    expect(document.checks.map(({ id }) => id)).toEqual(CHECK_IDS)
    for (const { outcome, detail, fix } of document.checks) {
      expect(detail).not.toBe('')
      expect(fix === undefined).toBe(outcome === 'ok' || outcome === 'skipped')
    }
    const people = await node.karo(['doctor'])
    expect(people.code).toBe(0)
    expect(people.stdout).toContain('fine')
  })

  test('--only does one check alone, and an unknown one is wrong usage', async () => {
    const document = await doctor(node, '--only', 'home.key', '--only', 'daemon.running')
    expect(document.checks.map(({ id }) => id).sort()).toEqual(['daemon.running', 'home.key'])
    expect((await node.karo(['doctor', '--only', 'home.keys'])).code).toBe(2)
    expect((await node.karo(['doctor', '--dry-run'])).code).toBe(2)
    expect((await node.karo(['doctor', '--fix', '--egress'])).code).toBe(2)
  })

  /** What is broken by hand, and put right by the fix that is shown; `safe`: by --fix as well. */
  const broken: readonly {
    readonly what: string
    readonly id: keyof typeof CHECKS
    readonly safe: boolean
    readonly outcome?: 'warn'
    readonly breaks: (home: string) => void
  }[] = [
    {
      what: 'a key of somebody else',
      id: 'home.key',
      safe: false,
      breaks: (h) => chownSync(join(h, 'identity.key'), 12_345, 0),
    },
    {
      what: 'a directory others may look into',
      id: 'home.directory',
      safe: true,
      outcome: 'warn',
      breaks: (h) => chmodSync(h, 0o755),
    },
    {
      what: 'a database file of somebody else',
      id: 'home.owner',
      safe: false,
      breaks: (h) => chownSync(join(h, 'db/CURRENT'), 12_345, 0),
    },
    {
      what: 'a spool that is gone',
      id: 'spool.directory',
      safe: true,
      breaks: (h) => rmSync(join(h, 'spool'), { recursive: true }),
    },
  ]

  test.each(broken)(
    '$what is said by $id alone, and its fix mends it',
    async ({ id, safe, outcome, breaks }) => {
      breaks(node.home)
      const sick = await doctor(node, '--fix', '--dry-run')
      expect(failing(sick)).toEqual(outcome === 'warn' ? [] : [id])
      expect(find(sick, id).outcome).toBe(outcome ?? 'fail')
      expect(sick.fixes?.map((deed) => deed.id)).toEqual(safe ? [id] : [])
      paste(find(sick, id).fix, env)
      const whole = await doctor(node, '--fix', '--only', id)
      expect([whole.fixes, find(whole, id).outcome]).toEqual([[], 'ok'])

      breaks(node.home)
      const mended = await doctor(node, '--fix', '--only', id)
      expect(mended.fixes?.map((deed) => deed.id)).toEqual(safe ? [id] : [])
      expect(find(mended, id).outcome).toBe(safe ? 'ok' : 'fail')
      if (!safe) paste(find(mended, id).fix, env)
    },
  )

  test('a key nobody knows is told with its line; a change that waits is a warning', async () => {
    const path = join(node.home, 'config.toml')
    const before = readFileSync(path, 'utf8')
    writeFileSync(path, `${before}\n[mesh]\nprot = 1\n`)
    const sick = await doctor(node)
    expect(failing(sick)).toEqual(['config.file'])
    expect(find(sick, 'config.file').detail).toMatch(/config\.toml:\d+: unknown key mesh\.prot/)
    expect(find(sick, 'config.file').fix).toContain('mesh.port')
    writeFileSync(path, `${before}\n[mesh]\nping_seconds = 20\n[overlay]\nfull_mesh_up_to = 9\n`)
    const waiting = find(await doctor(node), 'config.in_force')
    expect(waiting.outcome).toBe('warn')
    expect(waiting.detail).toContain('mesh.ping_seconds')
    expect(waiting.detail).toContain('overlay.full_mesh_up_to')
    paste(waiting.fix, env)
    expect(find(await doctor(node), 'config.in_force').outcome).toBe('ok')
    writeFileSync(path, before)
    paste(find(await doctor(node), 'config.in_force').fix, env)
    expect(find(await doctor(node), 'config.in_force').outcome).toBe('ok')
  })

  test('what is set is in force at once, or after a restart in the same process; a file with a mistake changes nothing', async () => {
    const path = join(node.home, 'config.toml')
    const before = readFileSync(path, 'utf8')
    const daemon = daemonAt({ socket: join(node.home, 'karo.sock') })
    const set = async (...words: readonly string[]): Promise<unknown> =>
      JSON.parse((await node.karo(['config', 'set', ...words, '--json'])).stdout).in_force
    const settings = async (): Promise<readonly (string | null)[]> => {
      const { keys } = await daemon.call(getSettings)
      return ['history.ignore', 'node.name'].map((key) => keys.find((one) => one.key === key)?.waits ?? null)
    }
    const { pid } = await daemon.call(getHealth)
    expect([await set('history.ignore', 'pass *'), await set('node.name', 'renamed')]).toEqual([
      'at once',
      'restart',
    ])
    expect(await settings()).toEqual([null, 'restart'])
    const unset = JSON.parse((await node.karo(['config', 'unset', 'history.ignore', '--json'])).stdout)
    expect(unset.in_force).toBe('at once')
    const { keys } = await daemon.call(getSettings)
    expect(keys.find(({ key }) => key === 'history.ignore')?.source).toBe('default')
    // A variable of the node's environment wins over the file.
    expect(await set('discovery.mdns', 'true')).toBe('restart')
    const renamed = readFileSync(path, 'utf8')
    writeFileSync(path, '[mesh]\nprot = 1\n')
    const refused = await node.karo(['config', 'reload', '--restart'])
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('config.toml:2')])
    expect((await node.karo(['status'])).stdout).toContain('config.toml:2')
    writeFileSync(path, renamed)
    const taken = await node.karo(['config', 'reload', '--restart', '--json'])
    expect(JSON.parse(taken.stdout)).toEqual({ applied: ['node.name'], waiting: [] })
    // What was read for the restart counts, not what stands there by then.
    writeFileSync(path, before)
    expect(await daemon.call(reloadSettings, { body: { restart: true } })).toMatchObject({
      waiting: ['node.name'],
    })
    writeFileSync(path, '[mesh]\nprot = 1\n')
    await until(async () => (await node.status()).name !== 'renamed', { what: 'it has begun anew' })
    writeFileSync(path, renamed)
    expect((await node.karo(['config', 'reload', '--restart'])).code).toBe(0)
    expect((await node.status()).name).toBe('renamed')
    expect((await daemon.call(getHealth)).pid).toBe(pid)
    expect(await set('node.name', 'again', '--restart')).toBe('at once')
    expect((await node.status()).name).toBe('again')
    writeFileSync(path, before)
    expect((await node.karo(['config', 'reload', '--restart'])).code).toBe(0)
  })

  test('a daemon that hangs is told with its pid, and the rest is looked at all the same', async () => {
    node.process.kill('SIGSTOP')
    try {
      const document = await doctor(node)
      expect(failing(document)).toEqual(['daemon.running'])
      expect(find(document, 'daemon.running').fix).toContain(`kill -9 ${node.pid}`)
      expect(find(document, 'daemon.running').detail).toContain(
        `pid ${node.pid} holds the lock and does not answer`,
      )
      expect(find(document, 'daemon.leftovers').outcome).toBe('ok')
      const second = await node.karo(['up'])
      expect(second.code).toBe(1)
      expect(second.stderr).toMatch(
        new RegExp(`pid ${node.pid} holds the lock and does not answer[^]*kill -9 ${node.pid}; karo .*up`),
      )
      expect(find(document, 'home.key').outcome).toBe('ok')
      expect(find(document, 'store.database').outcome).toBe('skipped')
    } finally {
      node.process.kill('SIGCONT')
    }
    await until(async () => (await doctor(node, '--only', 'daemon.running')).ok, { what: 'it answers again' })
  })

  test('every socket it has open is explained', async () => {
    const ran = await node.karo(['doctor', '--egress', '--json'])
    const { ok, pid, sockets } = JSON.parse(ran.stdout) as {
      ok: boolean
      pid: number
      sockets: { kind: string; local: string; why: string | null }[]
    }
    expect(sockets.filter(({ why }) => why === null)).toEqual([])
    expect({ ok, pid, code: ran.code }).toEqual({ ok: true, pid: node.pid, code: 0 })
    const [address] = (await node.status()).mesh.listen
    const [, , ip, , port] = String(address).split('/')
    expect(sockets.find(({ local }) => local === `${ip}:${port}`)?.why).toContain('mesh.port')
  })

  const repair = (...args: readonly string[]) => node.karo(['doctor', '--repair', '--json', ...args])

  test('--repair refuses while a daemon runs', async () => {
    append(join(node.home, 'spool'), liveName(), records(['git status', 'make']))
    await until(async () => (await node.status()).store.events === 2, { what: 'two commands are kept' })
    const refused = await repair()
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining(`pid ${node.pid}`)])
    expect(refused.stdout).toContain(`karo stop --home ${node.home}`)
  })

  test('what a killed daemon left is told, and removed by --fix', async () => {
    await node.kill9()
    const document = await doctor(node)
    expect(failing(document)).toEqual(['daemon.running'])
    expect(find(document, 'daemon.leftovers').detail).toContain(`pid ${node.pid}`)
    const { fixes } = await doctor(node, '--fix')
    expect(fixes?.map(({ id }) => id)).toEqual(['daemon.leftovers', 'daemon.leftovers'])
    expect(existsSync(join(node.home, 'karo.sock')) || existsSync(join(node.home, 'karo.lock'))).toBe(false)
    expect((await doctor(node, '--fix')).fixes).toEqual([])
  })

  test('a database that lies elsewhere, behind a link, is looked at there', async () => {
    const [db, place] = [join(node.home, 'db'), join(temporaryHome(), 'elsewhere')]
    renameSync(db, place)
    symlinkSync(place, db)
    expect(failing(await doctor(node))).toEqual(['daemon.running'])
    chmodSync(place, 0o777)
    expect(failing(await doctor(node))).toEqual(['home.directory', 'daemon.running'])
    expect(failing(await doctor(node, '--fix'))).toEqual(['daemon.running'])
    expect(statSync(place).mode & 0o777).toBe(0o700)
    rmSync(db)
    renameSync(place, db)
  })

  test('--repair reads a whole database, and saves what can be read of a damaged one', async () => {
    expect(find(await doctor(node), 'store.database').detail).toContain('its files are whole')
    const whole = await repair('--dry-run')
    expect(whole.code, whole.stdout).toBe(0)
    const db = join(node.home, 'db')
    const current = readFileSync(join(db, 'CURRENT'))
    writeFileSync(join(db, 'CURRENT'), 'nonsense')
    const sick = await doctor(node)
    expect(failing(sick)).toEqual(['daemon.running', 'store.database'])
    const [mends, ...others] = find(sick, 'store.database').fix?.split('\n') ?? []
    expect(mends).toBe('karo doctor --repair --home '.concat(node.home))
    expect(others).toEqual([expect.stringContaining(`karo restore <file> --replace --home ${node.home}`)])
    const damaged = await repair('--dry-run')
    expect({ code: damaged.code, ok: (JSON.parse(damaged.stdout) as { ok: boolean }).ok }).toEqual({
      code: 1,
      ok: false,
    })
    expect(readFileSync(join(db, 'CURRENT'), 'utf8')).toBe('nonsense')
    const people = await node.karo(['doctor', '--repair', '--dry-run'])
    expect(people.stdout).toContain('nothing was changed')
    const mended = await repair()
    expect(mended.code, mended.stdout).toBe(0)
    const { copy } = JSON.parse(mended.stdout) as { copy: string }
    expect(readFileSync(join(copy, 'CURRENT'), 'utf8')).toBe('nonsense')
    expect(current.toString()).toMatch(/^MANIFEST-/)
  })

  /** Another program, in a process of its own, so that it can be ended as the fix says. */
  async function squat(): Promise<{ pid: number; port: number; gone: Promise<unknown> }> {
    const code = `const s = require('net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port))`
    const child = track(spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] }))
    const gone = new Promise((resolve) => child.once('exit', resolve))
    const port = await new Promise<number>((resolve) =>
      child.stdout.once('data', (data) => resolve(Number(data))),
    )
    return { pid: child.pid ?? 0, port, gone }
  }

  test('who holds each is named; when that one is gone the daemon takes it by itself', async () => {
    const [mesh, http] = await Promise.all([squat(), squat()])
    const env = { KARO_MESH_PORT: String(mesh.port), KARO_HTTP_PORT: String(http.port) }
    node = await startNode({ home: node.home, env, ready: false })
    await until(async () => (await node.karo(['status'])).code === 0, { what: 'the daemon answers' })
    const document = await doctor(node)
    expect(failing(document).toSorted()).toEqual(['http.listener', 'mesh.port'])
    for (const [id, { pid, port, gone }] of [
      ['mesh.port', mesh],
      ['http.listener', http],
    ] as const) {
      expect(find(document, id).detail).toMatch(new RegExp(`pid ${pid},.* port ${port}`))
      const [other, end = ''] = find(document, id).fix?.split('\n') ?? []
      expect(other).toContain('choose another port')
      expect(end).toBe(`or end that program: kill ${pid}`)
      paste(end.slice(end.indexOf('kill')), cleanEnv(node.home))
      await gone
      await until(async () => (await doctor(node, '--only', id)).ok, { what: 'it listens' })
    }
    expect((await node.json<{ total: number }>(['history'])).total).toBe(2)
    expect(failing(await doctor(node))).toEqual([])
  })

  test('an entry that was altered is found, and it alone is said', async () => {
    await node.stop()
    const db = newDatabase(join(node.home, 'db'))
    await db.open()
    const [row] = await db.iterator({ ...keyRange('audit', { bytes: Uint8Array.of(1) }), limit: 1 }).all()
    if (row === undefined) throw new Error('the ledger is empty')
    const [key, value] = row
    const altered = Buffer.from(value)
    const at = altered.indexOf('node_started')
    altered.write('node_stopped', at)
    await db.put(key, altered)
    await db.close()
    expect(at).toBeGreaterThan(0)
    node = await startNode({ home: node.home })
    const document = await doctor(node)
    expect(failing(document)).toEqual(['audit.ledger'])
    expect(find(document, 'audit.ledger').detail).toContain('entry 1 ')
    expect(find(document, 'audit.ledger').fix).toContain(`karo --home ${node.home} audit verify`)
  })

  test('a socket that was removed under a daemon that lives, which still has its ports', async () => {
    const [address = ''] = (await node.status()).mesh.listen
    const port = /\/tcp\/(\d+)$/.exec(address)?.[1] ?? ''
    rmSync(join(node.home, 'karo.sock'))
    const env = { ...cleanEnv(node.home), ...ON_LOOPBACK, KARO_MESH_PORT: port }
    const document = await doctor({ karo: (args) => runKaro(args, env) })
    expect(failing(document)).toEqual(['daemon.running'])
    expect(find(document, 'daemon.running').fix).toContain(`kill ${node.pid}`)
  })
})

describe('hooks', () => {
  let person: string
  let node: Pick<TestNode, 'karo'>
  let env: NodeJS.ProcessEnv
  const rc = (): string => join(person, '.bashrc')
  const hooks = async (...args: string[]) =>
    find(await doctor(node, '--only', 'shell.hooks', ...args), 'shell.hooks')
  beforeAll(() => {
    person = temporaryHome()
    env = { ...cleanEnv(join(person, 'karo')), HOME: person, SHELL: '/bin/bash' }
    node = { karo: (args, input) => runKaro(args, env, input) }
    mkdirSync(join(person, 'karo'), { mode: 0o700 })
  })

  test('none, doubled, stale: each is said; what is there is written anew by --fix, and none is added', async () => {
    expect((await hooks()).outcome).toBe('warn')
    expect((await hooks('--fix')).outcome).toBe('warn')
    expect(existsSync(rc())).toBe(false)

    paste((await hooks()).fix, env)
    expect((await hooks()).outcome).toBe('ok')
    const line = readFileSync(rc(), 'utf8')

    writeFileSync(rc(), `alias l=ls\n${line}${line}`)
    expect((await hooks()).detail).toContain('2 times')
    expect((await hooks('--fix')).outcome).toBe('ok')
    expect(readFileSync(rc(), 'utf8')).toContain('alias l=ls\n')

    writeFileSync(
      rc(),
      line.replaceAll(KARO, '/opt/old/karo.js').replaceAll(process.execPath, '/opt/old/node'),
    )
    expect((await hooks()).detail).toContain('/opt/old/')
    expect((await hooks('--fix')).outcome).toBe('ok')
    expect((await hooks('--fix')).outcome).toBe('ok')
    expect(readFileSync(rc(), 'utf8').match(/karo shell hook/g)).toHaveLength(1)
  })
})

describe('without a daemon', () => {
  test('no home at all: what is missing is said, everything else is looked at or skipped', async () => {
    const home = join(temporaryHome(), 'none')
    // Another daemon of this machine may have the usual ports.
    const env = { ...cleanEnv(home), ...ON_LOOPBACK }
    const node = { karo: (args: readonly string[]) => runKaro(args, env) }
    const document = await doctor(node)
    expect(failing(document)).toEqual(['home.directory', 'daemon.running'])
    expect(find(document, 'runtime.node').outcome).toBe('ok')
    expect(existsSync(home)).toBe(false)
    paste(find(document, 'home.directory').fix, cleanEnv(home))
    expect(failing(await doctor(node))).toEqual(['daemon.running'])
    expect((await node.karo(['doctor', '--egress'])).code).toBe(3)
  })
})

/** A file on tmpfs grows by so much at once (tmpfs(5)). */
const PAGE_BYTES = 4_096

describe.skipIf(process.getuid?.() !== 0)('a small disk (needs root)', () => {
  test('full: that is said, and nothing of what follows from it; with room again all is well', async () => {
    const disk = smallDisk(96)
    writeFileSync(join(disk.home, 'config.toml'), '[node]\nname = "small"\n', { mode: 0o600 })
    const node = await startNode({ name: 'small', home: disk.home })
    expect(failing(await doctor(node))).toEqual([])
    disk.fill()
    expect(failing(await doctor(node))).toEqual(['store.disk'])
    // What the page at the end of its log still takes is used up by the probes.
    const socket = join(disk.home, 'karo.sock')
    const probe = async () => (await callDaemon({ socket }, 'GET', '/api/v1/doctor')) as DaemonFacts
    for (let probes = 0; (await probe()).store_problem === null; probes++)
      expect(probes, 'each takes at least a byte of it').toBeLessThan(PAGE_BYTES)
    const sick = await doctor(node)
    expect(failing(sick)).toEqual(['store.disk'])
    expect(find(sick, 'store.disk').fix).toContain('du -xh')
    disk.free()
    await until(async () => failing(await doctor(node)).length === 0, { what: 'all is well again' })
    await node.stop()
  })
})

describe('what the machine gives', () => {
  const only = (env: NodeJS.ProcessEnv, before: string, id: string): CheckResult => {
    const line = `${before}; exec "$0" "$1" doctor --json --only ${id}`
    const ran = spawnSync('sh', ['-c', line, process.execPath, KARO], { env, encoding: 'utf8' })
    return find(JSON.parse(ran.stdout) as Document, id)
  }

  const canLimit = spawnSync('unshare', ['-U', '-r', 'true']).status === 0
  test.skipIf(!canLimit)('no inotify left (needs user namespaces)', () => {
    const limit = 'echo 0 > /proc/sys/user/max_inotify_instances'
    const argv = ['-U', '-r', 'sh', '-c', `${limit}; exec "$0" "$1" doctor --json --only runtime.inotify`]
    const env = cleanEnv(join(temporaryHome(), 'none'))
    const ran = spawnSync('unshare', [...argv, process.execPath, KARO], { env, encoding: 'utf8' })
    expect(find(JSON.parse(ran.stdout) as Document, 'runtime.inotify')).toMatchObject({ outcome: 'warn' })
    expect(only(env, 'true', 'runtime.inotify').outcome).toBe('ok')
  })
})

describe('a shell at a terminal', () => {
  test('one with the hook is recorded, one without is told how', async () => {
    const home = temporaryHome()
    const rc = join(home, 'rc')
    const look = `${process.execPath} ${KARO} doctor --home ${home} --only shell.recorded`
    // The guard would draw the prompt anew, which is what an end is known by here.
    const hook = (await runKaro(['shell', 'init', 'bash', '--no-guard'], cleanEnv(home))).stdout
    const [spool, other] = [join(home, 'spool'), join(home, 'of-another-node')]
    for (const directory of [spool, other]) mkdirSync(directory, { mode: 0o700 })
    for (const [text, says] of [
      ['', 'is not recorded'],
      [hook, 'this shell: bash, pid'],
      [hook.replaceAll(spool, other), 'is not recorded'],
    ] as const) {
      writeFileSync(rc, text)
      const bash = await openBash({ rc, env: { HOME: home } })
      await bash.run('true')
      expect(await bash.run(look)).toContain(says)
      await bash.close()
    }
  })
})
