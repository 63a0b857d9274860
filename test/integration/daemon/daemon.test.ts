// The daemon as a process: one pid, one per home, ready, ended in time, and none the worse for being killed.
import { spawn, spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join, relative } from 'node:path'
import { spawn as spawnPty } from '@lydell/node-pty'
import { beforeAll, describe, expect, test } from 'vitest'
import type { StatusShape } from '../../../src/api/contract/shapes.ts'
import { orElse } from '../../../src/base/run/or-else.ts'
import { holdHome } from '../../../src/ops/system/home-lock.ts'
import {
  cleanEnv,
  ON_LOOPBACK,
  runKaro,
  startNode,
  type TestNode,
  temporaryHome,
} from '../../support/node/node.ts'
import { atEnd, ended, track } from '../../support/run/processes.ts'
import { times } from '../../support/run/thorough.ts'
import { until } from '../../support/run/until.ts'

/** What `karo up` promises on a machine that has time for it: some five starts. */
const STOP_MS = 5_000
/** A busy machine needs as much longer for the end as it needed for the start. */
const stopLimit = (startMs: number): number => Math.max(STOP_MS, 5 * startMs)
const ROOT = join(import.meta.dirname, '../../..')
const KARO = join(ROOT, 'dist/karo.js')

/** Ends it, within what it has for that, and leaves nothing behind. */
async function endsCleanly(node: TestNode, signal: 'SIGTERM' | 'SIGHUP', startMs: number): Promise<void> {
  const began = performance.now()
  node.process.kill(signal)
  expect(await ended(node.process)).toEqual({ code: 0, signal: null })
  expect(performance.now() - began).toBeLessThan(stopLimit(startMs))
  expect(existsSync(join(node.home, 'karo.sock'))).toBe(false)
  expect(existsSync(join(node.home, 'karo.lock'))).toBe(false)
}

/** How long the last start took that was measured. */
let startMs: number

describe('one karo up', () => {
  let node: TestNode
  beforeAll(async () => {
    const began = performance.now()
    node = await startNode({ name: 'eng-042' })
    startMs = performance.now() - began
  })

  test('a node whose key is older than its empty database says that the database is gone, and a new one does not', async () => {
    const first = await startNode()
    expect((await first.status()).mesh.alarms).toEqual([])
    await first.stop()
    const [db, key] = [join(first.home, 'db'), join(first.home, 'identity.key')]
    for (const file of readdirSync(db)) rmSync(join(db, file))
    const { mtimeMs } = statSync(db)
    utimesSync(key, mtimeMs / 1_000 - 120, mtimeMs / 1_000 - 120)
    const second = await startNode({ home: first.home })
    expect((await second.status()).mesh.alarms).toEqual([
      expect.stringMatching(/^this node started with an empty database.* karo restore <backup> --replace/),
    ])
    await second.stop()
  })

  test('is the daemon: the same pid holds lock, socket and log; status tells who and how', async () => {
    const status = await node.json<Record<string, unknown>>(['status'])
    const identity = await node.json<Record<string, unknown>>(['identity', 'show'])
    expect(status).toMatchObject({
      node_id: identity.node_id,
      fingerprint: identity.fingerprint,
      name: 'eng-042',
      mesh: { peers_connected: 0, peers_trusted: 0, peers_pending: 0, members_known: 0 },
      health: { ready: true },
    })
    expect(JSON.parse(readFileSync(join(node.home, 'karo.lock'), 'utf8'))).toMatchObject({ pid: node.pid })
    expect(readFileSync(`/proc/${node.pid}/cmdline`, 'utf8')).toContain('karo.js\0up')
    expect(children(node.pid)).toEqual([])
    expect(statSync(join(node.home, 'karo.sock')).mode & 0o777).toBe(0o600)
    // A thread writes it, when it comes to it.
    await until(() => node.log().endsWith('\n'), { what: 'whole lines of its log' })
    for (const line of node.log().trimEnd().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ pid: node.pid })
    const shown = await node.karo(['status'])
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    expect(shown.stdout).toContain('eng-042')
  })

  test('a second one is refused with the pid of the first, which goes on', async () => {
    const second = await node.karo(['up'])
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`pid ${node.pid}`)
    const told = await node.karo(['up', '--json'])
    expect(JSON.parse(told.stdout)).toMatchObject({
      error: { code: 'conflict', message: expect.stringContaining(`${node.pid}`) },
    })
    expect((await node.status()).health.ready).toBe(true)
  })

  test('SIGTERM ends it in time, cleanly', () => endsCleanly(node, 'SIGTERM', startMs))
})

