// The program itself, as a process: old versions of Node, a reader that goes away, what a hot command loads.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BUILD } from '../../../src/base/version.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { playDaemon } from '../../support/node/played-daemon.ts'
import { COMPILED } from '../../support/run/compiled.ts'

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts')

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const envOf = (home = temporaryDirectory()) => ({ ...COMPILED, PATH: process.env.PATH, KARO_HOME: home })
const begin = (args: readonly string[], home?: string) =>
  spawn(process.execPath, args, { env: envOf(home), stdio: ['ignore', 'pipe', 'pipe'] })

async function karo(
  args: readonly string[],
  options: { home?: string; preload?: string } = {},
): Promise<Run> {
  const preload = options.preload
    ? ['--import', `data:text/javascript,${encodeURIComponent(options.preload)}`]
    : []
  const child = begin([...preload, MAIN, ...args], options.home)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (child.exitCode === null) await once(child, 'exit')
  return { code: child.exitCode, stdout, stderr }
}

/** Says on stderr which modules are loaded. */
const SPY = `
  import { registerHooks } from 'node:module'
  registerHooks({ load(url, context, next) { process.stderr.write('loaded ' + url + '\\n'); return next(url, context) } })
`
const pretend = (version: string): string =>
  `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`

describe('the Node version', () => {
  test.each(['18.20.4', '22.11.0'])(
    '%s is told what is needed, before anything else is loaded',
    async (version) => {
      const { code, stdout, stderr } = await karo(['--version'], { preload: pretend(version) + SPY })
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain(`needs Node.js 22.12 or newer, this is ${version}`)
      expect(stderr).not.toMatch(/loaded .*src\/(?!cli\/main)/)
    },
  )

  test.each(['22.12.0', '100.0.0'])('%s is enough', async (version) => {
    expect((await karo(['--version'], { preload: pretend(version) })).code).toBe(0)
  })
})

test('a hot command loads neither commander nor a TOML parser, any other one loads commander', async () => {
  const hot = await karo(['status'], { preload: SPY })
  expect(hot.code).toBe(3)
  expect(hot.stderr).toContain('src/cli/commands/node/status.ts')
  expect(hot.stderr).not.toMatch(/loaded .*(commander|smol-toml|fastify|libp2p|blake3)/)
  const other = await karo(['config', 'get', 'mesh.port'], { preload: SPY })
  expect(other.stdout).toBe('9238\n')
  expect(other.stderr).toMatch(/loaded .*commander/)
})

test('nobody listening: exit 3 with the way to start it, as JSON too', async () => {
  const { code, stdout } = await karo(['status', '--json'])
  expect(code).toBe(3)
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'not_running', hint: expect.stringMatching(/karo --home \S+ up/) },
  })
})

// A device that is always full; elsewhere there is none.
test.runIf(existsSync('/dev/full'))('a disk that is full is told in one line, and fails', () => {
  const full = openSync('/dev/full', 'w')
  onTestFinished(() => closeSync(full))
  const run = (stderr: 'pipe' | number) =>
    spawnSync(process.execPath, [MAIN, 'config', 'list'], {
      env: envOf(),
      stdio: ['ignore', full, stderr],
      encoding: 'utf8',
    })
  const { status, stderr } = run('pipe')
  expect([status, stderr]).toEqual([1, 'karo: cannot write: no space left on device\n'])
  expect(run(full).status).toBe(1)
})

test('a file gets what a pipe gets, also of more than is written without a stream', async () => {
  const piped = await karo(['check', '--rules', '--json'])
  expect(piped.stdout.length).toBeGreaterThan(16_384)
  const path = join(temporaryDirectory(), 'out')
  for (const [args, { stdout }] of [
    [['check', '--rules', '--json'], piped],
    [['--version'], await karo(['--version'])],
  ] as const) {
    const file = openSync(path, 'w')
    onTestFinished(() => closeSync(file))
    const { status } = spawnSync(process.execPath, [MAIN, ...args], {
      env: envOf(),
      stdio: ['ignore', file, 'inherit'],
    })
    expect(status).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe(stdout)
  }
})

test('a reader that has gone away is no error', async () => {
  const child = begin([MAIN, 'config', 'list'])
  // Long before the program can have started to write.
  child.stdout.destroy()
  expect(await text(child.stderr)).toBe('')
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(0)
})

test('Ctrl-C of what waits for a model is told as that', async () => {
  const server = createServer(() => child.kill('SIGINT')).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const child = spawn(process.execPath, [MAIN, 'model', 'test'], {
    env: { ...envOf(), KARO_ASK_ENDPOINT: `http://127.0.0.1:${port}/v1` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')])
  expect([child.signalCode, stderr]).toEqual(['SIGINT', 'karo: it was interrupted\n'])
})

test('Ctrl-C ends a plan that is run, as it ends any other command', async () => {
  const plan = { id: '7e139f98', goal: 'notes', created_at: '2026-11-20T08:15:02.000Z', made_by: 'you' }
  const running = { ...plan, state: 'running', notes: [], steps: [] }
  const show = () => {
    // Once: the answer may be there before the signal, and a second signal would end the command at once.
    if (!child.killed) child.kill('SIGINT')
    return running
  }
  const daemon = { 'POST /api/v1/planner/run': running, 'GET /api/v1/planner/show': show }
  const { home } = await playDaemon(daemon, BUILD)
  const child = begin([MAIN, 'plan', 'run', '7e139f98'], home)
  const [stdout] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect([child.signalCode, stdout]).toEqual(['SIGINT', expect.stringContaining('running; steps from you')])
})

test('many at once make one identity', async () => {
  const home = join(temporaryDirectory(), 'home')
  const runs = await Promise.all(Array.from({ length: 4 }, () => karo(['init', '--json'], { home })))
  expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(runs.map(() => [0, '']))
  const answers = runs.map(({ stdout }) => JSON.parse(stdout) as { node_id: string; created: string[] })
  expect(new Set(answers.map((answer) => answer.node_id)).size).toBe(1)
  expect(answers.filter(({ created }) => created.includes(join(home, 'identity.key')))).toHaveLength(1)
})