describe('karo up', () => {
  const often = temporaryHome()

  test('--background: it outlives the command, is not started twice, and says why it does not start', async () => {
    const home = temporaryHome()
    // Named from the working directory, which is not that of the daemon.
    const env = cleanEnv(relative(process.cwd(), home), ON_LOOPBACK)
    const began = await runKaro(['up', '--background'], { ...env, npm_lifecycle_event: 'karo' })
    // No shell of a fresh clone knows `karo` yet.
    expect(began.stdout).toContain('  npm run karo -- shell install  ')
    const pid = Number(/as process (\d+)/.exec(began.stdout)?.[1])
    expect([began.code, pid], began.stderr).toEqual([0, expect.any(Number)])
    expect(began.stdout).toContain(`karo --home ${home} stop`)
    atEnd(() => {
      if (existsSync(join(home, 'karo.lock'))) process.kill(pid, 'SIGKILL')
    })
    expect(JSON.parse(readFileSync(join(home, 'karo.lock'), 'utf8'))).toMatchObject({ pid })
    expect(statSync(join(home, 'up.log')).mode & 0o777).toBe(0o600)
    // A session of its own: no terminal hangs it up.
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3]).toBe(String(pid))
    const again = await runKaro(['up', '--background'], env)
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining(`already, as process ${pid}`)])
    const told = await runKaro(['up', '--background', '--json'], env)
    expect(JSON.parse(told.stdout)).toEqual({ name: expect.any(String), pid, started: false })
    expect(existsSync(join(home, 'up.failed'))).toBe(false)
    process.kill(pid, 'SIGTERM')
    await until(() => !existsSync(join(home, 'karo.lock')), { what: 'the daemon has ended' })
    writeFileSync(join(home, 'config.toml'), '[mesh]\nprot = 1\n')
    const wrong = await runKaro(['up', '--background'], env)
    expect([wrong.code, wrong.stderr]).toEqual([expect.any(Number), expect.stringContaining('mesh.prot')])
    expect(wrong.code).not.toBe(0)
    // Also where the daemon has emptied the log of a start that said less.
    writeFileSync(join(home, 'config.toml'), `[guard]\n${'prot'.repeat(50)} = 1\n`)
    const longer = await runKaro(['up', '--background'], env)
    expect(longer.stderr).toContain(`unknown key guard.${'prot'.repeat(50)}`)
    // A new shell does not try again at once, and a person may.
    const log = readFileSync(join(home, 'up.log'), 'utf8')
    const shell = await runKaro(['up', '--background', '--unless-failed'], env)
    expect([shell.code, shell.stderr]).toEqual([0, ''])
    expect(readFileSync(join(home, 'up.log'), 'utf8')).toBe(log)
    const document = await runKaro(['up', '--background', '--unless-failed', '--json'], env)
    expect(JSON.parse(document.stdout)).toEqual({ name: null, pid: null, started: false })
    const longAgo = Date.now() / 1000 - 120
    utimesSync(join(home, 'up.failed'), longAgo, longAgo)
    expect((await runKaro(['up', '--background', '--unless-failed'], env)).code).not.toBe(0)
  })

  test('a new shell starts nothing while a daemon of that home is starting', async () => {
    const node = await startNode({ ready: false })
    const held = new RegExp(`FLOCK .* ${node.pid} \\S+:${statSync(node.home).ino} `)
    await until(() => held.test(readFileSync('/proc/locks', 'utf8')), { what: 'it holds the home' })
    node.process.kill('SIGSTOP')
    // Its name stands there only later.
    rmSync(join(node.home, 'karo.lock'), { force: true })
    const shell = await node.karo(['up', '--background', '--unless-failed', '--json'])
    expect(JSON.parse(shell.stdout)).toEqual({ name: null, pid: null, started: false })
    expect(existsSync(join(node.home, 'up.log'))).toBe(false)
    await node.kill9()
  })

  test('karo stop ends a node that holds its home before its name stands there, as while it begins anew', async () => {
    const node = await startNode()
    rmSync(join(node.home, 'karo.lock'))
    expect(await node.json(['stop'])).toEqual({ stopped: true, pid: node.pid })
    await until(() => node.process.exitCode !== null, { what: 'it has ended' })
  })

  test('--background several times at once: one daemon stays, and all of them name it', async () => {
    const home = temporaryHome()
    const env = cleanEnv(home, ON_LOOPBACK)
    const ends = await Promise.all([1, 2, 3].map(() => runKaro(['up', '--background', '--json'], env)))
    const { pid } = JSON.parse(readFileSync(join(home, 'karo.lock'), 'utf8')) as { pid: number }
    const ofHome = (): number[] =>
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .filter((name) => {
          const environment = orElse(() => readFileSync(`/proc/${name}/environ`, 'utf8'), '')
          return environment.split('\0').includes(`KARO_HOME=${home}`)
        })
        .map(Number)
    atEnd(() => {
      for (const one of ofHome()) orElse(() => process.kill(one, 'SIGKILL'), false)
    })
    expect(ends.map(({ code, stdout }) => [code, JSON.parse(stdout).pid])).toEqual(
      [1, 2, 3].map(() => [0, pid]),
    )
    expect(ends.filter(({ stdout }) => JSON.parse(stdout).started === true)).toHaveLength(1)
    expect(existsSync(join(home, 'up.failed'))).toBe(false)
    // None of the others is left that would start when it has stopped.
    process.kill(pid, 'SIGTERM')
    await until(() => ofHome().length === 0, { what: 'nobody works in the home' })
  })

  test('--background while a restore holds the home says so, and does not wait as for a daemon that starts', async () => {
    const home = temporaryHome()
    const letGo = await holdHome({ home, lock: join(home, 'karo.lock') })
    atEnd(letGo)
    const refused = await runKaro(['up', '--background'], cleanEnv(home, ON_LOOPBACK))
    expect([refused.code, refused.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining('another karo is at work in this home'),
    ])
    expect(refused.code).not.toBe(0)
    // From the last words of the process that was refused; a daemon that starts is waited for ten minutes.
    const waited = statSync(join(home, 'up.failed')).mtimeMs - statSync(join(home, 'up.log')).mtimeMs
    expect(waited).toBeLessThan(300_000)
  })

  test('--background says so where SIGKILL ended the node, as lack of memory does', async () => {
    const killed = join(temporaryHome(), 'killed.cjs')
    // The daemon has a channel to the command that made it, which itself goes on.
    writeFileSync(killed, "if (process.send) process.kill(process.pid, 'SIGKILL')\n")
    const env = { ...cleanEnv(temporaryHome(), ON_LOOPBACK), NODE_OPTIONS: `--require ${killed}` }
    const { code, stderr } = await runKaro(['up', '--background'], env)
    expect([code, stderr]).toEqual([1, expect.stringContaining('SIGKILL ended the node')])
  })

  test.runIf(process.getuid?.() === 0)(
    '--background of the user nobody, whom the kernel does not name to a node, ends, and so does the node',
    async () => {
      const home = temporaryHome()
      chownSync(home, 65_534, 65_534)
      const ran = track(
        spawn(process.execPath, [KARO, 'up', '--background'], {
          uid: 65_534,
          gid: 65_534,
          env: cleanEnv(home, ON_LOOPBACK),
          stdio: ['ignore', 'ignore', 'pipe'],
        }),
      )
      let said = ''
      ran.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
      expect(await ended(ran)).toMatchObject({ code: 4 })
      expect(said).toContain('comes from the user nobody')
      await until(() => !existsSync(join(home, 'karo.lock')), { what: 'the node has ended' })
    },
  )

  test.each(['', '--background'])('with too few open files it does not begin, and says so (%s)', (option) => {
    const home = join(temporaryHome(), 'home')
    const argv = ['-c', 'ulimit -n 24; exec "$0" "$@"', process.execPath, KARO, 'up']
    const ran = spawnSync('sh', option === '' ? argv : [...argv, option], {
      env: cleanEnv(home, ON_LOOPBACK),
      encoding: 'utf8',
    })
    expect(ran.stderr).toContain('at most 24 files may be open')
    expect(ran.status).toBe(1)
    // In the background its last words need a place.
    expect(existsSync(option === '' ? home : join(home, 'identity.key'))).toBe(false)
  })

  test('--background where no directory can be made says where and why', async () => {
    const file = join(temporaryHome(), 'file')
    writeFileSync(file, '')
    const refused = await runKaro(['up', '--background'], cleanEnv(join(file, 'home'), ON_LOOPBACK))
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("cannot write the node's directory"),
    })
    expect(refused.stderr).toContain(file)
  })

  test('SIGTERM at any moment of its first start ends it in time', async () => {
    // From before its code runs to after it is ready, in steps that a start of any speed meets.
    for (let delay = 0; delay <= 600; delay += times(400, 60)) {
      const node = await startNode({ home: often, ready: false })
      await new Promise((resolve) => setTimeout(resolve, delay))
      const began = performance.now()
      const { code } = await node.stop()
      expect(performance.now() - began).toBeLessThan(stopLimit(startMs))
      // Before its handlers are there the signal itself ends it.
      expect([0, null]).toContain(code)
    }
  })

  test('after that and after each kill -9 it starts again, as the same node, and SIGHUP ends it in time, cleanly', async () => {
    let one = await startNode({ home: often })
    const { node_id } = await one.status()
    for (let round = 0; round < times(1, 20); round++) {
      await one.kill9()
      expect(existsSync(join(often, 'karo.sock'))).toBe(true)
      expect(existsSync(join(often, 'karo.lock'))).toBe(true)
      const began = performance.now()
      one = await startNode({ home: often })
      startMs = performance.now() - began
      expect(await one.status()).toMatchObject({ node_id, health: { ready: true } })
    }
    expect(await one.json(['audit', 'verify'])).toMatchObject({ ok: true })
    // What a killed start leaves behind is bounded: no temporary file per life.
    expect(readdirSync(often).filter((name) => /\.tmp$|^\.|\.new$/.test(name))).toEqual([])
    await endsCleanly(one, 'SIGHUP', startMs)
  })

  test('of several started at once exactly one runs', async () => {
    const home = temporaryHome()
    const nodes = await Promise.all([1, 2].map(() => startNode({ home, ready: false })))
    const running = () => nodes.filter((node) => node.process.exitCode === null)
    await until(() => running().length === 1, { what: 'one of two gave up' })
    await running()[0]?.ready()
    for (const node of nodes.filter((node) => node !== running()[0])) {
      expect((await ended(node.process)).code).toBe(1)
    }
  })

  test('at a terminal the first start asks; yes listens to nobody, Ctrl-C starts nothing', async () => {
    const home = temporaryHome()
    const first = atTerminal(home)
    await first.shows('[y/N] ')
    first.write('\u0003')
    expect(await first.end).toBe(130)
    expect(existsSync(join(home, 'identity.key'))).toBe(false)
    const second = atTerminal(home)
    await second.shows('[y/N] ')
    second.write('y\r')
    await second.shows('is ready')
    expect(readFileSync(join(home, 'config.toml'), 'utf8')).toContain('\nlisten = []\n')
    second.write('\u0003')
    await second.end
  })

  test('Ctrl-C at the question of karo shell install installs nothing', async () => {
    const home = temporaryHome()
    const install = atTerminal(home, { HOME: home, SHELL: '/bin/zsh' }, ['shell', 'install'])
    await install.shows('[Y/n] ')
    install.write('\u0003')
    expect(await install.end).toBe(130)
    expect(readdirSync(home)).toEqual([])
  })

  test('without its port the node runs on, says what is wrong, and heals when the port is free; at a terminal it says in words that it is ready, and not before it is; Ctrl-C ends it', async () => {
    const home = temporaryHome()
    const status = async () => {
      const { code, stdout } = await runKaro(['status', '--json'], cleanEnv(home))
      // Not ready is no failure of asking.
      expect(code).toBe(0)
      return JSON.parse(stdout) as StatusShape
    }
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    const terminal = atTerminal(home, { KARO_MESH_PORT: String(port) })
    await terminal.shows('[y/N] ')
    terminal.write('\r')
    await terminal.shows('Ctrl-C stops it')
    expect(terminal.seen()).not.toContain('is ready')
    const { health, mesh } = await status()
    expect([health.ready, mesh.listen]).toEqual([false, []])
    expect(health.checks.filter((check) => !check.ok)).toEqual([
      { name: 'mesh.listening', ok: false, detail: expect.stringContaining(String(port)) },
    ])
    await new Promise((resolve) => taken.close(resolve))
    await terminal.shows('is ready')
    expect((await status()).mesh.listen).toHaveLength(1)
    terminal.write('\u0003')
    expect(await terminal.end).toBe(0)
    expect(terminal.seen()).not.toContain('{')
    expect(terminal.seen()).toContain('karo --home')
    expect(terminal.seen()).toContain('shell install')
  })
})

describe('the program', () => {
  test('is executable, and says what it needs under an older Node', async () => {
    expect(statSync(KARO).mode & 0o777).toBe(0o755)
    const text = readFileSync(KARO, 'utf8')
    expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true)
    // An older Node is not always at hand; what it must be able to do is parse and link this file.
    expect(text).not.toMatch(/^import\s*\{/m)
    const old = track(
      spawn(process.execPath, ['--import', OLD_NODE, KARO, 'status'], { stdio: ['ignore', 'pipe', 'pipe'] }),
    )
    let stderr = ''
    old.stderr.on('data', (part: Buffer) => (stderr += part))
    expect(await ended(old)).toEqual({ code: 1, signal: null })
    expect(stderr).toContain('needs Node.js 22.12')
  })

  test('npm start becomes the daemon, and signals reach it', async () => {
    const home = temporaryHome()
    const env = {
      ...cleanEnv(home, ON_LOOPBACK),
      PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`,
    }
    const npm = track(spawn('npm', ['start', '--silent'], { cwd: ROOT, env, stdio: 'ignore' }))
    const lock = join(home, 'karo.lock')
    let pid = 0
    try {
      await until(() => existsSync(join(home, 'karo.sock')), { what: 'npm start runs the daemon' })
      pid = (JSON.parse(readFileSync(lock, 'utf8')) as { pid: number }).pid
      npm.kill('SIGTERM')
      await ended(npm)
      // npm waits for what it ran: when it is gone, so is the daemon.
      expect(existsSync(`/proc/${pid}`)).toBe(false)
      expect(existsSync(lock)).toBe(false)
    } finally {
      if (pid > 0 && existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL')
    }
  })
})

const OLD_NODE = `data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process.versions, 'node', { value: '20.11.0' })",
)}`

/** `karo up`, or other words, as a person types it. */
function atTerminal(home: string, more: Readonly<Record<string, string>> = {}, words = ['up']) {
  const terminal = spawnPty(process.execPath, [KARO, ...words], {
    env: cleanEnv(home, { ...ON_LOOPBACK, ...more }),
  })
  let seen = ''
  terminal.onData((text) => {
    seen += text
  })
  let over = false
  const end = new Promise<number>((resolve) =>
    terminal.onExit(({ exitCode, signal }) => resolve(signal ? 128 + signal : exitCode)),
  )
  void end.then(() => {
    over = true
  })
  atEnd(() => {
    if (!over) terminal.kill('SIGKILL')
  })
  return {
    end,
    seen: () => seen,
    shows: (text: string) => until(() => seen.includes(text), { what: `"${text}" at the terminal` }),
    write: (keys: string) => terminal.write(keys),
  }
}

function children(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
}
